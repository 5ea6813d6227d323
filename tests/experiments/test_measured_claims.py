"""Claims that rest on the shipped studies: each is held to the numbers of every run."""

from itertools import combinations

import pytest
import torch

from c3d_teach import MotionDigits, SearchNet
from c3d_teach.experiments.evidence import (
    DEEPER,
    DEPTH,
    DIMENSIONS,
    OTHER_RATE,
    POOLING,
    blind_runs,
    outcome,
)
from c3d_teach.experiments.outcome import Pair

DEPTH_1 = ("depth-1", "depth-1, parameters of depth-3", "depth-1, MACs of depth-3")
SETTINGS = ("plain", "slow and noisy", "few clips")


@pytest.mark.claim("depth1-blind")
def test_depth_1_gives_a_clip_and_its_reversal_the_same_answer() -> None:
    runs = blind_runs()
    assert len(runs) > 50 and all(run["reversal changes logits by"] == 0.0 for run in runs)
    clips = MotionDigits(64, split="test").batch(range(64))["clip"].movedim(-1, 1).float()
    net = SearchNet(8, kernel_depth=1, clip_shape=(1, 16, 32, 32), width=1 / 8).eval()
    with torch.inference_mode():
        assert torch.equal(net(clips), net(clips.flip(2)))


@pytest.mark.claim("depth1-half")
def test_depth_1_is_right_on_half_of_the_motions_at_most() -> None:
    assert max(run["both ways"]["how"] for run in blind_runs()) <= 0.5


@pytest.mark.claim("depth1-last")
@pytest.mark.parametrize("setting", SETTINGS)
def test_depth_1_is_behind_every_deeper_net(setting: str) -> None:
    pairs = [(deep, flat) for deep in ("depth-3", *DEEPER) for flat in DEPTH_1]
    for pair in outcome(DEPTH).compare(pairs, setting, "how"):
        assert pair.difference.low > 0 and pair.p_holm < 0.05


def against_depth_3(setting: str) -> dict[str, Pair]:
    """Every net against depth-3, as in the tables: corrected for all of them together."""
    study = outcome(DEPTH)
    others = [net for net in study.nets if net != "depth-3"]
    pairs = study.compare([(net, "depth-3") for net in others], setting, "how")
    return {pair.a: pair for pair in pairs}


@pytest.mark.claim("depth3-not-best")
@pytest.mark.parametrize("setting", SETTINGS)
def test_depth_3_trails_the_deep_nets_at_the_shared_rate(setting: str) -> None:
    found = against_depth_3(setting)
    assert all(found[net].difference.mean > 0 for net in DEEPER)
    ahead = {net for net in DEEPER if found[net].p_holm < 0.05}
    assert not ahead if setting == "plain" else ahead >= {"depth-7", "decreasing"}


@pytest.mark.claim("deeper-and-larger")
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_narrow_depth_7_keeps_part_of_the_lead(setting: str) -> None:
    nets = outcome(DEPTH).data["nets"]
    narrow, three = nets["depth-7, MACs of depth-3"], nets["depth-3"]
    assert narrow["parameters"] < three["parameters"]
    assert abs(narrow["macs"] / three["macs"] - 1) < 0.02
    found = against_depth_3(setting)
    lead = found["depth-7, MACs of depth-3"]
    assert 0 < lead.difference.mean < found["depth-7"].difference.mean and lead.p_holm > 0.05


@pytest.mark.claim("order-not-frames")
def test_shuffled_frames_take_the_motion_away() -> None:
    study = outcome(DEPTH)
    intact = study.accuracy("depth-3", "plain", "how")
    tested = study.accuracy("depth-3", "plain", "how", measure="shuffled")
    trained = study.accuracy("depth-3, shuffled frames", "plain", "how")
    assert tested.high < 0.25 and trained.high < 0.5 < intact.low


@pytest.mark.claim("how-before-what")
def test_deep_nets_trained_for_both_hardly_learn_the_digit() -> None:
    study = outcome(DEPTH)
    deep, flat = (
        study.accuracy(net, "plain", "what")
        for net in ("depth-3", "depth-1, parameters of depth-3")
    )
    assert deep.high < 0.45 and flat.low > 0.65
    runs = [run for net in DEEPER for run in study.runs(net, "plain", "both")]
    assert sum(run["test"]["what"] > 0.5 for run in runs) <= 2
    assert study.accuracy("depth-1", "plain", "what").mean > deep.high


@pytest.mark.claim("one-frame-chance")
@pytest.mark.parametrize("task", ["how", "both"])
def test_one_frame_is_at_chance_within_its_interval(task: str) -> None:
    found = outcome(DIMENSIONS).accuracy("one frame", "plain", "how", task)
    assert found.low <= 1 / 8 <= found.high
    assert found.high < 0.15


@pytest.mark.claim("channels-know-how")
def test_frames_as_channels_name_motions_beyond_what_a_blind_net_can() -> None:
    channels = outcome(DIMENSIONS).accuracy("frames as channels", "plain", "how", "how")
    assert channels.low > 0.5


@pytest.mark.claim("averaging-knows-what")
def test_averaged_frames_know_what_and_not_how() -> None:
    study = outcome(DIMENSIONS)
    others = [net for net in study.nets if net != "frames averaged"]
    pairs = [("frames averaged", net) for net in others]
    assert all(p.difference.mean > 0 for p in study.compare(pairs, "plain", "what", "what"))
    assert study.accuracy("frames averaged", "plain", "how", "how").high < 0.15


@pytest.mark.claim("3d-knows-what")
def test_depth_3_is_not_behind_one_frame_on_what() -> None:
    (pair,) = outcome(DIMENSIONS).compare([("depth-3", "one frame")], "plain", "what", "what")
    assert pair.difference.high > 0 and not (pair.difference.mean < 0 and pair.p < 0.05)


@pytest.mark.claim("questions-compete")
def test_depth_3_learns_the_digit_alone_and_not_beside_the_motion() -> None:
    study = outcome(DIMENSIONS)
    both = study.accuracy("depth-3", "plain", "what", "both")
    assert both.high < study.accuracy("depth-3", "plain", "what", "what").low
    assert both.mean < study.accuracy("one frame", "plain", "what", "both").mean


def test_the_same_training_in_two_studies_is_the_same_to_the_last_bit() -> None:
    """Depth-3 for both questions on plain clips is part of two studies, run apart."""
    for net in ("depth-1", "depth-3"):
        here, there = (outcome(name).runs(net, "plain", "both") for name in (DEPTH, DIMENSIONS))
        assert len(here) == len(there) >= 6
        for a, b in zip(here, there, strict=True):
            assert a["fingerprint"] == b["fingerprint"]
            assert {k: a[k] for k in ("curve", "test", "confusion")} == {
                k: b[k] for k in ("curve", "test", "confusion")
            }


@pytest.mark.claim("arrow-undone")
def test_depth_1_without_pooling_answers_reversals_differently_and_hardly_learns_it() -> None:
    study = outcome(POOLING)
    for net in ("depth-1, no pooling in time", "depth-1, stride"):
        runs = study.runs(net, "plain", "both")
        assert all(run["reversal changes logits by"] > 1e-3 for run in runs)
        assert max(run["both ways"]["how"] for run in runs) < 0.5
        (pair,) = study.compare([(net, "depth-1, pooled at the end")], "plain", "how")
        assert pair.difference.high < 0


@pytest.mark.claim("late-pooling-helps-flat")
def test_depth_1_gains_from_pooling_late() -> None:
    others = ("depth-1, paper's pooling", "depth-1, pooled early")
    pairs = [("depth-1, pooled at the end", other) for other in others]
    for pair in outcome(POOLING).compare(pairs, "plain", "how"):
        assert pair.difference.low > 0 and pair.p_holm < 0.01


@pytest.mark.claim("pooling-hardly-matters")
def test_six_seeds_do_not_tell_the_ways_of_depth_3_apart() -> None:
    study = outcome(POOLING)
    deep = [net for net in study.nets if net.startswith("depth-3")]
    assert len(deep) == 5
    pairs = study.compare(list(combinations(deep, 2)), "plain", "how")
    assert all(pair.p_holm >= 0.05 for pair in pairs)


@pytest.mark.claim("order-hangs-on-rate")
def test_at_twice_the_rate_depth_3_is_not_last() -> None:
    pairs = outcome(OTHER_RATE).compare([(net, "depth-3") for net in DEEPER], "plain", "how")
    assert any(pair.difference.mean < 0 for pair in pairs)
    assert all(pair.p_holm >= 0.05 for pair in pairs)
