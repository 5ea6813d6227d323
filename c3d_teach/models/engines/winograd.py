"""A convolution with 3 frames deep kernels and a third fewer multiplications.

Winograd's F(2, 3) along time (Lavin and Gray, "Fast Algorithms for Convolutional Neural
Networks", CVPR 2016, there in space): two output frames need four 2D convolutions of sums and
differences of frames instead of six of frames. Along time alone it fits C3D: oneDNN still does the
2D convolutions, and the sums are of whole maps. In bfloat16 it rounds twice as much as the direct
way (measured: relative error 0.0045 against 0.0023 a layer), in float32 alike.
"""

import torch
from torch import Tensor

from c3d_teach.device import matrix_tiles
from c3d_teach.models.arithmetic import Conv

SHORTEST = 4  # frames; of 2 frames the direct way skips as much, for most it would see is padding


class TimeWinograd:
    """ReLU of the "same" convolution of ``(N, C, L, H, W)`` with 3×k×k kernels, L even.

    Args:
        weight: ``(K, C, 3, k, k)``, k odd.
        bias: ``(K,)``.
        precision: of the products; sums of maps are in it too.
        shape: ``(N, C, L, H, W)`` that kernels are laid out for; other N are right too.
    """

    def __init__(
        self, weight: Tensor, bias: Tensor, precision: torch.dtype, shape: tuple[int, ...]
    ) -> None:
        n, channels, length, height, width = shape
        first, middle, last = weight.detach().double().unbind(2)
        outer = first + last
        kernels = (first, (outer + middle) / 2, (outer - middle) / 2, last)
        self._half = [weight.shape[-1] // 2] * 2
        self._kernels = [
            torch.ops.mkldnn._reorder_convolution_weight(
                kernel.to(precision).contiguous(memory_format=torch.channels_last),
                self._half,
                [1, 1],
                [1, 1],
                1,
                [n * length // 2, channels, height, width],
            )
            for kernel in kernels
        ]
        self._bias = bias.detach().to(precision)

    def __call__(self, x: Tensor) -> Tensor:
        frames = x.permute(0, 2, 3, 4, 1).contiguous()  # as channels last lies in memory
        even, odd = frames[:, 0::2], frames[:, 1::2]
        # of the padded clip, a pair of outputs sees frames before, even, odd, after
        before = torch.empty_like(even, memory_format=torch.contiguous_format)
        torch.sub(odd[:, :-1], odd[:, 1:], out=before[:, 1:])
        torch.neg(odd[:, 0], out=before[:, 0])
        after = torch.empty_like(before)
        torch.sub(even[:, :-1], even[:, 1:], out=after[:, :-1])
        after[:, -1] = even[:, -1]
        one, two, three, four = (
            self._flat(part, k) for k, part in enumerate((before, even + odd, odd - even, after))
        )
        # the bias is in "two", which goes into both
        n, pairs, *size = two.shape
        out = two.new_empty(n, pairs, 2, *size)
        torch.clamp_min(one.add_(two).add_(three), 0, out=out[:, :, 0])
        torch.clamp_min(two.sub_(three).sub_(four), 0, out=out[:, :, 1])
        return out.view(n, 2 * pairs, *size).permute(0, 4, 1, 2, 3)

    def _flat(self, frames: Tensor, kernel: int) -> Tensor:
        """``(N, L/2, H, W, C)`` convolved in space, every frame for itself."""
        n, pairs, height, width, channels = frames.shape
        maps = frames.view(n * pairs, height, width, channels).permute(0, 3, 1, 2)
        made = torch.ops.mkldnn._convolution_pointwise(
            maps,
            self._kernels[kernel],
            self._bias if kernel == 1 else None,
            self._half,
            [1, 1],
            [1, 1],
            1,
            "none",
            [],
            "",
        )
        return made.permute(0, 2, 3, 1).view(n, pairs, height, width, -1)


def suits(layer: Conv, shape: tuple[int, ...], precision: torch.dtype) -> bool:
    """Whether it is worth it for ``layer`` on clips of ``shape`` (N, C, L, H, W).

    It takes a depth of 3, an even number of frames, and channels enough to repay the sums. Not in
    bfloat16 on processors that multiply matrices by tiles (AMX): products are so cheap there that
    sums are not repaid (measured on C3D: 1.36 times the direct way's time).
    """
    _, channels, length, _, _ = shape
    if precision == torch.bfloat16 and matrix_tiles():
        return False
    fits = layer.kernel[0] == 3 and layer.stride == 1 and length >= SHORTEST and length % 2 == 0
    return fits and channels >= 16
