"""Masks over a clip as a film, and how well they fit frame by frame (plotly)."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from c3d_teach.viz.interactive import BAR, FAINT, MARK, calm
from c3d_teach.viz.mask_charts import painted

# the true outline: dark inside and light around it, so that it reads on black, grey and tint
_EDGE, _AROUND = np.array([0, 60, 170], np.uint8), np.array([255, 255, 255], np.uint8)
_THICK, _THIN = 0.4, 0.2  # of a pixel of the clip


def mask_film(
    clip: ArrayLike, mask: ArrayLike, truth: ArrayLike, *, scale: int = 6
) -> NDArray[np.uint8]:
    """The clip with a mask painted over it and the truth drawn round it: ``(L, s·H, s·W, 3)``.

    The mask is a filled tint, the truth a line: they differ in form, not in colour only. At the
    frame's own edge there is no line.

    Args:
        clip: ``(L, H, W, C)`` uint8.
        mask, truth: ``(L, H, W)``, true where they say so.
        scale: pixels a side that each pixel becomes.

    Raises:
        UsageError: for shapes that do not belong together.
    """
    film = painted(clip, mask).repeat(scale, axis=1).repeat(scale, axis=2)
    inside = np.asarray(truth).astype(bool).repeat(scale, axis=1).repeat(scale, axis=2)
    film[_grown(inside, max(1, round(_THIN * scale))) & ~inside] = _AROUND
    film[inside & _grown(~inside, max(1, round(_THICK * scale)))] = _EDGE
    return film


def _grown(region: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    """A region of every frame, ``by`` pixels larger on all sides."""
    for axis in (1, 2):
        wide = np.swapaxes(region, axis, 2).copy()
        grown = wide.copy()
        for step in range(1, by + 1):
            grown[..., step:] |= wide[..., :-step]
            grown[..., :-step] |= wide[..., step:]
        region = np.swapaxes(grown, axis, 2)
    return region


def overlap_plot(lines: Mapping[str, ArrayLike], *, held: int | None = None) -> go.Figure:
    """Intersection over union of each frame, a line a net, up to two; a line for the held frame.

    Args:
        lines: name → ``(L,)``, NaN where neither mask nor truth has a pixel.
        held: the frame that is shown, if one is.
    """
    figure = go.Figure()
    looks = ((BAR, "solid", "circle"), (MARK, "dash", "triangle-up"))
    for (name, values), (colour, dash, symbol) in zip(lines.items(), looks, strict=False):
        y = [None if np.isnan(v) else round(float(v), 4) for v in np.asarray(values, float)]
        figure.add_scatter(
            x=list(range(len(y))),
            y=y,
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2.5},
            marker={"symbol": symbol, "size": 8, "color": colour},
            hovertemplate=f"{name}: %{{y:.2f}}<extra></extra>",
        )
    if held is not None:
        figure.add_vline(x=held, line={"color": FAINT, "width": 3}, layer="below")
    figure.update_layout(**calm(height=300), showlegend=True, hovermode="x unified")
    figure.update_layout(legend={"y": -0.3})
    figure.update_xaxes(title="frame", showgrid=False, dtick=2)
    figure.update_yaxes(
        title="intersection over union", range=[-0.03, 1.04], gridcolor=FAINT, dtick=0.25
    )
    return figure
