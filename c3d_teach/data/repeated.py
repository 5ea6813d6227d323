"""A few clips, given again and again: what a sound net must be able to learn by heart."""

from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from c3d_teach.data.embedded import Embedded


class Repeated(Dataset[dict[str, Any]]):
    """All clips of an embedded set, made once, ``times`` times an epoch.

    A net that cannot bring its training error on a handful of clips to zero has a fault in
    its wiring, its initialisation or its input scale; no amount of data will show which.
    """

    def __init__(self, source: Embedded, times: int) -> None:
        self.source, self.times = source, times
        self.classes, self.mirrored = source.classes, source.mirrored
        self.clip_shape = source.clip_shape
        self._made = source.batch(range(len(source)))

    def __len__(self) -> int:
        return len(self.source) * self.times

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.source[index % len(self.source)]

    def __getitems__(self, indices: list[int]) -> dict[str, Tensor]:
        index = torch.as_tensor(indices) % len(self.source)
        return {key: self._made[key][index] for key in ("clip", "label")}

    def describe(self) -> dict[str, Any]:
        return self.source.describe() | {"times": self.times}
