"""What becomes of a clip in a net, without its weights: shapes, work, time, dead slices."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Conv, Full, Layer, Pool, Row, short, trace
from c3d_teach.models.arrow_of_time import Arrow, arrow_in
from c3d_teach.models.c3d import POOL_DEPTHS, c3d_layers, search_layers
from c3d_teach.models.dead_slices import DeadSlices, dead_in

NETS: Mapping[str, Callable[..., list[Layer]]] = {"search net": search_layers, "C3D": c3d_layers}
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
    """A net that was asked for, as far as it can be built (:func:`build_net`).

    Attributes:
        clip_shape: ``(C, L, H, W)`` of the clips it takes.
        layers: its layers, also those behind the one where time runs out.
        rows: what each layer puts out, holds, costs and sees, up to where time runs out.
        ends_at: the layer at which time runs out, or None.
        dead: slices of kernels that never meet a frame; none where it cannot be built.
        arrow: whether it can learn the arrow of time; None where it cannot be built.
        says: what there is to say about it, a sentence each.
        parameters, macs: their sums; 0 where it cannot be built.
    """

    clip_shape: tuple[int, ...]
    layers: tuple[Layer, ...]
    rows: tuple[Row, ...]
    ends_at: str | None
    dead: tuple[DeadSlices, ...]
    arrow: Arrow | None
    says: tuple[str, ...]
    parameters: int = 0
    macs: int = 0

    @property
    def one_frame_at(self) -> str | None:
        """The first layer that is left with one frame, or None."""
        flat = (row.name for row in self.rows if len(row.shape) > 1 and row.shape[1] == 1)
        return next(flat, None)


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
        UsageError: for another net, not five of each, kernels of even depth, or a net without
            filters or classes.
    """
    if net not in NETS or len(kernels) != 5 or len(pools) != 5:
        raise UsageError(
            f"The net is {net!r} with kernels {tuple(kernels)} and pools {tuple(pools)}; it is one "
            f"of {', '.join(NETS)} with five of each."
        )
    if any(d < 1 or d % 2 == 0 for d in kernels) or min(pools) < 1:
        raise UsageError(
            f"The kernels are {tuple(kernels)} and the pools {tuple(pools)} frames deep; kernels "
            "are odd, so that padding on both sides keeps the length, and pools take 1 or more."
        )
    shape = tuple(clip_shape)
    layers = tuple(NETS[net](num_classes, kernels, pools, width))
    try:
        rows = tuple(trace(layers, shape))
    except UsageError as error:
        reached = tuple(_reached(layers, shape))
        end = layers[len(reached)].name
        return Built(shape, layers, reached, end, (), None, (str(error),))
    dead, arrow = tuple(dead_in(layers, shape)), arrow_in(layers, shape)
    parameters, macs = sum(r.parameters for r in rows), sum(r.macs for r in rows)
    said = (
        f"{parameters:,} parameters and {short(macs)} multiply-accumulates (MACs) a clip.",
        time_sentence(layers, rows, shape[1]),
        _dead_sentence(dead),
        _arrow_sentence(arrow),
    )
    return Built(shape, layers, rows, None, dead, arrow, said, parameters, macs)


def time_sentence(layers: Sequence[Layer], rows: Sequence[Row], length: int) -> str:
    """How many frames are left behind each pool, and which layers come too late for time."""
    pairs = [pair for pair in zip(layers, rows, strict=True) if not isinstance(pair[0], Full)]
    lengths = [length, *(r.shape[1] for layer, r in pairs if isinstance(layer, Pool))]
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


def _dead_sentence(dead: Sequence[DeadSlices]) -> str:
    if not dead:
        return "Every slice of every kernel meets frames."
    each = ", ".join(f"{len(d.slices)} of {d.depth} slices of {d.layer}" for d in dead)
    lost = sum(d.weights for d in dead)
    return f"Dead: {each} never meet a frame; {lost:,} weights that cannot learn."


def _arrow_sentence(arrow: Arrow) -> str:
    if arrow.blind:
        told = "Whatever it learns, it answers a clip and the same clip backwards alike"
    else:
        told = "It can learn to tell a clip from the same clip played backwards"
    return f"{told}: {arrow.reason}."


def _reached(layers: Sequence[Layer], shape: Sequence[int]) -> Iterator[Row]:
    """The rows up to where time runs out."""
    rows = trace(layers, shape)
    while True:
        try:
            yield next(rows)
        except (UsageError, StopIteration):
            return
