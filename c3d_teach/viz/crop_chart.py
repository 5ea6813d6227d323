"""Where random crops fall on a frame, and what a net sees of each."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import BLUE, LABEL, ORANGE, TICK, VERMILION, titled

_COLOURS = ((VERMILION, "-"), (BLUE, "--"), (ORANGE, "-."))


def crops_chart(
    frame: ArrayLike, places: Sequence[tuple[int, int]], size: int, *, title: str
) -> Figure:
    """A frame with up to three crops drawn on it, and beside it each crop alone.

    Args:
        frame: ``(H, W, C)`` uint8 with C = 1 or 3.
        places: top and left of each crop, in pixels.
        size: side of the crops in pixels.
        title: what there is to see.

    Raises:
        UsageError: for no crop, more than three, or one that leaves the frame.
    """
    picture = np.asarray(frame)
    if picture.ndim != 3 or picture.dtype != np.uint8:
        raise UsageError(f"crops_chart() draws a uint8 frame (H, W, C), not {picture.shape}.")
    height, width = picture.shape[:2]
    inside = all(0 <= y <= height - size and 0 <= x <= width - size for y, x in places)
    if not 1 <= len(places) <= len(_COLOURS) or not inside:
        raise UsageError(
            f"crops_chart() draws one to three crops of {size}×{size} within {height}×{width}; "
            f"their corners were {list(places)}."
        )
    figure = Figure(figsize=(8.2, 3.0), layout="constrained")
    ratios = [width / size, *[1.0] * len(places)]
    axes = figure.subplots(1, 1 + len(places), width_ratios=ratios, squeeze=False)[0]
    axes[0].imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=255)
    axes[0].set_title(f"the frame, {height}×{width}", fontsize=LABEL)
    axes[0].set_xlabel("x (pixels)", fontsize=LABEL)
    axes[0].set_ylabel("y (pixels)", fontsize=LABEL)
    axes[0].tick_params(labelsize=TICK)
    for count, (y, x) in enumerate(places):
        colour, stroke = _COLOURS[count]
        box = Rectangle((x - 0.5, y - 0.5), size, size, fill=False, edgecolor=colour)
        box.set(linewidth=2.4, linestyle=stroke)
        axes[0].add_patch(box)
        axis = axes[count + 1]
        axis.imshow(picture[y : y + size, x : x + size].squeeze(), cmap="gray", vmin=0, vmax=255)
        axis.set_title(f"crop at ({y}, {x})", fontsize=LABEL)
        axis.set_xticks([])
        axis.set_yticks([])
        for spine in axis.spines.values():
            spine.set(color=colour, linewidth=2.4, linestyle=stroke)
    titled(figure, title)
    return figure
