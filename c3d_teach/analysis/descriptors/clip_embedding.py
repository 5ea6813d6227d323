"""Descriptors of clips in the plane, and what of them says what is seen and how it moves."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from c3d_teach.analysis.descriptors.embedding import METHODS, embedding
from c3d_teach.analysis.descriptors.feature_files import FeatureTable
from c3d_teach.analysis.descriptors.folds import check_seed
from c3d_teach.analysis.units import layer_row
from c3d_teach.data.embedded import Embedded
from c3d_teach.device import keep_freed_memory
from c3d_teach.errors import UsageError
from c3d_teach.models.classifier import Classifier

NEIGHBOURS = 10
_NONE, _OFTEN = 0.1, 0.4  # gains from which neighbours share a label at all, and as a rule


@dataclass(frozen=True)
class LabelKept:
    """How well nearness tells a label.

    Attributes:
        kind: of the label, such as "motion" or "digit".
        names: of the labels.
        numbers: ``(N,)`` int64, the label of each clip.
        descriptor: share of a clip's 10 nearest others with its own label, by the cosine of
            the descriptors; the mean over the clips.
        plane: the same in the plane, by distance.
        chance: the same for neighbours drawn at random.
    """

    kind: str
    names: tuple[str, ...]
    numbers: NDArray[np.int64]
    descriptor: float
    plane: float
    chance: float

    @property
    def gain(self) -> float:
        """How far the descriptor is above chance: 0 like chance, 1 when all neighbours share it."""
        return (self.descriptor - self.chance) / max(1 - self.chance, 1e-9)


@dataclass(frozen=True)
class ClipEmbedding:
    """Result of :func:`embed_clips`.

    Attributes:
        coordinates: ``(N, 2)`` float32.
        what: of the label that says what is seen (digit, photo).
        how: of the label that says how it moves.
        layer: of the descriptors.
        method: "pca" or "tsne".
        explained: share of the variance in the two axes of PCA; None for t-SNE.
        net: the net's name.
        seed: that made it.
    """

    coordinates: NDArray[np.float32]
    what: LabelKept
    how: LabelKept
    layer: str
    method: str
    explained: float | None
    net: str
    seed: int

    @property
    def sentence(self) -> str:
        way = {"pca": "PCA", "tsne": "t-SNE"}[self.method]
        if self.explained is not None:
            way += f", which keeps {self.explained:.0%} of the variance"
        parts = [
            f"{one.descriptor:.0%} share its {one.kind} ({one.plane:.0%} in the plane, chance "
            f"{one.chance:.0%})"
            for one in (self.what, self.how)
        ]
        return (
            f"{len(self.coordinates)} clips, placed by their {self.layer} descriptors in "
            f"{self.net} ({way}). Of the {NEIGHBOURS} nearest neighbours of a clip "
            f"{' and '.join(parts)}."
        )

    @property
    def headline(self) -> str:
        """Which label neighbours share, in one line."""
        best, rest = sorted((self.what, self.how), key=lambda one: one.gain, reverse=True)
        of = f"{self.net}, {self.layer}: neighbours"
        if best.gain < _NONE:
            return f"{of} share neither {best.kind} nor {rest.kind}"
        share = "share" if best.gain >= _OFTEN else "sometimes share"
        if rest.gain < _NONE:
            return f"{of} {share} the {best.kind}, not the {rest.kind}"
        return f"{of} {share} the {best.kind} and the {rest.kind}"


@dataclass(frozen=True)
class ClipDescriptors:
    """Descriptors of single clips, with what is known of the clips.

    Attributes:
        x: ``(N, D)`` float32, each of length 1; of a large layer turned into N dimensions, which
            keeps every distance and angle.
        what, how: ``(N,)`` int64, numbers of what is seen and of how it moves.
        thing: what *what* is, such as "digit"; ``things`` and ``motions`` name the numbers.
        net, layer: that made them.
    """

    x: NDArray[np.float32]
    what: NDArray[np.int64]
    how: NDArray[np.int64]
    thing: str
    things: tuple[str, ...]
    motions: tuple[str, ...]
    net: str
    layer: str


def clip_descriptors(
    net: Classifier, data: Embedded, *, layer: str = "fc6", count: int = 512
) -> ClipDescriptors:
    """Descriptors of the first ``count`` clips of an embedded set, L2-normalised.

    As in the paper (section 3.4; there of videos, here of single clips).

    Args:
        net: the trained net.
        data: ``MotionDigits`` or ``CameraMotion``.
        layer: any layer; convolutions are flattened.
        count: clips to take, from 11; all of a smaller set.

    Raises:
        UsageError: for an unknown layer, a set that is not embedded, or too few clips.
    """
    layer_row(net, layer)
    if not isinstance(data, Embedded):
        raise UsageError(
            f"The clips are from a {type(data).__name__}; give MotionDigits or CameraMotion, whose "
            "clips have a label for what is seen and one for how it moves."
        )
    number = min(count, len(data))
    if number <= NEIGHBOURS:
        raise UsageError(
            f"There are {number} clips; to count {NEIGHBOURS} neighbours of each takes at least "
            f"{NEIGHBOURS + 1}."
        )
    keep_freed_memory()
    size = net.fitting()
    descriptors, labels = [], []
    for first in range(0, number, size):
        made = data.batch(range(first, min(first + size, number)))
        descriptors.append(net.descriptor(made["clip"], layer).numpy())
        labels.append(torch.stack([made[data.thing], made["motion"]]).numpy())
    x = np.concatenate(descriptors)
    x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    what, how = np.concatenate(labels, 1).astype(np.int64)
    return ClipDescriptors(
        _turned(x), what, how, data.thing, data.things, data.motions, net.name, layer
    )


def embed_clips(
    net: Classifier,
    data: Embedded,
    *,
    layer: str = "fc6",
    count: int = 512,
    method: str = "pca",
    seed: int = 0,
) -> ClipEmbedding:
    """The first ``count`` clips of an embedded set in the plane, with *what* and *how* labels.

    :func:`clip_descriptors`, then :func:`embed_descriptors`; arguments and errors are theirs.
    """
    _check(method, seed)
    return embed_descriptors(
        clip_descriptors(net, data, layer=layer, count=count), method=method, seed=seed
    )


def embed_descriptors(
    found: ClipDescriptors, *, method: str = "pca", seed: int = 0
) -> ClipEmbedding:
    """Descriptors of clips in the plane.

    They are placed by :func:`~c3d_teach.embedding`, which never sees a label. How well a label is
    kept is counted leaving each clip out of its own neighbours (ours). Clips made from one picture
    are near-duplicates in what they show; the share for *what* includes these.

    Args:
        method: ``"pca"`` or ``"tsne"``.
        seed: any integer from 0.

    Raises:
        UsageError: for an unknown method.
        KitError: for descriptors that are all the same.
    """
    _check(method, seed)
    number = len(found.x)
    names = tuple(f"clip {k}" for k in range(number))
    none = ("",) * number
    table = FeatureTable(found.x, names, none, none, (), {})
    flat = embedding(table, method=method, seed=seed)
    near = _neighbours(found.x), _neighbours(flat.coordinates)

    def kept(kind: str, names: tuple[str, ...], mine: NDArray[Any]) -> LabelKept:
        high, low = (float((mine[k] == mine[:, None]).mean()) for k in near)
        alike = np.bincount(mine)[mine] - 1
        return LabelKept(kind, names, mine, high, low, float(alike.mean() / (number - 1)))

    return ClipEmbedding(
        flat.coordinates,
        kept(found.thing, found.things, found.what),
        kept("motion", found.motions, found.how),
        found.layer,
        method,
        flat.explained,
        found.net,
        seed,
    )


def nearest(
    found: ClipDescriptors, clip: int, count: int = NEIGHBOURS
) -> tuple[list[int], list[float]]:
    """The other clips most alike to one, by the cosine of the descriptors, and the cosines.

    Raises:
        UsageError: for a clip that is not there.
    """
    if not 0 <= clip < len(found.x):
        raise UsageError(f"There is no clip {clip}; there are 0 to {len(found.x) - 1}.")
    cosines = found.x @ found.x[clip]
    cosines[clip] = -np.inf
    order = np.argsort(-cosines, kind="stable")[:count]
    return order.tolist(), cosines[order].tolist()


def _check(method: str, seed: int) -> None:
    check_seed(seed)
    if method not in METHODS:
        raise UsageError(f"method is {method!r}; it is one of {', '.join(METHODS)}.")


def _turned(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same points ``(N, D)`` in at most N dimensions: every distance and angle is kept.

    N points span no more. The maps of a convolution are a quarter of a million numbers.
    """
    if x.shape[1] <= 4 * len(x):
        return x
    values, vectors = np.linalg.eigh((x @ x.T).astype(np.float64))
    return (vectors * np.sqrt(np.maximum(values, 0))).astype(np.float32)


def _neighbours(x: NDArray[Any]) -> NDArray[np.intp]:
    """The 10 nearest others of each row ``(N, 10)``.

    Of unit vectors the nearest are those of the largest cosine.
    """
    from sklearn.neighbors import NearestNeighbors  # slow to import

    # asked without points, it leaves each row out of its own neighbours
    return NearestNeighbors(n_neighbors=NEIGHBOURS).fit(x).kneighbors(return_distance=False)
