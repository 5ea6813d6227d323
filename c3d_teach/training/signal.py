"""How well a net hands on what it sees, layer by layer, before it has learnt anything."""

from dataclasses import dataclass

import torch
from torch import Tensor

from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Full, Pool
from c3d_teach.models.builder import ConvNet


@dataclass(frozen=True)
class Signal:
    """What arrives behind one layer, its ReLU included.

    Attributes:
        layer: its name; ``"clip"`` for the input.
        size: root mean square of the activations.
        between: root mean square, over all activations, of their standard deviation from clip
            to clip: how much of the layer's answer depends on the clip at all.
    """

    layer: str
    size: float
    between: float


@dataclass(frozen=True)
class Signals:
    """What clips make of a net (:func:`signal`).

    Attributes:
        layers: the input, every convolution and every fully connected layer, in order.
        logits: ``(N, K)``.
    """

    layers: tuple[Signal, ...]
    logits: Tensor

    @property
    def between(self) -> float:
        """How much the logits differ from clip to clip."""
        return self.layers[-1].between

    @property
    def first_loss(self) -> float:
        """Cross-entropy in nats before training, the mean over all labels a clip could have.

        A net that knows nothing and says so has the logarithm of the number of classes.
        """
        return float(-self.logits.double().log_softmax(1).mean())


@torch.inference_mode()
def signal(model: ConvNet, clips: Tensor) -> Signals:
    """Size of the activations, and how much they differ from clip to clip (ours).

    A good start keeps both near those of the input: not growing without bounds, for then the
    first loss is astronomic, and not shrinking to nothing, for then all clips look alike.

    Args:
        model: a net of this kit.
        clips: ``(N, C, L, H, W)`` as the net takes them, at least two.

    Raises:
        UsageError: for fewer than two clips or clips of another shape.
    """
    if len(clips) < 2:
        raise UsageError(f"signal() compares clips; given was {len(clips)}, it takes two or more.")
    found, training = [_of("clip", clips)], model.training
    model.eval()  # dropout would make equal clips differ
    try:
        x = model.rearrange(model._checked(clips))
        for layer, block in zip(model.layers, model._blocks, strict=True):
            if isinstance(layer, Full) and x.ndim > 2:
                x = x.flatten(1)
            for name in block:
                x = getattr(model, name)(x)
            if not isinstance(layer, Pool):
                found.append(_of(layer.name, x))
    finally:
        model.train(training)
    return Signals(tuple(found), x)


def _of(layer: str, x: Tensor) -> Signal:
    return Signal(layer, float(x.square().mean().sqrt()), float(x.var(0).mean().sqrt()))
