"""Attribution against formulas written out by hand, and what must not happen beside it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from c3d_teach import MotionDigits, load
from c3d_teach.analysis.attribution.attribute import METHODS, RELU_METHODS, attribute
from c3d_teach.analysis.attribution.heat import Attribution, mass
from c3d_teach.analysis.attribution.maps import grad_cam_curves, laid_over
from c3d_teach.analysis.attribution.rectifiers import functional_rectifiers
from c3d_teach.analysis.units import Unit, layer_row
from c3d_teach.data.transforms import Preprocess
from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Conv, Full, Pool
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.c3d import C3D
from c3d_teach.models.classifier import Classifier

SHAPE = (1, 4, 8, 8)


def small(kind: type[ConvNet] = ConvNet, seed: int = 0) -> Classifier:
    """Two convolutions with a pooling between them, three classes."""
    torch.manual_seed(seed)
    layers = (
        Conv("conv1", 4, (3, 3, 3)),
        Pool("pool1", (2, 2, 2)),
        Conv("conv2", 5, (3, 3, 3)),
        Full("fc8", 3),
    )
    net = kind(layers, SHAPE, dropout=0.5, config={})
    preprocess = Preprocess((8, 8), 8, (120.0,), (60.0,), length=4)
    return Classifier(net.eval(), preprocess, ("a", "b", "c"))


def noise(net: Classifier, seed: int = 0) -> np.ndarray:
    channels, *size = net.model.clip_shape
    return np.random.default_rng(seed).integers(0, 256, (*size, channels), np.uint8)


@pytest.fixture(scope="module")
def digits() -> dict[str, Tensor]:
    return MotionDigits(16, split="test").batch(range(16))


@pytest.fixture(scope="module")
def motion() -> Classifier:
    return load("motion-d3")


class Deconvolved(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, *grad: Tensor) -> Tensor:
        return grad[0] * (grad[0] > 0)


class Guided(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, *grad: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return grad[0] * (grad[0] > 0) * (x > 0)


def by_hand(net: Classifier, clip: np.ndarray, relu: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Input, map behind conv2, logits of ``small()``, without any of its own forward code."""
    m: Any = net.model
    x = (torch.as_tensor(clip).float().movedim(-1, 0)[None] - 120) / 60
    x.requires_grad_()
    y = relu(F.conv3d(x, m.conv1.weight, m.conv1.bias, padding=1))
    y = relu(F.conv3d(F.max_pool3d(y, 2), m.conv2.weight, m.conv2.bias, padding=1))
    return x, y, F.linear(y.flatten(1), m.fc8.weight, m.fc8.bias)


@pytest.mark.parametrize(
    ("method", "relu"),
    [("deconvolution", Deconvolved), ("guided backpropagation", Guided), ("gradient", None)],
)
def test_gradients_are_those_written_by_hand(method: str, relu: Any) -> None:
    net = small()
    clip = noise(net)
    x, maps, logits = by_hand(net, clip, relu.apply if relu else F.relu)
    found = attribute(net, clip, method, target="b")
    (expected,) = torch.autograd.grad(logits[0, 1], x, retain_graph=True)
    assert np.allclose(found.heat, expected[0].sum(0), atol=1e-6)
    assert found.score == pytest.approx(logits[0, 1].item(), abs=1e-5)
    # the strongest activation of a unit, all others zero
    unit = int(maps[0].detach().amax((1, 2, 3)).argmax())
    found = attribute(net, clip, method, target=Unit("conv2", unit))
    (expected,) = torch.autograd.grad(maps[0, unit].max(), x)
    assert np.allclose(found.heat, expected[0].sum(0), atol=1e-6)
    assert found.score == pytest.approx(maps[0, unit].max().item(), abs=1e-5)
    assert np.allclose(found.curve, np.abs(found.heat).sum((1, 2)), atol=1e-5)


def test_the_three_gradients_are_three_different_maps() -> None:
    net = small()
    maps = [attribute(net, noise(net), m, target=0).heat for m in (*RELU_METHODS, "gradient")]
    assert all(abs(a - b).max() > 1e-3 for a, b in zip(maps, maps[1:] + maps[:1], strict=True))


def test_grad_cam_is_its_formula() -> None:
    net = small()
    clip = noise(net)
    _, maps, logits = by_hand(net, clip, F.relu)
    (gradient,) = torch.autograd.grad(logits[0, 2], maps)
    weights = gradient[0].mean((1, 2, 3))
    coarse = (weights[:, None, None, None] * maps[0]).sum(0).detach()
    found = attribute(net, clip, "grad-cam", target=2)
    assert (found.layer, found.steps) == ("conv2", 2)
    fine = F.interpolate(coarse[:, None], (8, 8), mode="bilinear")[:, 0].repeat_interleave(2, 0)
    assert np.allclose(found.heat, fine, atol=1e-6)
    assert np.allclose(found.curve, fine.clamp(min=0).sum((1, 2)), atol=1e-5)


def test_grad_cam_says_how_coarse_it_is(motion: Classifier, digits: dict[str, Tensor]) -> None:
    for layer, steps in {"conv1": 16, "conv3": 8, "conv4": 4, "pool4": 2, "conv5": 2}.items():
        found = attribute(motion, digits["clip"][0], "grad-cam", layer=layer)
        blocks = found.heat.reshape(steps, 16 // steps, 32, 32)
        assert found.steps == steps
        assert (blocks == blocks[:, :1]).all(), "frames of one step are not blended"
        assert (f"{steps} independent steps" in found.sentence) == (steps < 16)
    assert attribute(motion, digits["clip"][0], "grad-cam").layer == "conv5"


def test_a_net_without_time_has_one_step_in_time(digits: dict[str, Tensor]) -> None:
    for name in ("motion-frame", "motion-stacked"):
        found = attribute(load(name), digits["clip"][0], "grad-cam")
        assert found.steps == 1 and (found.heat == found.heat[:1]).all()
        assert "nothing about when" in found.sentence or "nowhere above zero" in found.sentence


@pytest.mark.parametrize(("align", "edge"), [("ceil", 96), ("symmetric", 80)])
def test_maps_lie_over_what_they_see_where_pooling_rounds(align: str, edge: int) -> None:
    net = C3D(3, width=1 / 64, pool5=align)
    row = layer_row(net, "pool5")
    maps = torch.zeros(1, *row.shape[1:])
    maps[..., 3] = 1
    heat = laid_over(maps, net, row)
    assert heat.shape == (1, 16, 112, 112)
    # the last window sees column 6 alone, or columns 5 and 6, of 16 pixels each
    above = (heat[0, 0, 50] > 0.5).nonzero()[:, 0]
    assert above.min() == edge and above.max() == 111


def test_batched_grad_cam_is_that_of_each_clip(
    motion: Classifier, digits: dict[str, Tensor]
) -> None:
    curves = grad_cam_curves(motion, digits["clip"], digits["motion"], "conv3")
    for k in (0, 9):
        one = attribute(
            motion, digits["clip"][k], "grad-cam", target=int(digits["motion"][k]), layer="conv3"
        )
        assert np.allclose(curves[k], one.curve, rtol=1e-3, atol=1e-3)


def test_integrated_gradients_add_up_to_the_rise(
    motion: Classifier, digits: dict[str, Tensor]
) -> None:
    found = attribute(motion, digits["clip"][1], "integrated gradients")
    x = motion.preprocess(digits["clip"][1:2])
    with torch.no_grad():
        logits = motion.model(torch.cat([x, torch.zeros_like(x)]))
    rise = float(logits[0].max() - logits[1, int(logits[0].argmax())])
    assert found.error <= 0.02
    assert abs(found.heat.sum() - rise) <= 0.021 * abs(rise)
    assert found.curve.sum() == pytest.approx(float(found.heat.sum()), rel=1e-3)
    fine = attribute(motion, digits["clip"][1], "integrated gradients", tolerance=1e-3)
    assert fine.error <= 1e-3


class WithFRelu(ConvNet):
    def _run(self, x: Tensor, until: str | None) -> Tensor:
        for layer in self.layers:
            if isinstance(layer, Full):
                x = x.flatten(1)
            x = getattr(self, layer.name)(x)
            if isinstance(layer, Conv):
                x = self.rectified(x)
            if layer.name == until:
                break
        return x

    def rectified(self, x: Tensor) -> Tensor:
        return F.relu(x)


class WithTorchRelu(WithFRelu):
    def rectified(self, x: Tensor) -> Tensor:
        return torch.relu(x)


class WithMethod(WithFRelu):
    def rectified(self, x: Tensor) -> Tensor:
        return x.relu()


class WithInPlace(WithFRelu):
    def rectified(self, x: Tensor) -> Tensor:
        return x.clone().relu_()


class WithClamp(WithFRelu):
    def rectified(self, x: Tensor) -> Tensor:
        return x.clamp(min=0)


class WithClampMin(WithFRelu):
    def rectified(self, x: Tensor) -> Tensor:
        return torch.clamp_min(x, 0)


class WithMaximum(WithFRelu):
    def rectified(self, x: Tensor) -> Tensor:
        return torch.maximum(x, torch.zeros(()))


class WithMask(WithFRelu):
    def rectified(self, x: Tensor) -> Tensor:
        return x * (x > 0)


class WithWhere(WithFRelu):
    def rectified(self, x: Tensor) -> Tensor:
        return torch.where(x > 0, x, torch.zeros(()))


KINDS = (
    *(WithFRelu, WithTorchRelu, WithMethod, WithInPlace, WithClamp),
    *(WithClampMin, WithMaximum, WithMask, WithWhere),
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", RELU_METHODS)
def test_rectifying_by_a_function_call_is_refused(kind: type[ConvNet], method: str) -> None:
    net = small(kind)
    with pytest.raises(UsageError, match=r"not by nn\.ReLU modules.*plain gradients"):
        attribute(net, noise(net), method)
    same = small()
    assert torch.allclose(net.predict(noise(net)[None]), same.predict(noise(net)[None]))
    assert np.allclose(
        attribute(net, noise(net), "gradient").heat, attribute(same, noise(net), "gradient").heat
    ), "other methods do not mind"


def test_without_the_refusal_guided_backpropagation_is_the_plain_gradient_unseen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "c3d_teach.analysis.attribution.attribute.refuse_functional", lambda *_: None
    )
    net, right = small(WithFRelu), small()
    clip = noise(net)
    plain = attribute(net, clip, "gradient", target=0).heat
    assert (attribute(net, clip, "guided backpropagation", target=0).heat == plain).all()
    assert abs(attribute(right, clip, "guided backpropagation", target=0).heat - plain).max() > 0.01


def test_modules_and_what_cuts_nothing_off_are_let_through(motion: Classifier) -> None:
    class Bounded(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.relu = nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return self.relu(x).clamp(max=5) + F.avg_pool3d(x, 1)

    assert functional_rectifiers(Bounded(), torch.randn(1, 1, 2, 2, 2)) == {}
    assert functional_rectifiers(motion.model, torch.randn(1, 1, 16, 32, 32)) == {}


def test_threads_do_not_disturb_each_other_and_leave_nothing_behind(
    motion: Classifier, digits: dict[str, Tensor]
) -> None:
    clips = digits["clip"]
    before = motion.predict(clips)
    flags = [p.requires_grad for p in motion.model.parameters()]
    alone = {m: attribute(motion, clips[0], m, target=0) for m in METHODS[:-1]}

    def work(k: int) -> tuple[str, Attribution | Tensor]:
        if k % 3 == 0:
            return "predict", motion.predict(clips)
        method = METHODS[k % 6]
        return method, attribute(motion, clips[0], method, target=0)

    with ThreadPoolExecutor(4) as pool:
        for method, found in pool.map(work, range(36)):
            if isinstance(found, Tensor):
                assert torch.equal(found, before), "answers stay the same to the bit"
            else:
                assert np.array_equal(found.heat, alone[method].heat)
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    assert not any(getattr(m, name) for m in motion.model.modules() for name in hooks)
    assert [p.requires_grad for p in motion.model.parameters()] == flags
    assert all(p.grad is None for p in motion.model.parameters())
    assert torch.equal(motion.predict(clips), before)


def test_it_works_inside_inference_mode(motion: Classifier, digits: dict[str, Tensor]) -> None:
    usual = attribute(motion, digits["clip"][0], "gradient")
    with torch.inference_mode():
        for method in METHODS[:-1]:
            inside = attribute(motion, digits["clip"][0].clone(), method)
            assert np.isfinite(inside.heat).all()
            if method == "gradient":
                assert np.array_equal(inside.heat, usual.heat)


def test_a_unit_is_heated_only_by_what_it_sees(
    motion: Classifier, digits: dict[str, Tensor]
) -> None:
    clip = digits["clip"][3]
    with torch.no_grad():
        maps = motion.model.activations(motion.preprocess(clip[None]), "conv3")[0]
    unit = int(maps.amax((1, 2, 3)).argmax())
    at = np.unravel_index(int(maps[unit].argmax()), maps[unit].shape)
    row = layer_row(motion, "conv3")
    for method in ("deconvolution", "guided backpropagation", "integrated gradients"):
        heat = attribute(motion, clip, method, target=Unit("conv3", unit)).heat
        for axis in range(3):
            first = row.start[axis] + at[axis] * row.step[axis]
            hot = np.flatnonzero(np.abs(heat).max(tuple({0, 1, 2} - {axis})) > 0)
            assert len(hot) and first <= hot.min()
            assert hot.max() < first + row.receptive_field[axis]
    cam = attribute(motion, clip, "grad-cam", target=Unit("conv3", unit))
    assert cam.layer == "conv2", "the last map before the unit"


def test_mass_and_bulk_are_shares_of_the_positive_part() -> None:
    curves = np.array([[0.0, 1, 3, -5, 0], [-1, -1, 0, 0, 0]])
    assert mass(curves, 2, 4).tolist()[0] == 0.75 and np.isnan(mass(curves, 0, 5)[1])
    clip, heat = np.zeros((5, 1, 1, 1), np.uint8), np.zeros((5, 1, 1), np.float32)
    one = Attribution(clip, heat, curves[0], 5, 1.0, "it", "gradient")
    assert one.bulk == (2, 3) and one.mass(0, 2) == 0.25
    assert "75% of the positive part" in one.sentence and "frame 2" in one.sentence
    stepped = np.array([1.0, 1, 3, 3, 3])
    assert Attribution(clip, heat, stepped, 2, 1.0, "it", "gradient").bulk == (2, 5), "whole steps"
    assert Attribution(clip, heat, stepped, 5, 1.0, "it", "gradient").bulk == (2, 4)
    none = Attribution(clip, heat, curves[1], 5, 1.0, "it", "gradient")
    assert "nowhere above zero" in none.sentence


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"method": "magic"}, "no method 'magic'"),
        ({"method": "gradient", "layer": "conv1"}, "belongs to method 'grad-cam'"),
        ({"method": "grad-cam", "layer": "fc6"}, "fc6 has no map.*conv1, pool1"),
        ({"method": "grad-cam", "layer": "conv9"}, "no layer 'conv9'"),
        ({"method": "gradient", "target": "sideways"}, "no class 'sideways'.*left"),
        ({"method": "gradient", "target": 8}, "no class 8"),
        ({"method": "gradient", "target": True}, "no class True"),
        ({"method": "gradient", "target": Unit("conv5", 999)}, "no unit 999"),
        ({"method": "grad-cam", "target": Unit("conv1", 0)}, "none comes before conv1|not fire"),
        ({"method": "integrated gradients", "tolerance": 0}, "tolerance is 0"),
        ({"method": "temporal occlusion", "window": 16}, "window is 16"),
    ],
)
def test_what_cannot_be_explained_is_refused(
    motion: Classifier, digits: dict[str, Tensor], how: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        attribute(motion, digits["clip"][0], **how)


def test_grad_cam_behind_the_unit_and_units_that_never_fire_are_refused(
    motion: Classifier, digits: dict[str, Tensor]
) -> None:
    black = np.zeros((16, 32, 32, 1), np.uint8)
    with torch.no_grad():
        maps = motion.model.activations(motion.preprocess(torch.tensor(black)[None]), "conv5")[0]
    silent = int(maps.amax((1, 2, 3)).argmin())
    assert maps[silent].max() == 0
    with pytest.raises(UsageError, match=f"conv5 unit {silent} does not fire"):
        attribute(motion, black, "deconvolution", target=Unit("conv5", silent))
    active = int(maps.amax((1, 2, 3)).argmax())
    with pytest.raises(UsageError, match="before the unit"):
        attribute(motion, black, "grad-cam", target=Unit("conv5", active), layer="conv5")
    with pytest.raises(UsageError, match="One clip has the shape"):
        attribute(motion, digits["clip"], "gradient")
    with pytest.raises(UsageError, match="2 targets for 16 clips"):
        grad_cam_curves(motion, digits["clip"], [0, 1])
