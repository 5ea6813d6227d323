"""The compactness curve: PCA of the training part alone, one curve down to few dimensions."""

import json
from typing import Any

import numpy as np
import pytest
import sklearn.decomposition
from table_support import made_up, table_of

import c3d_teach.analysis.descriptors.compactness as compactness_module
from c3d_teach.analysis.descriptors.compactness import PAPER_UCF101, compactness
from c3d_teach.analysis.descriptors.feature_files import FeatureTable
from c3d_teach.analysis.descriptors.linear_probe import linear_probe
from c3d_teach.errors import KitError, UsageError


def test_few_dimensions_hold_few_classes_and_the_last_point_is_the_whole_descriptor() -> None:
    table = made_up(classes=4, dimension=40, noise=0.15)
    curve = compactness(table, dimensions=(1, 3, 10))
    assert [p.dimension for p in curve.points] == [1, 3, 10, 40]
    one, three, *_, full = curve.points
    assert one.accuracy < 0.7 < 0.99 < three.accuracy, "4 class means span 3 dimensions"
    whole = linear_probe(table)
    assert (full.accuracy, full.interval, full.fold_accuracies) == (
        whole.accuracy,
        whole.interval,
        whole.fold_accuracies,
    )
    assert curve.chance == whole.chance and curve.videos == whole.videos


def test_a_known_last_point_is_not_worked_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    table = made_up(classes=4, dimension=40, noise=0.15)
    asked: list[int] = []
    answered = compactness_module.answered

    def noted(train: np.ndarray, *rest: Any) -> Any:
        asked.append(train.shape[1])
        return answered(train, *rest)

    monkeypatch.setattr(compactness_module, "answered", noted)
    anew = compactness(table, dimensions=(1, 3))
    assert set(asked) == {1, 3, 40}
    asked.clear()
    assert compactness(table, dimensions=(1, 3), whole=linear_probe(table)) == anew
    assert set(asked) == {1, 3}
    with pytest.raises(UsageError, match="the curve is drawn with C = 2"):
        compactness(table, c=2.0, whole=linear_probe(table))


def test_the_explained_share_rises_to_one() -> None:
    curve = compactness(made_up(dimension=12), dimensions=(2, 5, 11))
    shares = [p.explained for p in curve.points]
    assert shares == sorted(shares) and 0 < shares[0] < 1
    assert shares[-1] == 1.0


def test_pca_is_fitted_once_a_fold_and_never_on_test_videos(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = made_up(official=True)
    fitted: list[np.ndarray] = []
    fit = sklearn.decomposition.PCA.fit

    def noted(self: Any, x: np.ndarray, y: Any = None) -> Any:
        fitted.append(np.array(x))
        return fit(self, x)

    monkeypatch.setattr(sklearn.decomposition.PCA, "fit", noted)
    compactness(table, dimensions=(2, 4, 8))
    assert len(fitted) == 2
    for x, split in zip(fitted, table.splits, strict=True):
        train = [side == "train" for side in split]
        assert (x == table.descriptors[train]).all()


def leaky() -> FeatureTable:
    """Training videos vary along their class, test videos mostly along an axis of their own."""
    rng = np.random.default_rng(0)
    x = 0.05 * rng.normal(size=(80, 10))
    labels = ["a" if i % 2 else "b" for i in range(80)]
    x[:, 0] += [1 if label == "a" else -1 for label in labels]
    x[40:, 1] += 20 * rng.choice([-1, 1], size=40)
    return table_of(x, labels, None, (("train",) * 40 + ("test",) * 40,))


def test_components_of_all_videos_would_have_given_another_answer() -> None:
    table = leaky()
    assert compactness(table, dimensions=(1,)).points[0].accuracy == 1.0
    first = sklearn.decomposition.PCA(1).fit(table.descriptors).components_[0]
    assert abs(first[1]) > 0.99, "fitted on all, the first component is the test videos' own"


def test_too_many_dimensions_are_left_out_and_named() -> None:
    table = made_up(classes=2, groups=4, each=2, dimension=30, official=True)  # 8 train
    curve = compactness(table, dimensions=(500, 4, 8, 9, 30))
    assert [p.dimension for p in curve.points] == [4, 8, 30]
    assert curve.skipped == (9, 30, 500)
    assert "left out: 9, 30, 500" in str(curve)


def test_no_dimensions_at_all_leave_the_whole_descriptor() -> None:
    assert [p.dimension for p in compactness(made_up(), dimensions=()).points] == [20]


def test_the_same_seed_gives_the_same_curve_also_with_random_projections() -> None:
    table = made_up(classes=3, groups=50, each=5, dimension=600)  # large enough for them
    first, second = (compactness(table, dimensions=(5,), folds=2, seed=1) for _ in range(2))
    assert first == second


def test_the_curve_goes_through_json_and_reads_well() -> None:
    curve = compactness(made_up(noise=0.4), dimensions=(2, 500))
    data = json.loads(json.dumps(curve.to_dict()))
    assert [p["dimension"] for p in data["points"]] == [2, 20]
    assert data["skipped"] == [500]
    assert data["points"][0]["accuracy"] == round(curve.points[0].accuracy, 4)
    for said in ("95 % interval", "variance kept", "5 parts by group", "chance"):
        assert said in str(curve)


def test_the_papers_curve_rises() -> None:
    dimensions, shares = zip(*PAPER_UCF101, strict=True)
    assert dimensions == (10, 50, 100, 500)
    assert list(shares) == sorted(shares)


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"dimensions": (0, 5)}, UsageError, "dimensions has 0"),
        ({"c": "choose"}, UsageError, "give a number"),
        ({"c": -1}, UsageError, "c is -1"),
        ({"folds": "official"}, KitError, "no official splits"),
    ],
)
def test_what_cannot_be_done_is_said(options: dict, kind: type[KitError], message: str) -> None:
    with pytest.raises(kind, match=message):
        compactness(made_up(), **options)
