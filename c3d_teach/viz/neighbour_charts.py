"""A clip and its nearest neighbours, as film strips one below the other."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import LABEL, TICK, titled

_FRAMES = 5  # of each clip, evenly from its first to its last
_SIDE = 0.95  # inches a frame


def neighbour_strips(
    clips: Sequence[ArrayLike], names: Sequence[str], *, title: str, similar: Sequence[float]
) -> Figure:
    """The asked clip in the first row, its neighbours below it, the nearest first.

    Args:
        clips: ``(L, H, W, C)`` uint8 each, C = 1 or 3; the first is the one that was asked for.
        names: what stands at the left of each row.
        title: what there is to see.
        similar: cosine of each neighbour's descriptor with that of the first, -1 to 1; drawn
            as a bar at the right, one less than clips.

    Raises:
        UsageError: for fewer than two clips, or numbers of names and cosines that do not suit.
    """
    if len(clips) < 2 or len(names) != len(clips) or len(similar) != len(clips) - 1:
        raise UsageError(
            f"The figure was given {len(clips)} clips, {len(names)} names and {len(similar)} "
            "cosines; it takes at least two clips, a name for each, and one cosine less."
        )
    rows = len(clips)
    figure = Figure(figsize=(_SIDE * (_FRAMES + 4), _SIDE * rows + 0.7), layout="constrained")
    titled(figure, title)
    ratios = [1.6, *[1.0] * _FRAMES, 1.6]
    axes = figure.subplots(rows, _FRAMES + 2, squeeze=False, width_ratios=ratios)
    for row, (clip, name) in enumerate(zip(clips, names, strict=True)):
        frames = np.asarray(clip)
        label, *pictures, bar = axes[row]
        label.set_axis_off()
        label.text(1, 0.5, name, ha="right", va="center", fontsize=LABEL)
        times = np.linspace(0, len(frames) - 1, _FRAMES).round().astype(int)
        for axis, t in zip(pictures, times, strict=True):
            frame = frames[t]
            axis.imshow(
                frame[..., 0] if frame.shape[-1] == 1 else frame, cmap="gray", vmin=0, vmax=255
            )
            axis.set_xticks([])
            axis.set_yticks([])
            if not row:
                axis.set_title(f"t = {t}", fontsize=TICK)
            for side in axis.spines.values():
                side.set_linewidth(2.5 if not row else 0.8)
        if not row:
            bar.set_axis_off()
            continue
        bar.barh([0], [similar[row - 1]], color="0.6", edgecolor="black", hatch="///")
        bar.set_xlim(0, 1)
        bar.set_ylim(-1.2, 1.2)
        bar.set_yticks([])
        bar.set_xticks([0, 1])
        bar.tick_params(labelsize=TICK)
        bar.spines[["top", "right"]].set_visible(False)
        if row < rows - 1:
            bar.set_xticklabels([])
        else:
            bar.set_xlabel("cosine (1: the same)", fontsize=TICK)
    return figure
