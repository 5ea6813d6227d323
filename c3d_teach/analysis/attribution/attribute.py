"""Which parts of a clip speak for an answer: six methods, one result, through Captum.

The methods differ in what they promise. Which of them look at the weights at all is a
question for :mod:`c3d_teach.analysis.attribution.sanity`.
"""

import numpy as np
import torch
from torch import Tensor

from c3d_teach.analysis.attribution.heat import Aim, Attribution, aim_of, seen_clip
from c3d_teach.analysis.attribution.maps import (
    UpTo,
    cam_maps,
    gradient_maps,
    integrated_maps,
    laid_over,
    map_row,
)
from c3d_teach.analysis.attribution.occlusion import box_occlusion, temporal_occlusion
from c3d_teach.analysis.attribution.rectifiers import refuse_functional
from c3d_teach.analysis.units import Unit, frames_of, normalised, own_copy
from c3d_teach.errors import UsageError
from c3d_teach.models.classifier import Classifier

RELU_METHODS = ("deconvolution", "guided backpropagation")
METHODS = (
    "grad-cam",
    *RELU_METHODS,
    "integrated gradients",
    "gradient",
    "temporal occlusion",
    "box occlusion",
)
_STEPS = (32, 64, 128, 256, 512)  # of the integral, until it is exact enough
_FLOOR = 1e-3  # a rise of the score below this share of the score counts as none


def attribute(
    net: Classifier,
    clip: Tensor | np.ndarray,
    method: str,
    *,
    target: str | int | Unit | None = None,
    layer: str | None = None,
    window: int = 2,
    stride: int = 2,
    hide: str = "frozen",
    tolerance: float = 0.02,
) -> Attribution:
    """Heat over a clip: what in it speaks for an answer, or excites a unit.

    ===========================  ==========================================================
    ``"grad-cam"``               The maps of a layer, each weighed by its mean gradient, added
                                 up (Selvaraju et al. 2017, who keep the positive part).
    ``"deconvolution"``          The strongest activation goes back down to the clip, rectified
                                 on its way (Zeiler and Fergus 2014); the paper's section 3.3.
    ``"guided backpropagation"`` The gradient, rectified going up and going down (Springenberg
                                 et al. 2015).
    ``"integrated gradients"``   The mean gradient on the way from the mean grey to the clip,
                                 times the difference; it adds up to the rise of the score
                                 (Sundararajan et al. 2017).
    ``"gradient"``               The plain gradient (Simonyan et al. 2014), as a control.
    ``"temporal occlusion"``     How far the score falls without a few frames.
    ``"box occlusion"``          How far it falls behind a grey box.
    ===========================  ==========================================================

    Args:
        clip: uint8 ``(L, H, W, C)``, as a decoder gives it.
        method: one of ``METHODS``.
        target: what to explain: a class by name or number (its logit), None for the class that
            the net answers, or a :class:`Unit` (its strongest activation in the clip, alone).
        layer: of Grad-CAM: a convolution or pooling; the last convolution unless given.
        window: of temporal occlusion, with ``stride`` and ``hide``: see
            :func:`~c3d_teach.analysis.attribution.occlusion.temporal_occlusion`.
        tolerance: of integrated gradients: the steps are doubled, from 32 to at most 512, until
            the heat adds up to the rise of the score within this share of it.

    Raises:
        UsageError: for an unknown method, a bad clip, a target the net does not have or that
            does not fire, a layer without a map; for guided backpropagation and deconvolution
            of a net with rectifications that are not ``nn.ReLU`` modules.
    """
    if method not in METHODS:
        raise UsageError(f"There is no method {method!r}; there are {', '.join(METHODS)}.")
    if layer is not None and method != "grad-cam":
        raise UsageError(f"layer belongs to method 'grad-cam'; {method} shows the clip itself.")
    if method != "temporal occlusion" and (window, stride, hide) != (2, 2, "frozen"):
        raise UsageError(
            "window, stride and hide belong to method 'temporal occlusion'; "
            f"{method} hides no frames."
        )
    if not tolerance > 0:
        raise UsageError(f"tolerance is {tolerance}; it is a share above 0, such as 0.02.")
    if method == "temporal occlusion":
        return temporal_occlusion(net, clip, target=target, window=window, stride=stride, hide=hide)
    if method == "box occlusion":
        return box_occlusion(net, clip, target=target)
    seen = seen_clip(net, clip)
    aim = aim_of(net, seen, target)
    x = normalised(net, seen[None])
    model = UpTo(own_copy(net), aim.layer)
    if method == "grad-cam":
        return _grad_cam(net, seen, x, model, aim, layer)
    error = float("nan")
    if method == "integrated gradients":
        heat, error = _integrated(model, x, aim, tolerance)
        curve = heat.cpu().double().sum((1, 2))
    else:
        if method in RELU_METHODS:
            refuse_functional(model.model, x, method)
        heat = gradient_maps(model, x, [aim.place], method)[0]
        curve = heat.abs().cpu().double().sum((1, 2))
    return Attribution(
        clip=seen.numpy(),
        heat=heat.float().cpu().numpy(),
        curve=curve.numpy(),
        steps=len(seen),
        score=aim.score,
        target=aim.words,
        method=method,
        error=error,
    )


def _grad_cam(
    net: Classifier, seen: Tensor, x: Tensor, model: UpTo, aim: Aim, layer: str | None
) -> Attribution:
    unit = aim.layer if aim.layer != net.model.layers[-1].name else None
    row = map_row(net, layer, before=unit)
    maps = cam_maps(model, x, [aim.place], row.name)
    heat = laid_over(maps, net.model, row)[0].float().cpu()
    return Attribution(
        clip=seen.numpy(),
        heat=heat.numpy().copy(),
        curve=heat.clamp(min=0).double().sum((1, 2)).numpy(),
        steps=row.shape[1] if frames_of(net.model) is None else 1,
        score=aim.score,
        target=aim.words,
        method="grad-cam",
        layer=row.name,
    )


def _integrated(model: UpTo, x: Tensor, aim: Aim, tolerance: float) -> tuple[Tensor, float]:
    with torch.no_grad():
        grey = model(torch.zeros_like(x))[(0, *aim.place)]
    rise = max(abs(aim.score - float(grey)), _FLOOR * abs(aim.score))
    for steps in _STEPS:
        maps, miss = integrated_maps(model, x, [aim.place], steps)
        error = abs(float(miss[0])) / rise if rise else 0.0
        if error <= tolerance:
            break
    return maps[0], error
