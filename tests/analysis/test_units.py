"""What every look inside checks first, and the net it works on."""

import numpy as np
import pytest
import torch

from c3d_teach import CameraMotion, MotionDigits, load
from c3d_teach.analysis.units import (
    Unit,
    clip_of,
    clips_of,
    frames_of,
    layer_row,
    normalised,
    own_copy,
    unit_of,
)
from c3d_teach.errors import UsageError


@pytest.fixture(scope="module")
def net():
    return load("motion-d3")


@pytest.fixture(scope="module")
def clips():
    return MotionDigits(4, split="test").batch(range(4))["clip"]


def test_a_unit_has_a_layer_and_a_number(net):
    assert unit_of(net, "conv2", 31) == Unit("conv2", 31)
    assert str(unit_of(net.model, "fc8", 0)) == "fc8 unit 0"
    assert layer_row(net, "conv3").shape == (64, 8, 8, 8)


@pytest.mark.parametrize("channel", [32, -1, 0.5, True, "a"])
def test_a_unit_that_is_not_there_is_refused_with_those_that_are(net, channel):
    with pytest.raises(UsageError, match=f"no unit {channel} in conv2; it has units 0 to 31"):
        unit_of(net, "conv2", channel)


def test_a_layer_that_is_not_there_is_refused_with_those_that_are(net):
    with pytest.raises(UsageError, match="no layer 'conv5b'; this net has conv1, pool1, conv2"):
        unit_of(net, "conv5b", 0)


def test_clips_come_out_as_the_net_sees_them(net):
    colour = CameraMotion(2, clip_shape=(3, 16, 48, 64)).batch(range(2))["clip"]
    seen = clips_of(net, colour)
    assert seen.shape == (2, 16, 32, 32, 1) and seen.dtype == torch.uint8
    assert torch.equal(normalised(net, seen), net.preprocess(colour))
    assert torch.equal(clip_of(net, colour[1].numpy()), seen[1])


def test_bad_clips_are_refused_with_what_was_given(net, clips):
    broken = clips.float()
    broken[2, 5, 0, 0] = torch.nan
    for wrong, said in [
        (clips[:, :8], "16 frames; given were 8"),
        (clips.float(), "given was float32"),
        (broken, r"NaN or infinite values \(clip 2\)"),
        (clips.movedim(-1, 1), "given was 4×1×16×32×32"),
    ]:
        with pytest.raises(UsageError, match=said):
            clips_of(net, wrong)
    for wrong, said in [
        (clips, r"given was 4×16×32×32×1. Take one of them: clips\[0\]"),
        (np.zeros((32, 32), np.uint8), "given was 32×32"),
        (broken[2], "NaN"),
    ]:
        with pytest.raises(UsageError, match=said):
            clip_of(net, wrong)


def test_a_copy_shares_the_weights_and_not_the_hooks(net, clips):
    copy = own_copy(net)
    copy.conv2.register_forward_hook(lambda module, given, out: out * 0)
    x = normalised(net, clips_of(net, clips))
    with torch.inference_mode():
        assert not torch.equal(copy(x), net.model(x))
        assert torch.equal(own_copy(net.model)(x), net.model(x))
    ours = {id(p) for p in net.model.parameters()}
    assert {id(p) for p in copy.parameters()} == ours
    assert not net.model.conv2._forward_hooks


def test_what_is_no_net_is_told_from_a_net_without_its_preprocessing(net, clips):
    with pytest.raises(UsageError, match=r"a str; .*load\('motion-d3'\) reads it"):
        layer_row("motion-d3", "conv1")
    with pytest.raises(UsageError, match="bare SearchNet.*Classifier"):
        clips_of(net.model, clips)


def test_frames_that_2d_nets_take():
    assert frames_of(load("motion-d3").model) is None
    assert frames_of(load("motion-frame").model) == (8, 9)
    assert frames_of(load("motion-stacked").model) == (0, 16)
