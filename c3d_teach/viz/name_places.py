"""Names beside points and at the ends of lines, moved so that none lies on another."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.textpath import TextPath
from numpy.typing import NDArray

from c3d_teach.viz.static import LABEL

# ways from a point to its name, best first: beside, above, below, then corner-wise
_AROUND: tuple[tuple[float, float], ...] = (
    *((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)),
    *((0.5, 1), (-0.5, 1), (0.5, -1), (-0.5, -1)),
)
_REACHES = (9, 14, 22, 32, 44, 58, 74, 92)  # points from a point to the nearest edge of its name
_LED = 14  # points; a name farther away than this has a line to its point
_HIGH = 1.35 * LABEL  # points; a line of type with some air
_MARKER = 6.0  # points; half a marker


def name_points(
    axis: Axes,
    names: Sequence[str],
    points: NDArray[Any],
    arms: Sequence[tuple[tuple[float, float], tuple[float, float]]],
    colours: Sequence[str],
    keep_off: Sequence[Text] = (),
) -> None:
    """Write every name beside its point, clear of other names, points and arms.

    The axes must have their final limits. Where there is no free place, the one that covers
    least is taken.

    Args:
        names: N names.
        points: ``(N, 2)`` in units of the data.
        arms: straight lines ((x, y), (x, y)), upright or level, that names keep off.
        colours: N colours, of the lines that lead to names far off.
        keep_off: what is written already.
    """
    figure = axis.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()  # sizes are known only then
    point = 72 / figure.dpi

    def drawn(places: Any) -> NDArray[Any]:
        return axis.transData.transform(np.asarray(places, dtype=float)) * point

    def extent(one: Axes | Text) -> NDArray[Any]:
        return one.get_window_extent().get_points().ravel() * point

    at = drawn(points)
    # an interval that is not known has no arm
    off = [_box(a - 2, b + 2) for a, b in map(drawn, arms) if np.isfinite([a, b]).all()]
    off += [extent(text) for text in keep_off]
    widths = [width_of(name) for name in names]
    # who comes first gets the best place, and which order is best nobody knows: try some
    keys = (np.arange(len(at)), *at.T)
    orders = [np.argsort(key * way, kind="stable").tolist() for key in keys for way in (1, -1)]
    tried = [_placed(at, widths, off, extent(axis), order) for order in orders]
    for number, (box, reach) in min(tried, key=lambda one: one[1])[0].items():
        written = axis.annotate(
            names[number],
            tuple(points[number]),
            tuple((box[:2] + box[2:]) / 2 - at[number]),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=LABEL,
            arrowprops=(
                {"arrowstyle": "-", "color": colours[number], "shrinkA": 0, "shrinkB": 5}
                if reach > _LED
                else None
            ),
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
            zorder=5,
        )
        written.set_in_layout(False)  # or the axes would move away under the names


def name_ends(
    axis: Axes,
    names: Sequence[str],
    ends: Sequence[tuple[float, float]],
    colours: Sequence[str],
) -> None:
    """Write every name to the right of the end of its line, one below the other.

    Args:
        names: N names.
        ends: N places (x, y) in units of the data.
        colours: N colours, of the short lines from ends to names.
    """
    at_edge = axis.get_yaxis_transform()  # x from 0 to 1 across the axes, y as in the data
    written = [
        axis.annotate(
            name,
            end,
            (1.03, end[1]),
            textcoords=at_edge,
            va="center",
            fontsize=LABEL,
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "shrinkA": 1, "shrinkB": 4},
        )
        for name, end, colour in zip(names, ends, colours, strict=True)
    ]
    figure = axis.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()  # heights are known only then
    point = 72 / figure.dpi
    places = axis.transData.transform(ends)
    places[:, 1] = apart(places[:, 1] * point, _HIGH) / point
    for text, (_, y) in zip(written, axis.transData.inverted().transform(places), strict=True):
        text.set_position((1.03, float(y)))


def apart(heights: Sequence[float] | NDArray[Any], gap: float) -> NDArray[Any]:
    """Heights moved as little as need be until neighbours are ``gap`` apart; order is kept.

    Least squares under that order: neighbours that are too close share their mean place.
    """
    order = np.argsort(heights, kind="stable")
    # with the gaps taken out, "gap apart" becomes "not falling": pool adjacent violators
    blocks: list[list[float]] = []
    for rank, place in enumerate(order):
        blocks.append([float(heights[place]) - rank * gap, 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, many), (b, more) = blocks[-2:]
            blocks[-2:] = [[(a * many + b * more) / (many + more), many + more]]
    level = np.concatenate([np.full(int(many), mean) for mean, many in blocks])
    moved = np.empty(len(order))
    moved[order] = level + gap * np.arange(len(order))
    return moved


def width_of(text: str, size: float = LABEL) -> float:
    """Width of the widest line of a text, in points."""
    lines = [line for line in text.splitlines() if line.strip()]  # a blank one has no outline
    return max(
        (float(TextPath((0, 0), line, size=size).get_extents().x1) for line in lines), default=0.0
    )


def _placed(
    at: NDArray[Any],
    widths: Sequence[float],
    off: list[NDArray[Any]],
    inside: NDArray[Any],
    order: list[int],
) -> tuple[dict[int, tuple[NDArray[Any], float]], float]:
    """Box and reach of every name, placed one after the other, and what is wrong with them."""
    markers = [_box(here - _MARKER, here + _MARKER) for here in at]
    later: list[NDArray[Any]] = []  # names, and the lines that lead to them
    found, wrong = {}, 0.0
    for number in order:
        others = [box for box in markers if box is not markers[number]]
        box, reach, covered = _best(
            at[number],
            widths[number],
            np.stack([*off, *markers, *later]),
            np.stack([*others, *later, np.zeros(4)]),
            inside,
        )
        found[number] = (box, reach)
        wrong += 1000 * covered + reach
        later += [box, *_line(at[number], box, reach)]
    return found, wrong


def _best(
    here: NDArray[Any],
    width: float,
    taken: NDArray[Any],
    crossed: NDArray[Any],
    inside: NDArray[Any],
) -> tuple[NDArray[Any], float, float]:
    """The nearest free box for a name, how far it is from its point, and what it covers.

    The box keeps off ``taken`` and within ``inside``, the line to it keeps off ``crossed``.
    """
    half = np.array([width / 2 + 2, _HIGH / 2])
    found: list[tuple[NDArray[Any], float, float]] = []
    for reach, way in product(_REACHES, _AROUND):
        middle = here + np.array(way) * (half + reach * (0.7 if all(way) else 1.0))
        box = _box(middle - half, middle + half)
        covered = _overlap(box, taken) + float(np.prod(2 * half)) - _overlap(box, inside[None])
        covered += sum(_overlap(part, crossed) for part in _line(here, box, reach))
        found.append((box, reach, covered))
        if covered < 1e-6:
            return found[-1]
    return min(found, key=lambda one: one[2])


def _line(here: NDArray[Any], box: NDArray[Any], reach: float) -> list[NDArray[Any]]:
    """The line that leads to a name far off, as a chain of small boxes; none to a near one."""
    if reach <= _LED:
        return []
    steps = here + np.linspace(0, 1, 40)[:, None] * ((box[:2] + box[2:]) / 2 - here)
    outside = (steps < box[:2]).any(1) | (steps > box[2:]).any(1)
    return [_box(step - 1, step + 1) for step in steps[outside]]


def _box(least: NDArray[Any], most: NDArray[Any]) -> NDArray[Any]:
    """``(4,)`` left, bottom, right, top."""
    return np.concatenate([least, most])


def _overlap(box: NDArray[Any], others: NDArray[Any]) -> float:
    """The area that a box shares with each of ``(M, 4)`` others, summed."""
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    return float(np.clip(sides, 0, None).prod(1).sum())
