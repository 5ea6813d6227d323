"""A kernel that walks over a clip, with strides and padding: numbers in, numbers out.

Clips and kernels made by hand, small enough that every number can be read.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from c3d_teach.errors import UsageError

CLIPS = ("a bar moves right", "a dot moves down", "a bar stands still")
KERNELS = ("change in time", "edge in space", "edge that moves right", "mean")
FRAMES, SIDE = 8, 10
_BRIGHT = 9.0


def hand_clip(name: str) -> NDArray[np.float64]:
    """A clip ``(8, 10, 10)`` of zeros and nines (ours).

    Raises:
        UsageError: for a name that is not one of ``CLIPS``.
    """
    if name not in CLIPS:
        raise UsageError(f"The clip is {name!r}; it is one of {', '.join(CLIPS)}.")
    clip = np.zeros((FRAMES, SIDE, SIDE))
    for t in range(FRAMES):
        if name == CLIPS[0]:
            clip[t, 2:8, t + 1] = _BRIGHT
        elif name == CLIPS[1]:
            clip[t, t + 1, 4:6] = _BRIGHT
        else:
            clip[t, 2:8, 5] = _BRIGHT
    return clip


def hand_kernel(name: str, depth: int) -> NDArray[np.float64]:
    """A kernel ``(depth, 3, 3)`` (ours).

    Args:
        name: one of ``KERNELS``. *change in time* takes the first frame from the last; of one
            frame it is an edge in space, for there is no change to see. *edge that moves right*
            follows what moves right by one pixel a frame, and is against what moves left; of one
            frame it is an edge, too. *mean* adds up to 1.
        depth: frames, from 1.

    Raises:
        UsageError: for another name or depth.
    """
    if name not in KERNELS or depth < 1:
        raise UsageError(
            f"The kernel is {name!r}, {depth} frames deep; it is one of {', '.join(KERNELS)}, "
            "1 frame deep or more."
        )
    kernel = np.zeros((depth, 3, 3))
    edge = np.array([-1.0, 0.0, 1.0])
    if name == "mean":
        return kernel + 1 / kernel.size
    if name == "change in time" and depth > 1:
        kernel[0], kernel[-1] = -1.0, 1.0
    elif name == "edge that moves right" and depth > 1:
        late = max(0, depth - 3) // 2  # a deep kernel waits at either end of its three pixels
        path = [min(2, max(0, t - late)) for t in range(depth)]
        for t in range(depth):
            kernel[t, :, path[t]] += 1.0
            kernel[t, :, path[depth - 1 - t]] -= 1.0
    else:
        kernel[depth // 2] = edge
    return kernel


@dataclass(frozen=True)
class Walk:
    """A kernel, the clip that it walks over, and what comes out.

    Attributes:
        clip: ``(L, H, W)``; ``padded``: the same with zeros around it.
        kernel: ``(d, k, k)``.
        stride, padding: in time and in space.
        output: ``(L', H', W')``.
    """

    clip: NDArray[np.float64]
    padded: NDArray[np.float64]
    kernel: NDArray[np.float64]
    stride: tuple[int, int]
    padding: tuple[int, int]
    output: NDArray[np.float64]

    @property
    def strongest(self) -> tuple[int, int, int]:
        """The place of the answer with the largest magnitude."""
        t, y, x = np.unravel_index(int(np.abs(self.output).argmax()), self.output.shape)
        return int(t), int(y), int(x)

    def corner(self, place: tuple[int, int, int]) -> tuple[int, int, int]:
        """Frame, row and column in the padded clip where the window of an output begins."""
        t, y, x = place
        return t * self.stride[0], y * self.stride[1], x * self.stride[1]

    def window(self, place: tuple[int, int, int]) -> NDArray[np.float64]:
        """What the kernel lies on, ``(d, k, k)``."""
        t, y, x = self.corner(place)
        d, h, w = self.kernel.shape
        return self.padded[t : t + d, y : y + h, x : x + w]


def size_of(length: int, kernel: int, stride: int, padding: int) -> int:
    """How many places a kernel finds along one axis; 0 when it does not fit."""
    return max(0, (length + 2 * padding - kernel) // stride + 1)


def formula(length: int, kernel: int, stride: int, padding: int) -> str:
    """``⌊(8 + 2·1 − 3) / 1⌋ + 1 = 8``."""
    found = (length + 2 * padding - kernel) // stride + 1
    return f"⌊({length} + 2·{padding} − {kernel}) / {stride}⌋ + 1 = {found}"


def walk(
    clip: ArrayLike,
    kernel: ArrayLike,
    *,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
) -> Walk:
    """Convolve ``(L, H, W)`` with ``(d, k, k)``; as in deep learning the kernel is not flipped.

    Args:
        stride: frames and pixels from one place to the next, from 1.
        padding: frames and pixels of zeros on either side, from 0.

    Raises:
        UsageError: for other shapes or numbers, or a kernel that finds no place.
    """
    frames, weights = np.asarray(clip, float), np.asarray(kernel, float)
    if frames.ndim != 3 or weights.ndim != 3 or min(stride) < 1 or min(padding) < 0:
        raise UsageError(
            f"walk() was given shapes {frames.shape} and {weights.shape}, stride {stride} and "
            f"padding {padding}; it takes (L, H, W), (d, k, k), strides from 1, padding from 0."
        )
    (in_time, in_space), (time_pad, space_pad) = stride, padding
    padded = np.pad(frames, [(time_pad,) * 2, (space_pad,) * 2, (space_pad,) * 2])
    if any(n < k for n, k in zip(padded.shape, weights.shape, strict=True)):
        axis = "deep" if padded.shape[0] < len(weights) else "large"
        given, room = (
            (f"{len(weights)} frames", f"{padded.shape[0]} frames")
            if axis == "deep"
            else (f"{weights.shape[1]} pixels", f"{padded.shape[1]} pixels")
        )
        raise UsageError(
            f"The kernel is {given} {axis}, and the clip with its padding has {room}: there is no "
            "place for it. Take a smaller kernel, a longer clip or more padding."
        )
    windows = np.lib.stride_tricks.sliding_window_view(padded, weights.shape)
    chosen = windows[::in_time, ::in_space, ::in_space]
    output = np.einsum("tyxabc,abc->tyx", chosen, weights)
    return Walk(frames, padded, weights, (in_time, in_space), (time_pad, space_pad), output)


def readable(value: float) -> str:
    """``9``, ``−1``, ``0.11``: a true minus, no needless zeros."""
    said = f"{value:.2f}".rstrip("0").rstrip(".")
    return ("0" if said in ("-0", "") else said).replace("-", "−")
