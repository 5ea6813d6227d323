"""How often nets are right as the clips change: a line a net, chance as a dashed line."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from c3d_teach.errors import UsageError
from c3d_teach.viz.named_charts import HUES, MARKS
from c3d_teach.viz.static import LABEL, TICK, titled
from c3d_teach.viz.study_charts import per_cent


def share_lines(
    lines: Mapping[str, ArrayLike],
    at: Sequence[float],
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    chance: float | None = None,
    marked: tuple[float, str] | None = None,
) -> Figure:
    """Up to six lines of accuracies, each with a colour, a mark and its name at the right end.

    Args:
        lines: net → accuracies 0 to 1, one for each place on x, ``(P,)``; or one row a seed,
            ``(S, P)``: the line is their mean, each seed a small ring.
        at: the places on x, rising.
        title: what there is to see.
        xlabel, ylabel: with units.
        chance: a dashed line at this accuracy, 0 to 1.
        marked: (place, words) of a dotted upright line.

    Raises:
        UsageError: for no or more lines, another number of accuracies than places, or numbers
            that are not from 0 to 1.
    """
    tables = {name: np.asarray(one, dtype=float) for name, one in lines.items()}
    if not 1 <= len(tables) <= len(HUES) or any(
        one.shape[-1] != len(at) for one in tables.values()
    ):
        raise UsageError(
            f"share_lines() draws one to {len(HUES)} lines with a number for each of the "
            f"{len(at)} places on x."
        )
    if any(((one < 0) | (one > 1)).any() for one in tables.values()):
        raise UsageError("Accuracies are from 0 to 1 (0.5 is 50 %).")
    figure = Figure(figsize=(9.6, 3.9), layout="constrained")
    axis = figure.subplots()
    room = 0.36 * (at[-1] - at[0])
    axis.set_xlim(at[0] - 0.03 * (at[-1] - at[0]), at[-1] + room)
    axis.set_ylim(0, 104)
    means = {name: np.atleast_2d(one).mean(0) for name, one in tables.items()}
    ends = _apart([100 * float(one[-1]) for one in means.values()], 7.5)
    for k, (name, values) in enumerate(means.items()):
        for seed in np.atleast_2d(tables[name]) if tables[name].ndim == 2 else ():
            ring: dict[str, Any] = {"markersize": 5, "markerfacecolor": "none", "linestyle": "none"}
            axis.plot(at, 100 * seed, "o", color=HUES[k], markeredgewidth=0.9, zorder=1.5, **ring)
        axis.plot(at, 100 * values, color=HUES[k], marker=MARKS[k], markersize=8, linewidth=2)
        place = (at[-1] + 0.05 * room, ends[k])
        axis.annotate(name, place, va="center", fontsize=LABEL, color=HUES[k], fontweight="bold")
    if chance is not None:
        axis.axhline(100 * chance, color="0.35", linestyle="--", linewidth=1.2)
        axis.text(at[0], 100 * chance - 5.5, f"chance {100 * chance:.3g} %", fontsize=TICK)
    if marked is not None:
        axis.axvline(marked[0], color="0.35", linestyle=":", linewidth=1.4)
        axis.text(marked[0], 40, f" {marked[1]}", fontsize=TICK, color="0.25")
    axis.set_xticks(list(at), [f"{x:g}" for x in at])
    axis.set_xlabel(xlabel, fontsize=LABEL)
    axis.set_ylabel(ylabel, fontsize=LABEL)
    per_cent(axis, "y")
    axis.grid(alpha=0.3)
    titled(figure, title)
    return figure


def _apart(heights: Sequence[float], least: float) -> list[float]:
    """The same heights, moved until neighbours are ``least`` apart."""
    order = np.argsort(heights)
    placed = np.array(heights, dtype=float)
    for low, high in pairwise(order):
        placed[high] = max(placed[high], placed[low] + least)
    return [float(one) for one in placed]
