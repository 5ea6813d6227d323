"""Videos as marks in the plane, as matplotlib figures: arrays in, figures out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike, NDArray

from c3d_teach.errors import UsageError
from c3d_teach.viz.feature_charts import short
from c3d_teach.viz.static import BLUE, LABEL, ORANGE, SKY, TICK, VERMILION, titled

# Okabe-Ito without black; the markers tell neighbours apart where colour does not
_COLOURS = (BLUE, VERMILION, "#009E73", "#CC79A7", ORANGE, SKY, "#F0E442")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*", "p")
_LEGEND = 10  # most classes that are named in the picture itself
_ROWS = 36  # of the list beside it, in a column


def embedding_chart(coordinates: ArrayLike, labels: Sequence[str], *, title: str) -> Figure:
    """A mark for each video, coloured and shaped by class, with its class named in the picture.

    Up to 10 classes are named above their middle video. For more, there is no room for names:
    a number stands at the middle of each class, and the list beside the picture says which
    class it is.

    Args:
        coordinates: ``(N, 2)``.
        labels: N classes; "" for a video without one.
        title: what there is to see.

    Raises:
        UsageError: for coordinates that are not ``(N, 2)``, or other than N labels.
    """
    places = np.asarray(coordinates, dtype=float)
    if places.ndim != 2 or places.shape[1:] != (2,) or not len(places):
        raise UsageError(f"The figure was given shape {places.shape}; it draws places (N, 2).")
    if len(labels) != len(places) or not np.isfinite(places).all():
        raise UsageError(
            f"The figure was given {len(places)} places and {len(labels)} labels; each finite "
            "place has one label."
        )
    names = np.array([label or "no class" for label in labels])
    classes = sorted(set(names.tolist()))
    many = len(classes) > _LEGEND
    columns = -(-len(classes) // _ROWS)
    longest = 0.09 * max(map(len, map(short, classes))) + 0.7
    spread = np.ptp(places, 0)
    shape = float(np.clip(spread[1] / max(spread[0], 1e-12), 0.5, 1.1))  # a wide map is no square
    wide, high = 7.0, 7.0 * shape
    figure = Figure(figsize=(wide + 0.4 + columns * longest, high + 0.6), layout="constrained")
    axis = figure.subplots()
    size = float(np.clip(6000 / len(places), 6, 46))
    for number, name in enumerate(classes):
        mine = places[names == name]
        axis.scatter(
            mine[:, 0],
            mine[:, 1],
            s=size,
            color=_COLOURS[number % len(_COLOURS)],
            marker=_MARKERS[number % len(_MARKERS)],
            edgecolor="black",
            linewidth=0.1 if many else 0.4,
            alpha=0.7 if many else 0.85,
            label=f"{number + 1}  {short(name)}" if many else short(name),
        )
    middles = []
    for name in classes:
        mine = places[names == name]
        middles.append(mine[np.argmin(((mine - np.median(mine, 0)) ** 2).sum(1))])
    shown = [str(number + 1) if many else short(name) for number, name in enumerate(classes)]
    point = spread.max() / (72 * max(wide, high))  # of type, in units of the map
    for middle, text in zip(_apart(middles, shown, point), shown, strict=True):
        _name(axis, middle, text, above=not many)
    axis.set_aspect("equal", adjustable="datalim")
    axis.set_xticks([])
    axis.set_yticks([])
    axis.margins(0.06)
    axis.set_xlabel("first axis (no unit)", fontsize=LABEL)
    axis.set_ylabel("second axis (no unit)", fontsize=LABEL)
    key = axis.legend(
        fontsize=TICK,
        frameon=False,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.01),
        ncols=columns,
        labelspacing=0.3,
        handletextpad=0.1,
        columnspacing=0.8,
        borderpad=0,
    )
    for handle in key.legend_handles:
        handle.set_sizes([36])  # type: ignore[union-attr]
    titled(figure, title)
    return figure


def _apart(
    middles: Sequence[NDArray[Any]], names: Sequence[str], point: float
) -> list[NDArray[Any]]:
    """Places of names so that none lies on another; a name that would is moved up."""
    placed: list[tuple[NDArray[Any], float]] = []
    moved: dict[int, NDArray[Any]] = {}
    for number in sorted(range(len(names)), key=lambda k: float(middles[k][1])):
        place, half = middles[number].astype(float), 3.6 * len(names[number]) * point
        for other, reach in sorted(placed, key=lambda p: float(p[0][1])):
            beside = abs(other[0] - place[0]) > half + reach
            if not beside and abs(other[1] - place[1]) < 14 * point:
                place = np.array([place[0], other[1] + 14 * point])
        placed.append((place, half))
        moved[number] = place
    return [moved[number] for number in range(len(names))]


def _name(axis: Axes, place: NDArray[Any], name: str, *, above: bool) -> None:
    axis.annotate(
        name,
        tuple(place),
        (0, 9 if above else 0),
        textcoords="offset points",
        ha="center",
        va="bottom" if above else "center",
        fontsize=LABEL if above else TICK,
        fontweight="bold",
        path_effects=[withStroke(linewidth=3, foreground="white")],
    )
