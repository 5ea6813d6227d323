"""Which temporal slices of a net's kernels are ever told to change, as a matplotlib figure."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import LABEL, ORANGE, TICK, VERMILION, titled

_WARM = "#fbe3d6"  # vermilion in milk: black type stays readable on it


def slice_chart(
    nets: Mapping[str, Mapping[str, ArrayLike]],
    *,
    title: str,
    frames: Mapping[str, Mapping[str, int]] | None = None,
) -> Figure:
    """The gradient of every temporal slice of every layer's kernels, as bars; zeros are framed.

    Bars are shares of the layer's largest slice, for layers differ by orders of magnitude.

    Args:
        nets: net → layer → largest gradient of each slice ``(d,)``; the same layers in all nets.
        title: what there is to see.
        frames: net → layer → how many frames the layer sees; said beside its name.

    Raises:
        UsageError: for no net, nets with other layers, or gradients that are negative or NaN.
    """
    tables = {
        net: {layer: np.asarray(one, dtype=float) for layer, one in layers.items()}
        for net, layers in nets.items()
    }
    layers = list(next(iter(tables.values()))) if tables else []
    if not layers or any(list(one) != layers for one in tables.values()):
        raise UsageError("slice_chart() draws one net or more, all with the same layers.")
    flat = np.concatenate([one for table in tables.values() for one in table.values()])
    if not np.isfinite(flat).all() or flat.min() < 0:
        raise UsageError("The gradients hold NaN or numbers below 0; give their magnitudes.")
    deepest = max(len(one) for table in tables.values() for one in table.values())
    size = (min(10.4, 1.6 + len(tables) * (0.85 * deepest + 1.1)), 0.62 * len(layers) + 1.45)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(1, len(tables), squeeze=False)[0]
    for axis, (net, table) in zip(axes, tables.items(), strict=True):
        for row, values in enumerate(table.values()):
            _row(axis, row, values)
        names = list(layers)
        if frames:
            names = [
                f"{layer}\n{frames[net][layer]} frame{'s' * (frames[net][layer] != 1)}"
                for layer in layers
            ]
        reach = deepest // 2
        axis.set_xlim(-reach - 0.55, reach + 0.55)
        axis.set_ylim(len(layers) - 0.4, -0.55)
        axis.set_yticks(range(len(layers)), names, fontsize=LABEL)
        axis.set_xticks(range(-reach, reach + 1), [_offset(o) for o in range(-reach, reach + 1)])
        axis.tick_params(length=0, labelsize=TICK)
        axis.spines[:].set_visible(False)
        axis.set_title(net, fontsize=LABEL, fontweight="bold")
        axis.set_xlabel("slice of the kernels", fontsize=LABEL)
    titled(figure, title)
    return figure


def _row(axis: Axes, row: int, values: np.ndarray) -> None:
    """A bar for each slice, centred on the middle one."""
    most = float(values.max()) or 1.0
    for offset, value in enumerate(values, start=-(len(values) // 2)):
        box = Rectangle((offset - 0.45, row - 0.38), 0.9, 0.76)
        box.set(facecolor="0.95", edgecolor="none")
        if value == 0:
            box.set(facecolor=_WARM, edgecolor=VERMILION, linewidth=1.6)
        axis.add_patch(box)
        if value == 0:
            axis.text(offset, row, "0\ndead", ha="center", va="center", fontsize=TICK)
            continue
        long = 0.8 * float(value) / most
        bar = Rectangle((offset - 0.4, row - 0.14), long, 0.28)
        bar.set(facecolor=ORANGE, edgecolor="black", linewidth=0.7)
        axis.add_patch(bar)


def _offset(step: int) -> str:
    return "frame t" if step == 0 else f"t {'+' if step > 0 else '−'} {abs(step)}"
