"""Figures of tuning: what they write is what was measured, and silent units draw, too."""

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from c3d_teach import load
from c3d_teach.analysis.filters.flow_tuning import FlowTuning, flow_tuning
from c3d_teach.analysis.filters.motion_filters import filter_net, moving_gabor, static_gabor
from c3d_teach.analysis.filters.tuning import Tuning, tuning
from c3d_teach.errors import UsageError
from c3d_teach.viz import static
from c3d_teach.viz.notebook import png
from c3d_teach.viz.tuning_charts import flow_chart, selectivity_chart, tuning_chart, tuning_grid
from c3d_teach.viz.tuning_layout import preferred_place, signed_map, speed_lines
from c3d_teach.viz.tuning_plots import (
    flow_plot,
    selectivity_plot,
    tuning_grid_plot,
    tuning_plot,
)

FILTERS = {
    "right": moving_gabor(direction=30),
    "still": static_gabor(),
    "silent": np.zeros((5, 7, 7), np.float32),
}


@pytest.fixture(scope="module")
def found() -> dict[str, Tuning]:
    net = filter_net(FILTERS)
    return {s: tuning(net, "conv1", stimulus=s, directions=8) for s in ("gratings", "bars")}


@pytest.fixture(scope="module")
def flow() -> FlowTuning:
    net = filter_net({"right": moving_gabor(), "silent": np.zeros((5, 7, 7))})
    return flow_tuning(net, "conv1", speeds=(0.5, 1.0), repeats=3)


def texts(figure: Figure) -> list[str]:
    found = [t.get_text() for t in figure.findobj(match=lambda a: hasattr(a, "get_text"))]
    return [t for t in found if t]


def smallest(figure: Figure) -> float:
    return min(
        t.get_fontsize()
        for t in figure.findobj(match=lambda a: hasattr(a, "get_fontsize") and a.get_text())
    )


@pytest.mark.parametrize("stimulus", ["gratings", "bars"])
@pytest.mark.parametrize("channel", [0, 1, 2])
def test_a_unit_is_drawn_with_its_index_its_units_and_its_preference(
    found: dict[str, Tuning], stimulus: str, channel: int
) -> None:
    unit = found[stimulus].unit(channel)
    figure = tuning_chart(unit)
    assert png(figure).startswith(b"\x89PNG")
    said = " ".join(texts(figure))
    unit_name = "pixels a frame" if stimulus == "bars" else "cycles a frame"
    assert unit_name in said and "conv1 unit" in said
    if channel == 2:
        assert "no answer" in said and "does not answer" in said
    else:
        assert f"selectivity {unit.selectivity:.2f}" in said
        assert f"{unit.direction:.0f}°" in said
    assert smallest(figure) >= static.TICK
    assert "another" in texts(tuning_chart(unit, title="another"))
    plot = tuning_plot(unit)
    assert plot.data[0].type == "scatterpolar"
    heat = next(t for t in plot.data if t.type == "heatmap")
    assert np.allclose(heat.z, signed_map(unit)[0])
    assert plot.layout.paper_bgcolor == "rgba(0,0,0,0)" and plot.layout.dragmode is False
    assert f"{unit.unit}" in plot.layout.title.text


def test_the_map_has_the_preferred_direction_above_and_the_opposite_below(
    found: dict[str, Tuning],
) -> None:
    for unit in (found["gratings"].unit(0), found["bars"].unit(0)):
        values, fast, large = signed_map(unit)
        assert values.shape == (len(fast), len(large)) and (np.diff(fast) > 0).all()
        assert values.max() == unit.responses[unit.peak]
        y, _ = np.unravel_index(values.argmax(), values.shape)
        assert fast[y] > 0
        opposite = unit.responses[(unit.peak[0] + 4) % 8]
        mirrored = values[len(fast) - 1 - y]
        expected = opposite[:, unit.peak[2]] if len(fast) == 9 else opposite[unit.peak[1]]
        assert np.allclose(mirrored, expected)
    x, y = preferred_place(found["gratings"].unit(0), *signed_map(found["gratings"].unit(0))[1:])
    assert 2 < x < 4 and 6 < y < 8, "between the frequencies shown"


def test_a_line_of_constant_speed_is_where_speed_is_constant() -> None:
    frequencies = np.array([0.05, 0.1, 0.2])
    fast = np.array([-0.2, -0.1, -0.05, 0, 0.05, 0.1, 0.2])
    lines = {speed: (x, y) for speed, x, y in speed_lines(fast, frequencies)}
    x, y = lines[1.0]
    assert np.allclose(y, x + 4), "on octaves, the diagonal"
    x, y = lines[2.0]
    assert np.allclose(y, x + 5) and x.max() < 1.02


def test_a_grid_shows_the_most_selective_units_and_no_silent_one(
    found: dict[str, Tuning],
) -> None:
    figure = tuning_grid(found["gratings"])
    assert png(figure).startswith(b"\x89PNG")
    units = [t for t in texts(figure) if t.startswith("unit ") and t[5].isdigit()]
    assert [u.split(":")[0] for u in units] == ["unit 0", "unit 1"]
    assert smallest(figure) >= static.TICK
    plot = tuning_grid_plot(found["gratings"], count=1)
    assert [a.text for a in plot.layout.annotations] == [units[0]]
    silent = tuning(filter_net([np.zeros((3, 3, 3))]), "conv1", directions=4, phases=1)
    assert any("no unit answers" in t for t in texts(tuning_grid(silent)))
    assert any("no unit" in a.text for a in tuning_grid_plot(silent).layout.annotations)


def test_selectivity_has_a_dot_a_unit_medians_and_the_silent_counted() -> None:
    groups = {
        "trained": {"conv1": [0.2, 0.9, 0.75, np.nan], "conv2": [1.0, np.nan, np.nan]},
        "depth 1": {"conv1": [0.0, 0.0]},
    }
    figure = selectivity_chart(groups, title="see")
    assert png(figure).startswith(b"\x89PNG")
    axis = figure.axes[0]
    assert [len(c.get_offsets()) for c in axis.collections] == [3, 1, 2]
    written = [t.get_text() for t in axis.texts]
    assert {"0.75", "1.00", "0.00", "1", "2", "0", "median", "silent"} == set(written)
    assert {"trained", "depth 1", "conv1", "conv2", "see"} <= set(texts(figure))
    markers = {tuple(c.get_paths()[0].vertices.round(2).ravel()[:6]) for c in axis.collections}
    assert len(markers) == 2, "nets are told apart without colour"
    assert smallest(figure) >= static.TICK
    plot = selectivity_plot(groups)
    assert [len(t.y) for t in plot.data] == [4, 2]
    assert "silent: conv1 1, conv2 2" in plot.data[0].name and "silent: 0" in plot.data[1].name
    many = {f"net {k}": {f"conv{i}": [0.5] for i in range(9)} for k in range(3)}
    assert png(selectivity_chart(many)).startswith(b"\x89PNG")


def test_a_flow_has_a_panel_a_pair_and_a_bar_a_pattern_and_speed(flow: FlowTuning) -> None:
    for channel in (0, 1):
        figure = flow_chart(flow, channel)
        assert png(figure).startswith(b"\x89PNG")
        said = texts(figure)
        assert set(flow.patterns) <= set(said)
        heights = [[p.get_height() for p in axis.patches] for axis in figure.axes]
        assert np.allclose(np.array(heights).reshape(8, 2), flow.mean[channel])
        assert smallest(figure) >= static.TICK
        assert flow.patterns[flow.preferred[0]] in " ".join(said)
        assert ("neither answers" in said) == (channel == 1)
        plot = flow_plot(flow, channel)
        assert np.allclose([t.y for t in plot.data], flow.mean[channel])
        assert {t.marker.pattern.shape for t in plot.data} == {"", "/"}


def test_a_layer_of_a_trained_net_is_drawn() -> None:
    found = tuning(load("motion-d3"), "conv1", directions=8, phases=2)
    assert png(tuning_grid(found, count=16)).startswith(b"\x89PNG")
    assert len(tuning_grid_plot(found, count=16).layout.annotations) == 16


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda t, f: tuning_grid(t, count=0), "count is 0"),
        (lambda t, f: tuning_grid_plot(t, count=0), "count is 0"),
        (lambda t, f: flow_chart(f, 9), "no unit 9"),
        (lambda t, f: flow_plot(f, -1), "no unit -1"),
        (lambda t, f: selectivity_chart({}), "no layer"),
        (lambda t, f: selectivity_plot({"a": {}}), "no layer"),
        (lambda t, f: selectivity_chart({"a": {"b": [1.5]}}), "from 0 to 1"),
        (lambda t, f: selectivity_plot({"a": {"b": [[0.5]]}}), "from 0 to 1"),
        (lambda t, f: selectivity_chart({"a": {"b": []}}), "from 0 to 1"),
    ],
)
def test_anything_else_is_refused(
    found: dict[str, Tuning], flow: FlowTuning, draw: Any, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        draw(found["gratings"], flow)
