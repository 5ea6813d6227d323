"""Three ways to convolve frames, drawn with real frames and real responses as sheets of paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Polygon, Rectangle
from numpy.typing import ArrayLike, NDArray

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import LABEL, SIGNED, TICK, VERMILION, titled

_SIDE, _REACH, _RISE = 1.0, 2.5, 0.62  # of a sheet, and from the first sheet to the last
_IN, _OUT = 3.0, 7.6  # where the sheets begin
_MOST = 16


@dataclass(frozen=True)
class Way:
    """One row of :func:`three_ways_chart`.

    Attributes:
        name: what it is called.
        says: what goes in and out, in a few words.
        before: frames that go in, ``(L, H, W)``, brightness from 0 to 255.
        after: responses that come out, ``(L', H, W)``.
        covers: (first, end) of the frames that one kernel lies on.
        slides: whether the kernel moves on in time.
    """

    name: str
    says: str
    before: ArrayLike
    after: ArrayLike
    covers: tuple[int, int]
    slides: bool = False


def three_ways_chart(ways: Sequence[Way], *, title: str) -> Figure:
    """What goes in, what the kernel covers, and what comes out: a row for each way.

    Frames stand behind one another like sheets, the first in front. The orange outline is the
    kernel: a small square on each sheet that it covers.

    Args:
        ways: one to four of them.
        title: what there is to see.

    Raises:
        UsageError: for no or more ways, arrays that are not ``(L, H, W)`` with up to 16 frames,
            or a kernel outside of the frames.
    """
    if not 1 <= len(ways) <= 4:
        raise UsageError(f"The figure was given {len(ways)} ways; it draws 1 to 4.")
    tall = [_SIDE + 0.55 + _RISE * (len(np.asarray(way.before)) > 1) for way in ways]
    figure = Figure(figsize=(10.4, 0.95 * sum(tall) + 0.5), layout="constrained")
    grid = {"height_ratios": tall}
    axes = figure.subplots(len(ways), 1, squeeze=False, gridspec_kw=grid)[:, 0]
    for axis, way, high in zip(axes, ways, tall, strict=True):
        before, after = (_volume(one) for one in (way.before, way.after))
        first, end = way.covers
        if not 0 <= first < end <= len(before):
            raise UsageError(f"covers is {way.covers}; there are {len(before)} frames.")
        _sheets(axis, before / 255, _IN, {"cmap": "gray", "vmin": 0, "vmax": 1})
        _kernel(axis, _IN, first, end, len(before), way.slides)
        most = float(np.abs(after).max()) or 1.0
        _sheets(axis, after, _OUT, {"cmap": SIGNED, "vmin": -most, "vmax": most})
        arrow = FancyArrowPatch((6.75, 0.6), (7.4, 0.6), arrowstyle="-|>", mutation_scale=20)
        arrow.set(color="0.3", linewidth=2)
        axis.add_patch(arrow)
        axis.text(-0.05, 0.85, way.name, fontsize=LABEL + 1, fontweight="bold", va="center")
        axis.text(-0.05, 0.35, way.says, fontsize=TICK, va="center", linespacing=1.35)
        for x, frames in ((_IN, before), (_OUT, after)):
            text = f"{len(frames)} frame{'s' * (len(frames) != 1)}"
            axis.text(x + _SIDE / 2, -0.22, text, ha="center", va="center", fontsize=TICK)
        axis.set_xlim(-0.1, 11.2)
        axis.set_ylim(-0.4, high - 0.4)
        axis.set_aspect("equal")
        axis.set_axis_off()
    titled(figure, title)
    return figure


def _sheets(axis: Axes, frames: NDArray[Any], x: float, look: dict[str, Any]) -> None:
    """Frames behind one another; the last is drawn first, for it lies at the back."""
    for t in reversed(range(len(frames))):
        right, up = _behind(t, len(frames))
        left, low = x + right, up
        axis.imshow(
            frames[t],
            extent=(left, left + _SIDE, low, low + _SIDE),
            zorder=3 + 0.1 * (len(frames) - t),
            interpolation="nearest",
            **look,
        )
        edge = Rectangle((left, low), _SIDE, _SIDE, fill=False, edgecolor="0.55", linewidth=0.8)
        edge.set_zorder(3 + 0.1 * (len(frames) - t) + 0.05)
        axis.add_patch(edge)


def _kernel(axis: Axes, x: float, first: int, end: int, count: int, slides: bool) -> None:
    """The outline of a block through the sheets first to end − 1, and where it goes on to."""
    size, inset = 0.34, (0.42, 0.36)
    zorder = 9.0

    def corner(t: float) -> tuple[float, float]:
        right, up = _behind(t, count)
        return x + right + inset[0], up + inset[1]

    (x0, y0), (x1, y1) = corner(first), corner(end - 1)
    style: dict[str, Any] = {"edgecolor": VERMILION, "linewidth": 2, "zorder": zorder}
    axis.add_patch(Rectangle((x0, y0), size, size, fill=False, **style))
    if end - first > 1:
        for dx, dy in ((0, size), (size, size), (size, 0)):
            axis.plot([x0 + dx, x1 + dx], [y0 + dy, y1 + dy], color=VERMILION, lw=1.4, zorder=9)
        back = ((x1, y1 + size), (x1 + size, y1 + size), (x1 + size, y1))
        axis.add_patch(Polygon(back, closed=False, fill=False, **style))
    if slides:
        (xa, ya), (xb, yb) = corner(end - 0.4), corner(count - 0.6)
        arrow = FancyArrowPatch(
            (xa + size, ya + size / 2),
            (xb + size, yb + size / 2),
            arrowstyle="-|>",
            mutation_scale=16,
            zorder=10,
        )
        arrow.set(color=VERMILION, linewidth=2)
        axis.add_patch(arrow)


def _behind(t: float, count: int) -> tuple[float, float]:
    """How far to the right and up sheet ``t`` of ``count`` stands."""
    share = t / max(1, count - 1)
    return _REACH * share, _RISE * share


def _volume(values: ArrayLike) -> NDArray[Any]:
    volume = np.asarray(values, dtype=float)
    if volume.ndim != 3 or not 1 <= len(volume) <= _MOST:
        raise UsageError(
            f"The figure was given shape {volume.shape}; it draws (L, H, W) with up to {_MOST} "
            "frames."
        )
    return volume
