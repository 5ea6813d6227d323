"""The walk through the layers and the schedule: every position, and what they say."""

import numpy as np
import pytest
import torch

from c3d_teach import C3D, Recipe, StackedFramesNet, describe
from c3d_teach.errors import UsageError
from c3d_teach.viz.widgets import layer_walk, schedule
from c3d_teach.viz.widgets.layer_walk import LayerWalk
from c3d_teach.viz.widgets.schedule import OWN, PRESETS, Schedule


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The text alternatives of the figures that are shown."""
    seen: list[str] = []
    for module in (layer_walk, schedule):
        monkeypatch.setattr(module, "show", lambda figure, alt: seen.append(alt))
    return seen


@pytest.fixture(scope="module")
def net() -> C3D:
    with torch.device("meta"):
        return C3D()


def test_the_walk_draws_every_layer_and_every_size(shown: list[str], net: C3D) -> None:
    walk = LayerWalk(net)
    shown.clear()
    assert walk.sweep() == 16 + 3 + 3 == len(shown)


def test_the_walk_says_what_describe_says(shown: list[str], net: C3D) -> None:
    walk = LayerWalk(net)
    assert shown == [walk.sentence(1, 16, 112).replace("\n", ". ")]
    for place, row in enumerate(describe(net), 1):
        said = walk.sentence(place, 16, 112)
        assert said.startswith(f"{row.name}: {'×'.join(map(str, row.shape))} out")
        assert f"{row.parameters:,} parameters" in said and "38.55 G MACs a clip" in said
    walk.widgets["side"].value = 160
    assert "4096×" not in shown[-1] and "98,865,383 parameters" in shown[-1]


def test_another_clip_changes_no_convolution(net: C3D) -> None:
    walk = LayerWalk(net)
    for layer, row in enumerate(describe(net), 1):
        if row.name.startswith("conv"):
            assert f"{row.parameters:,} parameters" in walk.sentence(layer, 32, 160)


def test_the_walk_is_through_3d_nets_only() -> None:
    with pytest.raises(UsageError, match="3D nets"):
        LayerWalk(StackedFramesNet(8, clip_shape=(1, 16, 32, 32), width=0.1))


def test_the_schedule_draws_every_position(shown: list[str]) -> None:
    one = Schedule()
    shown.clear()
    assert one.sweep() == len(shown) == 5 + 2 + 5 + 4 + 5 + 6


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_moves_the_other_controls(shown: list[str], name: str) -> None:
    one = Schedule()
    one.widgets["preset"].value = OWN
    one.widgets["preset"].value = name
    assert {key: one.widgets[key].value for key in PRESETS[name]} == PRESETS[name]
    assert one.widgets["preset"].value == name


def test_moving_a_control_makes_the_schedule_ones_own(shown: list[str]) -> None:
    one = Schedule()
    assert one.widgets["preset"].value == "paper, UCF101"
    one.widgets["rate"].value = 0.01
    assert one.widgets["preset"].value == OWN
    assert "From 0.01" in shown[-1]


def test_the_papers_schedule_is_the_recipes() -> None:
    epochs, rates = schedule.schedule(**PRESETS["paper, UCF101"])  # type: ignore[arg-type]
    recipe = Recipe.search()
    assert epochs[-1] < recipe.stop == 16
    assert np.allclose(rates, [recipe.lr_at(int(e * 100 + 0.5), 100) for e in epochs])
    assert len(np.unique(rates)) == 4


def test_the_released_solver_has_three_levels() -> None:
    _, rates = schedule.schedule(**PRESETS["released solver"])  # type: ignore[arg-type]
    assert len(np.unique(rates)) == 3 and np.isclose(rates.min(), 3e-5)
    assert np.flatnonzero(np.diff(rates)).tolist() == [559, 1119]


def test_one_cycle_is_the_classrooms() -> None:
    _, rates = schedule.schedule(**PRESETS["one cycle (classroom)"])  # type: ignore[arg-type]
    recipe = Recipe.classroom()
    assert np.allclose(rates, [recipe.lr_at(step, 100) for step in range(500)])


def test_the_paper_compared_with_itself_has_its_own_reach(shown: list[str]) -> None:
    Schedule()
    assert shown == ["From 0.003 to 3e-06 in 16 epochs; all rates added up: 1 × the paper's"]
