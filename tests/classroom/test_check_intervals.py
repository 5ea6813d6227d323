"""The check of exercise 4 accepts what is right and names what is wrong."""

from collections.abc import Callable
from math import sqrt
from statistics import fmean, pstdev, stdev, variance
from warnings import catch_warnings, simplefilter

import exercises
import numpy as np
import pytest
import torch
from scipy import stats

from c3d_teach.classroom.checks.intervals import check_paired_interval
from c3d_teach.experiments.outcome import Outcome, estimate

Numbers = list[float]


def gaps(a: Numbers, b: Numbers) -> Numbers:
    return [x - y for x, y in zip(a, b, strict=True)]


def factor(n: int, share: float = 0.975, less: int = 1) -> float:
    return float(stats.t.ppf(share, n - less))


def half(d: Numbers) -> float:
    return factor(len(d)) * stdev(d) / sqrt(len(d))


def around(mean: float, reach: float) -> tuple[float, float, float]:
    return mean, mean - reach, mean + reach


def right(a: Numbers, b: Numbers) -> tuple[float, float, float]:
    d = gaps(a, b)
    return around(fmean(d), half(d))


def by_scipy(a: Numbers, b: Numbers) -> tuple[float, ...]:
    with np.errstate(all="ignore"), catch_warnings():
        simplefilter("ignore")  # differences that are all alike
        low, high = stats.ttest_rel(a, b).confidence_interval(0.95)
    mean = float(np.mean(np.subtract(a, b)))
    return (mean, mean, mean) if np.isnan(low) else (mean, float(low), float(high))


def by_numpy(a: Numbers, b: Numbers) -> list[float]:
    d = np.array(a) - np.array(b)
    reach = stats.t.ppf(0.975, len(d) - 1) * d.std(ddof=1) / np.sqrt(len(d))
    return [d.mean(), d.mean() - reach, d.mean() + reach]


def by_torch(a: Numbers, b: Numbers) -> tuple[torch.Tensor, ...]:
    d = torch.tensor(a, dtype=torch.float64) - torch.tensor(b, dtype=torch.float64)
    reach = factor(len(d)) * d.std() / len(d) ** 0.5
    return d.mean(), d.mean() - reach, d.mean() + reach


def by_the_kit(a: Numbers, b: Numbers) -> tuple[float, float, float]:
    found = estimate(gaps(a, b))
    return found.mean, found.low, found.high


def reached(reach: Callable[[Numbers], float]) -> Callable[[Numbers, Numbers], tuple[float, ...]]:
    """An answer with another reach."""
    return lambda a, b: around(fmean(gaps(a, b)), reach(gaps(a, b)))


def unpaired(a: Numbers, b: Numbers) -> tuple[float, ...]:
    reach = factor(len(a)) * sqrt((variance(a) + variance(b)) / len(a))
    return around(fmean(a) - fmean(b), reach)


def unpaired_two_samples(a: Numbers, b: Numbers) -> tuple[float, ...]:
    reach = factor(2 * len(a) - 1) * sqrt((variance(a) + variance(b)) / len(a))
    return around(fmean(a) - fmean(b), reach)


def in_place(a: Numbers, b: Numbers) -> tuple[float, ...]:
    answer = right(a, b)
    a.sort()
    a.append(0.0)
    return answer


class AlwaysEqual:
    def __eq__(self, other: object) -> bool:
        return True


def pick(*places: int) -> Callable[[Numbers, Numbers], tuple[float, ...]]:
    return lambda a, b: tuple(right(a, b)[i] for i in places)


def remembers(a: Numbers, b: Numbers) -> tuple[float, ...]:
    """Right on the lists of the check, wrong on others."""
    return tuple(2 * one for one in right(a, b)) if a[0] in (0.53, 0.69, 0.73) else right(a, b)


WRONG: dict[str, tuple[Callable[..., object], str]] = {
    "unpaired": (unpaired, "nothing to do with each other"),
    "unpaired, two samples": (unpaired_two_samples, "nothing to do with each other"),
    "sorted first": (lambda a, b: right(sorted(a), sorted(b)), "sorted first"),
    "standard deviation": (reached(lambda d: factor(len(d)) * stdev(d)), "spread of the seeds"),
    "divided by n": (reached(lambda d: factor(len(d)) * stdev(d) / len(d)), "divided by n. The"),
    "n, not n - 1": (
        reached(lambda d: factor(len(d)) * pstdev(d) / sqrt(len(d))),
        "divides by n. These seeds are a sample",
    ),
    "variance": (reached(lambda d: factor(len(d)) * variance(d) / sqrt(len(d))), "the variance."),
    "no root at all": (reached(lambda d: factor(len(d)) * variance(d) / len(d)), "root is missing"),
    "1.96": (reached(lambda d: 1.96 * stdev(d) / sqrt(len(d))), "The factor is 1.96"),
    "two": (reached(lambda d: 2 * stdev(d) / sqrt(len(d))), "The factor is 2"),
    "no factor": (reached(lambda d: stdev(d) / sqrt(len(d))), "one standard error"),
    "one-sided": (
        reached(lambda d: half(d) * factor(len(d), 0.95) / factor(len(d))),
        "5 % at each",
    ),
    "one degree too many": (
        reached(lambda d: half(d) * factor(len(d), less=0) / factor(len(d))),
        "one seed more",
    ),
    "sign": (lambda a, b: right(b, a), "sign is turned over"),
    "low and high swapped": (pick(0, 2, 1), "Low and high have changed places"),
    "mean last": (pick(1, 2, 0), "mean stands last"),
    "mean between": (pick(1, 0, 2), "stands between low and high"),
    "low and high alone": (pick(1, 2), "low and high alone"),
    "mean alone": (lambda a, b: [right(a, b)[0]], "the mean alone"),
    "a bare number": (lambda a, b: right(a, b)[0], "returned a float"),
    "mean and reach": (lambda a, b: (fmean(gaps(a, b)), half(gaps(a, b))), "how far the interval"),
    "reach not around": (
        lambda a, b: (fmean(gaps(a, b)), -half(gaps(a, b)), half(gaps(a, b))),
        "not put around the mean",
    ),
    "reach twice": (
        lambda a, b: (fmean(gaps(a, b)), half(gaps(a, b)), half(gaps(a, b))),
        "twice the reach itself",
    ),
    "per cent": (lambda a, b: tuple(100 * one for one in right(a, b)), "in per cent"),
    "sum": (lambda a, b: around(sum(gaps(a, b)), half(gaps(a, b))), "added up"),
    "absolute": (lambda a, b: right([abs(one) for one in gaps(a, b)], [0.0] * len(a)), "signs"),
    "first net alone": (lambda a, b: right(a, [0.0] * len(a)), "first net alone"),
    "zeros": (lambda a, b: (0.0, 0.0, 0.0), "Everything is zero"),
    "something else": (lambda a, b: (0.5, 0.1, 0.9), "Right shape, wrong values"),
    "four numbers": (lambda a, b: (*right(a, b), 1.0), "Wrong output size"),
    "NaN": (lambda a, b: (float("nan"),) * 3, "gave NaN"),
    "NaN where all are alike": (
        lambda a, b: (
            right(a, b) if stdev(gaps(a, b)) > 1e-9 else (fmean(gaps(a, b)), float("nan"), 0.0)
        ),
        "gave NaN",
    ),
    "text": (lambda a, b: ("a", "b", "c"), "holds str"),
    "calls everything equal": (lambda a, b: [AlwaysEqual()] * 3, "holds AlwaysEqual"),
    "in place": (in_place, "changed the first"),
    "nothing": (lambda a, b: None, "returned None"),
    "an error": (lambda a, b: a - b, "TypeError"),
    "remembers": (remembers, "gain 20 points|another order|swapped"),
}


class TestTheCheck(exercises.EveryCheck):
    check = staticmethod(check_paired_interval)
    lesson, name = 4, "paired_interval"
    right = (right, by_scipy, by_numpy, by_torch, by_the_kit)
    wrong = WRONG
    alike = 2  # the two unpaired ones

    @staticmethod
    def leaks(message: str) -> bool:
        answer = right([0.83, 0.74, 0.91, 0.78, 0.88, 0.79], [0.26, 0.31, 0.24, 0.29, 0.22, 0.27])
        return any(f"{one:.3f}" in message for one in answer)


def test_the_solution_agrees_with_the_shipped_comparison() -> None:
    study = Outcome.shipped("kernel-depth")
    pair = study.compare([("depth-7", "depth-3")], "plain", "how")[0]
    runs = [list(study.accuracy(n, "plain", "how").values) for n in ("depth-7", "depth-3")]
    mine = exercises.solution(4, "paired_interval")(*runs)
    found = pair.difference
    assert mine == pytest.approx((found.mean, found.low, found.high), abs=1e-4)
