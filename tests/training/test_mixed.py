"""Which layers are trained in bfloat16, and that a wrong gradient never passes."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from c3d_teach import C3D, LateAverageNet, MotionDigits, Recipe, SearchNet, load, train
from c3d_teach.errors import UsageError
from c3d_teach.training import mixed
from c3d_teach.training.mixed import Mixed, agree, low_layers
from c3d_teach.training.net import TrainingNet
from c3d_teach.training.precision import Tried

CPU = torch.device("cpu")


def tiny(**changes):
    torch.manual_seed(0)
    return SearchNet(8, **{"clip_shape": (1, 16, 32, 32), "width": 0.1, "dropout": 0.0} | changes)


def all_right(convolutions, *more):
    return tuple(Tried(c.length, c.kernel[0], 0.003, True) for c in convolutions), False


def test_small_nets_stay_in_float32_unless_asked(monkeypatch):
    monkeypatch.setattr(mixed, "try_convolutions", lambda *a: pytest.fail("tried"))
    assert low_layers(tiny(), CPU) == Mixed()
    assert low_layers(C3D(5), CPU, "float32") == Mixed()
    assert Mixed().sentence == "float32"


def test_a_large_net_is_lowered_where_the_processor_has_bfloat16(monkeypatch):
    net = SearchNet(5, clip_shape=(3, 16, 112, 112), width=0.25)
    monkeypatch.setattr(mixed, "try_convolutions", all_right)
    monkeypatch.setattr(mixed, "native_bfloat16", lambda: True)
    assert low_layers(net, CPU).low == {"conv1", "conv2", "conv3", "conv4", "conv5"}
    for answer in (False, None):  # None: cannot tell
        monkeypatch.setattr(mixed, "native_bfloat16", lambda answer=answer: answer)
        assert low_layers(net, CPU) == Mixed()


def test_every_convolution_is_tried_as_it_is(monkeypatch):
    seen = []

    def look(convolutions, dtype, device, patience):
        seen.extend(convolutions)
        return all_right(convolutions)

    monkeypatch.setattr(mixed, "try_convolutions", look)
    net = tiny(kernel_depth=(3, 3, 5, 5, 7))
    low_layers(net, CPU, "bfloat16")
    assert [c.length for c in seen] == [16, 16, 8, 4, 2]
    assert [c.kernel for c in seen] == [(d, 3, 3) for d in (3, 3, 5, 5, 7)]
    assert [(c.channels, c.filters) for c in seen] == [
        tuple(reversed(getattr(net, f"conv{k}").weight.shape[:2])) for k in range(1, 6)
    ]
    assert [c.size for c in seen] == [(8, 8), (8, 8), (8, 8), (4, 4), (2, 2)]


def test_a_layer_whose_gradient_is_wrong_stays_in_float32(monkeypatch):
    def tried(convolutions, *more):
        rows, _ = all_right(convolutions)
        return (*rows[:3], replace(rows[3], right=False, error=1.0), rows[4]), True

    monkeypatch.setattr(mixed, "try_convolutions", tried)
    found = low_layers(tiny(), CPU, "bfloat16")
    assert found.low == {"conv1", "conv2", "conv3", "conv5"} and found.wrong == ("conv4",)
    assert found.sentence == (
        "bfloat16 in the convolutions but conv4, wrong in bfloat16 here; weights in float32"
    )


def test_what_is_let_pass_here_has_the_gradients_of_float32():
    """On this very machine: nothing replaced. conv5 of these nets is the known bad one."""
    net = tiny(width=0.25)
    found = low_layers(net, CPU, "bfloat16")
    assert {"conv1", "conv2", "conv3"} <= found.low  # clips no shorter than the kernel is deep
    x = torch.randn(3, *net.clip_shape).contiguous(memory_format=torch.channels_last_3d)
    labels = torch.tensor([0, 3, 5])

    def loss(logits):
        return F.cross_entropy(logits, labels)

    assert agree(TrainingNet(net, found.low), loss, x)
    logits = TrainingNet(net, found.low)(x)
    assert 0 < (logits - net(x)).abs().max() < 0.05 * net(x).abs().max()
    assert all(p.dtype == torch.float32 for p in net.parameters())


def test_a_net_that_goes_wrong_only_as_a_whole_is_trained_in_float32(monkeypatch, tmp_path):
    monkeypatch.setattr(mixed, "try_convolutions", all_right)
    net = tiny()
    relu = net.relu3.forward

    def garbled(x):
        return relu(x.flip(1) if torch.is_autocast_enabled("cpu") else x)

    monkeypatch.setattr(net.relu3, "forward", garbled)
    sets = MotionDigits(32), MotionDigits(16, split="val")
    recipe = replace(Recipe.classroom(), stop=1)
    with pytest.warns(UserWarning, match="not those of float32.*trained in float32"):
        train(net, *sets, recipe, out=tmp_path / "a", progress=False, precision="bfloat16")
    assert "precision" not in load(tmp_path / "a").card
    train(tiny(), *sets, recipe, out=tmp_path / "b", progress=False)
    a, b = (load(tmp_path / name).model.state_dict() for name in "ab")
    assert all(torch.equal(a[k], b[k]) for k in a)


def test_gradients_that_are_no_numbers_do_not_agree(monkeypatch):
    net = tiny()
    relu = net.relu2.forward
    monkeypatch.setattr(
        net.relu2,
        "forward",
        lambda x: relu(x) * (float("nan") if torch.is_autocast_enabled("cpu") else 1.0),
    )
    x, labels = torch.randn(2, *net.clip_shape), torch.tensor([1, 2])
    assert not agree(TrainingNet(net, {"conv2"}), lambda y: F.cross_entropy(y, labels), x)


def test_training_in_bfloat16_learns_as_in_float32(tmp_path):
    sets = MotionDigits(256), MotionDigits(64, split="val")
    recipe = replace(Recipe.classroom(), stop=2)
    low, full = (
        train(tiny(), *sets, recipe, out=tmp_path / p, progress=False, precision=p)
        for p in ("bfloat16", "float32")
    )
    assert low.final.train_loss == pytest.approx(full.final.train_loss, rel=0.02)
    assert low.final.train_loss != full.final.train_loss
    card = load(tmp_path / "bfloat16").card
    assert card["precision"].startswith("bfloat16 in the convolutions")
    assert "precision" not in load(tmp_path / "float32").card


def test_what_cannot_be_lowered_is_said():
    with pytest.raises(UsageError, match="no precision 'int8' to train in; there are auto"):
        low_layers(tiny(), CPU, "int8")
    with pytest.raises(UsageError, match="LateAverageNet cannot be trained in bfloat16 on cpu"):
        low_layers(LateAverageNet(5, clip_shape=(1, 16, 32, 32), width=0.1), CPU, "bfloat16")
    with pytest.raises(UsageError, match="on mps"):
        low_layers(tiny(), torch.device("mps"), "bfloat16")
