"""Where a curve that was measured at a few points has its top (ours)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

_FLOOR = 0.01  # of the peak: the logarithm of less says nothing about where the peak is


def largest_at(responses: Array) -> NDArray[np.int64]:
    """``(U, 3)``: indices of each unit's largest response."""
    flat = responses.reshape(len(responses), -1).argmax(1)
    return np.stack(np.unravel_index(flat, responses.shape[1:]), 1).astype(np.int64)


def top_of(axis: Array, curves: Array, peak: NDArray[np.int64]) -> Array:
    """``(U,)``: where on ``axis`` ``(A,)`` the curves ``(U, A)`` have their top."""
    inner = (peak > 0) & (peak < len(axis) - 1)
    if len(axis) < 3:
        return axis[peak]
    middle = np.clip(peak, 1, len(axis) - 2)[:, None] + np.array([-1, 0, 1])
    return np.where(inner, vertex(axis[middle], np.take_along_axis(curves, middle, 1)), axis[peak])


def vertex(x: Array, y: Array) -> Array:
    """``(U,)``: top of the parabola through three points of the logarithm of ``y`` ``(U, 3)``.

    The point in the middle is the highest; where the others are as high it is the answer.
    """
    top = np.where(y[:, 1:2] > 0, y[:, 1:2], 1.0).astype(float)
    z = np.log(np.clip(y / top, _FLOOR, 1.0))
    left, right = x[:, 1] - x[:, 0], x[:, 2] - x[:, 1]
    rise, fall = (z[:, 1] - z[:, 0]) / left, (z[:, 2] - z[:, 1]) / right
    bend = rise - fall
    sharp = bend > 1e-9
    slope = (rise * right + fall * left) / (left + right)  # at the middle point
    shift = slope * (left + right) / (2 * np.where(sharp, bend, 1.0))
    return x[:, 1] + np.where(sharp, np.clip(shift, -left / 2, right / 2), 0.0)
