"""Interactive figures (plotly) from plain arrays.

Colours follow Okabe and Ito and stay readable on white and on black. No meaning rests on
colour alone: lines also differ in dash and marker, bars carry their number, and the text is
left to the page's theme.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from c3d_teach.errors import UsageError

BAR, MARK = "#2b86c5", "#d9640a"
FAINT, SHADE = "rgba(128, 136, 148, 0.4)", "rgba(128, 136, 148, 0.16)"
# one hue a pair of classes, for motions come in pairs; the dash tells the two apart
_HUES = ("#2b86c5", "#d9640a", "#079b74", "#b5579b", "#878c94", "#b08a00")
_DASHES = ("solid", "dash")
# the embedded motions are left, right, up, down, clockwise, counter-clockwise, in, out, still
_SYMBOLS = (
    *("triangle-left", "triangle-right", "triangle-up", "triangle-down"),
    *("diamond", "diamond-open", "circle", "circle-open", "square", "x", "star", "cross"),
)
_ROW = 30  # pixels a bar
_LEVEL = 32  # pixels a label of two lines needs
_NARROW = 300  # pixels the lines have on a phone: labels that fit there fit anywhere
_LETTER = 6.2  # pixels, of the labels


def probability_bars(
    classes: Sequence[str],
    probabilities: ArrayLike,
    *,
    name: str = "probability",
    before: ArrayLike | None = None,
    before_name: str = "before",
) -> go.Figure:
    """One bar a class, each with its number, the largest number bold.

    Args:
        classes: K names, first on top.
        probabilities: ``(K,)``.
        name: what the bars are called in the legend.
        before: ``(K,)``, drawn as an open diamond on each bar, to compare with.
        before_name: what the diamonds are called in the legend.

    Raises:
        UsageError: for probabilities that do not fit the classes.
    """
    values = _checked(probabilities, classes, 1)
    best = int(values.argmax())
    figure = go.Figure()
    figure.add_bar(
        x=values.tolist(),
        y=list(classes),
        orientation="h",
        name=name,
        marker_color=BAR,
        hovertemplate="%{y}: %{x:.1%}<extra></extra>",
    )
    if before is not None:
        figure.add_scatter(
            x=_checked(before, classes, 1).tolist(),
            y=list(classes),
            mode="markers",
            name=before_name,
            marker={
                "symbol": "diamond-open",
                "size": 10,
                "color": MARK,
                "line": {"width": 2, "color": MARK},
            },
            hovertemplate=f"{before_name}: %{{x:.1%}}<extra></extra>",
            cliponaxis=False,
        )
    # the numbers stand in a column of their own, where no bar or diamond can cover them
    figure.add_scatter(
        x=[1.27] * len(classes),
        y=list(classes),
        mode="text",
        text=[f"<b>{v:.0%}</b>" if k == best else f"{v:.0%}" for k, v in enumerate(values)],
        textposition="middle left",
        hoverinfo="skip",
        showlegend=False,
        cliponaxis=False,
    )
    figure.add_vline(x=0.5, line={"color": FAINT, "dash": "dot", "width": 1.5}, layer="below")
    figure.update_layout(
        **calm(height=_ROW * len(classes) + (76 if before is not None else 44)),
        bargap=0.35,
        showlegend=before is not None,
    )
    figure.update_xaxes(range=[-0.03, 1.28], tickvals=[0, 0.5, 1], tickformat=".0%", showgrid=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, ticklabelstandoff=6)
    return figure


def probability_lines(
    classes: Sequence[str],
    probabilities: ArrayLike,
    times: ArrayLike,
    *,
    suffix: str = " s",
    watched: tuple[float, float] | None = None,
    legend: bool = True,
) -> go.Figure:
    """One line a class along time, a marker a clip.

    The answer (a class above one half) is written over the clips that give it, where
    there is room.

    Args:
        classes: K names.
        probabilities: ``(N, K)``, one row a clip.
        times: ``(N + 1,)``: where each clip starts, and where the last one ends.
        suffix: unit behind each number of the time axis.
        watched: a span of time to shade.
        legend: whether to list the classes under the chart.

    Raises:
        UsageError: for probabilities that do not fit the classes or the times.
    """
    values = _checked(probabilities, classes, 2)
    edges = np.asarray(times, dtype=float)
    if edges.shape != (len(values) + 1,):
        raise UsageError(
            f"{len(values)} clips need {len(values) + 1} times, their starts and the last end; "
            f"given were {edges.size}."
        )
    middles = (edges[:-1] + edges[1:]) / 2
    figure = go.Figure()
    for k, label in enumerate(classes):
        figure.add_scatter(
            x=middles.tolist(),
            y=values[:, k].tolist(),
            name=label,
            mode="lines+markers",
            line={"color": _HUES[k // 2 % len(_HUES)], "dash": _DASHES[k % 2], "width": 2},
            marker={"symbol": _SYMBOLS[k % len(_SYMBOLS)], "size": 8 if len(values) < 40 else 5},
            hovertemplate=f"{label}: %{{y:.1%}}<extra></extra>",
        )
    labels = _labels(classes, values, edges)
    for at, k, level in labels:
        figure.add_annotation(
            x=at,
            y=1,
            yshift=8 + _LEVEL * level,
            yanchor="bottom",
            text=_wrapped(classes[k]),
            font={"color": _HUES[k // 2 % len(_HUES)], "size": 12},
            showarrow=False,
        )
    if watched is not None:
        start, end = watched
        figure.add_vrect(x0=start, x1=end, fillcolor=SHADE, line_width=0, layer="below")
    figure.add_hline(y=0.5, line={"color": FAINT, "dash": "dot", "width": 1.5}, layer="below")
    levels = 1 + max((level for _, _, level in labels), default=-1)
    top = levels * _LEVEL + 12
    layout = calm(height=top + (300 if legend else 205))
    layout["margin"] |= {"t": top, "l": 44}
    figure.update_layout(**layout, showlegend=legend, hovermode="x unified")
    figure.update_xaxes(
        range=[float(edges[0]), float(edges[-1])],
        ticksuffix=suffix,
        showgrid=False,
        hoverformat=".2f",
    )
    figure.update_yaxes(
        range=[-0.03, 1.04], tickvals=[0, 0.5, 1], tickformat=".0%", gridcolor=FAINT
    )
    return figure


def _labels(
    classes: Sequence[str], values: np.ndarray, edges: np.ndarray
) -> list[tuple[float, int, int]]:
    """(time, class, level) of each run of clips with one answer, where a label fits."""
    answers = np.where(values.max(1) > 0.5, values.argmax(1), -1)
    starts = [0, *(np.flatnonzero(np.diff(answers)) + 1).tolist(), len(answers)]
    scale = _NARROW / (edges[-1] - edges[0])
    right_end = [-np.inf, -np.inf]  # of the labels so far, on each of two levels
    placed = []
    for first, after in pairwise(starts):
        k = int(answers[first])
        if k < 0:
            continue
        at = float(edges[first] + edges[after]) / 2
        width = max(map(len, _wrapped(classes[k]).split("<br>"))) * _LETTER
        left = (at - edges[0]) * scale - width / 2
        for level in (0, 1):
            if left > right_end[level]:
                right_end[level] = left + width + _LETTER
                placed.append((at, k, level))
                break
    return placed


def _wrapped(label: str) -> str:
    """On two lines at most, broken where the longer line is shortest."""
    cuts = [i + 1 for i, letter in enumerate(label) if letter in " -"]
    if not cuts:
        return label
    cut = min(cuts, key=lambda i: max(i, len(label) - i))
    return label[:cut].rstrip() + "<br>" + label[cut:]


def _checked(probabilities: ArrayLike, classes: Sequence[str], ndim: int) -> np.ndarray:
    values = np.asarray(probabilities, dtype=float)
    if values.ndim != ndim or values.shape[-1] != len(classes) or not len(values):
        wanted = f"({len(classes)},)" if ndim == 1 else f"(N, {len(classes)})"
        raise UsageError(
            f"Probabilities of shape {values.shape} do not fit {len(classes)} classes; "
            f"expected was {wanted}."
        )
    return values


def bare(height: int) -> dict[str, Any]:
    """A layout without a background, or anything to drag by accident."""
    return {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "dragmode": False,
    }


def calm(height: int) -> dict[str, Any]:
    """The same for one pair of axes, with its legend below."""
    return bare(height) | {
        "xaxis": {"fixedrange": True, "zeroline": False, "automargin": True},
        "yaxis": {"fixedrange": True, "zeroline": False, "automargin": True},
        "legend": {"orientation": "h", "y": -0.12, "yanchor": "top", "x": 0},
    }
