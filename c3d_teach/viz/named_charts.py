"""Nets of a study that share one pair of axes, as matplotlib figures.

Each net has a mark and a colour of its own and its name beside it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from c3d_teach.errors import UsageError
from c3d_teach.viz.name_places import name_ends, name_points
from c3d_teach.viz.static import BLUE, LABEL, ORANGE, SKY, TICK, VERMILION, titled
from c3d_teach.viz.study_charts import Values, per_cent, shares, t_interval

HUES = (BLUE, VERMILION, "#009E73", "#CC79A7", ORANGE, SKY)  # Okabe-Ito
MARKS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "h", "p", "*")
_MOST_CURVES = 6
_EDGE = 2.5  # per cent points of air, so that a marker at 100 % is whole
_NARROW = 6  # per cent; a strip below chance that is narrower holds no words


def two_questions_chart(
    points: Mapping[str, tuple[Values, Values]],
    *,
    title: str,
    chance: tuple[float, float] | None = None,
) -> Figure:
    """What each net knows: of how it moves (to the right) and of what it is (upwards).

    Each net is a marker at its means with its name; the arms are the 95 % intervals. The grey
    strips lie below chance: a net in the left one does not know how, in the lower one not what.

    Args:
        points: net -> (accuracies of *how*, accuracies of *what*), 0 to 1, one a seed each;
            up to 12 nets.
        title: what there is to see.
        chance: (how, what), 0 to 1.

    Raises:
        UsageError: for no net or more than 12, another number of seeds for *how* than for
            *what*, or numbers that are not from 0 to 1.
    """
    if not 1 <= len(points) <= len(MARKS):
        raise UsageError(f"The figure was given {len(points)} nets; it draws 1 to {len(MARKS)}.")
    figure = Figure(figsize=(8.2, 6.2), layout="constrained")
    axis = figure.subplots()
    middles, arms, colours = [], [], []
    for number, (net, (how, what)) in enumerate(points.items()):
        x, y = (100 * shares(values, net) for values in (how, what))
        if len(x) != len(y):
            raise UsageError(
                f"{net} was given {len(x)} accuracies of how and {len(y)} of what; give one of "
                "each for every seed."
            )
        (mx, left, right), (my, low, high) = t_interval(x), t_interval(y)
        colour = HUES[number % len(HUES)]
        crossing = [((left, my), (right, my)), ((mx, low), (mx, high))]
        for start, end in crossing:
            axis.plot(*zip(start, end, strict=True), color=colour, linewidth=1.8, zorder=3)
        mark = MARKS[number % len(MARKS)]
        looks: dict[str, Any] = {"markersize": 10, "markeredgecolor": "black", "zorder": 4}
        axis.plot(mx, my, color=colour, marker=mark, linestyle="none", label=net, **looks)
        middles.append((mx, my))
        arms += crossing
        colours.append(colour)
    axis.set_xlim(-_EDGE, 100 + _EDGE)
    axis.set_ylim(-_EDGE, 100 + _EDGE)
    axis.set_xlabel("how it moves: clips right", fontsize=LABEL)
    axis.set_ylabel("what it is: clips right", fontsize=LABEL)
    per_cent(axis, "x", "y")
    axis.grid(alpha=0.3)
    titled(figure, title)
    written = []
    if chance is not None:
        how_chance, what_chance = (100 * float(one) for one in shares(chance, "chance"))
        style: dict[str, Any] = {"color": "0.35", "linestyle": "--", "linewidth": 1.2, "zorder": 1}
        axis.axvline(how_chance, **style)
        axis.axhline(what_chance, **style)
        axis.axvspan(-_EDGE, how_chance, color="0.94", zorder=0)
        axis.axhspan(-_EDGE, what_chance, color="0.94", zorder=0)
        words: dict[str, Any] = {"fontsize": TICK, "textcoords": "offset points", "color": "0.25"}
        written += [
            axis.annotate(
                f"how: chance, {how_chance:.3g} %",
                (how_chance, 0),
                (-4 if how_chance > _NARROW else 4, 0),
                rotation=90,
                ha="right" if how_chance > _NARROW else "left",
                va="bottom",
                **words,
            ),
            axis.annotate(
                f"what: chance, {what_chance:.3g} %",
                (how_chance, what_chance),
                (6, -4 if what_chance > _NARROW else 4),
                va="top" if what_chance > _NARROW else "bottom",
                **words,
            ),
        ]
        # names keep off the lines, too
        arms += [
            ((how_chance, 0), (how_chance, 100)),
            ((0, what_chance), (100, what_chance)),
        ]
    name_points(axis, list(points), np.array(middles), arms, colours, written)
    return figure


def loss_chart(curves: Mapping[str, Sequence[ArrayLike]], *, title: str, steps: int) -> Figure:
    """The loss while nets are trained: the mean over seeds, in a band from least to most.

    Args:
        curves: net -> a curve for each seed, ``(P,)`` means of the loss over P equal parts of
            the training, in nats; up to 6 nets.
        title: what there is to see.
        steps: mini-batches of the whole training; a point stands in the middle of its part.

    Raises:
        UsageError: for no net or more than 6, curves of other lengths than the first, NaN, a
            negative loss, or less than one step a point.
    """
    if not 1 <= len(curves) <= _MOST_CURVES:
        raise UsageError(f"The figure was given {len(curves)} nets; it draws 1 to {_MOST_CURVES}.")
    tables = {net: _table(net, seeds) for net, seeds in curves.items()}
    parts = {table.shape[1] for table in tables.values()}
    if len(parts) != 1:
        raise UsageError(f"The curves have {sorted(parts)} points; give curves of one length.")
    (count,) = parts
    if steps < count:
        raise UsageError(f"steps is {steps} for {count} points; a point is of 1 step or more.")
    x = (np.arange(count) + 0.5) * steps / count
    figure = Figure(figsize=(9.6, 4.4), layout="constrained")
    axis = figure.subplots()
    ends = []
    for number, (net, table) in enumerate(tables.items()):
        colour, mean = HUES[number], table.mean(0)
        axis.fill_between(x, table.min(0), table.max(0), color=colour, alpha=0.16, linewidth=0)
        axis.plot(x, mean, color=colour, marker=MARKS[number], markersize=6, label=net)
        ends.append((float(x[-1]), float(mean[-1])))
    axis.set_xlim(0, steps)
    axis.set_ylim(bottom=0)
    axis.set_xlabel("mini-batches", fontsize=LABEL)
    axis.set_ylabel("loss (nats)", fontsize=LABEL)
    axis.tick_params(labelsize=TICK)
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
    titled(figure, title)
    if any(len(table) > 1 for table in tables.values()):
        axis.set_title(
            "line: mean over seeds, band: from the least to the most of them",
            fontsize=TICK,
            loc="left",
        )
    name_ends(axis, list(tables), ends, HUES[: len(tables)])
    return figure


def _table(net: str, seeds: Sequence[ArrayLike]) -> NDArray[np.float64]:
    """The curves of a net as ``(seeds, points)``."""
    rows = [np.asarray(one, dtype=float) for one in seeds]
    shapes = {row.shape for row in rows}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1 or not rows[0].size:
        raise UsageError(
            f"{net} was given curves of shapes {sorted(shapes)}; give one (P,) of the same P for "
            "each seed."
        )
    table = np.stack(rows)
    if not np.isfinite(table).all() or table.min() < 0:
        raise UsageError(f"The losses of {net} hold NaN or numbers below 0; give losses in nats.")
    return table
