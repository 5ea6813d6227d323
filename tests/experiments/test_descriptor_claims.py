"""Claims about fc6 as a descriptor: where it helps, where not, and the split that leaks."""

import numpy as np
import pytest

from c3d_teach import claim
from c3d_teach.experiments import group_leak, squeezed
from c3d_teach.experiments.ledger.descriptors import compact_numbers, leak_numbers, vgg_row
from c3d_teach.experiments.outcome import estimate
from c3d_teach.models.weights import load

LEAK = group_leak.shipped()
RIGHT, CHANCE = LEAK["accuracy"], LEAK["chance"]


def test_the_shipped_study_is_whole() -> None:
    assert tuple(RIGHT) == group_leak.QUESTIONS
    for splits in RIGHT.values():
        assert tuple(splits) == group_leak.SPLITS
        assert all(len(values) == group_leak.SEEDS >= 5 for values in splits.values())


@pytest.mark.claim("group-leak")
def test_a_split_over_clips_looks_far_better_than_one_over_films() -> None:
    assert min(RIGHT["digit"]["clips"]) > max(RIGHT["digit"]["films"]) + 0.4
    by_film = estimate(RIGHT["digit"]["films"])
    assert by_film.low < CHANCE["digit"] < by_film.high
    said = claim("group-leak").statement
    assert leak_numbers()["digit_clips"] in said and leak_numbers()["digit_films"] in said


@pytest.mark.claim("group-leak")
def test_it_comes_out_again() -> None:
    """A draw of films that the study has not seen, live."""
    made = group_leak.films(11)
    x = group_leak.described(load(group_leak.NET), made.clips)
    by_clip, by_film = (group_leak.probed(x, made, "digit", s).accuracy for s in group_leak.SPLITS)
    assert by_clip > by_film + 0.3


@pytest.mark.claim("leak-without-meaning")
def test_labels_without_meaning_are_learnt_by_clip_alone() -> None:
    true, dealt = (RIGHT[k]["clips"] for k in ("digit", "dealt"))
    assert min(dealt) > 5 * CHANCE["dealt"] and abs(np.mean(true) - np.mean(dealt)) < 0.1
    by_film = estimate(RIGHT["dealt"]["films"])
    assert by_film.low < CHANCE["dealt"] < by_film.high


@pytest.mark.claim("motion-does-not-leak")
def test_what_the_net_knows_stands_in_both_splits() -> None:
    by_clip, by_film = (RIGHT["motion"][s] for s in group_leak.SPLITS)
    assert min(by_film) > 0.95
    assert max(abs(a - b) for a, b in zip(by_clip, by_film, strict=True)) < 0.02


def ahead(net: str, task: str) -> int:
    """1 where the trained net is ahead of every random one beyond its interval, -1 behind."""
    row = vgg_row(net, task)
    assert len(row["random"]) >= 5
    low, high = row["interval"]
    return int(low > max(row["random"])) - int(high < min(row["random"]))


@pytest.mark.claim("like-vgg-holds")
def test_a_net_for_photographs_helps_with_new_ones() -> None:
    assert ahead("photo net", "which of 5 new photographs") == 1


@pytest.mark.claim("like-vgg-motions")
def test_a_net_for_camera_motion_helps_with_digit_motion() -> None:
    assert ahead("camera-c3d", "how digits move") == 1


@pytest.mark.claim("like-vgg-fails")
def test_a_net_for_camera_motion_is_worse_than_random_on_photographs() -> None:
    assert ahead("camera-c3d", "which of 5 new photographs") == -1


@pytest.mark.claim("like-vgg-digit")
def test_a_net_for_digit_motion_does_not_know_the_digit() -> None:
    row = vgg_row("motion-d3", "which digit")
    assert row["interval"][0] < row["chance"] < row["interval"][1]
    assert ahead("motion-d3", "which digit") == 0


@pytest.mark.claim("fc6-compact")
def test_few_components_do_most_of_the_work() -> None:
    found = squeezed.shipped()
    points = {p["dimension"]: p for p in found["points"]}
    chance, whole = found["chance"], points[found["whole"]]["accuracy"]
    assert points[2]["accuracy"] - chance > 0.6 * (whole - chance)
    assert points[50]["accuracy"] - chance > 0.9 * (whole - chance)
    assert abs(found["shuffled"] - chance) < 0.06
    assert all(p["converged"] for p in points.values())
    assert compact_numbers()["fifty"] in claim("fc6-compact").statement


def test_films_are_cut_into_clips_that_go_on() -> None:
    made = group_leak.films(1, each=3)
    assert made.clips.shape == (135, 16, 32, 32, 1)
    assert np.bincount(made.film).tolist() == [5] * 27
    for labels in made.labels.values():
        assert all(len(set(labels[made.film == film])) == 1 for film in range(27))
    assert not np.array_equal(made.labels["dealt"], made.labels["digit"])
