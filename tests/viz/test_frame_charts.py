"""The figures of lesson 2: three ways, circles, mean frames, layouts of weights, lines."""

import numpy as np
import pytest

from c3d_teach.errors import UsageError
from c3d_teach.viz.channel_charts import layout_chart
from c3d_teach.viz.notebook import png
from c3d_teach.viz.one_frame_charts import circle_chart, frame_and_pair_chart
from c3d_teach.viz.share_lines import share_lines
from c3d_teach.viz.three_ways import Way, three_ways_chart

FRAMES = np.arange(8 * 6 * 5.0).reshape(8, 6, 5)
ONE = Way("(a)", "in\nout", FRAMES[:1], FRAMES[:1] - 9, (0, 1))
DEEP = Way("(c)", "in\nout", FRAMES, FRAMES - 99, (0, 3), slides=True)


def words(figure: object) -> str:
    return " ".join(text.get_text() for axis in figure.axes for text in axis.texts)  # type: ignore[attr-defined]


def test_every_frame_of_every_way_is_a_sheet() -> None:
    figure = three_ways_chart([ONE, DEEP], title="Ways")
    assert [len(axis.images) for axis in figure.axes] == [2, 16]
    assert "1 frame" in words(figure) and "8 frames" in words(figure)
    assert png(figure)


@pytest.mark.parametrize(
    "ways",
    [
        [],
        [DEEP] * 5,
        [Way("a", "", FRAMES[0], FRAMES, (0, 1))],
        [Way("a", "", FRAMES, FRAMES, (0, 9))],
        [Way("a", "", np.zeros((17, 2, 2)), FRAMES, (0, 1))],
    ],
)
def test_ways_that_cannot_be_drawn_are_refused(ways: list[Way]) -> None:
    with pytest.raises(UsageError):
        three_ways_chart(ways, title="No")


def test_points_on_a_circle_are_counted() -> None:
    before = np.arange(1600) * 0.02 + 0.01
    figure = circle_chart(before, (before + 5) % 32, around=32, title="Round")
    for axis in figure.axes[1:]:
        heights = [bar.get_height() for bar in axis.patches]  # type: ignore[attr-defined]
        assert len(heights) == 16 and np.allclose(heights, 6.25, atol=0.2)


@pytest.mark.parametrize("after", [[1.0], [40.0, 1.0], []])
def test_points_off_the_circle_are_refused(after: list[float]) -> None:
    with pytest.raises(UsageError, match="circle_chart"):
        circle_chart([1.0, 2.0], after, around=32, title="No")


def test_the_best_fit_has_a_ring_at_its_shift() -> None:
    fit = np.zeros((5, 5))
    fit[2, 4] = 3.0  # two pixels to the right
    names = ("right", "rotate counter-clockwise")
    figure = frame_and_pair_chart(
        dict.fromkeys(names, np.ones((6, 6))), dict.fromkeys(names, fit), title="Pairs"
    )
    (line,) = [line for line in figure.axes[2].lines if line.get_marker() == "o"]
    assert (line.get_xdata()[0], line.get_ydata()[0]) == (2, 0)  # type: ignore[index]


@pytest.mark.parametrize(
    ("frames", "maps"),
    [
        ({}, {}),
        ({"a": np.ones((3, 3))}, {"b": np.ones((3, 3))}),
        ({"a": np.ones((3, 3))}, {"a": np.ones((4, 4))}),
    ],
)
def test_other_motions_below_than_above_are_refused(frames: dict, maps: dict) -> None:
    with pytest.raises(UsageError):
        frame_and_pair_chart(frames, maps, title="No")


def test_the_layout_shows_every_weight_twice() -> None:
    flat = np.arange(8 * 9.0).reshape(8, 3, 3)
    figure = layout_chart(flat, flat.reshape(2, 4, 3, 3), title="Layout")
    shown = words(figure).split()
    assert sorted(map(int, shown)) == sorted(2 * list(range(72)))


@pytest.mark.parametrize(
    "sizes", [((8, 3, 3), (3, 2, 3, 3)), ((13, 3, 3), (1, 13, 3, 3)), ((5, 1, 1), (5, 1, 1, 1))]
)
def test_a_layout_that_does_not_fit_is_refused(sizes: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(UsageError, match="layout_chart"):
        layout_chart(np.zeros(sizes[0]), np.zeros(sizes[1]), title="No")


def test_lines_are_named_and_chance_is_drawn() -> None:
    figure = share_lines(
        {"a": [0.5, 1.0], "b": [0.2, 1.0]},
        (0.5, 3),
        title="Lines",
        xlabel="speed",
        ylabel="right",
        chance=0.125,
        marked=(0.5, "training"),
    )
    said = words(figure)
    assert "chance 12.5 %" in said and "training" in said
    names = [text for text in figure.axes[0].texts if text.get_text() in ("a", "b")]
    heights = [text.xy[1] for text in names]  # type: ignore[attr-defined]
    assert len(heights) == 2 and abs(heights[0] - heights[1]) > 5  # both end at 100 %


def test_each_seed_is_a_ring_and_the_line_is_their_mean() -> None:
    figure = share_lines(
        {"a": [[0.4, 0.6], [0.6, 1.0]]}, (1, 2), title="Seeds", xlabel="x", ylabel="y"
    )
    *rings, line = figure.axes[0].lines
    assert len(rings) == 2 and np.allclose(line.get_ydata(), [50, 80])


@pytest.mark.parametrize(
    "lines", [{}, {"a": [0.5]}, {"a": [0.5, 2.0]}, {str(i): [0.1, 0.2] for i in range(7)}]
)
def test_lines_that_cannot_be_drawn_are_refused(lines: dict[str, list[float]]) -> None:
    with pytest.raises(UsageError):
        share_lines(lines, (1, 2), title="No", xlabel="x", ylabel="y")
