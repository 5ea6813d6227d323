"""Figures of frames left and of nets against nets: every cell says what it was given."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from c3d_teach.errors import UsageError
from c3d_teach.viz import static
from c3d_teach.viz.notebook import png
from c3d_teach.viz.study_tables import matrix_chart, time_left_chart

LAYERS = [f"{kind}{i}" for i in range(1, 6) for kind in ("conv", "pool")]
FRAMES = {
    "depth-3, paper's pooling": dict(zip(LAYERS, [16, 16, 16, 8, 8, 4, 4, 2, 2, 1], strict=True)),
    "depth-3, pooled early": dict(zip(LAYERS, [16, 8, 8, 4, 4, 2, 2, 1, 1, 1], strict=True)),
    "depth-3, no pooling in time": dict.fromkeys(LAYERS, 16),
}
DEAD = {"depth-3, pooled early": {"conv5": (2, 3)}, "depth-3, paper's pooling": {}}


def blocks(axis: Axes) -> list[int]:
    """How many blocks each cell has, in reading order; pale bars, of one block, left out."""
    found = [one for one in axis.collections if isinstance(one, PolyCollection)]
    return [len(one.get_paths()) for one in found[1::2]]


def smallest(figure: Figure) -> float:
    return min(t.get_fontsize() for t in figure.findobj(Text) if t.get_text())


def test_every_cell_has_a_block_for_each_frame_and_says_how_many() -> None:
    figure = time_left_chart(FRAMES, title="see", dead=DEAD)
    assert png(figure).startswith(b"\x89PNG")
    (axis,) = figure.axes
    counts = [count for net in FRAMES.values() for count in net.values()]
    assert blocks(axis) == counts
    numbers = [t.get_text() for t in axis.texts if "dead" not in t.get_text()]
    assert numbers == [str(count) for count in counts]
    assert [t.get_text() for t in axis.get_xticklabels()] == LAYERS
    rows = [t.get_text().replace("\n", " ") for t in axis.get_yticklabels()]
    assert rows == list(FRAMES) and axis.yaxis_inverted()
    assert "frames" in axis.get_xlabel() and "16" in axis.get_xlabel()
    assert smallest(figure) >= static.TICK and figure.get_figwidth() <= 10.5


def test_a_cell_with_dead_slices_is_framed_and_says_so() -> None:
    figure = time_left_chart(FRAMES, title="see", dead=DEAD)
    (axis,) = figure.axes
    (text,) = [t for t in axis.texts if "dead" in t.get_text()]
    assert text.get_text() == "2/3 dead"
    (frame,) = [one for one in axis.patches if isinstance(one, Rectangle)]
    figure.draw_without_rendering()
    around, inside = frame.get_window_extent(), text.get_window_extent()
    assert around.x0 <= inside.x0 and inside.x1 <= around.x1
    assert around.y0 <= inside.y0 and inside.y1 <= around.y1
    column = LAYERS.index("conv5")
    assert frame.get_x() < column < frame.get_x() + frame.get_width()
    top = frame.get_y()
    net = axis.get_yticks()[list(FRAMES).index("depth-3, pooled early")]
    assert top < net < top + frame.get_height()
    assert "2 of 3 slices" in axis.get_xlabel(), "what dead means is said below"
    boxes = [t.get_window_extent() for t in axis.texts]
    assert not any(box.overlaps(inside) for box in boxes if box.bounds != inside.bounds)


def test_without_dead_slices_death_is_not_spoken_of() -> None:
    figure = time_left_chart(FRAMES, title="see")
    assert not any("dead" in t.get_text() for t in figure.findobj(Text))


def test_a_long_clip_is_a_bar_as_long_as_its_share() -> None:
    figure = time_left_chart({"net": {"conv1": 64, "pool1": 16}}, title="see")
    (axis,) = figure.axes
    assert blocks(axis) == [1, 1]
    widths = [np.ptp(one.get_paths()[0].vertices[:, 0]) for one in axis.collections[1::2]]
    assert widths[1] == pytest.approx(widths[0] / 4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"lengths": {}},
        {"lengths": {"a": {}}},
        {"lengths": {"a": {"conv1": 0}}},
        {"lengths": {"a": {"conv1": 1.5}}},
        {"lengths": {"a": {"conv1": 4}, "b": {"conv2": 4}}},
        {"dead": {"b": {"conv1": (1, 3)}}},
        {"dead": {"a": {"conv2": (1, 3)}}},
        {"dead": {"a": {"conv1": (4, 3)}}},
        {"dead": {"a": {"conv1": (0, 3)}}},
    ],
)
def test_frames_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    arguments: dict[str, Any] = {"lengths": {"a": {"conv1": 4}}, "title": "see"}
    with pytest.raises(UsageError):
        time_left_chart(**arguments | wrong)


def tables(n: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Differences, p values and names: net i is right on 10 i per cent; neighbours are unclear."""
    right = 10.0 * np.arange(n)
    differences = right[:, None] - right[None]
    p = np.where(abs(differences) > 10, 0.001, 0.4)
    return differences, p, [f"depth-{i}, parameters of depth-3" for i in range(n)]


@pytest.mark.parametrize("n", [2, 3, 10])
def test_every_pair_has_its_difference_with_a_sign(n: int) -> None:
    differences, p, names = tables(n)
    figure = matrix_chart(differences, p, names, title="see")
    assert png(figure).startswith(b"\x89PNG")
    figure.draw_without_rendering()  # the PNG was drawn with more dots an inch
    axis = figure.axes[0]
    written = {t.get_position(): t.get_text() for t in axis.texts}
    assert len(written) == n * n - n, "none on the diagonal"
    for (column, row), text in written.items():
        sign = "+" if row > column else "−"
        assert text == f"{sign}{10 * abs(row - column):.1f}"
    for labels in (axis.get_xticklabels(), axis.get_yticklabels()):
        assert [t.get_text().replace("\n", " ") for t in labels] == names
        boxes = [t.get_window_extent() for t in labels]
        assert not any(a.overlaps(b) for a, b in pairwise(boxes))
    assert smallest(figure) >= static.TICK and figure.get_figwidth() <= 10.5
    for text in figure.findobj(Text):
        if text.get_text():
            box = text.get_window_extent()
            assert box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1, text.get_text()


def test_a_difference_that_seeds_do_not_tell_from_none_is_hatched_and_has_no_colour() -> None:
    differences, p, names = tables(4)
    p[3, 0] = p[0, 3] = 0.05
    figure = matrix_chart(differences, p, names, title="see")
    axis = figure.axes[0]
    hatched = {
        (round(one.get_x() + 0.5), round(one.get_y() + 0.5))
        for one in axis.patches
        if isinstance(one, Rectangle) and one.get_hatch()
    }
    near = {(i, j) for i in range(4) for j in range(4) if abs(i - j) == 1}
    assert hatched == near | {(0, 3), (3, 0)}
    shown = np.ma.filled(axis.images[0].get_array(), np.nan)
    assert np.isnan(shown[0, 1]) and np.isnan(shown[0, 3]) and shown[2, 0] == 20
    low, high = axis.images[0].get_clim()
    assert low == -high, "white is no difference"
    (key,) = figure.legends
    assert "p ≥ 0.05" in key.get_texts()[0].get_text()


def test_a_difference_that_rounds_to_nothing_has_no_minus() -> None:
    figure = matrix_chart([[0, -0.01], [0.01, 0]], np.ones((2, 2)), ["a", "b"], title="see")
    assert {t.get_text() for t in figure.axes[0].texts} == {"+0.0"}


def test_the_diagonal_is_not_read() -> None:
    nan = float("nan")
    figure = matrix_chart([[nan, -3], [3, nan]], [[nan, 0.01], [0.01, nan]], ["a", "b"], title="s")
    assert {t.get_text() for t in figure.axes[0].texts} == {"−3.0", "+3.0"}


@pytest.mark.parametrize(
    ("differences", "p", "names"),
    [
        ([[0.0]], [[1.0]], ["a"]),
        ([[0, 1], [-1, 0]], [[1, 0.1], [0.1, 1]], ["a", "b", "c"]),
        ([[0, 1], [-1, 0]], [[1, 0.1]], ["a", "b"]),
        ([[0, np.nan], [-1, 0]], [[1, 0.1], [0.1, 1]], ["a", "b"]),
        ([[0, 1], [-1, 0]], [[1, np.nan], [np.nan, 1]], ["a", "b"]),
        ([[0, 1], [-1, 0]], [[1, 1.2], [1.2, 1]], ["a", "b"]),
        ([[0, 1], [1, 0]], [[1, 0.1], [0.1, 1]], ["a", "b"]),
        ([[0, 1], [-1, 0]], [[1, 0.1], [0.2, 1]], ["a", "b"]),
    ],
)
def test_tables_that_cannot_be_are_refused(differences: Any, p: Any, names: list[str]) -> None:
    with pytest.raises(UsageError):
        matrix_chart(differences, p, names, title="see")
