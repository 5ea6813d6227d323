"""The check of exercise 10 accepts what is right and names what is wrong."""

import sys
from collections.abc import Callable

import exercises
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from c3d_teach.classroom.checks.skips import check_join
from c3d_teach.models.unet import join


def large(deep: Tensor, skip: Tensor, mode: str = "nearest") -> Tensor:
    return F.interpolate(deep, skip.shape[2:], mode=mode)


def loops(deep: Tensor, skip: Tensor) -> Tensor:
    n, c, *_ = deep.shape
    steps = [b // s for b, s in zip(skip.shape[2:], deep.shape[2:], strict=True)]
    out = torch.zeros(n, c + skip.shape[1], *skip.shape[2:])
    out[:, c:] = skip
    for t, y, x in np.ndindex(*skip.shape[2:]):
        out[:, :c, t, y, x] = deep[:, :, t // steps[0], y // steps[1], x // steps[2]]
    return out


def repeats(deep: Tensor, skip: Tensor) -> Tensor:
    for axis in (2, 3, 4):
        deep = deep.repeat_interleave(skip.shape[axis] // deep.shape[axis], axis)
    return torch.cat((deep, skip), dim=1)


def in_numpy(deep: Tensor, skip: Tensor) -> np.ndarray:
    a = deep.numpy()
    for axis in (2, 3, 4):
        a = a.repeat(skip.shape[axis] // a.shape[axis], axis)
    return np.concatenate([a, skip.numpy()], 1)


def changes_the_skip(deep: Tensor, skip: Tensor) -> Tensor:
    skip *= 2
    return join(deep, skip / 2)


def space_only(deep: Tensor, skip: Tensor) -> Tensor:
    return F.interpolate(deep, (deep.shape[2], *skip.shape[3:]), mode="nearest")


def padded(deep: Tensor, skip: Tensor) -> Tensor:
    out = torch.zeros(*deep.shape[:2], *skip.shape[2:])
    out[:, :, : deep.shape[2], : deep.shape[3], : deep.shape[4]] = deep
    return torch.cat([out, skip], 1)


def tiled(deep: Tensor, skip: Tensor) -> Tensor:
    times = [b // s for b, s in zip(skip.shape[2:], deep.shape[2:], strict=True)]
    return torch.cat([deep.repeat(1, 1, *times), skip], 1)


def frames_tiled(deep: Tensor, skip: Tensor) -> Tensor:
    wide = space_only(deep, skip)
    return torch.cat([wide.repeat(1, 1, skip.shape[2] // deep.shape[2], 1, 1), skip], 1)


def first_frame(deep: Tensor, skip: Tensor) -> Tensor:
    wide = space_only(deep, skip)[:, :, :1].expand(-1, -1, skip.shape[2], -1, -1)
    return torch.cat([wide, skip], 1)


def remembers_time(deep: Tensor, skip: Tensor) -> Tensor:
    """Right on the maps of the check, wrong elsewhere: caught by the properties."""
    if deep.shape[2] != 3:
        return join(deep, skip)
    index = torch.tensor([0, 0, 0, 1, 1, 2])
    return torch.cat([space_only(deep, skip)[:, :, index], skip], 1)


def mixes_clips(deep: Tensor, skip: Tensor) -> Tensor:
    return join(deep, skip) if deep.shape[2] > 1 else join(deep + deep.mean(0), skip)


WRONG: dict[str, tuple[Callable[..., object], str]] = {
    "added": (lambda d, s: large(d, s) + s, "The two are added"),
    "averaged": (lambda d, s: (large(d, s) + s) / 2, "The two are averaged"),
    "multiplied": (lambda d, s: large(d, s) * s, "The two are multiplied"),
    "order swapped": (lambda d, s: torch.cat([s, large(d, s)], 1), "in the wrong order"),
    "along batch": (lambda d, s: torch.cat([large(d, s), s], 0), "along the batch"),
    "along time": (lambda d, s: torch.cat([large(d, s), s], 2), "along time"),
    "along rows": (lambda d, s: torch.cat([large(d, s), s], 3), "along the rows"),
    "along columns": (lambda d, s: torch.cat([large(d, s), s], 4), "along the columns"),
    "stacked": (lambda d, s: torch.stack([large(d, s), s], 1), "one axis too many"),
    "not enlarged in time": (
        lambda d, s: torch.cat([space_only(d, s), s], 1),
        "stopped with RuntimeError",
    ),
    "first frame everywhere": (first_frame, "one repeated frame only"),
    "frames come round again": (frames_tiled, "Frames come round again"),
    "tiled": (tiled, "The deep map is tiled"),
    "trilinear": (
        lambda d, s: torch.cat([large(d, s, "trilinear"), s], 1),
        "mixtures (trilinear)",
    ),
    "trilinear, corners": (
        lambda d, s: torch.cat(
            [F.interpolate(d, s.shape[2:], mode="trilinear", align_corners=True), s], 1
        ),
        "with align_corners",
    ),
    "rows and columns swapped": (
        lambda d, s: torch.cat([large(d.mT, s), s], 1),
        "Rows and columns of the deep map",
    ),
    "time and rows swapped": (
        lambda d, s: torch.cat([large(d.transpose(2, 3), s), s], 1),
        "Time and rows of the deep map",
    ),
    "skip pooled": (
        lambda d, s: torch.cat([d, F.adaptive_max_pool3d(s, d.shape[2:])], 1),
        "made smaller (max pooling)",
    ),
    "skip averaged": (
        lambda d, s: torch.cat([d, F.interpolate(s, d.shape[2:], mode="area")], 1),
        "made smaller (averages)",
    ),
    "skip cut": (
        lambda d, s: torch.cat([d, s[:, :, : d.shape[2], : d.shape[3], : d.shape[4]]], 1),
        "was cut down",
    ),
    "padded": (padded, "sits in a corner"),
    "only deep": (large, "Only the deep map came back"),
    "only skip": (lambda d, s: s, "Only the skip came back"),
    "never filled": (
        lambda d, s: torch.zeros(s.shape[0], d.shape[1] + s.shape[1], *s.shape[2:]),
        "never filled",
    ),
    "NaN": (lambda d, s: join(d, s) * torch.nan, "NaN"),
    "whole numbers": (lambda d, s: join(d, s).to(torch.int64), "decimal point"),
    "something else": (lambda d, s: join(d, s) + 1, "Right shape, wrong values"),
    "changes its input": (changes_the_skip, "changed the skip"),
    "remembers": (remembers_time, "played backwards"),
    "mixes clips": (mixes_clips, "clips should not touch"),
    "returns nothing": (lambda d, s: None, "returned None"),
    "returns a list": (lambda d, s: [d, s], "returned a list"),
    "a name that is not there": (lambda d, s: torch.cat([deeper, s], 1), "NameError"),  # type: ignore[name-defined]  # noqa: F821
    "leaves python": (lambda d, s: sys.exit("bye"), "SystemExit: bye"),
    "one argument": (lambda d: d, "TypeError"),
}


class TestTheCheck(exercises.EveryCheck):
    check = staticmethod(check_join)
    lesson, name = 10, "join"
    right = (join, loops, repeats, in_numpy)
    wrong = WRONG

    @staticmethod
    def leaks(message: str) -> bool:
        return "interpolate" in message or exercises.EveryCheck.leaks(message)
