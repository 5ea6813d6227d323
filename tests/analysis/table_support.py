"""Feature tables made up in memory, with what is known about them."""

import numpy as np

from c3d_teach.analysis.descriptors.feature_files import FeatureTable


def table_of(
    x: np.ndarray,
    labels: list[str],
    groups: list[str] | None = None,
    splits: tuple[tuple[str, ...], ...] = (),
) -> FeatureTable:
    """Videos named by their row, with the given descriptors."""
    names = tuple(f"{label}/v{i:04}.avi" for i, label in enumerate(labels))
    groups = groups if groups is not None else [""] * len(labels)
    return FeatureTable(x.astype(np.float32), names, tuple(labels), tuple(groups), splits, {})


def made_up(
    classes: int = 4,
    groups: int = 6,
    each: int = 5,
    *,
    dimension: int = 20,
    apart: float = 1.0,
    by_group: float = 0.0,
    noise: float = 0.1,
    seed: int = 0,
    official: bool = False,
) -> FeatureTable:
    """L2-normalised descriptors of ``classes`` × ``groups`` × ``each`` videos.

    A descriptor is ``apart`` along the axis of its class, plus a normal vector of its group
    and one of its own. Official splits, if wanted, test the even and the odd groups.
    """
    rng = np.random.default_rng(seed)
    shape = (classes, groups, each, dimension)
    x = by_group * rng.normal(size=(classes, groups, 1, dimension)) + noise * rng.normal(size=shape)
    x[np.arange(classes), :, :, np.arange(classes)] += apart
    x = x.reshape(-1, dimension)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    places = list(np.ndindex(classes, groups, each))
    splits = tuple(
        tuple("test" if g % 2 == odd else "train" for _, g, _ in places)
        for odd in range(2 * official)
    )
    labels = [f"class {k}" for k, _, _ in places]
    return table_of(x, labels, [f"g{g:02}" for _, g, _ in places], splits)
