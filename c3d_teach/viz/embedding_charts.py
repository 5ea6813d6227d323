"""Clips in the plane, twice: the same places, marked by what is seen and by how it moves."""

from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from c3d_teach.viz.feature_charts import short
from c3d_teach.viz.static import BLUE, LABEL, ORANGE, SKY, TICK, VERMILION, titled

if TYPE_CHECKING:
    from c3d_teach.analysis.descriptors.clip_embedding import ClipEmbedding, LabelKept

_COLOURS = (BLUE, VERMILION, "#009E73", "#CC79A7", ORANGE, SKY, "#8F8A00", "#5B5B5B", "#9A6324")
# motions come as left, right, up, down, two turns, two zooms, still
_MARKERS = ("<", ">", "^", "v", "D", "P", "o", "X", "s", "p", "*", "h", "d")


def clip_embedding_chart(found: "ClipEmbedding", *, title: str | None = None) -> Figure:
    """Two panels with the same points: on the left marked by *what*, on the right by *how*.

    Digits are drawn as digits, motions as triangles that point where they go. Under each panel
    stands how many of the nearest neighbours share the label.

    Args:
        found: of :func:`~c3d_teach.analysis.descriptors.clip_embedding.embed_clips`.
        title: what there is to see; the embedding's headline when None.
    """
    figure = Figure(figsize=(12.4, 5.6), layout="constrained")
    axes = figure.subplots(1, 2)
    for axis, label, word in zip(axes, (found.what, found.how), ("what", "how"), strict=True):
        _panel(axis, found, label)
        axis.set_title(f"marked by {word}: {label.kind}", fontsize=LABEL, fontweight="bold")
        axis.set_xlabel(f"{_axis(found, 'first')}\n{_kept(label)}", fontsize=LABEL)
    axes[0].set_ylabel(_axis(found, "second"), fontsize=LABEL)
    titled(figure, title or found.headline)
    return figure


def _panel(axis: Axes, found: "ClipEmbedding", label: "LabelKept") -> None:
    for number in sorted(set(label.numbers.tolist())):
        mine = found.coordinates[label.numbers == number]
        name = label.names[number]
        marker = f"${name[-1]}$" if name[-1].isdigit() else _MARKERS[number % len(_MARKERS)]
        axis.scatter(
            mine[:, 0],
            mine[:, 1],
            s=34,
            color=_COLOURS[number % len(_COLOURS)],
            marker=marker,
            linewidth=0.3,
            alpha=0.85,
            label=short(name),
        )
    axis.set_aspect("equal", adjustable="datalim")
    axis.set_xticks([])
    axis.set_yticks([])
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(
        fontsize=TICK,
        frameon=False,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        handletextpad=0.1,
        borderpad=0,
        markerscale=1.2,
    )


def _axis(found: "ClipEmbedding", which: str) -> str:
    return f"{which} {'component' if found.method == 'pca' else 'axis'} (no unit)"


def _kept(label: "LabelKept") -> str:
    return (
        f"{label.descriptor:.0%} of the 10 nearest neighbours share it\n"
        f"({label.plane:.0%} in the plane, chance {label.chance:.0%})"
    )
