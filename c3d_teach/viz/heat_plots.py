"""Heat over a clip and checks of it, interactive (plotly), from the same dataclasses."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image
from plotly.subplots import make_subplots

from c3d_teach.errors import UsageError
from c3d_teach.viz.heat_charts import curve_name, measures, method_name, steps_words
from c3d_teach.viz.heat_movie import GRADIENTS, clip_and_heat, grey, in_colour, top
from c3d_teach.viz.interactive import BAR, FAINT, MARK, bare

if TYPE_CHECKING:
    from c3d_teach.analysis.attribution.heat import Attribution
    from c3d_teach.analysis.attribution.sanity import SanityCheck

_MOST = 127  # heat as whole numbers of one byte, from -127 to 127
_HEAT = [[0, "rgba(0,114,178,0.9)"], [0.5, "rgba(128,128,128,0)"], [1, "rgba(213,94,0,0.9)"]]
_LINES = (
    ("#2b86c5", "solid", "circle"),
    ("#d9640a", "dash", "square"),
    ("#079b74", "dot", "triangle-up"),
    ("#b5579b", "dashdot", "diamond"),
    ("#878c94", "longdash", "x"),
    ("#b08a00", "longdashdot", "star"),
    ("#56B4E9", "solid", "triangle-down"),
)


def heat_plot(attribution: "Attribution", *, frame_ms: int = 180) -> go.Figure:
    """The clip, the clip under heat, and heat over time, with a slider and a button to play.

    The curve marks the frame that is shown. Heat travels as one byte a pixel.

    Args:
        frame_ms: milliseconds a frame when played.

    Raises:
        UsageError: for heat that does not fit the clip, or a time that is not above 0.
    """
    if not frame_ms > 0:
        raise UsageError(f"frame_ms is {frame_ms}; it is a time above 0, in milliseconds.")
    frames, heat = clip_and_heat(attribution.clip, attribution.heat)
    length, height, width = heat.shape
    bytes_ = _as_bytes(heat)
    below = (grey(frames) * 0.75 + 32).astype(np.uint8)
    pictures = in_colour(frames)
    curve = np.asarray(attribution.curve, dtype=float)
    words = "orange for it, blue against it"
    if attribution.method in GRADIENTS:
        words = "brighter raises it (orange), lowers it (blue)"
    figure = make_subplots(
        rows=2,
        cols=2,
        specs=[[{}, {}], [{"colspan": 2}, None]],
        row_heights=[0.64, 0.36],
        vertical_spacing=0.1,
        horizontal_spacing=0.04,
        subplot_titles=("clip", words, f"{steps_words(attribution.steps, length)}"),
    )

    def moving(t: int) -> list[Any]:
        return [
            go.Image(source=_png(pictures[t]), hoverinfo="skip"),
            go.Heatmap(z=below[t], zmin=0, zmax=255, colorscale="gray", showscale=False,
                       hoverinfo="skip"),
            go.Heatmap(z=bytes_[t], zmin=-_MOST, zmax=_MOST, colorscale=_HEAT, showscale=False,
                       hovertemplate="x %{x}, y %{y}: heat %{z} of 127<extra></extra>"),
            go.Scatter(x=[t], y=[curve[t]], mode="markers", showlegend=False,
                       marker={"size": 13, "color": MARK, "symbol": "diamond"},
                       hoverinfo="skip"),
        ]  # fmt: skip

    places = ((1, 1), (1, 2), (1, 2), (2, 1))
    stepped = attribution.steps < length
    start = int(np.argmax(curve))
    for trace, (row, col) in zip(moving(start), places, strict=True):
        figure.add_trace(trace, row=row, col=col)
    figure.add_scatter(
        x=list(range(length)),
        y=curve.tolist(),
        mode="lines" if stepped else "lines+markers",
        line={"color": BAR, "width": 2, "shape": "hvh" if stepped else "linear"},
        showlegend=False,
        hovertemplate="frame %{x}: %{y:.3g}<extra></extra>",
        row=2,
        col=1,
    )
    figure.frames = [
        go.Frame(data=moving(t), traces=[0, 1, 2, 3], name=str(t)) for t in range(length)
    ]
    at_once = {"mode": "immediate", "transition": {"duration": 0}}
    figure.update_layout(
        **_layout(620),
        sliders=[{
            "active": start,
            "currentvalue": {"prefix": "frame t = "},
            "pad": {"t": 46, "l": 70},
            "steps": [
                {"label": str(t), "method": "animate",
                 "args": [[str(t)], at_once | {"frame": {"duration": 0, "redraw": True}}]}
                for t in range(length)
            ],
        }],
        updatemenus=[{
            "type": "buttons", "showactive": False, "x": 0, "xanchor": "left", "y": 0,
            "yanchor": "top", "pad": {"t": 60},
            "buttons": [{"label": "▶", "method": "animate", "args": [
                None, at_once | {"fromcurrent": False,
                                 "frame": {"duration": frame_ms, "redraw": True}}]}],
        }],
    )  # fmt: skip
    for col in (1, 2):
        figure.update_xaxes(visible=False, range=[-0.5, width - 0.5], row=1, col=col)
        figure.update_yaxes(
            visible=False, range=[height - 0.5, -0.5], scaleanchor=f"x{'' if col == 1 else col}",
            constrain="domain", row=1, col=col,
        )  # fmt: skip
        figure.update_xaxes(constrain="domain", row=1, col=col)
    figure.update_xaxes(
        title="time t (frames)", range=[-0.5, length - 0.5], showgrid=False, row=2, col=1
    )
    figure.update_yaxes(
        title=curve_name(attribution.method).replace(" (", "<br>("), gridcolor=FAINT,
        rangemode="tozero", row=2, col=1,
    )  # fmt: skip
    figure.update_xaxes(fixedrange=True, zeroline=False)
    figure.update_yaxes(fixedrange=True, zeroline=False)
    return figure


def curves_plot(attributions: Sequence["Attribution"]) -> go.Figure:
    """Heat over time for several methods or targets, each as a share of its largest value.

    Raises:
        UsageError: for no attribution, or clips of different lengths.
    """
    lengths = {len(one.curve) for one in attributions}
    if len(lengths) != 1:
        raise UsageError(
            f"curves_plot() was given {len(attributions)} attributions of {len(lengths)} lengths; "
            "it draws one or more of the same length."
        )
    length = lengths.pop()
    figure = go.Figure()
    for k, one in enumerate(attributions):
        colour, dash, symbol = _LINES[k % len(_LINES)]
        stepped = one.steps < length
        name = method_name(one.method) + (f" ({one.layer})" if one.layer else "")
        figure.add_scatter(
            x=list(range(length)),
            y=(one.curve / (abs(one.curve).max() or 1.0)).tolist(),
            name=f"{name}: {steps_words(one.steps, length)}",
            mode="lines+markers",
            line={"color": colour, "dash": dash, "shape": "hvh" if stepped else "linear"},
            marker={"symbol": symbol, "size": 8},
            hovertemplate="frame %{x}: %{y:.0%} of its largest<extra>" + name + "</extra>",
        )
    figure.update_layout(**_layout(300 + 24 * len(attributions)))
    figure.update_layout(legend={"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0})
    figure.update_xaxes(title="time t (frames)", showgrid=False, fixedrange=True, zeroline=False)
    figure.update_yaxes(
        title="heat (largest = 1)", gridcolor=FAINT, fixedrange=True, zerolinecolor=FAINT
    )
    return figure


def sanity_plot(checks: Mapping[str, "SanityCheck"], *, measure: str = "signed") -> go.Figure:
    """How much of each method's maps is left, layer by layer drawn anew, on one axis.

    Means over clips and draws; the pointer shows their standard deviation, too.

    Args:
        measure: "signed" or "absolute" rank correlation, or "structure" (SSIM).

    Raises:
        UsageError: for no check, checks of different nets, or an unknown measure.
    """
    names = ("signed", "absolute", "structure")
    if measure not in names:
        raise UsageError(f"measure is {measure!r}; it is one of {', '.join(names)}.")
    if len({check.layers for check in checks.values()}) != 1:
        raise UsageError("sanity_plot() draws one or more checks, all of nets of the same layers.")
    figure = go.Figure()
    for k, (name, check) in enumerate(checks.items()):
        values = measures(check)[names.index(measure)]
        if np.isnan(values).any():
            continue
        colour, dash, symbol = _LINES[k % len(_LINES)]
        figure.add_scatter(
            x=["none", *check.layers],
            y=[1.0, *values.mean(1).tolist()],
            customdata=[0.0, *values.std(1).tolist()],
            name=method_name(name),
            line={"color": colour, "dash": dash},
            marker={"symbol": symbol, "size": 8},
            hovertemplate="%{x} and all before: %{y:.2f} ± %{customdata:.2f}<extra>"
            + method_name(name)
            + "</extra>",
        )
    words = "SSIM" if measure == "structure" else f"rank correlation ({measure})"
    figure.update_layout(**_layout(440))
    figure.update_layout(legend={"orientation": "h", "y": -0.3, "yanchor": "top", "x": 0})
    figure.update_xaxes(
        title="drawn anew: this layer and all to its left", showgrid=False, fixedrange=True
    )
    figure.update_yaxes(
        title=words, range=[-0.6, 1.08], gridcolor=FAINT, fixedrange=True, zerolinecolor=FAINT
    )
    return figure


def _as_bytes(heat: NDArray[np.float32]) -> NDArray[np.int8]:
    share = np.clip(heat / (top(heat) or 1.0), -1, 1)
    return np.round(_MOST * share).astype(np.int8)


def _png(picture: NDArray[np.uint8]) -> str:
    file = BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(file, format="png")
    return "data:image/png;base64," + b64encode(file.getvalue()).decode()


def _layout(height: int) -> dict[str, Any]:
    return bare(height) | {"margin": {"l": 8, "r": 8, "t": 28, "b": 8}}
