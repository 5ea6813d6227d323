"""How far an accuracy can be trusted, also when videos are near-duplicates of each other."""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000


def wilson(share: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a share of ``n`` trials; z = 1.96 for 95 %, 2.576 for 99 %."""
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def grouped_interval(
    right: NDArray[np.bool_],
    fold: NDArray[np.intp],
    unit: NDArray[np.intp],
    *,
    seed: int = 0,
) -> tuple[tuple[float, float], float]:
    """95 % interval of the mean accuracy over folds, and the effective number of videos (ours).

    Videos of one group are cut from one film: where the first is taken for another class, so
    are most of the others. Ten such videos tell hardly more than one, and Wilson's interval
    over single videos, which counts ten, is too narrow. So whole groups are drawn with
    replacement, 2,000 times, and the spread of the accuracy over the draws says how many
    independent videos the sample is worth. Wilson's interval for that many trials, with
    Student's t in place of 1.96 for few groups, stays within 0 and 1 and has a width even
    where every video is right; then, with no spread to measure, each group counts once.

    It speaks of other test videos, not of other training videos or other nets.

    Args:
        right: ``(N,)``, whether the answer was right.
        fold: ``(N,)``, the fold that tested it, counted from 0.
        unit: ``(N,)``, number of its group.
        seed: of the draws.
    """
    from scipy.special import stdtrit  # comes with scikit-learn

    groups, index = np.unique(unit, return_inverse=True)
    shape = (len(groups), int(fold.max()) + 1)
    count, hits = np.zeros(shape), np.zeros(shape)
    np.add.at(count, (index, fold), 1)
    np.add.at(hits, (index, fold), right)
    share = float(np.mean(hits.sum(0) / count.sum(0)))
    n, g = len(right), len(groups)
    if g == 1:  # one film: its answers say nothing about another
        return (0.0, 1.0), 1.0
    drawn = np.random.default_rng(seed).multinomial(g, np.full(g, 1 / g), DRAWS)
    tested = drawn @ count
    with np.errstate(invalid="ignore"):  # a draw can miss a fold altogether
        shares = np.nanmean(drawn @ hits / np.where(tested > 0, tested, np.nan), axis=1)
    spread = float(shares.var()) * g / (g - 1)
    worth = min(n, share * (1 - share) / spread) if spread > 0 else g
    # no sample is worth less than a single video
    effective = float(max(1.0, worth))
    return wilson(share, round(effective), float(stdtrit(g - 1, 0.975))), effective
