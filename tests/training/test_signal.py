"""How a net hands on the difference between clips."""

from math import log

import pytest
import torch

from c3d_teach import FrameNet, SearchNet
from c3d_teach.errors import UsageError
from c3d_teach.training.signal import signal

SHAPE = (1, 16, 32, 32)


@pytest.fixture
def net() -> SearchNet:
    torch.manual_seed(0)
    return SearchNet(8, clip_shape=SHAPE, width=1 / 8)


def test_it_tells_of_every_layer_with_weights_and_of_the_clip(net: SearchNet) -> None:
    x = torch.randn(3, *SHAPE)
    found = signal(net, x)
    names = ["clip", *(f"conv{i}" for i in range(1, 6)), "fc6", "fc7", "fc8"]
    assert [one.layer for one in found.layers] == names
    assert torch.equal(found.logits, net.eval()(x))
    assert found.between == found.layers[-1].between > 0


def test_sizes_and_differences_are_those_of_the_activations(net: SearchNet) -> None:
    x = torch.randn(4, *SHAPE)
    found = {one.layer: one for one in signal(net, x).layers}
    with torch.inference_mode():
        behind = net.eval().activations(x, "conv2").double()
    assert found["conv2"].size == pytest.approx(float(behind.square().mean().sqrt()), rel=1e-4)
    spread = float(behind.std(0).square().mean().sqrt())
    assert found["conv2"].between == pytest.approx(spread, rel=1e-4)
    assert found["clip"].size == pytest.approx(1, abs=0.02)


def test_equal_clips_do_not_differ_anywhere(net: SearchNet) -> None:
    net.train()
    found = signal(net, torch.randn(1, *SHAPE).expand(3, *SHAPE))
    assert all(one.between == 0 for one in found.layers)
    assert net.training  # left as it was


def test_a_net_that_knows_nothing_has_the_logarithm_of_its_classes_as_loss(net: SearchNet) -> None:
    torch.nn.init.zeros_(net.fc8.weight)
    assert signal(net, torch.randn(2, *SHAPE)).first_loss == pytest.approx(log(8))


def test_nets_that_rearrange_their_clips_can_be_asked() -> None:
    found = signal(FrameNet(8, clip_shape=SHAPE, width=1 / 8), torch.randn(2, *SHAPE))
    assert found.logits.shape == (2, 8)


def test_one_clip_is_refused(net: SearchNet) -> None:
    with pytest.raises(UsageError, match="two or more"):
        signal(net, torch.randn(1, *SHAPE))


def test_clips_of_another_shape_are_refused(net: SearchNet) -> None:
    with pytest.raises(UsageError, match="takes clips of shape"):
        signal(net.train(), torch.randn(2, 1, 16, 24, 24))
    assert net.training
