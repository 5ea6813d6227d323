"""Exercise of lesson 04: the interval of a difference between two nets, seed by seed."""

from collections.abc import Mapping, Sequence
from math import sqrt
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

_NAME = "paired_interval"
_CASES = (  # what is special about it, accuracies of the one net, of the other
    ("six seeds", (0.83, 0.74, 0.91, 0.78, 0.88, 0.79), (0.26, 0.31, 0.24, 0.29, 0.22, 0.27)),
    ("three seeds", (0.42, 0.35, 0.51), (0.40, 0.36, 0.44)),
    ("a second net that is better", (0.61, 0.55, 0.70, 0.64), (0.72, 0.69, 0.75, 0.80)),
    ("two seeds", (0.90, 0.84), (0.81, 0.83)),
    (
        "ten seeds",
        tuple(0.5 + 0.013 * (7 * i % 10) for i in range(10)),
        tuple(0.4 + 0.021 * (3 * i % 10) for i in range(10)),
    ),
)
Numbers = Sequence[float]


def check_paired_interval(function: Any) -> Verdict:
    """Does ``function(first, second)`` give the paired 95 % interval of Student's t?

    ``first`` and ``second`` are lists of accuracies of two nets over the same seeds, in the same
    order; the answer is ``(mean difference, low, high)``, first minus second (ours). The oracle is
    ``scipy.stats.t``.
    """
    praise = (
        "Right: mean, low and high agree with SciPy on five pairs of lists, and nothing changes "
        "when both nets gain the same, or the seeds come in another order."
    )
    return judge(function, _examine, name=_NAME, praise=praise)


def _examine(function: Function) -> None:
    for name, first, second in _CASES:
        case = _case(name, first, second)
        compare(_ask(function, case), case, name=_NAME)
    _alike(function)
    _properties(function)


def _ask(function: Function, case: Case) -> Tensor:
    """The answer; numbers of NumPy and torch count as numbers."""

    def plain(first: list[float], second: list[float]) -> Any:
        given = function(first, second)
        if type(given) in (list, tuple):
            return [_number(one) for one in given]
        return given

    return answer(plain, case, name=_NAME)


def _number(one: Any) -> Any:
    # by exact type: a class of one's own could call everything equal
    if type(one) in (np.float64, np.float32, np.int64):
        return one.item()
    return one.item() if type(one) is Tensor and one.ndim == 0 else one


def _interval(differences: Any) -> tuple[float, float, float]:
    from scipy.stats import sem, t

    mean, error = float(np.mean(differences)), float(sem(differences))
    half = float(t.ppf(0.975, len(differences) - 1)) * error
    return mean, mean - half, mean + half


def _case(name: str, first: Numbers, second: Numbers) -> Case:
    inputs = {"first": list(first), "second": list(second)}
    expected = torch.tensor(_interval(np.subtract(first, second)), dtype=torch.float64)
    wrong = _known_mistakes(np.array(first), np.array(second))
    mistakes = {text: torch.tensor(value, dtype=torch.float64) for text, value in wrong.items()}
    return Case(name, inputs, expected, mistakes, "numbers")


def _known_mistakes(a: Any, b: Any) -> Mapping[str, Sequence[float]]:
    """Sentence → the answer a function with this mistake gives, most telling first."""
    from scipy.stats import t

    gap, n = a - b, len(a)
    mean, low, high = _interval(gap)
    half, spread = high - mean, float(gap.std(ddof=1))
    factor = float(t.ppf(0.975, n - 1))

    def around(reach: float, middle: float = mean) -> tuple[float, float, float]:
        return middle, middle - reach, middle + reach

    apart = sqrt((a.var(ddof=1) + b.var(ddof=1)) / n)
    unpaired = (
        "The two lists are treated as if they had nothing to do with each other. Subtract seed by "
        "seed first; the interval is that of the differences."
    )
    percent = "The numbers are in per cent. Accuracies go from 0 to 1 here, and so do their "
    percent += "differences: leave out the factor of 100."
    unsorted = "The lists are sorted first, which tears the pairs apart: a seed of the one net "
    unsorted += "then meets another seed of the other."
    return {
        "Low and high have changed places: the mean minus the reach comes first.": (
            (mean, high, low)
        ),
        "The sign is turned over: it is first minus second, so a better first net has a positive "
        "mean.": (-mean, -high, -low),
        "Those are low and high alone. Return three numbers: the mean difference, low, high.": (
            (low, high)
        ),
        "That is the mean and how far the interval reaches. Return three numbers: the mean, the "
        "mean minus that reach, the mean plus it.": (mean, half),
        "That is the mean alone. Return three numbers: the mean difference, low, high.": (mean,),
        "The reach is not put around the mean: low is the mean minus the reach, high the mean "
        "plus it.": (mean, -half, half),
        "The mean, and twice the reach itself: low is the mean minus the reach, high the mean "
        "plus it.": (mean, half, half),
        "The mean stands last. The order is mean difference, low, high.": (low, high, mean),
        "The mean stands between low and high. The order is mean difference, low, high.": (
            (low, mean, high)
        ),
        percent: tuple(100 * one for one in (mean, low, high)),
        unpaired: around(factor * apart),
        unpaired + " ": around(float(t.ppf(0.975, 2 * n - 2)) * apart),
        unsorted: _interval(np.sort(a) - np.sort(b)),
        "That is the spread of the seeds, not how well their mean is known: the standard error is "
        "the standard deviation divided by the square root of n.": around(factor * spread),
        "The standard deviation is divided by n. The standard error divides it by the square root "
        "of n.": around(factor * spread / n),
        "The standard deviation divides by n. These seeds are a sample, so it divides by n − 1 "
        "(ddof=1 in NumPy).": around(factor * float(gap.std()) / sqrt(n)),
        "That is the variance. Take its square root, the standard deviation, before you divide by "
        "the square root of n.": around(factor * spread**2 / sqrt(n)),
        "The square root is missing: the variance is divided by n, and then the root is taken.": (
            around(factor * spread**2 / n)
        ),
        "The reach is one standard error. For 95 % it is multiplied by Student's factor for this "
        "many seeds.": around(spread / sqrt(n)),
        "The factor is 1.96, which is right for very many seeds. For few, the spread itself is "
        "hardly known: take Student's factor.": around(1.96 * spread / sqrt(n)),
        "The factor is 2, a rule of thumb for many seeds. For few, take Student's factor.": (
            around(2 * spread / sqrt(n))
        ),
        "The factor leaves 5 % at each end. For a 95 % interval it is 2.5 % at each end.": (
            around(float(t.ppf(0.95, n - 1)) * spread / sqrt(n))
        ),
        "The factor belongs to one seed more: look up the number of differences, n.": around(
            float(t.ppf(0.975, n)) * spread / sqrt(n)
        ),
        "The differences are added up. Divide by how many there are: it is their mean.": (
            around(half, float(gap.sum()))
        ),
        "The signs of the differences are lost. Keep them: a seed on which the first net is worse "
        "counts as negative.": _interval(np.abs(gap)),
        "That is how the first net alone comes out. The second belongs in it, too.": _interval(a),
        "Everything is zero. Are the differences filled in?": (0.0, 0.0, 0.0),
    }


def _alike(function: Function) -> None:
    """Equal differences: an interval of no width, not a division by zero."""
    case = _case("differences that are all the same", (0.75, 0.5, 0.625), (0.5, 0.25, 0.375))
    compare(_ask(function, case), case, name=_NAME)


def _properties(function: Function) -> None:
    first, second = [0.53, 0.71, 0.64, 0.58, 0.69], [0.50, 0.55, 0.66, 0.49, 0.60]
    base = _given(function, first, second)
    more = _given(function, [one + 0.2 for one in first], [one + 0.2 for one in second])
    if not same(base, more):
        raise AnswerError(
            "When both nets gain 20 points on every seed, their difference stays; here it changes. "
            "Does only the difference of each pair come in?"
        )
    shuffled = _given(function, first[::-1], second[::-1])
    if not same(base, shuffled):
        raise AnswerError(
            "When the seeds come in another order, the same for both nets, nothing should change; "
            "here it does."
        )
    turned = _given(function, second, first)
    if not same(base, -turned[[0, 2, 1]]):
        raise AnswerError(
            "With the two nets swapped, the difference should be the same with the other sign; "
            "here it is not."
        )


def _given(function: Function, first: list[float], second: list[float]) -> Tensor:
    """The answer on the inputs of a property, for which only the count has to be right."""
    case = _case("a property", first, second)
    found = _ask(function, case)
    if found.shape != case.expected.shape:
        compare(found, case, name=_NAME)
    return found
