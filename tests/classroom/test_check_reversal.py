"""The check of exercise 0 accepts every way to play a clip backwards and names the mistakes."""

from collections.abc import Callable

import exercises
import numpy as np
import torch
from torch import Tensor

from c3d_teach.classroom.checks.reversal import check_reverse


def by_loop(clip: Tensor) -> Tensor:
    other = torch.zeros_like(clip)
    for t in range(len(clip)):
        other[t] = clip[-1 - t]
    return other


def by_numpy(clip: Tensor) -> np.ndarray:
    return clip.numpy()[::-1]


def overwritten(clip: Tensor) -> Tensor:
    other = clip.clone()
    for t in range(len(clip)):
        other[t] = other[len(clip) - 1 - t]
    return other


def in_place(clip: Tensor) -> Tensor:
    clip.copy_(clip.flip(0))
    return clip


def first_half(clip: Tensor) -> Tensor:
    half = len(clip) // 2
    return torch.cat([clip[:half].flip(0), clip[half:]])


def second_half(clip: Tensor) -> Tensor:
    half = len(clip) // 2
    return torch.cat([clip[:half], clip[half:].flip(0)])


def halves(clip: Tensor) -> Tensor:
    half = len(clip) // 2
    return torch.cat([clip[half:], clip[:half]])


class AlwaysEqual:
    def __eq__(self, other: object) -> bool:
        return True


RIGHT: dict[str, Callable[..., object]] = {
    "flip": lambda c: c.flip(0),
    "loop": by_loop,
    "numpy": by_numpy,
    "index": lambda c: c[list(range(len(c)))[::-1]],
    "stack": lambda c: torch.stack(list(c)[::-1]),
    "by name of the axis": lambda c: torch.flip(c, dims=(0,)),
}
WRONG: dict[str, tuple[Callable[..., object], str]] = {
    "the same": (lambda c: c.clone(), "the clip as it was"),
    "rows": (lambda c: c.flip(1), "stands upside down, and the frames come in the old order"),
    "columns": (lambda c: c.flip(2), "is mirrored, left and right, and the frames"),
    "channels": (lambda c: c.flip(3), "colours have changed places, and"),
    "everything": (lambda c: c.flip(0, 1, 2, 3), "Everything is flipped"),
    "time and space": (lambda c: c.flip(0, 1, 2), "turned round"),
    "time and rows": (lambda c: c.flip(0, 1), "right, and each frame stands upside down"),
    "time and columns": (lambda c: c.flip(0, 2), "right, and each frame is mirrored"),
    "time and channels": (lambda c: c.flip(0, 3), "right, and the colours have changed"),
    "off by one": (lambda c: c.flip(0).roll(1, 0), "Off by one"),
    "off by one the other way": (lambda c: c.flip(0).roll(-1, 0), "Off by one"),
    "rolled": (lambda c: c.roll(1, 0), "rolled, not reversed"),
    "first half": (first_half, "Only the first half"),
    "second half": (second_half, "Only the second half"),
    "halves": (halves, "two halves have changed places"),
    "transposed": (
        lambda c: c.flip(0).transpose(1, 2) if c.shape[1] == c.shape[2] else c.flip(0),
        "Rows and columns",
    ),
    "transposed always": (lambda c: c.flip(0).transpose(1, 2), "Axes have changed places"),
    "overwritten": (overwritten, "overwritten before"),
    "frames twice": (lambda c: c[[0] * len(c)], "come twice"),
    "another order": (lambda c: torch.cat([c[::2], c[1::2]]), "in another order"),
    "never filled": (torch.zeros_like, "never filled"),
    "one frame lost": (lambda c: c.flip(0)[:-1], "Frames are lost"),
    "one frame": (lambda c: c[-1], "one axis too few"),
    "channels first": (lambda c: c.flip(0).movedim(-1, 0), "Axes have changed places"),
    "smaller": (lambda c: c.flip(0)[:, ::2], "as large as the one that went in"),
    "darker": (lambda c: c.flip(0) // 2, "is no frame of the given one"),
    "in place": (in_place, "changed the clip"),
    "floats": (lambda c: c.flip(0).float(), "float32 where the clip holds uint8"),
    "NaN": (lambda c: torch.full(c.shape, torch.nan), "NaN"),
    "a list": (lambda c: list(c)[::-1], "returned a list"),
    "nothing": (lambda c: None, "returned None"),
    "negative step": (lambda c: c[::-1], "negative step"),
    "an error": (lambda c: c[len(c)], "IndexError"),
    "calls everything equal": (lambda c: AlwaysEqual(), "returned a AlwaysEqual"),
    "remembers": (lambda c: c if len(c) == 9 and c[0, 0, 0] else c.flip(0), "Played backwards"),
}


class TestTheCheck(exercises.EveryCheck):
    check = staticmethod(check_reverse)
    lesson, name = 0, "reverse"
    right = RIGHT
    wrong = WRONG
    alike = 2  # both kinds of off by one, both of transposed

    @staticmethod
    def leaks(message: str) -> bool:
        return any(part in message for part in ("flip(0)", "tensor(", "- 1 - t"))
