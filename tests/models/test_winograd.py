"""Convolution along time with fewer multiplications: the same numbers as the direct way."""

import pytest
import torch
from torch.nn import functional as F

from c3d_teach import C3D
from c3d_teach.models.arithmetic import Conv
from c3d_teach.models.engines.torch_engine import TorchEngine
from c3d_teach.models.engines.winograd import TimeWinograd, suits

LONG_ENOUGH = ("conv2a", "conv3a", "conv3b", "conv4a", "conv4b")  # conv5 sees two frames
SHAPES = [(1, 16, 4, 6, 5), (2, 17, 6, 5, 7), (3, 16, 8, 7, 7), (2, 32, 16, 9, 8)]


def case(shape, space=3):
    random = torch.Generator().manual_seed(0)
    x = torch.randn(*shape, generator=random)
    weight = torch.randn(24, shape[1], 3, space, space, generator=random) / 10
    bias = torch.randn(24, generator=random)
    right = F.conv3d(x.double(), weight.double(), bias.double(), 1, (1, space // 2, space // 2))
    return x, weight, bias, right.relu()


@pytest.mark.parametrize("space", [1, 3, 5])
@pytest.mark.parametrize("shape", SHAPES)
def test_it_gives_what_the_direct_convolution_gives(shape, space):
    x, weight, bias, right = case(shape, space)
    given = TimeWinograd(weight, bias, torch.float32, shape)(x)
    assert given.shape == right.shape
    assert given.is_contiguous(memory_format=torch.channels_last_3d)
    assert (given - right).abs().max() < 1e-5 * right.abs().max()


def test_any_number_of_clips_will_do():
    x, weight, bias, right = case((5, 16, 8, 7, 7))
    made = TimeWinograd(weight, bias, torch.float32, (2, 16, 8, 7, 7))
    assert torch.allclose(made(x), right.float(), atol=1e-4)


def test_in_bfloat16_it_rounds_little_more_than_the_direct_way():
    x, weight, bias, right = case((2, 32, 8, 9, 9))
    low = (part.to(torch.bfloat16) for part in (x, weight, bias))
    direct = F.conv3d(*low, padding=1).relu()
    given = TimeWinograd(weight, bias, torch.bfloat16, x.shape)(x.to(torch.bfloat16))
    errors = [float((y - right).norm() / right.norm()) for y in (direct, given)]
    assert 0 < errors[1] < 3 * errors[0] < 0.03


@pytest.mark.parametrize("tiles", [False, True])
def test_it_is_taken_for_the_layers_it_suits(tiles, monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: tiles, raising=False)
    suited = Conv("conv", 64, (3, 3, 3))
    for precision, taken in ((torch.float32, True), (torch.bfloat16, not tiles)):
        assert suits(suited, (2, 64, 16, 9, 9), precision) == taken
    for layer, channels, length in (
        (Conv("conv", 64, (1, 3, 3)), 64, 16),
        (Conv("conv", 64, (5, 3, 3)), 64, 16),
        (Conv("conv", 64, (3, 3, 3), stride=2), 64, 16),
        (suited, 64, 15),
        (suited, 64, 2),
        (suited, 3, 16),
    ):
        assert not suits(layer, (2, channels, length, 9, 9), torch.float32)
    net = C3D(5, clip_shape=(3, 16, 32, 32), width=0.25)
    engine = TorchEngine(net, "fc8", torch.float32, 1)
    taken = [isinstance(step, TimeWinograd) for step in engine._steps]
    assert taken == [layer.name in LONG_ENOUGH for layer in net.layers]
