"""A linear classifier on frozen descriptors: how much a net's features are worth (section 4.1)."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from c3d_teach.analysis.descriptors.feature_files import FeatureTable
from c3d_teach.analysis.descriptors.folds import Fold, Folds, by_group, folds_of, units_of
from c3d_teach.errors import KitError, UsageError
from c3d_teach.training.intervals import grouped_interval

C_GRID = (0.1, 1.0, 10.0, 100.0)
_INNER = 3  # parts of the training videos when C is chosen
_STEPS = 10_000  # at most, of the solver


@dataclass(frozen=True)
class ProbeResult:
    """Result of :func:`linear_probe`; every accuracy is top-1.

    Attributes:
        accuracy: mean over the folds, as the paper averages over the splits.
        interval: 95 %, of ``accuracy``, over groups of videos
            (see :func:`~c3d_teach.training.intervals.grouped_interval`).
        effective: how many independent videos the test is worth.
        pooled: share of all test videos that are right; differs from ``accuracy`` when folds
            differ in size.
        fold_accuracies: one a fold.
        chance: accuracy of always answering the largest class of the training part, mean over
            the folds, or of guessing (1 / K) where that is more.
        confusion: counts ``(K, K)`` over all folds, rows are the truth, columns the answer.
        classes: names of the rows and columns, sorted.
        videos, groups: in all test parts; a video that two splits test counts twice in
            ``videos``.
        folds: what the folds were, in words.
        c: the SVM's C of each fold.
        shuffled: whether the training labels were shuffled (the control).
        converged: whether every SVM reached its tolerance.
    """

    accuracy: float
    interval: tuple[float, float]
    effective: float
    pooled: float
    fold_accuracies: tuple[float, ...]
    chance: float
    confusion: NDArray[np.int64]
    classes: tuple[str, ...]
    videos: int
    groups: int
    folds: str
    c: tuple[float, ...]
    shuffled: bool = False
    converged: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and words, for JSON."""
        return {
            "accuracy": round(self.accuracy, 4),
            "interval": [round(v, 4) for v in self.interval],
            "effective": round(self.effective, 1),
            "pooled": round(self.pooled, 4),
            "fold_accuracies": [round(v, 4) for v in self.fold_accuracies],
            "chance": round(self.chance, 4),
            "confusion": self.confusion.tolist(),
            "classes": list(self.classes),
            "videos": self.videos,
            "groups": self.groups,
            "folds": self.folds,
            "c": list(self.c),
            "shuffled": self.shuffled,
            "converged": self.converged,
        }

    def __str__(self) -> str:
        low, high = self.interval
        each = ", ".join(f"{v:.1%}" for v in self.fold_accuracies)
        c = sorted(set(self.c))
        lines = [
            f"{self.accuracy:.1%} right (95 % interval {low:.1%} to {high:.1%}), mean over "
            f"{self.folds}" + " with shuffled training labels" * self.shuffled,
            f"{'folds':<8}{each}; {self.pooled:.1%} of all test videos",
            f"{'chance':<8}{self.chance:.1%} (always the largest class in training, or guessing)",
            f"{'tested':<8}{self.videos} videos in {self.groups} groups, {len(self.classes)} "
            f"classes; worth {self.effective:.0f} independent videos",
            f"{'SVM':<8}linear, C = {', '.join(f'{v:g}' for v in c)}"
            + "; not converged" * (not self.converged),
        ]
        return "\n".join(lines)


def linear_probe(
    table: FeatureTable,
    *,
    folds: Folds = "auto",
    c: float | str = 1.0,
    seed: int = 0,
    shuffled: bool = False,
) -> ProbeResult:
    """Train a linear SVM on the descriptors of some videos, test it on others (section 4.1).

    The paper trains a multi-class linear SVM on L2-normalised descriptors and averages over
    the official splits. It does not give the SVM's settings; these are scikit-learn's
    ``LinearSVC`` (LIBLINEAR): one class against the rest, squared hinge loss, L2 penalty,
    C = 1, all classes weighted alike, with an intercept. LIBLINEAR treats the intercept as one
    more weight and penalises it too. The primal problem is solved, which needs no random order and
    takes seconds where the dual with a large C takes minutes; the solution is the same.
    ``seed`` is that of the parts, of the shuffle and of the interval. Descriptors are used as
    they are in the table.

    C = 1 on descriptors of length 1 is a strong penalty: where they point in much the same
    direction and vary mostly in what does not matter, as those of untrained nets do, it hides
    part of what could be told apart. Compare nets with ``c="choose"`` for all of them.

    Args:
        table: descriptors ``(N, D)`` with labels, groups and splits.
        folds: ``"official"``, ``"split1"`` (or another one alone), a number of parts for
            cross-validation by group, or ``"auto"``: the official splits where there are any,
            else up to five parts.
        c: a positive number, or ``"choose"``: 0.1, 1, 10 or 100, the smallest of the best in a
            cross-validation by group within the training part; test videos have no say in it.
        seed: any integer from 0.
        shuffled: permute the labels within each training part. A control: whatever is above
            chance then comes from a mistake, not from the descriptors.

    Raises:
        UsageError: for an impossible argument.
        KitError: for videos without classes, too few groups, descriptors that are not finite,
            no official splits where they are asked for, or a split with a group on both sides.
    """
    check_c(c)
    words, parts = folds_of(table, folds, seed)
    classes, truth = np.unique(np.asarray(table.labels), return_inverse=True)
    units = units_of(table)
    tally = Tally(truth, units)
    used, converged = [], True
    for number, fold in enumerate(parts):
        x, y = rows(table, fold.train), truth[fold.train]
        if shuffled:
            y = np.random.default_rng([seed, number]).permutation(y)
        chosen = choose_c(x, y, units[fold.train], seed) if isinstance(c, str) else float(c)
        answers, fine = answered(x, y, rows(table, fold.test), chosen, seed)
        tally.add(fold, answers)
        used.append(chosen)
        converged &= fine
    interval, effective = tally.interval(seed)
    confusion = np.zeros((len(classes), len(classes)), np.int64)
    np.add.at(confusion, (tally.truth, tally.answers), 1)
    return ProbeResult(
        accuracy=float(np.mean(tally.shares)),
        interval=interval,
        effective=effective,
        pooled=float(np.mean(tally.truth == tally.answers)),
        fold_accuracies=tuple(tally.shares),
        chance=chance_level(truth, parts),
        confusion=confusion,
        classes=tuple(str(name) for name in classes),
        videos=len(tally.truth),
        groups=len(np.unique(units[np.concatenate([fold.test for fold in parts])])),
        folds=words,
        c=tuple(used),
        shuffled=shuffled,
        converged=converged,
    )


class Tally:
    """Answers of all folds, gathered for an accuracy and its interval."""

    def __init__(self, truth: NDArray[np.intp], units: NDArray[np.intp]) -> None:
        self._truth, self._units = truth, units
        self.shares: list[float] = []
        self._rows: list[NDArray[np.intp]] = []
        self._answers: list[NDArray[np.intp]] = []

    def add(self, fold: Fold, answers: NDArray[np.intp]) -> None:
        self._rows.append(fold.test)
        self._answers.append(answers)
        self.shares.append(float(np.mean(answers == self._truth[fold.test])))

    @property
    def truth(self) -> NDArray[np.intp]:
        return self._truth[np.concatenate(self._rows)]

    @property
    def answers(self) -> NDArray[np.intp]:
        return np.concatenate(self._answers)

    def interval(self, seed: int) -> tuple[tuple[float, float], float]:
        fold = np.repeat(np.arange(len(self._rows)), [len(r) for r in self._rows])
        unit = self._units[np.concatenate(self._rows)]
        return grouped_interval(self.truth == self.answers, fold, unit, seed=seed)


def rows(table: FeatureTable, index: NDArray[np.intp]) -> NDArray[np.float32]:
    """Some rows of a table that may lie on disk, checked."""
    x = np.asarray(table.descriptors[index])
    finite = np.isfinite(x).all(1)
    if not finite.all():
        video = table.videos[int(index[np.argmin(finite)])]
        raise KitError(
            f"The descriptor of {video} holds NaN or infinite numbers; extract the features anew."
        )
    return x


def answered(
    x: NDArray[Any], y: NDArray[np.intp], others: NDArray[Any], c: float, seed: int
) -> tuple[NDArray[np.intp], bool]:
    """Answers ``(M,)`` to ``others`` of an SVM trained on ``x`` and ``y``; whether it converged."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC  # slow to import

    svm = LinearSVC(C=c, loss="squared_hinge", dual=False, max_iter=_STEPS, random_state=seed)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        svm.fit(x, y)
    fine = not any(issubclass(w.category, ConvergenceWarning) for w in caught)
    return svm.predict(others), fine


def choose_c(x: NDArray[Any], y: NDArray[np.intp], units: NDArray[np.intp], seed: int) -> float:
    """The smallest C of the grid that is best in a cross-validation by group within ``x``."""
    counts = [len(np.unique(units[y == k])) for k in np.unique(y)]
    if min(counts) < 2:
        raise KitError(
            "c is 'choose', but a class has only one group of videos to train on, and C is chosen "
            "by training on some groups and testing on others; give c as a number."
        )
    parts = by_group(y, units, min(_INNER, *counts), seed)
    right = [
        sum(
            int((answered(x[p.train], y[p.train], x[p.test], c, seed)[0] == y[p.test]).sum())
            for p in parts
        )
        for c in C_GRID
    ]
    return C_GRID[int(np.argmax(right))]


def chance_level(truth: NDArray[np.intp], parts: list[Fold]) -> float:
    """Accuracy of always answering the largest class in training, mean over the folds, but
    never below that of guessing."""
    largest = [np.bincount(truth[fold.train]).argmax() for fold in parts]
    shares = [np.mean(truth[fold.test] == k) for fold, k in zip(parts, largest, strict=True)]
    return max(float(np.mean(shares)), 1 / len(np.unique(truth)))


def check_c(c: float | str) -> None:
    number = isinstance(c, int | float) and not isinstance(c, bool)
    if c != "choose" and not (number and 0 < float(c) < float("inf")):
        raise UsageError(f"c is {c!r}; it is a positive number or 'choose'.")
