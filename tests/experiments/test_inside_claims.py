"""Claims about what the filters learnt, and about the pictures that show it."""

import numpy as np
import pytest

from c3d_teach import MotionDigits, attribute, kernel_statistics, load, tuning
from c3d_teach.experiments import selectivity, when_it_moves
from c3d_teach.experiments.ledger.inside import LATER, medians, result
from c3d_teach.models.transfer import with_random_weights


@pytest.mark.claim("kernels-look-random")
def test_kernels_hardly_tell_trained_from_random() -> None:
    net = load("motion-d3")
    trained = np.nanmedian(kernel_statistics(net, "conv1").separability)
    for seed in range(3):
        drawn = kernel_statistics(with_random_weights(net, seed), "conv1").separability
        assert abs(float(trained - np.nanmedian(drawn))) < 0.10


@pytest.mark.claim("gratings-selectivity")
def test_training_makes_units_choose_a_direction() -> None:
    trained = medians("trained")
    drawn = [medians(f"random {seed}") for seed in range(3)]
    assert 0.4 < trained["conv1"] < 0.6
    assert all(trained[layer] > 0.99 for layer in LATER)
    assert all(one[layer] < trained[layer] for one in drawn for layer in trained)
    # the shipped numbers are what is measured today
    found = tuning(load("motion-d3"), "conv2").selectivity
    shipped = selectivity.arrays(result("selectivity")["motion-d3"]["trained"])["conv2"]
    assert np.allclose(found, shipped, atol=0.02, equal_nan=True)


@pytest.mark.claim("flat-selectivity-zero")
def test_depth_one_has_a_selectivity_of_exactly_zero() -> None:
    layers = result("selectivity")["motion-d3"]["depth 1"]
    assert {v for values in layers.values() for v in values if v is not None} == {0.0}
    for layer in ("conv1", "conv3"):
        found = tuning(load("motion-d1"), layer).selectivity
        assert np.isfinite(found).any() and np.nanmax(np.abs(found)) == 0


@pytest.mark.claim("hiding-finds-it")
def test_hiding_frames_finds_the_moment() -> None:
    found = result("when_it_moves")
    hidden, uniform = found["occlusion"]["trained"], found["uniform"]
    cam = {layer: one["share"] for layer, one in found["grad-cam"].items()}
    assert hidden["interval"][0] > max(cam.values())
    assert max(cam, key=cam.__getitem__) == "conv3" and found["grad-cam"]["conv5"]["steps"] == 2
    assert cam["conv5"] <= uniform < cam["conv1"]
    assert all(uniform < found["occlusion"][f"random {s}"]["share"] < 0.55 for s in range(3))
    # and on a few clips, measured today
    net = load("motion-d3")
    clips, motions, _ = when_it_moves.right_clips(net, 8)
    shares = [
        attribute(net, clip, "temporal occlusion", target=motion).mass(6, 12)
        for clip, motion in zip(clips, motions, strict=True)
    ]
    assert np.nanmean(shares) > 0.65


@pytest.mark.claim("guided-keeps")
def test_guided_backpropagation_keeps_its_picture() -> None:
    for methods in result("map_sanity").values():
        kept = {name for name, one in methods.items() if one["unlearnt"] >= 0.5}
        assert kept == {"guided backpropagation", "deconvolution"}
        assert methods["guided backpropagation"]["least"] > 0.9
        rest = [one["unlearnt"] for name, one in methods.items() if name not in kept]
        assert max(map(abs, rest)) < 0.2
    net = load("motion-d3")
    unlearnt = with_random_weights(net, seed=0)
    eyes = {k: v for k, v in net.model.state_dict().items() if k.startswith("conv")}
    unlearnt.model.load_state_dict(eyes, strict=False)
    clip = MotionDigits(1, split="test")[0]["clip"]
    maps = [
        attribute(one, clip, "guided backpropagation", target=0).heat.ravel()
        for one in (net, unlearnt)
    ]
    assert np.corrcoef(*maps)[0, 1] > 0.8
