"""Clips painted with waves: a Fourier transform that gradient ascent can climb in."""

from math import prod

import torch
from torch import Tensor

from c3d_teach.models.classifier import Classifier

# Olah et al. 2017: natural colours are correlated; steps along these three axes (brightness,
# blue against yellow, green against magenta) keep the colours of a made clip apart from noise.
_COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))


class Paint:
    """What gradient ascent learns a clip in: from waves to pixels to the net's input.

    Waves are coefficients ``(N, C, L, H, W // 2 + 1, 2)`` of about unit size: the real and
    imaginary parts of a clip's Fourier transform, before high frequencies are scaled down.
    All steps can be differentiated.

    Args:
        net: whose clips these are.
        frequency: power by which amplitudes fall with frequency; 0 for white.
    """

    def __init__(self, net: Classifier, frequency: float) -> None:
        device = next(net.model.parameters()).device
        channels, length, height, width = net.model.clip_shape
        self.size, self.bgr = (length, height, width), net.preprocess.channel_order == "bgr"
        # a net's input is a straight line of its pixels; two flat clips say which
        ends = torch.zeros(2, length, height, width, channels, dtype=torch.uint8)
        ends[1] = 255
        self.low, high = net.preprocess(ends).to(device)
        self.range = high - self.low
        grey = (-self.low / self.range).clamp(0.02, 0.98)  # what the net takes for zero
        self.middle = (grey / (1 - grey)).log()
        axes = torch.fft.fftfreq(length), torch.fft.fftfreq(height), torch.fft.rfftfreq(width)
        squared = axes[0].square()[:, None, None] + axes[1].square()[:, None] + axes[2].square()
        lowest = 1 / max(self.size)
        fall = squared.sqrt().clamp(min=lowest) ** -frequency
        # waves of unit size give logits of about unit size
        self.fall = (fall / fall.square().mean().sqrt() * prod(self.size) ** 0.5).to(device)
        self.fall = self.fall / 2**0.5
        mixing = torch.eye(channels)
        if channels == 3:
            mixing = torch.tensor(_COLOURS)
            mixing = (mixing.flip(0) if self.bgr else mixing) / mixing.norm(dim=1).max()
        self.mixing = mixing.to(device)

    def random(self, count: int, generator: torch.Generator) -> Tensor:
        """Waves of ``count`` clips, normally distributed."""
        shape = (count, len(self.mixing), *self.fall.shape, 2)
        return torch.randn(shape, generator=generator).to(self.fall.device)

    def pixels(self, waves: Tensor) -> Tensor:
        """Clips ``(N, C, L, H, W)`` from 0 to 1, channels in the net's order."""
        spectrum = torch.view_as_complex(waves.contiguous()) * self.fall
        logits = torch.fft.irfftn(spectrum, self.size, dim=(2, 3, 4))
        return torch.sigmoid(torch.einsum("dc,nclhw->ndlhw", self.mixing, logits) + self.middle)

    def net_input(self, pixels: Tensor) -> Tensor:
        """What the net's preprocessing makes of such pixels, without rounding them."""
        x = self.low + self.range * pixels
        return x.contiguous(memory_format=torch.channels_last_3d)

    def rounded(self, pixels: Tensor) -> Tensor:
        """uint8 clips ``(N, L, H, W, C)``, RGB."""
        clips = (pixels * 255).round().to(torch.uint8).cpu()
        return (clips.flip(1) if self.bgr else clips).movedim(1, -1).contiguous()
