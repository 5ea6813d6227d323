"""What lesson 10 says of U-Nets, on the shipped nets and on the shipped result."""

from pathlib import Path

import pytest
import torch

from c3d_teach.data.segmentation import INK, MotionSegmentation
from c3d_teach.experiments.overlaps import (
    ALIKE,
    COMPARE,
    DIM,
    PAIRS,
    START,
    gain,
    mean,
    overlap,
    result,
)
from c3d_teach.experiments.segmentation import ARMS, ASSETS, SEEDS, SHIPPED, cards
from c3d_teach.models.segmenter import load_segmenter, shipped_segmenters
from c3d_teach.training.segmentation import evaluate_masks, intersection_over_union

CLIPS = 192


@pytest.fixture(scope="module")
def test_clips() -> MotionSegmentation:
    return MotionSegmentation(CLIPS, split="test", seed=11)  # another seed than the cards' own


@pytest.fixture(scope="module")
def found(test_clips: MotionSegmentation) -> dict[str, float]:
    return {n: evaluate_masks(load_segmenter(n), test_clips).mean for n in shipped_segmenters()}


@pytest.mark.claim("unet-finds-mover")
def test_the_3d_net_follows_the_mover_and_the_2d_net_does_not(found: dict[str, float]) -> None:
    assert found["motion-unet3d"] >= 0.85
    assert found["motion-unet2d"] <= found["motion-unet3d"] - 0.15
    for name, iou in found.items():
        assert load_segmenter(name).card["test"]["iou"] == pytest.approx(iou, abs=0.03)


@pytest.mark.claim("unet-finds-mover")
def test_the_2d_net_is_about_where_painting_everything_is(
    found: dict[str, float], test_clips: MotionSegmentation
) -> None:
    made = test_clips.batch(range(CLIPS))
    bright = made["clip"][..., 0] >= INK
    everything = float(intersection_over_union(bright, made["mask"]).mean())
    assert everything == pytest.approx(result()["ink"][ALIKE], abs=0.03)
    assert found["motion-unet2d"] < everything + 0.1


@pytest.mark.claim("unet-2d-cannot-choose")
def test_no_training_of_the_2d_net_comes_near() -> None:
    three, two = overlap(COMPARE, "3D"), overlap(COMPARE, "2D")
    assert len(three) == len(two) == len(SEEDS)
    assert max(two) < min(three) - 0.15
    assert max(two) < result()["ink"][ALIKE] + 0.1


@pytest.mark.claim("unet-2d-cannot-choose")
def test_the_2d_net_sees_one_frame_alone(test_clips: MotionSegmentation) -> None:
    net = load_segmenter("motion-unet2d")
    clips = test_clips.batch(range(4))["clip"]
    order = torch.randperm(16)
    shuffled = net.predict(clips[:, order])
    torch.testing.assert_close(shuffled, net.predict(clips)[:, :, order], atol=1e-4, rtol=1e-4)


@pytest.mark.claim("unet-2d-dim")
def test_where_still_digits_are_dimmer_the_2d_net_does_well() -> None:
    dim = overlap(COMPARE, "2D", setting=DIM)
    assert len(dim) == len(SEEDS)
    assert min(dim) > max(overlap(COMPARE, "2D")) + 0.15
    assert min(dim) > 0.7


@pytest.mark.claim("unet-skips")
def test_the_uppermost_skip_is_missed_most(test_clips: MotionSegmentation) -> None:
    net = load_segmenter("motion-unet3d")
    made = test_clips.batch(range(64))
    iou = {}
    for level in (0, 1, 2, 3, 4):
        working = tuple(one != level for one in (1, 2, 3, 4))
        masks = net.predict(made["clip"], skips=working)[:, 0] >= net.threshold
        iou[level] = float(intersection_over_union(masks, made["mask"]).mean())
    assert iou[1] < iou[2] < min(iou[level] for level in (0, 3, 4)) - 0.1
    shipped = result()["skips"]
    assert shipped["all"] == pytest.approx(iou[0], abs=0.05)
    assert shipped["without 1"] == pytest.approx(iou[1], abs=0.08)


@pytest.mark.claim("unet-warm-start")
def test_warm_starts_are_ahead_of_some_seeds_and_behind_others() -> None:
    for warm, clips in (("motion C3D", 64), ("camera-c3d", 64)):
        gains = gain(warm, clips)
        assert len(gains) == len(SEEDS) and min(gains) < 0 < max(gains)
    more = gain("motion C3D", 512)
    assert len(more) == len(SEEDS) and min(more) > 0


@pytest.mark.claim("unet-warm-start")
def test_how_the_input_is_made_moved_the_result_more_than_a_warm_start() -> None:
    grey, colour = (overlap(START, net, clips=64) for net in PAIRS.values())
    largest = max(mean(gain(warm, 64)) for warm in PAIRS)
    assert mean(colour) - mean(grey) > largest


def test_every_training_of_the_plan_is_in_the_result() -> None:
    runs = {(r["study"], r["net"], r["setting"], r["clips"], r["seed"]) for r in result()["runs"]}
    assert runs == {(a.study, a.name, a.setting, a.clips, s) for a in ARMS for s in SEEDS}
    assert all(run["versions"] and run["seconds"] > 0 for run in result()["runs"])


def test_shipped_u_nets_have_their_cards() -> None:
    assert set(shipped_segmenters()) == set(SHIPPED)
    assert (ASSETS / "README.md").read_text(encoding="utf-8") == cards()
    for name in SHIPPED:
        card = load_segmenter(name).card
        assert card["command"].endswith(name)
        assert {"seed", "data", "recipe", "test", "made with"} <= card.keys()
        assert (Path(ASSETS) / f"{name}.safetensors").stat().st_size < 2**21


def test_means_are_means() -> None:
    assert mean([0.25, 0.75]) == 0.5
