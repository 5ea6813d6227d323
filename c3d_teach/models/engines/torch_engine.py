"""A net's layers on the CPU in torch, faster than as a module.

Against the net called as a module: kernels are laid out once for this processor instead of at
each call, maps stay channels last, no ReLU reads and writes a map a second time, kernels 3 frames
deep take a third fewer multiplications (``winograd.py``), and bfloat16 halves what is moved. Layers
with large maps are computed for a few clips at a time: their maps then stay in memory that is at
hand, while those of a whole batch would be mapped anew at every layer.
"""

from collections.abc import Callable
from math import prod

import torch
from torch import Tensor
from torch.nn import functional as F

from c3d_teach.models.arithmetic import Conv, Full, Layer, Pool, trace
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.engines.winograd import TimeWinograd, suits

_Step = Callable[[Tensor], Tensor]
# bytes of a map above which C libraries map memory anew for each
_AT_HAND = 32 << 20
# bytes of a batch's map above which a layer is computed for a few clips at a time (measured: C3D,
# 2 and 8 clips); below, kernels are read once for all clips
_LARGE = 16 << 20


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
        rows = list(zip(model.layers, trace(model.layers, model.layer_input), strict=True))
        sizes = [prod(row.shape) * precision.itemsize for _, row in rows]
        large = [place for place, size in enumerate(sizes) if size * batch > _LARGE]
        self._few = min(batch, max(1, _AT_HAND // max(sizes)))
        self._large: list[_Step] = []  # for a few clips at a time
        self._steps: list[_Step] = []  # for all
        before: tuple[int, ...] = model.layer_input
        for place, (one, row) in enumerate(rows):
            alone = self._few < batch and place <= max(large, default=-1)
            shape = (self._few if alone else batch, *before)
            (self._large if alone else self._steps).append(self._step(model, one, shape))
            before = row.shape
            if one.name == layer:
                break

    def __call__(self, x: Tensor) -> Tensor:
        """``(N, C, L, H, W)`` as the first layer sees it to ``(N, features)``, float32."""
        if self._large:
            parts = [_through(self._large, self._laid(few)) for few in x.split(self._few)]
            x = torch.cat(parts) if len(parts) > 1 else parts[0]
        else:
            x = self._laid(x)
        return _through(self._steps, x).float().flatten(1)

    def _laid(self, x: Tensor) -> Tensor:
        return x.to(self.precision).contiguous(memory_format=torch.channels_last_3d)

    def _step(self, model: ConvNet, layer: Layer, shape: tuple[int, ...]) -> _Step:
        """``layer`` for what comes in as ``shape``."""
        if isinstance(layer, Conv):
            return self._convolution(model, layer, shape)
        if isinstance(layer, Full):
            return self._full(model, layer, prod(shape[1:]))
        after_relu = layer is not model.layers[0]
        if self.precision == torch.bfloat16 and after_relu and _halves(layer, shape):
            return _halved_in_time if layer.kernel[0] == 2 else _halved
        step: _Step = getattr(model, layer.name)
        return step

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
        if suits(layer, shape, self.precision):
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


def _through(steps: list[_Step], x: Tensor) -> Tensor:
    for step in steps:
        x = step(x)
    return x


def _halves(pool: Pool, shape: tuple[int, ...]) -> bool:
    """Whether ``pool`` halves what comes in as ``shape``, with no window that is not full."""
    depth, *window = pool.kernel
    _, _, length, height, width = shape
    even = length % depth == height % 2 == width % 2 == 0
    return depth in (1, 2) and window == [2, 2] and even and pool.align == "ceil"


def _halved(x: Tensor) -> Tensor:
    """1×2×2 max pooling of bf16 maps without negative numbers.

    Read as integers such numbers keep their order, and integers are compared 32 at a time.
    """
    maps = x.permute(0, 2, 3, 4, 1).view(torch.int16)  # as channels last lies in memory
    maps = torch.maximum(maps[:, :, 0::2], maps[:, :, 1::2])
    maps = torch.maximum(maps[:, :, :, 0::2], maps[:, :, :, 1::2])
    return maps.view(torch.bfloat16).permute(0, 4, 1, 2, 3)


def _halved_in_time(x: Tensor) -> Tensor:
    """2×2×2 max pooling of bf16 maps without negative numbers."""
    frames = x.permute(0, 2, 3, 4, 1).view(torch.int16)
    frames = torch.maximum(frames[:, 0::2], frames[:, 1::2])
    return _halved(frames.view(torch.bfloat16).permute(0, 4, 1, 2, 3))


def _last(model: ConvNet, layer: Layer) -> bool:
    return layer.name == model.layers[-1].name


def _has_fused() -> bool:
    """Whether torch has oneDNN here and shows the fused convolution that its compiler uses."""
    return torch.backends.mkldnn.is_available() and all(
        hasattr(torch.ops.mkldnn, name)
        for name in ("_convolution_pointwise", "_reorder_convolution_weight")
    )
