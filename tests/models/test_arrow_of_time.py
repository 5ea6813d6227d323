"""Blind to the arrow of time: what is said of a net's shape, and what the net answers."""

import pytest
import torch

from c3d_teach import C3D, FrameNet, SearchNet, StackedFramesNet
from c3d_teach.errors import UsageError
from c3d_teach.experiments.pooling import WAYS
from c3d_teach.models.arrow_of_time import arrow_of_time
from c3d_teach.models.baselines import LateAverageNet

LENGTHS = (15, 16, 20, 24, 32)
CUSTOM = {"pool_depth": [1, 2, 2, 2, 1]}
# way -> the layer that decides, one a length, worked out by hand; None where the net is blind
DECIDES = {
    "paper's pooling": ("impossible", None, "pool4", "pool5", "fc6"),
    "pooled early": ("impossible", None, "pool3", "pool4", "fc6"),
    "pooled at the end": ("impossible", None, "pool5", "pool5", "fc6"),
    "no pooling in time": ("fc6",) * 5,
    "stride": ("conv3", "conv2", "conv2", "conv2", "conv2"),  # 15 frames: 0, 2 … 14 both ways
    "two frames left": ("pool2", "fc6", "pool4", "fc6", "fc6"),
}
CASES = [
    (way, length, layer)
    for way, layers in DECIDES.items()
    for length, layer in zip(LENGTHS, layers, strict=True)
    if layer != "impossible"
]


def narrow(length=16, **arguments):
    torch.manual_seed(0)
    return SearchNet(8, clip_shape=(1, length, 32, 32), width=1 / 16, **arguments).eval()


@torch.inference_mode()
def both_ways(net, n=32):
    x = torch.rand(n, *net.clip_shape, generator=torch.Generator().manual_seed(1))
    return net(x), net(x.flip(2))


@pytest.mark.parametrize(("way", "length", "layer"), CASES)
def test_depth_1_nets_are_blind_where_it_is_said_and_nowhere_else(way, length, layer):
    net = narrow(length, kernel_depth=1, **WAYS.get(way, CUSTOM))
    said = arrow_of_time(net)
    forward, backward = both_ways(net)
    if layer is None:
        assert said.blind and "one frame left" in said.reason
        assert torch.equal(forward, backward)
    else:
        assert not said.blind and said.reason.startswith(f"{layer} ")
        assert (forward != backward).any(1).all()


@pytest.mark.parametrize("way", WAYS)
def test_depth_3_nets_are_not_blind(way):
    net = narrow(kernel_depth=3, **WAYS[way])
    said = arrow_of_time(net)
    assert not said.blind and said.reason == "conv1 sees 3 frames in order"
    forward, backward = both_ways(net)
    assert (forward != backward).any(1).all()


def test_the_reason_names_the_first_deep_layer():
    said = arrow_of_time(narrow(kernel_depth=(1, 1, 5, 1, 3)))
    assert not said.blind and said.reason == "conv3 sees 5 frames in order"


def test_c3d_is_blind_only_with_kernels_one_frame_deep():
    shape = {"clip_shape": (3, 16, 32, 32), "width": 1 / 16}
    torch.manual_seed(0)
    for depth, blind in ((1, True), (3, False)):
        net = C3D(8, kernel_depth=depth, **shape).eval()
        assert arrow_of_time(net).blind == blind == torch.equal(*both_ways(net, 8))
    assert arrow_of_time(net).reason == "conv1a sees 3 frames in order"


def test_one_frame_of_an_even_clip_is_another_in_the_reversed_clip():
    torch.manual_seed(0)
    net = FrameNet(8, clip_shape=(1, 16, 32, 32), width=1 / 16).eval()
    said = arrow_of_time(net)
    assert not said.blind and "one frame" in said.reason
    forward, backward = both_ways(net)
    assert (forward != backward).any(1).all()


@pytest.mark.parametrize(("frame", "blind"), [(7, True), (6, False)])
def test_only_the_middle_frame_of_an_odd_clip_stays_where_it_is(frame, blind):
    torch.manual_seed(0)
    net = FrameNet(8, clip_shape=(1, 15, 32, 32), width=1 / 16, frame=frame).eval()
    assert torch.equal(*both_ways(net)) == blind
    assert arrow_of_time(net).blind == blind


def test_frames_as_channels_each_have_weights_of_their_own():
    torch.manual_seed(0)
    net = StackedFramesNet(8, clip_shape=(1, 16, 32, 32), width=1 / 16).eval()
    said = arrow_of_time(net)
    assert not said.blind and said.reason == "its first layer has a weight for each frame"
    forward, backward = both_ways(net)
    assert (forward != backward).any(1).all()


def test_a_mean_over_frames_is_blind_but_for_the_order_of_its_sum():
    """Floating-point sums in another order differ in the last bits, so not bit for bit."""
    torch.manual_seed(0)
    net = LateAverageNet(8, clip_shape=(1, 16, 32, 32), width=1 / 16).eval()
    said = arrow_of_time(net)
    assert said.blind and "mean over frames" in said.reason
    forward, backward = both_ways(net)
    scale = forward.abs().max()
    assert (forward - backward).abs().max() < 1e-5 * scale
    still = net(torch.rand(1, 1, 1, 32, 32).expand(1, 1, 16, 32, 32))
    assert (forward - still).abs().max() > 1e-3 * scale  # it does look


def test_a_stride_that_takes_both_ends_takes_the_same_frames_backwards():
    """Frames 0, 2 … 14 of 15; the eight of them are pooled in whole windows."""
    strided = {"stride": (2, 1, 1, 1, 1), "kernel_depth": 1, "pool_depth": (1, 2, 2, 2, 1)}
    for length, blind in ((15, True), (16, False)):
        net = narrow(length, **strided)
        assert torch.equal(*both_ways(net)) == blind
        assert arrow_of_time(net).blind == blind


def test_a_deep_kernel_that_meets_one_frame_sees_no_order():
    """conv5 comes after four halvings: its outer slices are dead."""
    net = narrow(kernel_depth=(1, 1, 1, 1, 3), pool_depth=(2, 2, 2, 2, 1))
    assert torch.equal(*both_ways(net))
    assert arrow_of_time(net).blind


@pytest.mark.parametrize(
    ("way", "pool"),
    [("paper's pooling", 5), ("pooled early", 4), ("pooled at the end", 5)],
)
def test_fifteen_frames_are_too_few_for_ways_that_need_sixteen(way, pool):
    with pytest.raises(UsageError, match=f"Time runs out at pool{pool}"):
        narrow(15, kernel_depth=1, **WAYS[way])
