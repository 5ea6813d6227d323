"""What the pages say follows from the answers, and says no more than they do."""

from pathlib import Path
from typing import Any

import pytest
import torch

NAMES = ("left", "right", "still")
SURE, TURNED, TORN = [0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.4, 0.3, 0.3]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "app"))
    import sentences

    return sentences


def answer(
    say: Any, before: list[list[float]], after: list[list[float]], blind: bool = False
) -> Any:
    return say.Answer("Net", blind, NAMES, torch.tensor(before), torch.tensor(after))


@pytest.mark.parametrize(
    ("given", "shown", "said"),
    [
        (SURE, ("left",), "answers *left*, which is correct"),
        (SURE, ("right",), "answers *left*, which is wrong"),
        (TORN, ("still",), "no class has more than half of the probability"),
        (SURE, (), "answers *left*"),
    ],
)
def test_the_film_as_it_is(say: Any, given: list[float], shown: tuple[str, ...], said: str) -> None:
    assert said in say.observation(answer(say, [given], [given]), "as it is", shown)


def test_a_torn_net_is_not_right_about_standing_still(say: Any) -> None:
    film = answer(say, [TORN, SURE], [TORN, SURE])
    assert "right about 1 of 2 clips" in say.observation(film, "as it is", ("still", "left"))


@pytest.mark.parametrize("blind", [True, False])
def test_only_a_net_blind_by_its_shape_is_called_blind(say: Any, blind: bool) -> None:
    said = say.observation(answer(say, [SURE], [SURE], blind), "reversed", ("right",))
    assert "largest difference 0.0 percentage points" in said
    assert ("blind to the arrow of time" in said) == blind
    changed = say.observation(answer(say, [SURE], [TURNED], blind), "reversed", ("right",))
    assert "blind" not in changed and "changes by up to 85.0 percentage points" in changed


def test_a_change_names_its_class_and_clip(say: Any) -> None:
    said = say.observation(answer(say, [SURE, SURE], [SURE, TORN]), "shuffled", ())
    assert "*left* goes from 90% to 40% in clip 2" in said


def test_answers_in_short(say: Any) -> None:
    assert say.in_short(["left"] * 3) == "left"
    assert say.in_short(["left", "right", "left"]) == "left (2 of 3), right (1 of 3)"
    assert say.in_short(list("abcd")) == "4 different answers along the film"
    assert say.in_turn(["left", "left", "right", "left"]) == "left → right → left"
