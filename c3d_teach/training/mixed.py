"""Which layers may be trained in bfloat16 here: those whose gradients are right.

Two things are tried. Every convolution's weight gradient against double precision, in a child
process, for what is wrong may also write past its memory (``precision.py``). And once, on the
first mini-batch, the whole net's gradients against float32, for what is only wrong in a net.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from c3d_teach.device import native_bfloat16
from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Conv, Full, Layer, describe, trace
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.engines.engines import WORTH
from c3d_teach.training.net import TrainingNet, follows_layers
from c3d_teach.training.precision import Convolution, try_convolutions

PRECISIONS = ("auto", "float32", "bfloat16")
_SIDE = 8  # pixels that a convolution is tried on; its channels, frames and kernel are its own
_CLIPS = 2
_PATIENCE = 120.0  # seconds; C3D's eight convolutions take five
# cosine between a layer's gradients: rounding leaves .98 in C3D's first layer, garbage about 0
ALIKE = 0.9


@dataclass(frozen=True)
class Mixed:
    """Answer of :func:`low_layers`.

    Attributes:
        low: layers that compute in bfloat16.
        wrong: convolutions whose gradient is wrong in bfloat16 here.
    """

    low: frozenset[str] = frozenset()
    wrong: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What was decided, for people and for the net's card."""
        if not self.low:
            return "float32"
        kept = f" but {', '.join(self.wrong)}, wrong in bfloat16 here" if self.wrong else ""
        return f"bfloat16 in the convolutions{kept}; weights in float32"


def low_layers(model: ConvNet, device: torch.device, precision: str = "auto") -> Mixed:
    """The layers of ``model`` that training may compute in bfloat16 on ``device`` (ours).

    ``"auto"`` takes bfloat16 on a GPU that has it, and on a CPU that has it for nets of at least
    1 G multiply-accumulates a clip; smaller ones gain little, and train alike everywhere in
    float32. On a CPU only convolutions are lowered, the rest waits for memory anyway.

    Raises:
        UsageError: for an unknown precision, or bfloat16 where it cannot be had.
    """
    if precision not in PRECISIONS:
        raise UsageError(
            f"There is no precision {precision!r} to train in; there are {', '.join(PRECISIONS)}."
        )
    here = device.type in ("cpu", "cuda") and follows_layers(model)
    if precision == "bfloat16" and not here:
        raise UsageError(
            f"A {type(model).__name__} cannot be trained in bfloat16 on {device.type}; leave "
            "--precision out."
        )
    if precision == "float32" or not here or (precision == "auto" and not _pays(model, device)):
        return Mixed()
    names, convolutions = [], []
    before = model.layer_input
    for layer, row in zip(model.layers, trace(model.layers, model.layer_input), strict=True):
        if isinstance(layer, Conv):
            names.append(layer.name)
            convolutions.append(_tried_as(layer, before))
        before = row.shape
    tried, _ = try_convolutions(convolutions, "bfloat16", device, _PATIENCE)
    right = {name for name, one in zip(names, tried, strict=True) if one.right}
    low = right | ({layer.name for layer in _hidden(model)} if device.type == "cuda" else set())
    return Mixed(frozenset(low), tuple(name for name in names if name not in right))


def agree(net: TrainingNet, loss: Callable[[Tensor], Tensor], x: Tensor) -> bool:
    """Whether the whole net's gradients are those of float32, but for rounding.

    Sets no gradients. Dropout has to be off, or drawn alike both times.

    Args:
        loss: from the net's logits.
        x: float clips; two or three are enough.
    """
    weights = [p for p in net.model.parameters() if p.requires_grad and p.ndim > 1]
    plain = TrainingNet(net.model)
    low, right = (
        torch.autograd.grad(loss(one(x).to(x.dtype)), weights, allow_unused=True)
        for one in (net, plain)
    )
    for a, b in zip(low, right, strict=True):
        if a is None or b is None or not bool(b.any()):
            continue
        cosine = torch.nn.functional.cosine_similarity(a.flatten(), b.flatten(), dim=0)
        if not float(cosine) > ALIKE:  # nor where it is not a number
            return False
    return True


def warn_of_disagreement() -> None:
    warnings.warn(
        "In bfloat16 this net's gradients on its first mini-batch are not those of float32, "
        "though each convolution's are by itself; it is trained in float32.",
        stacklevel=2,
    )


def _pays(model: ConvNet, device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return bool(native_bfloat16()) and describe(model).macs >= WORTH


def _hidden(model: ConvNet) -> list[Layer]:
    return [one for one in model.layers[:-1] if isinstance(one, Full)]


def _tried_as(layer: Conv, before: tuple[int, ...]) -> Convolution:
    channels, length, height, width = before
    return Convolution(
        length,
        layer.kernel,
        channels,
        layer.filters,
        (min(_SIDE, height), min(_SIDE, width)),
        _CLIPS,
        layer.stride,
    )
