"""Figures of nets that share one pair of axes: places, bands, and names that do not collide."""

from itertools import combinations, pairwise
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from study_support import TEN, half

from c3d_teach.errors import UsageError
from c3d_teach.viz import static
from c3d_teach.viz.name_places import apart, width_of
from c3d_teach.viz.named_charts import loss_chart, two_questions_chart
from c3d_teach.viz.notebook import png


def smallest(figure: Figure) -> float:
    return min(t.get_fontsize() for t in figure.findobj(Text) if t.get_text())


def overlapping(texts: list[Text]) -> list[tuple[str, str]]:
    """Pairs of texts that lie on each other; an annotation's own line does not count."""
    boxes = {t.get_text(): Text.get_window_extent(t) for t in texts}
    return [(a, b) for a, b in combinations(boxes, 2) if boxes[a].overlaps(boxes[b])]


def test_two_questions_place_each_net_at_its_means_with_both_intervals() -> None:
    points = {"a": ([0.1, 0.2, 0.3], [0.9, 0.8, 0.85]), "b": ([0.9, 0.95], [0.3, 0.5])}
    figure = two_questions_chart(points, title="see", chance=(0.125, 1 / 3))
    assert png(figure).startswith(b"\x89PNG")
    (axis,) = figure.axes
    assert set(points) <= set([t.get_text() for t in axis.texts])
    for number, (net, (how, what)) in enumerate(points.items()):
        x, y = 100 * fmean(how), 100 * fmean(what)
        level, upright, mark = axis.lines[3 * number : 3 * number + 3]
        assert mark.get_label() == net
        assert (mark.get_xdata()[0], mark.get_ydata()[0]) == pytest.approx((x, y))
        dx, dy = 100 * half(how), 100 * half(what)
        assert level.get_xdata() == pytest.approx([x - dx, x + dx], rel=1e-3)
        assert upright.get_ydata() == pytest.approx([y - dy, y + dy], rel=1e-3)
        assert np.allclose(level.get_ydata(), y) and np.allclose(upright.get_xdata(), x)
    assert {"how: chance, 12.5 %", "what: chance, 33.3 %"} <= set(
        [t.get_text() for t in axis.texts]
    )
    assert smallest(figure) >= static.TICK


def test_nets_that_share_two_questions_are_told_apart_without_colour() -> None:
    figure = two_questions_chart({n: ([0.5], [0.5]) for n in TEN}, title="see")
    marks = [line.get_marker() for line in figure.axes[0].lines if line.get_label() in TEN]
    assert len(set(marks)) == len(TEN)


@pytest.mark.parametrize("seed", range(4))
def test_names_of_ten_nets_do_not_lie_on_each_other_or_on_markers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    middles = {n: rng.choice([0.25, 0.6, 0.9], 2) + rng.normal(0, 0.03, 2) for n in TEN}
    points = {
        net: tuple(np.clip(m + rng.normal(0, 0.03, 6), 0, 1) for m in middle)
        for net, middle in middles.items()
    }
    figure = two_questions_chart(points, title="see", chance=(0.125, 1 / 3))
    figure.draw_without_rendering()
    (axis,) = figure.axes
    names = [text for text in axis.texts if text.get_text() in TEN]
    assert not overlapping(list(axis.texts)) and len(names) == len(TEN)
    frame = axis.get_window_extent()
    for line in axis.lines:
        if line.get_label() in TEN:
            here = axis.transData.transform((line.get_xdata()[0], line.get_ydata()[0]))
            assert not any(Text.get_window_extent(t).contains(*here) for t in names)
    for text in names:
        box = Text.get_window_extent(text)
        assert frame.x0 - 1 <= box.x0 and box.x1 <= frame.x1 + 1, "inside the axes"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {f"net {i}": ([0.5], [0.5]) for i in range(13)},
        {"a": ([0.5, 0.6], [0.5])},
        {"a": ([0.5], [50])},
        {"a": ([float("nan")], [0.5])},
        {"a": ([], [])},
    ],
)
def test_answers_to_two_questions_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        two_questions_chart(wrong, title="see")


def test_a_loss_is_the_mean_over_seeds_in_a_band_of_all() -> None:
    curves = {"a": [[3, 2, 1.0], [5, 2, 0.5]], "b": [[4, 3, 2.0], [4, 3, 3.0]]}
    figure = loss_chart(curves, title="see", steps=300)
    assert png(figure).startswith(b"\x89PNG")
    (axis,) = figure.axes
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("mini-batches", "loss (nats)")
    for line, band, mean, least, most in zip(
        axis.lines,
        axis.collections,
        ([4, 2, 0.75], [4, 3, 2.5]),
        ([3, 2, 0.5], [4, 3, 2]),
        ([5, 2, 1], [4, 3, 3]),
        strict=True,
    ):
        assert list(line.get_xdata()) == [50, 150, 250], "the middles of the parts"
        assert list(line.get_ydata()) == mean
        corners = {tuple(one) for one in band.get_paths()[0].vertices}
        assert corners >= {*zip((50, 150, 250), least), *zip((50, 150, 250), most)}  # noqa: B905
    assert [t.get_text() for t in axis.texts] == ["a", "b"] and smallest(figure) >= static.TICK
    assert len({line.get_marker() for line in axis.lines}) == 2


def test_names_at_the_ends_of_equal_losses_stand_one_below_the_other() -> None:
    ends = (1.0, 1.01, 1.02, 1.0, 1.03, 3.0)
    curves = {net: [[4.0, end]] for net, end in zip(TEN[:6], ends, strict=True)}
    figure = loss_chart(curves, title="see", steps=20)
    figure.draw_without_rendering()
    (axis,) = figure.axes
    assert not overlapping(list(axis.texts))
    heights = [text.get_position()[1] for text in axis.texts]
    assert np.argsort(heights, kind="stable").tolist() == np.argsort(ends, kind="stable").tolist()
    assert all(Text.get_window_extent(t).x1 <= figure.bbox.x1 for t in axis.texts)


@pytest.mark.parametrize(
    "wrong",
    [
        {"curves": {}},
        {"curves": {"a": []}},
        {"curves": {"a": [[]]}},
        {"curves": {"a": [[1.0, 2.0], [1.0]]}},
        {"curves": {"a": [[1.0, 2.0]], "b": [[1.0]]}},
        {"curves": {"a": [[1.0, float("nan")]]}},
        {"curves": {"a": [[1.0, -1.0]]}},
        {"curves": {f"net {i}": [[1.0]] for i in range(7)}},
        {"steps": 1},
    ],
)
def test_losses_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    arguments: dict[str, Any] = {"curves": {"a": [[2.0, 1.0]]}, "title": "see", "steps": 10}
    with pytest.raises(UsageError):
        loss_chart(**arguments | wrong)


def test_heights_that_are_too_close_share_the_way_they_are_moved() -> None:
    assert apart([0.0, 10.0], 4).tolist() == [0, 10]
    assert apart([5.0, 5.0], 4).tolist() == [3, 7]
    assert apart([6.0, 5.0, 20.0], 4).tolist() == [7.5, 3.5, 20]
    rng = np.random.default_rng(1)
    for count in (1, 2, 6, 12):
        wanted = rng.uniform(0, 30, count)
        moved = apart(wanted, 4)
        assert (np.argsort(moved) == np.argsort(wanted)).all()
        assert all(b - a >= 4 - 1e-9 for a, b in pairwise(sorted(moved)))
        assert moved.mean() == pytest.approx(wanted.mean())


def test_the_width_of_a_text_is_that_of_its_widest_line_as_drawn() -> None:
    figure = Figure(dpi=720)  # at few dots an inch letters are moved to whole dots
    for text in ("depth-1", "depth-1,\nparameters of depth-3"):
        drawn = figure.text(0, 0, text, fontsize=static.LABEL).get_window_extent()
        assert width_of(text) == pytest.approx(drawn.width / 10, abs=2)
    assert width_of("\n") == 0
