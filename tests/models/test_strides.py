"""Strides in time: frames left out, counted as they are computed."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from c3d_teach import Classifier, MotionDigits, Preprocess, SearchNet, describe, load, save
from c3d_teach.analysis.fields.measured_fields import measured_field
from c3d_teach.errors import UsageError
from c3d_teach.experiments.pooling import WAYS
from c3d_teach.models.arithmetic import Conv, Full
from c3d_teach.models.builder import ConvNet

STRIDES = (1, 2, 2, 2, 2)
ALONE = {"pool_depth": (1, 1, 1, 1, 1), "stride": STRIDES}
NETS = [
    {"clip_shape": (1, 16, 32, 32), **ALONE},
    {"clip_shape": (2, 19, 24, 21), "kernel_depth": (3, 1, 5, 3, 1), **ALONE},
    {
        "clip_shape": (1, 21, 24, 24),
        "kernel_depth": (5, 3, 3, 1, 3),
        "pool_depth": (1, 2, 1, 1, 2),
        "stride": (3, 1, 2, 1, 1),
    },
]


def narrow(**arguments):
    torch.manual_seed(0)
    return SearchNet(8, width=1 / 16, **arguments).eval()


@torch.inference_mode()
@pytest.mark.parametrize("arguments", NETS)
def test_a_stride_leaves_out_frames_of_the_same_convolution(arguments):
    net = narrow(**arguments)
    y = x = torch.rand(3, *net.clip_shape)
    pools = arguments["pool_depth"]
    for i, (stride, pool) in enumerate(zip(arguments["stride"], pools, strict=True), 1):
        conv = getattr(net, f"conv{i}")
        padding = tuple(k // 2 for k in conv.kernel_size)
        y = F.relu(F.conv3d(y, conv.weight, conv.bias, padding=padding))[:, :, ::stride]
        torch.testing.assert_close(net.activations(x, f"conv{i}"), y)
        whole = y.shape[2] // pool * pool
        y = F.max_pool3d(y[:, :, :whole], (pool, 2, 2), ceil_mode=True)
    logits = net.fc8(F.relu(net.fc7(F.relu(net.fc6(y.flatten(1))))))
    torch.testing.assert_close(net(x), logits)


@pytest.mark.parametrize("depth", [1, 3])
def test_a_strided_net_of_the_study_has_the_gradients_of_double_precision(depth):
    """Some short strided convolutions have wrong gradients on a CPU; the study's do not."""
    torch.manual_seed(0)
    net = SearchNet(
        11, clip_shape=(1, 16, 24, 24), width=1 / 8, kernel_depth=depth, **WAYS["stride"]
    )
    net = net.eval().channels_last()
    exact = SearchNet(**{k: v for k, v in net.config.items() if k != "net"}).eval().double()
    exact.load_state_dict(net.state_dict())
    x = torch.rand(32, 1, 16, 24, 24)
    for one, clips in ((net, x), (exact, x.double())):
        F.cross_entropy(one(clips), torch.arange(32) % 11).backward()
    for (name, p), q in zip(net.named_parameters(), exact.parameters(), strict=True):
        wrong = (p.grad.double() - q.grad).abs().max() / q.grad.abs().max()
        assert wrong < 1e-4, name


@pytest.mark.parametrize("arguments", NETS)
def test_shapes_and_macs_are_those_that_flow_through_the_net(arguments):
    net = narrow(**arguments)
    shapes, macs = {}, {}

    def watch(module, inputs, output):
        name = names[module]
        shapes[name] = tuple(output.shape[1:])
        if isinstance(module, nn.Conv3d | nn.Linear):
            macs[name] = output[0].numel() * module.weight[0].numel()

    names = {getattr(net, row.name): row.name for row in describe(net)}
    for module in names:
        module.register_forward_hook(watch)
    net(torch.rand(1, *net.clip_shape))
    assert {row.name: row.shape for row in describe(net)} == shapes
    assert {row.name: row.macs for row in describe(net) if row.macs} == macs
    assert describe(net).parameters == sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize("by", ["gradient", "perturbation"])
@pytest.mark.parametrize("arguments", NETS[:1] + NETS[2:])
def test_receptive_fields_and_steps_are_the_measured_ones(arguments, by):
    net = narrow(**arguments)
    for row in describe(net):
        if len(row.shape) == 1:
            continue
        here = measured_field(net, row.name, by=by)
        assert here.agrees and here.size == row.receptive_field, row.name
        time, *place = here.at
        after = measured_field(net, row.name, by=by, at=(time + 1, *place))
        assert after.start[0] - here.start[0] == row.step[0], row.name


def test_a_stride_spreads_the_field_as_pooling_does():
    """By hand: depth 3 and strides 1-2-2-2-2 see 3, 5, 9, 17, 33 frames, 1, 2 … 16 apart."""
    rows = {row.name: row for row in describe(narrow(clip_shape=(1, 16, 32, 32), **ALONE))}
    convs = [rows[f"conv{i}"] for i in range(1, 6)]
    assert [row.receptive_field[0] for row in convs] == [3, 5, 9, 17, 33]
    assert [row.step[0] for row in convs] == [1, 2, 4, 8, 16]
    assert [row.shape[1] for row in convs] == [16, 8, 4, 2, 1]


def test_a_strided_net_comes_back_from_its_file(tmp_path):
    net = narrow(clip_shape=(1, 16, 32, 32), **ALONE)
    clips = MotionDigits(8).batch(range(8))["clip"]
    preprocess = Preprocess.fit(clips, net.clip_shape, standardise=True)
    whole = Classifier(net, preprocess, MotionDigits.motions, {}, "strided")
    save(whole, tmp_path / "net.safetensors")
    again = load(tmp_path / "net.safetensors")
    assert again.model.config["stride"] == list(STRIDES)
    assert again.model.config == net.config
    assert torch.equal(again.predict(clips), whole.predict(clips))


def test_a_net_without_strides_is_described_as_before():
    plain = narrow(clip_shape=(1, 16, 32, 32))
    assert "stride" not in plain.config
    assert "stride" not in narrow(clip_shape=(1, 16, 32, 32), stride=[1] * 5).config
    assert "stride" not in load("motion-d3").model.config


@pytest.mark.parametrize("stride", [(1, 2, 2, 2), (1, 2, 2, 2, 2, 2), (1, 2, 0, 2, 2), ()])
def test_impossible_strides_are_refused(stride):
    with pytest.raises(UsageError, match="stride is .*; it is five whole numbers of frames"):
        SearchNet(stride=stride)


def test_strides_and_pools_together_run_out_of_time():
    with pytest.raises(UsageError, match="Time runs out at pool4: .* clip's 16 only 1 is left"):
        SearchNet(stride=(2, 2, 1, 1, 1))


@pytest.mark.parametrize(
    ("depth", "stride", "length"), [(7, 2, 5), (7, 2, 6), (9, 3, 7), (9, 2, 6)]
)
def test_deep_strided_kernels_have_right_gradients_where_torchs_own_padding_has_not(
    depth, stride, length
):
    torch.manual_seed(0)
    layers = [Conv("conv", 4, (depth, 3, 3), stride), Full("fc", 2)]
    net = ConvNet(layers, (2, length, 6, 6), dropout=0.0, config={})
    x = torch.randn(2, 2, length, 6, 6)
    found = torch.autograd.grad(net(x).square().sum(), net.conv.weight)[0]
    expected = torch.autograd.grad(net.double()(x.double()).square().sum(), net.conv.weight)[0]
    assert torch.allclose(found.double(), expected, rtol=1e-3, atol=1e-4)
