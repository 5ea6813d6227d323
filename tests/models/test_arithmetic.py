"""The table of layers against the paper's figures, and against the nets themselves."""

import pytest
import torch
from torch import nn

from c3d_teach import C3D, FrameNet, SearchNet, StackedFramesNet, describe
from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Conv, Pool, trace

# Parameters and GMACs of the six nets of the kernel-depth study, 101 classes, 16×112×112
STUDY = {
    1: (14_344_933, 6.43),
    3: (17_444_965, 19.26),
    5: (20_544_997, 32.09),
    7: (23_645_029, 44.93),
    (3, 3, 5, 5, 7): (21_573_733, 24.12),
    (7, 5, 5, 3, 3): (18_189_157, 31.75),
}


@pytest.mark.parametrize("depth", STUDY)
def test_study_nets_have_the_known_parameters_and_macs(depth):
    with torch.device("meta"):
        net = SearchNet(101, kernel_depth=depth)
    parameters, gmacs = STUDY[depth]
    assert describe(net).parameters == parameters
    assert round(describe(net).macs / 1e9, 2) == gmacs
    assert sum(p.numel() for p in net.parameters()) == parameters


@pytest.mark.claim("not-equal-capacity")
def test_the_six_nets_are_not_equal_in_capacity():
    small, large = (SearchNet(101, kernel_depth=d) for d in (1, 7))
    counts = [sum(p.numel() for p in net.parameters()) for net in (small, large)]
    assert counts[1] - counts[0] == 9_300_096
    assert round(100 * (counts[1] / counts[0] - 1)) == 65
    assert round(describe(large).macs / describe(small).macs, 1) == 7.0


def test_c3d_has_80_million_parameters_and_38_5_giga_macs():
    with torch.device("meta"):
        large, small = C3D(), C3D(101)
    assert describe(large).parameters == 79_991_015
    assert describe(small).parameters == 78_409_573
    assert round(describe(large).macs / 1e9, 2) == 38.55
    rows = {row.name: row for row in describe(large)}
    assert round(rows["conv2a"].macs / 1e9, 1) == round(rows["conv3b"].macs / 1e9, 1) == 11.1
    assert rows["conv5b"].receptive_field == (68, 134, 134)
    assert rows["pool5"].shape == (512, 1, 4, 4)


def test_activations_of_a_clip():
    with torch.device("meta"):
        rows = describe(C3D())
    assert round(sum(torch.Size(r.shape).numel() for r in rows) / 1e6, 1) == 27.7


NETS = [
    lambda: C3D(7, clip_shape=(3, 16, 50, 70), width=0.05),
    lambda: C3D(7, clip_shape=(3, 16, 50, 70), width=0.05, pool5="symmetric"),
    lambda: SearchNet(5, clip_shape=(2, 21, 33, 47), width=0.1, kernel_depth=(3, 3, 5, 5, 7)),
    lambda: SearchNet(5, clip_shape=(1, 9, 32, 32), width=0.1, pool_depth=(1, 1, 3, 1, 3)),
    lambda: FrameNet(4, clip_shape=(3, 16, 40, 40), width=0.1),
    lambda: StackedFramesNet(4, clip_shape=(3, 16, 40, 40), width=0.1),
]


@pytest.mark.parametrize("make", NETS)
def test_rows_agree_with_what_flows_through_the_net(make):
    net = make().eval()
    seen, macs = {}, {}

    def watch(name):
        def hook(module, inputs, output):
            seen[name] = tuple(output.shape[1:])
            if isinstance(module, nn.Conv3d | nn.Linear):  # by definition: outputs × fan-in
                macs[name] = output[0].numel() * module.weight[0].numel()

        return hook

    rows = describe(net)
    for row in rows:
        getattr(net, row.name).register_forward_hook(watch(row.name))
    net(torch.randn(1, *net.clip_shape))
    assert {row.name: row.shape for row in rows} == seen
    assert {row.name: row.macs for row in rows if row.macs} == macs
    assert rows.parameters == sum(p.numel() for p in net.parameters())


def test_receptive_field_is_what_gradients_reach():
    # positive weights and average-like flow: no ReLU is off, so every input in reach counts
    net = SearchNet(2, clip_shape=(1, 33, 65, 65), width=0.02, kernel_depth=3)
    rows = {row.name: row for row in describe(net)}
    for p in net.parameters():
        nn.init.constant_(p, 1.0)
    x = torch.ones(1, 1, 33, 65, 65, requires_grad=True)
    y = x
    for name in ("conv1", "pool1", "conv2", "pool2", "conv3"):
        layer = getattr(net, name)
        if isinstance(layer, nn.Conv3d):
            y = layer(y)
        else:
            y = nn.functional.avg_pool3d(y, layer.pool.kernel, ceil_mode=True)
    centre = tuple(n // 2 for n in y.shape[2:])
    y[(0, 0, *centre)].backward()
    reached = x.grad[0, 0].nonzero()
    extent = tuple((reached.max(0).values - reached.min(0).values + 1).tolist())
    assert extent == rows["conv3"].receptive_field


def test_a_clip_too_short_names_the_layer_where_time_runs_out():
    with pytest.raises(UsageError, match="Time runs out at pool5: it pools 2 frames.* 8 only 1"):
        SearchNet(clip_shape=(3, 8, 112, 112))
    net = SearchNet(5, clip_shape=(1, 16, 32, 32), width=0.1)
    with pytest.raises(UsageError, match="Time runs out at pool4"):
        net(torch.zeros(1, 1, 4, 32, 32))


def test_describe_refuses_foreign_modules():
    with pytest.raises(UsageError, match="given a Linear"):
        describe(nn.Linear(2, 2))


def test_description_prints_a_table():
    text = str(describe(SearchNet(8, clip_shape=(1, 16, 32, 32), width=0.25)))
    assert "conv5" in text and "591,016" in text


def test_trace_of_a_single_layer():
    (row,) = trace([Conv("c", 4, (5, 3, 3))], (2, 16, 10, 10))
    assert (row.parameters, row.macs) == (4 * 2 * 45 + 4, 4 * 2 * 45 * 1600)
    (row,) = trace([Pool("p", (2, 2, 2))], (2, 5, 7, 7))
    assert row.shape == (2, 2, 4, 4)  # time down, space up
