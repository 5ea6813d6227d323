"""Exercise of lesson 07: how well units tell a direction of motion from its opposite."""

from collections.abc import Callable, Mapping
from typing import Any

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
    sized,
)

_NAME = "direction_selectivity"
_STEPS = 8  # directions, 45° apart
_HALF = _STEPS // 2
_CASES = (  # what is special about it, the preferred direction of each unit; None never answers
    ("units that prefer directions below 180°", (0, 3, 1, 2, 3, 1)),
    ("units that prefer directions of 180° and more", (4, 7, 5, 6, 1)),
    ("a single unit", (5,)),
    ("a unit that never answers", (2, None, 6, 4, 0)),
)
Way = Callable[[Tensor, Tensor], Tensor]


def check_direction_selectivity(function: Any) -> Verdict:
    """Does ``function(responses)`` give the direction selectivity index of each unit?

    ``responses`` is ``(units, 8)``: mean responses, from 0, to motion in 8 directions, 45° apart.
    The answer is ``(units,)``: (preferred − opposite) / (preferred + opposite), as in
    :func:`~c3d_teach.tuning`; a unit that never answers gets 0 (there it is NaN, and counted).
    The oracle goes through the units one by one, in plain Python.
    """
    praise = (
        "Right: for units that prefer any direction, for a single one and one that never answers; "
        "and it stays the same when all responses double or the circle of directions is turned."
    )
    return judge(function, _examine, name=_NAME, praise=praise)


def _examine(function: Function) -> None:
    for seed, (name, preferred) in enumerate(_CASES):
        case = _case(name, preferred, seed)
        given = _asked(function, case)
        _as_many_as_units(given, case)
        _nothing_undefined(given, case)
        compare(given, case, name=_NAME)
    _only_proportions(function)
    _goes_round(function)


def _oracle(responses: Tensor) -> Tensor:
    found = []
    for unit in responses.double().tolist():
        best = max(range(_STEPS), key=unit.__getitem__)
        both = unit[best] + unit[best - _HALF]  # Python counts a negative index from the end
        found.append((unit[best] - unit[best - _HALF]) / both if both else 0.0)
    return torch.tensor(found, dtype=torch.float64)


def _responses(preferred: tuple[int | None, ...], seed: int) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    # quarters: short to write down; always less than what the preferred direction gets
    rows = torch.randint(2, 40, (len(preferred), _STEPS), generator=random) / 4
    for unit, best in enumerate(preferred):
        if best is None:
            rows[unit] = 0
        else:
            rows[unit, best] = 11 + unit + seed / 4
    return rows


def _case(name: str, preferred: tuple[int | None, ...], seed: int) -> Case:
    responses = _responses(preferred, seed)
    expected = _oracle(responses)
    mistakes = {
        text: way(responses.double(), responses.argmax(1)).nan_to_num(0.0)
        for text, way in _MISTAKES.items()
    }
    return Case(name, {"responses": responses}, expected, mistakes)


def _asked(function: Function, case: Case) -> Tensor:
    """The student's answer; a step beyond the last direction has a sentence of its own."""
    try:
        return answer(function, case, name=_NAME)
    except AnswerError as refusal:
        if not isinstance(refusal.__cause__, IndexError | RuntimeError):
            raise
        if "index" not in str(refusal.__cause__):
            raise
        raise AnswerError(
            f"{refusal} Is that with {case.name}? Directions lie on a circle: one step behind 315° "
            "comes 0° again. The remainder operator % brings an index back into the circle."
        ) from refusal


def _as_many_as_units(given: Tensor, case: Case) -> None:
    if given.shape == (_STEPS,) != case.expected.shape:
        raise AnswerError(
            "That is one number for each direction; wanted is one for each unit. The rows of "
            "responses are the units, so look along dim=1."
        )
    if given.shape == (len(case.expected), 1):
        raise AnswerError(
            "The output has one axis too many: one number a unit, (units,). Without keepdim=True, "
            "or with .squeeze(1), it goes."
        )
    if given.ndim == 0 and len(case.expected) > 1:
        raise AnswerError(
            "That is one number for the whole layer; wanted is one for each unit. Is a mean, a max "
            "or an argmax taken over everything, without dim=1?"
        )
    if given.ndim == 1 and len(given) == len(case.expected) - 1 and (case.expected == 0).any():
        raise AnswerError(
            "The unit that never answers was left out. It keeps its place in the list, with 0: "
            "otherwise nobody knows which number belongs to which unit."
        )


def _nothing_undefined(given: Tensor, case: Case) -> None:
    if given.shape == case.expected.shape and not bool(given.isfinite().all()):
        quiet = bool((case.expected[~given.isfinite()] == 0).all())
        if quiet:
            raise AnswerError(
                "A unit that never answers gets NaN: there 0 is divided by 0. Give it 0, for it "
                "tells no direction from another."
            )


def _at(turn: int) -> Way:
    """With the direction ``turn`` steps from the preferred one in the opposite's place."""

    def way(r: Tensor, best: Tensor) -> Tensor:
        return _index(_pick(r, best), _pick(r, (best + turn) % _STEPS))

    return way


def _pick(r: Tensor, index: Tensor) -> Tensor:
    return r.gather(1, index[:, None])[:, 0]


def _index(a: Tensor, b: Tensor) -> Tensor:
    return ((a - b) / (a + b)).nan_to_num(0.0)


def _both(r: Tensor, best: Tensor) -> tuple[Tensor, Tensor]:
    return _pick(r, best), _pick(r, (best + _HALF) % _STEPS)


def _mean_vector(r: Tensor, _: Tensor) -> Tensor:
    angle = torch.arange(_STEPS) * (2 * torch.pi / _STEPS)
    x, y = (r * angle.cos()).sum(1), (r * angle.sin()).sum(1)
    return (x.hypot(y) / r.sum(1)).nan_to_num(0.0)


def _of_all(r: Tensor, _: Tensor) -> Tensor:
    best = int(r.mean(0).argmax())
    return _index(r[:, best], r[:, (best + _HALF) % _STEPS])


# sentence -> the answer that a function with this mistake gives, most telling first
_MISTAKES: Mapping[str, Way] = {
    "Everything is zero: the output was made but never filled.": lambda r, b: 0 * r[:, 0],
    "The sign is turned round: it is preferred minus opposite, and never below 0.": (
        lambda r, b: -_index(*_both(r, b))
    ),
    "These are per cent. The index goes from 0 to 1.": lambda r, b: 100 * _index(*_both(r, b)),
    "The difference is not divided. Without the sum below it, a loud unit looks more selective "
    "than a quiet one.": lambda r, b: _both(r, b)[0] - _both(r, b)[1],
    "The difference is divided by the preferred response alone. Below the line stands the sum of "
    "both.": lambda r, b: (1 - _both(r, b)[1] / _both(r, b)[0]).nan_to_num(0.0),
    "The difference is divided by the sum over all directions. Below the line stand only two: "
    "preferred plus opposite.": (
        lambda r, b: ((_both(r, b)[0] - _both(r, b)[1]) / r.sum(1)).nan_to_num(0.0)
    ),
    "The difference is divided by the mean of the two, and comes out twice too large. Divide by "
    "their sum.": lambda r, b: 2 * _index(*_both(r, b)),
    "That is the opposite response as a share of the preferred one. Take the difference over the "
    "sum.": lambda r, b: (_both(r, b)[1] / _both(r, b)[0]).nan_to_num(0.0),
    "That is the neighbouring direction in the opposite's place: 45° on. One step is 45°; how many "
    "steps are 180°?": _at(1),
    "That is the neighbouring direction in the opposite's place: 45° back. One step is 45°; how "
    "many steps are 180°?": _at(-1),
    "That is the direction at a right angle (90° on) in the opposite's place. What moves there "
    "has another axis.": _at(2),
    "That is the direction at a right angle (90° back) in the opposite's place. What moves there "
    "has another axis.": _at(-2),
    "The opposite is one step off: 135° from the preferred direction.": _at(3),
    "The opposite is one step off: 225° from the preferred direction.": _at(5),
    "The mean of all other directions stands in the opposite's place. Take the one direction 180° "
    "away.": lambda r, b: _index(r.amax(1), (r.sum(1) - r.amax(1)) / (_STEPS - 1)),
    "The mean of all directions stands in the opposite's place. Take only the one 180° away.": (
        lambda r, b: _index(r.amax(1), r.mean(1))
    ),
    "The smallest response stands in the opposite's place. The opposite is a matter of direction, "
    "not of size.": lambda r, b: _index(r.amax(1), r.amin(1)),
    "That is the largest response minus the smallest. Wanted are two directions, 180° apart, and "
    "their difference over their sum.": lambda r, b: r.amax(1) - r.amin(1),
    "Direction 0° is taken for the preferred one of every unit. Each unit has its own: look for "
    "its largest response.": lambda r, b: _index(r[:, 0], r[:, _HALF]),
    "Direction 0° is taken for the preferred one of every unit, and the sign is dropped. Each unit "
    "has its own: look for its largest response.": lambda r, b: _index(r[:, 0], r[:, _HALF]).abs(),
    "One preferred direction is taken for the whole layer. Each unit has its own: argmax with "
    "dim=1.": _of_all,
    "These are the numbers of the preferred directions. They are the way to the index, not the "
    "index itself.": lambda r, b: b.double(),
    "These are the preferred directions in degrees. They are the way to the index, not the index "
    "itself.": lambda r, b: b.double() * (360 / _STEPS),
    "These are the preferred responses. Compare them with those in the opposite direction.": (
        lambda r, b: r.amax(1)
    ),
    "Directions of 180° and more go wrong: the index of the opposite is held at the last "
    "direction. They lie on a circle: behind 315° comes 0° again.": (
        lambda r, b: _index(_pick(r, b), _pick(r, (b + _HALF).clamp(max=_STEPS - 1)))
    ),
    "Directions of 180° and more go wrong: 0° is taken for the opposite of all of them.": (
        lambda r, b: _index(_pick(r, b), _pick(r, torch.where(b < _HALF, b + _HALF, 0)))
    ),
    "The opposite is not 180° away for all: |preferred − 4| mirrors the directions below 180°. "
    "Add 4 and take the remainder.": (
        lambda r, b: _index(_pick(r, b), _pick(r, (b - _HALF).abs()))
    ),
    "The index of the opposite is mirrored, 7 minus the preferred. Turn by 180° instead: add 4 and "
    "take the remainder.": lambda r, b: _index(_pick(r, b), _pick(r, _STEPS - 1 - b)),
    "That is the length of the mean vector over all directions, another measure. Here only two "
    "directions count, the preferred one and its opposite.": _mean_vector,
    "The index is right, and then squared or rooted. It is a plain quotient.": (
        lambda r, b: _index(*_both(r, b)).square()
    ),
    "A unit that never answers gets 1. It is not selective: give it 0.": (
        lambda r, b: torch.where(r.amax(1) > 0, _index(*_both(r, b)), 1.0)
    ),
    "A unit that never answers gets −1. It is not selective: give it 0.": (
        lambda r, b: torch.where(r.amax(1) > 0, _index(*_both(r, b)), -1.0)
    ),
}


def _only_proportions(function: Function) -> None:
    responses = _responses((2, 7, 4), 11)
    loud = _quiet(function, 8 * responses)
    if not same(_quiet(function, responses), loud):
        raise AnswerError(
            "When all responses of a unit become eight times as large, its index should stay; here "
            "it changes. Is a number added somewhere, or is something cut off?"
        )


def _goes_round(function: Function) -> None:
    responses = _responses((0, 3, 6, 5), 12)
    for turn in range(1, _STEPS):
        if not same(_quiet(function, responses), _quiet(function, responses.roll(turn, 1))):
            raise AnswerError(
                "When the whole circle of directions is turned, the index should stay; here it "
                "changes. Does a certain direction have a place of its own in your lines?"
            )


def _quiet(function: Function, responses: Tensor) -> Tensor:
    """The answer on the inputs of a property, for which only the shape has to be right."""
    return sized(
        function, Case("a property", {"responses": responses}, _oracle(responses)), name=_NAME
    )
