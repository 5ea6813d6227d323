"""Receptive fields found by trying, as a check of the arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from c3d_teach.analysis.fields.receptive_fields import lengths, on_clip, output_of, times, triple
from c3d_teach.analysis.units import layer_row, model_of
from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Conv, Full, Layer, Pool, Row, Triple, trace
from c3d_teach.models.builder import ConvNet, MaxPool
from c3d_teach.models.classifier import Classifier

_LARGEST = 1 << 26  # values of the input, 256 MB; C3D's pool5 asks for 5 M
Way = Literal["gradient", "perturbation"]


@dataclass(frozen=True)
class MeasuredField:
    """A receptive field found by trying (:func:`measured_field`).

    Attributes:
        layer: the layer's name.
        by: ``"gradient"`` or ``"perturbation"``.
        at: the output looked from: time, row and column; None for fully connected layers.
        clip: frames, rows and columns of the input, chosen larger than the field; the net's
            own for fully connected layers.
        start, stop: the smallest box [start, stop) that holds all that reaches the output.
        expected_start, expected_stop: the same box from the arithmetic.
    """

    layer: str
    by: Way
    at: Triple | None
    clip: Triple
    start: Triple
    stop: Triple
    expected_start: Triple
    expected_stop: Triple

    @property
    def size(self) -> Triple:
        """Frames × rows × columns."""
        return lengths(self.start, self.stop)

    @property
    def agrees(self) -> bool:
        """Whether the measurement is what the arithmetic says, in size and place."""
        return (self.start, self.stop) == (self.expected_start, self.expected_stop)

    @property
    def sentence(self) -> str:
        """What there is to see, in words."""
        verdict = "exactly what the arithmetic says"
        if not self.agrees:
            expected = times(lengths(self.expected_start, self.expected_stop))
            verdict = f"where the arithmetic has {expected} from {self.expected_start} on"
        return (
            f"{self.layer}, measured by {self.by} in a {times(self.clip)} input: "
            f"{times(self.size)} (frames × rows × columns) reach the output, {verdict}."
        )


def measured_field(
    net: Classifier | ConvNet,
    layer: str,
    *,
    by: Way = "gradient",
    at: Sequence[int] | None = None,
) -> MeasuredField:
    """The same by trying: a copy of the net with one filter a layer, all weights positive.

    Nothing can cancel there and no ReLU is ever off, so all that can reach the output does.
    Biases are 0, so that what does not reach it leaves an exact 0. ``"gradient"`` replaces
    max by average pooling and asks where the gradient of the output is not 0.
    ``"perturbation"`` leaves the net as it is, lights one frame, row or column of a black clip
    after the other and watches the output. A 2D net's one or many frames count as one here.

    Args:
        net: a trained net with its preprocessing, or the bare net; its weights do not matter.
        layer: any layer's name.
        by: ``"gradient"`` or ``"perturbation"``.
        at: output looked from (time, row, column); None for one in the middle of an input
            that is larger than the field. Of fully connected layers it is always None.

    Raises:
        UsageError: for a layer that the net does not have, another ``by`` or a place below 0.
    """
    if by not in ("gradient", "perturbation"):
        raise UsageError(f"by is {by!r}; it is 'gradient' or 'perturbation'.")
    model = model_of(net)
    row = layer_row(net, layer)
    names = [one.name for one in model.layers]
    layers = [_single(one) for one in model.layers[: names.index(layer) + 1]]
    if len(row.shape) == 1:
        output_of(row, at)  # refuses a place
        place, sizes = None, triple(model.layer_input[1:])
    else:
        place, sizes = _roomy(row, at)
    measure = _by_gradient if by == "gradient" else _by_perturbation
    return MeasuredField(
        layer,
        by,
        place,
        sizes,
        *measure(layers, sizes, place),
        *_expected(row, layers, sizes, place),
    )


def _expected(
    row: Row, layers: Sequence[Layer], sizes: Triple, at: Triple | None
) -> tuple[Triple, Triple]:
    """The box of the arithmetic, cut where the input ends."""
    if at is None:
        *_, last = trace(layers, (1, *sizes))
        return on_clip(layers, (1, *sizes), last, None)
    start = [b + p * s for b, p, s in zip(row.start, at, row.step, strict=True)]
    stop = [a + f for a, f in zip(start, row.receptive_field, strict=True)]
    return triple(max(a, 0) for a in start), triple(map(min, stop, sizes))


def _single(layer: Layer) -> Layer:
    """The same layer with one filter."""
    if isinstance(layer, Conv):
        return replace(layer, filters=1)
    return replace(layer, features=1) if isinstance(layer, Full) else layer


def _roomy(row: Row, at: Sequence[int] | None) -> tuple[Triple, Triple]:
    """An output, and an input in whole steps that ends at least one place behind its field.

    Without ``at`` the field also starts behind the first place: were the arithmetic wrong by
    as little as one place, the measured box would show it.
    """
    if at is None:
        place = triple(-(-(1 - b) // s) for b, s in zip(row.start, row.step, strict=True))
    elif len(at) == 3 and all(int(p) == p and p >= 0 for p in at):
        place = triple(map(int, at))
    else:
        raise UsageError(f"at is {tuple(at)}; it is a time, a row and a column from 0.")
    sizes = []
    for first, p, s, f in zip(row.start, place, row.step, row.receptive_field, strict=True):
        end = max(first + p * s + f + 1, (p + 1) * s)
        sizes.append(-(-end // s) * s)
    if prod(sizes) > _LARGEST:
        raise UsageError(
            f"The output {place} of {row.name} needs an input of {times(sizes)}, too large to "
            "measure; take one nearer to (0, 0, 0), where all fields have the same size."
        )
    return place, triple(sizes)


def _plain(layers: Sequence[Layer], sizes: Triple) -> ConvNet:
    """A net of the kit with weights 1 and biases 0."""
    with torch.device("meta"):  # so that no random number is drawn for weights
        net = ConvNet(layers, (1, *sizes), dropout=0.0, config={})
    net.to_empty(device="cpu").eval().requires_grad_(False)
    for name, weights in net.named_parameters():
        weights.fill_(0.0 if name.endswith("bias") else 1.0)
    return net


def _by_gradient(
    layers: Sequence[Layer], sizes: Triple, at: Triple | None
) -> tuple[Triple, Triple]:
    """Where the gradient of an output is not 0, with average instead of max pooling."""
    net = _plain(layers, sizes)
    for layer in layers:
        if isinstance(layer, Pool):
            setattr(net, layer.name, _Average(layer))
    with torch.inference_mode(False), torch.enable_grad():
        x = torch.ones(1, 1, *sizes, requires_grad=True)
        answer = net.activations(x, layers[-1].name)[0, 0]
        (gradient,) = torch.autograd.grad(answer if at is None else answer[at], x)
    reached = gradient[0, 0] > 0
    along = (reached.any(2).any(1), reached.any(2).any(0), reached.any(1).any(0))
    return _ends([one.numpy() for one in along])


class _Average(MaxPool):
    """The windows of a max pooling, averaged: every value keeps its say."""

    def forward(self, x: Tensor) -> Tensor:
        depth = self.pool.kernel[0]
        x = x[:, :, : x.shape[2] // depth * depth]  # time is rounded down, as in MaxPool
        if self.pool.align == "symmetric":
            return F.avg_pool3d(x, self.pool.kernel, padding=(0, 1, 1))
        return F.avg_pool3d(x, self.pool.kernel, ceil_mode=True)


def _by_perturbation(
    layers: Sequence[Layer], sizes: Triple, at: Triple | None
) -> tuple[Triple, Triple]:
    """Which frames, rows and columns of a black clip light an output up, one at a time.

    All planes of an axis go through the net in one batch. Across the axis the clip is as
    narrow as the pools allow: every plane goes through all of it, so its width says nothing.
    """
    *_, last = (row for row in trace(layers, (1, *sizes)) if len(row.shape) > 1)
    narrow = (min(sizes[0], last.step[0]), 1, 1)  # pools round up in space and down in time
    along = []
    for axis, size in enumerate(sizes):
        shape = triple(size if axis == other else n for other, n in enumerate(narrow))
        x = torch.zeros(size, 1, *shape)
        x.movedim(axis + 2, 1)[range(size), range(size)] = 1.0
        with torch.inference_mode():
            answer = _plain(layers, shape).activations(x, layers[-1].name)[:, 0]
        if at is not None:
            time, row, column = (p if axis == other else 0 for other, p in enumerate(at))
            answer = answer[:, time, row, column]
        along.append((answer > 0).numpy())
    return _ends(along)


def _ends(along: Sequence[NDArray[np.bool_]]) -> tuple[Triple, Triple]:
    """First and one past the last place that is reached, along each axis."""
    found = [np.flatnonzero(one) for one in along]
    return triple(int(one[0]) for one in found), triple(int(one[-1]) + 1 for one in found)
