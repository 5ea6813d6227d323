"""The check of exercise 2 accepts every right kernel and names what is wrong with the others."""

from collections.abc import Callable

import exercises
import torch
from torch import Tensor

from c3d_teach import StackedFramesNet
from c3d_teach.classroom.checks.channels import check_as_3d


def right(weight: Tensor, channels: int) -> Tensor:
    return weight.unflatten(1, (channels, -1))


def by_loops(weight: Tensor, channels: int) -> Tensor:
    out, slices, k, _ = weight.shape
    length = slices // channels
    deep = torch.zeros(out, channels, length, k, k)
    for c in range(channels):
        for t in range(length):
            deep[:, c, t] = weight[:, c * length + t]
    return deep


def by_frame(weight: Tensor, channels: int) -> Tensor:
    out, slices, k, _ = weight.shape
    return weight.reshape(out, slices // channels, channels, k, k)


def in_place(weight: Tensor, channels: int) -> Tensor:
    answer = right(weight, channels).clone()
    weight.zero_()
    return answer


def middle_only(weight: Tensor, channels: int) -> Tensor:
    deep = right(weight, channels).clone()
    length = deep.shape[2]
    for t in range(length):
        if t != length // 2:
            deep[:, :, t] = 0
    return deep


def mixed(weight: Tensor, channels: int) -> Tensor:
    out, slices, k, _ = weight.shape
    return weight.reshape(channels, out, slices // channels, k, k).transpose(0, 1)


class AlwaysEqual:
    def __eq__(self, other: object) -> bool:
        return True


RIGHT: dict[str, Callable[..., object]] = {
    "unflatten": right,
    "loops": by_loops,
    "numpy": lambda w, c: w.numpy().reshape(len(w), c, -1, *w.shape[2:]),
    "view": lambda w, c: w.view(w.shape[0], c, w.shape[1] // c, *w.shape[2:]),
    "chunks": lambda w, c: torch.stack(w.chunk(c, dim=1), dim=1),
    "double": lambda w, c: right(w.double(), c),
}
WRONG: dict[str, tuple[Callable[..., object], str]] = {
    "frames first, sizes right": (
        lambda w, c: by_frame(w, c).transpose(1, 2),
        "laid out in the wrong order",
    ),
    "frames first": (by_frame, "order out, time, channel"),
    "channels and time swapped": (
        lambda w, c: right(w, c).transpose(1, 2),
        "Channels and time have changed places",
    ),
    "played backwards": (lambda w, c: right(w, c).flip(2), "played backwards"),
    "channels reversed": (lambda w, c: right(w, c).flip(1), "channels are in reverse"),
    "kernels reversed": (lambda w, c: right(w, c).flip(0), "output kernels are in reverse"),
    "transposed": (lambda w, c: right(w, c).transpose(3, 4), "Rows and columns of each slice"),
    "flipped in space": (lambda w, c: right(w, c).flip(3, 4), "flipped in space"),
    "upside down": (lambda w, c: right(w, c).flip(3), "stands upside down"),
    "mirrored": (lambda w, c: right(w, c).flip(4), "is mirrored"),
    "squeezed": (lambda w, c: right(w, c).squeeze(1), "channel axis is missing"),
    "depth 1": (lambda w, c: w.unsqueeze(2), "a depth of 1"),
    "all on the time axis": (lambda w, c: w.unsqueeze(1), "lie on the time axis"),
    "averaged": (lambda w, c: right(w, c).mean(2, keepdim=True), "averaged: then"),
    "averaged everywhere": (
        lambda w, c: right(w, c).mean(2, keepdim=True).expand_as(right(w, c)),
        "every slice has the mean",
    ),
    "added up": (lambda w, c: right(w, c).sum(2, keepdim=True), "added up"),
    "only the middle frame": (middle_only, "Only the middle frame"),
    "divided": (lambda w, c: right(w, c) / (w.shape[1] / c), "divided by the number"),
    "never filled": (lambda w, c: torch.zeros_like(right(w, c)), "never filled"),
    "mixed with out": (mixed, "mixed up with the channels"),
    "as it was": (lambda w, c: w, "Wrong output size"),
    "half of the weights": (lambda w, c: right(w, c)[:, :, ::2], "Wrong number of weights"),
    "something else": (lambda w, c: right(w, c) + 0.25, "Right shape, wrong values"),
    "whole numbers": (lambda w, c: right(w, c).to(torch.int64), "decimal point"),
    "in place": (in_place, "changed the weight"),
    "NaN": (lambda w, c: right(w, c) * torch.nan, "NaN"),
    "nothing": (lambda w, c: None, "returned None"),
    "a list": (lambda w, c: right(w, c).tolist(), "returned a list"),
    "a shape": (lambda w, c: right(w, c).shape, "returned a Size"),
    "an error": (lambda w, c: w.reshape(c, -1, 7, 7, 7), "RuntimeError"),
    "one argument": (lambda w: w, "TypeError"),
    "calls everything equal": (lambda w, c: AlwaysEqual(), "returned a AlwaysEqual"),
    "remembers": (
        lambda w, c: right(w, c) if w.shape[1] != 6 or len(w) != 3 else right(w, c).flip(2),
        "Right shape, wrong values",
    ),
}


class TestTheCheck(exercises.EveryCheck):
    check = staticmethod(check_as_3d)
    lesson, name = 2, "as_3d"
    right = RIGHT
    wrong = WRONG

    @staticmethod
    def leaks(message: str) -> bool:
        return "reshape(out" in message or exercises.EveryCheck.leaks(message)


def test_the_layout_is_that_of_the_net() -> None:
    net = StackedFramesNet(2, clip_shape=(3, 4, 8, 8), width=1 / 8)
    clips = torch.rand(1, 3, 4, 8, 8)
    channels = net.rearrange(clips)[0, :, 0]
    assert torch.equal(right(channels[None], 3)[0], clips[0])
