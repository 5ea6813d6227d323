"""Maps of many clips at once, through Captum: the numbers behind attribution and its checks."""

import warnings
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from c3d_teach.analysis.attribution.heat import targets_of
from c3d_teach.analysis.units import clips_of, frames_of, layer_row, normalised, own_copy
from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Conv, Row, describe
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.classifier import Classifier

_MODULES = {"deconvolution": "Deconvolution", "guided backpropagation": "GuidedBackprop"}
_ROOM = 1 << 30  # bytes for the outputs of all layers, kept for the way back
Place = tuple[int, ...]


class UpTo(nn.Module):
    """A net that ends behind ``layer``: what Captum calls, with the net's modules inside."""

    def __init__(self, model: ConvNet, layer: str) -> None:
        super().__init__()
        self.model, self.layer = model, layer

    def forward(self, x: Tensor) -> Tensor:
        return self.model.activations(x, self.layer)


def gradient_maps(net: UpTo, x: Tensor, places: Sequence[Place], method: str) -> Tensor:
    """Gradients ``(N, L, H, W)``, plain, guided or deconvolved, summed over channels.

    Args:
        net: on modules of its own (``own_copy``).
        x: float clips ``(N, C, L, H, W)``.
        places: for each clip the index of its score in the net's output.
        method: "gradient", "deconvolution" or "guided backpropagation".
    """
    from captum import attr  # slow to import

    kind = getattr(attr, _MODULES.get(method, "Saliency"))(net)
    how: dict[str, Any] = {} if method in _MODULES else {"abs": False}
    _hush()
    with torch.inference_mode(False), torch.enable_grad():
        parts = zip(_parts(net.model, x), _parts(net.model, places), strict=True)
        maps = [
            kind.attribute(part.clone().requires_grad_(), target=list(at), **how).detach().sum(1)
            for part, at in parts
        ]
    return torch.cat(maps)


def integrated_maps(
    net: UpTo, x: Tensor, places: Sequence[Place], steps: int
) -> tuple[Tensor, Tensor]:
    """Integrated gradients ``(N, L, H, W)`` from the grey clip, and by how much each misses.

    The way goes from zero in normalised input, the mean grey of the training set, to the clip.
    The second result ``(N,)`` is the sum of the map minus the rise of the score.
    """
    from captum.attr import IntegratedGradients

    kind = IntegratedGradients(net)
    maps, misses = [], []
    with torch.inference_mode(False), torch.enable_grad():
        for part, at in zip(_parts(net.model, x), _parts(net.model, places), strict=True):
            values, miss = kind.attribute(
                part.clone().requires_grad_(),
                target=list(at),
                n_steps=steps,
                internal_batch_size=max(len(part), _most(net.model)),
                return_convergence_delta=True,
            )
            maps.append(values.detach().sum(1).float())
            misses.append(miss.detach().float())
    return torch.cat(maps), torch.cat(misses)


def cam_maps(net: UpTo, x: Tensor, places: Sequence[Place], layer: str) -> Tensor:
    """Grad-CAM ``(N, l, h, w)`` of a layer, as coarse as its map, positive and negative."""
    from captum.attr import LayerGradCam

    kind = LayerGradCam(net, _module(net.model, layer))
    with torch.inference_mode(False), torch.enable_grad():
        parts = zip(_parts(net.model, x), _parts(net.model, places), strict=True)
        maps = [
            kind.attribute(part.clone().requires_grad_(), target=list(at)).detach()[:, 0]
            for part, at in parts
        ]
    return torch.cat(maps)


def laid_over(maps: Tensor, model: ConvNet, row: Row) -> Tensor:
    """Coarse maps ``(N, l, h, w)`` of a layer over the clip, ``(N, L, H, W)``.

    In space the values are interpolated. In time each covers its own frames unblended, so
    that two steps look like two steps. Each value lies over the middle of what it sees, also
    where pooling rounded up; frames that pooling dropped get zero.
    """
    from captum.attr import LayerAttribution

    _, length, *size = model.clip_shape
    _, height, width = row.step
    whole = (maps.shape[1], maps.shape[2] * height, maps.shape[3] * width)
    fine = LayerAttribution.interpolate(maps[:, None], whole, "trilinear")[:, 0]
    for axis, n in ((1, size[0]), (2, size[1])):
        left = row.start[axis] + (row.receptive_field[axis] - row.step[axis]) // 2
        fine = fine.narrow(axis + 1, -left, min(n, fine.shape[axis + 1] + left))
    fine = nn.functional.pad(fine, (0, size[1] - fine.shape[3], 0, size[0] - fine.shape[2]))
    if frames_of(model) is not None:  # one frame, or all of them stacked: the map has no time
        return fine.expand(-1, length, -1, -1)
    fine = fine.repeat_interleave(row.step[0], 1)
    return nn.functional.pad(fine, (0, 0, 0, 0, 0, length - fine.shape[1]))


def grad_cam_curves(
    net: Classifier, clips: Tensor | np.ndarray, targets: object, layer: str | None = None
) -> NDArray[np.float64]:
    """Grad-CAM over time, ``(N, L)``: the positive part of the map, summed over each frame.

    Args:
        clips: uint8 ``(N, L, H, W, C)``.
        targets: a class for each clip, by name or number.
        layer: a convolution or pooling; the last convolution unless given. It sets the
            resolution in time: a map of ``l`` frames has ``l`` different values.

    Raises:
        UsageError: for clips or classes the net does not have, or a layer without a map.
    """
    seen = clips_of(net, clips)
    wanted = targets_of(net, targets, len(seen))
    row = map_row(net, layer)
    last = net.model.layers[-1].name
    x = normalised(net, seen)
    maps = cam_maps(UpTo(own_copy(net), last), x, [(k,) for k in wanted], row.name)
    heat = laid_over(maps, net.model, row)
    return heat.clamp(min=0).sum((2, 3)).cpu().double().numpy()


def map_row(net: Classifier, layer: str | None, before: str | None = None) -> Row:
    """The layer that Grad-CAM looks at: as named, or the last convolution (before a layer).

    Raises:
        UsageError: for a layer without a map, or one that does not come before ``before``.
    """
    rows = list(describe(net.model))
    names = [row.name for row in rows]
    end = names.index(before) if before else len(names)
    convolutions = {one.name for one in net.model.layers if isinstance(one, Conv)}
    if layer is None:
        earlier = [row for row in rows[:end] if row.name in convolutions]
        if not earlier:
            raise UsageError(f"Grad-CAM needs a map before the unit; none comes before {before}.")
        return earlier[-1]
    row = layer_row(net, layer)
    if len(row.shape) != 4:
        maps = ", ".join(one.name for one in rows if len(one.shape) == 4)
        raise UsageError(f"{layer} has no map to weigh; Grad-CAM takes one of {maps}.")
    if names.index(layer) >= end:
        raise UsageError(
            f"Grad-CAM at {layer} cannot explain a unit of {before}: the layer has to come "
            "before the unit."
        )
    return row


def _module(model: ConvNet, layer: str) -> nn.Module:
    """The module whose output is that of ``layer`` after its ReLU."""
    rectifier = getattr(model, f"relu{layer.removeprefix('conv')}", None)
    return rectifier if isinstance(rectifier, nn.ReLU) else getattr(model, layer)


def _most(model: ConvNet) -> int:
    kept = 4 * sum(prod(row.shape) for row in describe(model)) * 3
    return min(32, max(1, _ROOM // kept))


def _parts(model: ConvNet, items: Any) -> list[Any]:
    most = _most(model)
    return [items[i : i + most] for i in range(0, len(items), most)]


def _hush() -> None:
    # Captum announces its hooks at every call; they hang on a copy and are taken off again.
    # A filter, and no catch_warnings: that one is not safe where several threads work.
    warnings.filterwarnings("ignore", "Setting backward hooks on ReLU", module="captum")
