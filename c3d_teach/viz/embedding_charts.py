"""Clips in the plane, twice: the same places, marked by what is seen and by how it moves."""

from typing import TYPE_CHECKING

import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from plotly.subplots import make_subplots

from c3d_teach.viz.feature_charts import short
from c3d_teach.viz.interactive import calm
from c3d_teach.viz.static import BLUE, LABEL, ORANGE, SKY, TICK, VERMILION, titled

if TYPE_CHECKING:
    from c3d_teach.analysis.descriptors.clip_embedding import ClipEmbedding, LabelKept

_COLOURS = (BLUE, VERMILION, "#009E73", "#CC79A7", ORANGE, SKY, "#8F8A00", "#5B5B5B", "#9A6324")
# motions come as left, right, up, down, two turns, two zooms, still
_MARKERS = ("<", ">", "^", "v", "D", "P", "o", "X", "s", "p", "*", "h", "d")
_SYMBOLS = (
    *("triangle-left", "triangle-right", "triangle-up", "triangle-down"),
    *("diamond", "cross", "circle", "x", "square", "pentagon", "star", "hexagon", "diamond-tall"),
)


def clip_embedding_chart(found: "ClipEmbedding", *, title: str | None = None) -> Figure:
    """Two panels with the same points: on the left marked by *what*, on the right by *how*.

    Digits are drawn as digits, motions as triangles that point where they go. Under each panel
    stands how many of the nearest neighbours share the label.

    Args:
        found: of :func:`~c3d_teach.analysis.descriptors.clip_embedding.embed_clips`.
        title: what there is to see.
    """
    figure = Figure(figsize=(12.4, 5.6), layout="constrained")
    axes = figure.subplots(1, 2)
    for axis, label, word in zip(axes, (found.what, found.how), ("what", "how"), strict=True):
        _panel(axis, found, label)
        axis.set_title(f"marked by {word}: {label.kind}", fontsize=LABEL, fontweight="bold")
        axis.set_xlabel(f"{_axis(found, 'first')}\n{_kept(label)}", fontsize=LABEL)
    axes[0].set_ylabel(_axis(found, "second"), fontsize=LABEL)
    titled(figure, title or _default_title(found))
    return figure


def clip_embedding_plot(found: "ClipEmbedding", *, title: str | None = None) -> go.Figure:
    """The two panels side by side; hover tells a clip's number and both labels."""
    labels = found.what, found.how
    said = [_kept(one).replace("\n", "<br>") for one in labels]
    names = [f"<b>{one.kind}</b><br>{text}" for one, text in zip(labels, said, strict=True)]
    figure = make_subplots(1, 2, subplot_titles=names, horizontal_spacing=0.05)
    said = [
        f"clip {k}: {found.how.names[how]}, {found.what.names[what]}"
        for k, (how, what) in enumerate(zip(found.how.numbers, found.what.numbers, strict=True))
    ]
    for column, label in enumerate(labels, 1):
        for number in sorted(set(label.numbers.tolist())):
            mine = (label.numbers == number).nonzero()[0]
            name, colour = label.names[number], _COLOURS[number % len(_COLOURS)]
            digit = name[-1] if name[-1].isdigit() else ""
            figure.add_scatter(
                x=found.coordinates[mine, 0].tolist(),
                y=found.coordinates[mine, 1].tolist(),
                mode="text" if digit else "markers",
                text=[digit or said[k] for k in mine],
                hovertext=[said[k] for k in mine],
                hoverinfo="text",
                textfont={"color": colour, "size": 13},
                marker={
                    "color": colour,
                    "size": 8,
                    "symbol": _SYMBOLS[number % len(_SYMBOLS)],
                    "opacity": 0.8,
                },
                name=name,
                showlegend=not digit,
                legend=f"legend{column if column > 1 else ''}",
                row=1,
                col=column,
            )
    layout = calm(height=500)
    layout["margin"] |= {"t": 120}
    for axis in ("xaxis", "yaxis"):
        layout.pop(axis)
    layout["legend"] = {"orientation": "h", "y": -0.08, "yanchor": "top", "x": 0}
    layout["legend2"] = {"x": 1.01, "y": 1, "yanchor": "top"}
    figure.update_layout(
        **layout,
        title={"text": f"<b>{title or _default_title(found)}</b>", "x": 0.01, "font": {"size": 15}},
    )
    figure.update_annotations(font_size=12)
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(fixedrange=True, zeroline=False, showgrid=False, showticklabels=False)
    figure.update_xaxes(title_text=_axis(found, "first"), title_font_size=12)
    figure.update_yaxes(title_text=_axis(found, "second"), title_font_size=12, col=1)
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


def _default_title(found: "ClipEmbedding") -> str:
    def above(label: "LabelKept") -> float:
        return (label.descriptor - label.chance) / max(1 - label.chance, 1e-9)

    best, rest = sorted((found.what, found.how), key=above, reverse=True)
    if above(best) < 0.1:
        return f"{found.net}, {found.layer}: neighbours share neither {best.kind} nor {rest.kind}"
    if above(rest) < 0.1:
        return f"{found.net}, {found.layer}: neighbours share the {best.kind}, not the {rest.kind}"
    return f"{found.net}, {found.layer}: neighbours share the {best.kind} and the {rest.kind}"
