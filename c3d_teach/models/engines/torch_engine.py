"""A net's layers on the CPU in torch, faster than as a module.

Against the net called as a module: kernels are laid out once for this processor instead of at
each call, maps stay channels last, no ReLU reads and writes a map a second time, kernels 3 frames
deep take a third fewer multiplications (``winograd.py``), and bfloat16 halves what is moved.
"""

from collections.abc import Callable
from math import prod

import torch
from torch import Tensor
from torch.nn import functional as F

from c3d_teach.models.arithmetic import Conv, Full, Layer, trace
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.engines.winograd import TimeWinograd, suits

_Step = Callable[[Tensor], Tensor]


class TorchEngine:
    """The layers of ``model`` up to ``layer``, with weights of its own.

    Args:
        model: a net of this kit on the CPU; its weights are copied.
        layer: the last layer that is computed, after its ReLU.
        precision: ``torch.float32`` or ``torch.bfloat16``; the last layer adds up in float32.
        batch: the number of clips that the kernels are laid out for; others are right too.
    """

    def __init__(self, model: ConvNet, layer: str, precision: torch.dtype, batch: int) -> None:
        self.precision = precision
        self._steps: list[_Step] = []
        before: tuple[int, ...] = model.layer_input
        for one, row in zip(model.layers, trace(model.layers, model.layer_input), strict=True):
            if isinstance(one, Conv):
                self._steps.append(self._convolution(model, one, (batch, *before)))
            elif isinstance(one, Full):
                self._steps.append(self._full(model, one, prod(before)))
            else:
                self._steps.append(getattr(model, one.name))
            before = row.shape
            if one.name == layer:
                break

    def __call__(self, x: Tensor) -> Tensor:
        """``(N, C, L, H, W)`` as the first layer sees it to ``(N, features)``, float32."""
        x = x.to(self.precision).contiguous(memory_format=torch.channels_last_3d)
        for step in self._steps:
            x = step(x)
        return x.float().flatten(1)

    def _convolution(self, model: ConvNet, layer: Conv, shape: tuple[int, ...]) -> _Step:
        module, half = getattr(model, layer.name), [k // 2 for k in layer.kernel]
        weight = module.weight.detach().to(self.precision)
        weight = weight.contiguous(memory_format=torch.channels_last_3d)
        bias = module.bias.detach().to(self.precision)
        stride, dilation = [layer.stride, 1, 1], [1, 1, 1]
        relu = not _last(model, layer)
        if not (relu and _has_fused()):

            def plain(x: Tensor) -> Tensor:
                x = F.conv3d(x, weight, bias, stride, half)
                return x.relu_() if relu else x

            return plain
        if suits(layer.kernel, layer.stride, shape[2], shape[1]):
            return TimeWinograd(module.weight, module.bias, self.precision, shape)
        ops = torch.ops.mkldnn
        laid_out = ops._reorder_convolution_weight(weight, half, stride, dilation, 1, list(shape))

        def fused(x: Tensor) -> Tensor:
            return ops._convolution_pointwise(
                x, laid_out, bias, half, stride, dilation, 1, "relu", [], ""
            )

        return fused

    def _full(self, model: ConvNet, layer: Full, inputs: int) -> _Step:
        module, last = getattr(model, layer.name), _last(model, layer)
        precision = torch.float32 if last else self.precision
        weight = module.weight.detach().to(precision, copy=True)
        bias = module.bias.detach().to(precision, copy=True)

        def full(x: Tensor) -> Tensor:
            x = F.linear(x.flatten(1).to(precision), weight, bias)
            return x if last else x.relu_()

        return full


def _last(model: ConvNet, layer: Layer) -> bool:
    return layer.name == model.layers[-1].name


def _has_fused() -> bool:
    """Whether torch has oneDNN here and shows the fused convolution that its compiler uses."""
    return torch.backends.mkldnn.is_available() and all(
        hasattr(torch.ops.mkldnn, name)
        for name in ("_convolution_pointwise", "_reorder_convolution_weight")
    )
