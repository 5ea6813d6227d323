"""Clips in the plane, marked by one label, as an interactive figure (plotly) to click into."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from c3d_teach.errors import UsageError
from c3d_teach.viz.interactive import MARK, bare

if TYPE_CHECKING:
    from c3d_teach.analysis.descriptors.clip_embedding import ClipEmbedding

# read on white and on black; digits are drawn as digits and motions each have a form of their own
_COLOURS = (
    *("#2b86c5", "#d9640a", "#079b74", "#b5579b", "#E69F00", "#56B4E9", "#8F8A00", "#878c94"),
    "#9A6324",
)
# motions come as left, right, up, down, two turns, two zooms, still
_SYMBOLS = (
    *("triangle-left", "triangle-right", "triangle-up", "triangle-down"),
    *("diamond", "cross", "circle", "x", "square", "pentagon", "star", "hexagon", "diamond-tall"),
)


def clip_map_plot(
    found: "ClipEmbedding", by: str, *, chosen: int | None = None, near: Sequence[int] = ()
) -> go.Figure:
    """Every clip at its place; hover tells its number and both labels.

    A point carries its clip's number as ``customdata``.

    Args:
        found: of :func:`~c3d_teach.analysis.descriptors.clip_embedding.embed_clips`.
        by: the label that the points are marked by, ``"what"`` or ``"how"``.
        chosen: a clip with a square around it.
        near: clips with a circle around each.

    Raises:
        UsageError: for another label.
    """
    if by not in ("what", "how"):
        raise UsageError(f"Points are marked by {by!r}; it is 'what' or 'how'.")
    label = found.what if by == "what" else found.how
    said = [
        f"clip {k}: {found.how.names[how]}, {found.what.names[what]}"
        for k, (how, what) in enumerate(zip(found.how.numbers, found.what.numbers, strict=True))
    ]
    figure = go.Figure()
    for number in sorted(set(label.numbers.tolist())):
        mine = (label.numbers == number).nonzero()[0]
        name = label.names[number]
        digit = name[-1] if name[-1].isdigit() else ""
        figure.add_scatter(
            x=found.coordinates[mine, 0].tolist(),
            y=found.coordinates[mine, 1].tolist(),
            mode="text" if digit else "markers",
            text=[digit or said[k] for k in mine],
            hovertext=[said[k] for k in mine],
            customdata=mine.tolist(),
            hoverinfo="text",
            name=name,
            showlegend=not digit,
            **_look(number),
        )
    rings = {"circle-open": list(near), "square-open": [] if chosen is None else [chosen]}
    for symbol, marked in rings.items():
        if marked:
            figure.add_scatter(
                x=found.coordinates[marked, 0].tolist(),
                y=found.coordinates[marked, 1].tolist(),
                mode="markers",
                marker={"symbol": symbol, "size": 20, "line": {"width": 2.5}, "color": MARK},
                hoverinfo="skip",
                showlegend=False,
            )
    # beside one another both have about the same room for their points
    legend = any(trace.showlegend for trace in figure.data)
    figure.update_layout(
        **bare(height=430 if legend else 342),
        legend={"orientation": "h", "y": -0.1, "yanchor": "top", "x": 0},
    )
    axis = "component" if found.method == "pca" else "axis"
    calm = {"fixedrange": True, "zeroline": False, "showgrid": False, "showticklabels": False}
    figure.update_xaxes(**calm, title={"text": f"first {axis} (no unit)", "font": {"size": 12}})
    figure.update_yaxes(**calm, title={"text": f"second {axis}", "font": {"size": 12}})
    return figure


def _look(number: int) -> dict[str, Any]:
    """Of the points of one label; a click chooses a point and leaves the others as they are."""
    colour = _COLOURS[number % len(_COLOURS)]
    return {
        "textfont": {"color": colour, "size": 13},
        "marker": {
            "color": colour,
            "size": 8,
            "symbol": _SYMBOLS[number % len(_SYMBOLS)],
            "opacity": 0.85,
        },
        "selected": {"marker": {"opacity": 0.85}},
        "unselected": {"marker": {"opacity": 0.85}, "textfont": {"color": colour}},
    }
