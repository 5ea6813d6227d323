"""Units of a net, and what every look inside has to check first."""

from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Row, describe
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.classifier import Classifier


@dataclass(frozen=True)
class Unit:
    """A channel of a layer: one kernel of a convolution, one neuron of a full layer.

    Attributes:
        layer: the layer's name, such as ``"conv3b"`` or ``"fc6"``.
        channel: from 0.
    """

    layer: str
    channel: int

    def __str__(self) -> str:
        return f"{self.layer} unit {self.channel}"


def model_of(net: Classifier | ConvNet) -> ConvNet:
    """The net itself, of a classifier or as given.

    Raises:
        UsageError: for anything else.
    """
    model = net.model if isinstance(net, Classifier) else net
    if not isinstance(model, ConvNet):
        hint = f" load({model!r}) reads it." if isinstance(model, str) else ""
        raise UsageError(
            f"The net is a {type(model).__name__}; it is a Classifier, as load() gives, whose "
            f"model is one of the kit's (C3D, SearchNet, …).{hint}"
        )
    return model


def classifier_of(net: Classifier) -> Classifier:
    """The net, if it knows how clips are prepared for it.

    Raises:
        UsageError: for a bare net, or anything else.
    """
    model_of(net)
    if not isinstance(net, Classifier):
        raise UsageError(
            f"The net is a bare {type(net).__name__}; to show clips to it takes a Classifier, "
            'which knows how they are prepared: load("motion-d3"), or Classifier(model, '
            "preprocess, classes)."
        )
    return net


def layer_row(net: Classifier | ConvNet, layer: str) -> Row:
    """Shape and receptive field of a layer.

    Raises:
        UsageError: for a layer the net does not have; it names those there are.
    """
    rows = {row.name: row for row in describe(model_of(net))}
    if layer not in rows:
        raise UsageError(f"There is no layer {layer!r}; this net has {', '.join(rows)}.")
    return rows[layer]


def unit_of(net: Classifier | ConvNet, layer: str, channel: int) -> Unit:
    """A unit that the net has.

    Raises:
        UsageError: for an unknown layer or a channel out of range.
    """
    row = layer_row(net, layer)
    count = row.shape[0]
    whole = isinstance(channel, int | np.integer) and not isinstance(channel, bool)
    if not whole or not 0 <= channel < count:
        raise UsageError(f"There is no unit {channel} in {layer}; it has units 0 to {count - 1}.")
    return Unit(layer, int(channel))


def frames_of(model: ConvNet) -> tuple[int, int] | None:
    """First and one past the last frame that a 2D net takes; None for nets that see time."""
    if model.layer_input == model.clip_shape:
        return None
    channels, length = model.clip_shape[:2]
    clip = torch.arange(length).view(1, 1, length, 1, 1).expand(1, channels, length, 1, 1)
    taken = model.rearrange(clip)
    return int(taken.min()), int(taken.max()) + 1


def known_head(net: Classifier) -> None:
    """Stop where the last layer of published weights is missing or means nothing.

    Raises:
        UsageError: which says so, and what can be asked for instead.
    """
    if "fc8" in net.card:
        raise UsageError(
            f"The fc8 of {net.name} is {net.card['fc8']}, so it has no classes to explain. Give "
            'a unit of an earlier layer, such as Unit("conv5b", 3).'
        )


def clips_of(net: Classifier, clips: Tensor | np.ndarray) -> Tensor:
    """uint8 clips ``(N, L, H, W, C)`` that the net can take, as the net sees them.

    They are resized and cropped as the net's preprocessing says, and still uint8.

    Raises:
        UsageError: for clips of another type, shape or length, or with NaN.
    """
    classifier_of(net)
    given = torch.as_tensor(clips)
    if given.is_floating_point() and not bool(given.isfinite().all()):
        frames = given.isfinite().flatten(2).all(2) if given.ndim > 2 else None
        where = "" if frames is None else f" (clip {int((~frames).any(1).int().argmax())})"
        raise UsageError(
            f"The clips hold NaN or infinite values{where}. Clips are uint8 with values 0-255, "
            "as a decoder gives them; those hold none."
        )
    return net.preprocess.seen(given)


def clip_of(net: Classifier, clip: Tensor | np.ndarray) -> Tensor:
    """One uint8 clip ``(L, H, W, C)`` as the net sees it (see :func:`clips_of`).

    Raises:
        UsageError: for anything but one such clip.
    """
    given = torch.as_tensor(clip)
    if given.ndim != 4:
        hint = " Take one of them: clips[0]." if given.ndim == 5 else ""
        raise UsageError(
            f"One clip has the shape L×H×W×C; given was {'×'.join(map(str, given.shape))}.{hint}"
        )
    return clips_of(net, given[None])[0]


def normalised(net: Classifier, clips: Tensor) -> Tensor:
    """Float input ``(N, C, L, H, W)`` of the net, on its device, from :func:`clips_of`."""
    device = next(net.model.parameters()).device
    x = net.preprocess(clips.to(device))
    return x.contiguous(memory_format=torch.channels_last_3d)


def own_copy(net: Classifier | ConvNet) -> ConvNet:
    """The same net in modules of its own, in evaluation mode; the weights are shared.

    Captum hangs hooks on modules. Those of a net that several threads share must stay free
    of them, or one thread's hooks change another's answer.
    """
    model = model_of(net)
    shared = [*model.parameters(), *model.buffers()]
    return deepcopy(model, {id(weight): weight for weight in shared}).eval()
