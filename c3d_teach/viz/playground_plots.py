"""A training as it goes on, in interactive figures (plotly): curves, confusion, kernels, time.

Two trainings are told apart by colour, dash, marker and name; see ``interactive``.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from c3d_teach.errors import UsageError
from c3d_teach.viz.interactive import BAR, FAINT, MARK, calm

_LOOKS = (
    {"color": MARK, "dash": "dash", "symbol": "triangle-up"},
    {"color": BAR, "dash": "solid", "symbol": "circle"},
)
# the two ends and the middle of a signed scale; grey in the middle reads on white and on black
SIGNED = [[0.0, "#0072B2"], [0.5, "rgba(128,136,148,0.25)"], [1.0, "#D55E00"]]
_CELL, _KERNELS = 17, 540  # pixels: of a weight at most, and of all kernels
_SMOOTH = 10  # mini-batches that a point of the loss is the mean of


def accuracy_plot(
    lines: Mapping[str, tuple[Sequence[int], Sequence[float]]],
    *,
    total: int,
    chance: float,
    ceiling: float | None = None,
) -> go.Figure:
    """Shares of right answers over mini-batches, a line a net, up to two of them.

    Args:
        lines: name → (steps, shares between 0 and 1).
        total: mini-batches of the whole training; the axis ends there.
        chance: what guessing gets right.
        ceiling: the most that the first net's shape allows, where there is such a limit.
    """
    figure = go.Figure()
    _add(figure, {name: (x, y, f"{name}: %{{y:.0%}}") for name, (x, y) in lines.items()})
    marks = {"guessing": chance} | ({"blind to time's arrow: at most": ceiling} if ceiling else {})
    for said, level in marks.items():
        figure.add_hline(y=level, line={"color": FAINT, "dash": "dot", "width": 2}, layer="below")
        figure.add_annotation(
            x=1,
            xref="paper",
            y=level,
            text=f"{said} {level:.0%}" if level >= 0.2 else f"{said} {level:.1%}",
            showarrow=False,
            xanchor="right",
            yanchor="top" if level == chance else "bottom",  # a net that guesses runs above
            font={"size": 12},
        )
    _over_steps(figure, total, "validation clips answered rightly")
    figure.update_yaxes(
        range=[-0.02, 1.04], tickvals=[0, 0.25, 0.5, 0.75, 1], tickformat=".0%", gridcolor=FAINT
    )
    return figure


def loss_plot(lines: Mapping[str, ArrayLike], *, total: int) -> go.Figure:
    """Cross-entropy of each mini-batch, as means over ten; a line a net, up to two.

    Args:
        lines: name → ``(steps,)`` in nats.
        total: mini-batches of the whole training.
    """
    figure = go.Figure()
    drawn = {}
    for name, values in lines.items():
        loss = np.asarray(values, dtype=float)
        starts = np.arange(0, len(loss), _SMOOTH)
        means = [float(loss[s : s + _SMOOTH].mean()) for s in starts]
        ends = np.minimum(starts + _SMOOTH, len(loss)).tolist()
        drawn[name] = (ends, means, f"{name}: %{{y:.2f}} nats")
    _add(figure, drawn)
    _over_steps(figure, total, "loss in nats (mean of 10)")
    figure.update_yaxes(rangemode="tozero", gridcolor=FAINT)
    return figure


def confusion_plot(counts: ArrayLike, classes: Sequence[str]) -> go.Figure:
    """What is taken for what: a row for each true class, its shares written in the cells.

    Args:
        counts: ``(K, K)``.
        classes: K names.

    Raises:
        UsageError: for counts that do not fit the classes.
    """
    table = np.asarray(counts, dtype=float)
    if table.shape != (len(classes), len(classes)):
        raise UsageError(f"Counts of shape {table.shape} do not fit {len(classes)} classes.")
    shares = table / np.maximum(table.sum(1, keepdims=True), 1)
    names = [_short(name) for name in classes]
    figure = go.Figure(
        go.Heatmap(
            z=shares.round(4).tolist(),
            x=names,
            y=names,
            zmin=0,
            zmax=1,
            colorscale=[[0, "rgba(43,134,197,0)"], [1, "rgba(43,134,197,0.75)"]],
            showscale=False,
            text=[[f"{100 * v:.0f}" if v >= 0.005 else "" for v in row] for row in shares],
            texttemplate="%{text}",
            hovertemplate="%{y} taken for %{x}: %{z:.0%}<extra></extra>",
            xgap=2,
            ygap=2,
        )
    )
    layout = calm(height=30 * len(classes) + 78)
    layout["margin"] |= {"b": 60}
    figure.update_layout(**layout)
    figure.update_xaxes(title="answer (cells: per cent of the row)", tickangle=0, showgrid=False)
    figure.update_yaxes(title="what it is", autorange="reversed", showgrid=False)
    return figure


def kernels_plot(now: ArrayLike, first: ArrayLike) -> go.Figure:
    """The first layer's kernels before the training and now: a column a filter, a row a frame.

    Args:
        now, first: ``(filters, d, k, k)``, drawn on one symmetric scale.
    """
    after, before = (np.asarray(k, dtype=float) for k in (now, first))
    filters, depth, high, wide = after.shape
    sheet = np.full((2 * depth * (high + 1) + 1, filters * (wide + 1) - 1), np.nan)
    rows: list[int] = []
    for part, kernels in enumerate((before, after)):
        for t in range(depth):
            top = (part * depth + t) * (high + 1) + 2 * part
            rows.append(top + high // 2)
            for f in range(filters):
                left = f * (wide + 1)
                sheet[top : top + high, left : left + wide] = kernels[f, t]
    most = float(np.nanmax(np.abs(sheet))) or 1.0
    cells: list[list[float | None]] = [
        [None if np.isnan(v) else round(float(v), 4) for v in row] for row in sheet
    ]
    figure = go.Figure(
        go.Heatmap(
            z=cells,
            zmin=-most,
            zmax=most,
            colorscale=SIGNED,
            showscale=False,
            hoverongaps=False,
            hovertemplate="weight %{z:+.2f}<extra></extra>",
        )
    )
    offsets = [t - depth // 2 for t in range(depth)]
    labels = [f"{o:+d}" if o else "0" for o in offsets]
    cell = min(_CELL, _KERNELS / max(sheet.shape))
    figure.update_layout(**calm(height=max(150, round(cell * len(sheet)) + 60)))
    figure.update_yaxes(
        scaleanchor="x",  # a weight is a square
        constrain="domain",
        constraintoward="top",
        tickvals=rows,
        ticktext=[f"start {o}" for o in labels] + [f"now {o}" for o in labels],
        autorange="reversed",
        showgrid=False,
    )
    figure.update_xaxes(
        tickvals=[f * (wide + 1) + wide // 2 for f in range(filters)],
        ticktext=[str(f + 1) for f in range(filters)],
        title="filter of conv1 (rows: frame of the kernel)",
        constrain="domain",
        showgrid=False,
    )
    return figure


def frames_plot(nets: Mapping[str, Mapping[str, int]]) -> go.Figure:
    """How many frames are left behind each layer: a line a net, up to two.

    Args:
        nets: name → layer → frames, in the order of the layers.
    """
    figure = go.Figure()
    for (name, frames), look in zip(nets.items(), _LOOKS, strict=False):
        figure.add_scatter(
            x=list(frames),
            y=list(frames.values()),
            name=name,
            mode="lines+markers+text" if len(nets) == 1 else "lines+markers",
            text=[str(n) for n in frames.values()],
            textposition="top right",
            textfont={"size": 13},
            cliponaxis=False,
            line={"shape": "hv", "color": look["color"], "dash": look["dash"], "width": 3},
            marker={"symbol": look["symbol"], "size": 9, "color": look["color"]},
            hovertemplate=f"{name}: %{{y}} frames behind %{{x}}<extra></extra>",
        )
    figure.update_layout(**calm(height=260), showlegend=True)
    figure.update_layout(legend={"y": -0.35})
    figure.update_yaxes(
        type="log",
        tickvals=[1, 2, 4, 8, 16],
        range=[-0.12, 1.35],
        title="frames left",
        gridcolor=FAINT,
    )
    figure.update_xaxes(showgrid=False)
    return figure


def _add(
    figure: go.Figure, lines: Mapping[str, tuple[Sequence[int], Sequence[float], str]]
) -> None:
    for (name, (steps, values, hover)), look in zip(lines.items(), _LOOKS, strict=False):
        figure.add_scatter(
            x=list(steps),
            y=list(values),
            name=name,
            mode="lines+markers",
            line={"color": look["color"], "dash": look["dash"], "width": 2.5},
            marker={"symbol": look["symbol"], "size": 8, "color": look["color"]},
            hovertemplate=f"{hover}<extra></extra>",
        )


def _over_steps(figure: go.Figure, total: int, what: str) -> None:
    figure.update_layout(**calm(height=300), showlegend=True, hovermode="x unified")
    figure.update_layout(legend={"y": -0.3})
    figure.update_xaxes(range=[0, total], title="mini-batches", showgrid=False)
    figure.update_yaxes(title=what)


def _short(name: str) -> str:
    """A class that fits beside a cell: its initials where it is long."""
    return {
        "rotate clockwise": "↻",
        "rotate counter-clockwise": "↺",
        "zoom in": "in",
        "zoom out": "out",
    }.get(name, name)
