"""The check of exercise 6 accepts what is right and names what is wrong."""

import re
import sys
from collections.abc import Callable

import exercises
import numpy as np
import torch
from torch import Tensor

from c3d_teach.classroom.checks.descent import check_sgd_step

Pair = tuple[Tensor, Tensor]


def right(w: Tensor, g: Tensor, v: Tensor, rate: float, m: float, decay: float) -> Pair:
    new = m * v + g + decay * w
    return w - rate * new, new


def by_torch(w: Tensor, g: Tensor, v: Tensor, rate: float, m: float, decay: float) -> Pair:
    weight = torch.nn.Parameter(w.clone())
    optimiser = torch.optim.SGD([weight], lr=rate, momentum=max(m, 1e-12), weight_decay=decay)
    optimiser.state[weight]["momentum_buffer"] = v.clone()
    weight.grad = g.clone()
    optimiser.step()
    return weight, optimiser.state[weight]["momentum_buffer"]


def by_loops(w: Tensor, g: Tensor, v: Tensor, rate: float, m: float, decay: float) -> list[Tensor]:
    weight, velocity = torch.empty_like(w), torch.empty_like(v)
    for place in np.ndindex(*w.shape):
        velocity[place] = m * v[place] + g[place] + decay * w[place]
        weight[place] = w[place] - rate * velocity[place]
    return [weight, velocity]


def by_numpy(w: Tensor, g: Tensor, v: Tensor, rate: float, m: float, decay: float) -> object:
    new = m * v.numpy() + g.numpy() + decay * w.numpy()
    return w.numpy() - rate * new, new


def in_place(w: Tensor, g: Tensor, v: Tensor, rate: float, m: float, decay: float) -> Pair:
    v.mul_(m).add_(g + decay * w)
    w -= rate * v
    return w, v


class Remembers:
    """Right at each step alone, but it keeps a velocity of its own once it has seen two."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(
        self, w: Tensor, g: Tensor, v: Tensor, rate: float, m: float, decay: float
    ) -> Pair:
        self.calls += 1
        return right(w, g, v + (0.5 if self.calls > 6 else 0), rate, m, decay)


def caffe(w: Tensor, g: Tensor, v: Tensor, rate: float, m: float, decay: float) -> Pair:
    new = m * v + rate * (g + decay * w)
    return w - new, new


WRONG: dict[str, tuple[Callable[..., object], str]] = {
    "no decay": (lambda w, g, v, r, m, d: right(w, g, v, r, m, 0), "weight decay is missing"),
    "decay with the wrong sign": (
        lambda w, g, v, r, m, d: right(w, g, v, r, m, -d),
        "lets the weights grow",
    ),
    "no momentum": (lambda w, g, v, r, m, d: right(w, g, v, r, 0, d), "momentum is missing"),
    "whole velocity": (lambda w, g, v, r, m, d: right(w, g, v, r, 1, d), "goes on whole"),
    "momentum on the weight": (
        lambda w, g, v, r, m, d: (m * w - r * (g + d * w), g + d * w),
        "momentum stands on the weight",
    ),
    "momentum on the gradient too": (
        lambda w, g, v, r, m, d: (w - r * m * (v + g + d * w), m * (v + g + d * w)),
        "momentum stands on the gradient",
    ),
    "Caffe's form": (caffe, "This is Caffe's form: the rate stands inside"),
    "Caffe's form, minus inside": (
        lambda w, g, v, r, m, d: (w + (m * v - r * (g + d * w)), m * v - r * (g + d * w)),
        "Caffe's form with its minus sign",
    ),
    "rate twice": (
        lambda w, g, v, r, m, d: (w - r * caffe(w, g, v, r, m, d)[1], caffe(w, g, v, r, m, d)[1]),
        "rate counts twice",
    ),
    "no rate": (
        lambda w, g, v, r, m, d: (w - right(w, g, v, r, m, d)[1], right(w, g, v, r, m, d)[1]),
        "rate is missing",
    ),
    "uphill": (lambda w, g, v, r, m, d: right(w, g, v, -r, m, d), "It climbs"),
    "old velocity returned": (
        lambda w, g, v, r, m, d: (right(w, g, v, r, m, d)[0], v),
        "comes back is the old one",
    ),
    "steps with the old velocity": (
        lambda w, g, v, r, m, d: (w - r * v, right(w, g, v, r, m, d)[1]),
        "moved by the old velocity",
    ),
    "weight not moved": (
        lambda w, g, v, r, m, d: (w, right(w, g, v, r, m, d)[1]),
        "the weight came back as it was",
    ),
    "nothing moved": (lambda w, g, v, r, m, d: (w, v), "Nothing moves"),
    "decay beside the velocity": (
        lambda w, g, v, r, m, d: (w - r * (m * v + g) - r * d * w, m * v + g),
        "AdamW",
    ),
    "decay after the step": (
        lambda w, g, v, r, m, d: ((w - r * (m * v + g)) * (1 - r * d), m * v + g),
        "from the weight that has moved",
    ),
    "decay without the rate": (
        lambda w, g, v, r, m, d: (w - r * (m * v + g) - d * w, m * v + g),
        "by the decay without the rate",
    ),
    "decay on the velocity": (
        lambda w, g, v, r, m, d: (w - r * (m * v + g + d * v), m * v + g + d * v),
        "decay works on the velocity",
    ),
    "dampening": (
        lambda w, g, v, r, m, d: (
            w - r * (m * v + (1 - m) * (g + d * w)),
            m * v + (1 - m) * (g + d * w),
        ),
        "dampening",
    ),
    "Nesterov": (
        lambda w, g, v, r, m, d: (
            w - r * (g + d * w + m * right(w, g, v, r, m, d)[1]),
            right(w, g, v, r, m, d)[1],
        ),
        "Nesterov",
    ),
    "swapped": (lambda *a: right(*a)[::-1], "changed places"),
    "velocity not returned": (lambda *a: right(*a)[0], "returned one tensor"),
    "stacked": (lambda *a: torch.stack(right(*a)), "returned a Tensor; it should return two"),
    "three things": (lambda *a: (*right(*a), 1), "returned a list; it should return two"),
    "numbers": (lambda *a: (1.0, 2.0), "returned a float and a float"),
    "one velocity for all": (
        lambda *a: (right(*a)[0], right(*a)[1].mean()),
        "Every weight has a velocity",
    ),
    "in place": (in_place, "changed the"),
    "NaN": (lambda *a: tuple(one * torch.nan for one in right(*a)), "NaN"),
    "infinite": (lambda *a: tuple(one / 0 for one in right(*a)), "infinite"),
    "something else": (lambda *a: (right(*a)[0] + 1, right(*a)[1]), "Right shape, wrong values"),
    "nothing": (lambda *a: None, "returned None"),
    "two arguments": (lambda w, g: w, "TypeError"),
    "leaves python": (lambda *a: sys.exit("bye"), "SystemExit: bye"),
}


class TestTheCheck(exercises.EveryCheck):
    check = staticmethod(check_sgd_step)
    lesson, name = 6, "sgd_step"
    right = (right, by_torch, by_loops, by_numpy)
    wrong = WRONG

    @staticmethod
    def leaks(message: str) -> bool:
        # arguments are named by their values, 0.25 and the like; a value of the answer is not
        said = re.sub(r"(rate|momentum|decay) = [\d.]+", "", message)
        return exercises.EveryCheck.leaks(said)


def test_a_step_that_remembers_more_than_its_velocity_is_refused() -> None:
    assert "several in a row" in check_sgd_step(Remembers()).message
