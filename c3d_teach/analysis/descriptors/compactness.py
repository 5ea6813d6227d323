"""How few numbers a descriptor can be squeezed into: PCA, then the linear SVM (section 4.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c3d_teach.analysis.descriptors.feature_files import FeatureTable
from c3d_teach.analysis.descriptors.folds import Folds, folds_of, units_of
from c3d_teach.analysis.descriptors.linear_probe import (
    ProbeResult,
    Tally,
    answered,
    chance_level,
    check_c,
    rows,
)
from c3d_teach.errors import UsageError

# Section 4.3: C3D's fc6 on UCF101, dimensions -> accuracy
PAPER_UCF101 = ((10, 0.528), (50, 0.726), (100, 0.756), (500, 0.794))


@dataclass(frozen=True)
class CompactnessPoint:
    """The linear SVM on the first ``dimension`` principal components.

    Attributes:
        accuracy: top-1, mean over the folds; ``fold_accuracies`` one a fold.
        interval: 95 %, over groups of videos.
        explained: share of the training part's variance, mean over the folds.
    """

    dimension: int
    accuracy: float
    interval: tuple[float, float]
    explained: float
    fold_accuracies: tuple[float, ...]
    converged: bool = True


@dataclass(frozen=True)
class CompactnessCurve:
    """Result of :func:`compactness`.

    Attributes:
        points: by rising dimension; the last is the whole descriptor, without PCA.
        skipped: dimensions asked for that the descriptors or the training videos are too few
            for.
        chance: accuracy of always answering the largest class of the training part.
        videos: test videos over all folds.
        folds: what the folds were, in words.
    """

    points: tuple[CompactnessPoint, ...]
    skipped: tuple[int, ...]
    chance: float
    videos: int
    folds: str
    c: float

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and words, for JSON."""
        return {
            "points": [
                {
                    "dimension": p.dimension,
                    "accuracy": round(p.accuracy, 4),
                    "interval": [round(v, 4) for v in p.interval],
                    "explained": round(p.explained, 4),
                    "fold_accuracies": [round(v, 4) for v in p.fold_accuracies],
                    "converged": p.converged,
                }
                for p in self.points
            ],
            "skipped": list(self.skipped),
            "chance": round(self.chance, 4),
            "videos": self.videos,
            "folds": self.folds,
            "c": self.c,
        }

    def __str__(self) -> str:
        lines = [f"{'dimensions':>10}  {'right':>6}  {'95 % interval':<18}variance kept"]
        for p in self.points:
            between = f"{p.interval[0]:.1%} to {p.interval[1]:.1%}"
            kept = f"{p.explained:.1%}" + ", SVM not converged" * (not p.converged)
            lines.append(f"{p.dimension:>10}  {p.accuracy:>6.1%}  {between:<18}{kept}")
        lines.append(
            f"{self.videos} test videos, mean over {self.folds}; chance {self.chance:.1%}; "
            f"C = {self.c:g}; the last row is the whole descriptor"
        )
        if self.skipped:
            lines.append(
                f"left out: {', '.join(map(str, self.skipped))} (more than the dimensions of the "
                "descriptor or the training videos)"
            )
        return "\n".join(lines)


def compactness(
    table: FeatureTable,
    *,
    dimensions: Sequence[int] = (10, 50, 100, 500),
    folds: Folds = "auto",
    c: float = 1.0,
    seed: int = 0,
    whole: ProbeResult | None = None,
) -> CompactnessCurve:
    """Accuracy of a linear SVM on the first principal components of the descriptors.

    The principal components are those of the training part of each fold; its mean is
    subtracted from both parts. Components of all videos would be a leak: they would turn
    towards whatever tells the test videos apart. The paper speaks of no normalisation behind
    the PCA and there is none here, so that fewer dimensions are also shorter vectors, on which
    the same C is a slightly stronger penalty. One PCA of the largest dimension is made a fold
    and its first columns are used for the others; for large tables scikit-learn computes it by
    random projections, repeatable with ``seed``.

    Args:
        table: descriptors ``(N, D)`` with labels, groups and splits.
        dimensions: numbers of components; those above D or the smallest training part are
            left out and named in the result. The whole descriptor is always added, last.
        folds: as in :func:`~c3d_teach.analysis.descriptors.linear_probe.linear_probe`.
        c: of the SVM, the same for all dimensions.
        seed: any integer from 0.
        whole: ``linear_probe`` of the same table, folds, C and seed, where it is known: the
            last point is taken from it, which is most of the work.

    Raises:
        UsageError: for an impossible argument.
        KitError: as :func:`~c3d_teach.analysis.descriptors.linear_probe.linear_probe` raises.
    """
    asked = sorted({int(d) for d in dimensions})
    if asked and asked[0] < 1:
        raise UsageError(f"dimensions has {asked[0]}; a dimension is a whole number from 1.")
    if c == "choose":
        raise UsageError("c is 'choose'; the curve is drawn with one C, so give a number.")
    check_c(c)
    if whole is not None and set(whole.c) != {float(c)}:
        raise UsageError(f"whole was made with C = {whole.c}; the curve is drawn with C = {c}.")
    from sklearn.decomposition import PCA  # slow to import

    words, parts = folds_of(table, folds, seed)
    truth = np.unique(np.asarray(table.labels), return_inverse=True)[1]
    units, full = units_of(table), int(table.descriptors.shape[1])
    most = min(full, *(len(fold.train) for fold in parts))
    used = [d for d in asked if d <= most and d < full]
    tallies = {d: Tally(truth, units) for d in [*used, *[full] * (whole is None)]}
    explained: dict[int, list[float]] = {d: [] for d in used}
    converged = dict.fromkeys(tallies, True)
    for fold in parts:
        x, others = rows(table, fold.train), rows(table, fold.test)
        seen = {full: (x, others)}
        if used:
            pca = PCA(used[-1], random_state=seed).fit(x)
            small, small_others = pca.transform(x), pca.transform(others)
            kept = np.cumsum(pca.explained_variance_ratio_)
            for d in used:
                seen[d] = small[:, :d], small_others[:, :d]
                explained[d].append(float(kept[d - 1]))
        for d, tally in tallies.items():
            answers, fine = answered(seen[d][0], truth[fold.train], seen[d][1], c, seed)
            tally.add(fold, answers)
            converged[d] &= fine
    points = [
        CompactnessPoint(
            d,
            float(np.mean(tally.shares)),
            tally.interval(seed)[0],
            float(np.mean(explained[d])) if d in explained else 1.0,
            tuple(tally.shares),
            converged[d],
        )
        for d, tally in tallies.items()
    ]
    if whole is not None:
        points.append(
            CompactnessPoint(
                full, whole.accuracy, whole.interval, 1.0, whole.fold_accuracies, whole.converged
            )
        )
    return CompactnessCurve(
        points=tuple(points),
        skipped=tuple(d for d in asked if d > most),
        chance=chance_level(truth, parts),
        videos=sum(len(fold.test) for fold in parts),
        folds=words,
        c=float(c),
    )
