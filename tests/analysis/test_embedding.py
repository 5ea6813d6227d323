"""Descriptors in the plane: neighbours stay neighbours, the same seed the same picture."""

import json

import numpy as np
import pytest
from table_support import made_up, table_of

from c3d_teach.analysis.descriptors.embedding import embedding
from c3d_teach.errors import KitError, UsageError


def nearest_are_alike(places: np.ndarray, labels: tuple[str, ...]) -> float:
    distance = ((places[:, None] - places[None]) ** 2).sum(-1)
    np.fill_diagonal(distance, np.inf)
    return float(np.mean([labels[i] == labels[j] for i, j in enumerate(distance.argmin(1))]))


@pytest.mark.parametrize("method", ["tsne", "pca"])
def test_neighbours_are_of_one_class_and_a_seed_repeats(method: str) -> None:
    table = made_up(classes=3, noise=0.1, dimension=80)  # above 50: t-SNE behind a PCA
    first, second = (embedding(table, method=method, seed=2) for _ in range(2))
    assert first.coordinates.shape == (90, 2) and first.coordinates.dtype == np.float32
    assert (first.coordinates == second.coordinates).all()
    assert nearest_are_alike(first.coordinates, table.labels) > 0.95


def test_labels_have_no_say() -> None:
    table = made_up(classes=3)
    other = table_of(table.descriptors, ["x"] * len(table.labels))
    assert (embedding(table).coordinates == embedding(other).coordinates).all()


def test_pca_keeps_the_plane_of_largest_variance() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 6)) * [5, 3, 0.1, 0.1, 0.1, 0.1]
    found = embedding(table_of(x, ["a"] * 60), method="pca")
    centred = x - x.mean(0)
    assert np.abs(np.corrcoef(found.coordinates[:, 0], centred[:, 0])[0, 1]) > 0.99
    assert found.explained == pytest.approx(1.0, abs=0.01)
    assert found.perplexity is None


@pytest.mark.parametrize(("count", "expected"), [(5, 4 / 3), (31, 10), (120, 30)])
def test_the_perplexity_fits_the_number_of_videos(count: int, expected: float) -> None:
    x = np.random.default_rng(0).normal(size=(count, 4))
    found = embedding(table_of(x, ["a"] * count))
    assert found.perplexity == pytest.approx(expected)
    assert np.isfinite(found.coordinates).all()


@pytest.mark.parametrize("method", ["tsne", "pca"])
def test_descriptors_of_one_number_can_be_drawn(method: str) -> None:
    found = embedding(table_of(np.arange(8.0)[:, None], ["a"] * 8), method=method)
    assert found.coordinates.shape == (8, 2) and np.isfinite(found.coordinates).all()


def test_an_embedding_goes_through_json() -> None:
    found = embedding(made_up(classes=2, groups=2, each=2), method="tsne", perplexity=2)
    data = json.loads(json.dumps(found.to_dict()))
    assert (data["method"], data["seed"], data["perplexity"]) == ("tsne", 0, 2.0)
    assert np.allclose(data["coordinates"], found.coordinates, atol=1e-4)


@pytest.mark.parametrize(
    ("count", "options", "kind", "message"),
    [
        (4, {}, KitError, "descriptors of 4 videos"),
        (9, {"method": "umap"}, UsageError, "tsne, pca"),
        (9, {"seed": -1}, UsageError, "seed is -1"),
        (9, {"perplexity": 9}, UsageError, "from 1 to below 9"),
        (9, {"perplexity": 0.5}, UsageError, "perplexity is 0.5"),
        (9, {"perplexity": 3, "method": "pca"}, UsageError, "PCA has none"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    count: int, options: dict, kind: type[KitError], message: str
) -> None:
    x = np.random.default_rng(0).normal(size=(count, 4))
    with pytest.raises(kind, match=message):
        embedding(table_of(x, ["a"] * count), **options)


def test_descriptors_without_difference_or_with_nan_are_refused() -> None:
    with pytest.raises(KitError, match="all the same|are the same"):
        embedding(table_of(np.ones((6, 3)), ["a"] * 6))
    x = np.random.default_rng(0).normal(size=(6, 3))
    x[4, 0] = np.inf
    with pytest.raises(KitError, match="v0004.avi"):
        embedding(table_of(x, ["a"] * 6))
