"""Shapes, parameters, multiplications and receptive fields, from the layer list alone.

A net of the kit is a tuple of :class:`Conv`, :class:`Pool` and :class:`Full` layers. The
same tuple builds the torch modules and feeds the arithmetic here, so the table a student
reads and the net a student trains cannot disagree.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, prod
from typing import Any

from torch import nn

from c3d_teach.errors import UsageError

Triple = tuple[int, int, int]


@dataclass(frozen=True)
class Conv:
    """Convolution d×k×k, "same" padding, followed by ReLU (paper, section 3.1).

    ``stride`` is that in time: the paper's is 1 everywhere, in space it is always 1.
    """

    name: str
    filters: int
    kernel: Triple
    stride: int = 1


@dataclass(frozen=True)
class Pool:
    """Max pooling, stride equal to the kernel; ``align`` says what happens to odd maps.

    ``"ceil"`` rounds up in space, as Caffe does: 7×7 gives windows (1,2)(3,4)(5,6)(7).
    ``"symmetric"`` pads one pixel all around in space, as several ports do: (1)(2,3)(4,5)(6,7).
    Time is always rounded down: a frame that does not fill a window is dropped.
    """

    name: str
    kernel: Triple
    align: str = "ceil"


@dataclass(frozen=True)
class Full:
    """Fully connected layer."""

    name: str
    features: int


Layer = Conv | Pool | Full


@dataclass(frozen=True)
class Row:
    """One layer of :func:`describe`.

    Attributes:
        name: the layer's name.
        shape: of its output without the batch: ``(C, L, H, W)``, or ``(features,)``.
        parameters: weights and biases.
        macs: multiply-accumulate operations for one clip. Two floating-point operations
            each; the "38.5 GFLOPs" in print for C3D are MACs.
        receptive_field: frames × height × width of the input that one output can see.
        step: frames, rows and columns of the input between neighbouring outputs; zeros for
            fully connected layers.
        start: first frame, row and column that output (0, 0, 0) sees; below 0 in the padding.
    """

    name: str
    shape: tuple[int, ...]
    parameters: int
    macs: int
    receptive_field: Triple
    step: Triple
    start: Triple


class Description(tuple[Row, ...]):
    """The rows of :func:`describe`; ``parameters`` and ``macs`` are their sums."""

    @property
    def parameters(self) -> int:
        return sum(row.parameters for row in self)

    @property
    def macs(self) -> int:
        return sum(row.macs for row in self)

    def __str__(self) -> str:
        head = f"{'layer':<8}{'output shape':>20}{'parameters':>14}{'MACs':>17}   sees"
        lines = [
            f"{r.name:<8}{'×'.join(map(str, r.shape)):>20}{r.parameters:>14,}{r.macs:>17,}"
            f"   {'×'.join(map(str, r.receptive_field))}"
            for r in self
        ]
        total = f"{'total':<8}{'':>20}{self.parameters:>14,}{self.macs:>17,}"
        return "\n".join([head, *lines, total])


def describe(model: nn.Module) -> Description:
    """What each layer of a net of the kit puts out, holds, costs and sees (ours).

    Args:
        model: a net of this kit, such as ``C3D()`` or ``SearchNet()``.

    Raises:
        UsageError: for a module that does not carry its layer list.
    """
    if not hasattr(model, "layers") or not hasattr(model, "layer_input"):
        raise UsageError(
            f"describe() was given a {type(model).__name__}; it reads the layer list that the "
            "nets of this kit carry (C3D, SearchNet, FrameNet, StackedFramesNet, LateAverageNet)."
        )
    layers: Any = model.layers
    return Description(trace(layers, model.layer_input))  # type: ignore[arg-type]


def trace(layers: Sequence[Layer], clip_shape: Sequence[int]) -> Iterator[Row]:
    """Rows for a clip of shape ``(C, L, H, W)`` going through ``layers``.

    Raises:
        UsageError: naming the layer where time or space runs out.
    """
    shape = tuple(clip_shape)
    field: Triple = (1, 1, 1)
    step: Triple = (1, 1, 1)
    start: Triple = (0, 0, 0)
    for layer in layers:
        parameters = macs = 0
        if isinstance(layer, Full):
            inputs = prod(shape)
            field = tuple(  # a fully connected layer sees all that its input sees
                f + (n - 1) * s for f, n, s in zip(field, shape[1:] or (1, 1, 1), step, strict=True)
            )  # type: ignore[assignment]
            macs = inputs * layer.features
            parameters = macs + layer.features
            shape, step = (layer.features,), (0, 0, 0)
        else:
            field = tuple(
                f + (k - 1) * s for f, k, s in zip(field, layer.kernel, step, strict=True)
            )  # type: ignore[assignment]
            if isinstance(layer, Conv):
                weights = layer.filters * shape[0] * prod(layer.kernel)
                parameters = weights + layer.filters
                # odd kernels with half a kernel of padding: only the stride shortens the clip
                shape = (layer.filters, ceil(shape[1] / layer.stride), *shape[2:])
                macs = weights * prod(shape[1:])
                start = tuple(
                    b - k // 2 * s for b, k, s in zip(start, layer.kernel, step, strict=True)
                )  # type: ignore[assignment]
                step = (step[0] * layer.stride, *step[1:])
            else:
                if layer.align == "symmetric":
                    start = (start[0], start[1] - step[1], start[2] - step[2])
                shape = (shape[0], *pooled(layer, shape[1:], clip_shape[1]))
                step = tuple(s * k for s, k in zip(step, layer.kernel, strict=True))  # type: ignore[assignment]
        yield Row(layer.name, shape, parameters, macs, field, step, start)


def pooled(pool: Pool, size: Sequence[int], clip_length: int) -> Triple:
    """Length, height and width after ``pool`` (time rounded down, space rounded up).

    Raises:
        UsageError: where there are fewer frames than the pool takes.
    """
    length, height, width = size
    depth, *window = pool.kernel
    if length < depth:
        raise UsageError(
            f"Time runs out at {pool.name}: it pools {depth} frames, and of the clip's "
            f"{clip_length} only {length} {'is' if length == 1 else 'are'} left there. Give "
            "longer clips or pool less over time."
        )
    pad = 2 if pool.align == "symmetric" else 0
    rounded = [
        (n + pad) // k if pad else ceil(n / k) for n, k in zip((height, width), window, strict=True)
    ]
    return (length // depth, rounded[0], rounded[1])


def short(count: int) -> str:
    """A large count in three figures: ``19.3 G``, ``512 M``, ``3.1 k``."""
    for step, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= step:
            value = count / step
            return f"{value:.0f} {letter}" if value >= 100 else f"{value:.3g} {letter}"
    return str(count)
