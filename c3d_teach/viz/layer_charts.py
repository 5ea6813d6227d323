"""The layers of a net as matplotlib figures: blocks to scale, weights against work, windows."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import BLUE, LABEL, ORANGE, SKY, TICK, VERMILION, titled

if TYPE_CHECKING:
    from c3d_teach.models.arithmetic import Row

_KINDS = {"conv": (SKY, ""), "pool": ("#DDDDDD", ".."), "fc": (ORANGE, "//")}


def blocks_chart(
    rows: "Sequence[Row]",
    clip_shape: Sequence[int],
    *,
    title: str,
    current: str | None = None,
) -> Figure:
    """Every layer's output as a block: as high as its maps, as deep as it has frames.

    Width is the number of channels, on a scale that is squeezed (square root), for 3 and 512
    are to be seen together. Fully connected layers are bars.

    Args:
        rows: from ``describe``.
        clip_shape: ``(C, L, H, W)`` of the input, drawn first.
        title: what there is to see.
        current: name of a layer to mark.

    Raises:
        UsageError: for no rows, or a layer to mark that is not among them.
    """
    names = [row.name for row in rows]
    if not names or (current is not None and current not in names):
        raise UsageError(f"blocks_chart() was asked to mark {current!r} among {names}.")
    figure = Figure(figsize=(11.0, 4.5), layout="constrained")
    axis = figure.subplots()
    tallest = clip_shape[2]
    places = [("clip", tuple(clip_shape)), *((row.name, row.shape) for row in rows)]
    x, ticks = 0.0, []
    for name, shape in places:
        chosen = name == current
        width, right = _block(axis, x, name, shape, tallest, chosen)
        ticks.append((x + width / 2, name, chosen))
        x = right + (1.15 if len(shape) == 1 else 0.55)
    axis.set_xlim(-0.5, x)
    axis.set_ylim(-0.36 * tallest, 1.6 * tallest)
    axis.set_axis_off()
    for middle, name, chosen in ticks:
        axis.text(
            middle,
            -0.04 * tallest,
            name,
            rotation=60,
            ha="right",
            va="top",
            rotation_mode="anchor",
            fontsize=TICK,
            fontweight="bold" if chosen else "normal",
            color=VERMILION if chosen else "black",
        )
    titled(figure, title)
    return figure


def weights_and_work_chart(rows: "Sequence[Row]", *, title: str) -> Figure:
    """Parameters to the left, multiply-accumulates to the right, a row a layer.

    Args:
        rows: from ``describe``; layers without parameters are left out.
        title: what there is to see.

    Raises:
        UsageError: where no layer has parameters.
    """
    kept = [row for row in rows if row.parameters]
    if not kept:
        raise UsageError("weights_and_work_chart() was given no layer with parameters.")
    figure = Figure(figsize=(10.4, 0.9 + 0.38 * len(kept)), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    sides = (
        (panels[0], [row.parameters for row in kept], 1e6, "parameters (millions)", ORANGE, "//"),
        (panels[1], [row.macs for row in kept], 1e9, "MACs a clip (billions)", SKY, ""),
    )
    for axis, counts, unit, label, colour, hatch in sides:
        most = max(counts)
        for place, count in enumerate(counts):
            axis.barh(place, count / unit, height=0.7, color=colour, edgecolor="black", hatch=hatch)
            value = count / unit
            text = f"{value:.1f}" if value >= 0.1 else f"{value:.2g}"
            said = f"{text}  ({count / sum(counts):.0%})" if count > most / 9 else text
            axis.annotate(
                said,
                (count / unit, place),
                (5, 0),
                textcoords="offset points",
                va="center",
                fontsize=TICK,
                fontweight="bold" if count == most else "normal",
            )
        axis.set_xlabel(label, fontsize=LABEL)
        axis.set_xlim(0, 1.3 * most / unit)
        axis.tick_params(labelsize=TICK)
        axis.spines[["top", "right"]].set_visible(False)
    panels[0].invert_xaxis()
    for text in panels[0].texts:
        text.set_ha("right")
        text.xyann = (-5, 0)
    panels[0].spines["left"].set_visible(False)
    panels[0].spines["right"].set_visible(True)
    panels[0].tick_params(left=False, labelleft=False)
    panels[1].tick_params(left=False, labelleft=True, labelsize=LABEL, pad=6)
    panels[1].set_yticks(range(len(kept)), [row.name for row in kept], fontsize=LABEL)
    panels[1].set_ylim(len(kept) - 0.5, -0.5)
    titled(figure, title)
    return figure


def windows_chart(ways: Mapping[str, Sequence[Sequence[int]]], size: int, *, title: str) -> Figure:
    """Which of ``size`` neighbouring values go into which window of a pool, a row a way.

    Args:
        ways: name -> windows, each a list of values from 1 to ``size``.
        size: how many values there are.
        title: what there is to see.

    Raises:
        UsageError: for no way, or a window with a value that is not there.
    """
    if not ways or any(not 1 <= n <= size for one in ways.values() for w in one for n in w):
        raise UsageError(f"windows_chart() draws windows over the values 1 to {size}.")
    figure = Figure(figsize=(9.0, 0.7 + 1.0 * len(ways)), layout="constrained")
    axis = figure.subplots()
    for row, windows in enumerate(ways.values()):
        used = {n for window in windows for n in window}
        for n in range(1, size + 1):
            left = Rectangle(
                (n - 0.5, row - 0.24),
                1,
                0.48,
                facecolor="white" if n in used else "0.75",
                edgecolor="0.6",
            )
            axis.add_patch(left)
            axis.text(n, row, str(n), ha="center", va="center", fontsize=LABEL)
        for count, window in enumerate(windows):
            box = Rectangle(
                (min(window) - 0.44, row - 0.34),
                len(window) - 0.12,
                0.68,
                facecolor="none",
                edgecolor=(BLUE, VERMILION)[count % 2],
                linestyle=("-", "--")[count % 2],
                linewidth=2.2,
            )
            axis.add_patch(box)
        count = len(windows)
        axis.text(size + 0.8, row, f"→ {count} outputs", va="center", fontsize=LABEL)
    axis.set_xlim(0.3, size + 2.4)
    axis.set_ylim(len(ways) - 0.5, -0.6)
    axis.set_yticks(range(len(ways)), list(ways), fontsize=LABEL)
    axis.set_xticks([])
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    titled(figure, title)
    return figure


def _block(
    axis: Axes, x: float, name: str, shape: Sequence[int], tallest: int, chosen: bool
) -> tuple[float, float]:
    """Draw one output from ``x`` on; its width in front, and where it ends on the right."""
    kind = next((k for k in _KINDS if name.startswith(k)), "clip")
    colour, hatch = _KINDS.get(kind, ("white", ""))
    style: dict[str, Any] = {
        "facecolor": colour,
        "edgecolor": VERMILION if chosen else "black",
        "linewidth": 2.4 if chosen else 0.8,
    }
    if len(shape) == 1:
        height, width = 0.012 * tallest * np.sqrt(shape[0]), 0.3
        axis.add_patch(Rectangle((x, 0), width, height, hatch=hatch, **style))
        _size(axis, x + width / 2, height, str(shape[0]), tallest)
        return width, x + width
    channels, length, height, _ = shape
    width = 0.06 * np.sqrt(channels)
    # frames go back into the page: each a little to the right and up
    back, up = 0.085 * length, 0.022 * tallest * length
    front = [(x, 0), (x + width, 0), (x + width, height), (x, height)]
    side = [
        (x + width, 0),
        (x + width + back, up),
        (x + width + back, up + height),
        (x + width, height),
    ]
    top = [
        (x, height),
        (x + width, height),
        (x + width + back, up + height),
        (x + back, up + height),
    ]
    for corners in (side, top, front):
        axis.add_patch(Polygon(corners, hatch=hatch if corners is front else "", **style))
    _size(axis, x + (width + back) / 2, up + height, f"{channels}\n{length}×{height}", tallest)
    return width, x + width + back


def _size(axis: Axes, x: float, y: float, text: str, tallest: int) -> None:
    axis.text(x, y + 0.03 * tallest, text, ha="center", va="bottom", fontsize=TICK)
