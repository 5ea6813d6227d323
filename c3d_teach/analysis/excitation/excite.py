"""Activation maximisation: a clip made by gradient ascent, that excites one unit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from c3d_teach.analysis.descriptors.folds import check_seed
from c3d_teach.analysis.excitation.paint import Paint
from c3d_teach.analysis.units import Unit, classifier_of, known_head, normalised, own_copy, unit_of
from c3d_teach.data.counter import key_of
from c3d_teach.errors import UsageError
from c3d_teach.models.classifier import Classifier

_QUIET = 0.1  # contrast of the first clips, in logits of the pixels
_LOUDER = (1.0, 4.0, 16.0)  # factors on it, until one of the first clips excites the unit
_TOGETHER = 16  # clips that climb at once


@dataclass(frozen=True)
class Excitation:
    """Result of :func:`excite`. Activations are means over the unit's map.

    Attributes:
        unit: which unit.
        clip: ``(L, H, W, C)`` uint8, the clip that was found.
        activation: of ``clip``, by the net as it is.
        peak: the largest value in the unit's map for ``clip``, to compare with best clips.
        curve: ``(steps + 1,)`` activation of the clip on its way there, before rounding.
        noise: the largest activation of ``noise_clips`` random clips, the control.
        noise_peak: the largest value anywhere in the maps of these.
        noise_clips: how many random clips: as many as the ascent looked at.
        fired: whether the unit was excited at all; where it was not, ``clip`` means nothing.
        contrast: factor on the contrast of the first clip that was needed to excite the unit.
        settings: steps, weights and jitter of the ascent.
        seed: that made it.
        name: of the class, where the unit is a class's logit; else "".
    """

    unit: Unit
    clip: NDArray[np.uint8] = field(repr=False)
    activation: float
    peak: float
    curve: NDArray[np.float64] = field(repr=False)
    noise: float
    noise_peak: float
    noise_clips: int
    fired: bool
    contrast: float
    settings: dict[str, float]
    seed: int
    name: str = ""

    @property
    def sentence(self) -> str:
        unit = f"{self.unit} (“{self.name}”)" if self.name else str(self.unit)
        steps = len(self.curve) - 1
        if not self.fired and self.noise_peak > 0:
            return (
                f"{unit} was not excited by the first clips, so nothing could climb; the best of "
                f"{self.noise_clips} random clips does excite it ({self.noise_peak:.3g} at its "
                "peak). Try another seed or more starts, or look at its best clips."
            )
        if not self.fired:
            return (
                f"{unit} was never excited: not by the first clips, not by louder ones, "
                f"and not by {self.noise_clips} random clips."
            )
        text = (
            f"A clip made in {steps} steps to excite {unit}: the mean of its map rises "
            f"from {self.curve[0]:.3g} to {self.activation:.3g}."
        )
        rest = f"the best of {self.noise_clips} random clips reaches {self.noise:.3g}."
        if self.activation <= self.noise:
            return f"{text} That is no more than chance: {rest}"
        return f"{text} For comparison, {rest}"


def excite(
    net: Classifier,
    layer: str,
    unit: int,
    *,
    steps: int = 48,
    starts: int = 2,
    rate: float = 0.15,
    frequency: float = 0.75,
    tv_space: float = 1.0,
    tv_time: float = 1.0,
    jitter: int = 2,
    jitter_time: int = 1,
    seed: int = 0,
) -> Excitation:
    """A clip that excites one unit as much as gradient ascent can find (Erhan et al. 2009).

    What climbs is the mean of the unit's whole map after the ReLU (a logit for the last layer):
    every place pulls, so few steps are enough, and the clip shows what the unit wants repeated
    all over, as a texture. A unit that likes all that is bright ends with a white clip.

    Ascent on pixels finds high-frequency patterns that look like noise. The usual remedies:
    the clip is the Fourier transform of what is learnt, with high frequencies scaled down and
    colours decorrelated (Olah et al. 2017); total variation is a cost (Mahendran and Vedaldi
    2015; separate weights for space and time are ours) in place of the L2 cost of Simonyan et
    al. 2014; and before each step the clip is shifted at random in x, y and t (Olah et al.
    2017; t is ours). Each step goes the same length along the gradient: Adam, which brings
    every frequency to the same strength, gave noisier clips that excite less. The cost counts
    against the inverse hyperbolic sine of the activation in units of its spread over random
    clips, so that its weights mean the same for every unit. Pixels stay within 0-255 by a
    sigmoid. The first clips are nearly what the net takes for zero, the mean colour in
    training; a unit that they leave cold is tried with 4 and 16 times the contrast.

    Args:
        net: the trained net.
        layer: any layer.
        unit: channel of the layer.
        steps: of the ascent.
        starts: clips that climb side by side from different noise; the best one is returned.
        rate: length of a step: the change of the clip in logits of its pixels.
        frequency: power by which amplitudes fall with frequency; 0 for white.
        tv_space, tv_time: cost of a difference between neighbouring pixels and frames.
        jitter: largest shift in pixels, in x and in y.
        jitter_time: largest shift in frames.
        seed: any integer from 0.

    Raises:
        UsageError: for an unknown layer or unit, or a number out of range.
    """
    return excite_many(
        net,
        layer,
        [unit],
        steps=steps,
        starts=starts,
        rate=rate,
        frequency=frequency,
        tv_space=tv_space,
        tv_time=tv_time,
        jitter=jitter,
        jitter_time=jitter_time,
        seed=seed,
    )[0]


def excite_many(
    net: Classifier,
    layer: str,
    units: Sequence[int],
    *,
    steps: int = 48,
    starts: int = 2,
    rate: float = 0.15,
    frequency: float = 0.75,
    tv_space: float = 1.0,
    tv_time: float = 1.0,
    jitter: int = 2,
    jitter_time: int = 1,
    seed: int = 0,
) -> tuple[Excitation, ...]:
    """:func:`excite` for several units of a layer at once; the noise is shared.

    Raises:
        UsageError: as :func:`excite`, and for no unit.
    """
    if not len(units):
        raise UsageError("units is empty; name at least one unit.")
    chosen = [unit_of(classifier_of(net), layer, channel) for channel in units]
    settings = {
        "steps": steps,
        "starts": starts,
        "rate": rate,
        "frequency": frequency,
        "tv_space": tv_space,
        "tv_time": tv_time,
        "jitter": jitter,
        "jitter_time": jitter_time,
    }
    _check(settings, seed)
    if layer == net.model.layers[-1].name:
        known_head(net)
    room = max(1, _TOGETHER // starts)
    found = []
    with torch.inference_mode(False):  # whoever calls may have switched gradients off
        ascent = _Ascent(net, layer, settings, seed)
        noise, noise_peaks = ascent.noise_control([unit.channel for unit in chosen])
        for first in range(0, len(chosen), room):
            part = slice(first, first + room)
            found += ascent.climb(chosen[part], noise[:, part], noise_peaks[part])
    return tuple(found)


class _Ascent:
    """All that does not depend on the unit."""

    def __init__(self, net: Classifier, layer: str, settings: dict[str, float], seed: int) -> None:
        self.net, self.layer, self.settings, self.seed = net, layer, settings, seed
        self.model = own_copy(net)  # in evaluation mode; the user's net stays in the mode it is in
        self.starts, self.steps = int(settings["starts"]), int(settings["steps"])
        self.paint = Paint(net, settings["frequency"])

    def noise_control(self, channels: list[int]) -> tuple[Tensor, Tensor]:
        """Means over the maps ``(clips, units)`` of random clips, and the largest values."""
        count, batch = self.steps * self.starts, _TOGETHER  # the draws depend on the batch
        generator = torch.Generator().manual_seed(self.seed)
        means, peaks = [], []
        for first in range(0, count, batch):
            some = min(batch, count - first)
            white = torch.rand(some, *self.net.model.clip_shape, generator=generator)
            waves = self.paint.pixels(self.paint.random(some, generator)).cpu()
            clips = torch.where((torch.arange(some) % 2 == 0).view(-1, 1, 1, 1, 1), white, waves)
            mean, peak = self._measured(self.paint.rounded(clips), channels)
            means.append(mean)
            peaks.append(peak)
        return torch.cat(means), torch.cat(peaks).amax(0)

    def climb(self, units: list[Unit], noise: Tensor, noise_peaks: Tensor) -> list[Excitation]:
        """Each unit from the quietest first clips that excite it."""
        found: dict[Unit, Excitation] = {}
        relu = self.layer != self.net.model.layers[-1].name
        for loudness in _LOUDER:
            left = [k for k, unit in enumerate(units) if unit not in found]
            if not left:
                break
            generator = torch.Generator().manual_seed(key_of("excite", self.seed, loudness))
            first = _QUIET * loudness * self.paint.random(self.starts, generator)
            channels = [units[k].channel for k in left]
            heard, _ = self._measured(self.paint.rounded(self.paint.pixels(first)), channels)
            if relu and loudness < _LOUDER[-1]:
                left = [k for k, warm in zip(left, heard.amax(0) > 0, strict=True) if warm]
            if left:
                spread = noise[:, left].std(0) if len(noise) > 1 else noise[:, left].abs()[0]
                clips, curves = self._ascend(first, [units[k].channel for k in left], spread)
                for k, some, curve in zip(left, clips, curves, strict=True):
                    means, peaks = self._measured(some, [units[k].channel])
                    best = int(means[:, 0].argmax())
                    found[units[k]] = Excitation(
                        unit=units[k],
                        clip=some[best].numpy(),
                        activation=float(means[best]),
                        peak=float(peaks[best]),
                        curve=curve[:, best].double().numpy(),
                        noise=float(noise[:, k].max()),
                        noise_peak=float(noise_peaks[k]),
                        noise_clips=len(noise),
                        fired=not relu or float(means[best]) > 0,
                        contrast=loudness,
                        settings=self.settings,
                        seed=self.seed,
                        name="" if relu else self.net.classes[units[k].channel],
                    )
        return [found[unit] for unit in units]

    def _ascend(self, first: Tensor, channels: list[int], spread: Tensor) -> tuple[Tensor, Tensor]:
        """uint8 clips ``(units, starts, L, H, W, C)``, curves ``(units, steps + 1, starts)``."""
        device, starts = first.device, self.starts
        mine = torch.tensor(channels, device=device).repeat_interleave(starts)
        unit_of_spread = torch.where(spread > 0, spread, 1.0).repeat_interleave(starts).to(device)
        generator = torch.Generator().manual_seed(self.seed)
        jitter = [int(self.settings[name]) for name in ("jitter_time", "jitter", "jitter")]
        curve = []
        with torch.enable_grad():
            spectrum = first.repeat(len(channels), 1, 1, 1, 1, 1).clone().requires_grad_()
            for step in range(self.steps + 1):
                pixels = self.paint.pixels(spectrum)
                if step < self.steps:
                    shift = [
                        int(torch.randint(-most, most + 1, (), generator=generator))
                        for most in jitter
                    ]
                    shifted = pixels.roll(shift, (2, 3, 4))
                else:
                    shifted = pixels
                answers = self._maps(self.paint.net_input(shifted))
                answer = answers[torch.arange(len(mine), device=device), mine].mean(1)
                curve.append(answer.detach().float().cpu())
                if step == self.steps:
                    break
                cost = self.settings["tv_space"] * (_change(pixels, 3) + _change(pixels, 4))
                cost = cost + self.settings["tv_time"] * _change(pixels, 2)
                gain = ((answer / unit_of_spread).asinh() - cost).sum()
                (gradient,) = torch.autograd.grad(gain, spectrum)
                size = gradient.square().flatten(1).mean(1).sqrt().clamp(min=1e-30)
                with torch.no_grad():
                    spectrum += gradient * (self.settings["rate"] / size).view(-1, 1, 1, 1, 1, 1)
            made = self.paint.rounded(pixels.detach())
        shape = (len(channels), starts)
        curves = torch.stack(curve, 1).unflatten(0, shape).transpose(1, 2)
        return made.unflatten(0, shape), curves

    @torch.no_grad()
    def _measured(self, clips: Tensor, channels: list[int]) -> tuple[Tensor, Tensor]:
        """Mean and largest value of the units' maps, ``(N, units)`` each, by the net as it is."""
        maps = self._maps(normalised(self.net, clips))[:, channels]
        return maps.mean(2).float().cpu(), maps.amax(2).float().cpu()

    def _maps(self, x: Tensor) -> Tensor:
        maps = self.model.activations(x, self.layer)
        return maps.flatten(2) if maps.ndim > 2 else maps[..., None]


def _change(pixels: Tensor, axis: int) -> Tensor:
    """Total variation along an axis: the mean size of a step to the next pixel, a clip each."""
    return pixels.diff(dim=axis).abs().flatten(1).mean(1)


def _check(settings: dict[str, float], seed: int) -> None:
    least = {"steps": 1, "starts": 1, "jitter": 0, "jitter_time": 0}
    for name, value in settings.items():
        whole = name in least
        if isinstance(value, bool) or not isfinite(value) or (whole and int(value) != value):
            raise UsageError(
                f"{name} is {value!r}; it is {'a whole' if whole else 'a finite'} number."
            )
        if value < least.get(name, 0) or (name == "rate" and value == 0):
            limit = f"at least {least[name]}" if whole else "positive"
            raise UsageError(f"{name} is {value}; it is {limit}.")
    check_seed(seed)
