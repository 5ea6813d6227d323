"""A course as a map: a card for every lesson, and arrows for what each leans on."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from numpy.typing import ArrayLike, NDArray

from c3d_teach.errors import UsageError
from c3d_teach.viz.course_stop import Stop
from c3d_teach.viz.static import BLUE, LABEL, TICK, VERMILION, titled

_WIDE, _STEP_X, _STEP_Y = 10.4, 2.08, 1.72  # inches: the page, and from card to card
_CARD = (1.76, 1.34)
_LETTERS = 20  # of a line of type in a card
# border and filling of each part of the course, in the order of the legend
_LOOKS = (("0.35", "0.95"), (BLUE, "#eaf4fb"), (VERMILION, "#fdf0e6"), ("#007a59", "#e8f6f1"))


def course_map(
    stops: Sequence[Stop], *, title: str, says: str = "", film: ArrayLike | None = None
) -> Figure:
    """A card a lesson with its question and its minutes; an arrow from what it leans on.

    Args:
        stops: the lessons; an arrow is drawn for each of their ``needs``.
        title: what there is to see.
        says: how to read the map, in the first column of the last row.
        film: frames ``(L, H, W)`` for a strip of film in the lower right corner, to please.

    Raises:
        UsageError: for no lesson, two on one place, a need that is not there, or more parts of
            the course than there are colours.
    """
    places = {one.number: one.place for one in stops}
    parts = list(dict.fromkeys(one.part for one in stops))
    if not stops or len(set(places.values())) != len(stops) or len(parts) > len(_LOOKS):
        raise UsageError(
            f"The map was given {len(stops)} lessons in {len(parts)} parts; it draws at least one "
            f"lesson, each on a place of its own, in up to {len(_LOOKS)} parts."
        )
    if missing := {need for one in stops for need in (*one.needs, *one.also)} - places.keys():
        raise UsageError(f"Lessons {sorted(missing)} are needed and are not on the map.")
    rows = 1 + max(row for _, row in places.values())
    high = rows * _STEP_Y + 0.16
    figure = Figure(figsize=(_WIDE, high + 0.75))
    tall = figure.get_figheight()
    axis = figure.add_axes((0, 0.36 / tall, 1, high / tall))
    axis.set_axis_off()
    looks = dict(zip(parts, _LOOKS, strict=False))
    for one in stops:
        for need in one.needs:
            _arrow(axis, places[need], one.place)
        _card(axis, one, looks[one.part])
    if film is not None:
        _film(axis, np.asarray(film), rows)
    axis.set_xlim(0, _WIDE)
    axis.set_ylim(high, 0)
    if says:
        x, y = _corner((0, rows - 1))
        axis.text(x, y + 0.1, fill(says, 24), va="top", fontsize=TICK, linespacing=1.45)
    _legend(figure, looks, tall)
    titled(figure, title)
    return figure


def _corner(place: tuple[int, int]) -> tuple[float, float]:
    column, row = place
    return column * _STEP_X + 0.16, row * _STEP_Y + 0.18


def _card(axis: Axes, stop: Stop, look: tuple[str, str]) -> None:
    (x, y), (wide, high), (edge, face) = _corner(stop.place), _CARD, look
    card = FancyBboxPatch((x, y), wide, high, boxstyle="round,pad=0,rounding_size=0.12")
    card.set(facecolor=face, edgecolor=edge, linewidth=1.8)
    axis.add_patch(card)
    axis.add_patch(Circle((x + 0.02, y + 0.02), 0.18, facecolor=edge, edgecolor="white", lw=1.5))
    style: dict[str, Any] = {"ha": "center", "va": "center", "fontweight": "bold", "color": "white"}
    axis.text(x + 0.02, y + 0.02, str(stop.number), fontsize=LABEL, **style)
    middle = x + wide / 2
    name = fill(stop.title, _LETTERS - 3)
    axis.text(middle, y + 0.16, name, ha="center", va="top", fontsize=LABEL, fontweight="bold")
    below = y + 0.25 + 0.19 * (name.count("\n") + 1)
    axis.text(
        middle,
        below,
        fill(stop.question, _LETTERS),
        ha="center",
        va="top",
        fontsize=TICK,
        linespacing=1.2,
    )
    if stop.also:
        also = f"+ lesson {', '.join(map(str, stop.also))}"
        place = (x + 0.09, y + high - 0.05)
        axis.text(*place, also, va="bottom", fontsize=TICK, color="0.25")
    axis.text(
        x + wide - 0.08,
        y + high - 0.05,
        f"{stop.minutes} min",
        ha="right",
        va="bottom",
        fontsize=TICK,
        color=edge,
        fontweight="bold",
    )


def _arrow(axis: Axes, start: tuple[int, int], end: tuple[int, int]) -> None:
    """From the side of one card that looks at the other one."""
    (x0, y0), (x1, y1), (wide, high) = _corner(start), _corner(end), _CARD
    if start[1] == end[1]:
        points = ((x0 + wide, y0 + high / 2), (x1, y1 + high / 2))
    else:
        points = ((x0 + wide / 2, y0 + high), (x1 + wide / 2, y1))
    arrow = FancyArrowPatch(*points, arrowstyle="-|>", mutation_scale=15, shrinkA=1, shrinkB=1)
    arrow.set(color="0.3", linewidth=1.8)
    axis.add_patch(arrow)


def _film(axis: Axes, frames: NDArray[Any], rows: int) -> None:
    """A strip of film, as wide as two cards."""
    x, y = _corner((3, rows - 1))
    wide, high, hole = _STEP_X + _CARD[0], 1.1, 0.07
    axis.add_patch(Rectangle((x, y + 0.1), wide, high, facecolor="0.12", edgecolor="none"))
    each = wide / len(frames)
    for i, frame in enumerate(frames):
        left = x + i * each
        sides = (left + 0.04, left + each - 0.04, y + 0.1 + high - 0.19, y + 0.29)
        axis.imshow(frame, cmap="gray", vmin=0, vmax=255, extent=sides, aspect="auto", zorder=3)
        for k in range(4):
            for edge in (y + 0.155, y + high - 0.025):
                place = (left + (k + 0.5) * each / 4 - hole / 2, edge)
                axis.add_patch(Rectangle(place, hole, hole, facecolor="white", edgecolor="none"))
    axis.set_aspect("auto")


def _legend(figure: Figure, looks: Mapping[str, tuple[str, str]], tall: float) -> None:
    x = 0.16
    for part, (edge, face) in looks.items():
        size = (0.2 / _WIDE, 0.15 / tall)
        box = FancyBboxPatch((x / _WIDE, 0.13 / tall), *size, boxstyle="square,pad=0")
        box.set(facecolor=face, edgecolor=edge, linewidth=1.8, transform=figure.transFigure)
        figure.add_artist(box)
        figure.text((x + 0.3) / _WIDE, 0.2 / tall, part, va="center", fontsize=TICK)
        x += 0.6 + 0.088 * len(part)
