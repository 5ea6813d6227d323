"""Claims about nets on video files, and about wrong input."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from c3d_teach import (
    UCF101,
    CameraMotion,
    MotionDigits,
    Recipe,
    claim,
    freeze,
    judge_video,
    load,
    train,
    with_new_head,
)
from c3d_teach.data.export import export, write_video
from c3d_teach.data.photos import SPLIT_PHOTOS
from c3d_teach.data.sample_film import MOVES, sample_film
from c3d_teach.experiments.ledger.video import digit_motion_numbers
from c3d_teach.models.verdict import NO_MOTION


@pytest.mark.claim("film-named")
def test_the_camera_net_names_what_a_film_shows(tmp_path: Path) -> None:
    net = load("camera-c3d")
    first = ("still", "pan right", "zoom in", "tilt up")
    second = tuple(name for name in MOVES if name not in first)
    for photo in SPLIT_PHOTOS["test"]:
        for moves in (first, second):
            path = tmp_path / "film.mp4"
            write_video(path, sample_film([(name, 32) for name in moves], photo=photo), fps=25)
            expected = [NO_MOTION if name == "still" else name for name in moves for _ in range(2)]
            assert [clip.answer for clip in judge_video(net, path).clips] == expected, photo


@pytest.fixture(scope="module")
def answers() -> dict[str, tuple[float, float]]:
    """Name of the input -> share of right answers, share of the commonest answer."""
    net, made = load("camera-c3d"), CameraMotion(288, split="test").batch(range(288))
    whole = net.preprocess
    small = {"mean": tuple(255 * m for m in whole.mean), "std": tuple(255 * s for s in whole.std)}
    inputs = {
        "bgr": replace(whole, channel_order="bgr"),
        "other mean": replace(whole, mean=(90.0, 98.0, 102.0)),
        "no mean": replace(whole, mean=(0.0, 0.0, 0.0)),
        "scaled": replace(whole, **small),
    }
    found = {}
    for name, preprocess in inputs.items():
        said = replace(net, preprocess=preprocess).predict(made["clip"]).argmax(1)
        right = (said == made["motion"]).float().mean().item()
        found[name] = right, said.bincount().max().item() / len(said)
    return found


@pytest.mark.claim("wrong-scale-one-answer")
def test_frames_of_the_wrong_scale_give_one_answer(answers: dict[str, tuple[float, float]]) -> None:
    right, commonest = answers["scaled"]
    assert commonest > 0.95 and right < 0.16


@pytest.mark.claim("colours-hardly-matter")
@pytest.mark.parametrize("name", ["bgr", "other mean", "no mean"])
def test_colours_hardly_matter_to_it(answers: dict[str, tuple[float, float]], name: str) -> None:
    assert answers[name][0] > 0.9


@pytest.mark.claim("finetune-from-few")
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_few_videos_are_enough_to_beat_chance(tmp_path: Path, seed: int) -> None:
    export(MotionDigits(64, clip_shape=(1, 20, 32, 32)), tmp_path / "ucf", layout="ucf101")
    parts = [UCF101(tmp_path / "ucf", train=side, size=(64, 64)) for side in (True, False)]
    assert 35 <= len(parts[0].videos) <= 45
    net = load("camera-c3d")
    torch.manual_seed(seed)
    model = with_new_head(net.model, 8)
    freeze(model, "conv5b")
    recipe = replace(Recipe.finetune().lasting(epochs=3), lr=0.02, batch=8, flip=0.0)
    out = tmp_path / "run"
    done = train(
        model, *parts, recipe, preprocess=net.preprocess, out=out, seed=seed, progress=False
    )
    assert done.epochs[-1].val_accuracy > 2 / 8


@pytest.mark.claim("new-motions-from-few")
def test_features_of_camera_motion_serve_other_motion() -> None:
    numbers = digit_motion_numbers()
    trained, by_chance = (int(numbers[name].split()[0]) for name in ("trained", "random"))
    assert trained > 2 * by_chance and int(numbers["seeds"]) >= 5
    assert numbers["trained"] in claim("new-motions-from-few").statement
