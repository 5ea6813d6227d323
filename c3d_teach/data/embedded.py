"""What the two embedded sets share: indices, labels, reversal and mirror tables."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from c3d_teach.data.mirror import mirror_table
from c3d_teach.errors import UsageError

SPLITS = ("train", "val", "test")


class Embedded(Dataset[dict[str, Any]]):
    """A set of clips made from (seed, split, index), with a *what* and a *how* label.

    Attributes:
        motions: names of the motions, in time-reversal pairs.
        things: names of what is seen.
        classes: names behind ``label``: ``motions`` or ``things``.
        mirrored: ``mirrored[k]`` is the label of a clip of label ``k`` flipped left to
            right, or None where a flipped clip has no label.
    """

    name: str
    motions: tuple[str, ...]
    things: tuple[str, ...]
    thing: str
    channels: int

    def __init__(
        self, size: int, *, split: str, seed: int, clip_shape: tuple[int, ...], label: str
    ) -> None:
        if split not in SPLITS:
            raise UsageError(f"split is {split!r}; it is one of {', '.join(SPLITS)}.")
        if label not in ("motion", self.thing):
            raise UsageError(f"label is {label!r}; it is 'motion' or '{self.thing}'.")
        shape = tuple(int(n) for n in clip_shape)
        if len(shape) != 4 or shape[0] != self.channels or min(shape) < 1:
            raise UsageError(
                f"clip_shape is {tuple(clip_shape)}; {self.name} makes clips of shape "
                f"({self.channels}, L, H, W), channels first."
            )
        if size < 1:
            raise UsageError(f"size is {size}; a set holds at least 1 clip.")
        self.size, self.split, self.seed, self.label = int(size), split, int(seed), label
        self.clip_shape: tuple[int, int, int, int] = shape
        self.classes = self.motions if label == "motion" else self.things
        self.mirrored = mirror_table(self.motions) if label == "motion" else None

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> dict[str, Any]:
        if not -self.size <= index < self.size:
            raise IndexError(f"clip {index} of a set of {self.size}.")
        item = self.batch([index % self.size])
        return {k: v[0] if k == "clip" else int(v[0]) for k, v in item.items()}

    def __getitems__(self, indices: list[int]) -> dict[str, Tensor]:
        # torch's DataLoader calls this to fetch a whole batch at once
        return self.batch(indices)

    def batches(self, batch_size: int = 256) -> Iterator[dict[str, Tensor]]:
        """The whole set in order, ``batch_size`` clips at a time."""
        for start in range(0, self.size, batch_size):
            yield self.batch(range(start, min(start + batch_size, self.size)))

    def describe(self) -> dict[str, Any]:
        """All that decides the clips, so that a training run can tell two sets apart."""
        return {
            "data": self.name,
            "size": self.size,
            "split": self.split,
            "seed": self.seed,
            "clip_shape": list(self.clip_shape),
            "label": self.label,
        }

    @abstractmethod
    def batch(self, indices: Any) -> dict[str, Tensor]:
        """Clips ``(N, L, H, W, C)`` uint8 and labels ``(N,)`` int64 of many indices."""

    @abstractmethod
    def images(self, indices: Any) -> Tensor:
        """Which picture each clip is made from, int64 ``(N,)``, without making the clips.

        Clips of one picture are near-duplicates in what they show. ``batch`` gives the same
        as ``"image"``.
        """

    def checked(self, indices: Any) -> Tensor:
        found = torch.as_tensor(list(indices) if isinstance(indices, range) else indices)
        if found.ndim != 1 or len(found) == 0 or found.is_floating_point():
            raise UsageError("batch() takes a non-empty list of whole numbers.")
        if int(found.min()) < 0 or int(found.max()) >= self.size:
            raise UsageError(
                f"batch() was asked for clip {int(found.min())} to {int(found.max())} of a set "
                f"of {self.size}; indices run from 0 to {self.size - 1}."
            )
        return found.long()

    def labelled(self, made: dict[str, Tensor]) -> dict[str, Tensor]:
        return made | {"label": made[self.label]}


class BothWays(Dataset[dict[str, Any]]):
    """Every clip of an embedded set, and then every clip played backwards (ours).

    Labels are the motions. On such a set a net that cannot tell forwards from backwards is
    right at most half of the time on motions that come in pairs, however it was trained.
    ``still`` is its own reversal.
    """

    def __init__(self, source: Embedded) -> None:
        self.source, self.classes = source, source.motions
        self.clip_shape = source.clip_shape
        self.mirrored = mirror_table(source.motions)

    def __len__(self) -> int:
        return 2 * len(self.source)

    def __getitems__(self, indices: list[int]) -> dict[str, Tensor]:
        index = torch.as_tensor(indices)
        backwards = index >= len(self.source)
        made = self.source.batch(index % len(self.source))
        motion = torch.where(
            backwards, reversed_motion(made["motion"], self.classes), made["motion"]
        )
        clip = torch.where(backwards.view(-1, 1, 1, 1, 1), made["clip"].flip(1), made["clip"])
        return {"clip": clip, "motion": motion, "label": motion}

    def __getitem__(self, index: int) -> dict[str, Any]:
        item = self.__getitems__([index])
        return {k: v[0] if k == "clip" else int(v[0]) for k, v in item.items()}

    def describe(self) -> dict[str, Any]:
        return self.source.describe() | {"both ways": True}


def reversed_motion(motion: Tensor, motions: tuple[str, ...]) -> Tensor:
    """The motion a clip shows when it is played backwards."""
    paired = len(motions) // 2 * 2
    return torch.where(motion < paired, motion ^ 1, motion)
