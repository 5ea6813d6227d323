"""What drifting gratings get from a kernel: its spectrum, and the motion it answers most.

A grating is cos 2π(fx·x + fy·y - ft·t), with y upward: it drifts in the direction (fx, fy) at
ft / |f| pixels a frame. A kernel that is a picture times a time course answers a motion and its
opposite alike (Adelson and Bergen 1985).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_PADDED = 33  # values along each axis of the spectrum; odd, so that 0 stands in the middle
_PULL = 0.05  # share of all power that must pull in one direction for there to be one (ours)


def spectrum_of(slices: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Amplitude ``(F, F, F)`` of a kernel ``(d, k, k)`` over ft, fy and fx, and their values.

    It is the zero-padded Fourier transform; all three axes have the same ``(F,)`` frequencies.
    """
    size = max(_PADDED, *(n | 1 for n in slices.shape))
    transform = np.fft.fftshift(np.abs(np.fft.fftn(slices, (size,) * 3, axes=(0, 1, 2))))
    # the transform has rows running down and + ft·t: turn both axes round
    return transform[::-1, ::-1], np.fft.fftshift(np.fft.fftfreq(size))


def drift_of(
    slices: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float, float]:
    """The motion that a kernel ``(d, k, k)`` answers most.

    Returns the plane ``(T, S)`` of amplitudes along its direction, the ``(T,)`` temporal and
    ``(S,)`` spatial frequencies, the direction in degrees and the direction index (see
    ``KernelView``); the last two are NaN for a kernel of zeros.
    """
    temporal, spatial = np.linspace(-0.5, 0.5, 65), np.linspace(0, 0.5, 33)
    planes = _planes(slices, np.arange(0, 180, 5), temporal, spatial)
    forth, back = _powers(planes, spatial)
    if not max(forth.max(), back.max()) > 0:
        return planes[0], temporal, spatial, float("nan"), float("nan")
    # each direction pulls with what it has more than its opposite, as in a tug-of-war
    pull = ((forth - back) * np.exp(1j * np.radians(np.arange(0, 180, 5)))).sum()
    if abs(pull) > _PULL * (forth + back).sum():
        direction = float(np.degrees(np.angle(pull)))
    else:  # no motion to follow: along the strongest pattern; of equals the first
        both = forth + back
        place = int(np.argmax(both >= both.max() * (1 - 1e-9)))
        direction = 5.0 * place + (180 if back[place] > forth[place] * (1 + 1e-9) else 0)
    (plane,) = planes = _planes(slices, np.array([direction]), temporal, spatial)
    (more,), (less,) = _powers(planes, spatial)
    # what is left of equal powers is rounding, and a minus before 0
    index = round(float((more - less) / (more + less)), 9) + 0.0
    return plane, temporal, spatial, round(direction, 6) % 360, index


def _planes(
    slices: NDArray[np.float64],
    degrees: NDArray[Any],
    temporal: NDArray[np.float64],
    spatial: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Amplitudes ``(A, T, S)`` of gratings that drift in A directions, by the sum itself."""
    depth, height, width = slices.shape
    angle = np.radians(degrees)[:, None, None]
    along = np.cos(angle) * np.arange(width) - np.sin(angle) * np.arange(height)[:, None]
    waves = np.exp(-2j * np.pi * spatial[:, None] * along.reshape(len(degrees), 1, -1))
    beats = np.exp(2j * np.pi * np.outer(temporal, np.arange(depth)))
    return np.abs(beats @ (waves @ slices.reshape(depth, -1).T).swapaxes(1, 2))


def _powers(
    planes: NDArray[np.float64], spatial: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Power of the motions forth and back in each plane ``(A,)``.

    A ring of spatial frequencies is as long as its radius, which is its weight. Still
    patterns and the fastest flicker, -0.5 or 0.5 cycles a frame, have no sense of motion.
    """
    power = (planes**2 * spatial).sum(2)
    middle = power.shape[1] // 2
    return power[:, middle + 1 : -1].sum(1), power[:, 1:middle].sum(1)
