"""Figures of features: everything named, readable at 2 and at 101 classes, bad input refused."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from c3d_teach.errors import UsageError
from c3d_teach.viz import static
from c3d_teach.viz.feature_charts import compactness_chart, confusion_chart
from c3d_teach.viz.notebook import png
from c3d_teach.viz.video_map import embedding_chart


def texts(figure: Figure) -> list[str]:
    found = [t.get_text() for t in figure.findobj(match=lambda a: hasattr(a, "get_text"))]
    return [t for t in found if t]


def smallest(figure: Figure) -> float:
    return min(
        t.get_fontsize()
        for t in figure.findobj(match=lambda a: hasattr(a, "get_fontsize") and a.get_text())
    )


def names(k: int) -> list[str]:
    return [f"kind {i}" for i in range(k)]


@pytest.mark.parametrize("k", [1, 2, 8, 12, 13, 30, 31, 101])
def test_a_confusion_is_readable_for_any_number_of_classes(k: int) -> None:
    counts = 3 * np.eye(k, dtype=int)
    counts[0, -1] += 1
    figure = confusion_chart(counts, names(k), title="see")
    assert png(figure).startswith(b"\x89PNG")
    axis = figure.axes[0]
    shown = [t.get_text() for t in axis.get_yticklabels()]
    assert len(shown) <= 30 and shown[0] == "kind 0"
    assert shown == [t.get_text() for t in axis.get_xticklabels()]
    numbers = [t.get_text() for t in axis.texts]
    assert bool(numbers) == (k <= 12)
    if 1 < k <= 12:
        assert numbers.count("100") == k - 1 and "75" in numbers and "25" in numbers
    if k > 30:
        assert any("every 2nd class named" in t or "every 4th" in t for t in texts(figure))
    assert {"see", "answer"} <= set(texts(figure))
    assert smallest(figure) >= static.TICK


def test_names_of_neighbouring_classes_do_not_overlap() -> None:
    figure = confusion_chart(np.eye(101), ["ApplyEyeMakeup"] * 101, title="see")
    png(figure)
    for labels, side in (
        (figure.axes[0].get_yticklabels(), 1),
        (figure.axes[0].get_xticklabels(), 0),
    ):
        boxes = [t.get_window_extent() for t in labels]
        edges = sorted((b.bounds[side], b.bounds[side] + b.bounds[side + 2]) for b in boxes)
        assert all(a[1] <= b[0] for a, b in pairwise(edges))


def test_a_class_never_tested_is_an_empty_row() -> None:
    figure = confusion_chart([[2, 0], [0, 0]], ["a", "b"], title="see")
    assert [t.get_text() for t in figure.axes[0].texts] == ["100"]


def test_a_compactness_curve_has_whiskers_a_logarithmic_axis_and_the_papers_line() -> None:
    paper = ((10, 0.528), (50, 0.726))
    args = ([10, 512], [0.4, 0.9], [0.3, 0.85], [0.5, 0.95])
    figure = compactness_chart(*args, title="see", paper=paper, chance=0.1)
    assert png(figure).startswith(b"\x89PNG")
    axis = figure.axes[0]
    assert axis.get_xscale() == "log"
    said = texts(figure)
    assert {"paper, UCF101", "these videos (95 % interval)", "chance, 10.0%"} <= set(said)
    assert {"40.0", "90.0", "52.8", "72.6", "10", "50", "512"} <= set(said)
    (segments,) = [c.get_segments() for c in axis.collections]
    assert np.allclose(np.array(segments)[:, :, 1], [[0.3, 0.5], [0.85, 0.95]])
    lines = {line.get_linestyle() for line in axis.lines if len(line.get_xdata()) == 2}
    assert {"-", "--"} <= lines, "told apart without colour"
    assert smallest(figure) >= static.TICK


def test_without_the_paper_there_is_no_paper() -> None:
    figure = compactness_chart([10], [1.0], [0.8], [1.0], title="see")
    assert not any("paper" in t for t in texts(figure))


@pytest.mark.parametrize("k", [1, 3, 10, 11, 101])
def test_classes_of_an_embedding_are_told_apart_without_colour(k: int) -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(names(k), 3)
    figure = embedding_chart(rng.normal(size=(3 * k, 2)), labels, title="see")
    assert png(figure).startswith(b"\x89PNG")
    axis = figure.axes[0]
    assert len(axis.collections) == k
    written = {t.get_text() for t in axis.texts}
    said = texts(figure)
    if k <= 10:
        assert written == set(names(k))
        shapes = {tuple(map(tuple, c.get_paths()[0].vertices.round(3))) for c in axis.collections}
        assert len(shapes) == k
    else:
        assert written == {str(i + 1) for i in range(k)}
        assert {f"{i + 1}  {name}" for i, name in enumerate(sorted(names(k)))} <= set(said)
    assert smallest(figure) >= static.TICK


def test_a_class_is_named_at_a_video_of_its_own_and_no_class_is_called_so() -> None:
    places = np.array([[0, 0], [1, 0], [0, 1], [30.0, 30], [9, 9]])
    figure = embedding_chart(places, ["a", "a", "a", "a", ""], title="see")
    at = {t.get_text(): tuple(t.xy) for t in figure.axes[0].texts}
    assert at["a"] in {(0, 0), (1, 0), (0, 1)}, "one far video does not draw the name away"
    assert at["no class"] == (9, 9)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: confusion_chart(np.eye(3), ["a"], title=""), r"\(3, 3\) and 1 names"),
        (lambda: confusion_chart(-np.eye(1), ["a"], title=""), "from 0"),
        (lambda: confusion_chart(np.empty((0, 0)), [], title=""), "0 names"),
        (lambda: compactness_chart([1, 2], [0.5], [0], [1], title=""), "one accuracy"),
        (lambda: compactness_chart([], [], [], [], title=""), "one accuracy"),
        (lambda: compactness_chart([0], [0.5], [0], [1], title=""), "from 1"),
        (lambda: compactness_chart([1], [50], [40], [60], title=""), "from 0 to 1"),
        (lambda: embedding_chart(np.ones((3, 3)), ["a"] * 3, title=""), r"\(3, 3\)"),
        (lambda: embedding_chart(np.ones((3, 2)), ["a"], title=""), "3 places and 1 labels"),
        (lambda: embedding_chart(np.full((1, 2), np.nan), ["a"], title=""), "finite"),
    ],
)
def test_a_figure_of_anything_else_is_refused(draw: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        draw()


def test_names_of_classes_that_lie_on_one_another_are_moved_apart() -> None:
    rng = np.random.default_rng(0)
    places = np.concatenate([rng.normal(size=(60, 2)), [[30, 0], [-30, 8]]])
    labels = ["rotate", "zoom in", "zoom out"] * 20 + ["left", "right"]
    figure = embedding_chart(places, labels, title="see")
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert len(boxes) == 5
    for k, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:k])
