"""Plotly figures carry the numbers they were given, and no meaning by colour alone."""

import numpy as np
import pytest

from c3d_teach.errors import UsageError
from c3d_teach.viz.interactive import probability_bars, probability_lines

NAMES = ("left", "right", "up", "down", "rotate clockwise", "rotate counter-clockwise")
NINE = (*NAMES, "zoom in", "zoom out", "still")


def some(clips: int, classes: int) -> np.ndarray:
    raw = np.random.default_rng(0).random((clips, classes))
    return raw / raw.sum(1, keepdims=True)


def test_bars_are_the_probabilities() -> None:
    p, q = some(2, 6)
    figure = probability_bars(NAMES, p, name="reversed", before=q, before_name="as it is")
    bars, diamonds, numbers = figure.data
    assert list(bars.x) == p.tolist() and list(bars.y) == list(NAMES)
    assert list(diamonds.x) == q.tolist() and diamonds.name == "as it is"
    assert numbers.text[int(p.argmax())] == f"<b>{p.max():.0%}</b>"
    assert figure.layout.showlegend
    assert not probability_bars(NAMES, p).layout.showlegend


def test_lines_are_the_probabilities_in_mid_clip() -> None:
    p = some(4, 9)
    figure = probability_lines(NINE, p, [0, 2, 4, 6, 8])
    assert [line.name for line in figure.data] == list(NINE)
    for k, line in enumerate(figure.data):
        assert list(line.x) == [1, 3, 5, 7] and list(line.y) == p[:, k].tolist()


def test_lines_differ_without_colour() -> None:
    figure = probability_lines(NINE, some(4, 9), range(5))
    looks = {(line.line.dash, line.marker.symbol) for line in figure.data}
    assert len(looks) == 9
    pairs = [(figure.data[k], figure.data[k + 1]) for k in range(0, 8, 2)]
    assert all(a.line.dash != b.line.dash for a, b in pairs)


def test_each_run_of_one_answer_is_labelled_once() -> None:
    p = np.zeros((6, 6))
    p[:3, 0], p[3:, 5] = 0.9, 0.8
    figure = probability_lines(NAMES, p, range(7))
    assert [(a.text, a.x) for a in figure.layout.annotations] == [
        ("left", 1.5),
        ("rotate counter-<br>clockwise", 4.5),
    ]


def test_labels_are_left_out_where_they_would_cover_each_other() -> None:
    p = np.eye(6)[np.arange(120) % 6]
    figure = probability_lines(NAMES, p, range(121))
    by_level: dict[float, list[float]] = {}
    for label in figure.layout.annotations:
        by_level.setdefault(label.yshift, []).append(label.x)
    assert 0 < len(figure.layout.annotations) < 40 and len(by_level) == 2
    assert all(np.diff(xs).min() > 4 for xs in by_level.values())


def test_nothing_is_labelled_when_nothing_is_sure() -> None:
    assert not probability_lines(NAMES, np.full((3, 6), 1 / 6), range(4)).layout.annotations


def test_what_is_watched_is_shaded() -> None:
    shade = probability_lines(NAMES, some(4, 6), range(5), watched=(1, 2)).layout.shapes[0]
    assert (shade.x0, shade.x1) == (1, 2)


def test_figures_do_not_fight_the_pages_theme() -> None:
    for figure in (
        probability_bars(NAMES, some(1, 6)[0]),
        probability_lines(NAMES, some(2, 6), [0, 1, 2]),
    ):
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert figure.layout.font.color is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (np.zeros(5), r"shape \(5,\) do not fit 6 classes; expected was \(6,\)"),
        (np.zeros((1, 6)), r"shape \(1, 6\)"),
    ],
)
def test_bars_explain_what_does_not_fit(given: np.ndarray, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        probability_bars(NAMES, given)


def test_lines_explain_what_does_not_fit() -> None:
    with pytest.raises(UsageError, match="4 clips need 5 times"):
        probability_lines(NAMES, some(4, 6), range(4))
    with pytest.raises(UsageError, match=r"expected was \(N, 6\)"):
        probability_lines(NAMES, np.zeros((0, 6)), [0])
