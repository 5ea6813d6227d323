"""Gratings, bars and dots: they move as they say, and opposites are reversals to the last bit."""

import numpy as np
import pytest
import torch

from c3d_teach.data.stimuli import PATTERNS, dot_fields, gratings, moving_bars
from c3d_teach.errors import UsageError

DIRECTIONS = (0.0, 22.5, 33.333333333, 90.0, 100.3, 179.9)


def test_a_grating_is_the_formula_at_every_pixel() -> None:
    theta, f, w, phase, c = 37.0, 0.11, 0.17, 50.0, 0.6
    (clip,) = gratings(theta, f, w, phase, contrast=c, length=5, size=(6, 9)).numpy()
    assert clip.dtype == np.uint8 and clip.shape == (5, 6, 9, 1)
    for t, row, column in np.ndindex(5, 6, 9):
        right, up = column - 4.0, 2.5 - row
        along = right * np.cos(np.radians(theta)) + up * np.sin(np.radians(theta))
        wave = np.cos(2 * np.pi * (f * along - w * (t - 2)) + np.radians(phase))
        assert abs(clip[t, row, column, 0] - 127.5 * (1 + c * wave)) <= 0.501


@pytest.mark.parametrize(("direction", "axis", "by"), [(0, 2, 1), (90, 1, -1), (180, 2, -1)])
def test_a_grating_of_one_pixel_a_frame_is_one_pixel_further_in_the_next(
    direction: float, axis: int, by: int
) -> None:
    frames = gratings(direction, 1 / 8, 1 / 8, 20).numpy()[0].astype(int)
    moved = np.roll(frames[:-1], by, axis=axis)
    assert np.abs(moved - frames[1:]).max() <= 1
    assert np.abs(frames[:-1] - frames[1:]).max() > 50


@pytest.mark.parametrize("theta", DIRECTIONS)
def test_the_opposite_direction_is_the_same_clip_backwards(theta: float) -> None:
    for one, other in (
        gratings([theta, theta + 180], 0.13, 0.21, 77),
        moving_bars([theta, theta + 180], 1.7, 3, offsets=0.6),
        moving_bars([theta, theta - 180], 0.4, 0.5, bright=False),
    ):
        assert torch.equal(one, other.flip(0))
        assert not torch.equal(one, other)


@pytest.mark.parametrize("k", [0, 2, 4, 6])
def test_patterns_come_in_pairs_that_are_each_others_reversal(k: int) -> None:
    one, other = dot_fields(PATTERNS[k : k + 2], 1.3, 5)
    assert torch.equal(one, other.flip(0)) and not torch.equal(one, other)


@pytest.mark.parametrize("theta", [0, 60, 135, 200, 300])
@pytest.mark.parametrize("bright", [True, False])
def test_a_bar_moves_as_fast_and_where_it_says(theta: float, bright: bool) -> None:
    (clip,) = moving_bars(theta, 0.8, 3, bright=bright, length=9, size=(41, 41)).numpy()
    weight = np.abs(clip[..., 0].astype(float) - 127.5).clip(1) - 1
    x, up = np.arange(41) - 20.0, 20.0 - np.arange(41)
    along = np.cos(np.radians(theta)) * x + np.sin(np.radians(theta)) * up[:, None]
    # only a disc, that a frame's corners do not pull the middle of the bar
    disc = np.hypot(x, up[:, None]) < 18
    middle = (weight * along * disc).sum((1, 2)) / (weight * disc).sum((1, 2))
    assert np.diff(middle) == pytest.approx(0.8, abs=0.05)
    assert middle[4] == pytest.approx(0, abs=0.05)
    assert (clip.max() > 250) == bright and (clip.min() < 5) != bright
    assert weight[4, 20].sum() / 127 / 1.5 < 5, "three pixels wide, seen across"


def test_fields_of_dots_flow_as_they_say() -> None:
    """Least squares on brightness constancy: divergence, turning and shift of each field."""
    truth = {
        **{"expansion": (1, 0, 0, 0), "contraction": (-1, 0, 0, 0)},
        **{"counter-clockwise": (0, 1, 0, 0), "clockwise": (0, -1, 0, 0)},
        **{"right": (0, 0, 1, 0), "left": (0, 0, -1, 0), "up": (0, 0, 0, 1), "down": (0, 0, 0, -1)},
    }
    x, up = np.arange(48) - 23.5, 23.5 - np.arange(48)[:, None]
    mean_distance = np.hypot(x, up).mean()
    for name, expected in truth.items():
        frames = dot_fields([name] * 6, 0.4, range(6), size=(48, 48)).numpy()[..., 0].astype(float)
        now = (frames[:, 1:] + frames[:, :-1]) / 2
        change = frames[:, 1:] - frames[:, :-1]
        to_right, to_up = np.gradient(now, axis=3), -np.gradient(now, axis=2)
        flows = ((x, up), (-up, x), (1, 0), (0, 1))
        design = np.stack([-(to_right * u + to_up * v) for u, v in flows], -1)
        # a dot that is born or dies is no flow
        calm = np.abs(change) < 60
        found, *_ = np.linalg.lstsq(design[calm], change[calm], rcond=None)
        rates = found / np.array([0.4 / mean_distance] * 2 + [0.4] * 2)
        assert np.round(rates, 1) == pytest.approx(expected, abs=0.35), name


def test_one_frame_of_dots_does_not_give_the_pattern_away() -> None:
    energy = {}
    for name in PATTERNS[::2]:
        clips = dot_fields([name] * 40, 2.0, range(40)).float() - 127.5
        energy[name] = clips.square().mean((0, 2, 3, 4))
        assert abs(float(clips.mean())) < 2
    overall = torch.stack(list(energy.values()))
    assert float((overall / overall.mean() - 1).abs().max()) < 0.2
    assert float((overall.mean(1) / overall.mean() - 1).abs().max()) < 0.05


def test_the_same_seed_gives_the_same_dots() -> None:
    a, b, c = dot_fields("up", 1.0, [3, 3, 4])
    assert torch.equal(a, b) and not torch.equal(a, c)
    right, up = dot_fields(["right", "up"], 1e-9, 3)
    assert torch.equal(right, up)


def test_grey_is_the_ground_and_contrast_scales() -> None:
    assert set(gratings(30, 0.1, 0.1, contrast=0).unique().tolist()) <= {127, 128}
    assert int(moving_bars(0, 0, 3, size=(32, 31)).amin()) in (127, 128)
    full, half = gratings([0, 0], 0.1, 0.1, contrast=[1, 0.5]).float() - 127.5
    assert float((full / 2 - half).abs().max()) <= 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: gratings(0, 0.6, 0.1), "spatial_frequencies is 0.6; it is from 0 to 0.5"),
        (lambda: gratings(0, 0.1, -0.1), "temporal_frequencies is -0.1"),
        (lambda: gratings(0, 0.1, 0.1, contrast=2), "contrast is 2"),
        (lambda: gratings([0, 1], [0.1, 0.1, 0.1], 0.1), "one length"),
        (lambda: gratings([], 0.1, 0.1), "one length"),
        (lambda: gratings(np.nan, 0.1, 0.1), "directions holds NaN"),
        (lambda: gratings(0, 0.1, 0.1, length=0), "length is 0"),
        (lambda: moving_bars(0, -1), "speeds is -1"),
        (lambda: moving_bars(0, 1, 0), "widths is 0; it is above 0 pixels"),
        (lambda: dot_fields("sideways", 1), "no pattern 'sideways'"),
        (lambda: dot_fields([], 1), "No pattern was given"),
        (lambda: dot_fields("up", -1), "speeds is -1"),
        (lambda: dot_fields("up", 1, length=2.5), "length is 2.5"),
    ],
)
def test_anything_else_is_refused(make, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make()
