"""Which nets cannot tell a clip from the same clip played backwards, whatever they learn.

The theorem (ours): a net whose kernels are one frame deep wherever there is more than one
frame, whose poolings fill every window, whose strides take both ends, and which is left with a
single frame gives a clip and its reversal the same logits, to the last bit. Reversal mirrors the
windows; the largest of a window does not depend on the order within it; and when one frame is
left there is no order any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from c3d_teach.models.arithmetic import Conv, Layer, Pool, trace
from c3d_teach.models.baselines import FrameNet, LateAverageNet
from c3d_teach.models.builder import ConvNet


@dataclass(frozen=True)
class Arrow:
    """Answer of :func:`arrow_of_time`.

    Attributes:
        blind: True when no weights whatever let the net tell forwards from backwards.
        reason: which condition of the theorem fails, or that none does.
    """

    blind: bool
    reason: str


def arrow_of_time(model: ConvNet) -> Arrow:
    """Does the net's shape alone make it blind to the arrow of time (ours)?

    A net that is blind cannot be right on more than half of the clips of a set that holds
    every clip and its reversal, if the classes come in reversal pairs.
    """
    if isinstance(model, FrameNet):
        if 2 * model.frame + 1 == model.clip_shape[1]:
            return Arrow(True, "it sees the middle frame alone, and that stays where it is")
        return Arrow(False, "it sees one frame, and in the reversed clip that is another one")
    if isinstance(model, LateAverageNet):
        return Arrow(True, "a mean over frames does not depend on their order")
    if model.layer_input != model.clip_shape:
        return Arrow(False, "its first layer has a weight for each frame")
    return arrow_in(model.layers, model.clip_shape)


def arrow_in(layers: Sequence[Layer], clip_shape: Sequence[int]) -> Arrow:
    """The same for a list of layers that see the clip ``(C, L, H, W)`` as it is, without a net.

    Raises:
        UsageError: where time runs out.
    """
    length = clip_shape[1]
    for layer, row in zip(layers, trace(layers, clip_shape), strict=True):
        if isinstance(layer, Conv):
            if layer.kernel[0] > 1 and length > 1:
                return Arrow(False, f"{layer.name} sees {layer.kernel[0]} frames in order")
            if (length - 1) % layer.stride:  # else it takes both ends, and the same frames
                return Arrow(False, f"{layer.name} leaves frames out, others when reversed")
            length = row.shape[1]
        elif isinstance(layer, Pool):
            if length % layer.kernel[0]:
                return Arrow(False, f"{layer.name} drops a frame at the end of {length}")
            length = row.shape[1]
        elif length > 1:
            return Arrow(False, f"{layer.name} has a weight for each of {length} frames")
    return Arrow(True, "kernels one frame deep, full windows, and one frame left at the end")
