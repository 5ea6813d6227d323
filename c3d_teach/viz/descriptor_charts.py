"""From the activations of clips to one descriptor, as rows of coloured cells."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import LABEL, SIGNED, TICK, number, titled

_WRITTEN = 12  # up to so many features have their number in the cell


def descriptor_chart(rows: Mapping[str, ArrayLike], *, title: str) -> Figure:
    """Blocks of rows, one below the other; blue is negative, white zero, orange positive.

    Every block has its own scale, as far as its largest number goes.

    Args:
        rows: name of a block -> ``(features,)`` or ``(clips, features)``, as many features in
            every block. Up to 12 features have their numbers written in the cells.
        title: what there is to see.

    Raises:
        UsageError: for no blocks, or blocks of different numbers of features.
    """
    blocks = {name: np.atleast_2d(np.asarray(values, float)) for name, values in rows.items()}
    wide = {block.shape[1] for block in blocks.values()}
    if len(wide) != 1:
        raise UsageError(f"The figure was given blocks of {sorted(wide)} features; give one width.")
    tall = [len(block) for block in blocks.values()]
    size = (9, 0.36 * sum(tall) + 0.25 * len(tall) + 1.0)
    figure = Figure(figsize=size, layout="constrained")
    titled(figure, title)
    axes = figure.subplots(len(blocks), 1, squeeze=False, height_ratios=tall)[:, 0]
    for axis, (name, block) in zip(axes, blocks.items(), strict=True):
        most = float(np.abs(block).max()) or 1.0
        axis.imshow(block, cmap=SIGNED, vmin=-most, vmax=most, aspect="auto")
        axis.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=LABEL)
        axis.set_yticks([])
        axis.set_xticks([])
        if block.shape[1] <= _WRITTEN:
            for (row, column), value in np.ndenumerate(block):
                axis.text(column, row, number(value), ha="center", va="center", fontsize=LABEL)
    step = max(1, next(iter(wide)) // 8)
    axes[-1].set_xticks(range(0, next(iter(wide)), step))
    axes[-1].tick_params(labelsize=TICK)
    axes[-1].set_xlabel("feature (number)", fontsize=LABEL)
    return figure
