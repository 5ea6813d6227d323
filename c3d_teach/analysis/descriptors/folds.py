"""Which videos train and which test: the official splits, or cross-validation by group.

Videos of one group are cut from one longer film, so they are near-duplicates. A group that
lies on both sides of a split makes a classifier look better than it is; here none ever does.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from c3d_teach.analysis.descriptors.feature_files import FeatureTable
from c3d_teach.errors import KitError, UsageError

Folds = str | int
MOST = 5  # parts that "auto" makes when the groups allow it


@dataclass(frozen=True)
class Fold:
    """Rows of the table that train and rows that test."""

    train: NDArray[np.intp]
    test: NDArray[np.intp]


def folds_of(table: FeatureTable, folds: Folds, seed: int) -> tuple[str, list[Fold]]:
    """What the folds are, in words, and the folds.

    ``"official"``: the splits that come with the data, as they are. ``"split1"`` is the first
    alone: the fair one for a net that was itself trained on that split's training part. An
    int: that many parts, each of which tests once; groups stay whole and every class is in
    every part. ``"auto"``: official splits where there are any, else five parts, or as many as
    the class with the fewest groups has groups.

    Raises:
        UsageError: for another value of ``folds``, or more parts than a class has groups.
        KitError: for a table without classes, without official splits when those are asked
            for, or with a split that has a group on both sides.
    """
    single = re.fullmatch(r"split([1-9])", folds) if isinstance(folds, str) else None
    named = single or folds in ("auto", "official")
    if isinstance(folds, bool) or not (named or (_whole(folds) and int(folds) >= 2)):
        raise UsageError(
            f"folds is {folds!r}; it is 'auto', 'official', 'split1' or another split, or a "
            "number from 2."
        )
    check_seed(seed)
    _check_labels(table)
    if single:
        return _official(table, int(single[1]))
    if folds == "official" or (folds == "auto" and table.splits):
        return _official(table)
    labels, units = np.asarray(table.labels), units_of(table)
    fewest, of_class = _fewest_groups(table)
    if fewest < 2:
        videos = table.labels.count(of_class)
        what = "1 video" if videos == 1 else f"{videos} videos, all of one group,"
        raise KitError(
            f"Class {of_class!r} has {what} and cannot both train and test; add videos of "
            "another group to the class, or take it out."
        )
    parts = min(MOST, fewest) if folds == "auto" else int(folds)
    if parts > fewest:
        raise UsageError(
            f"folds is {parts}, but class {of_class!r} has only {fewest} groups of videos, and "
            f"a group is never divided; ask for at most {fewest} folds."
        )
    return f"{parts} parts by group", by_group(labels, units, parts, seed)


def by_group(labels: NDArray[Any], units: NDArray[np.intp], parts: int, seed: int) -> list[Fold]:
    """Cross-validation that keeps units whole and spreads every class over all parts.

    A unit belongs to one class, so that scikit-learn's greedy assignment gives a class of at
    least ``parts`` units a place in every part.
    """
    from sklearn.model_selection import StratifiedGroupKFold  # slow to import

    splitter = StratifiedGroupKFold(parts, shuffle=True, random_state=seed)
    return [Fold(a, b) for a, b in splitter.split(np.zeros(len(labels)), labels, units)]


def units_of(table: FeatureTable) -> NDArray[np.intp]:
    """A number for each (label, group); a video without a group is one by itself.

    The label belongs to it because group names start anew in every class of UCF101.
    """
    numbers: dict[tuple[str, ...], int] = {}
    rows = zip(table.videos, table.labels, table.groups, strict=True)
    keys = ((label, "group", group) if group else (label, "alone", v) for v, label, group in rows)
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.intp)


def _official(table: FeatureTable, only: int | None = None) -> tuple[str, list[Fold]]:
    """All official splits, or one of them."""
    if not table.splits:
        raise KitError(
            "There are no official splits with these descriptors: no split files lay beside the "
            "videos. Take a number of folds (folds=5, --folds 5) to cross-validate by group."
        )
    if only is not None and only > len(table.splits):
        raise UsageError(f"There is no official split {only}; there are {len(table.splits)}.")
    units, labels = units_of(table), np.asarray(table.labels)
    found = []
    for number, sides in enumerate(table.splits, 1):
        if only not in (None, number):
            continue
        train, test = (np.flatnonzero(np.asarray(sides) == side) for side in ("train", "test"))
        if not len(train) or not len(test):
            side = "test" if len(train) else "training"
            raise KitError(f"Official split {number} has no {side} videos among these.")
        both = np.intersect1d(units[train], units[test])
        if len(both):
            first = int(np.flatnonzero(units == both[0])[0])
            raise KitError(
                f"Official split {number} has group {table.groups[first]!r} of class "
                f"{table.labels[first]!r} in training and in test; near-duplicates on both sides "
                "would flatter the result. Mend the split files and make the features again, or "
                "take a number of folds (folds=5, --folds 5)."
            )
        unseen = sorted(set(labels[test]) - set(labels[train]))
        if unseen or len(set(labels[train])) < 2:
            what = f"no training video of class {str(unseen[0])!r}" if unseen else "only one class"
            raise KitError(f"Official split {number} has {what}; nothing can be learnt from it.")
        found.append(Fold(train, test))
    if only is not None:
        return f"official split {only}", found
    count = len(found)
    return f"{count} official split{'s' * (count != 1)}", found


def _check_labels(table: FeatureTable) -> None:
    for video, label in zip(table.videos, table.labels, strict=True):
        if not label:
            raise KitError(
                f"{video} has no class; put each video into a folder named after its class."
            )
    if len(set(table.labels)) < 2:
        raise KitError(
            f"There is only one class among the {len(table.labels)} videos; a classifier needs "
            "two or more, each in a folder of its own."
        )


def _fewest_groups(table: FeatureTable) -> tuple[int, str]:
    units = units_of(table)
    pairs = {(label, unit) for label, unit in zip(table.labels, units.tolist(), strict=True)}
    counts = Counter(label for label, _ in pairs)
    return min((count, label) for label, count in counts.items())


def check_seed(seed: int) -> None:
    if not _whole(seed) or not 0 <= seed < 2**32:
        raise UsageError(f"seed is {seed!r}; it is a whole number from 0 to {2**32 - 1}.")


def _whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
