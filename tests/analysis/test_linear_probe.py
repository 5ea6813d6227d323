"""The linear probe: right where it must be, at chance where it must be, never across a group."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from table_support import made_up, table_of

from c3d_teach.analysis.descriptors import linear_probe as probe
from c3d_teach.analysis.descriptors.feature_files import FeatureTable
from c3d_teach.analysis.descriptors.folds import folds_of, units_of
from c3d_teach.analysis.descriptors.linear_probe import C_GRID, linear_probe
from c3d_teach.errors import KitError, UsageError
from c3d_teach.training.evaluate import wilson
from c3d_teach.training.intervals import grouped_interval


def test_separable_classes_are_told_apart() -> None:
    found = linear_probe(made_up())
    assert found.accuracy == found.pooled == 1.0
    assert found.folds == "5 parts by group" and len(found.fold_accuracies) == 5
    assert (found.confusion == 30 * np.eye(4)).all()
    assert (found.videos, found.groups, found.converged) == (120, 24, True)
    assert found.interval[0] < 1.0, "24 groups are no proof of never being wrong"


def test_descriptors_that_know_nothing_are_at_chance() -> None:
    found = linear_probe(made_up(groups=30, each=5, apart=0.0))
    assert found.interval[0] < 0.25 < found.interval[1]
    assert abs(found.accuracy - 0.25) < 0.08


@pytest.mark.parametrize("c", [1.0, "choose"])
def test_shuffled_training_labels_are_at_chance(c: float | str) -> None:
    table = made_up(groups=20, each=5, noise=0.15)
    assert linear_probe(table, c=c).accuracy == 1.0
    shares = [linear_probe(table, c=c, shuffled=True, seed=s).accuracy for s in range(3)]
    assert np.mean(shares) == pytest.approx(0.25, abs=0.1)


def test_near_duplicates_in_training_would_look_like_knowledge() -> None:
    """The reason for folds by group: descriptors of the group alone, nothing of the class."""
    honest = made_up(groups=10, each=5, apart=0.0, by_group=1.0, dimension=100)
    leaking = replace(honest, groups=("",) * len(honest.groups))
    assert linear_probe(leaking).accuracy > 0.9
    assert linear_probe(honest).interval[0] < 0.25


@pytest.mark.parametrize("folds", ["auto", 2, 3, 6])
@pytest.mark.parametrize("seed", [0, 1])
def test_folds_never_share_a_group_and_hold_every_class(folds: str | int, seed: int) -> None:
    table = made_up(classes=5, groups=6, each=3, seed=seed)
    labels, units = np.asarray(table.labels), units_of(table)
    _, parts = folds_of(table, folds, seed)
    assert sorted(np.concatenate([p.test for p in parts])) == list(range(len(labels)))
    for part in parts:
        assert not set(units[part.train]) & set(units[part.test])
        assert set(labels[part.train]) == set(labels[part.test]) == set(labels)
        assert len(part.train) + len(part.test) == len(labels)


def test_classes_of_very_different_size_are_in_every_fold() -> None:
    rng = np.random.default_rng(0)
    groups = {"many": 40, "some": 9, "few": 5}
    labels, names = [], []
    for label, count in groups.items():
        for g in range(count):
            size = int(rng.integers(1, 12))
            labels += [label] * size
            names += [f"g{g}"] * size
    table = table_of(rng.normal(size=(len(labels), 3)), labels, names)
    for part in folds_of(table, "auto", 0)[1]:
        assert len({labels[i] for i in part.test}) == len({labels[i] for i in part.train}) == 3


def test_a_video_without_group_is_its_own_group_and_names_start_anew_in_each_class() -> None:
    table = table_of(np.eye(6), list("aaabbb"), ["", "", "g1", "g1", "g1", ""])
    units = units_of(table).tolist()
    assert units[3] == units[4]
    assert len(set(units)) == 5


def test_official_splits_are_taken_as_they_are() -> None:
    table = made_up(official=True, noise=0.35)
    found = linear_probe(table)
    assert found.folds == "2 official splits"
    assert found.accuracy == pytest.approx(np.mean(found.fold_accuracies))
    _, parts = folds_of(table, "official", 0)
    for split, part in zip(table.splits, parts, strict=True):
        assert [split[i] for i in part.test] == ["test"] * len(part.test)
        assert [split[i] for i in part.train] == ["train"] * len(part.train)
    assert linear_probe(table, folds=3).folds == "3 parts by group"


def test_the_mean_over_splits_weighs_splits_alike_and_pooled_weighs_videos_alike() -> None:
    x = np.array([[1, 0]] * 6 + [[0, 1]] * 6)
    labels = ["a"] * 6 + ["b"] * 6
    # the first split tests one video that looks like the other class, the second four good ones
    x[5] = [0, 1]
    first = ["train"] * 5 + ["test"] + ["train"] * 5 + [""]
    second = ["test", "test", "train", "train", "", ""] * 2
    found = linear_probe(table_of(x, labels, None, (tuple(first), tuple(second))))
    assert found.fold_accuracies == (0.0, 1.0)
    assert found.accuracy == 0.5
    assert found.pooled == pytest.approx(4 / 5)
    assert found.confusion.tolist() == [[2, 1], [0, 2]], "rows are the truth: one a called b"


def test_a_split_with_a_group_on_both_sides_is_refused() -> None:
    table = made_up(official=True)
    sides = list(table.splits[1])
    assert table.groups[7] == "g01" and sides[7] == "test"
    sides[7] = "train"
    with pytest.raises(KitError, match=r"split 2 has group 'g01' of class 'class 0'"):
        linear_probe(replace(table, splits=(table.splits[0], tuple(sides))))


def test_a_group_name_of_another_class_is_another_group() -> None:
    table = made_up(official=True)
    moved = [
        side if label != "class 3" else {"train": "test", "test": "train"}[side]
        for side, label in zip(table.splits[0], table.labels, strict=True)
    ]
    assert linear_probe(replace(table, splits=(tuple(moved),))).accuracy == 1.0


def test_chance_is_the_largest_class_of_the_training_part() -> None:
    table = made_up(classes=3, groups=4, each=5)
    keep = [i for i, label in enumerate(table.labels) if label != "class 1" or i % 5 < 2]
    table = table_of(
        table.descriptors[keep], [table.labels[i] for i in keep], [table.groups[i] for i in keep]
    )
    found = linear_probe(table, folds=2)
    assert found.chance == pytest.approx(5 / 12)


def test_c_is_chosen_from_the_training_part_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    table = made_up(classes=3, groups=6, each=2, official=True)
    seen: list[np.ndarray] = []
    choose = probe.choose_c

    def noted(x: np.ndarray, *rest: Any) -> float:
        seen.append(x)
        return choose(x, *rest)

    monkeypatch.setattr(probe, "choose_c", noted)
    found = linear_probe(table, c="choose")
    assert set(found.c) <= set(C_GRID)
    for x, split in zip(seen, table.splits, strict=True):
        assert (x == table.descriptors[[side == "train" for side in split]]).all()


def test_choosing_c_sees_what_a_strong_penalty_hides() -> None:
    """Descriptors that all point much the same way and vary mostly in what does not matter."""
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(4), 40)
    x = np.eye(20)[truth] + 0.25 * rng.normal(size=(160, 20))
    x += 0.5 * rng.normal(size=(160, 3)) @ rng.normal(size=(3, 20))  # what does not matter
    x = np.hstack([0.015 * x, np.ones((160, 1))])
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    assert (x @ x.T).min() > 0.95
    table = table_of(x, [f"class {k}" for k in truth])
    plain, chosen = linear_probe(table), linear_probe(table, c="choose")
    assert min(chosen.c) > 1.0
    assert chosen.interval[0] > plain.interval[1]


def test_the_same_seed_gives_the_same_result() -> None:
    table = made_up(noise=0.3, by_group=0.3)
    assert str(linear_probe(table, seed=3)) == str(linear_probe(table, seed=3))
    assert linear_probe(table, seed=3).to_dict() == linear_probe(table, seed=3).to_dict()
    assert linear_probe(table, seed=3).to_dict() != linear_probe(table, seed=4).to_dict()


def test_the_result_goes_through_json_and_reads_well() -> None:
    found = linear_probe(made_up(noise=0.3, by_group=0.4))
    data = json.loads(json.dumps(found.to_dict()))
    assert data["accuracy"] == round(found.accuracy, 4)
    assert np.array(data["confusion"]).sum() == found.videos
    assert np.trace(np.array(data["confusion"])) / found.videos == pytest.approx(found.pooled)
    for said in ("95 % interval", "5 parts by group", "chance 2", "24 groups", "C = 1"):
        assert said in " ".join(str(found).split())
    assert "shuffled" in str(linear_probe(made_up(), shuffled=True))


# --- the interval


def test_singleton_groups_give_wilsons_interval() -> None:
    rng = np.random.default_rng(0)
    for share in (0.1, 0.5, 0.8, 0.97):
        right = rng.random(400) < share
        (low, high), worth = grouped_interval(right, np.zeros(400, int), np.arange(400))
        expected = wilson(float(right.mean()), 400)
        assert (low, high) == pytest.approx(expected, abs=0.006)
        assert worth == pytest.approx(400, rel=0.12)


def test_near_duplicates_widen_the_interval() -> None:
    rng = np.random.default_rng(0)
    unit = np.repeat(np.arange(40), 10)
    right = np.repeat(rng.random(40) < 0.7, 10)  # a film is right or wrong as a whole
    (low, high), worth = grouped_interval(right, np.zeros(400, int), unit)
    narrow = wilson(float(right.mean()), 400)
    assert high - low > 2.5 * (narrow[1] - narrow[0])
    assert worth == pytest.approx(40, rel=0.2)


def test_the_interval_holds_the_truth_where_wilsons_does_not() -> None:
    """200 made-up tests of 30 films with 8 videos each, true accuracy 70 %."""
    rng = np.random.default_rng(1)
    unit, fold = np.repeat(np.arange(30), 8), np.repeat(np.arange(3), 80)
    held, held_by_wilson = 0, 0
    for trial in range(200):
        right = rng.random(240) < np.repeat(rng.beta(0.7, 0.3, 30), 8)
        (low, high), _ = grouped_interval(right, fold, unit, seed=trial)
        held += low <= 0.7 <= high
        low, high = wilson(float(right.mean()), 240)
        held_by_wilson += low <= 0.7 <= high
    assert held >= 0.9 * 200
    assert held_by_wilson <= 0.75 * 200


def test_all_right_still_has_a_width_and_one_film_proves_nothing() -> None:
    right = np.ones(60, bool)
    (low, high), worth = grouped_interval(right, np.zeros(60, int), np.arange(60) // 10)
    assert low < 0.65 and high == 1.0 and worth == 6
    assert grouped_interval(right, np.zeros(60, int), np.zeros(60, int))[0] == (0.0, 1.0)


# --- what cannot be done is said


def labelled(labels: str, groups: list[str] | None = None) -> FeatureTable:
    return table_of(np.random.default_rng(0).normal(size=(len(labels), 3)), list(labels), groups)


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (labelled("aabb"), {"folds": "best"}, "'auto', 'official', 'split1' or"),
        (labelled("aabb"), {"folds": 1}, "folds is 1"),
        (labelled("aabb"), {"folds": True}, "folds is True"),
        (labelled("aabb"), {"seed": -1}, "seed is -1"),
        (labelled("aabb"), {"c": 0}, "c is 0"),
        (labelled("aabb"), {"c": "best"}, "c is 'best'"),
        (labelled("aabb"), {"c": float("nan")}, "c is nan"),
        (labelled("aaabb"), {"folds": 3}, "class 'b' has only 2 groups"),
    ],
)
def test_impossible_arguments_are_refused(table: FeatureTable, options: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        linear_probe(table, **options)


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (labelled("aaaa"), {}, "only one class among the 4 videos"),
        (labelled("aaab"), {}, "Class 'b' has 1 video and cannot"),
        (labelled("aabbb", ["", "", "g1", "g1", "g1"]), {}, "'b' has 3 videos, all of one group"),
        (table_of(np.eye(4), ["a", "a", "", "b"]), {}, "v0002.avi has no class"),
        (labelled("aabb"), {"folds": "official"}, "no official splits"),
        (labelled("aabb"), {"folds": 2, "c": "choose"}, "only one group of videos to train on"),
    ],
)
def test_videos_that_do_not_do_are_refused(
    table: FeatureTable, options: dict, message: str
) -> None:
    with pytest.raises(KitError, match=message):
        linear_probe(table, **options)


@pytest.mark.parametrize(
    ("sides", "message"),
    [
        ("train train train train", "split 1 has no test videos"),
        ("test test test test", "split 1 has no training videos"),
        ("train train test test", "no training video of class 'b'"),
        ("train test train test", ""),
    ],
)
def test_official_splits_that_teach_nothing_are_refused(sides: str, message: str) -> None:
    table = replace(labelled("aabb"), splits=(tuple(sides.split()),))
    if not message:
        assert linear_probe(table).videos == 2
        return
    with pytest.raises(KitError, match=message):
        linear_probe(table)


def test_a_descriptor_of_nan_is_named() -> None:
    table = made_up(classes=2, groups=2, each=2)
    table.descriptors[3, 1] = np.nan
    with pytest.raises(KitError, match="v0003.avi holds NaN"):
        linear_probe(table)
