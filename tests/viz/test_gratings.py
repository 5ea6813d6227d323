"""The playground of gratings: its answers are those of tuning, and every position draws fast."""

import time

import numpy as np
import pytest

from c3d_teach import load, tuning
from c3d_teach.data.stimuli import gratings
from c3d_teach.errors import UsageError
from c3d_teach.viz.grating_charts import along_section, grating_chart
from c3d_teach.viz.widgets.gratings import GratingPlayground


@pytest.fixture(scope="module")
def playground() -> GratingPlayground:
    return GratingPlayground(load("motion-d3"), "conv1")


def test_every_position_draws_within_a_second(playground: GratingPlayground) -> None:
    begin = time.perf_counter()
    count = playground.sweep()
    assert count == 16 + 8 + 5 + 5
    assert (time.perf_counter() - begin) / count < 1


def test_it_starts_at_the_largest_answer_to_what_moves(playground: GratingPlayground) -> None:
    start = {name: one.first for name, one in playground.controls.items()}
    unit = start["unit"]
    assert unit == playground.tuning.most_selective(1)[0]
    moving = playground.tuning.responses[unit][..., 1:]
    most = float(playground.tuning.responses[unit].max())
    assert playground.answer(**start) == pytest.approx(float(moving.max()) / most)
    assert start["temporal"] > 0


def test_the_answers_are_those_of_tuning(playground: GratingPlayground) -> None:
    again = tuning(load("motion-d3"), "conv1", directions=8).responses[3]
    rows, columns = playground._rows, playground._columns
    for d, a, b in ((0, 0, 1), (5, 2, 3), (7, 4, 0)):
        share = playground.answer(3, 45 * d, columns[b], rows[a])
        assert share == pytest.approx(float(again[d, a, b] / again.max()), abs=1e-4)


def test_the_title_and_the_words_name_the_unit(playground: GratingPlayground) -> None:
    start = {name: one.first for name, one in playground.controls.items()}
    figure = playground.figure(**start)
    assert f"unit {start['unit']}" in str(figure.get_suptitle())
    assert "cycles a pixel" in repr(playground) and "direction" in repr(playground)


def test_a_silent_unit_is_named_silent() -> None:
    made = GratingPlayground(load("motion-d3"), "conv2")
    silent = int(np.flatnonzero(made.tuning.responses.reshape(32, -1).max(1) == 0)[0])
    place = {name: one.first for name, one in made.controls.items()} | {"unit": silent}
    assert made.answer(**place) == 0
    assert "silent" in str(made.figure(**place).get_suptitle())


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError):
        GratingPlayground(load("motion-d3"), "conv9")
    with pytest.raises(UsageError, match="cannot start"):
        GratingPlayground(load("motion-d3"), "conv1", unit=99)
    with pytest.raises(UsageError, match="one response for each direction"):
        grating_chart(np.zeros((16, 8, 8, 1)), [0, 90], [1.0], 0, most=1, title="x")


@pytest.mark.parametrize("direction", [0, 45, 90, 135])
def test_the_section_of_the_opposite_is_upside_down(direction: int) -> None:
    """The opposite is the same film backwards, so its section is the same with time turned."""
    one, other = (gratings(d, 1 / 8, 1 / 8)[0].numpy() for d in (direction, direction + 180))
    a, b = along_section(one, direction), along_section(other, direction + 180)
    assert np.array_equal(a[::-1], b) and not np.array_equal(a, b)
    assert a.shape[0] == 16


def test_a_motion_to_the_right_slants_to_the_right() -> None:
    section = along_section(gratings(0, 1 / 16, 1 / 16)[0].numpy(), 0)
    assert np.array_equal(section[0, :-4], section[4, 4:])
