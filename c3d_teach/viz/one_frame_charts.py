"""What one frame tells of a motion, and what two tell: circles, mean frames, shifts."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import (
    BLUE,
    LABEL,
    ORANGE,
    SIGNED,
    TICK,
    VERMILION,
    titled,
)

_DOTS = 60  # that are drawn on the circle; the bars count all
_BINS = 16


def circle_chart(before: ArrayLike, after: ArrayLike, *, around: float, title: str) -> Figure:
    """Points on a circle before and after they have moved, and how many are where.

    Args:
        before: places ``(N,)`` from 0 to ``around``.
        after: places of the same points later, ``(N,)``.
        around: the length of the circle, in pixels.
        title: what there is to see.

    Raises:
        UsageError: for places outside of the circle, or another number of them after than before.
    """
    start, end = (np.asarray(one, dtype=float).reshape(-1) for one in (before, after))
    inside = all(((one >= 0) & (one <= around)).all() for one in (start, end))
    if len(start) != len(end) or not len(start) or not inside:
        raise UsageError(
            f"circle_chart() draws as many places before as after, from 0 to {around}; given were "
            f"{len(start)} and {len(end)}."
        )
    figure = Figure(figsize=(10.4, 3.3), layout="constrained")
    ring, first, second = figure.subplots(1, 3, gridspec_kw={"width_ratios": [1, 1.25, 1.25]})
    _ring(ring, start[:_DOTS], end[:_DOTS], around)
    looks = ((first, start, "in the first frame", BLUE, ""), (second, end, "later", ORANGE, "///"))
    for axis, places, name, colour, hatch in looks:
        counts, edges = np.histogram(places, bins=_BINS, range=(0, around))
        axis.bar(
            edges[:-1],
            100 * counts / len(places),
            width=around / _BINS * 0.92,
            align="edge",
            color=colour,
            edgecolor="black",
            linewidth=0.6,
            hatch=hatch,
        )
        axis.axhline(100 / _BINS, color="0.2", linestyle="--", linewidth=1.2)
        axis.set_ylim(0, 200 / _BINS)
        axis.set_xlim(0, around)
        axis.set_title(name, fontsize=LABEL, fontweight="bold")
        axis.set_xlabel("place x (pixels)", fontsize=LABEL)
        axis.tick_params(labelsize=TICK)
        axis.spines[["top", "right"]].set_visible(False)
    first.set_ylabel("points there (%)", fontsize=LABEL)
    titled(figure, title)
    return figure


def _ring(axis: Axes, start: NDArray[Any], end: NDArray[Any], around: float) -> None:
    turn = 2 * np.pi / around
    circle = np.linspace(0, 2 * np.pi, 200)
    axis.plot(np.sin(circle), np.cos(circle), color="0.8", linewidth=1, zorder=1)
    axis.plot(0.7 * np.sin(circle), 0.7 * np.cos(circle), color="0.8", linewidth=1, zorder=1)
    axis.plot(
        np.sin(turn * start),
        np.cos(turn * start),
        "o",
        color=BLUE,
        markersize=5,
        label="first frame",
    )
    axis.plot(
        0.7 * np.sin(turn * end),
        0.7 * np.cos(turn * end),
        "s",
        color=ORANGE,
        markeredgecolor="black",
        markeredgewidth=0.5,
        markersize=5,
        label="later",
    )
    for angle in np.linspace(0.25, 2 * np.pi + 0.25, 4, endpoint=False):
        tail, tip = ((0.85 * np.sin(a), 0.85 * np.cos(a)) for a in (angle, angle + 0.5))
        look: dict[str, Any] = {"arrowstyle": "-|>", "color": "0.35", "linewidth": 1.6}
        look["connectionstyle"] = "arc3,rad=-0.22"
        axis.annotate("", tip, tail, arrowprops=look)
    axis.set_aspect("equal")
    axis.set_axis_off()
    axis.legend(loc="center", fontsize=TICK, frameon=False, handletextpad=0.1)


def frame_and_pair_chart(
    frames: Mapping[str, ArrayLike], shifts: Mapping[str, ArrayLike], *, title: str
) -> Figure:
    """Above: the mean of single frames, for each motion. Below: how two frames fit each other.

    Args:
        frames: motion → mean frame ``(H, W)``, all on one scale of brightness.
        shifts: motion → ``(2 R + 1, 2 R + 1)``: how much better a frame fits the next one when it
            is moved by (row − R, column − R) pixels than by another step; the best has a ring.
        title: what there is to see.

    Raises:
        UsageError: for no motion, other motions below than above, or maps without a middle.
    """
    if not frames or list(frames) != list(shifts):
        raise UsageError("The figure draws the same motions in both rows, at least one.")
    above = [np.asarray(one, dtype=float) for one in frames.values()]
    below = [np.asarray(one, dtype=float) for one in shifts.values()]
    if any(one.ndim != 2 for one in above + below) or any(len(one) % 2 == 0 for one in below):
        raise UsageError("Frames and maps are (rows, columns); a map has an odd number of them.")
    count, reach = len(above), len(below[0]) // 2
    figure = Figure(figsize=(10.4, 4.2), layout="constrained")
    axes = figure.subplots(2, count, squeeze=False)
    bright = 2 * max(float(one.mean()) for one in above)
    most = max(float(np.abs(one).max()) for one in below) or 1.0
    for k, name in enumerate(frames):
        upper, lower = axes[0, k], axes[1, k]
        upper.imshow(above[k], cmap="gray", vmin=0, vmax=bright)
        upper.set_title(name.replace(" ", "\n", 1).replace("counter-", "counter-\n"), fontsize=TICK)
        sides = (-reach - 0.5, reach + 0.5, reach + 0.5, -reach - 0.5)
        lower.imshow(below[k], cmap=SIGNED, vmin=-most, vmax=most, extent=sides)
        lower.axhline(0, color="0.6", linewidth=0.6)
        lower.axvline(0, color="0.6", linewidth=0.6)
        row, column = np.unravel_index(int(below[k].argmax()), below[k].shape)
        ring = {"markersize": 11, "markerfacecolor": "none", "markeredgewidth": 2}
        lower.plot(column - reach, row - reach, "o", color=VERMILION, **ring)
        for axis, ticks in ((upper, [0, 16]), (lower, [-reach, 0, reach])):
            axis.set_xticks(ticks)
            axis.set_yticks(ticks if k == 0 else [])
            axis.tick_params(labelsize=TICK, length=2)
    axes[0, 0].set_ylabel("one frame:\nmean (pixels)", fontsize=LABEL)
    axes[1, 0].set_ylabel("two frames:\nbest fit (pixels)", fontsize=LABEL)
    scales = (
        (axes[0], Normalize(0, bright), "gray", "brightness"),
        (axes[1], Normalize(-1, 1), SIGNED, "fit"),
    )
    for line, norm, colours, label in scales:
        bar = figure.colorbar(ScalarMappable(norm, colours), ax=list(line), fraction=0.03, pad=0.01)
        bar.set_label(label, fontsize=LABEL)
        bar.ax.tick_params(labelsize=TICK)
    titled(figure, title)
    return figure
