"""What becomes of a clip in a net, without its weights: shapes, work, time, dead slices."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from matplotlib.figure import Figure

from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Conv, Full, Layer, Pool, Row, trace
from c3d_teach.models.arrow_of_time import arrow_of_time
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.c3d import C3D, POOL_DEPTHS, SearchNet
from c3d_teach.models.dead_slices import dead_slices
from c3d_teach.viz.net_table import NetLine, net_table, short

NETS = {"search net": SearchNet, "C3D": C3D}
KERNELS = {  # of the five groups of convolutions; the six nets of the paper's section 3.2
    "depth-1": (1, 1, 1, 1, 1),
    "depth-3": (3, 3, 3, 3, 3),
    "depth-5": (5, 5, 5, 5, 5),
    "depth-7": (7, 7, 7, 7, 7),
    "increasing": (3, 3, 5, 5, 7),
    "decreasing": (7, 5, 5, 3, 3),
}
POOLS = {
    "the paper's pooling": POOL_DEPTHS,
    "pooled early": (2, 2, 2, 2, 1),
    "a fifth halving": (2, 2, 2, 2, 2),
    "pooled at the end": (1, 1, 1, 1, 16),
    "no pooling in time": (1, 1, 1, 1, 1),
}


@dataclass(frozen=True)
class Built:
    """A net that was asked for, as far as it can be built.

    Attributes:
        lines: its layers, up to where time runs out.
        ends_at: the layer at which time runs out, or None.
        says: what there is to say about it, a sentence each.
        parameters, macs: their sums; 0 where it cannot be built.
    """

    lines: tuple[NetLine, ...]
    ends_at: str | None
    says: tuple[str, ...]
    parameters: int
    macs: int


def build_net(
    net: str = "search net",
    kernels: Sequence[int] = KERNELS["depth-3"],
    pools: Sequence[int] = POOL_DEPTHS,
    *,
    clip_shape: Sequence[int] = (3, 16, 112, 112),
    width: float = 1.0,
    num_classes: int = 101,
) -> Built:
    """What becomes of a clip in such a net; no weights are made (ours).

    Args:
        net: ``"search net"`` or ``"C3D"``.
        kernels: temporal depth of the kernels in the five groups of convolutions.
        pools: frames that each of the five poolings merges.
        clip_shape: ``(C, L, H, W)``.
        width: factor on the paper's filters.
        num_classes: outputs of fc8.

    Raises:
        UsageError: for another net, or not five of each.
    """
    if net not in NETS or len(kernels) != 5 or len(pools) != 5:
        raise UsageError(
            f"The net is {net!r} with kernels {tuple(kernels)} and pools {tuple(pools)}; it is one "
            f"of {', '.join(NETS)} with five of each."
        )
    shape = tuple(clip_shape)
    with torch.device("meta"):  # shapes without numbers: C3D would take 320 MB
        # at 16 frames, which the paper's poolings take: only its layer list is used
        pattern = NETS[net](num_classes, clip_shape=(shape[0], 16, *shape[2:]), width=width)
        layers = [_changed(layer, kernels, pools) for layer in pattern.layers]
        rows: list[Row] = []
        try:
            rows += trace(layers, shape)
        except UsageError as error:
            reached = list(_reached(layers, shape))
            lines = tuple(map(_line, layers, reached))
            return Built(lines, layers[len(reached)].name, (str(error),), 0, 0)
        model = ConvNet(layers, shape, dropout=0.5, config={})
    dead = {one.layer: (len(one.slices), one.depth) for one in dead_slices(model)}
    lines = tuple(
        replace(_line(layer, row), dead=dead.get(row.name))
        for layer, row in zip(layers, rows, strict=True)
    )
    parameters, macs = sum(r.parameters for r in rows), sum(r.macs for r in rows)
    return Built(lines, None, _sentences(model, rows, parameters, macs), parameters, macs)


def net_figure(built: Built, *, title: str) -> Figure:
    """The picture of such a net (see :func:`c3d_teach.viz.net_table.net_table`)."""
    return net_table(built.lines, title=title, says=built.says, ends_at=built.ends_at)


def _changed(layer: Layer, kernels: Sequence[int], pools: Sequence[int]) -> Layer:
    """The layer with the depth of its group: conv3b and pool3 are of group 3."""
    if isinstance(layer, Full):
        return layer
    depths = kernels if isinstance(layer, Conv) else pools
    return replace(layer, kernel=(int(depths[int(layer.name[4]) - 1]), *layer.kernel[1:]))


def _reached(layers: Sequence[Layer], shape: Sequence[int]) -> Iterator[Row]:
    """The rows up to where time runs out."""
    rows = trace(layers, shape)
    while True:
        try:
            yield next(rows)
        except (UsageError, StopIteration):
            return


def _line(layer: Layer, row: Row) -> NetLine:
    flat = isinstance(layer, Full)
    return NetLine(
        row.name,
        "" if isinstance(layer, Full) else "×".join(map(str, layer.kernel)),
        None if flat else row.shape[1],
        "×".join(map(str, row.shape)),
        row.parameters,
        row.macs,
        "×".join(map(str, row.receptive_field)),
    )


def _sentences(model: ConvNet, rows: Sequence[Row], parameters: int, macs: int) -> tuple[str, ...]:
    """What there is to say: size, where time ends, dead slices, the arrow of time."""
    said = [f"{parameters:,} parameters and {short(macs)} multiply-accumulates (MACs) a clip."]
    said.append(_time(model, rows))
    dead = dead_slices(model)
    if dead:
        each = ", ".join(f"{len(d.slices)} of {d.depth} slices of {d.layer}" for d in dead)
        lost = sum(d.weights for d in dead)
        said.append(f"Dead: {each} never meet a frame; {lost:,} weights that cannot learn.")
    else:
        said.append("Every slice of every kernel meets frames.")
    arrow = arrow_of_time(model)
    if arrow.blind:
        told = "Whatever it learns, it answers a clip and the same clip backwards alike"
    else:
        told = "It can learn to tell a clip from the same clip played backwards"
    said.append(f"{told}: {arrow.reason}.")
    return tuple(said)


def _time(model: ConvNet, rows: Sequence[Row]) -> str:
    pairs = [
        (layer, row)
        for layer, row in zip(model.layers, rows, strict=True)
        if not isinstance(layer, Full)
    ]
    lengths = [model.clip_shape[1], *(r.shape[1] for layer, r in pairs if isinstance(layer, Pool))]
    path = "–".join(map(str, lengths))
    ends = next((i for i, (_, row) in enumerate(pairs) if row.shape[1] == 1), None)
    if ends is None:
        return f"Time: {path} frames. {lengths[-1]} are left, and fc6 has a weight for each."
    late = [row.name for layer, row in pairs[ends + 1 :] if isinstance(layer, Conv)]
    name = pairs[ends][1].name
    if not late:
        return f"Time: {path} frames. The last step to one frame is {name}, behind all kernels."
    return (
        f"Time: {path} frames. It ends at {name} already: {' and '.join(late)} can only look at "
        "one frame."
    )
