"""A net layer by layer as a matplotlib figure: how time shrinks, and what each layer costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import BLUE, LABEL, ORANGE, TICK, VERMILION, titled

_WIDE = 10.4  # inches; 1000 pixels of a browser
_ROW = 0.27  # inches
_WARM = "#fbe3d6"  # vermilion in milk: black type stays readable on it
_BAR, _WORK = 2.5, 1.1  # inches that a full bar of frames, and of work, is long
_BLOCKS = 32  # more frames than this are one bar, not blocks
# where each column begins, in inches; numbers stand at the right of theirs
_NAME, _KERNEL, _TIME, _SHAPE, _PARAMETERS, _MACS, _SEES = 0.06, 0.78, 1.55, 4.62, 6.88, 7.1, 8.98


@dataclass(frozen=True)
class NetLine:
    """One layer of :func:`net_table`.

    Attributes:
        name: the layer's name.
        kernel: d×k×k of a convolution or a pooling, empty for others.
        frames: length of its output in frames; None where there is no time any more.
        shape: of its output, in words: ``64×16×32×32``.
        parameters: weights and biases.
        macs: multiply-accumulate operations for one clip.
        work: the same in words: ``19.3 G``.
        sees: frames × height × width of the clip that one output can see.
        dead: (slices of its kernels that never meet a frame, depth of its kernels).
    """

    name: str
    kernel: str
    frames: int | None
    shape: str
    parameters: int
    macs: int
    work: str
    sees: str
    dead: tuple[int, int] | None = None


def net_table(
    lines: Sequence[NetLine],
    *,
    title: str,
    says: Sequence[str] = (),
    ends_at: str | None = None,
) -> Figure:
    """A row a layer: kernel, frames left as a bar that shrinks, shape, parameters, work, view.

    Args:
        lines: the layers in order.
        title: what there is to see.
        says: sentences below the table.
        ends_at: name of a layer behind the last line at which time runs out, so that the net
            cannot be built; it gets a row with a cross.

    Raises:
        UsageError: for no layer, or frames below 1.
    """
    if not lines or any(one.frames is not None and one.frames < 1 for one in lines):
        raise UsageError("The figure was given no layer, or one of less than 1 frame.")
    full = max(one.frames or 1 for one in lines)
    most = max(one.macs for one in lines) or 1
    words = [fill(f"• {one}", 118, subsequent_indent="   ") for one in says]
    below = 0.215 * sum(one.count("\n") + 1 for one in words) + 0.2
    rows = len(lines) + (ends_at is not None)
    high = (rows + 1.4) * _ROW
    figure = Figure(figsize=(_WIDE, high + below + 0.42))
    tall = figure.get_figheight()
    axis = figure.add_axes((0.015, below / tall, 0.98, high / tall))
    axis.set_xlim(0, _WIDE * 0.98)
    axis.set_ylim(rows + 0.1, -1.3)
    axis.set_axis_off()
    _head(axis, full)
    for row, line in enumerate(lines):
        _line(axis, row, line, full, most)
    if ends_at is not None:
        _end(axis, len(lines), ends_at)
    if words:
        figure.text(
            0.015, 0.1 / tall, "\n".join(words), fontsize=TICK, va="bottom", linespacing=1.4
        )
    titled(figure, title)
    return figure


def _head(axis: Axes, full: int) -> None:
    heads = (
        (_NAME, "layer", "left"),
        (_KERNEL, "d×k×k", "left"),
        (_TIME, f"time: frames left (a full bar is {full})", "left"),
        (_SHAPE, "output", "left"),
        (_PARAMETERS, "parameters", "right"),
        (_MACS, "work (MACs)", "left"),
        (_SEES, "sees", "left"),
    )
    for x, text, side in heads:
        axis.text(x, -0.75, text, ha=side, va="center", fontsize=TICK, fontweight="bold")
    axis.axhline(-0.25, color="0.3", linewidth=0.8)


def _line(axis: Axes, row: int, line: NetLine, full: int, most: int) -> None:
    y = row + 0.25
    if line.dead:
        box = Rectangle((0.01, row - 0.22), _SHAPE - 0.15, 0.94)
        box.set(facecolor=_WARM, edgecolor=VERMILION, linewidth=1.2)
        axis.add_patch(box)
    elif row % 2:
        axis.axhspan(row - 0.25, row + 0.75, color="0.96", zorder=0)
    for x, text in ((_NAME, line.name), (_KERNEL, line.kernel), (_SEES, line.sees)):
        axis.text(x, y, text, va="center", fontsize=TICK)
    axis.text(_SHAPE, y, line.shape, va="center", fontsize=TICK)
    if line.frames is not None:
        _bar(axis, y, line.frames, full, "" if not line.dead else "{}/{} dead".format(*line.dead))
    if line.parameters:
        axis.text(_PARAMETERS, y, f"{line.parameters:,}", va="center", ha="right", fontsize=TICK)
    if line.macs:
        long = _WORK * line.macs / most
        axis.broken_barh(
            [(_MACS, long)], (y - 0.22, 0.44), facecolor=ORANGE, edgecolor="black", linewidth=0.6
        )
        axis.text(_MACS + long + 0.06, y, line.work, va="center", fontsize=TICK)


def _bar(axis: Axes, y: float, frames: int, full: int, note: str) -> None:
    """A block a frame, and the number behind the last."""
    each = _BAR / full
    blocks = [(_TIME + i * each, each * 0.8) for i in range(frames)]
    if full > _BLOCKS:
        blocks = [(_TIME, each * frames)]
    axis.broken_barh(blocks, (y - 0.22, 0.44), facecolor=BLUE)
    text = f"{frames}   {note}" if note else str(frames)
    axis.text(_TIME + frames * each + 0.05, y, text, va="center", fontsize=TICK)


def _end(axis: Axes, row: int, name: str) -> None:
    box = Rectangle((0.01, row - 0.22), _WIDE * 0.98 - 0.03, 0.94)
    box.set(facecolor=_WARM, edgecolor=VERMILION, linewidth=1.2)
    axis.add_patch(box)
    axis.text(_NAME, row + 0.25, name, va="center", fontsize=TICK)
    text = "✘ time runs out here: this net cannot be built"
    axis.text(_TIME, row + 0.25, text, va="center", fontsize=LABEL, color="black")
