"""What the nets that ship with the kit can do, on digits and photographs they never saw."""

from pathlib import Path

import pytest
import torch

from c3d_teach import BothWays, CameraMotion, MotionDigits, evaluate, load
from c3d_teach.experiments.shipped_nets import ASSETS, SETTINGS, cards, command, with_table
from c3d_teach.training.intervals import wilson


@pytest.fixture(scope="module")
def digits():
    return MotionDigits(2048, split="test", seed=11)  # another seed than the cards' own


def test_depth_3_knows_the_motions(digits):
    result = evaluate(load("motion-d3"), digits)
    assert result.accuracy >= 0.97, result


def test_depth_1_knows_the_axis_but_not_the_sense(digits):
    net = load("motion-d1")
    result = evaluate(net, BothWays(digits))
    assert 0.35 <= result.accuracy <= 0.50, result
    clips = digits.batch(range(256))["clip"]
    assert torch.equal(net.predict(clips), net.predict(clips.flip(1)))


@pytest.mark.parametrize(
    "name", ["motion-d5", "motion-d7", "motion-increasing", "motion-decreasing"]
)
def test_deeper_kernels_know_the_motions_too(name):
    result = evaluate(load(name), MotionDigits(512, split="test", seed=11))
    assert result.accuracy >= 0.97, result


def test_a_single_frame_is_at_chance(digits):
    result = evaluate(load("motion-frame"), digits)
    low, high = wilson(1 / 8, result.clips, z=2.576)
    assert low <= result.accuracy <= high, result


def test_stacked_frames_see_motion_once():
    result = evaluate(load("motion-stacked"), MotionDigits(1024, split="test", seed=11))
    assert result.accuracy > 0.5, result


def test_camera_c3d_knows_the_camera_on_unseen_photographs():
    result = evaluate(load("camera-c3d"), CameraMotion(1152, split="test", seed=11))
    assert result.accuracy >= 0.92, result


def test_camera_d1_is_blind_to_the_sense():
    """At most half of the paired motions, and all of the still clips, can be right."""
    data = CameraMotion(288, split="test", seed=11)
    net = load("camera-d1")
    result = evaluate(net, BothWays(data))
    assert result.accuracy <= (8 * 0.5 + 1) / 9
    clips = data.batch(range(64))["clip"]
    assert torch.equal(net.predict(clips), net.predict(clips.flip(1)))
    assert not torch.equal(
        load("camera-c3d").predict(clips), load("camera-c3d").predict(clips.flip(1))
    )


def test_the_cards_figures_can_be_had_again():
    net = load("motion-d3")
    result = evaluate(net, MotionDigits(2048, split="test", seed=net.card["seed"]))
    assert result.accuracy == pytest.approx(net.card["test"]["accuracy"], abs=0.002)


def test_readme_and_cards_show_the_figures_of_the_files():
    root = Path(__file__).parents[2]
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert with_table(readme) == readme
    assert (ASSETS / "README.md").read_text(encoding="utf-8") == cards()
    for name in SETTINGS:
        assert load(name).card["command"] == command(name, f"runs/{name}")
