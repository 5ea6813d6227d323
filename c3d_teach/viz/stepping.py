"""One step of a convolution, number by number: window, kernel, products, sum."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import LABEL, TITLE, VERMILION, number, numbered


@dataclass(frozen=True)
class Step:
    """A kernel lying on a clip with its first corner at ``(t, y, x)``; no padding.

    Attributes:
        clip: ``(L, H, W)``, one channel.
        kernel: ``(d, k, k)``, or any ``(d, h, w)`` that fits into the clip.
        position: frame, row and column of the window's first corner.
    """

    clip: NDArray[np.float64]
    kernel: NDArray[np.float64]
    position: tuple[int, int, int]

    @property
    def window(self) -> NDArray[np.float64]:
        (t, y, x), (d, h, w) = self.position, self.kernel.shape
        return self.clip[t : t + d, y : y + h, x : x + w]

    @property
    def products(self) -> NDArray[np.float64]:
        return self.window * self.kernel

    @property
    def sums(self) -> list[float]:
        """The sum of the products of each slice."""
        return [float(one.sum()) for one in self.products]

    @property
    def equation(self) -> str:
        """``18 + 18 + 18 = 54``; ``sum = 18`` for a kernel of one slice."""
        total = number(sum(self.sums))
        terms = " + ".join(_bracketed(s) for s in self.sums)
        return f"{terms} = {total}" if len(self.sums) > 1 else f"sum = {total}"

    @property
    def sentence(self) -> str:
        """The step in words, for who cannot see the figure."""
        t, y, x = self.position
        return f"Window with its corner at t = {t}, y = {y}, x = {x}: {self.equation}."


def step(clip: ArrayLike, kernel: ArrayLike, t: int, y: int, x: int) -> Step:
    """Lay ``kernel`` ``(d, k, k)`` on ``clip`` ``(L, H, W)`` at ``(t, y, x)``.

    Raises:
        UsageError: for other shapes, or a window that leaves the clip.
    """
    frames, weights = np.asarray(clip, dtype=float), np.asarray(kernel, dtype=float)
    if frames.ndim != 3 or weights.ndim != 3:
        raise UsageError(
            f"step() was given a clip of shape {frames.shape} and a kernel of shape "
            f"{weights.shape}; it takes (L, H, W) and (d, k, k)."
        )
    last = [n - k for n, k in zip(frames.shape, weights.shape, strict=True)]
    if min(last) < 0 or not all(0 <= p <= m for p, m in zip((t, y, x), last, strict=True)):
        raise UsageError(
            f"The window at {(t, y, x)} leaves the clip; with this kernel the last place is "
            f"{tuple(last)}."
        )
    return Step(frames, weights, (t, y, x))


def responses(clip: ArrayLike, kernel: ArrayLike) -> NDArray[np.float64]:
    """The sum at every place of the kernel, ``(L - d + 1, H - k + 1, W - k + 1)``."""
    frames, weights = np.asarray(clip, dtype=float), np.asarray(kernel, dtype=float)
    windows = np.lib.stride_tricks.sliding_window_view(frames, weights.shape)
    return np.einsum("tyxabc,abc->tyx", windows, weights)


def step_figure(one: Step, *, title: str) -> Figure:
    """Frames with the window outlined, the kernel, the products, and the response so far.

    One column for each slice of the kernel; the column on the right holds the response at
    this time, with the number that this step gives outlined.
    """
    (t, y, x), (d, h, w) = one.position, one.kernel.shape
    whole = responses(one.clip, one.kernel)
    figure = Figure(figsize=(2.35 * d + 3.3, 6.1), layout="constrained")
    parts = figure.subfigures(1, 2, width_ratios=[2.35 * d, 3.3], squeeze=False)
    left, right = parts[0]
    axes = left.subplots(3, d, squeeze=False, height_ratios=[1.15, 1, 1])
    bright, heavy = float(one.clip.max()), float(np.abs(one.kernel).max())
    loud = float(np.abs(one.products).max())
    for k in range(d):
        numbered(axes[0, k], one.clip[t + k], brightest=bright)
        axes[0, k].add_patch(_box(y, x, h, w))
        axes[0, k].set_title(f"frame t = {t + k}", fontsize=LABEL)
        numbered(axes[1, k], one.kernel[k], signed=heavy)
        axes[1, k].set_title(f"× kernel slice {k}" if d > 1 else "× kernel", fontsize=LABEL)
        numbered(axes[2, k], one.products[k], signed=loud)
        axes[2, k].set_title("= products", fontsize=LABEL)
        axes[2, k].set_xlabel(f"they add up to {number(one.sums[k])}", fontsize=LABEL)
        for axis in axes[1:, k]:
            axis.set_xticks([])
            axis.set_yticks([])
    axes[0, 0].set_ylabel("y (pixels)", fontsize=LABEL)
    axes[0, 0].set_xlabel("x (pixels)", fontsize=LABEL)

    axis, below = right.subplots(2, 1, height_ratios=[2.15, 1])
    numbered(axis, whole[t], signed=float(np.abs(whole).max()))
    axis.add_patch(_box(y, x, 1, 1))
    axis.set_title(f"response at t = {t}:\none number for each place", fontsize=LABEL)
    axis.set_xlabel("x of the window's corner", fontsize=LABEL)
    axis.set_ylabel("y of the window's corner", fontsize=LABEL)
    below.set_axis_off()  # beside the products, where the eye arrives last
    below.text(0.5, 0.5, one.equation, ha="center", va="center", fontsize=TITLE + 3)
    figure.suptitle(title, x=0.01, ha="left", fontsize=TITLE, fontweight="bold")
    return figure


def _box(y: int, x: int, height: int, width: int) -> Rectangle:
    corner = (x - 0.5, y - 0.5)
    return Rectangle(corner, width, height, fill=False, edgecolor=VERMILION, linewidth=3)


def _bracketed(value: float) -> str:
    return f"({number(value)})" if value < 0 else number(value)
