"""Figures of accuracies over seeds: what is drawn is what was measured."""

from itertools import combinations
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from study_support import TEN, half

from c3d_teach.errors import UsageError
from c3d_teach.experiments.outcome import estimate
from c3d_teach.viz import static
from c3d_teach.viz.notebook import png
from c3d_teach.viz.study_charts import accuracy_chart, t_interval


def marked(axis: Axes, marker: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """x and y of all lines with that marker."""
    return [
        (np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float))
        for line in axis.lines
        if line.get_marker() == marker
    ]


def words(axis: Axes) -> list[str]:
    return [text.get_text() for text in axis.texts]


def said(figure: Figure) -> set[str]:
    return {text.get_text() for text in figure.findobj(Text)}


def smallest(figure: Figure) -> float:
    return min(t.get_fontsize() for t in figure.findobj(Text) if t.get_text())


def crowd(seeds: int = 6) -> dict[str, dict[str, list[float]]]:
    """Ten nets in three settings, some at the edges."""
    rng = np.random.default_rng(0)
    means = (0.45, 0.9, 0.93, 0.99, 0.95, 0.9, 0.46, 0.5, 0.97, 0.02)
    return {
        setting: {
            net: np.clip(rng.normal(mean * factor, 0.05, seeds), 0, 1).tolist()
            for net, mean in zip(TEN, means, strict=True)
        }
        for setting, factor in (("plain", 1.0), ("slow and noisy", 0.6), ("few clips", 0.3))
    }


@pytest.mark.parametrize("values", [[0.2, 0.4], [0.5, 0.6, 0.9], [0.1, 0.2, 0.2, 0.3, 0.5, 0.9]])
def test_the_interval_is_students_by_the_printed_table(values: list[float]) -> None:
    mean, low, high = t_interval(values)
    assert mean == pytest.approx(fmean(values))
    assert high - mean == pytest.approx(half(values), rel=2e-4)
    assert mean - low == pytest.approx(high - mean)


def test_a_single_seed_has_a_mean_and_no_interval() -> None:
    mean, low, high = t_interval([0.7])
    assert mean == 0.7 and np.isnan([low, high]).all()
    figure = accuracy_chart({"plain": {"a": [0.7]}}, title="see", xlabel="right")
    (axis,) = figure.axes
    assert not marked(axis, "|") and "70 %" in words(axis)


def test_every_seed_is_a_ring_every_mean_a_diamond_and_every_interval_a_bar() -> None:
    panels = {
        "plain": {"a": [0.2, 0.3, 0.7], "b": [0.9, 0.8]},
        "slow": {"b": [0.5, 0.6], "a": [0.1, 0.15, 0.2]},
    }
    figure = accuracy_chart(panels, title="see", xlabel="clips right")
    assert png(figure).startswith(b"\x89PNG")
    for axis, (setting, nets) in zip(figure.axes, panels.items(), strict=True):
        assert axis.get_title() == setting and axis.get_xlabel() == "clips right"
        rings, diamonds, bars = (marked(axis, one) for one in ("o", "D", "|"))
        for row, net in enumerate(["a", "b"]):
            values = nets[net]
            mean, reach = 100 * fmean(values), 100 * half(values)
            assert sorted(rings[row][0]) == pytest.approx(sorted(100 * v for v in values))
            assert diamonds[row][0] == pytest.approx([mean])
            assert bars[row][0] == pytest.approx([mean - reach, mean + reach], rel=1e-3)
            for places in (rings[row][1], diamonds[row][1], bars[row][1]):
                assert (abs(places - row) < 0.5).all(), "in its own row"
            assert rings[row][1].max() < bars[row][1].min(), "rings above the bar"
    ticks = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert ticks == ["a", "b"] and figure.axes[0].yaxis_inverted(), "the first net is on top"


def test_an_accuracy_chart_of_one_result_is_always_the_same_picture() -> None:
    made = [png(accuracy_chart(crowd(), title="see", xlabel="right")) for _ in range(2)]
    assert made[0] == made[1]


def test_chance_and_the_ceiling_stand_where_they_are_and_are_named() -> None:
    nets = {"blind": [0.4, 0.45], "seeing": [0.9, 0.95]}
    figure = accuracy_chart(
        {"plain": nets, "slow": nets},
        title="see",
        xlabel="right",
        chance=1 / 8,
        ceiling=0.5,
        ceiling_for=["blind"],
    )
    for axis in figure.axes:
        assert "chance 12.5 %" in words(axis)
        (line,) = [one for one in axis.lines if one.get_linestyle() == "--"]
        assert np.allclose(line.get_xdata(), 12.5)
        walls = [one for one in axis.lines if len(one.get_xdata()) == 4]
        (wall,) = walls
        assert np.max(wall.get_xdata()) == 50
        assert np.mean(wall.get_ydata()) == 0, "in the row of the blind net"
    (key,) = figure.legends
    assert "at most 50 %: blind to the arrow of time" in [t.get_text() for t in key.get_texts()]


def test_without_blind_nets_no_ceiling_is_spoken_of() -> None:
    figure = accuracy_chart({"plain": {"a": [0.5]}}, title="see", xlabel="right", ceiling=0.5)
    assert not any("at most" in one for one in said(figure))


def test_ten_nets_in_three_settings_are_readable() -> None:
    figure = accuracy_chart(
        crowd(),
        title="see",
        xlabel="test clips whose motion is right",
        chance=1 / 8,
        ceiling=0.5,
        ceiling_for=[net for net in TEN if net.startswith("depth-1")],
    )
    figure.draw_without_rendering()
    assert figure.get_figwidth() <= 10.5 and smallest(figure) >= static.TICK
    ticks = figure.axes[0].get_yticklabels()
    assert [t.get_text().replace("\n", " ") for t in ticks] == list(TEN)
    rows = [t.get_window_extent() for t in ticks]
    assert not any(a.overlaps(b) for a, b in combinations(rows, 2))
    for axis in figure.axes:
        numbers = [text for text in axis.texts if "chance" not in text.get_text()]
        assert len(numbers) == len(TEN)
        for text, (bar, y) in zip(numbers, marked(axis, "|"), strict=True):
            box = text.get_window_extent().transformed(axis.transData.inverted())
            assert y[0] == pytest.approx(text.get_position()[1])
            assert box.x1 < bar.min() or box.x0 > bar.max(), "no number on a bar"
            assert box.x0 > -4 and box.x1 < 104, "no number in the next panel"
    titles = [axis.title for axis in figure.axes] + [axis.xaxis.label for axis in figure.axes]
    for a, b in combinations(titles, 2):
        assert not a.get_window_extent().overlaps(b.get_window_extent())


def test_a_number_covers_neither_the_ceiling_nor_chance() -> None:
    for mean in np.arange(0.02, 0.5, 0.01):
        figure = accuracy_chart(
            {"a": {"n": [mean - 0.01, mean + 0.01]}, "b": {"n": [mean]}, "c": {"n": [mean]}},
            title="see",
            xlabel="right",
            chance=0.125,
            ceiling=0.5,
            ceiling_for=["n"],
        )
        figure.draw_without_rendering()
        for axis in figure.axes:
            text = axis.texts[0]
            box = text.get_window_extent().transformed(axis.transData.inverted())
            assert "%" in text.get_text()
            assert not any(box.x0 <= line <= box.x1 for line in (12.5, 50)), mean


@pytest.mark.parametrize(
    "wrong",
    [
        {"panels": {}},
        {"panels": {"plain": {}}},
        {"panels": {"plain": {"a": []}}},
        {"panels": {"plain": {"a": [1.2]}}},
        {"panels": {"plain": {"a": [-0.1]}}},
        {"panels": {"plain": {"a": [float("nan")]}}},
        {"panels": {"plain": {"a": [[0.5]]}}},
        {"panels": {"plain": {"a": [0.5]}, "slow": {"b": [0.5]}}},
        {"panels": {f"setting {i}": {"a": [0.5]} for i in range(20)}},
        {"chance": 12.5},
        {"ceiling": 50, "ceiling_for": ["a"]},
        {"ceiling": 0.5, "ceiling_for": ["another"]},
    ],
)
def test_accuracies_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    arguments = {"panels": {"plain": {"a": [0.5]}}, "title": "see", "xlabel": "right"} | wrong
    with pytest.raises(UsageError):
        accuracy_chart(**arguments)


def test_the_interval_of_the_figure_is_that_of_the_tables():
    values = [0.31, 0.28, 0.4, 0.35]
    found = estimate(values)
    assert t_interval(values) == pytest.approx((found.mean, found.low, found.high))
