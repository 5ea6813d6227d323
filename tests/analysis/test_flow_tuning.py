"""Flow tuning: a net that knows camera motion answers to the flow that the camera makes."""

import numpy as np
import pytest

from c3d_teach import describe, load
from c3d_teach.analysis.filters.flow_tuning import PAIRS, flow_tuning
from c3d_teach.analysis.filters.motion_filters import filter_net, moving_gabor
from c3d_teach.errors import UsageError

# when the camera goes one way, what it sees goes the other
SEEN = {
    **{"pan left": "right", "pan right": "left", "tilt up": "down", "tilt down": "up"},
    **{"roll clockwise": "counter-clockwise", "roll counter-clockwise": "clockwise"},
    **{"zoom in": "expansion", "zoom out": "contraction"},
}


def test_each_output_of_the_camera_net_prefers_the_flow_of_its_motion() -> None:
    net = load("camera-c3d")
    flow = flow_tuning(net, "fc8", speeds=(0.5, 1.0, 2.0), repeats=3)
    for channel, motion in enumerate(net.classes):
        if motion in SEEN:
            assert flow.patterns[flow.preferred[channel]] == SEEN[motion], motion
            assert flow.selectivity[channel, int(flow.preferred[channel]) // 2] > 0.9
            assert SEEN[motion] in flow.sentence_of(channel)


@pytest.mark.parametrize("name", ["motion-d1", "camera-d1"])
def test_a_net_of_kernel_depth_one_answers_alike_to_both_of_a_pair(name: str) -> None:
    net = load(name)
    for row in describe(net.model)[::3]:
        flow = flow_tuning(net, row.name, speeds=(1.0,), repeats=2)
        assert np.array_equal(flow.responses[:, ::2], flow.responses[:, 1::2])
        known = flow.selectivity[~np.isnan(flow.selectivity)]
        assert len(known) and (known == 0.0).all()
        assert (flow.favourite == -1).all()
        assert len(np.unique(flow.mean.round(3))) > 3, "it does tell fields apart"


def test_filters_of_one_direction_prefer_the_shift_that_has_it() -> None:
    wanted = {"right": 0, "left": 180, "up": 90, "down": 270}
    kernels = {name: moving_gabor((7, 9, 9), d, 0.15, 0.15) for name, d in wanted.items()}
    net = filter_net(kernels)
    flow = flow_tuning(net, "conv1", speeds=(1.0,), repeats=12)
    for channel, name in enumerate(wanted):
        pair = [name in two for two in PAIRS].index(True)
        assert flow.patterns[flow.favourite[channel, pair]] == name
        assert flow.selectivity[channel, pair] == np.nanmax(flow.selectivity[channel])
        assert channel in flow.selective(pair)


def test_responses_are_in_the_order_of_the_patterns_and_means_are_means() -> None:
    flow = flow_tuning(load("motion-d3"), "conv3", speeds=(0.5, 1.5), repeats=3)
    assert flow.responses.shape == (64, 8, 2, 3) and flow.mean.shape == (64, 8, 2)
    fires = flow.preferred >= 0
    best = flow.mean.reshape(64, -1).max(1)
    assert np.array_equal(best > 0, fires) and flow.silent == int((~fires).sum())
    for c in np.flatnonzero(fires):
        at = flow.speeds.tolist().index(flow.speed[c])
        assert flow.mean[c, flow.preferred[c], at] == best[c]
        pair = int(flow.preferred[c]) // 2
        one, two = flow.mean[c, 2 * pair, at], flow.mean[c, 2 * pair + 1, at]
        assert flow.selectivity[c, pair] == pytest.approx(abs(one - two) / (one + two))
    again = flow_tuning(load("motion-d3"), "conv3", speeds=(0.5, 1.5), repeats=3)
    assert np.array_equal(again.responses, flow.responses)
    other = flow_tuning(load("motion-d3"), "conv3", speeds=(0.5, 1.5), repeats=3, seed=1)
    assert not np.array_equal(other.responses, flow.responses)


def test_a_silent_unit_is_nan_and_counted() -> None:
    net = filter_net({"silent": np.zeros((3, 5, 5)), "gabor": moving_gabor((3, 5, 5))})
    flow = flow_tuning(net, "conv1", speeds=(1.0,), repeats=2)
    assert flow.silent == 1 and flow.preferred[0] == -1 and np.isnan(flow.speed[0])
    assert np.isnan(flow.selectivity[0]).all() and (flow.favourite[0] == -1).all()
    assert "1 answer to no dots" in flow.sentence and "no dots" in flow.sentence_of(0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"layer": "conv9"}, "no layer"),
        ({"speeds": (0, 1)}, "speeds"),
        ({"speeds": ()}, "speeds"),
        ({"speeds": (2, 1)}, "rising"),
        ({"repeats": 0}, "repeats is 0"),
        ({"seed": 0.5}, "seed is 0.5"),
        ({"contrast": 0}, "contrast is 0"),
    ],
)
def test_anything_else_is_refused(given: dict, message: str) -> None:
    given = {"layer": "conv1", **given}
    with pytest.raises(UsageError, match=message):
        flow_tuning(load("motion-d3"), given.pop("layer"), **given)
    with pytest.raises(UsageError, match="no unit 99"):
        flow_tuning(load("motion-d3"), "conv1", speeds=(1,), repeats=1).checked(99)
