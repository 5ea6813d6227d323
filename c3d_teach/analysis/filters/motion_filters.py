"""Kernels made by hand whose tuning is known beforehand, and a net that holds them (ours).

A Gabor that moves (Adelson and Bergen 1985) prefers gratings that drift as it does. One that
stands still prefers none of two opposite directions, and a flicker filter no direction at all.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from c3d_teach.data.transforms import Preprocess
from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Conv, Full
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.classifier import Classifier

# A wide envelope tells frequencies apart, a narrow one ends before the kernel does.
_ENVELOPE = 0.28  # standard deviation of the Gaussian, as a share of the kernel's side


def moving_gabor(
    shape: Sequence[int] = (5, 7, 7),
    direction: float = 0.0,
    spatial_frequency: float = 0.18,
    temporal_frequency: float = 0.2,
    *,
    phase: float = 0.0,
) -> NDArray[np.float32]:
    """A kernel that answers best to a grating of this direction and these frequencies.

    A plane wave under a Gaussian envelope; its mean is 0, so that even grey says nothing to it,
    and the sum of its squares is 1. The preferred speed is temporal_frequency /
    spatial_frequency, in pixels a frame.

    Args:
        shape: d×k×k, odd numbers. The smaller the kernel, the less it can tell apart: 3 frames
            hardly separate a frequency from its opposite.
        direction: degrees, counter-clockwise on paper: 0 to the right, 90 up.
        spatial_frequency: cycles a pixel, above 0 and below 0.5.
        temporal_frequency: cycles a frame, from 0 and below 0.5.
        phase: degrees; 0 has a ridge in the middle of the kernel, 90 an edge.

    Returns:
        float32 ``(d, k, k)``.

    Raises:
        UsageError: for another shape or frequencies out of range.
    """
    t, up, x = _places(shape)
    _frequency("spatial_frequency", spatial_frequency, least=1e-3)
    _frequency("temporal_frequency", temporal_frequency)
    angle = np.radians(float(direction))
    along = np.cos(angle) * x + np.sin(angle) * up
    cycles = spatial_frequency * along - temporal_frequency * t
    return _balanced(np.cos(2 * np.pi * cycles + np.radians(phase)), _envelope(t, up, x))


def static_gabor(
    shape: Sequence[int] = (5, 7, 7),
    direction: float = 0.0,
    spatial_frequency: float = 0.18,
    *,
    phase: float = 0.0,
) -> NDArray[np.float32]:
    """The same without motion: it answers best to a grating that stands still.

    Raises:
        UsageError: as :func:`moving_gabor`.
    """
    return moving_gabor(shape, direction, spatial_frequency, 0.0, phase=phase)


def flicker_filter(
    shape: Sequence[int] = (5, 7, 7), temporal_frequency: float = 0.25
) -> NDArray[np.float32]:
    """A blob that goes bright and dark: it answers to change in time, whatever moves where.

    It is a product of a function of time and a round one of place, and such a product answers
    alike to every direction. Mean 0, sum of squares 1.

    Raises:
        UsageError: for another shape or a frequency out of range.
    """
    t, up, x = _places(shape)
    _frequency("temporal_frequency", temporal_frequency, least=1e-3)
    if len(t) < 3:
        raise UsageError(f"A flicker filter needs 3 frames or more; the shape is {tuple(shape)}.")
    sigma = max(t.max(), 1.0) * 2 * _ENVELOPE
    clock = _balanced(np.cos(2 * np.pi * temporal_frequency * t), np.exp(-0.5 * (t / sigma) ** 2))
    blob = _envelope(0 * t[:1], up, x)
    kernel = clock * blob
    return (kernel / np.sqrt((kernel**2).sum())).astype(np.float32)


def filter_net(
    kernels: Mapping[str, ArrayLike] | Sequence[ArrayLike],
    clip_shape: Sequence[int] = (1, 16, 32, 32),
) -> Classifier:
    """A net of one convolution, "conv1", that holds these kernels, with ReLU and no bias.

    Clips come in as (value − 127.5) / 127.5: grey is 0, black −1, white 1. In colour a kernel
    sees the mean of the channels. The last layer, "mean", answers for each kernel the mean of
    its map, so that ``predict`` says which kernel a clip suits best.

    Args:
        kernels: name → ``(d, k, k)``, all of one shape; or a sequence of them.
        clip_shape: ``(C, L, H, W)``, C = 1 or 3.

    Raises:
        UsageError: for no kernels, or of different or even shapes.
    """
    named = (
        dict(kernels)
        if isinstance(kernels, Mapping)
        else {f"kernel {i}": kernel for i, kernel in enumerate(kernels)}
    )
    arrays = [np.asarray(kernel, np.float32) for kernel in named.values()]
    shapes = {array.shape for array in arrays}
    if len(shapes) != 1 or any(len(s) != 3 for s in shapes):
        raise UsageError(
            f"filter_net() was given kernels of shapes {sorted(shapes)}; it takes one or more "
            "kernels (d, k, k) of one shape."
        )
    (shape,) = shapes
    _places(shape)
    if not all(np.isfinite(array).all() for array in arrays):
        raise UsageError("A kernel holds NaN or infinite numbers.")
    if len(clip_shape) != 4 or clip_shape[0] not in (1, 3):
        raise UsageError(
            f"clip_shape is {tuple(clip_shape)}; it is (C, L, H, W) with C = 1 (grey) or 3 "
            "(colour)."
        )
    channels, length, height, width = (int(n) for n in clip_shape)
    count = len(arrays)
    layers = (Conv("conv1", count, (shape[0], shape[1], shape[2])), Full("mean", count))
    config = {"net": "filters", "names": list(named), "clip_shape": list(clip_shape)}
    model = ConvNet(layers, (channels, length, height, width), dropout=0.0, config=config)
    weight = torch.from_numpy(np.stack(arrays))[:, None] / channels
    state = {
        "conv1.weight": weight.expand(-1, channels, -1, -1, -1).contiguous(),
        "conv1.bias": torch.zeros(count),
        "mean.weight": torch.eye(count).repeat_interleave(length * height * width, 1)
        / (length * height * width),
        "mean.bias": torch.zeros(count),
    }
    model.load_state_dict(state)
    grey = (127.5,) * channels
    preprocess = Preprocess((height, width), min(height, width), grey, grey, length)
    card = {"made": "by hand: one convolution with kernels of known tuning"}
    return Classifier(model.channels_last().eval(), preprocess, tuple(named), card, "filters")


def _places(shape: Sequence[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Time, height (up on paper) and x of the kernel's cells, from its middle; broadcastable."""
    if len(shape) != 3 or any(int(n) != n or n < 1 or n % 2 == 0 for n in shape):
        raise UsageError(f"A kernel's shape is d×k×k in odd numbers; given was {tuple(shape)}.")
    t, y, x = (np.arange(int(n)) - int(n) // 2 for n in shape)
    return t[:, None, None].astype(float), -y[None, :, None].astype(float), x.astype(float)


def _envelope(t: np.ndarray, up: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Gaussian; round in space, whatever the kernel's depth."""
    width, frames = x.size * _ENVELOPE, max(t.size * _ENVELOPE, 1e-9)
    return np.exp(-0.5 * ((t / frames) ** 2 + (x**2 + up**2) / width**2))


def _balanced(wave: np.ndarray, envelope: np.ndarray) -> NDArray[np.float32]:
    """The wave under its envelope with mean 0 and norm 1.

    The mean goes out in the envelope's own shape: a constant would leave a step at the edge.
    """
    kernel = wave * envelope
    kernel = kernel - envelope * (kernel.sum() / envelope.sum())
    norm = np.sqrt((kernel**2).sum())
    if norm < 1e-6:
        raise UsageError("The kernel is too small for this frequency: nothing is left of it.")
    return (kernel / norm).astype(np.float32)


def _frequency(name: str, value: float, least: float = 0.0) -> None:
    if not least <= value < 0.5:
        span = "from 0" if least == 0 else "above 0"
        raise UsageError(f"{name} is {value:g}; it is {span} and below 0.5 cycles.")
