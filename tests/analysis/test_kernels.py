"""Kernels: numbers known by construction, drifting gratings as the oracle of the spectrum."""

import numpy as np
import pytest
import torch

from c3d_teach import C3D, load
from c3d_teach.analysis.filters.kernels import kernel_statistics, kernel_view, view_of_kernel, way
from c3d_teach.errors import UsageError

RANDOM = np.random.default_rng(5)


def drifting(degrees: float, spatial: float = 0.18, temporal: float = 0.15) -> np.ndarray:
    """A kernel (7, 9, 9) that is itself a patch of grating drifting towards ``degrees``."""
    t, y, x = np.mgrid[-3:4, -4:5, -4:5]
    along = np.cos(np.radians(degrees)) * x - np.sin(np.radians(degrees)) * y  # rows run down
    envelope = np.exp(-(x**2 + y**2) / 10 - t**2 / 6)
    return envelope * np.cos(2 * np.pi * (spatial * along - temporal * t))


def grating(shape, fx: float, fy: float, ft: float, phase: float = 0.0) -> np.ndarray:
    """A pattern with crests that move with (fx, fy), y upward."""
    t, y, x = np.indices(shape)
    return np.cos(2 * np.pi * (fx * x - fy * y - ft * t) + phase)


def test_the_spectrum_is_the_answer_to_drifting_gratings():
    kernel = RANDOM.normal(size=(3, 4, 5))
    view = view_of_kernel(kernel)
    for i, j, k in [(16, 16, 20), (25, 16, 20), (7, 16, 20), (20, 28, 3), (5, 9, 30)]:
        ft, fy, fx = view.frequencies[[i, j, k]]
        quarter = grating(kernel.shape, fx, fy, ft), grating(kernel.shape, fx, fy, ft, np.pi / 2)
        answer = np.hypot(*((kernel * wave).sum() for wave in quarter))
        assert np.isclose(view.spectrum[i, j, k], answer)


@pytest.mark.parametrize("degrees", range(0, 360, 45))
def test_a_kernel_that_drifts_prefers_its_own_direction(degrees):
    view = view_of_kernel(drifting(degrees))
    assert abs(view.direction - degrees) <= 5
    assert view.direction_index > 0.8
    assert way(degrees) in view.sentence and way(degrees) in view.headline
    row, column = np.unravel_index(view.plane.argmax(), view.plane.shape)
    assert abs(view.plane_temporal[row] - 0.15) < 0.04  # above the middle
    assert abs(view.plane_spatial[column] - 0.18) < 0.04


def test_played_backwards_a_kernel_prefers_the_opposite():
    kernel = drifting(30)
    forth, back = view_of_kernel(kernel), view_of_kernel(kernel[::-1])
    assert (back.direction - forth.direction) % 360 == pytest.approx(180)
    assert np.isclose(forth.direction_index, back.direction_index)
    assert np.allclose(forth.plane, back.plane)
    assert forth.separability == pytest.approx(back.separability)


def test_a_picture_times_a_time_course_is_separable_and_blind_to_the_sense_of_motion():
    kernel = RANDOM.normal(size=(3, 1, 1)) * RANDOM.normal(size=(1, 5, 5))
    view = view_of_kernel(kernel)
    assert view.separability == pytest.approx(1)
    assert view.direction_index == 0
    assert "both senses of a motion" in view.sentence


def test_shares_known_by_hand():
    still = view_of_kernel(np.broadcast_to(RANDOM.normal(size=(3, 3)), (3, 3, 3)))
    assert still.temporal_share == pytest.approx(0, abs=1e-12)
    difference = view_of_kernel(np.array([-1.0, 0, 1])[:, None, None] * np.ones((3, 3)))
    assert difference.temporal_share == 1
    step = np.zeros((3, 3, 3))
    for t in range(3):  # a dot that moves one pixel a frame: three orthogonal pictures
        step[t, 1, t] = 1
    moving = view_of_kernel(step)
    assert moving.separability == pytest.approx(1 / 3)
    assert moving.temporal_share == pytest.approx(2 / 3)
    assert (moving.direction, moving.xt.tolist()) == (0, np.eye(3).tolist())
    assert moving.yt.tolist() == [[0, 1, 0]] * 3


def test_sections_are_what_patterns_along_one_axis_meet():
    view = view_of_kernel(RANDOM.normal(size=(3, 4, 5)))
    along_x, along_y = RANDOM.normal(size=(3, 1, 5)), RANDOM.normal(size=(3, 4, 1))
    assert np.isclose((view.slices * along_x).sum(), (view.xt * along_x[:, 0]).sum())
    assert np.isclose((view.slices * along_y).sum(), (view.yt * along_y[:, :, 0]).sum())


def test_the_view_of_a_net_is_that_of_its_weights():
    net = load("motion-d3")
    weight = net.model.conv2.weight[7].detach().double().numpy()
    view, by_hand = kernel_view(net, "conv2", 7), view_of_kernel(net.model.conv2.weight[7])
    assert np.array_equal(view.kernel, weight) and np.array_equal(by_hand.kernel, weight)
    assert view.channel == (weight**2).sum((1, 2, 3)).argmax()
    assert view.channel_share == pytest.approx(
        (weight[view.channel] ** 2).sum() / (weight**2).sum()
    )
    assert (view.name, view.step) == ("conv2 unit 7", (1, 2, 2))
    assert (view.singular_values**2).sum() == pytest.approx((weight**2).sum())
    change = weight - weight.mean(1, keepdims=True)
    assert view.temporal_share == pytest.approx((change**2).sum() / (weight**2).sum())
    assert np.array_equal(kernel_view(net.model, "conv2", 7, channel=3).slices, weight[3])


@pytest.mark.parametrize("name, layer", [("motion-d3", "conv3"), ("camera-c3d", "conv1a")])
def test_statistics_of_a_layer_are_those_of_its_kernels(name, layer):
    net = load(name)
    statistics = kernel_statistics(net, layer)
    views = [kernel_view(net, layer, unit) for unit in range(len(statistics.separability))]
    assert len(views) == getattr(net.model, layer).weight.shape[0]
    assert np.allclose(statistics.separability, [v.separability for v in views])
    assert np.allclose(statistics.temporal_share, [v.temporal_share for v in views])
    assert statistics.shape == views[0].kernel.shape
    assert statistics.zeros == 0 and layer in statistics.sentence


def test_depth_one_is_separable_and_without_change_exactly():
    net = load("motion-d1")
    for layer in ("conv1", "conv2", "conv3", "conv4", "conv5"):
        statistics = kernel_statistics(net, layer)
        assert (statistics.separability == 1).all()
        assert (statistics.temporal_share == 0).all()
    view = kernel_view(net, "conv3", 9)
    assert (view.separability, view.temporal_share, view.direction_index) == (1, 0, 0)
    assert "one frame deep" in view.sentence and "one frame deep" in statistics.sentence


@pytest.mark.parametrize("name", ["motion-d3", "motion-d7", "camera-c3d"])
def test_shares_are_shares(name):
    net = load(name)
    for layer in (one.name for one in net.model.layers if one.name.startswith("conv")):
        statistics = kernel_statistics(net, layer)
        depth = statistics.shape[1]
        assert (statistics.separability >= 1 / depth - 1e-12).all()
        assert (statistics.separability <= 1).all()
        assert ((statistics.temporal_share >= 0) & (statistics.temporal_share <= 1)).all()


def test_an_untrained_net_is_at_chance():
    torch.manual_seed(0)
    statistics = kernel_statistics(C3D(width=0.25), "conv4b")
    assert statistics.chance_temporal_share == pytest.approx(2 / 3)
    assert statistics.temporal_share.mean() == pytest.approx(2 / 3, abs=0.005)
    mean = statistics.separability.mean()
    assert mean == pytest.approx(statistics.chance_separability, abs=0.005)


def test_a_kernel_of_zeros_has_no_shares():
    view = view_of_kernel(np.zeros((2, 3, 3, 3)), name="nothing")
    assert np.isnan([view.separability, view.temporal_share, view.direction]).all()
    assert view.sentence == "nothing is all zeros: it looks for nothing."
    net = C3D(3, clip_shape=(3, 16, 32, 32), width=0.05)
    with torch.no_grad():
        net.conv2a.weight[1] = 0
    statistics = kernel_statistics(net, "conv2a")
    assert np.isnan(statistics.separability).tolist() == [n == 1 for n in range(6)]
    assert statistics.zeros == 1 and "1 of them are all zeros" in statistics.sentence
    with torch.no_grad():
        net.conv2a.weight[:] = 0
    assert "All 6 kernels of conv2a are zeros" in kernel_statistics(net, "conv2a").sentence


def test_an_empty_channel_of_a_kernel_can_be_shown():
    kernel = np.zeros((2, 3, 3, 3))
    kernel[0] = drifting(0)[:3, :3, :3]
    view = view_of_kernel(kernel, channel=1)
    assert view.channel_share == 0 and np.isnan(view.direction)
    assert "nan" not in view.sentence + view.headline


def test_a_weak_preference_is_called_weak():
    towards, away = drifting(0), drifting(180)
    view = view_of_kernel(towards + 0.9 * away)
    assert 0 < view.direction_index < 1 / 3
    assert "no clear preference" in view.sentence and "no clear preference" in view.headline
    assert "to the right" in view.sentence
    assert "no clear preference" not in view_of_kernel(towards + 0.2 * away).sentence


def test_looking_leaves_the_net_as_it_was():
    net = load("motion-d3")
    before = net.fingerprint()
    view = kernel_view(net, "conv1", 0)
    view.kernel[:] = 0
    assert net.fingerprint() == before
    assert net.model.conv1.weight.requires_grad == net.model.conv2.weight.requires_grad


@pytest.mark.parametrize(
    "ask, says",
    [
        (lambda net: kernel_view(net, "conv9", 0), "no layer 'conv9'; this net has conv1"),
        (lambda net: kernel_view(net, "pool1", 0), "pool1 is no convolution.*conv1, conv2"),
        (lambda net: kernel_statistics(net, "fc6"), "fc6 is no convolution"),
        (lambda net: kernel_view(net, "conv1", 16), "no unit 16 in conv1; it has units 0 to 15"),
        (lambda net: kernel_view(net, "conv1", 0, channel=1), "no input channel 1; conv1 unit 0"),
        (lambda net: kernel_view(net, "conv1", 0, channel=True), "no input channel True"),
        (lambda net: kernel_view(torch.nn.Linear(2, 2), "conv1", 0), "net is a Linear"),
        (lambda net: view_of_kernel(np.ones((3, 3))), r"float64 of shape \(3, 3\); a kernel is"),
        (lambda net: view_of_kernel(np.ones((0, 3, 3))), "a kernel is numbers"),
        (lambda net: view_of_kernel([[["a"]]]), "a kernel is numbers"),
        (lambda net: view_of_kernel(np.full((3, 3, 3), np.nan)), "NaN or infinite weights"),
    ],
)
def test_bad_questions_are_refused(ask, says):
    with pytest.raises(UsageError, match=says):
        ask(load("motion-d3"))
