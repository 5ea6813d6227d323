"""Descriptors in the plane: t-SNE, as in the paper's figure of fc6, or PCA."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from c3d_teach.analysis.descriptors.feature_files import FeatureTable
from c3d_teach.analysis.descriptors.folds import check_seed
from c3d_teach.errors import KitError, UsageError

METHODS = ("tsne", "pca")
FEWEST = 5  # videos; neighbourhoods of fewer mean nothing
_FIRST = 50  # principal components that t-SNE starts from
_USUAL = 30.0  # perplexity, scikit-learn's default


@dataclass(frozen=True)
class Embedding:
    """Result of :func:`embedding`.

    Attributes:
        coordinates: ``(N, 2)`` float32, in the order of the table.
        method: ``"tsne"`` or ``"pca"``.
        seed: that made it.
        perplexity: of t-SNE; None for PCA.
        explained: share of the variance in the two axes; None for t-SNE, whose axes mean
            nothing.
    """

    coordinates: NDArray[np.float32]
    method: str
    seed: int
    perplexity: float | None = None
    explained: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and words, for JSON."""
        return {
            "method": self.method,
            "seed": self.seed,
            "perplexity": self.perplexity,
            "explained": None if self.explained is None else round(self.explained, 4),
            "coordinates": [[round(float(v), 4) for v in row] for row in self.coordinates],
        }


def embedding(
    table: FeatureTable,
    *,
    method: str = "tsne",
    seed: int = 0,
    perplexity: float | None = None,
) -> Embedding:
    """A place in the plane for every video, from its descriptor alone; labels have no say.

    ``"pca"`` projects on the two directions of the largest variance: distances shrink but are
    never invented. ``"tsne"`` keeps neighbours together: who is near whom can be read off it,
    distances between far groups and sizes of groups cannot. As is usual, t-SNE starts from the
    first 50 principal components, which takes out noise and makes it faster; its starting
    point is the PCA of these, so that the same seed gives the same picture.

    Args:
        table: descriptors ``(N, D)``, N at least 5.
        method: ``"tsne"`` or ``"pca"``.
        seed: any integer from 0.
        perplexity: of t-SNE, about how many neighbours count; 30, or a third of the other
            videos where these are fewer than 90.

    Raises:
        UsageError: for an unknown method or a perplexity out of range.
        KitError: for fewer than 5 videos, descriptors that are not finite or all the same.
    """
    if method not in METHODS:
        raise UsageError(f"method is {method!r}; it is one of {', '.join(METHODS)}.")
    if perplexity is not None and method == "pca":
        raise UsageError("perplexity belongs to method 'tsne'; PCA has none.")
    check_seed(seed)
    x = np.asarray(table.descriptors, dtype=np.float32)
    if len(x) < FEWEST:
        raise KitError(
            f"There are descriptors of {len(x)} videos; a picture of who is near whom needs at "
            f"least {FEWEST}."
        )
    if perplexity is not None and not 1 <= perplexity < len(x):
        raise UsageError(
            f"perplexity is {perplexity:g}; for {len(x)} videos it is a number from 1 to below "
            f"{len(x)}, about how many neighbours count."
        )
    finite = np.isfinite(x).all(1)
    if not finite.all():
        raise KitError(
            f"The descriptor of {table.videos[int(np.argmin(finite))]} holds NaN or infinite "
            "numbers; extract the features anew."
        )
    if (x == x[0]).all():
        raise KitError("All descriptors are the same; there is nothing to draw apart.")
    from sklearn.decomposition import PCA  # slow to import
    from sklearn.manifold import TSNE

    if method == "pca":
        components = min(2, *x.shape)
        pca = PCA(components, random_state=seed).fit(x)
        flat = np.zeros((len(x), 2), np.float32)  # descriptors of one number lie on a line
        flat[:, :components] = pca.transform(x)
        return Embedding(flat, method, seed, None, float(pca.explained_variance_ratio_.sum()))
    near = min(_USUAL, (len(x) - 1) / 3) if perplexity is None else float(perplexity)
    if min(x.shape) > _FIRST:
        x = PCA(_FIRST, random_state=seed).fit_transform(x)
    # a random start where there are no two directions to start from
    start = "pca" if min(x.shape) >= 2 else "random"
    flat = TSNE(2, perplexity=near, init=start, random_state=seed).fit_transform(x)
    return Embedding(np.asarray(flat, np.float32), method, seed, near)
