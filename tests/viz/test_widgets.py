"""The controls of the lessons: every position is drawn, and bad input is refused."""

from collections.abc import Mapping
from weakref import WeakSet

import numpy as np
import pytest
import torch

from c3d_teach.classroom.quiz import questions
from c3d_teach.errors import UsageError
from c3d_teach.viz.stepping import step
from c3d_teach.viz.widgets import readable
from c3d_teach.viz.widgets import stepper as stepping
from c3d_teach.viz.widgets.explorer import Control, Explorer
from c3d_teach.viz.widgets.quiz import Quiz
from c3d_teach.viz.widgets.stepper import Stepper

TOY = torch.arange(5 * 5 * 7).view(5, 5, 7).float().numpy() % 6
KERNEL = np.arange(27.0).reshape(3, 3, 3) - 13


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The text alternatives of the figures that a stepper shows."""
    seen: list[str] = []
    monkeypatch.setattr(stepping, "show", lambda figure, alt: seen.append(alt))
    return seen


def explorer(seen: list[Mapping[str, object]], **controls: Control) -> Explorer:
    return Explorer(lambda **place: seen.append(place), controls, about="try it.")


def test_the_stepper_draws_at_every_place(shown: list[str]) -> None:
    stepper = Stepper(TOY[:4, :4, :6], KERNEL, start=(1, 1, 2))
    shown.clear()
    assert stepper.sweep() == len(set(shown)) == len(shown) == 2 * 2 * 4
    assert not any(slider.continuous_update for slider in stepper.widgets.values())


def test_moving_a_slider_draws_the_new_place(shown: list[str]) -> None:
    stepper = Stepper(TOY, KERNEL)
    shown.clear()
    stepper.widgets["x"].value = 4
    assert shown == [step(TOY, KERNEL, 0, 0, 4).sentence]
    assert stepper.picture.layout.min_height.endswith("px")


def test_a_stepper_that_starts_outside_is_refused() -> None:
    with pytest.raises(UsageError, match="leaves the clip"):
        Stepper(TOY, KERNEL, start=(9, 0, 0))


def test_an_explorer_draws_all_combinations_where_they_are_few() -> None:
    seen: list[Mapping[str, object]] = []
    one = explorer(seen, a=Control("a", [1, 2, 3], 2), word=Control("word", ["x", "y"]))
    assert seen == [{"a": 2, "word": "x"}]  # drawn where it starts
    assert one.sweep() == 6
    assert {(place["a"], place["word"]) for place in seen} == {
        (a, word) for a in (1, 2, 3) for word in "xy"
    }


def test_an_explorer_moves_one_control_at_a_time_where_they_are_many() -> None:
    seen: list[Mapping[str, object]] = []
    one = explorer(seen, a=Control("a", range(50)), b=Control("b", range(40), 7))
    seen.clear()
    assert one.sweep() == 90
    assert {place["a"] for place in seen} == set(range(50))
    assert {place["b"] for place in seen} == set(range(40))


def test_a_sweep_lets_errors_through() -> None:
    def draw(a: int) -> None:
        if a == 3:
            raise ValueError("three")

    with pytest.raises(ValueError, match="three"):
        Explorer(draw, {"a": Control("a", range(5))}, about="try it.").sweep()


def test_controls_without_values_or_with_a_wrong_start_are_refused() -> None:
    with pytest.raises(UsageError, match="no values"):
        Control("a", [])
    with pytest.raises(UsageError, match="cannot start at 9"):
        Control("a", [1, 2], 9)
    with pytest.raises(UsageError, match="at least one control"):
        Explorer(lambda: None, {}, about="nothing.")


def test_the_quiz_answers_every_click() -> None:
    asked = questions(lesson=1)
    quiz = Quiz(asked)
    for question, choice, reply in zip(asked, quiz.choices, quiz.replies, strict=True):
        assert choice.value is None and reply.value == ""
        for option in question.replies:
            choice.value = option
            assert ("✔ Yes." in reply.value) == (option == question.right)
            assert 'role="status"' in reply.value
    assert quiz.sweep() == sum(len(question.replies) for question in asked)


def test_widgets_read_as_text_without_a_kernel() -> None:
    bundle = Quiz(questions(lesson=1))._repr_mimebundle_()
    assert bundle["text/plain"].count("( )") == 15
    assert "Run the notebook" in repr(Stepper(TOY, KERNEL))


def test_all_that_is_alive_is_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readable, "_LIVE", WeakSet())  # not those of the other tests
    seen: list[Mapping[str, object]] = []
    one = explorer(seen, a=Control("a", range(5)))
    seen.clear()
    assert readable.sweep_all() == 5
    assert len(seen) == 5 and one
