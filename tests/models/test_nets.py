"""The nets: what they compute, what they cannot see, and what they refuse."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from c3d_teach import (
    C3D,
    FrameNet,
    MotionDigits,
    SearchNet,
    StackedFramesNet,
    describe,
    initialise,
)
from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Pool
from c3d_teach.models.builder import MaxPool

SMALL = {"clip_shape": (1, 16, 32, 32), "width": 0.25}


def clips(n, seed=0):
    return MotionDigits(n, seed=seed).batch(range(n))["clip"].movedim(-1, 1).float() / 255


def test_search_net_equals_the_same_net_written_by_hand():
    torch.manual_seed(0)
    net = SearchNet(8, **SMALL, kernel_depth=(3, 3, 5, 5, 7)).eval()
    x = clips(4)
    y = x
    for i, depth in enumerate((3, 3, 5, 5, 7), 1):
        conv = getattr(net, f"conv{i}")
        y = F.relu(F.conv3d(y, conv.weight, conv.bias, padding=(depth // 2, 1, 1)))
        y = F.max_pool3d(y, (1 if i == 1 else 2, 2, 2), ceil_mode=True)
    y = y.flatten(1)
    y = F.relu(F.linear(y, net.fc6.weight, net.fc6.bias))
    fc6 = y
    y = F.relu(F.linear(y, net.fc7.weight, net.fc7.bias))
    y = F.linear(y, net.fc8.weight, net.fc8.bias)
    assert torch.equal(net(x), y)
    assert torch.equal(net.descriptor(x), fc6)
    assert fc6.min() == 0  # rectified


@torch.inference_mode()
def test_depth_1_cannot_tell_a_clip_from_its_reversal_to_the_last_bit():
    x = clips(256)
    for seed in (0, 1):
        torch.manual_seed(seed)
        blind = SearchNet(8, **SMALL, kernel_depth=1).eval()
        assert torch.equal(blind(x), blind(x.flip(2)))
        seeing = SearchNet(8, **SMALL, kernel_depth=3).eval()
        different = (seeing(x) != seeing(x.flip(2))).any(1)
        assert different.all()


@torch.inference_mode()
@pytest.mark.parametrize(
    ("length", "pools"), [(20, (1, 2, 2, 2, 2)), (16, (1, 2, 2, 2, 1)), (15, (1, 2, 2, 2, 1))]
)
def test_the_blindness_needs_full_windows_and_time_that_ends_at_one(length, pools):
    torch.manual_seed(0)
    x = torch.rand(4, 1, length, 32, 32)
    net = SearchNet(8, clip_shape=(1, length, 32, 32), width=0.25, kernel_depth=1, pool_depth=pools)
    assert not torch.equal(net.eval()(x), net(x.flip(2)))


@torch.inference_mode()
def test_small_c3d_of_depth_1_is_blind_too():
    torch.manual_seed(0)
    x = torch.rand(8, 3, 16, 64, 64)
    net = C3D(9, clip_shape=(3, 16, 64, 64), width=0.125, kernel_depth=1).eval()
    assert torch.equal(net(x), net(x.flip(2)))


@torch.inference_mode()
def test_frame_net_is_two_dimensional_and_sees_one_frame():
    torch.manual_seed(0)
    net = FrameNet(8, **SMALL).eval()
    x = clips(4)
    other = torch.rand_like(x)
    other[:, :, 8] = x[:, :, 8]
    assert torch.equal(net(x), net(other))
    y = x[:, :, 8]
    for i in range(1, 6):
        conv = getattr(net, f"conv{i}")
        y = F.relu(F.conv2d(y, conv.weight[:, :, 0], conv.bias, padding=1))
        y = F.max_pool2d(y, 2, ceil_mode=True)
    y = F.relu(net.fc7(F.relu(net.fc6(y.flatten(1)))))
    torch.testing.assert_close(net(x), net.fc8(y))


@torch.inference_mode()
def test_stacked_frames_net_takes_frames_as_channels():
    torch.manual_seed(0)
    net = StackedFramesNet(8, clip_shape=(3, 4, 32, 32), width=0.25).eval()
    x = torch.rand(2, 3, 4, 32, 32)
    expected = F.conv2d(
        x.reshape(2, 12, 32, 32), net.conv1.weight[:, :, 0], net.conv1.bias, padding=1
    )
    torch.testing.assert_close(net.conv1(net.rearrange(x))[:, :, 0], expected)


def test_pool_rounds_up_in_space_and_down_in_time():
    ramp = torch.arange(5.0)[:, None, None] * 100 + torch.arange(7.0)[:, None]
    x = (ramp + torch.zeros(7)).view(1, 1, 5, 7, 7)
    y = MaxPool(Pool("p", (2, 2, 2)))(x)
    assert y.shape == (1, 1, 2, 4, 4)
    assert y[0, 0, :, :, 0].tolist() == [[101, 103, 105, 106], [301, 303, 305, 306]]


def test_ceil_and_symmetric_pool5_take_the_named_windows():
    x = torch.arange(1.0, 8).expand(7, 7).view(1, 1, 1, 7, 7).expand(1, 1, 2, 7, 7)
    ceil = MaxPool(Pool("p", (2, 2, 2)))(x)
    symmetric = MaxPool(Pool("p", (2, 2, 2), "symmetric"))(x)
    assert ceil[0, 0, 0, 0].tolist() == [2, 4, 6, 7]  # (1,2)(3,4)(5,6)(7)
    assert symmetric[0, 0, 0, 0].tolist() == [1, 3, 5, 7]  # (1)(2,3)(4,5)(6,7)
    torch.manual_seed(0)
    maps = torch.rand(4, 64, 2, 7, 7)
    a, b = MaxPool(Pool("p", (2, 2, 2)))(maps), MaxPool(Pool("p", (2, 2, 2), "symmetric"))(maps)
    assert 0.75 < (a != b).float().mean() < 0.83  # 79 % on random maps


def test_relus_are_modules_for_guided_backpropagation():
    relus = [m for m in C3D(5, clip_shape=(3, 16, 32, 32), width=0.1).modules()]
    assert sum(isinstance(m, nn.ReLU) for m in relus) == 10  # eight convolutions, fc6, fc7


def test_config_builds_the_same_net_again():
    from c3d_teach.models.weights import build

    for net in (
        C3D(5, clip_shape=(3, 16, 40, 40), width=0.1, pool5="symmetric", kernel_depth=1),
        SearchNet(5, **SMALL, kernel_depth=(7, 5, 5, 3, 3)),
        FrameNet(5, **SMALL, frame=3),
        StackedFramesNet(5, **SMALL),
    ):
        again = build(net.config)
        assert again.config == net.config
        assert [p.shape for p in again.parameters()] == [p.shape for p in net.parameters()]


def test_initialisations():
    torch.manual_seed(0)
    net = C3D(10, clip_shape=(3, 16, 112, 112), width=0.5)
    x = torch.randn(2, 3, 16, 112, 112)
    with torch.inference_mode():
        assert 0.1 < net.eval()(x).std() < 10
        initialise(net, "caffe")
        assert abs(float(net.conv3b.weight.std()) - 0.01) < 0.001
        assert abs(float(net.fc6.weight.std()) - 0.005) < 0.0005
        assert net.conv1a.bias.abs().sum() == net.fc8.bias.abs().sum() == 0
        assert (net.conv2a.bias == 1).all() and (net.fc6.bias == 1).all()
    with pytest.raises(UsageError, match="'kaiming' or 'caffe'"):
        initialise(net, "xavier")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: C3D(0), "at least 1 class"),
        (lambda: C3D(clip_shape=(3, 16, 112)), "channels, frames, height, width"),
        (lambda: C3D(width=0), "positive factor"),
        (lambda: C3D(pool5="floor"), "'ceil' or 'symmetric'"),
        (lambda: SearchNet(kernel_depth=2), "odd number"),
        (lambda: SearchNet(kernel_depth=(3, 3, 3)), "5 odd numbers"),
        (lambda: SearchNet(pool_depth=(2, 2)), "five whole numbers"),
        (lambda: FrameNet(clip_shape=(3, 8, 32, 32), frame=8), "0 to 7"),
    ],
)
def test_impossible_arguments_get_one_sentence(make, said):
    with pytest.raises(UsageError, match=said):
        make()


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((1, 16, 32, 32), r"batch dimension in front"),
        ((2, 16, 32, 32, 1), r"movedim\(-1, 1\)"),
        ((2, 3, 16, 32, 32), r"given 2×3×16×32×32"),
        ((2, 1, 17, 32, 32), r"takes clips of shape N×1×16×32×32"),
    ],
)
def test_a_clip_of_the_wrong_shape_is_told_what_to_do(shape, said):
    with pytest.raises(UsageError, match=said):
        SearchNet(8, **SMALL)(torch.zeros(shape))


def test_unknown_layer_lists_the_layers():
    with pytest.raises(UsageError, match="no layer 'fc9'.*conv1, pool1"):
        SearchNet(8, **SMALL).descriptor(torch.zeros(1, 1, 16, 32, 32), "fc9")


def test_activations_are_what_the_layer_puts_out_after_its_relu():
    net = SearchNet(8, **SMALL).eval()
    x = clips(2)
    for name, shape in [(row.name, row.shape) for row in describe(net)]:
        found = net.activations(x, name)
        assert found.shape == (2, *shape)
        assert torch.equal(found.flatten(1), net.descriptor(x, name))
        assert name == "fc8" or found.min() >= 0
    first = F.relu(F.conv3d(x, net.conv1.weight, net.conv1.bias, padding=1))
    assert torch.equal(net.activations(x, "conv1"), first)
    assert torch.equal(net.activations(x, "fc8"), net(x))
    with pytest.raises(UsageError, match="no layer 'conv9'"):
        net.activations(x, "conv9")
