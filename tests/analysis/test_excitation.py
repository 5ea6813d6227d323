"""A made clip excites its unit more than noise and nature do, and shows what the unit wants."""

import numpy as np
import pytest
import torch

from c3d_teach import CameraMotion, MotionDigits, load
from c3d_teach.analysis.excitation.excite import excite, excite_many
from c3d_teach.data.transforms import Preprocess
from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Conv, Full
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.classifier import Classifier


@pytest.fixture(scope="module")
def net():
    return load("motion-d3")


@torch.inference_mode()
def means(net, clips, layer, unit):
    parts = [net.model.activations(net.preprocess(part), layer) for part in clips.split(50)]
    maps = torch.cat(parts)[:, unit]
    return maps.reshape(len(maps), -1).mean(1)


def gabor_net(degrees, *, speed=1.0, frequency=0.2):
    """conv1 is one kernel (5, 7, 7): a grating under a window, moving in a known direction."""
    t, y, x = torch.meshgrid(*(torch.arange(n) - n // 2 for n in (5, 7, 7)), indexing="ij")
    angle = torch.tensor(degrees).deg2rad()
    along = x * angle.cos() - y * angle.sin()  # rows run down
    wave = (2 * torch.pi * frequency * (along - speed * t)).cos()
    kernel = wave * (-(x**2 + y**2) / 12.5 - t**2 / 6.0).exp()
    kernel -= kernel.mean()
    layers = (Conv("conv1", 1, (5, 7, 7)), Full("fc8", 1))
    model = ConvNet(layers, (1, 16, 32, 32), dropout=0, config={}).eval()
    with torch.no_grad():
        model.conv1.weight.copy_(kernel[None, None])
        model.conv1.bias.zero_()
    preprocess = Preprocess((32, 32), 32, (100.0,), (50.0,))
    return Classifier(model, preprocess, ("one",)), kernel


def direction(clip):
    """Where the strongest wave of a clip goes, in degrees, and its spatial frequency."""
    film = clip[..., 0].astype(float)
    power = np.abs(np.fft.fftn(film - film.mean())) ** 2
    axes = np.meshgrid(*(np.fft.fftfreq(n) for n in film.shape), indexing="ij")
    ft, fy, fx = (axis.flat[power.argmax()] for axis in axes)
    if ft > 0:  # a real wave is two peaks; this is the one with cos(2 pi (f x - |ft| t))
        fx, fy = -fx, -fy
    return np.rad2deg(np.arctan2(-fy, fx)) % 360, np.hypot(fx, fy)


@pytest.mark.parametrize("degrees", [0, 45, 150, 270])
def test_a_gabor_unit_wants_a_grating_that_moves_its_way(degrees):
    net, _ = gabor_net(degrees)
    made = excite(net, "conv1", 0, seed=3)
    found, frequency = direction(made.clip)
    assert abs((found - degrees + 180) % 360 - 180) <= 15
    assert frequency == pytest.approx(0.2, abs=0.05)
    assert made.activation > 2 * made.noise


@pytest.mark.parametrize(("layer", "unit"), [("conv1", 5), ("pool4", 9), ("fc8", 2)])
def test_it_beats_noise_and_nature(net, layer, unit):
    made = excite(net, layer, unit)
    generator = torch.Generator().manual_seed(9)
    random = torch.randint(0, 256, (100, 16, 32, 32, 1), generator=generator, dtype=torch.uint8)
    natural = MotionDigits(100, split="test").batch(range(100))["clip"]
    assert made.activation > means(net, random, layer, unit).max()
    assert made.activation > means(net, natural, layer, unit).max()
    assert made.activation > made.noise


def test_what_is_reported_is_what_the_net_says_of_the_clip(net):
    made = excite(net, "conv3", 5, steps=12)
    clip = torch.from_numpy(made.clip)
    assert clip.shape == (16, 32, 32, 1) and clip.dtype == torch.uint8
    assert made.activation == pytest.approx(float(means(net, clip[None], "conv3", 5)), rel=1e-4)
    with torch.inference_mode():
        peak = net.model.activations(net.preprocess(clip[None]), "conv3")[0, 5].max()
    assert made.peak == pytest.approx(float(peak), rel=1e-4)
    # the end of the curve is the same clip before rounding
    assert made.curve.shape == (13,)
    assert made.curve[-1] == pytest.approx(made.activation, rel=0.05)
    assert made.noise_clips == 12 * 2 and made.settings["steps"] == 12


def test_the_same_seed_makes_the_same_clip(net):
    one, two = (excite(net, "conv2", 3, steps=6, seed=1) for _ in range(2))
    assert np.array_equal(one.clip, two.clip) and np.array_equal(one.curve, two.curve)
    assert (one.noise, one.activation) == (two.noise, two.activation)
    assert not np.array_equal(one.clip, excite(net, "conv2", 3, steps=6, seed=2).clip)


def test_many_at_once_are_each_as_alone(net):
    both = excite_many(net, "conv2", [3, 7], steps=6)
    for found, unit in zip(both, (3, 7), strict=True):
        alone = excite(net, "conv2", unit, steps=6)
        assert found.unit == alone.unit
        assert found.noise == pytest.approx(alone.noise, rel=1e-4)
        assert found.activation == pytest.approx(alone.activation, rel=0.05)
        assert np.abs(found.clip.astype(int) - alone.clip).mean() < 3


def test_the_clip_of_a_class_is_that_class(net):
    for made, name in zip(excite_many(net, "fc8", [0, 1]), ("left", "right"), strict=True):
        answer = net.predict(torch.from_numpy(made.clip)[None])[0]
        assert net.classes[int(answer.argmax())] == name == made.name
        assert f"fc8 unit {made.unit.channel} (“{name}”)" in made.sentence


def test_total_variation_makes_it_smoother(net):
    def rough(made, axis):
        return np.abs(np.diff(made.clip.astype(float), axis=axis)).mean() / made.clip.std()

    free, space, time = (
        excite(net, "conv3", 0, tv_space=a, tv_time=b, steps=24)
        for a, b in ((0, 0), (6, 0), (0, 6))
    )
    assert rough(space, 1) < 0.95 * rough(free, 1)
    assert rough(time, 0) < 0.95 * rough(free, 0)


def picky_net(bias):
    net, _ = gabor_net(0)
    with torch.no_grad():
        net.model.conv1.bias.fill_(bias)
    return net


def test_a_unit_that_is_cold_at_first_is_tried_with_more_contrast():
    assert excite(picky_net(0.0), "conv1", 0, steps=4).contrast == 1
    made = excite(picky_net(-12.0), "conv1", 0, steps=20)
    assert made.contrast > 1 and made.fired and made.activation > 0


def test_a_unit_that_never_fires_is_said_to():
    made = excite(picky_net(-1e4), "conv1", 0, steps=4)
    assert not made.fired and made.activation == 0 and made.noise == 0
    assert "was never excited" in made.sentence and "8 random clips" in made.sentence


def test_colour_clips_and_blue_first():
    camera = load("camera-c3d")
    made = excite(camera, "conv1a", 2, steps=8)
    assert made.clip.shape == (16, 64, 64, 3)
    clip = torch.from_numpy(made.clip)[None]
    assert made.activation == pytest.approx(float(means(camera, clip, "conv1a", 2)), rel=1e-3)
    natural = CameraMotion(9).batch(range(9))["clip"]
    assert made.activation > means(camera, natural, "conv1a", 2).min()
    # a net that takes blue first and likes red makes red clips all the same
    model = ConvNet(
        (Conv("conv1", 1, (1, 1, 1)), Full("fc8", 1)), (3, 16, 16, 16), dropout=0, config={}
    )
    with torch.no_grad():
        model.conv1.weight.copy_(torch.tensor([-1.0, -1.0, 1.0]).view(1, 3, 1, 1, 1))
        model.conv1.bias.zero_()
    preprocess = Preprocess((16, 16), 16, (99.0,) * 3, (50.0,) * 3, channel_order="bgr")
    red = excite(Classifier(model.eval(), preprocess, ("one",)), "conv1", 0).clip
    assert red[..., 0].mean() > 200 and red[..., 1:].mean() < 60


def test_the_shared_net_is_left_as_it_was(net):
    before = {name: p.clone() for name, p in net.model.named_parameters()}
    excite(net, "fc7", 0, steps=2)
    for name, p in net.model.named_parameters():
        assert torch.equal(p, before[name]) and p.requires_grad and p.grad is None
    assert not any(m._forward_hooks or m._backward_hooks for m in net.model.modules())


def test_it_works_where_gradients_are_off(net):
    with torch.inference_mode():
        made = excite(net, "conv3", 0, steps=4)
    assert made.curve[-1] > made.curve[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layer": "conv9"}, "no layer 'conv9'"),
        ({"unit": 64}, "no unit 64 in conv3"),
        ({"steps": 0}, "steps is 0; it is at least 1"),
        ({"steps": 2.5}, "steps is 2.5; it is a whole number"),
        ({"starts": 0}, "starts is 0"),
        ({"rate": 0}, "rate is 0; it is positive"),
        ({"frequency": float("nan")}, "frequency is nan; it is a finite number"),
        ({"tv_time": -1}, "tv_time is -1"),
        ({"jitter": -1}, "jitter is -1; it is at least 0"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_cannot_be_is_refused(net, change, message):
    given = {"layer": "conv3", "unit": 0} | change
    with pytest.raises(UsageError, match=message):
        excite(net, given.pop("layer"), given.pop("unit"), **given)
    with pytest.raises(UsageError, match="units is empty"):
        excite_many(net, "conv3", [])


def test_a_unit_that_only_noise_excites_is_not_called_dead() -> None:
    from dataclasses import replace

    made = excite(load("motion-d3"), "conv1", 1, steps=1, starts=1)
    cold = replace(made, fired=False, noise_peak=0.5)
    assert "random clips does excite it" in cold.sentence
    assert "never excited" in replace(cold, noise_peak=0.0).sentence


def test_the_net_is_left_in_the_mode_it_was_in() -> None:
    net = load("motion-d3")
    net.model.train()
    excite(net, "conv1", 1, steps=1, starts=1)
    assert net.model.training
