"""A kernel on its way over a clip, as interactive figures (plotly); see ``walking``."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from c3d_teach.viz.interactive import MARK, bare
from c3d_teach.viz.walking import Walk, readable

_GREY = [[0, "rgb(52,56,64)"], [1, "rgb(245,245,245)"]]
# blue, neutral, orange: light in the middle, so that dark numbers read on every cell
SIGNED = [[0, "#56B4E9"], [0.5, "#f4f4f4"], [1, "#E69F00"]]
_INK = "#111111"
_GAP = 1  # empty cells between frames
MOST = 5  # slices whose numbers can be read side by side


def strip(frames: NDArray[Any], gap: int = _GAP) -> tuple[list[list[float | None]], list[float]]:
    """Frames ``(L, H, W)`` side by side as rows of cells, and where the middle of each is."""
    length, high, wide = frames.shape
    sheet = np.full((high, length * (wide + gap) - gap), np.nan)
    for t, frame in enumerate(frames):
        sheet[:, t * (wide + gap) : t * (wide + gap) + wide] = frame
    cells: list[list[float | None]] = [
        [None if np.isnan(v) else round(float(v), 3) for v in row] for row in sheet
    ]
    return cells, [t * (wide + gap) + (wide - 1) / 2 for t in range(length)]


def input_plot(found: Walk, place: tuple[int, int, int] | None) -> go.Figure:
    """The clip, frame beside frame, with a box around what the kernel lies on."""
    figure = _frames(found.padded, _GREY, 0.0, float(found.padded.max()) or 1.0)
    pad = found.padding[0]
    _name_frames(
        figure,
        found.padded,
        [_frame_name(t - pad, len(found.clip)) for t in range(len(found.padded))],
    )
    if place is not None:
        t, y, x = found.corner(place)
        d, h, w = found.kernel.shape
        for frame in range(t, t + d):
            _box(figure, frame, y, x, h, w, found.padded.shape[2])
    if pad or found.padding[1]:
        high, wide = found.clip.shape[1:]
        for frame in range(len(found.clip)):
            left = (frame + pad) * (found.padded.shape[2] + _GAP) + found.padding[1]
            figure.add_shape(
                type="rect",
                x0=left - 0.5,
                x1=left + wide - 0.5,
                y0=found.padding[1] - 0.5,
                y1=found.padding[1] + high - 0.5,
                line={"color": "rgba(128,136,148,0.9)", "dash": "dot", "width": 1.5},
            )
    return figure


def output_plot(
    output: ArrayLike,
    place: tuple[int, int, int] | None = None,
    *,
    filling: bool = False,
) -> go.Figure:
    """What comes out, frame beside frame, on one signed scale.

    Args:
        output: ``(L, H, W)``.
        place: where the kernel stands now, boxed.
        filling: leave empty what the kernel has not reached yet.
    """
    values = np.array(output, float)
    most = float(np.abs(values).max()) or 1.0
    if filling and place is not None:
        t, y, x = place
        order = np.arange(values.size).reshape(values.shape)
        values[order > order[t, y, x]] = np.nan
    figure = _frames(values, SIGNED, -most, most)
    _name_frames(figure, values, [f"t = {t}" for t in range(len(values))])
    if place is not None:
        t, y, x = place
        _box(figure, t, y, x, 1, 1, values.shape[2])
    return figure


def below_plot(output: ArrayLike, clip: tuple[int, int, int], first: float) -> go.Figure:
    """What comes out, to stand below :func:`input_plot`: on its scale, each frame where it is from.

    Args:
        output: ``(L', H', W')``, made with stride 1.
        clip: the clip's shape ``(L, H, W)``.
        first: the time of the clip in the middle of what output frame 0 was made from.
    """
    values, pitch = np.asarray(output, float), clip[2] + _GAP
    most = float(np.abs(values).max()) or 1.0
    gap = pitch - values.shape[2]
    figure = _frames(values, SIGNED, -most, most, gap)
    left = first * pitch + (clip[2] - values.shape[2]) / 2
    figure.update_traces(x0=left, dx=1)
    one = len(values) == 1
    _name_frames(figure, values, ["one image"] if one else [f"t = {t}" for t in range(len(values))])
    figure.update_xaxes(
        range=[-0.5, clip[0] * pitch - _GAP - 0.5],
        tickvals=[left + middle for middle in strip(values, gap)[1]],
    )
    return figure


def product_plot(window: ArrayLike, kernel: ArrayLike) -> go.Figure:
    """Window, kernel and products with all their numbers: a column a frame of the kernel.

    Args:
        window, kernel: ``(d, k, k)``; of more than five slices the first five are drawn.
    """
    window, kernel = np.asarray(window)[:MOST], np.asarray(kernel)[:MOST]
    laid, weights = np.asarray(window, float), np.asarray(kernel, float)
    depth, high, wide = weights.shape
    rows = (laid, weights, laid * weights)
    sheet = np.full((3 * (high + 1) - 1, depth * (wide + _GAP) - _GAP), np.nan)
    text = np.full(sheet.shape, "", dtype=object)
    for place, block in enumerate(rows):
        most = float(np.abs(block).max()) or 1.0
        for t in range(depth):
            top, left = place * (high + 1), t * (wide + _GAP)
            sheet[top : top + high, left : left + wide] = block[t] / most
            text[top : top + high, left : left + wide] = np.vectorize(readable)(block[t])
    figure = go.Figure(
        go.Heatmap(
            z=[[None if np.isnan(v) else round(float(v), 3) for v in row] for row in sheet],
            text=text.tolist(),
            texttemplate="%{text}",
            textfont={"color": _INK, "size": 14},
            zmin=-1,
            zmax=1,
            colorscale=SIGNED,
            showscale=False,
            hoverinfo="skip",
            xgap=1,
            ygap=1,
        )
    )
    figure.update_layout(**bare(height=34 * len(sheet) + 40))
    figure.update_layout(margin={"t": 28})
    figure.update_yaxes(
        tickvals=[k * (high + 1) + (high - 1) / 2 for k in range(3)],
        ticktext=["window", "× kernel", "= product"],
        autorange="reversed",
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    figure.update_xaxes(
        tickvals=[t * (wide + _GAP) + (wide - 1) / 2 for t in range(depth)],
        ticktext=[f"slice {t}" for t in range(depth)],
        side="top",
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    return figure


def _frames(
    values: NDArray[Any], scale: Any, low: float, high: float, gap: int = _GAP
) -> go.Figure:
    cells, _ = strip(values, gap)
    figure = go.Figure(
        go.Heatmap(
            z=cells,
            zmin=low,
            zmax=high,
            colorscale=scale,
            showscale=False,
            hoverongaps=False,
            hovertemplate="%{z}<extra></extra>",
        )
    )
    figure.update_layout(**bare(height=190))
    figure.update_layout(margin={"t": 40})
    figure.update_yaxes(
        autorange="reversed",
        showticklabels=False,
        ticks="",
        showgrid=False,
        zeroline=False,
        fixedrange=True,
        scaleanchor="x",
        constrain="domain",
        constraintoward="top",  # below its words, on a phone, too
    )
    return figure


def _name_frames(figure: go.Figure, values: NDArray[Any], names: list[str]) -> None:
    middles = strip(values)[1]
    figure.update_xaxes(
        tickvals=middles,
        ticktext=names,
        side="top",
        showgrid=False,
        zeroline=False,
        fixedrange=True,
        constrain="domain",
    )


def _frame_name(t: int, length: int) -> str:
    return f"t = {readable(t)}" if 0 <= t < length else f"t = {readable(t)}<br>(zeros)"


def _box(figure: go.Figure, frame: int, y: int, x: int, high: int, wide: int, width: int) -> None:
    left = frame * (width + _GAP) + x
    figure.add_shape(
        type="rect",
        x0=left - 0.5,
        x1=left + wide - 0.5,
        y0=y - 0.5,
        y1=y + high - 0.5,
        line={"color": MARK, "width": 3},
    )
