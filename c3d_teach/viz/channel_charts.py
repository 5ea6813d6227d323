"""One set of weights in two layouts: channels of a 2D kernel, slices of a 3D kernel."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import BLUE, LABEL, TICK, VERMILION, numbered, titled

_EDGES = (BLUE, VERMILION, "#007a59", "0.35")
_DASHES = ("-", "--", ":", "-.")
_MOST = 12  # slices in a row


def layout_chart(flat: ArrayLike, deep: ArrayLike, *, title: str) -> Figure:
    """The channels of one 2D kernel in a row, and the same weights as channels × frames below.

    Slices of one channel of the clip have a frame of one colour and one kind of line.

    Args:
        flat: one 2D kernel ``(C·L, k, k)``, up to 12 channels.
        deep: the 3D kernel ``(C, L, k, k)`` of the same weights, up to 4 channels.
        title: what there is to see.

    Raises:
        UsageError: for other shapes, or more weights in one than in the other.
    """
    above, below = np.asarray(flat, dtype=float), np.asarray(deep, dtype=float)
    fits = above.ndim == 3 and below.ndim == 4 and len(above) <= _MOST
    if not fits or len(below) > len(_EDGES) or above.size != below.size:
        raise UsageError(
            f"layout_chart() was given {above.shape} and {below.shape}; it draws (C·L, k, k) and "
            f"(C, L, k, k) with up to {_MOST} slices of up to {len(_EDGES)} channels."
        )
    channels, length = below.shape[:2]
    figure = Figure(figsize=(10.4, 1.55 * (1 + channels) + 0.95), layout="constrained")
    parts: Any = figure.subfigures(2, 1, height_ratios=[1.15, channels])
    upper, lower = parts
    most = float(np.abs(above).max()) or 1.0
    axes = upper.subplots(1, len(above), squeeze=False)[0]
    for place, axis in enumerate(axes):
        _slice(axis, above[place], most, place // length)
        axis.set_title(f"channel {place}", fontsize=TICK)
    axes[0].set_ylabel("2D kernel", fontsize=LABEL, fontweight="bold")
    grid = lower.subplots(channels, len(above), squeeze=False)
    for c in range(channels):
        for t in range(len(above)):
            axis = grid[c, t]
            if t >= length:
                axis.set_axis_off()
                continue
            _slice(axis, below[c, t], most, c)
            if c == 0:
                axis.set_title(f"frame t = {t}", fontsize=TICK)
        grid[c, 0].set_ylabel(f"3D kernel\nchannel {c}", fontsize=LABEL, fontweight="bold")
    titled(figure, title)
    return figure


def _slice(axis: Axes, values: Any, most: float, channel: int) -> None:
    numbered(axis, values, signed=most, digits=0)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.spines[:].set_visible(False)
    height, width = values.shape
    frame = Rectangle((-0.5, -0.5), width, height, fill=False, clip_on=False)
    frame.set(edgecolor=_EDGES[channel], linewidth=2.6, linestyle=_DASHES[channel])
    axis.add_patch(frame)
