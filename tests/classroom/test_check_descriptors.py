"""The check of exercise 8 accepts what is right and names what is wrong."""

import re
import sys
from collections.abc import Callable
from typing import Any

import exercises
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from c3d_teach import video_descriptor
from c3d_teach.classroom.checks import descriptors
from c3d_teach.classroom.checks.descriptors import check_video_descriptor


def unit(x: Tensor) -> Tensor:
    return F.normalize(x, dim=-1)


def right(x: Tensor) -> Tensor:
    return unit(x.relu().mean(0))


def by_hand(x: Tensor) -> Tensor:
    mean = x.clamp(min=0).sum(0) / len(x)
    length = (mean**2).sum().sqrt()
    return mean / length if length > 0 else mean


def by_loop(x: Tensor) -> Tensor:
    total = torch.zeros(x.shape[1])
    for clip in x:
        total += torch.where(clip > 0, clip, 0.0)
    norm = total.norm()
    return total / (norm if norm > 0 else 1.0)


def by_numpy(x: Tensor) -> np.ndarray:
    mean = np.maximum(x.numpy(), 0).mean(0)
    return mean / max(float(np.linalg.norm(mean)), 1e-12)


def by_library(x: Tensor) -> np.ndarray:
    return video_descriptor(x.relu())


def changes_its_input(x: Tensor) -> Tensor:
    return right(x.relu_())


def with_an_offset(x: Tensor) -> Tensor:
    mean = x.relu().mean(0)
    return mean / (mean.norm() + 1e-5) if mean.norm() > 1 else mean / (mean.norm() + 0.01)


def weighs_the_first(x: Tensor) -> Tensor:
    weights = torch.ones(len(x), 1)
    weights[0] += len(x) == 6  # right on all cases
    return unit((x.relu() * weights).mean(0))


def counts_to_five(x: Tensor) -> Tensor:
    return right(x[:5]) if len(x) == 12 else right(x)


def mean_of_nothing(x: Tensor) -> Tensor:
    found = right(x)
    return found if bool(found.any()) else found + 0.5


WRONG: dict[str, tuple[Callable[..., Any], str]] = {
    "L2 before the mean": (lambda x: unit(x.relu()).mean(0), "first the mean, then L2"),
    "L2 before and after": (lambda x: unit(unit(x.relu()).mean(0)), "Once is enough"),
    "L2 first of all": (lambda x: unit(x).relu().mean(0), "L2 comes first"),
    "no ReLU": (lambda x: unit(x.mean(0)), "The ReLU is missing"),
    "ReLU after the mean": (lambda x: unit(x.mean(0).relu()), "ReLU comes after the mean"),
    "ReLU last": (lambda x: unit(x.mean(0)).relu(), "ReLU comes last"),
    "absolute value": (lambda x: unit(x.abs().mean(0)), "absolute value"),
    "max": (lambda x: unit(x.relu().amax(0)), "The paper takes the mean"),
    "max, no L2": (lambda x: x.relu().amax(0), "in place of the mean, and L2"),
    "median": (lambda x: unit(x.relu().median(0).values), "median"),
    "no L2": (lambda x: x.relu().mean(0), "L2 step is missing"),
    "neither": (lambda x: x.mean(0), "both missing"),
    "sum": (lambda x: x.relu().sum(0), "sums over the clips"),
    "L1": (lambda x: F.normalize(x.relu().mean(0), p=1, dim=0), "That is L1"),
    "by the largest": (lambda x: x.relu().mean(0) / x.relu().mean(0).max(), "largest number"),
    "norm squared": (
        lambda x: x.relu().mean(0) / x.relu().mean(0).square().sum(),
        "root is missing",
    ),
    "root of the mean square": (
        lambda x: x.relu().mean(0) / x.relu().mean(0).square().mean().sqrt(),
        "averaged, not added up",
    ),
    "length of all": (lambda x: x.relu().mean(0) / x.relu().norm(), "all clips together"),
    "axis": (lambda x: unit(x.relu().mean(1)), "along the wrong axis"),
    "no axis": (lambda x: x.relu().mean(), "single number"),
    "keepdim": (lambda x: unit(x.relu().mean(0, keepdim=True)), "one axis too many"),
    "no mean": (lambda x: unit(x.relu()), "one row for each clip"),
    "flattened": (lambda x: unit(x.relu().flatten()), "one behind the other"),
    "NaN for zeros": (
        lambda x: x.relu().mean(0) / x.relu().mean(0).norm(),
        "holds only zeros gets",
    ),
    "something for zeros": (mean_of_nothing, "something is added"),
    "standardised": (
        lambda x: (x.relu().mean(0) - x.relu().mean()) / x.relu().mean(0).std(),
        "standardised",
    ),
    "centred": (
        lambda x: unit(x.relu().mean(0) - x.relu().mean(0).mean()),
        "taken away before the division",
    ),
    "softmax": (lambda x: x.relu().mean(0).softmax(0), "softmax"),
    "first clip": (lambda x: unit(x[0].relu()), "Only the first clip"),
    "last clip": (lambda x: unit(x[-1].relu()), "Only the last clip"),
    "zeros": (lambda x: torch.zeros(x.shape[1]), "never filled"),
    "whole numbers": (lambda x: right(x).long(), "whole numbers"),
    "something else": (lambda x: right(x) + 0.2, "wrong values"),
    "in place": (changes_its_input, "changed the fc6"),
    "an offset": (with_an_offset, "multiplied by 0.01"),
    "weighs the first": (weighs_the_first, "in another order"),
    "counts to five": (counts_to_five, "shown twice"),
    "a list": (lambda x: right(x).tolist(), "returned a list"),
    "nothing": (lambda x: None, "returned None"),
    "an error": (lambda x: x.no_such_thing, "AttributeError"),
    "leaves python": (lambda x: sys.exit("bye"), "SystemExit: bye"),
}


class TestTheCheck(exercises.EveryCheck):
    check = staticmethod(check_video_descriptor)
    lesson, name = 8, "video_descriptor"
    right = (right, by_hand, by_loop, by_numpy, by_library)
    wrong = WRONG

    @staticmethod
    def leaks(message: str) -> bool:
        answers = {
            f"{value:.2f}"
            for seed, (_, clips, count) in enumerate(descriptors._CASES[:3])
            for value in descriptors._oracle(descriptors._fc6(clips, count, seed)).tolist()
            if value > 0.02
        }
        said = {one[:4] for one in re.findall(r"\d\.\d+", message)}
        return bool(said & answers - {"0.01"})


def test_the_oracle_is_the_librarys_descriptor() -> None:
    fc6 = descriptors._fc6(9, 30, 5)
    ours = torch.from_numpy(video_descriptor(fc6.relu()))
    assert torch.allclose(descriptors._oracle(fc6).float(), ours, atol=1e-6)
