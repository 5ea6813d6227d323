"""Two nets compared seed by seed, as a matplotlib figure: is zero inside the interval?"""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import BLUE, LABEL, TICK, VERMILION, titled
from c3d_teach.viz.study_charts import PAGE, Values, t_interval


def difference_chart(rows: Mapping[str, Values], *, title: str, xlabel: str) -> Figure:
    """A row a pair: the difference on each seed, their mean and its 95 % interval.

    Args:
        rows: ``"depth-7 − depth-3"`` → differences, one a seed, two or more.
        title: what there is to see.
        xlabel: what the differences are of, with their unit.

    Raises:
        UsageError: for no pair, or a pair with fewer than two seeds or NaN.
    """
    if not rows or any(len(values) < 2 for values in rows.values()):
        raise UsageError("difference_chart() draws one pair or more, with two seeds or more each.")
    figure = Figure(figsize=(PAGE, 0.62 * len(rows) + 1.6), layout="constrained")
    axis = figure.subplots()
    for y, values in enumerate(rows.values()):
        mean, low, high = t_interval(values)
        jitter = ((np.arange(len(values)) * 0.618) % 1 - 0.5) * 0.24  # neighbours far apart
        axis.plot(values, y - 0.2 + jitter, "o", color="0.25", markerfacecolor="none", markersize=5)
        clear = low > 0 or high < 0
        colour = BLUE if clear else VERMILION
        axis.plot([low, high], [y + 0.2] * 2, color=colour, linewidth=2.6, marker="|")
        axis.plot(
            mean,
            y + 0.2,
            marker="D",
            color=colour,
            markersize=8,
            markerfacecolor=colour if clear else "white",
            markeredgewidth=1.8,
        )
    axis.axvline(0, color="0.35", linestyle="--", linewidth=1.2, zorder=0)
    axis.set_ylim(len(rows) - 0.5, -0.6)
    axis.set_yticks(range(len(rows)), list(rows), fontsize=LABEL)
    axis.set_xlabel(xlabel, fontsize=LABEL)
    axis.tick_params(labelsize=TICK)
    axis.tick_params(axis="y", length=0, labelsize=LABEL)
    axis.grid(axis="x", alpha=0.3)
    axis.spines[["top", "right", "left"]].set_visible(False)
    marks = [
        Line2D([], [], marker="o", color="0.25", markerfacecolor="none", markersize=5, lw=0),
        Line2D([], [], marker="D", color=BLUE, markersize=7, lw=2.6),
        Line2D([], [], marker="D", color=VERMILION, markerfacecolor="white", markersize=7, lw=2.6),
    ]
    words = ["one seed", "mean and its 95 % interval, 0 outside", "the same, 0 inside"]
    figure.legend(marks, words, loc="outside lower center", ncols=3, fontsize=TICK, frameon=False)
    titled(figure, title)
    return figure
