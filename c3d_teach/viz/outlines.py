"""Outlines for plotly: many closed shapes as one line with gaps."""

from collections.abc import Iterable

Line = tuple[list[float | None], list[float | None]]


def box(left: float, bottom: float, right: float, top: float) -> Line:
    """A closed rectangle, and a gap behind it."""
    return shape_of((left, bottom), (left, top), (right, top), (right, bottom))


def shape_of(*corners: tuple[float, float]) -> Line:
    """A closed outline, and a gap behind it."""
    closed = [*corners, corners[0]]
    return [x for x, _ in closed] + [None], [y for _, y in closed] + [None]


def joined(lines: Iterable[Line]) -> Line:
    """Many outlines as one line with gaps."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for x, y in lines:
        xs += x
        ys += y
    return xs, ys
