"""Reading units at the middle of their map, for clips and the same clips backwards (ours)."""

from collections.abc import Callable
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from c3d_teach.analysis.units import (
    classifier_of,
    clips_of,
    frames_of,
    layer_row,
    model_of,
    normalised,
    own_copy,
)
from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Row, describe
from c3d_teach.models.classifier import Classifier

# Bytes of the largest layer's output at once: little, for stimuli are made as they are needed.
_BATCH = 16 << 20


def whole_times(row: Row, length: int) -> slice:
    """Positions of a map in time whose receptive field lies inside the clip; all if none does.

    Beyond the ends of the clip is zero padding. To a unit that sees it the clip is something
    that appears and vanishes, and it would answer to that in the place of motion.

    Args:
        row: of a layer with a map.
        length: frames that the first layer sees.
    """
    first = row.start[0] + np.arange(row.shape[1]) * row.step[0]
    inside = np.flatnonzero((first >= 0) & (first + row.receptive_field[0] <= length))
    return slice(int(inside[0]), int(inside[-1]) + 1) if len(inside) else slice(None)


class MiddleReader:
    """Reads the largest activation of each unit at the middle of its map, at least 0.

    The middle is the middle row and column, or the middle two; time is as :func:`whole_times`
    says. A full layer has no map, and its activations are taken as they are.

    Only the part of the clip that the middle of the map can see goes through the net. In early
    layers that is a small part, which saves most of the work.

    Raises:
        UsageError: for a layer the net does not have.
    """

    def __init__(self, net: Classifier, layer: str) -> None:
        row = layer_row(classifier_of(net), layer)
        frames = frames_of(net.model)
        if frames is not None and frames[1] - frames[0] == 1:
            raise UsageError(
                f"{net.name} looks at frame {frames[0]} of a clip alone. In one frame nothing "
                "moves, so its units have no direction to prefer."
            )
        self.net, self.layer, self.units = net, layer, row.shape[0]
        self._model = own_copy(net)  # it takes smaller clips, see below
        channels, length, *size = model_of(net).clip_shape
        self._times = slice(None)
        self._seen = [slice(None), slice(None)]
        self._places = [slice(None), slice(None)]
        if len(row.shape) == 1:
            return
        self._times = whole_times(row, model_of(net).layer_input[1])
        for side in (0, 1):
            self._seen[side], self._places[side] = _middle(row, side, size[side])
        height, width = (len(range(n)[part]) for n, part in zip(size, self._seen, strict=True))
        self._model.clip_shape = (channels, length, height, width)

    @property
    def at_once(self) -> int:
        """How many clips at a time are read fastest."""
        most = self.net.fitting()
        if next(self._model.parameters()).device.type != "cpu":
            return most
        rows = list(describe(self.net.model))
        last = [row.name for row in rows].index(self.layer)
        largest = max(prod(row.shape) for row in rows[: last + 1])
        share = prod(self._model.clip_shape) / prod(self.net.model.clip_shape)
        return max(2, min(most, int(_BATCH / (4 * largest * share))))

    @torch.inference_mode()
    def __call__(self, clips: Tensor) -> Tensor:
        """float32 ``(N, U)``, on the CPU, of uint8 clips ``(N, L, H, W, C)``.

        Raises:
            UsageError: for clips that do not suit the net.
        """
        x = normalised(self.net, clips_of(self.net, clips))
        x = x[..., self._seen[0], self._seen[1]]
        x = self._model.activations(x.contiguous(memory_format=torch.channels_last_3d), self.layer)
        if x.ndim == 5:
            x = x[:, :, self._times, self._places[0], self._places[1]].amax((2, 3, 4))
        return x.clamp(min=0).float().cpu()


def both_ways(
    net: Classifier,
    layer: str,
    count: int,
    make: Callable[[NDArray[np.int64]], Tensor],
    *,
    still: NDArray[np.bool_] | None = None,
) -> NDArray[np.float32]:
    """What :class:`MiddleReader` reads for ``count`` clips and for the same clips backwards.

    A clip and its reversal go through the net in one batch, so that nothing but the order of
    frames can tell them apart, not even the last bit of a sum.

    Args:
        make: uint8 clips ``(n, L, H, W, C)`` for indices ``(n,)`` below ``count``. They are made
            as they are needed; all at once could fill the memory.
        still: ``(count,)``: clips that are their own reversal, and are shown once.

    Returns:
        ``(2, count, U)``: forwards, backwards.
    """
    read = MiddleReader(net, layer)
    answers = np.empty((2, count, read.units), np.float32)
    alike = np.zeros(count, bool) if still is None else still
    for chosen, each in ((np.flatnonzero(~alike), 2), (np.flatnonzero(alike), 1)):
        at_once = max(1, read.at_once // each)
        for begin in range(0, len(chosen), at_once):
            part = chosen[begin : begin + at_once]
            clips = make(part)
            found = read(torch.cat([clips, clips.flip(1)]) if each == 2 else clips).numpy()
            answers[0, part], answers[1, part] = found[: len(part)], found[-len(part) :]
    return answers


def _middle(row: Row, side: int, size: int) -> tuple[slice, slice]:
    """The pixels that the middle of a map sees along one side, and where it then is.

    All pixels where it sees beyond the frame. The part begins and ends between two windows of
    every pooling on the way, so that the same pixels are pooled as in the whole frame.
    """
    count, step, start = row.shape[2 + side], row.step[1 + side], row.start[1 + side]
    first, last = (count - 1) // 2, count // 2
    low, high = start + first * step, start + last * step + row.receptive_field[1 + side]
    if low < 0 or high > size:
        return slice(None), slice(first, last + 1)
    low, high = low // step * step, min(-(-high // step) * step, size)
    return slice(low, high), slice(first - low // step, last + 1 - low // step)
