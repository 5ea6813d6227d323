"""Recipes: the paper's numbers, and a source for each."""

from dataclasses import fields, replace

import pytest

from c3d_teach import Recipe
from c3d_teach.errors import UsageError

ALL = [Recipe.search(), Recipe.sports1m(), Recipe.classroom()]


@pytest.mark.parametrize("recipe", ALL, ids=lambda r: r.name)
def test_every_value_has_a_source(recipe):
    assert {f.name for f in fields(recipe)} - {"name", "sources"} == set(recipe.sources)
    assert Recipe.named(recipe.name) == recipe
    for name, source in recipe.sources.items():
        assert source in str(recipe) and name in str(recipe)


def test_search_steps_through_four_rates_and_stops_after_16_epochs():
    recipe, per_epoch = Recipe.search(), 319
    assert recipe.steps(per_epoch) == 16 * per_epoch
    rates = [recipe.lr_at(s, per_epoch) for s in range(recipe.steps(per_epoch))]
    assert sorted(set(rates), reverse=True) == pytest.approx([0.003, 0.0003, 0.00003, 0.000003])
    changes = [s for s in range(1, len(rates)) if rates[s] != rates[s - 1]]
    assert changes == [4 * per_epoch, 8 * per_epoch, 12 * per_epoch]
    assert (recipe.batch, recipe.momentum, recipe.weight_decay) == (30, 0.9, 0.005)


def test_sports1m_halves_every_150_000_iterations_up_to_1_9_million():
    recipe = Recipe.sports1m()
    assert recipe.steps(5) == 1_900_000
    assert recipe.lr_at(149_999, 5) == 0.003 and recipe.lr_at(150_000, 5) == 0.0015
    assert recipe.lr_at(1_899_999, 5) == pytest.approx(0.003 / 2**12)
    assert (recipe.flip, recipe.init, recipe.standardise) == (0.5, "caffe", False)


def test_one_cycle_rises_then_falls():
    recipe = Recipe.classroom()
    rates = [recipe.lr_at(s, 64) for s in range(recipe.steps(64))]
    top = rates.index(max(rates))
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert max(rates) == pytest.approx(recipe.lr, rel=0.01) and rates[-1] < recipe.lr / 500


def test_bad_values_and_names():
    with pytest.raises(UsageError, match="lr is -1"):
        replace(Recipe.search(), lr=-1)
    with pytest.raises(UsageError, match="flip is 2"):
        replace(Recipe.search(), flip=2)
    with pytest.raises(
        UsageError, match="no recipe .sport.; there are classroom.*Did you mean sports1m"
    ):
        Recipe.named("sport")


def test_a_recipe_in_iterations_keeps_its_shape_in_epochs():
    brief = Recipe.finetune().lasting(8)
    rates = [brief.lr_at(epoch * 10, 10) for epoch in range(8)]
    assert rates == pytest.approx([1e-4] * 2 + [1e-5] * 2 + [1e-6] * 2 + [1e-7] * 2)
    assert Recipe.finetune().lasting(1).every == 1
    assert Recipe.search().lasting(8).every == 4  # in epochs already: stops earlier


def test_the_released_fine_tuning_recipe():
    recipe = Recipe.finetune()
    assert [recipe.lr_at(s, 318) for s in (0, 4999, 5000, 19_999)] == pytest.approx(
        [1e-4, 1e-4, 1e-5, 1e-7]
    )
    assert recipe.steps(318) == 20_000 and recipe.weight_decay == 0.0005
    assert set(recipe.sources) == set(recipe.to_dict()) - {"name"}
