"""The best clips so far of many units at once, kept while clips stream by."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from c3d_teach.analysis.excitation.clip_source import Origin
from c3d_teach.errors import UsageError


class RunningBest:
    """For each of U units the ``count`` clips whose maps hold its largest values.

    Values are compared after rounding (see :func:`rounded`); of equals the earlier clip, and
    the earlier place in the map, win.

    Args:
        units: U.
        count: clips to keep for each.
        per_video: at most this many of those whose ``Origin.near`` is the same; None for any.
        least: values up to this one do not count.

    Attributes:
        keys, values, order, place: ``(K, U)``, the best first: rounded value, value, number of
            the clip in the order of coming, and place in the flattened map.
        clips: number of a kept clip → the clip and where it came from.
        totals: kind of label → how many of all clips have which.
        looked: how many clips have come.
    """

    def __init__(self, units: int, count: int, per_video: int | None, least: float) -> None:
        self.count, self.per_video, self.least = count, per_video, least
        self.keys = np.empty((0, units), np.float32)
        self.values, self._near = self.keys.copy(), self.keys.astype(np.int64)
        self.order, self.place = self._near.copy(), self._near.copy()
        self.clips: dict[int, tuple[NDArray[np.uint8], Origin]] = {}
        self.totals: dict[str, Counter[str]] = {}
        self.looked = 0

    def add(self, clips: Tensor, origins: Sequence[Origin], maps: Tensor) -> None:
        """Clips ``(N, L, H, W, C)``, their origins, and the units' maps ``(N, U, places)``.

        Raises:
            UsageError: for maps with NaN or infinite values.
        """
        if not bool(maps.isfinite().all()):
            raise UsageError(
                "The net's answers to some clips are NaN or infinite; its weights are damaged, "
                "or its input is not scaled as in training."
            )
        keys, place = rounded(maps).max(2)
        values = maps.gather(2, place[..., None])[..., 0]
        order = np.arange(self.looked, self.looked + len(clips))
        every = np.broadcast_to(order[:, None], keys.shape)
        near = np.array([origin.near for origin in origins])[:, None]
        self._merge(
            keys.cpu().numpy(),
            values.cpu().numpy(),
            np.broadcast_to(near, keys.shape),
            every,
            place.cpu().numpy(),
        )
        alive = np.unique(self.order[self.keys > self.least])
        self.clips = {k: self.clips[k] for k in alive[alive < self.looked].tolist()} | {
            k: (clips[k - self.looked].numpy().copy(), origins[k - self.looked])
            for k in alive[alive >= self.looked].tolist()
        }
        for origin in origins:
            for kind, name in origin.labels.items():
                self.totals.setdefault(kind, Counter())[name] += 1
        self.looked += len(clips)

    def _merge(self, *new: NDArray[Any]) -> None:
        old: list[NDArray[Any]] = [self.keys, self.values, self._near, self.order, self.place]
        table = [np.concatenate(pair) for pair in zip(old, new, strict=True)]
        best = np.argsort(-table[0], axis=0, kind="stable")  # earlier clips first among equals
        table = [np.take_along_axis(part, best, 0) for part in table]
        if self.per_video is not None:
            near = table[2]
            earlier = np.tril(np.ones((len(near), len(near)), bool), -1)
            same = (near[:, None] == near[None]) & earlier[..., None]
            table[0] = np.where(same.sum(1) < self.per_video, table[0], -np.inf)
            best = np.argsort(-table[0], axis=0, kind="stable")
            table = [np.take_along_axis(part, best, 0) for part in table]
        self.keys, self.values, self._near, self.order, self.place = (
            part[: self.count] for part in table
        )

    def found(self, column: int) -> NDArray[np.intp]:
        """Rows of the unit's clips that count."""
        return np.flatnonzero(self.keys[:, column] > self.least)


def rounded(values: Tensor) -> Tensor:
    """float32 to 18 binary digits: what is left does not depend on the order of summing."""
    return ((values.contiguous().view(torch.int32) + 16) & -32).view(torch.float32)
