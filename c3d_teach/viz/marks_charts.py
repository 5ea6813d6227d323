"""A class in two pictures: how the points are spread, and what became of each question."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from c3d_teach.viz.static import BLUE, LABEL, TICK, VERMILION, titled

# colour and hatch: no status is told by its colour alone
_LOOKS = {
    "ok": (BLUE, ""),
    "altered": (BLUE, "//"),
    "marked": ("#8fc7e8", ""),
    "to mark": ("0.85", ".."),
    "wrong": (VERMILION, ""),
    "error": (VERMILION, "xx"),
    "timeout": (VERMILION, ".."),
    "missing": ("1.0", ""),
}


def points_chart(points: Sequence[float], possible: float) -> Figure:
    """How many students have how many points.

    Args:
        points: one number a student.
        possible: at most.
    """
    figure = Figure(figsize=(7.2, 3.2), layout="constrained")
    axis = figure.subplots()
    width = max(1.0, possible / 20)
    edges = np.arange(-width / 2, possible + width, width)
    axis.hist(points, bins=edges.tolist(), color=BLUE, edgecolor="white")
    middle = float(np.median(points))
    axis.axvline(middle, color=VERMILION, linestyle="--", linewidth=2)
    axis.set_xlim(edges[0], edges[-1])
    axis.set_xlabel(f"points of {possible:g}", fontsize=LABEL)
    axis.set_ylabel("students", fontsize=LABEL)
    for side in (axis.xaxis, axis.yaxis):
        side.set_major_locator(MaxNLocator(integer=True))
    axis.tick_params(labelsize=TICK)
    axis.spines[["top", "right"]].set_visible(False)
    titled(
        figure, f"Median of the {len(points)} students: {middle:g} of {possible:g} points (dashed)"
    )
    return figure


def status_chart(statuses: Mapping[str, Sequence[str]], order: Sequence[str]) -> Figure:
    """A bar a question, a part a status.

    Args:
        statuses: question -> the status of each student.
        order: of the parts, from the left.
    """
    figure = Figure(figsize=(8.4, 0.9 + 0.5 * len(statuses)), layout="constrained")
    axis = figure.subplots()
    used = [k for k in order if any(k in found for found in statuses.values())]
    left = np.zeros(len(statuses))
    for kind in used:
        count = np.array([Counter(found)[kind] for found in statuses.values()], dtype=float)
        colour, hatch = _LOOKS[kind]
        bars = axis.barh(list(statuses), count, left=left, label=kind, color=colour, height=0.7)
        for bar in bars:
            bar.set(hatch=hatch, edgecolor="0.25", linewidth=0.8)
        axis.bar_label(
            bars,
            labels=[f"{n:.0f}" if n else "" for n in count],
            label_type="center",
            fontsize=TICK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2, "alpha": 0.9},
        )
        left += count
    axis.invert_yaxis()
    axis.set_xlabel("students", fontsize=LABEL)
    axis.tick_params(labelsize=TICK)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(fontsize=TICK, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    titled(figure, "What became of each question")
    return figure
