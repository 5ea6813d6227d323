"""Stimuli to probe units with, as physiologists probe neurons: gratings, bars, dot fields (ours).

Directions are those of paper: 0° to the right, 90° up (rows run down), counter-clockwise.
Speeds are in pixels a frame, spatial frequencies in cycles a pixel, temporal frequencies in
cycles a frame. All clips are uint8 ``(N, L, H, W, 1)`` on a grey ground of 127 or 128.

**The opposite of each stimulus is the same clip reversed in time, to the last bit.** Only one
of the two is computed; the other is that clip with its frames in reverse order. A unit that
tells them apart tells the arrow of time and nothing else.
"""

from collections.abc import Sequence
from contextlib import suppress
from math import isfinite

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from c3d_teach.data.counter import key_of, uniform
from c3d_teach.errors import UsageError

PATTERNS = (
    *("expansion", "contraction"),
    *("counter-clockwise", "clockwise"),
    *("right", "left"),
    *("up", "down"),
)
# frames that a dot lives: long against one step of motion, short enough that a dot in an
# expanding field neither starts far inside the frame nor ends far outside it
DOT_LIFE = 8
DOT_SIZE = 1.0  # standard deviation of a dot's Gaussian profile, pixels
_AREA = 24.0  # pixels of the frame for each dot
_GREY = 127.5
_TURN = 360.0


def gratings(
    directions: ArrayLike,
    spatial_frequencies: ArrayLike,
    temporal_frequencies: ArrayLike,
    phases: ArrayLike = 0.0,
    *,
    contrast: ArrayLike = 1.0,
    length: int = 16,
    size: tuple[int, int] = (32, 32),
) -> Tensor:
    """Sine gratings that drift: one clip for each entry of the (broadcast) arguments.

    ``127.5 (1 + contrast · cos(2π (f·x − w·t) + phase))`` with x along the direction from the
    middle of the frame and t from the middle of the clip. For directions from 180° it is the
    clip of the opposite direction, played backwards: the phase, too, is counted along the axis.

    Args:
        directions: degrees.
        spatial_frequencies: f in cycles a pixel, from 0 to 0.5; above, pixels cannot show it.
        temporal_frequencies: w in cycles a frame, from 0 (standing still) to 0.5.
        phases: degrees, in mid-clip at the middle of the frame.
        contrast: from 0 to 1.
        length: frames.
        size: height and width.

    Returns:
        uint8 ``(N, L, H, W, 1)``.

    Raises:
        UsageError: for numbers out of range, or arguments of lengths that do not fit.
    """
    theta, f, w, phase, c = _columns(
        directions=directions,
        spatial_frequencies=spatial_frequencies,
        temporal_frequencies=temporal_frequencies,
        phases=phases,
        contrast=contrast,
    )
    _in_range("spatial_frequencies", f, 0.0, 0.5, "cycles a pixel")
    _in_range("temporal_frequencies", w, 0.0, 0.5, "cycles a frame")
    _in_range("contrast", c, 0.0, 1.0, "")
    axis, backwards = _axis(theta)
    along, times = _along(axis, size), _times(length)
    # cos(a − b) = cos a cos b + sin a sin b: one table over space, one over time
    a = 2 * np.pi * f[:, None] * along + np.radians(phase)[:, None]
    b = 2 * np.pi * w[:, None] * times
    space = np.stack([np.cos(a), np.sin(a)], 1) * (_GREY * c)[:, None, None]
    time = np.stack([np.cos(b), np.sin(b)], 2)
    waves = torch.bmm(torch.tensor(time).float(), torch.tensor(space).float())
    return _finished(waves.view(len(waves), length, *size), backwards)


def moving_bars(
    directions: ArrayLike,
    speeds: ArrayLike,
    widths: ArrayLike = 3.0,
    *,
    bright: ArrayLike = True,
    offsets: ArrayLike = 0.0,
    contrast: ArrayLike = 1.0,
    length: int = 16,
    size: tuple[int, int] = (32, 32),
) -> Tensor:
    """A long bar across the direction it moves in: one clip for each entry of the arguments.

    Its edges are antialiased, so that half a pixel of motion shows. In mid-clip it is at the
    middle of the frame, or ``offsets`` pixels from there along its axis (the direction below
    180°).

    Args:
        directions: degrees.
        speeds: pixels a frame, from 0.
        widths: pixels, above 0.
        bright: white on grey, or black on grey.
        offsets: pixels.
        contrast: from 0 to 1.
        length: frames.
        size: height and width.

    Returns:
        uint8 ``(N, L, H, W, 1)``.

    Raises:
        UsageError: for numbers out of range, or arguments of lengths that do not fit.
    """
    theta, speed, width, white, offset, c = _columns(
        directions=directions,
        speeds=speeds,
        widths=widths,
        bright=bright,
        offsets=offsets,
        contrast=contrast,
    )
    _in_range("speeds", speed, 0.0, np.inf, "pixels a frame")
    _in_range("widths", width, 0.0, np.inf, "pixels", open_below=True)
    _in_range("contrast", c, 0.0, 1.0, "")
    axis, backwards = _axis(theta)
    along = torch.tensor(_along(axis, size)).float()
    places = torch.tensor(speed[:, None] * _times(length) + offset[:, None]).float()
    sign = torch.tensor(np.where(white != 0, _GREY, -_GREY) * c).float()
    far = (along[:, None, :] - places[:, :, None]).abs_()
    half = torch.tensor(width).float()[:, None, None] / 2
    # the share of a pixel that the bar covers; of a bar thinner than a pixel never all
    covered = (half + 0.5 - far).clamp_(min=0).minimum((2 * half).clamp(max=1))
    waves = covered.mul_(sign[:, None, None])
    return _finished(waves.view(len(waves), length, *size), backwards)


def dot_fields(
    patterns: Sequence[str],
    speeds: ArrayLike,
    seeds: ArrayLike = 0,
    *,
    contrast: float = 1.0,
    length: int = 16,
    size: tuple[int, int] = (32, 32),
) -> Tensor:
    """Fields of random dots that flow in one of the 8 ``PATTERNS``: one clip for each entry.

    Half of the dots are white and half black. A dot lives ``DOT_LIFE`` frames, is drawn
    uniformly over the frame at the middle of its life, and another takes its place; so all
    frames of all patterns have the same density of dots, and a single frame does not give the
    pattern away. Turning and growing are about the middle of the frame.

    Args:
        patterns: N names, or one.
        speeds: pixels a frame, averaged over the frame; from 0. A turning or growing field has
            the rate that gives this mean speed.
        seeds: whole numbers; both patterns of a pair have the same dots.
        contrast: from 0 to 1.
        length: frames.
        size: height and width.

    Returns:
        uint8 ``(N, L, H, W, 1)``.

    Raises:
        UsageError: for an unknown pattern, numbers out of range or lengths that do not fit.
    """
    names = [patterns] if isinstance(patterns, str) else list(patterns)
    unknown = [name for name in names if name not in PATTERNS]
    if unknown or not names:
        raise UsageError(
            f"There is no pattern {unknown[0]!r}; there are {', '.join(PATTERNS)}."
            if unknown
            else f"No pattern was given; there are {', '.join(PATTERNS)}."
        )
    number, speed, seed = _columns(
        patterns=[PATTERNS.index(name) for name in names], speeds=speeds, seeds=seeds
    )
    _in_range("speeds", speed, 0.0, np.inf, "pixels a frame")
    _in_range("contrast", np.array([contrast]), 0.0, 1.0, "")
    _times(length)
    fields = [
        _field(int(k) // 2, float(v), int(s), length, size)
        for k, v, s in zip(number, speed, seed, strict=True)
    ]
    waves = torch.stack(fields).clamp_(-1, 1).mul_(_GREY * contrast)
    return _finished(waves, number % 2 == 1)


def _field(kind: int, speed: float, seed: int, length: int, size: tuple[int, int]) -> Tensor:
    """Frames ``(L, H, W)`` of the first pattern of a pair, dots ±1 at their middles."""
    height, width = size
    sides = np.array([width, height], float)
    rate, ages = speed / _mean_distance(size), np.arange(DOT_LIFE) - (DOT_LIFE - 1) / 2
    # as far as a dot travels in half a life, so that those from outside can come in
    margin = 2 + speed * DOT_LIFE / 2
    crowding = 1.0
    if kind == 0:
        margin = 2 + float(sides.max()) / 2 * np.expm1(rate * ages[-1])
        # young dots of a growing field stand closer together than old ones, and on the whole
        # closer than dots that keep their distance
        crowding = float(np.exp(-2 * rate * ages).mean())
    area = float(np.prod(sides + 2 * margin))
    slots = max(2, round(area / _AREA / crowding))
    lives = -(-length // DOT_LIFE) + 1
    key = key_of("dot field", seed, length, size)
    draws = uniform(key, torch.arange(slots), 1 + 2 * lives).numpy()
    clock = np.arange(length)[None, :] + np.floor(draws[:, :1] * DOT_LIFE).astype(int)
    age = ages[clock % DOT_LIFE]
    life = clock // DOT_LIFE
    slot = np.arange(slots)[:, None]
    middle = np.stack([draws[slot, 1 + 2 * life], draws[slot, 2 + 2 * life]], -1) - 0.5
    born = middle * (sides + 2 * margin) @ np.array([1.0, 1j])  # right and up as one number
    if kind < 2:
        place = born * np.exp(rate * (1j if kind else 1.0) * age)
    else:
        place = born + speed * (1j if kind == 3 else 1.0) * age
    # a round Gaussian is the product of a row and a column; the sum over dots a matrix product
    rows = _profile(-_middle_out(height), place.imag)
    rows[..., ::2] *= -1
    return torch.bmm(rows, _profile(_middle_out(width), place.real).mT)


def _profile(pixels: np.ndarray, places: np.ndarray) -> Tensor:
    """``(L, pixels, slots)``: how bright each dot makes each row or column of pixels."""
    far = torch.tensor(pixels).float()[:, None] - torch.tensor(places.T).float()[:, None, :]
    return far.div_(DOT_SIZE).square_().mul_(-0.5).exp_()


def _mean_distance(size: tuple[int, int]) -> float:
    x, y = _middle_out(size[1]), _middle_out(size[0])
    return float(np.hypot(x[None, :], y[:, None]).mean()) or 1.0


def _axis(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Directions below 180° and whether the clip of each has to be played backwards.

    Rounding first makes 100.3 and 280.3 share an axis to the last bit.
    """
    turned = np.round(theta, 6) % _TURN
    backwards = turned >= _TURN / 2
    return np.round(np.where(backwards, turned - _TURN / 2, turned), 6), backwards


def _along(axis: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """``(N, H·W)``: pixels from the middle of the frame along each direction."""
    x, up = _middle_out(size[1]), -_middle_out(size[0])
    angle = np.radians(axis)[:, None, None]
    return (np.cos(angle) * x + np.sin(angle) * up[:, None]).reshape(len(axis), -1)


def _middle_out(count: int) -> np.ndarray:
    return np.arange(count) - (count - 1) / 2


def _times(length: int) -> np.ndarray:
    if isinstance(length, bool) or not isinstance(length, int | np.integer) or length < 1:
        raise UsageError(f"length is {length}; a clip has a whole number of frames, at least 1.")
    return _middle_out(int(length))


def _finished(waves: Tensor, backwards: np.ndarray) -> Tensor:
    """uint8 clips ``(N, L, H, W, 1)`` of ``(N, L, H, W)`` around 0, some with time reversed."""
    clips = (waves + (_GREY + 0.5)).clamp_(0, 255).to(torch.uint8)  # rounds to the nearest
    turned = torch.from_numpy(np.ascontiguousarray(backwards))
    clips[turned] = clips[turned].flip(1)
    return clips[..., None]


def _columns(**given: ArrayLike) -> list[np.ndarray]:
    arrays = {name: np.atleast_1d(np.asarray(values, float)) for name, values in given.items()}
    lengths = ", ".join(f"{name} {a.shape}" for name, a in arrays.items())
    columns: list[np.ndarray] = []
    with suppress(ValueError):
        columns = list(np.broadcast_arrays(*arrays.values()))
    if not columns or columns[0].ndim != 1 or columns[0].size == 0:
        raise UsageError(f"One clip is made for each entry, so give one length; given: {lengths}.")
    for name, values in arrays.items():
        if not all(map(isfinite, values.tolist())):
            raise UsageError(f"{name} holds NaN or infinite numbers.")
    return columns


def _in_range(
    name: str, values: np.ndarray, low: float, high: float, unit: str, *, open_below: bool = False
) -> None:
    bad = (values > high) | ((values <= low) if open_below else (values < low))
    if bad.any():
        span = "above 0" if open_below else f"from {low:g}"
        most = f" to {high:g}" if isfinite(high) else ""
        raise UsageError(f"{name} is {values[bad][0]:g}; it is {span}{most} {unit}".rstrip() + ".")
