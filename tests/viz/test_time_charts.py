"""Windows, pyramids, slices and differences: what stands in the figures, and what they refuse."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from c3d_teach.errors import UsageError
from c3d_teach.viz.difference_chart import difference_chart
from c3d_teach.viz.slice_chart import slice_chart
from c3d_teach.viz.static import response_strip
from c3d_teach.viz.time_charts import pyramid_chart, windows_chart


def words(figure: Figure) -> list[str]:
    return [text.get_text() for axis in figure.axes for text in axis.texts]


def test_windows_show_the_largest_of_each() -> None:
    said = words(windows_chart({"a": [0, 0, 5, 9, 4, 0, 2, 1]}, title="Windows"))
    assert said[-4:] != [] and said.count("9") == 2 and said.count("behind the pool") == 1
    assert "dropped" not in said


def test_a_frame_without_a_partner_is_dropped() -> None:
    chart = windows_chart({"a": [1, 2, 3], "b": [3, 2, 1]}, title="Odd")
    assert words(chart).count("dropped") == 2
    assert words(windows_chart({"a": range(16)}, title="Four", window=4)).count("15") == 3


@pytest.mark.parametrize(
    ("rows", "window"), [({}, 2), ({"a": [1, 2], "b": [1]}, 2), ({"a": [1]}, 2), ({"a": [1, 2]}, 0)]
)
def test_other_windows_are_refused(rows, window: int) -> None:
    with pytest.raises(UsageError, match="rows of one length"):
        windows_chart(rows, title="x", window=window)


def test_a_pyramid_has_every_frame_of_every_row() -> None:
    clip = np.random.default_rng(0).random((16, 8, 8, 1))
    chart = pyramid_chart({"16": clip, "8": clip[::2], "1": clip[:1, ..., 0]}, title="Pyramid")
    assert len(chart.axes[0].images) == 25
    assert words(chart) == ["16", "8", "1"]


def test_other_pyramids_are_refused() -> None:
    clip = np.zeros((4, 3, 3))
    for rows in ({}, {"a": clip[:2], "b": clip}, {"a": np.zeros((21, 2, 2))}):
        with pytest.raises(UsageError, match="longest first"):
            pyramid_chart(rows, title="x")
    with pytest.raises(UsageError, match=r"clips \(L, H, W\)"):
        pyramid_chart({"a": np.zeros((4, 3))}, title="x")


def test_zero_gradients_are_called_dead() -> None:
    nets = {"a": {"conv1": [1.0, 2.0, 1.0], "conv2": [0.0, 2.0, 0.0]}}
    said = words(slice_chart(nets, title="Slices", frames={"a": {"conv1": 2, "conv2": 1}}))
    assert said == ["0\ndead", "0\ndead"]
    assert words(slice_chart({"a": {"conv1": [0.0]}}, title="All dead")) == ["0\ndead"]


@pytest.mark.parametrize(
    ("nets", "said"),
    [
        ({}, "same layers"),
        ({"a": {"conv1": [1.0]}, "b": {"conv2": [1.0]}}, "same layers"),
        ({"a": {"conv1": [-1.0]}}, "magnitudes"),
        ({"a": {"conv1": [np.nan]}}, "magnitudes"),
    ],
)
def test_other_slices_are_refused(nets, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        slice_chart(nets, title="x")


def test_differences_whose_interval_holds_zero_are_hollow() -> None:
    chart = difference_chart(
        {"clear": [5.0, 6.0, 7.0], "unclear": [-5.0, 6.0, 7.0]}, title="Pairs", xlabel="points"
    )
    fills = [line.get_markerfacecolor() for line in chart.axes[0].lines if line.get_marker() == "D"]
    assert fills[0] != "white" and fills[1] == "white"
    for rows in ({}, {"a": [1.0]}):
        with pytest.raises(UsageError, match="two seeds or more"):
            difference_chart(rows, title="x", xlabel="y")


def test_a_strip_says_what_it_measures() -> None:
    values = np.zeros((2, 3, 3))
    assert response_strip(values, title="x").axes[-1].get_ylabel() == "response"
    named = response_strip(values, title="x", label="difference (grey levels)")
    assert named.axes[-1].get_ylabel() == "difference (grey levels)"
