"""Tuning: what hand-made filters prefer is found; nets blind to time's arrow have index 0."""

from dataclasses import replace
from threading import Thread

import numpy as np
import pytest
import torch

from c3d_teach import C3D, Classifier, SearchNet, describe, load
from c3d_teach.analysis.filters.motion_filters import (
    filter_net,
    flicker_filter,
    moving_gabor,
    static_gabor,
)
from c3d_teach.analysis.filters.readout import MiddleReader, whole_times
from c3d_teach.analysis.filters.tuning import Tuning, tuning
from c3d_teach.analysis.units import normalised
from c3d_teach.data.stimuli import dot_fields, gratings
from c3d_teach.errors import UsageError
from c3d_teach.models.weights import build

GABORS = [
    (direction, f, w, phase)
    for direction in (0, 30, 100, 217, 350)
    for f, w in ((0.1, 0.25), (0.12, 0.2), (0.18, 0.18), (0.2, 0.14), (0.25, 0.25))
    for phase in (0, 90)
]
COARSE = {
    "directions": 8,
    "spatial_frequencies": (0.06, 0.15),
    "temporal_frequencies": (0.0, 0.15),
    "phases": 2,
}


def away(a, b) -> np.ndarray:
    return np.abs((np.asarray(a) - np.asarray(b) + 180) % 360 - 180)


@pytest.mark.parametrize("shape", [(5, 7, 7), (7, 9, 9)])
def test_direction_and_speed_of_a_moving_gabor_are_found(shape) -> None:
    net = filter_net([moving_gabor(shape, d, f, w, phase=p) for d, f, w, p in GABORS])
    found = tuning(net, "conv1")
    directions, f, w, _ = np.array(GABORS).T
    assert away(found.direction, directions).max() < 5
    assert np.abs(found.speed / (w / f) - 1).max() < 0.10
    assert np.abs(found.spatial_frequency / f - 1).max() < 0.10
    assert np.abs(found.temporal_frequency / w - 1).max() < 0.10
    assert found.selectivity.min() > 0.8 and found.selectivity.max() <= 1
    assert found.orientation_selectivity.min() > 0.15
    assert found.silent == 0


def test_a_kernel_of_three_frames_is_as_selective_as_its_size_allows() -> None:
    kernels = [moving_gabor((3, 3, 3), d, 0.25, 0.25) for d in (0, 30, 100, 217, 350)]
    found = tuning(filter_net(kernels), "conv1")
    assert away(found.direction, (0, 30, 100, 217, 350)).max() < 5
    assert found.selectivity.min() > 0.6


def test_bars_find_the_direction_of_a_gabor_too() -> None:
    wanted = (0, 30, 100, 217, 350)
    net = filter_net([moving_gabor((7, 9, 9), d, 0.15, 0.15) for d in wanted])
    found = tuning(net, "conv1", stimulus="bars", phases=2)
    assert found.responses.shape == (5, 16, 5, 3)
    assert away(found.direction, wanted).max() < 5
    assert np.abs(np.log2(found.speed)).max() < 0.5, "1 pixel a frame"
    assert found.selectivity.min() > 0.5
    assert np.isnan(found.spatial_frequency).all() and (found.width > 0).all()
    assert "bar" in found.unit(0).sentence


def test_flicker_and_standing_filters_prefer_no_direction() -> None:
    filters = {
        "flicker": flicker_filter(),
        "slow flicker": flicker_filter((5, 7, 7), 0.15),
        "standing": static_gabor(direction=20),
        "standing edge": static_gabor(direction=70, phase=90),
    }
    found = tuning(filter_net(filters), "conv1")
    assert found.selectivity.max() < 0.05
    assert found.orientation_selectivity[:2].max() < 0.05 < found.orientation_selectivity[2:].min()
    assert found.temporal_frequency[:2].min() > 0.1 and found.temporal_frequency[2:].max() < 0.05
    # the axis of a standing filter shows, its sense does not
    assert away(2 * found.direction[2:], (40, 140)).max() < 10


def test_the_response_is_the_largest_over_phases_and_time_at_the_middle() -> None:
    kernel = moving_gabor((3, 5, 5), 40, 0.2, 0.2)
    found = tuning(
        filter_net([kernel], (1, 8, 12, 13)),
        "conv1",
        directions=4,
        spatial_frequencies=(0.1, 0.2),
        temporal_frequencies=(0.0, 0.2),
        phases=3,
    )
    for d, a, b in np.ndindex(4, 2, 2):
        phases = np.arange(3 if b else 6) * (120 if b else 60)
        clips = gratings(
            90 * d, found.rows[a], found.columns[b], phases, length=8, size=(12, 13)
        ).numpy()
        values = (clips[..., 0] - 127.5) / 127.5
        best = max(
            (values[n, t - 1 : t + 2, y - 2 : y + 3, 4:9] * kernel).sum()
            for n in range(len(phases))
            for t in range(1, 7)
            for y in (5, 6)
        )
        assert found.responses[0, d, a, b] == pytest.approx(max(best, 0), abs=1e-4)


@pytest.mark.parametrize("name", ["motion-d1", "camera-d1"])
def test_a_net_of_kernel_depth_one_has_index_zero_to_the_last_bit(name: str) -> None:
    net = load(name)
    for row in describe(net.model):
        found = tuning(net, row.name, **COARSE)
        known = found.selectivity[~np.isnan(found.selectivity)]
        assert len(known) and (known == 0.0).all(), row.name
        half = len(found.directions) // 2
        assert np.array_equal(found.responses[:, :half], found.responses[:, half:]), row.name
        assert found.responses.std(axis=(1, 2, 3)).max() > 0, "it does tell gratings apart"


def test_a_net_of_kernel_depth_three_does_tell_directions() -> None:
    trained = load("motion-d3")
    torch.manual_seed(0)
    untrained = replace(trained, model=build(trained.model.config), name="untrained")
    for layer in ("conv1", "conv3"):
        index = [np.nanmedian(tuning(n, layer, **COARSE).selectivity) for n in (trained, untrained)]
        assert index[0] > index[1] > 0.02


def test_without_whole_pooling_windows_depth_one_is_not_blind() -> None:
    torch.manual_seed(0)
    model = SearchNet(2, kernel_depth=1, clip_shape=(1, 19, 32, 32), width=1 / 8)
    preprocess = replace(load("motion-d1").preprocess, length=19)
    net = Classifier(model.eval(), preprocess, ("a", "b"))
    assert np.nanmax(tuning(net, "pool5", **COARSE).selectivity) > 0
    assert np.nanmax(tuning(net, "conv2", **COARSE).selectivity) == 0


def test_only_the_middle_goes_through_the_net_and_the_answer_is_that_of_the_whole() -> None:
    torch.manual_seed(0)
    symmetric = C3D(3, clip_shape=(3, 16, 48, 56), width=1 / 16, pool5="symmetric").eval()
    preprocess = replace(load("camera-c3d").preprocess, crop=(48, 56), short_side=48)
    nets = [load("motion-d3"), load("camera-d1"), Classifier(symmetric, preprocess, tuple("abc"))]
    for net in nets:
        size = net.model.clip_shape[2:]
        clips = torch.cat(
            [gratings([10, 200], [0.1, 0.2], 0.1, 40, size=size), dot_fields("up", 1.0, size=size)]
        )
        for row in describe(net.model):
            with torch.inference_mode():
                x = net.model.activations(normalised(net, clips), row.name)
            if x.ndim == 5:
                y, z = ((n - 1) // 2 for n in x.shape[3:])
                ends = (x.shape[3] // 2 + 1, x.shape[4] // 2 + 1)
                x = x[:, :, whole_times(row, 16), y : ends[0], z : ends[1]].amax((2, 3, 4))
            found = MiddleReader(net, row.name)(clips)
            assert float((found - x.clamp(min=0)).abs().max()) < 1e-4, row.name


def test_positions_that_see_beyond_the_clip_do_not_count() -> None:
    rows = {row.name: row for row in describe(load("motion-d3").model)}
    assert whole_times(rows["conv1"], 16) == slice(1, 15)
    assert whole_times(rows["conv3"], 16) == slice(2, 6)
    assert whole_times(rows["conv5"], 16) == slice(None), "none sees the clip alone"


def test_a_silent_unit_has_nan_everywhere_and_is_counted() -> None:
    net = filter_net({"silent": np.zeros((3, 5, 5)), "gabor": moving_gabor((3, 5, 5))})
    found = tuning(net, "conv1", **COARSE)
    assert found.silent == 1 and found.fires.tolist() == [False, True]
    for name in ("direction", "spatial_frequency", "temporal_frequency", "speed", "selectivity"):
        assert np.isnan(getattr(found, name)).tolist() == [True, False], name
    assert "1 never answer" in found.sentence
    assert "nothing shown here" in found.unit(0).sentence
    assert found.most_selective(5) == [1]


def test_a_unit_is_a_row_of_the_layer() -> None:
    found = tuning(load("motion-d3"), "fc8", **COARSE)
    assert isinstance(found, Tuning) and found.responses.shape == (8, 8, 2, 2)
    for c in range(8):
        unit = found.unit(c)
        assert np.array_equal(unit.responses, found.responses[c])
        assert unit.unit == f"fc8 unit {c}"
        if not np.isnan(unit.selectivity):
            assert unit.curve[unit.peak[0]] == unit.responses[:, :, 1].max()
            assert f"{unit.selectivity:.2f}" in unit.sentence
    for wrong in (8, -1, 0.5, True, "a", float("nan")):
        with pytest.raises(UsageError, match="There is no unit"):
            found.unit(wrong)  # type: ignore[arg-type]


def test_the_net_is_left_as_it_was_and_threads_get_the_same_answer() -> None:
    net = load("motion-d3")
    shape, before = net.model.clip_shape, net.fingerprint()
    answers: list = [None] * 3
    work = [
        Thread(target=lambda k=k: answers.__setitem__(k, tuning(net, "conv2", **COARSE)))
        for k in range(3)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert all(np.array_equal(a.responses, answers[0].responses) for a in answers)
    assert net.model.clip_shape == shape and net.fingerprint() == before
    assert all(p.requires_grad for p in net.model.parameters())
    assert not any(m._forward_hooks for m in net.model.modules())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"layer": "conv9"}, "no layer 'conv9'"),
        ({"stimulus": "dots"}, "stimulus is 'dots'; it is one of gratings, bars"),
        ({"directions": 7}, "directions is 7; it is an even number"),
        ({"directions": 2}, "directions is 2"),
        ({"phases": 0}, "phases is 0"),
        ({"contrast": 0}, "contrast is 0"),
        ({"spatial_frequencies": (0.0, 0.1)}, "spatial_frequencies .* above 0"),
        ({"spatial_frequencies": (0.2, 0.1)}, "rising"),
        ({"spatial_frequencies": ()}, "rising"),
        ({"temporal_frequencies": (0.0,)}, "one above 0"),
        ({"temporal_frequencies": (0.1, 0.6)}, "up to 0.5"),
        ({"stimulus": "bars", "speeds": (0, 1)}, "speeds"),
        ({"stimulus": "bars", "widths": (np.nan,)}, "widths"),
    ],
)
def test_anything_else_is_refused(given: dict, message: str) -> None:
    given = {"layer": "conv1", **given}
    with pytest.raises(UsageError, match=message):
        tuning(load("motion-d3"), given.pop("layer"), **given)


def test_a_net_of_one_frame_and_a_bare_net_are_refused() -> None:
    with pytest.raises(UsageError, match="motion-frame looks at frame 8 of a clip alone"):
        tuning(load("motion-frame"), "conv2", **COARSE)
    with pytest.raises(UsageError, match="bare SearchNet"):
        tuning(load("motion-d3").model, "conv2", **COARSE)
