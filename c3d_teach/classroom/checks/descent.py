"""Exercise of lesson 06: one step of gradient descent with momentum and weight decay."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from c3d_teach.classroom.oracle import (
    AnswerError,
    Case,
    Function,
    Verdict,
    answer,
    compare,
    judge,
    same,
)

_NAME = "sgd_step"
_CASES = (  # what is special about it, shape of the weights, rate, momentum, decay
    ("plain descent", (4,), 0.5, 0.0, 0.0),
    ("momentum", (3, 2), 0.25, 0.5, 0.0),
    ("weight decay", (5,), 0.25, 0.0, 0.125),
    ("momentum and weight decay", (2, 3), 0.25, 0.75, 0.125),
    ("the weights of a kernel", (2, 1, 3, 3, 3), 0.5, 0.5, 0.25),
)
_STEPS = 4  # of the path that is compared with torch's


def check_sgd_step(function: Any) -> Verdict:
    """Is it one step of SGD: ``function(weight, gradient, velocity, rate, momentum, decay)``?

    The answer is the pair ``(new weight, new velocity)``, tensors like ``weight``, in PyTorch's
    form: velocity ← momentum · velocity + gradient + decay · weight, and weight ← weight − rate
    · velocity (ours; momentum and decay as in the released Caffe files). The oracle is
    ``torch.optim.SGD``.
    """
    praise = (
        "Right: weight and velocity agree with torch.optim.SGD, for one step and for a path of "
        "several with a rate that falls."
    )
    return judge(function, _examine, name=_NAME, praise=praise)


def _examine(function: Function) -> None:
    for seed, (name, shape, rate, momentum, decay) in enumerate(_CASES):
        weight, gradient, velocity = _inputs(shape, seed)
        step = (weight, gradient, velocity, rate, momentum, decay)
        right = _torch(*step)
        case = Case(name, _named(step), right, _mistakes(*step))
        compare(_pair(function, case), case, name=_NAME)
    _path(function)


def _inputs(shape: tuple[int, ...], seed: int) -> tuple[Tensor, Tensor, Tensor]:
    random = torch.Generator().manual_seed(seed)
    # quarters, none of them zero: exact in float32
    parts = [(torch.randint(1, 17, shape, generator=random) / 4) for _ in range(3)]
    parts[1] = parts[1] * torch.where(torch.rand(shape, generator=random) < 0.5, -1.0, 1.0)
    return parts[0], parts[1], parts[2]


def _named(step: tuple[Any, ...]) -> dict[str, Any]:
    names = ("weight", "gradient", "velocity", "rate", "momentum", "decay")
    return dict(zip(names, step, strict=True))


def _torch(
    weight: Tensor, gradient: Tensor, velocity: Tensor, rate: float, momentum: float, decay: float
) -> Tensor:
    """New weight and new velocity of ``torch.optim.SGD``, stacked."""
    parameter = torch.nn.Parameter(weight.double().clone())
    optimiser = torch.optim.SGD([parameter], lr=rate, momentum=momentum, weight_decay=decay)
    # without momentum torch keeps no velocity, and a velocity from before has no effect
    optimiser.state[parameter]["momentum_buffer"] = velocity.double().clone()
    parameter.grad = gradient.double().clone()
    optimiser.step()
    found = optimiser.state[parameter]["momentum_buffer"]
    if not momentum:
        found = gradient.double() + decay * weight.double()
    return torch.stack([parameter.detach(), found])


def _pair(function: Function, case: Case) -> Tensor:
    """The two answers of a function as one tensor.

    Raises:
        AnswerError: when it does not return two tensors of the weight's size.
    """
    said: list[str] = []
    shape = case.expected.shape[1:]

    def run(*inputs: Any) -> Any:
        given = function(*inputs)
        if given is None:
            return None
        if type(given) in (tuple, list):
            given = [torch.from_numpy(one) if type(one) is np.ndarray else one for one in given]
        if type(given) is Tensor and given.shape == shape:
            said.append(
                f"{_NAME} returned one tensor. Return two, the new weight and the new velocity: "
                "the next step needs both."
            )
        elif type(given) is not list or len(given) != 2:
            kind = type(given).__name__
            said.append(
                f"{_NAME} returned a {kind}; it should return two tensors: "
                "return new_weight, new_velocity."
            )
        elif any(type(one) not in (Tensor, torch.nn.Parameter) for one in given):
            kinds = " and a ".join(type(one).__name__ for one in given)
            said.append(f"{_NAME} returned a {kinds}; it should return two torch tensors.")
        elif any(one.shape != shape for one in given):
            sizes = " and ".join(str(tuple(one.shape)) for one in given)
            said.append(
                f"{_NAME} returned tensors of size {sizes}; both are as large as the weight, "
                f"{tuple(shape)}. Every weight has a velocity of its own."
            )
        return (
            torch.zeros_like(case.expected)
            if said
            else torch.stack([one.detach().double() for one in given])
        )

    found = answer(run, case, name=_NAME)
    if said:
        raise AnswerError(said[0])
    return found


def _mistakes(
    weight: Tensor, gradient: Tensor, velocity: Tensor, rate: float, momentum: float, decay: float
) -> Mapping[str, Tensor]:
    """Sentence → the answer a function with this mistake gives, most telling first."""
    w, g, v = weight.double(), gradient.double(), velocity.double()
    force = g + decay * w
    new = momentum * v + force
    caffe = momentum * v + rate * force
    no_decay = momentum * v + g
    away = momentum * v + g - decay * w
    damped = momentum * v + (1 - momentum) * force
    still = force
    late = w - rate * no_decay
    looked = force + momentum * new

    def pair(a: Tensor, b: Tensor) -> Tensor:
        return torch.stack([a, b])

    return {
        "The two have changed places: return the new weight first, then the new velocity.": (
            pair(new, w - rate * new)
        ),
        "It climbs: a step goes against the gradient, downhill. Look at the sign of the step.": (
            pair(w + rate * new, new)
        ),
        "Nothing moves: weight and velocity come back as they were.": pair(w, v),
        "The weight is right, but the velocity that comes back is the old one: the next step "
        "would start without the momentum of this one. Return the new velocity.": (
            pair(w - rate * new, v)
        ),
        "The velocity is right, but the weight has moved by the old velocity. First renew the "
        "velocity, then step with it.": pair(w - rate * v, new),
        "The velocity is right, but the weight came back as it was.": pair(w, new),
        "The weight decay is missing: it pulls every weight towards zero, as if decay · weight "
        "were a part of the gradient.": pair(w - rate * no_decay, no_decay),
        "The weight decay has the wrong sign: it lets the weights grow. Add decay · weight to the "
        "gradient, for the step is taken against it.": pair(w - rate * away, away),
        "The momentum is missing: a part of the old velocity goes on.": pair(
            w - rate * still, still
        ),
        "The old velocity goes on whole. Only a part of it does: momentum · velocity.": pair(
            w - rate * (v + force), v + force
        ),
        "The momentum stands on the weight. It belongs to the velocity.": pair(
            momentum * w - rate * force, force
        ),
        "This is Caffe's form: the rate stands inside the velocity, and the weight loses the "
        "velocity itself. It is right there, and the paper's nets were trained so; the exercise "
        "asks for PyTorch's form, where the velocity knows nothing of the rate.": (
            pair(w - caffe, caffe)
        ),
        "This is Caffe's form with its minus sign inside the velocity. It is right there; the "
        "exercise asks for PyTorch's form, where the velocity knows nothing of the rate.": (
            pair(w + (momentum * v - rate * force), momentum * v - rate * force)
        ),
        "The rate counts twice: once inside the velocity and once in the step. In PyTorch's form "
        "it stands in the step alone.": pair(w - rate * caffe, caffe),
        "The rate is missing: the step is as long as the velocity. Multiply it by the rate.": (
            pair(w - new, new)
        ),
        "The decay is taken off after the step, beside the velocity (AdamW does so). In SGD it is "
        "a part of the gradient, before the velocity is renewed.": pair(
            late - rate * decay * w, no_decay
        ),
        "The decay is taken off after the step, from the weight that has moved. In SGD it is a "
        "part of the gradient, before the velocity is renewed.": pair(
            late - rate * decay * late, no_decay
        ),
        "The weight shrinks by the decay without the rate. In SGD decay · weight is a part of the "
        "gradient.": pair(late - decay * w, no_decay),
        "The decay works on the velocity. It belongs to the weight.": pair(
            w - rate * (no_decay + decay * v), no_decay + decay * v
        ),
        "The new gradient is damped by (1 − momentum). PyTorch can do that (dampening), but not "
        "unless it is asked to; here the gradient counts in full.": pair(w - rate * damped, damped),
        "This looks ahead once more with the momentum (Nesterov's form). Step with the new "
        "velocity itself.": pair(w - rate * looked, new),
        "The momentum stands on the gradient, too. It belongs to the old velocity alone.": pair(
            w - rate * momentum * (v + force), momentum * (v + force)
        ),
    }


def _path(function: Function) -> None:
    """Several steps in a row with a rate that falls, as training takes them."""
    weight, centre, velocity = _inputs((3,), 21)
    velocity = torch.zeros_like(velocity)
    parameter = torch.nn.Parameter(weight.double().clone())
    optimiser = torch.optim.SGD([parameter], lr=0.5, momentum=0.5, weight_decay=0.125)
    mine, memory = weight.double(), velocity.double()
    for count in range(_STEPS):
        rate = 0.5 / 2**count
        for group in optimiser.param_groups:
            group["lr"] = rate
        parameter.grad = (parameter - centre).detach()
        step = (mine, mine - centre, memory, rate, 0.5, 0.125)
        expected = torch.zeros(2, *weight.shape)  # only its size is used
        mine, memory = _pair(function, Case("several steps in a row", _named(step), expected))
        optimiser.step()
    if not same(mine, parameter.detach()):
        raise AnswerError(
            "Each step alone is right, but several in a row leave torch's path. Does a step "
            "remember something beside the velocity it is given?"
        )
