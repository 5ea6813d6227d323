"""A net as training computes it: the same answers and gradients, in less memory or compiled."""

from dataclasses import replace

import pytest
import torch

from c3d_teach import (
    C3D,
    FrameNet,
    LateAverageNet,
    MotionDigits,
    Recipe,
    SearchNet,
    StackedFramesNet,
    load,
    train,
)
from c3d_teach.training.compiled import Compiled
from c3d_teach.training.net import TrainingNet

SHAPE = {"clip_shape": (1, 16, 32, 32), "width": 0.1, "dropout": 0.0}
NETS = {
    "C3D": lambda: C3D(8, **SHAPE),
    "SearchNet": lambda: SearchNet(8, **SHAPE),
    "FrameNet": lambda: FrameNet(8, **SHAPE),
    "StackedFramesNet": lambda: StackedFramesNet(8, **SHAPE),
    "LateAverageNet": lambda: LateAverageNet(8, **SHAPE),
}


def gradients(net, model, x):
    model.zero_grad()
    net(x).square().sum().backward()
    return {name: p.grad.clone() for name, p in model.named_parameters()}


def kept(net, x):
    """Bytes that autograd keeps for the way back."""
    held = {}

    def keep(tensor):
        held[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = net(x).sum()
    del loss
    return sum(held.values())


@pytest.mark.parametrize("name", NETS)
def test_recomputing_gives_the_same_gradients(name):
    torch.manual_seed(0)
    model = NETS[name]().train()
    x = torch.randn(2, *model.clip_shape)
    right = gradients(model, model, x)
    given = gradients(TrainingNet(model, recompute=True), model, x)
    assert all(torch.equal(right[k], given[k]) for k in right)


def test_recomputing_keeps_far_less():
    model = C3D(8, clip_shape=(3, 16, 64, 64), width=0.25)
    x = torch.randn(1, *model.clip_shape)
    weights = sum(p.numel() * 4 for p in model.parameters())
    plain, less = (kept(TrainingNet(model, recompute=on), x) - weights for on in (False, True))
    assert less < plain / 4


def test_a_run_that_saves_memory_ends_with_the_same_net(tmp_path):
    sets = MotionDigits(64), MotionDigits(16, split="val")
    recipe = replace(Recipe.classroom(), stop=1)
    for name, on in (("plain", False), ("saving", True)):
        torch.manual_seed(0)
        model = SearchNet(8, **SHAPE | {"dropout": 0.5})
        train(model, *sets, recipe, out=tmp_path / name, progress=False, save_memory=on)
    a, b = (load(tmp_path / name).model.state_dict() for name in ("plain", "saving"))
    assert all(torch.equal(a[k], b[k]) for k in a)


def test_a_compiled_net_gives_the_same_gradients():
    torch.manual_seed(0)
    model = SearchNet(8, **SHAPE).train()
    x = torch.randn(2, *model.clip_shape)
    right = gradients(model, model, x)
    for low in ((), ("conv1", "conv2")):
        net = TrainingNet(model, low)
        given = gradients(Compiled(net, backend="aot_eager"), model, x)
        plain = gradients(net, model, x) if low else right
        assert all(torch.allclose(plain[k], given[k], rtol=1e-4, atol=1e-6) for k in right)


def test_a_net_that_cannot_be_compiled_is_trained_as_it_is():
    def broken(graph, inputs):
        raise RuntimeError("no compiler here")

    model = SearchNet(8, **SHAPE)
    x = torch.randn(2, *model.clip_shape)
    net = Compiled(model, backend=broken)
    with pytest.warns(UserWarning, match=r"could not compile.*no compiler here.*as it is"):
        given = net(x)
    assert torch.equal(given, model(x)) and torch.equal(net(x), model(x))
