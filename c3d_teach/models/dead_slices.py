"""Kernel slices that never meet a frame: weights a net has and cannot use.

A kernel of depth d reaches d // 2 frames back and ahead. Where the clip is l frames long and
l ≤ the reach, the outermost slices lie in the padding at every position: they are multiplied
with zeros and get a gradient of exactly zero; only weight decay ever moves them. So do slices
that meet frames only for outputs which a later pool or stride leaves out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from c3d_teach.models.arithmetic import Full, Layer, Pool, trace
from c3d_teach.models.builder import ConvNet


@dataclass(frozen=True)
class DeadSlices:
    """The dead slices of one convolution.

    Attributes:
        layer: its name.
        length: frames of its input.
        depth: temporal depth d of its kernels.
        slices: index of each dead slice, 0 to d - 1.
        weights: how many weights lie in them.
    """

    layer: str
    length: int
    depth: int
    slices: tuple[int, ...]
    weights: int


def dead_slices(model: ConvNet) -> list[DeadSlices]:
    """Every convolution with slices that never meet a frame (ours).

    Args:
        model: a net of this kit; its ``clip_shape`` decides how long each layer's input is.
    """
    return dead_in(model.layers, model.layer_input)


def dead_in(layers: Sequence[Layer], clip_shape: Sequence[int]) -> list[DeadSlices]:
    """The same for a list of layers, without a net.

    Args:
        layers: fully connected ones last.
        clip_shape: ``(C, L, H, W)`` of the first one's input.

    Raises:
        UsageError: where time runs out.
    """
    inputs = [tuple(clip_shape), *(row.shape for row in trace(layers, clip_shape))]
    found = []
    used: set[int] = set()  # frames of a layer's output that reach the logits
    for layer, shape in reversed(list(zip(layers, inputs, strict=False))):
        if isinstance(layer, Full):
            used = set(range(shape[1])) if len(shape) > 1 else used
        elif isinstance(layer, Pool):
            depth = layer.kernel[0]
            used = {t * depth + i for t in used for i in range(depth)}
        else:
            length, depth = shape[1], layer.kernel[0]
            # outputs stand at every stride-th frame; slice i meets frame t + i - d // 2
            meets = {
                (i, t * layer.stride + i - depth // 2)
                for t in used
                for i in range(depth)
                if 0 <= t * layer.stride + i - depth // 2 < length
            }
            used = {frame for _, frame in meets}
            dead = tuple(sorted(set(range(depth)) - {i for i, _ in meets}))
            if dead:
                each = layer.filters * shape[0] * layer.kernel[1] * layer.kernel[2]
                found.append(DeadSlices(layer.name, length, depth, dead, each * len(dead)))
    return found[::-1]
