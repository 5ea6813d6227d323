"""A net as an interactive figure (plotly): its blocks, and what is left of time."""

from collections.abc import Collection, Sequence
from math import log10
from typing import TYPE_CHECKING

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from c3d_teach.errors import UsageError
from c3d_teach.viz.interactive import BAR, FAINT, MARK, SHADE, bare
from c3d_teach.viz.outlines import Line, box, joined, shape_of

if TYPE_CHECKING:
    from c3d_teach.models.arithmetic import Row

CLIP = "clip"
# face, its alpha in front, and the pattern of the front, for no meaning rests on colour alone
_KINDS = {
    "clip": ("135, 140, 148", ""),
    "conv": ("43, 134, 197", ""),
    "pool": ("7, 155, 116", "/"),
    "fc": ("217, 100, 10", "x"),
}
_ALPHAS = {"front": 0.34, "top": 0.16, "side": 0.6}
_ROOM, _BACK, _UP = 0.62, 0.3, 0.16  # of a place: a full clip's frames, and how far back it goes
_LINES = 24  # more frames than this are not drawn one by one
_TALL = 4096  # features of the highest bar


def net_plot(
    rows: "Sequence[Row]",
    clip_shape: Sequence[int],
    *,
    ends_at: str | None = None,
    dead: Collection[str] = (),
    current: str | None = None,
) -> go.Figure:
    """Every layer's output as a block to scale, and below it how many frames are left.

    Blocks are as wide as they have frames. Heights are those of their maps on a squeezed scale
    (square root), for 112 and 7 are to be seen together; the number on top is that of their
    channels, where it changes. Fully connected layers are bars.

    Args:
        rows: of the layers, up to where time runs out.
        clip_shape: ``(C, L, H, W)`` of the input, drawn first.
        ends_at: name of the layer at which time runs out; it gets a cross.
        dead: layers whose kernels have slices that never meet a frame.
        current: a layer to mark.

    Raises:
        UsageError: for no rows, or a layer to mark that is not among them.
    """
    places = [(CLIP, tuple(clip_shape)), *((row.name, tuple(row.shape)) for row in rows)]
    names = [name for name, _ in places]
    if not rows or (current is not None and current not in names):
        raise UsageError(f"net_plot() was asked to mark {current!r} among {names}.")
    figure = make_subplots(2, 1, shared_xaxes=True, row_heights=[0.6, 0.4], vertical_spacing=0.04)
    _add_blocks(figure, places, current)
    _add_time(figure, places, ends_at, dead)
    labels = names if ends_at is None else [*names, ends_at]
    figure.update_layout(**bare(620), showlegend=False, hovermode="closest")
    figure.update_layout(margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_xaxes(
        fixedrange=True,
        zeroline=False,
        showgrid=False,
        range=[-0.65, len(labels) - 0.3],
        tickvals=list(range(len(labels))),
        ticktext=[f"<b>{name}</b>" if name == current else name for name in labels],
        autotickangles=[0, -60, -90],
        automargin=True,
    )
    tall = max(clip_shape[2:])
    figure.update_yaxes(
        range=[-0.06 * tall, 1.32 * tall], visible=False, fixedrange=True, row=1, col=1
    )
    frames = [shape[1] for _, shape in places if len(shape) == 4]
    ticks = [2**k for k in range(8) if 2**k <= max(frames)]
    figure.update_yaxes(
        type="log",
        range=[-0.75, log10(max(frames)) + 0.15],
        tickvals=ticks,
        title="frames left",
        gridcolor=FAINT,
        zeroline=False,
        fixedrange=True,
        automargin=True,
        row=2,
        col=1,
    )
    return figure


def _add_blocks(
    figure: go.Figure, places: Sequence[tuple[str, tuple[int, ...]]], current: str | None
) -> None:
    clip = places[0][1]
    tall = max(clip[2:])
    faces: dict[tuple[str, str], list[Line]] = {}
    stripes: dict[str, list[Line]] = {}
    tops = []
    for x, (name, shape) in enumerate(places):
        kind = next((k for k in _KINDS if name.startswith(k)), "conv")
        width, height, back, up = _size(shape, clip, tall)
        left = x - (width + back) / 2
        right = left + width
        faces.setdefault((kind, "front"), []).append(box(left, 0, right, height))
        tops.append(height + up)
        if back:
            far, roof = right + back, height + up
            top = shape_of((left, height), (right, height), (far, roof), (left + back, roof))
            side = shape_of((right, 0), (right, height), (far, roof), (far, up))
            faces.setdefault((kind, "top"), []).append(top)
            faces.setdefault((kind, "side"), []).append(side)
            frames = shape[1] if shape[1] <= _LINES else 1
            for k in range(1, frames):
                at = left + width * k / frames
                stripes.setdefault(kind, []).append(
                    ([at, at, at + back, None], [0, height, height + up, None])
                )
        if name == current:
            outline = box(left - 0.08, -0.03 * tall, right + back + 0.08, height + up + 0.03 * tall)
            figure.add_scatter(
                x=outline[0],
                y=outline[1],
                mode="lines",
                line={"color": MARK, "width": 2.5, "dash": "dot"},
                hoverinfo="skip",
                row=1,
                col=1,
            )
    for (kind, face), polygons in faces.items():
        colour = _KINDS[kind][0]
        xs, ys = joined(polygons)
        figure.add_scatter(
            x=xs,
            y=ys,
            mode="lines",
            fill="toself",
            fillcolor=f"rgba({colour}, {_ALPHAS[face]})",
            line={"color": f"rgb({colour})", "width": 1},
            hoverinfo="skip",
            name=f"{kind}, {face}",
            row=1,
            col=1,
        )
    for kind, lines in stripes.items():
        xs, ys = joined(lines)
        figure.add_scatter(
            x=xs,
            y=ys,
            mode="lines",
            line={"color": f"rgba({_KINDS[kind][0]}, 0.75)", "width": 1},
            hoverinfo="skip",
            name=f"{kind}, frames",
            row=1,
            col=1,
        )
    figure.add_scatter(
        x=list(range(len(places))),
        y=tops,
        mode="text",
        text=[
            str(shape[0]) if k == 0 or shape[0] != places[k - 1][1][0] else ""
            for k, (_, shape) in enumerate(places)
        ],
        textposition="top center",
        customdata=[name for name, _ in places],
        hovertext=[f"{name}: {'×'.join(map(str, shape))}" for name, shape in places],
        hovertemplate="%{hovertext}<extra></extra>",
        name="channels",
        cliponaxis=False,
        row=1,
        col=1,
    )
    # what can be clicked: a dot that is not seen in the middle of each block
    figure.add_scatter(
        x=list(range(len(places))),
        y=[top / 2 for top in tops],
        mode="markers",
        marker={"size": 26, "opacity": 0},
        unselected={"marker": {"opacity": 0}},
        selected={"marker": {"opacity": 0}},
        customdata=[name for name, _ in places],
        hovertext=[f"{name}: {'×'.join(map(str, shape))}" for name, shape in places],
        hovertemplate="%{hovertext}<extra></extra>",
        name="layers",
        row=1,
        col=1,
    )


def _add_time(
    figure: go.Figure,
    places: Sequence[tuple[str, tuple[int, ...]]],
    ends_at: str | None,
    dead: Collection[str],
) -> None:
    timed = [(x, name, shape[1]) for x, (name, shape) in enumerate(places) if len(shape) == 4]
    at = {"row": 2, "col": 1}
    figure.add_scatter(
        x=[x for x, _, _ in timed],
        y=[frames for _, _, frames in timed],
        mode="lines+markers+text",
        line={"shape": "hv", "color": BAR, "width": 3},
        marker={"size": 8, "color": BAR},
        unselected={"marker": {"opacity": 1}},
        text=[f"<b>{frames}</b>" for _, _, frames in timed],
        textposition="bottom center",
        customdata=[name for _, name, _ in timed],
        hovertemplate="%{customdata}: %{y} frames left<extra></extra>",
        name="frames left",
        cliponaxis=False,
        **at,
    )
    if marked := [(x, frames) for x, name, frames in timed if name in dead]:
        figure.add_scatter(
            x=[x for x, _ in marked],
            y=[1.5 * frames for _, frames in marked],  # above the line; its number is below
            mode="markers",
            marker={"symbol": "x-thin-open", "size": 11, "color": MARK, "line": {"width": 3}},
            hovertemplate="slices that never meet a frame<extra></extra>",
            name="dead slices",
            **at,
        )
    last = timed[-1][0]
    first = next((x for x, _, frames in timed if frames == 1), None)
    if ends_at is not None:
        figure.add_scatter(
            x=[last + 1],
            y=[0.4],
            mode="markers+text",
            marker={"symbol": "x", "size": 15, "color": MARK},
            text=["<b>time runs out </b>"],
            textposition="middle left",
            textfont={"color": MARK},
            hovertemplate=f"{ends_at}: time runs out<extra></extra>",
            name="time runs out",
            cliponaxis=False,
            **at,
        )
    elif first is not None:
        figure.add_vrect(
            x0=first - 0.5, x1=last + 0.5, fillcolor=SHADE, line_width=0, layer="below", **at
        )
        figure.add_annotation(
            x=last + 0.5,
            y=log10(0.27),
            text="one frame: time is gone" if last > first else "one frame left",
            showarrow=False,
            xanchor="right",
            **at,
        )


def _size(
    shape: tuple[int, ...], clip: tuple[int, ...], tall: int
) -> tuple[float, float, float, float]:
    """Width, height, and how far back and up the block of an output goes."""
    if len(shape) == 1:
        return 0.24, tall * min(1.0, (shape[0] / _TALL) ** 0.5), 0.0, 0.0
    _, frames, height, width = shape
    squeezed = tall * (height / tall) ** 0.5
    back = _BACK * (width / tall) ** 0.5
    return _ROOM * frames / clip[1], squeezed, back, _UP * squeezed
