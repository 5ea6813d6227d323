"""Kernels made by hand: balanced, tuned as they say, and a net that applies just them."""

import numpy as np
import pytest
import torch

from c3d_teach.analysis.filters.motion_filters import (
    filter_net,
    flicker_filter,
    moving_gabor,
    static_gabor,
)
from c3d_teach.data.stimuli import gratings
from c3d_teach.errors import UsageError

ALL = {
    "gabor": moving_gabor(),
    "edge": moving_gabor((7, 9, 9), 200, 0.15, 0.2, phase=90),
    "small": moving_gabor((3, 3, 3), 45, 0.25, 0.25),
    "still": static_gabor(),
    "flicker": flicker_filter(),
}


@pytest.mark.parametrize("name", ALL)
def test_kernels_have_mean_zero_and_norm_one(name: str) -> None:
    kernel = ALL[name]
    assert kernel.dtype == np.float32
    assert abs(kernel.sum()) < 1e-5 and np.square(kernel).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("direction", [0, 30, 100, 217, 350])
@pytest.mark.parametrize("frequencies", [(0.12, 0.2), (0.2, 0.14), (0.25, 0.25)])
def test_a_gabor_passes_its_own_frequency_best(direction: float, frequencies) -> None:
    f, w = frequencies
    kernel = moving_gabor((7, 9, 9), direction, f, w)
    spectrum = np.abs(np.fft.fftn(kernel, (100, 100, 100), axes=(0, 1, 2)))
    t, y, x = np.unravel_index(spectrum.argmax(), spectrum.shape)
    t, y, x = ((n + 50) % 100 - 50 for n in (t, y, x))
    found = np.array([t, y, x]) / 100
    # moves to the direction: phase f·x − w·t, rows run down
    angle = np.radians(direction)
    expected = np.array([-w, -f * np.sin(angle), f * np.cos(angle)])
    assert min(np.abs(found - expected).max(), np.abs(found + expected).max()) < 0.012


def test_a_flicker_filter_is_a_product_of_time_and_place() -> None:
    values = np.linalg.svd(flicker_filter().reshape(5, -1), compute_uv=False)
    assert values[1] / values[0] < 1e-5
    place = flicker_filter()[2]
    assert np.allclose(place, np.rot90(place)) and np.allclose(place, place.T)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_net_applies_the_kernels_and_nothing_else(channels: int) -> None:
    kernels = np.random.default_rng(0).normal(size=(2, 3, 5, 5)).astype(np.float32)
    net = filter_net(list(kernels), (channels, 6, 8, 9))
    clips = torch.randint(0, 256, (2, 6, 8, 9, 1), generator=torch.Generator().manual_seed(0))
    clips = clips.to(torch.uint8)
    with torch.inference_mode():
        maps = net.model.activations(net.preprocess(clips), "conv1").numpy()
    values = (clips.numpy()[..., 0] - 127.5) / 127.5
    padded = np.pad(values, ((0, 0), (1, 1), (2, 2), (2, 2)))
    for n, k, t, y, x in np.ndindex(*maps.shape):
        direct = (padded[n, t : t + 3, y : y + 5, x : x + 5] * kernels[k]).sum()
        assert maps[n, k, t, y, x] == pytest.approx(max(direct, 0), abs=1e-4)
    logits = net.model(net.preprocess(clips)).detach().numpy()
    assert logits == pytest.approx(maps.mean((2, 3, 4)), abs=1e-4)


def test_the_net_names_the_direction_that_a_grating_drifts_to() -> None:
    names = {f"{d}°": moving_gabor(direction=d) for d in range(0, 360, 60)}
    net = filter_net(names)
    clips = gratings(list(range(0, 360, 60)), 0.18, 0.2)
    assert net.predict(clips).argmax(1).tolist() == list(range(6))
    assert net.classes == tuple(names)
    assert len(net.fingerprint()) == 32


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: moving_gabor((4, 7, 7)), "odd numbers; given was"),
        (lambda: moving_gabor((5, 7)), "d×k×k"),
        (lambda: moving_gabor(spatial_frequency=0.0), "spatial_frequency is 0; it is above 0"),
        (lambda: moving_gabor(temporal_frequency=0.5), "temporal_frequency is 0.5"),
        (lambda: moving_gabor((1, 1, 1)), "too small"),
        (lambda: flicker_filter((1, 7, 7)), "3 frames or more"),
        (lambda: filter_net([]), "one or more"),
        (lambda: filter_net([np.ones((3, 3, 3)), np.ones((5, 3, 3))]), "of one shape"),
        (lambda: filter_net([np.ones((2, 3, 3))]), "odd numbers"),
        (lambda: filter_net([np.full((3, 3, 3), np.nan)]), "NaN"),
        (lambda: filter_net([np.ones((3, 3, 3))], (2, 16, 32, 32)), "clip_shape"),
    ],
)
def test_anything_else_is_refused(make, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make()
