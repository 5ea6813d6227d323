"""What a study means to run: rates, trials and the quick version, before any training."""

from dataclasses import replace

import pytest
from tiny_study import STUDY, TINY

from c3d_teach.experiments.kernel_depth import AT_FULL_SIZE
from c3d_teach.experiments.kernel_depth import STUDY as KERNEL_DEPTH
from c3d_teach.experiments.pooling import STUDY as POOLING
from c3d_teach.experiments.study import chosen_rate
from c3d_teach.experiments.trial_run import run_trial
from c3d_teach.experiments.two_vs_three import STUDY as TWO_VS_THREE


def searched(net, lr, **validation):
    return {"net": net, "recipe": {"lr": lr}, "validation": validation}


def test_the_rate_with_the_best_mean_is_chosen_and_the_lowest_of_equals():
    found = [
        searched("depth-1", 0.004, how=0.50, what=0.50),
        searched("depth-1", 0.004, how=0.25, what=0.25),  # mean 0.375
        searched("depth-1", 0.001, how=0.25, what=0.50),
        searched("depth-1", 0.001, how=0.50, what=0.25),  # mean 0.375
        searched("depth-3", 0.001, how=0.90, what=0.10),
        searched("depth-3", 0.001, how=0.90, what=0.10),  # the best on one question only
        searched("depth-3", 0.004, how=0.50, what=0.50),
        searched("depth-3", 0.004, how=0.50, what=0.50),
    ]
    for order in (found, found[::-1]):
        assert chosen_rate(STUDY, order) == 0.001  # equal in all: the lowest
    found.append(searched("depth-3", 0.004, how=0.50, what=0.60))
    assert chosen_rate(STUDY, found) == 0.004


def test_without_a_search_the_only_rate_is_used():
    alone = replace(STUDY, rates=(0.007,))
    assert list(alone.search()) == []
    assert chosen_rate(alone, []) == 0.007


def test_quick_runs_the_first_setting_only():
    two = replace(STUDY, settings=(replace(TINY, test=2048), replace(TINY, name="other")))
    small = replace(two, quick_tasks=("how",)).small()
    assert small.tasks == ("how",)
    assert small.settings == (replace(TINY, test=512),)
    assert {trial.recipe.stop for trial in small.trials(0.1, 2)} == {TINY.steps}
    assert small.nets == two.nets


@pytest.mark.parametrize("study", [KERNEL_DEPTH, TWO_VS_THREE, POOLING, AT_FULL_SIZE])
def test_every_trial_of_a_study_has_a_file_of_its_own(study):
    trials = [*study.search(), *study.trials(study.rates[0], 3)]
    names = [trial.id for trial in trials]
    assert len(set(names)) == len(names)
    assert not any(set(name) & set('/\\:*?"<>| ') for name in names)
    assert not {trial.seed for trial in study.search()} & set(range(100))


def test_the_full_size_study_runs_in_small():
    """Its clips, recipe and epochs, at a size that a test can afford."""
    first = AT_FULL_SIZE.settings[0]
    small = replace(first, clips=8, val=4, test=4, clip_shape=(3, 16, 32, 32), width=1 / 16)
    recipe = replace(AT_FULL_SIZE.recipe, stop=2, batch=4)
    study = replace(AT_FULL_SIZE, settings=(small,), recipe=recipe)
    run = run_trial(next(iter(study.trials(study.rates[0], 1))))
    assert len(run["curve"]) == 4  # 2 epochs of 2 mini-batches
    assert run["recipe"]["optimiser"] == "sgd" and len(run["confusion"]["how"]) == 9
    assert study.facts["depth-1"]["ceiling"] == 5 / 9  # still is its own reversal
