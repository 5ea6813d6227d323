"""Dead slices: the known counts, and the gradients that must say the same."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from c3d_teach import C3D, FrameNet, SearchNet
from c3d_teach.experiments.pooling import WAYS, slice_gradients
from c3d_teach.models.dead_slices import DeadSlices, dead_slices

SIX = (1, 3, 5, 7, (3, 3, 5, 5, 7), (7, 5, 5, 3, 3))
PAPER = WAYS["paper's pooling"]


def narrow(**arguments):
    torch.manual_seed(0)
    arguments = {"clip_shape": (1, 16, 32, 32), "width": 1 / 16} | arguments
    return SearchNet(8, **arguments).eval()


def random_clips(net, n=8):
    return torch.randn(n, *net.clip_shape, generator=torch.Generator().manual_seed(1))


def named(net):
    return {one.layer: one.slices for one in dead_slices(net)}


def without_gradient(net):
    """Slices whose gradient is exactly 0.0, by layer, and the smallest of all others."""
    found = slice_gradients(net, random_clips(net))
    zero = {name: tuple((g == 0).nonzero()[:, 0].tolist()) for name, g in found.items()}
    alive = min(float(g[g > 0].min()) for g in found.values())
    return {name: slices for name, slices in zero.items() if slices}, alive


@pytest.mark.claim("dead-slices")
@pytest.mark.parametrize(
    ("depth", "weights", "slices"),
    [
        (1, 0, None),
        (3, 0, None),
        (5, 1_179_648, (0, 4)),
        (7, 2_359_296, (0, 1, 5, 6)),
        ((3, 3, 5, 5, 7), 2_359_296, (0, 1, 5, 6)),
        ((7, 5, 5, 3, 3), 0, None),
    ],
)
def test_the_papers_nets_have_the_known_dead_weights(depth, weights, slices):
    with torch.device("meta"):
        net = SearchNet(101, kernel_depth=depth)
    assert sum(one.weights for one in dead_slices(net)) == weights
    expected = DeadSlices("conv5", 2, 7 if depth != 5 else 5, slices, weights)
    assert dead_slices(net) == ([expected] if weights else [])


@pytest.mark.parametrize("depth", SIX, ids=str)
def test_dead_slices_are_exactly_those_without_a_gradient(depth):
    net = narrow(kernel_depth=depth)
    zero, alive = without_gradient(net)
    assert named(net) == zero and alive > 0


@pytest.mark.parametrize("depth", [3, 5, 7])
@pytest.mark.parametrize("way", WAYS)
def test_dead_slices_are_those_without_a_gradient_however_time_is_merged(way, depth):
    net = narrow(kernel_depth=depth, **WAYS[way])
    zero, alive = without_gradient(net)
    assert named(net) == zero and alive > 0


def test_a_strided_layer_loses_other_slices_than_a_pooled_one():
    """By hand: conv4 stands on frames 0 and 2 of 4, conv5 on frame 0 of 2."""
    assert named(narrow(kernel_depth=7, **WAYS["stride"])) == {
        "conv4": (0,),
        "conv5": (0, 1, 2, 5, 6),
    }


@pytest.mark.parametrize("way", ["paper's pooling", "pooled early"])
@pytest.mark.parametrize("depth", [3, 5, 7])
def test_a_slice_that_meets_only_frames_a_pool_drops_is_dead_too(way, depth):
    """24 frames come to three before the last pool, which drops the third."""
    net = narrow(kernel_depth=depth, clip_shape=(1, 24, 32, 32), **WAYS[way])
    zero, alive = without_gradient(net)
    assert named(net) == zero and alive > 0


def test_other_nets_of_the_kit_have_none_or_their_own():
    assert not dead_slices(FrameNet(4, clip_shape=(3, 16, 32, 32), width=1 / 16))
    assert not dead_slices(C3D(4, clip_shape=(3, 16, 32, 32), width=1 / 32))
    short = SearchNet(4, clip_shape=(1, 1, 32, 32), width=1 / 16, pool_depth=(1,) * 5)
    assert {one.slices for one in dead_slices(short)} == {(0, 2)}
    assert [one.layer for one in dead_slices(short)] == [f"conv{i}" for i in range(1, 6)]


@pytest.mark.parametrize("depth", [5, 7])
def test_dead_slices_stay_as_they_were_drawn(depth):
    net = narrow(kernel_depth=depth, **PAPER)
    before = {name: p.detach().clone() for name, p in net.named_parameters()}
    dead = named(net)
    assert dead
    trained(net, steps=4, weight_decay=0.0)
    for layer in ("conv3", "conv4", "conv5"):
        kernel, drawn = getattr(net, layer).weight, before[f"{layer}.weight"]
        for i in range(depth):
            assert torch.equal(kernel[:, :, i], drawn[:, :, i]) == (i in dead.get(layer, ()))


def test_weight_decay_is_all_that_ever_moves_a_dead_slice():
    net = narrow(kernel_depth=5, **PAPER)
    drawn = net.conv5.weight.detach().clone()
    trained(net, steps=4, weight_decay=0.1)
    shrunk = drawn * (1 - 0.01 * 0.1) ** 4  # rate times decay, at each of four steps
    for i in (0, 4):
        torch.testing.assert_close(net.conv5.weight[:, :, i].detach(), shrunk[:, :, i])
    assert not torch.allclose(net.conv5.weight[:, :, 2], shrunk[:, :, 2])


def trained(net: nn.Module, *, steps: int, weight_decay: float) -> None:
    optimiser = torch.optim.SGD(net.parameters(), lr=0.01, weight_decay=weight_decay)
    clips = random_clips(net)
    for _ in range(steps):
        optimiser.zero_grad()
        F.cross_entropy(net(clips), torch.arange(8)).backward()
        optimiser.step()
