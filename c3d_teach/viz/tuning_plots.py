"""What units answer best to, as interactive figures (plotly); see also tuning_charts."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike
from plotly.subplots import make_subplots

from c3d_teach.errors import UsageError
from c3d_teach.viz.interactive import BAR, FAINT, MARK, bare
from c3d_teach.viz.tuning_layout import (
    flow_headline,
    grid_headline,
    headline,
    index_words,
    preferred_place,
    selectivities,
    signed_map,
    speed_lines,
)

if TYPE_CHECKING:
    from c3d_teach.analysis.filters.flow_tuning import FlowTuning
    from c3d_teach.analysis.filters.tuning import Tuning, UnitTuning

_HUES = (BAR, MARK, "#079b74", "#b5579b", "#b08a00", "#878c94")
_MARKS = ("circle", "triangle-up", "square", "diamond", "triangle-down", "cross")
# readable on white and on black: no response is the page itself
_HEAT = [[0.0, "rgba(43, 134, 197, 0.0)"], [0.5, "rgba(43, 134, 197, 0.55)"], [1.0, BAR]]


def tuning_plot(unit: "UnitTuning", *, title: str | None = None) -> go.Figure:
    """Tuning of one unit: directions on the left, the map of frequencies (or bars) right.

    The same as :func:`~c3d_teach.viz.tuning_charts.tuning_chart`; each cell says its numbers.
    """
    bars = unit.stimulus == "bars"
    figure = make_subplots(
        rows=1,
        cols=2,
        specs=[[{"type": "polar"}, {"type": "xy"}]],
        subplot_titles=[
            index_words(unit),
            "white and black bars" if bars else "dotted: constant speed (pixels a frame)",
        ],
        column_widths=[0.4, 0.6],
        horizontal_spacing=0.2,
    )
    figure.update_annotations(font_size=13, yshift=14)
    _rose(figure, unit, "polar")
    _map(figure, unit, {"row": 1, "col": 2})
    figure.update_layout(**_layout(430, title or headline(unit)), showlegend=False)
    return figure


def rose_plot(unit: "UnitTuning") -> go.Figure:
    """The left half of :func:`tuning_plot` alone: directions, and an arrow to the preferred."""
    figure = go.Figure(layout=bare(340))
    _rose(figure, unit, "polar")
    figure.update_layout(showlegend=False, margin={"l": 36, "r": 36, "t": 30, "b": 30})
    return figure


def frequencies_plot(unit: "UnitTuning") -> go.Figure:
    """The right half of :func:`tuning_plot` alone: the map of frequencies (or bars)."""
    figure = make_subplots(1, 1)
    _map(figure, unit, {"row": 1, "col": 1})
    figure.update_layout(**bare(360), showlegend=False)
    figure.update_traces(showscale=False, selector={"type": "heatmap"})
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    return figure


def tuning_grid_plot(tuning: "Tuning", *, count: int = 8, title: str | None = None) -> go.Figure:
    """Direction tuning of the most selective units of a layer, each on its own scale.

    Raises:
        UsageError: for a count below 1.
    """
    if count < 1:
        raise UsageError(f"count is {count}; the figure shows 1 unit or more.")
    channels = tuning.most_selective(count)
    columns = min(4, max(1, len(channels)))
    rows = max(1, -(-len(channels) // columns))
    figure = make_subplots(
        rows=rows,
        cols=columns,
        specs=[[{"type": "polar"}] * columns] * rows,
        subplot_titles=[f"unit {c}: {tuning.selectivity[c]:.2f}" for c in channels],
        vertical_spacing=0.22 / rows,
        horizontal_spacing=0.04,
    )
    figure.update_annotations(font_size=13, yshift=6)
    for place, channel in enumerate(channels):
        key = "polar" if place == 0 else f"polar{place + 1}"
        _rose(figure, tuning.unit(channel), key)
        figure.layout[key].angularaxis.showticklabels = False
    if not channels:
        figure.add_annotation(text="no unit answers to what moves", showarrow=False, x=0.5, y=0.5)
    layout = _layout(200 * rows + 90, title or grid_headline(tuning, len(channels)))
    figure.update_layout(**layout, showlegend=False)
    figure.update_layout(margin={"t": 84, "b": 16})
    return figure


def selectivity_plot(
    groups: Mapping[str, Mapping[str, ArrayLike]],
    *,
    title: str = "How well the units of each layer tell a direction from its opposite",
    index: str = "direction selectivity index",
) -> go.Figure:
    """Every unit as a dot, with boxes (quartiles and median), layer by layer, net by net.

    Takes what :func:`~c3d_teach.viz.tuning_charts.selectivity_chart` takes.

    Raises:
        UsageError: for nothing to draw, or indices out of range.
    """
    nets = selectivities(groups)
    layers = list(dict.fromkeys(layer for net in nets.values() for layer in net))
    figure = go.Figure()
    for k, (name, net) in enumerate(nets.items()):
        x, y, said = [], [], []
        silent = {layer: int(np.isnan(values).sum()) for layer, values in net.items()}
        for layer, values in net.items():
            for channel in np.flatnonzero(~np.isnan(values)):
                x.append(layer)
                y.append(float(values[channel]))
                said.append(f"{name}, {layer} unit {channel}: {values[channel]:.2f}")
        figure.add_box(
            x=x,
            y=y,
            text=said,
            hoverinfo="text",
            hoveron="points",
            name=f"{name} (silent: {', '.join(f'{la} {n}' for la, n in silent.items() if n) or 0})",
            boxpoints="all",
            pointpos=0,
            jitter=0.7,
            fillcolor="rgba(0,0,0,0)",
            line={"color": _HUES[k % 6], "width": 1.8},
            marker={"symbol": _MARKS[k % 6], "size": 5, "opacity": 0.45, "color": _HUES[k % 6]},
        )
    figure.update_layout(
        **_layout(440 + 22 * len(nets), title),
        boxmode="group",
        legend={"orientation": "v", "y": -0.14, "yanchor": "top", "x": 0},
    )
    figure.update_xaxes(
        categoryorder="array", categoryarray=layers, fixedrange=True, showgrid=False
    )
    figure.update_yaxes(
        range=[-0.03, 1.03], title=index, fixedrange=True, gridcolor=FAINT, zeroline=False
    )
    return figure


def flow_plot(flow: "FlowTuning", channel: int, *, title: str | None = None) -> go.Figure:
    """Mean responses of one unit to growing, turning and shifting dots: a panel a pair.

    Raises:
        UsageError: for a channel out of range.
    """
    c = flow.checked(channel)
    said = []
    for pair in range(4):
        index = flow.selectivity[c, pair]
        words = "neither answers" if np.isnan(index) else f"selectivity {index:.2f}"
        first, second = flow.patterns[2 * pair : 2 * pair + 2]
        said.append(f"{first} (full),<br>{second} (hatched)<br>{words}")
    figure = make_subplots(
        rows=1, cols=4, shared_yaxes=True, subplot_titles=said, horizontal_spacing=0.03
    )
    figure.update_annotations(font_size=12.5)
    speeds = [f"{v:g}" for v in flow.speeds]
    for k, name in enumerate(flow.patterns):
        values = flow.responses[c, k]
        spread = values.std(1) if values.shape[1] > 1 else None
        figure.add_bar(
            x=speeds,
            y=values.mean(1),
            name=name,
            error_y={"type": "data", "array": spread, "thickness": 1.2, "color": "#878c94"},
            marker={
                "color": BAR if k % 2 == 0 else MARK,
                "pattern": {"shape": "" if k % 2 == 0 else "/"},
            },
            hovertemplate=f"{name}, %{{x}} pixels a frame: %{{y:.3g}}<extra></extra>",
            row=1,
            col=k // 2 + 1,
        )
    figure.update_layout(**_layout(380, title or flow_headline(flow, c)), showlegend=False)
    figure.update_layout(margin={"t": 112, "l": 60})
    top = float(flow.responses[c].max())
    figure.update_xaxes(type="category", title="pixels a frame", fixedrange=True)
    figure.update_yaxes(range=[0, 1.05 * top if top > 0 else 1.0], fixedrange=True, gridcolor=FAINT)
    figure.update_yaxes(title="response", col=1)
    return figure


def _map(figure: go.Figure, unit: "UnitTuning", at: dict[str, int]) -> None:
    """The map of frequencies, or of bars, in the subplot ``at``."""
    bars = unit.stimulus == "bars"
    values, fast, large = signed_map(unit)
    names = ("speed", "width") if bars else ("temporal frequency", "spatial frequency")
    figure.add_heatmap(
        z=values,
        x=list(range(len(large))),
        y=list(range(len(fast))),
        customdata=np.stack(np.broadcast_arrays(large[None, :], fast[:, None]), -1),
        hovertemplate=(
            f"{names[1]} %{{customdata[0]:.3g}}, {names[0]} %{{customdata[1]:.3g}}: "
            "%{z:.3g}<extra></extra>"
        ),
        colorscale=_HEAT,
        zmin=0,
        zmax=float(values.max()) or 1.0,
        colorbar={"title": "response", "thickness": 14},
        **at,
    )
    for speed, x, y in [] if bars else speed_lines(fast, large):
        figure.add_scatter(
            x=x,
            y=y,
            mode="lines+text",
            text=[""] * (len(x) - 1) + [f"{speed:g} "],
            textposition="top left",
            line={"color": "rgba(128, 136, 148, 0.9)", "dash": "dot", "width": 1.5},
            hovertemplate=f"{speed:g} pixels a frame<extra></extra>",
            **at,
        )
    if not np.isnan(unit.speed):
        across, height = preferred_place(unit, fast, large)
        figure.add_scatter(
            x=[across],
            y=[height],
            mode="markers",
            marker={"symbol": "x", "size": 13, "color": MARK, "line": {"width": 1}},
            hovertemplate=f"preferred: {unit.speed:.2f} pixels a frame<extra></extra>",
            **at,
        )
    figure.update_xaxes(
        tickvals=list(range(len(large))),
        ticktext=[f"{v:.2g}" for v in large],
        title="width of the bar (pixels)" if bars else "spatial frequency (cycles a pixel)",
        range=[-0.5, len(large) - 0.5],
        **at,
    )
    figure.update_yaxes(
        tickvals=list(range(len(fast))),
        ticktext=[f"{v:.2g}".replace("-", "−") for v in fast],
        title=("speed (pixels a frame)" if bars else "temporal frequency (cycles a frame)")
        + "<br>− against the preferred direction",
        range=[-0.5, len(fast) - 0.5],
        **at,
    )
    plain = {"fixedrange": True, "showgrid": False, "zeroline": False}
    figure.update_xaxes(**plain, showline=True, linecolor=FAINT, mirror=True, **at)
    figure.update_yaxes(**plain, showline=True, linecolor=FAINT, mirror=True, **at)


def _rose(figure: go.Figure, unit: "UnitTuning", key: str) -> None:
    """The direction tuning as a closed curve in the polar plot ``key``, an arrow in it."""
    top = float(unit.curve.max()) or 1.0
    if np.isnan(unit.selectivity):
        figure.add_scatterpolar(r=[None], theta=[0], subplot=key)  # or no circle would be drawn
    else:
        angles = [*unit.directions.tolist(), float(unit.directions[0])]
        figure.add_scatterpolar(
            r=[*unit.curve.tolist(), float(unit.curve[0])],
            theta=angles,
            mode="lines+markers",
            fill="toself",
            fillcolor="rgba(43, 134, 197, 0.25)",
            line={"color": BAR, "width": 2},
            marker={"size": 5},
            hovertemplate="%{theta:.0f}°: %{r:.3g}<extra></extra>",
            subplot=key,
        )
        figure.add_scatterpolar(
            r=[0, top],
            theta=[unit.direction, unit.direction],
            mode="lines+markers",
            line={"color": MARK, "width": 3},
            marker={"symbol": "arrow", "size": [0, 15], "angleref": "previous", "color": MARK},
            hovertemplate=f"preferred {round(unit.direction) % 360}°<br>selectivity "
            f"{unit.selectivity:.2f}<extra></extra>",
            subplot=key,
        )
    figure.layout[key].update(
        bgcolor="rgba(0,0,0,0)",
        angularaxis={
            "tickvals": list(range(0, 360, 45)),
            "ticktext": ["0°", "", "90°", "", "180°", "", "270°", ""],
            "gridcolor": FAINT,
            "linecolor": FAINT,
        },
        radialaxis={
            "range": [0, 1.08 * top],
            "tickvals": [top / 2, top],
            "showticklabels": False,
            "gridcolor": FAINT,
            "showline": False,
        },
    )


def _layout(height: int, title: str) -> dict[str, Any]:
    heading = {"text": f"<b>{title}</b>", "font": {"size": 16}, "x": 0.01, "y": 0.985}
    return bare(height) | {
        "title": {**heading, "yanchor": "top", "automargin": False},
        "margin": {"l": 48, "r": 16, "t": 88, "b": 44},
    }
