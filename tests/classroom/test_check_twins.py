"""The check of exercise 3 accepts every twin and names what is wrong with the others."""

import random
from collections.abc import Callable

import exercises
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from c3d_teach.classroom.checks.twins import check_twin
from c3d_teach.experiments.pooling import twin


def swapped(clip: Tensor, start: int = 0, step: int = 2) -> Tensor:
    """Neighbours change places, counted from ``start``, every ``step`` frames."""
    other = clip.clone()
    for t in range(start, len(clip) - 1, step):
        other[t], other[t + 1] = clip[t + 1], clip[t]
    return other


def by_torch(clip: Tensor) -> Tensor:
    whole = len(clip) // 2 * 2
    return torch.cat([twin(clip[:whole]), clip[whole:]])


def by_index(clip: Tensor) -> Tensor:
    return clip[[t ^ 1 if t ^ 1 < len(clip) else t for t in range(len(clip))]]


def by_numpy(clip: Tensor) -> np.ndarray:
    frames = clip.numpy().copy()
    whole = len(frames) // 2 * 2
    frames[0:whole:2], frames[1:whole:2] = frames[1:whole:2].copy(), frames[0:whole:2].copy()
    return frames


def only_the_first(clip: Tensor) -> Tensor:
    return clip[[1, 0, *range(2, len(clip))]]


def at_random(clip: Tensor) -> Tensor:
    order = list(range(len(clip)))
    for t in range(0, len(clip) - 1, 2):
        if t == 0 or random.random() < 0.5:
            order[t], order[t + 1] = order[t + 1], order[t]
    return clip[order]


def in_place(clip: Tensor) -> Tensor:
    clip[[0, 1]] = clip[[1, 0]]
    return clip


def overwritten(clip: Tensor) -> Tensor:
    other = clip.clone()
    for t in range(0, len(clip) - 1, 2):
        other[t] = other[t + 1]
        other[t + 1] = other[t]
    return other


def merged(clip: Tensor) -> Tensor:
    volume = clip.movedim(-1, 0).float()[None]
    return F.max_pool3d(volume, (2, 1, 1))[0].movedim(0, -1).to(torch.uint8)


def merged_twice(clip: Tensor) -> Tensor:
    whole = len(clip) // 2 * 2
    return torch.cat([merged(clip).repeat_interleave(2, 0), clip[whole:]])


class AlwaysEqual:
    def __eq__(self, other: object) -> bool:
        return True


def whole_only(clip: Tensor) -> Tensor:
    return twin(clip[: len(clip) // 2 * 2])


RIGHT: dict[str, Callable[..., object]] = {
    "loop": swapped,
    "torch": by_torch,
    "index": by_index,
    "numpy": by_numpy,
    "one window only": only_the_first,
    "windows at random": at_random,
}
WRONG: dict[str, tuple[Callable[..., object], str]] = {
    "identity": (lambda c: c.clone(), "clip itself"),
    "the very same object": (lambda c: c, "clip itself"),
    "whole clip reversed": (lambda c: c.flip(0), "whole clip is reversed"),
    "one off": (lambda c: swapped(c, 1), "pairs are one off"),
    "every neighbour in turn": (lambda c: swapped(c, 0, 1), "come twice|no frame|another window"),
    "rolled": (lambda c: c.roll(1, 0), "only rolled"),
    "rolled back by three": (lambda c: c.roll(-3, 0), "only rolled"),
    "pairs among each other": (
        lambda c: (
            c.unflatten(0, (-1, 2)).flip(0).flatten(0, 1)
            if len(c) > 2 and len(c) % 2 == 0
            else c.flip(0)
        ),
        "changed places among each other",
    ),
    "halves": (lambda c: torch.cat([c[len(c) // 2 :], c[: len(c) // 2]]), "two halves"),
    "even then odd": (lambda c: torch.cat([c[::2], c[1::2]]), "all even frames"),
    "odd then even": (lambda c: torch.cat([c[1::2], c[::2]]), "all odd frames"),
    "maximum": (merged_twice, "replaced by its maximum"),
    "pooled": (merged, "half of the frames"),
    "overwritten": (overwritten, "come twice"),
    "flipped in space": (lambda c: swapped(c).flip(2), "mirrored (left and right)"),
    "upside down": (lambda c: swapped(c).flip(1), "mirrored (up and down)"),
    "turned round": (lambda c: swapped(c).flip(1, 2), "mirrored (both ways)"),
    "colours": (lambda c: swapped(c).flip(3), "colours are swapped"),
    "darker": (lambda c: swapped(c) // 2, "is no frame of the clip"),
    "in place": (in_place, "changed the clip"),
    "floats": (lambda c: swapped(c).float(), "holds torch.float32"),
    "numpy floats": (lambda c: swapped(c).numpy().astype(float), "holds float64"),
    "channels first": (lambda c: swapped(c).movedim(-1, 0), "A twin has all frames"),
    "no channels": (lambda c: swapped(c)[..., 0], "whole clip again"),
    "last frame lost": (whole_only, "last frame is lost"),
    "counted from the end": (
        lambda c: torch.cat([c[: len(c) % 2], twin(c[len(c) % 2 :])]),
        "Counted from the end",
    ),
    "last frame first": (
        lambda c: twin(c) if len(c) % 2 == 0 else torch.cat([c[-1:], twin(c[:-1])]),
        "has moved into a window",
    ),
    "shuffled": (
        lambda c: c[torch.randperm(len(c), generator=torch.Generator().manual_seed(3))],
        "another window",
    ),
    "a list": (lambda c: list(swapped(c)), "returned a list"),
    "calls everything equal": (lambda c: AlwaysEqual(), "returned a AlwaysEqual"),
    "nothing": (lambda c: None, "returned None"),
    "NaN": (lambda c: torch.full(c.shape, torch.nan), "holds torch.float32"),
    "an error": (lambda c: c[len(c)], "IndexError"),
    "changes what stands still": (
        lambda c: c + 1 if len(c) == 6 else by_torch(c),
        "every order looks the same",
    ),
}


class TestTheCheck(exercises.EveryCheck):
    check = staticmethod(check_twin)
    lesson, name = 3, "make_twin"
    right = RIGHT
    wrong = WRONG
    alike = 4  # the same object, both kinds of rolling, floats

    @staticmethod
    def leaks(message: str) -> bool:
        return any(part in message for part in ("1 0 3 2", "1, 0, 3", "tensor("))
