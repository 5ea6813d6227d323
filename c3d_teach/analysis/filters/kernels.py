"""What a kernel looks for: its slices, its sections through time, its spectrum.

A kernel is slid over the clip without being flipped, so it looks like what it answers most:
a bar that moves to the right from slice to slice answers to bars that move to the right.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from c3d_teach.analysis.filters.kernel_spectrum import drift_of, spectrum_of
from c3d_teach.analysis.units import layer_row, model_of, unit_of
from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Conv, Triple
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.classifier import Classifier

# direction index of a clear preference: twice the power (ours). Random kernels 3×3×3 have
# 0.25 in the median, so a weak one says nothing of what a net has learnt.
_PICKY = 1 / 3
_ALIKE = 0.005  # direction index that rounds to halves
_DRAWS = 200  # random kernels that the separability of chance is taken from
_WAYS = (
    *("to the right", "up and to the right", "up", "up and to the left"),
    *("to the left", "down and to the left", "down", "down and to the right"),
)


@dataclass(frozen=True)
class KernelView:
    """One kernel, seen from all sides (:func:`kernel_view`, :func:`view_of_kernel`).

    Positions are those of the layer's input, which are ``step`` frames and pixels of the clip
    apart; of a first layer they are the frames and pixels themselves.

    Attributes:
        name: such as ``"conv3b unit 7"``.
        kernel: ``(C_in, d, k, k)``, the whole kernel.
        channel: the input channel that everything with two or three axes below shows.
        channel_share: share of the kernel's energy (sum of squares) in that channel, 0 to 1.
        slices: ``(d, k, k)``, that channel; the middle slice lies on the frame of the output.
        xt: ``(d, k)``, ``slices`` summed over y: what a pattern meets that changes along x
            alone, such as upright bars. Time runs down the rows.
        yt: ``(d, k)``, ``slices`` summed over x: what level bars meet.
        spectrum: ``(F, F, F)`` amplitude of ``slices`` for temporal frequency, then spatial
            frequency up, then to the right: the answer to a grating that drifts.
        frequencies: ``(F,)`` of all three axes, cycles a frame or cycles a position.
        plane: ``(T, S)`` amplitude along ``direction``: temporal by spatial frequency.
            Above the middle row gratings drift in ``direction``, below it the other way.
        plane_temporal: ``(T,)`` from -0.5 to 0.5 cycles a frame.
        plane_spatial: ``(S,)`` from 0 to 0.5 cycles a position.
        direction: degrees, counter-clockwise from the right: the mean of all directions of
            drifting gratings, each weighted by the power of the answer beyond that to its
            opposite. Where nothing remains, that of the strongest pattern, and the opposite
            is as good. NaN for a channel of zeros.
        direction_index: (power in ``direction`` - power in the opposite one) / their sum,
            along ``direction``; 0 where both are alike, as in every separable kernel.
        singular_values: ``(min(d, C_in·k·k),)`` of the kernel as a matrix d × (C_in·k·k),
            largest first.
        separability: share of the energy in the first of them; 1 for a picture times a time
            course, and for every kernel of depth 1. NaN for a kernel of zeros.
        temporal_share: share of the energy that is gone when each position is replaced by its
            mean over time; 0 for depth 1. NaN for a kernel of zeros.
        step: frames, rows and columns of the clip from one position to the next.
    """

    name: str
    kernel: NDArray[np.float64]
    channel: int
    channel_share: float
    slices: NDArray[np.float64]
    xt: NDArray[np.float64]
    yt: NDArray[np.float64]
    spectrum: NDArray[np.float64]
    frequencies: NDArray[np.float64]
    plane: NDArray[np.float64]
    plane_temporal: NDArray[np.float64]
    plane_spatial: NDArray[np.float64]
    direction: float
    direction_index: float
    singular_values: NDArray[np.float64]
    separability: float
    temporal_share: float
    step: Triple

    @property
    def headline(self) -> str:
        """The same in a few words, for a title."""
        if not self.kernel.any():
            return f"{self.name} is all zeros"
        if self.kernel.shape[1] == 1:
            return f"{self.name} is one frame deep: a pattern, and no motion of its own"
        where = f" (input channel {self.channel})" if len(self.kernel) > 1 else ""
        if not self.direction_index >= _ALIKE:
            return f"{self.name} answers to both senses of a motion alike{where}"
        if self.direction_index < _PICKY:
            return f"{self.name} has no clear preference for a motion{where}"
        return f"{self.name} answers most to motion {way(self.direction)}{where}"

    @property
    def sentence(self) -> str:
        """What there is to see, in words."""
        channels, depth, *_ = self.kernel.shape
        if not self.kernel.any():
            return f"{self.name} is all zeros: it looks for nothing."
        shown = ""
        if channels > 1:
            shown = (
                f" Shown is input channel {self.channel} of {channels}, which holds "
                f"{self.channel_share:.0%} of the energy."
            )
        if depth == 1:
            return (
                f"{self.name} is one frame deep: nothing in it changes over time, and it cannot "
                f"tell the sense of a motion, unless its input channels are frames.{shown}"
            )
        text = (
            f"{self.name}: {self.temporal_share:.0%} of its energy is change over time, and "
            f"{self.separability:.0%} fits into one picture times one time course.{shown}"
        )
        if not self.slices.any():
            return text
        if self.direction_index < _ALIKE:
            return f"{text} It answers to both senses of a motion alike."
        weak = ": no clear preference" if self.direction_index < _PICKY else ""
        return (
            f"{text} Of its answer to drifting gratings, {(1 + self.direction_index) / 2:.0%} of "
            f"the power is for motion {way(self.direction)} ({self.direction:.0f}°), the rest for "
            f"the opposite{weak}."
        )


@dataclass(frozen=True)
class KernelStatistics:
    """Separability and temporal share of all kernels of a layer (:func:`kernel_statistics`).

    Attributes:
        layer: the layer's name.
        shape: ``(C_in, d, k, k)`` of one kernel.
        separability: ``(units,)`` as in :class:`KernelView`; NaN for kernels of zeros.
        temporal_share: ``(units,)`` likewise.
        zeros: how many kernels are all zeros.
        chance_separability: mean of random (normal) kernels of this shape.
        chance_temporal_share: that of random kernels on average, exactly (d - 1) / d.
    """

    layer: str
    shape: tuple[int, int, int, int]
    separability: NDArray[np.float64]
    temporal_share: NDArray[np.float64]
    zeros: int
    chance_separability: float
    chance_temporal_share: float

    @property
    def sentence(self) -> str:
        """What there is to see, in words."""
        count = len(self.separability)
        if self.zeros == count:
            return f"All {count} kernels of {self.layer} are zeros."
        if self.shape[1] == 1:
            text = (
                f"The {count} kernels of {self.layer} are one frame deep: all are separable, and "
                "none holds any change over time."
            )
        else:
            text = (
                f"The {count} kernels of {self.layer}: in the median {_median(self.temporal_share)}"
                f" of the energy is change over time (random kernels: "
                f"{self.chance_temporal_share:.0%}), and {_median(self.separability)} fits into one"
                f" picture times one time course (random kernels: {self.chance_separability:.0%})."
            )
        return text + f" {self.zeros} of them are all zeros." * (self.zeros > 0)


def kernel_view(
    net: Classifier | ConvNet, layer: str, unit: int, *, channel: int | None = None
) -> KernelView:
    """The kernel of one unit of a convolution.

    Args:
        net: a trained net with its preprocessing, or the bare net.
        layer: a convolution, such as ``"conv3b"``.
        unit: which of its kernels, from 0.
        channel: input channel to show; None for the one that holds the most energy. A net
            that takes its frames as channels has time there, and not in the kernel's depth.

    Raises:
        UsageError: for a layer that is no convolution, a unit or channel it does not have,
            or weights that are not finite.
    """
    weights = _kernels(net, layer)
    name = str(unit_of(net, layer, unit))
    return _view(weights[int(unit)], name, channel, layer_row(net, layer).step)


def view_of_kernel(
    kernel: ArrayLike | Tensor, *, name: str = "the kernel", channel: int | None = None
) -> KernelView:
    """The same view of a kernel made by hand.

    Args:
        kernel: ``(d, k, k)``, or ``(C_in, d, k, k)`` with input channels in front.
        name: what the figures call it.
        channel: input channel to show; None for the one that holds the most energy.

    Raises:
        UsageError: for an array of another shape, or one that is not finite.
    """
    if isinstance(kernel, Tensor):
        kernel = kernel.detach().cpu().numpy()
    values = np.asarray(kernel)
    if values.ndim == 3:
        values = values[None]
    if values.ndim != 4 or values.size == 0 or values.dtype.kind not in "biuf":
        raise UsageError(
            f"The kernel is {values.dtype} of shape {np.shape(kernel)}; a kernel is numbers of "
            "shape (d, k, k), or (C_in, d, k, k) with its input channels in front."
        )
    return _view(_finite(values, name), name, channel, (1, 1, 1))


def kernel_statistics(net: Classifier | ConvNet, layer: str) -> KernelStatistics:
    """Separability and temporal share of every kernel of a convolution.

    Raises:
        UsageError: for a layer that is no convolution, or weights that are not finite.
    """
    kernels = _kernels(net, layer)
    units, channels, depth, height, width = kernels.shape
    rows = kernels.swapaxes(1, 2).reshape(units, depth, -1)
    # the squares of the singular values are the eigenvalues of the small matrix d × d
    squares = np.linalg.eigvalsh(rows @ rows.swapaxes(1, 2))
    return KernelStatistics(
        layer,
        (channels, depth, height, width),
        _share(squares[:, -1], squares[:, :-1].sum(1)),
        _temporal_share(rows),
        int((~rows.any((1, 2))).sum()),
        _chance(depth, channels * height * width),
        (depth - 1) / depth,
    )


def way(degrees: float) -> str:
    """A direction in words: 0° is to the right, 90° up, as on paper."""
    return _WAYS[round(degrees / 45) % 8]


def _view(kernel: NDArray[np.float64], name: str, channel: int | None, step: Triple) -> KernelView:
    channels, depth = kernel.shape[:2]
    energy = (kernel**2).sum((1, 2, 3))
    if channel is None:
        channel = int(energy.argmax())
    whole = isinstance(channel, int | np.integer) and not isinstance(channel, bool)
    if not whole or not 0 <= channel < channels:
        raise UsageError(
            f"There is no input channel {channel}; {name} has input channels 0 to {channels - 1}."
        )
    slices = kernel[int(channel)]
    rows = kernel.swapaxes(0, 1).reshape(1, depth, -1)
    singular = np.linalg.svd(rows[0], compute_uv=False)
    spectrum, frequencies = spectrum_of(slices)
    plane, temporal, spatial, direction, index = drift_of(slices)
    return KernelView(
        name,
        kernel,
        int(channel),
        float(_share(energy[channel], np.delete(energy, channel).sum())),
        slices,
        slices.sum(1),
        slices.sum(2),
        spectrum,
        frequencies,
        plane,
        temporal,
        spatial,
        direction,
        index,
        singular,
        float(_share(singular[0] ** 2, (singular[1:] ** 2).sum())),
        float(_temporal_share(rows)[0]),
        step,
    )


def _temporal_share(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of kernels ``(units, d, n)``: energy about the mean over time, over all energy."""
    mean = rows.mean(1, keepdims=True)
    return _share(((rows - mean) ** 2).sum((1, 2)), rows.shape[1] * (mean**2).sum((1, 2)))


def _share(part: ArrayLike, rest: ArrayLike) -> NDArray[np.float64]:
    """part / (part + rest): never above 1, and NaN where both are 0."""
    # an eigenvalue that is 0 may come out a little below
    a, b = np.maximum(part, 0.0), np.maximum(rest, 0.0)
    return np.divide(a, a + b, out=np.full_like(a + b, np.nan), where=a + b > 0)


def _chance(depth: int, numbers: int) -> float:
    """Mean separability of random normal matrices ``(depth, numbers)``."""
    rows = np.random.default_rng(0).normal(size=(_DRAWS, depth, numbers))
    squares = np.linalg.eigvalsh(rows @ rows.swapaxes(1, 2))
    return float(_share(squares[:, -1], squares[:, :-1].sum(1)).mean())


def _kernels(net: Classifier | ConvNet, layer: str) -> NDArray[np.float64]:
    """All kernels ``(units, C_in, d, k, k)`` of a convolution."""
    row = layer_row(net, layer)
    model = model_of(net)
    convolutions = [one.name for one in model.layers if isinstance(one, Conv)]
    if row.name not in convolutions:
        raise UsageError(
            f"{layer} is no convolution and has no kernels; this net's convolutions are "
            f"{', '.join(convolutions)}."
        )
    weights: Tensor = getattr(model, layer).weight
    return _finite(weights.detach().cpu().float().numpy(), layer)


def _finite(values: NDArray, name: str) -> NDArray[np.float64]:
    if not np.isfinite(values).all():
        raise UsageError(
            f"{name} holds NaN or infinite weights; such a kernel has no energy to share out."
        )
    return values.astype(np.float64)


def _median(values: NDArray[np.float64]) -> str:
    return f"{np.nanmedian(values):.0%}"
