"""Curves and bars as matplotlib figures, told apart without colour."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from c3d_teach.viz.static import BLUE, LABEL, ORANGE, SKY, TICK, VERMILION, titled

_LINES = (BLUE, VERMILION, "#009E73", "#CC79A7")
_MARKERS = ("o", "s", "^", "D")


def curves(
    lines: Mapping[str, ArrayLike], *, title: str, xlabel: str, ylabel: str, log: bool = False
) -> Figure:
    """Up to four lines, each with its own colour and marker, named at their right end."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    axis = figure.subplots()
    for (name, line), colour, marker in zip(lines.items(), _LINES, _MARKERS, strict=False):
        values = np.asarray(line, dtype=float)
        every = max(1, len(values) // 10)
        axis.plot(values, color=colour, marker=marker, markevery=every, label=name)
    if log:
        axis.set_yscale("log")
    titled(figure, title)
    axis.set_xlabel(xlabel, fontsize=LABEL)
    axis.set_ylabel(ylabel, fontsize=LABEL)
    axis.tick_params(labelsize=TICK)
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(fontsize=LABEL, frameon=False)
    return figure


def bars(groups: Mapping[str, Mapping[str, float]], *, title: str, xlabel: str) -> Figure:
    """Horizontal bars: ``groups[row][series]``; every row has the same series."""
    names = list(groups)
    series = list(groups[names[0]])
    figure = Figure(figsize=(9, 0.9 + 0.5 * len(names)), layout="constrained")
    axis = figure.subplots()
    thick = 0.8 / len(series)
    for step, one in enumerate(series):
        places = np.arange(len(names)) + (step - (len(series) - 1) / 2) * thick
        axis.barh(
            places,
            [groups[name][one] for name in names],
            height=thick * 0.92,
            color=(SKY, ORANGE)[step % 2],
            edgecolor="black",
            linewidth=0.8,
            hatch=("", "///")[step % 2],  # told apart without colour
            label=one,
        )
    axis.set_yticks(range(len(names)), names, fontsize=LABEL)
    axis.invert_yaxis()
    titled(figure, title)
    axis.set_xlabel(xlabel, fontsize=LABEL)
    axis.tick_params(labelsize=TICK)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(fontsize=LABEL, frameon=False)
    return figure
