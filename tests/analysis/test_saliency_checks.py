"""Sanity checks of maps: the measures against scipy, the cascade against a new net."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor

from c3d_teach import MotionDigits, load
from c3d_teach.analysis.attribution.attribute import attribute
from c3d_teach.analysis.attribution.occlusion import temporal_occlusion
from c3d_teach.analysis.attribution.sanity import SanityCheck, drawn_anew, sanity_check
from c3d_teach.errors import UsageError
from c3d_teach.models.builder import initialise
from c3d_teach.models.classifier import Classifier
from c3d_teach.models.weights import build

LAYERS = ("fc8", "fc7", "fc6", "conv5", "conv4", "conv3", "conv2", "conv1")


@pytest.fixture(scope="module")
def motion() -> Classifier:
    return load("motion-d3")


@pytest.fixture(scope="module")
def clips() -> Tensor:
    return MotionDigits(8, split="test").batch(range(8))["clip"]


@pytest.fixture(scope="module")
def checks(motion: Classifier, clips: Tensor) -> dict[str, SanityCheck]:
    methods = ("guided backpropagation", "gradient", "grad-cam")
    return {method: sanity_check(motion, clips, method) for method in methods}


def random_from(motion: Classifier, layer: str, seed: int) -> Classifier:
    """The net with ``layer`` and all behind it as a new net has them."""
    new = build(motion.model.config)
    torch.manual_seed(seed)
    initialise(new)
    for name, values in motion.model.state_dict().items():
        if LAYERS.index(name.split(".")[0]) > LAYERS.index(layer):
            new.state_dict()[name].copy_(values)
    return Classifier(new.eval(), motion.preprocess, motion.classes)


def test_new_weights_are_those_of_a_new_net(motion: Classifier) -> None:
    state = torch.random.get_rng_state()
    drawn = drawn_anew(motion.model, 5)
    assert torch.equal(torch.random.get_rng_state(), state), "random numbers of others are theirs"
    new = random_from(motion, "conv1", 5).model
    for name, (weight, bias) in zip(reversed(LAYERS), drawn, strict=True):
        assert torch.equal(weight, getattr(new, name).weight)
        assert torch.equal(bias, getattr(new, name).bias)


@pytest.mark.parametrize("layer", ["fc8", "conv5", "conv1"])
def test_a_stage_compares_the_trained_map_with_that_of_a_half_new_net(
    motion: Classifier, clips: Tensor, checks: dict[str, SanityCheck], layer: str
) -> None:
    other = random_from(motion, layer, 0)
    stage = LAYERS.index(layer)
    for k in (0, 5):
        target = int(motion.predict(clips[k][None]).argmax())
        for method, check in checks.items():
            if method == "grad-cam":  # compared as coarse as it is
                continue
            a, b = (attribute(net, clips[k], method, target=target).heat for net in (motion, other))
            signed = spearmanr(a.ravel(), b.ravel()).statistic
            sizes = spearmanr(abs(a).ravel(), abs(b).ravel()).statistic
            assert check.signed[stage, 0, k] == pytest.approx(signed, abs=0.01)
            assert check.absolute[stage, 0, k] == pytest.approx(sizes, abs=0.01)


def test_coarse_methods_are_compared_as_coarse_as_they_are(
    motion: Classifier, clips: Tensor
) -> None:
    check = sanity_check(motion, clips[:3], "temporal occlusion", repeats=2, seed=3)
    assert check.signed.shape == (8, 2, 3) and np.isnan(check.structure).all()
    other = random_from(motion, "conv4", 4)
    target = int(motion.predict(clips[2][None]).argmax())
    a, b = (temporal_occlusion(net, clips[2], target=target).curve[::2] for net in (motion, other))
    expected = spearmanr(a, b).statistic
    assert check.signed[LAYERS.index("conv4"), 1, 2] == pytest.approx(expected, abs=0.03)


def test_the_net_itself_is_left_as_it_was(motion: Classifier, clips: Tensor) -> None:
    before = {name: value.clone() for name, value in motion.model.state_dict().items()}
    sanity_check(motion, clips[:2], "gradient")
    assert all(torch.equal(before[k], v) for k, v in motion.model.state_dict().items())


def test_the_same_seed_gives_the_same_check(
    motion: Classifier, clips: Tensor, checks: dict[str, SanityCheck]
) -> None:
    again = sanity_check(motion, clips, "gradient")
    assert np.array_equal(again.signed, checks["gradient"].signed)
    other = sanity_check(motion, clips[:2], "gradient", seed=1)
    assert not np.allclose(other.signed[:, :, :2], again.signed[:, :, :2], atol=0.01)


def test_guided_backpropagation_stays_without_the_class_and_the_others_go(
    checks: dict[str, SanityCheck],
) -> None:
    guided = checks["guided backpropagation"]
    assert guided.layers == LAYERS
    assert guided.keeps and guided.unlearnt > 0.9
    assert guided.left > guided.floor[1].mean() + 0.15, "a part stays when nothing is learnt"
    for method in ("gradient", "grad-cam"):
        check = checks[method]
        assert not check.keeps and abs(check.unlearnt) < 0.4
        assert "goes with the layers" in check.sentence
    assert abs(checks["gradient"].left) < 0.05
    assert "stays without the class" in guided.sentence
    assert f"{guided.unlearnt:.2f}" in guided.sentence


def test_a_map_that_is_the_same_everywhere_correlates_with_nothing() -> None:
    from c3d_teach.analysis.attribution.sanity import _ranks, _similar, _structure

    flat, other = np.zeros((2, 8, 8, 8), np.float32), np.ones((2, 8, 8, 8), np.float32)
    other[:, 0] = -1
    found = _similar(_ranks(flat), flat, _ranks(other), other)
    assert (found[:2] == 0).all() and np.isfinite(found[2]).all()
    assert np.allclose(_similar(_ranks(other), other, _ranks(other), other)[1:], 1)
    assert np.isnan(_structure(flat[:, :2], flat[:, :2])).all(), "too small for a window"


@pytest.mark.parametrize(
    ("method", "how", "message"),
    [
        ("box occlusion", {}, "no check of 'box occlusion'"),
        ("gradient", {"layer": "conv1"}, "belongs to method 'grad-cam'"),
        ("gradient", {"repeats": 0}, "repeats 0"),
        ("gradient", {"seed": -1}, "seed is -1"),
    ],
)
def test_other_checks_are_refused(
    motion: Classifier, clips: Tensor, method: str, how: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        sanity_check(motion, clips, method, **how)


def test_one_clip_is_not_enough(motion: Classifier, clips: Tensor) -> None:
    with pytest.raises(UsageError, match="two or more"):
        sanity_check(motion, clips[:1], "gradient")


def test_clips_whose_maps_are_alike_give_no_verdict() -> None:
    clip = MotionDigits(1, split="test")[0]["clip"]
    check = sanity_check(load("motion-d3"), torch.stack([clip, clip]), "gradient")
    assert check.heads == 3 and not check.judged
    assert "cannot tell" in check.sentence
