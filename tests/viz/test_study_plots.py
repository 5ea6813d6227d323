"""Charts of trainings over seeds."""

import pytest

from c3d_teach.errors import UsageError
from c3d_teach.viz.study_plots import loss_curve, seeds_plot

ROWS = {"a": [0.1, 0.3], "b, with a long name indeed": [0.5, 0.7]}
INTERVALS = {"a": (0.2, 0.0, 0.4), "b, with a long name indeed": (0.6, 0.5, 0.7)}


def test_controls_differ_by_shape_and_name() -> None:
    figure = seeds_plot(ROWS, INTERVALS, chance=0.125, controls=["a"])
    shapes = {t.name: t.marker.symbol for t in figure.data}
    assert len(set(shapes.values())) == len(shapes) == 4
    assert any("control" in name for name in shapes)
    assert list(figure.data[0].error_x.array) == pytest.approx([0.1])


def test_chosen_training_chance_and_ceiling_are_marked() -> None:
    figure = seeds_plot(
        ROWS, INTERVALS, chance=0.125, ceilings={"a": 0.5}, chosen=("a", 1), chance_says="coin"
    )
    ring = next(t for t in figure.data if t.name == "the training below")
    assert list(ring.x) == [0.3]
    assert "coin 12.5%" in [a.text for a in figure.layout.annotations]
    assert {s.x0 for s in figure.layout.shapes} == {0.5, 0.125}
    assert "b,<br>with a long name indeed" in figure.layout.yaxis.ticktext


def test_an_interval_ends_where_a_share_ends() -> None:
    figure = seeds_plot({"a": [0.1, 0.9]}, {"a": (0.5, -4.6, 5.6)}, chance=0.125)
    arms = figure.data[0].error_x
    assert (arms.array[0], arms.arrayminus[0]) == (0.5, 0.5)


def test_a_net_without_an_interval_is_named() -> None:
    with pytest.raises(UsageError, match="There is no interval for c"):
        seeds_plot({"c": [1.0]}, {}, chance=0.5)


def test_parts_of_a_loss_stand_in_the_middle_of_their_steps() -> None:
    figure = loss_curve([3.0, 2.0], 320)
    assert list(figure.data[0].x) == [80, 240] and list(figure.data[0].y) == [3.0, 2.0]
