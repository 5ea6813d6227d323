"""One training of a study: it repeats itself, and its numbers are what a hand count gives."""

from dataclasses import dataclass, field, fields, is_dataclass, replace

import numpy as np
import pytest
import torch
from tiny_study import STUDY, TINY

from c3d_teach import MotionDigits, Preprocess
from c3d_teach.errors import KitError
from c3d_teach.experiments.trial_run import run_trial
from c3d_teach.experiments.trials import Trial, made

pytestmark = pytest.mark.usefixtures("one_thread")
CLOCKS = ("seconds", "training seconds")


@dataclass(frozen=True)
class Watched(Trial):
    """A trial that keeps the net it trains, and what goes into it."""

    kept: dict = field(default_factory=lambda: {"training": [], "asked": []})

    def model(self):
        model = super().model()
        self.kept["model"] = model
        self.kept["drawn"] = {k: v.clone() for k, v in model.state_dict().items()}
        model.register_forward_pre_hook(self._seen)
        return model

    def _seen(self, model, inputs):
        self.kept["training" if model.training else "asked"].append(inputs[0].clone())


def trial(net="depth-3", task="both", seed=0, lr=0.003):
    return STUDY.trial(net, TINY, task, seed, lr)


def watched(**arguments):
    """The trial, what it returned, and what was seen meanwhile."""
    one = trial(**arguments)
    one = Watched(**{f.name: getattr(one, f.name) for f in fields(one)})
    return one, run_trial(one), one.kept


@pytest.fixture(scope="module")
def runs():
    return {net: run_trial(trial(net)) for net in ("depth-1", "depth-3", "shuffled frames")}


@pytest.mark.parametrize("net", ["depth-1", "depth-3", "shuffled frames"])
def test_a_trial_run_again_gives_every_number_again(runs, net):
    again = run_trial(trial(net))
    assert again.keys() == runs[net].keys()
    assert [k for k in again if again[k] != runs[net][k] and k not in CLOCKS] == []


def test_another_seed_gives_other_numbers(runs):
    assert run_trial(trial(seed=1))["curve"] != runs["depth-3"]["curve"]


@pytest.mark.parametrize("task", ["how", "what", "both"])
def test_accuracies_are_what_a_count_over_the_trained_nets_answers_gives(task):
    _, run, kept = watched(task=task)
    train, val, test = (
        MotionDigits(n, split=split, clip_shape=TINY.clip_shape).batch(range(n))
        for split, n in (("train", 48), ("val", 16), ("test", 32))
    )
    prepare = Preprocess.fit(train["clip"], TINY.clip_shape, standardise=True)
    opposite = {"how": np.array([1, 0, 3, 2, 5, 4, 7, 6]), "what": np.arange(9)}
    first = {"how": 0, "what": 8 if task == "both" else 0}
    for head in ("how", "what") if task == "both" else (task,):
        classes = len(opposite[head])

        def right(data, clips, labels, head=head, classes=classes):
            with torch.inference_mode():
                logits = kept["model"](prepare(clips)).numpy()
            answers = logits[:, first[head] :][:, :classes].argmax(1)
            return float(np.mean(answers == labels)), answers

        key = {"how": "motion", "what": "digit"}[head]
        truth = test[key].numpy()
        forward, said = right(test, test["clip"], truth)
        backward, said_back = right(test, test["clip"].flip(1), opposite[head][truth])
        assert run["test"][head] == pytest.approx(forward, abs=1e-5)
        assert run["reversed"][head] == pytest.approx(backward, abs=1e-5)
        assert run["both ways"][head] == pytest.approx((forward + backward) / 2, abs=2e-5)
        validated, _ = right(val, val["clip"], val[key].numpy())
        assert run["validation"][head] == pytest.approx(validated, abs=1e-5)
        counts = np.zeros((classes, classes), int)
        for true, answer in zip([*truth, *opposite[head][truth]], [*said, *said_back], strict=True):
            counts[true, answer] += 1
        assert run["confusion"][head] == counts.tolist()
    assert set(run["test"]) == ({"how", "what"} if task == "both" else {task})


def test_confusions_hold_every_clip_twice_and_their_diagonal_is_the_accuracy(runs):
    for run in runs.values():
        for head, counts in run["confusion"].items():
            assert np.sum(counts) == 2 * TINY.test
            share = np.trace(counts) / np.sum(counts)
            assert run["both ways"][head] == pytest.approx(share, abs=2e-5)


def test_a_depth_1_net_answers_alike_both_ways_and_is_right_at_most_half_the_time(runs):
    run = runs["depth-1"]
    assert run["reversal changes logits by"] == 0.0
    assert run["both ways"]["how"] <= 0.5
    assert run["test"]["what"] == run["reversed"]["what"]
    assert runs["depth-3"]["reversal changes logits by"] > 0


def test_a_control_sees_shuffled_frames_in_training_and_in_test(runs):
    plain, shuffled = watched()[2], watched(net="shuffled frames")[2]
    assert len(plain["training"]) == len(shuffled["training"]) == 3
    # validation, test, reversed test, and the plain net's test with shuffled frames
    for what, batches in (("training", range(3)), ("asked", range(3))):
        for i in batches:
            frames, mixed = (
                one[what][i].movedim(2, 1).flatten(2).double() for one in (plain, shuffled)
            )
            marks, mixed_marks = frames.square().sum(2), mixed.square().sum(2)
            in_order = marks.sort(1).values
            torch.testing.assert_close(mixed_marks.sort(1).values, in_order)
            moved = (marks != mixed_marks).any(1)
            assert moved.all()
    assert "reversal changes logits by" not in runs["shuffled frames"]
    assert torch.equal(*(one["drawn"]["conv1.weight"] for one in (plain, shuffled)))


def test_weights_are_drawn_from_the_seed_alone():
    first = trial().model().state_dict()
    other_rate = trial(lr=0.01).model().state_dict()
    assert all(torch.equal(first[name], other_rate[name]) for name in first)
    assert not torch.equal(first["conv1.weight"], trial(seed=1).model().conv1.weight)


@pytest.mark.parametrize(("task", "outputs"), [("how", 8), ("what", 9), ("both", 17)])
def test_a_net_has_an_output_for_each_answer(task, outputs):
    assert trial(task=task).model().fc8.out_features == outputs
    few = replace(trial(task=task), setting=replace(TINY, digits=(0, 1, 4)))
    assert few.model().fc8.out_features == {"how": 8, "what": 3, "both": 11}[task]


def test_training_leaves_the_shared_clips_alone(runs):
    for split in ("train", "test"):
        data = TINY.clips_of(split, 0)
        assert torch.equal(made(TINY, split, 0)["clip"], data.batch(range(len(data)))["clip"])


def test_a_trial_of_a_rate_is_not_tested(runs):
    searched = run_trial(replace(trial(), phase="search"))
    assert not {"test", "reversed", "both ways", "confusion"} & searched.keys()
    assert searched["validation"] == runs["depth-3"]["validation"]
    assert searched["curve"] == runs["depth-3"]["curve"]


def test_the_loss_curve_has_a_mean_for_each_part(runs):
    assert len(runs["depth-3"]["curve"]) == 3
    long = trial()
    long = replace(long, recipe=replace(long.recipe, stop=34), phase="search")
    assert len(run_trial(long)["curve"]) == 17  # pairs of steps
    # two questions at once: ln 8 + ln 9 before anything is learnt, and it falls
    assert run_trial(long)["curve"][0] == pytest.approx(np.log(8 * 9), rel=0.5)


def test_a_diverging_rate_is_said():
    with pytest.raises(KitError, match=r"study_tiny_both_depth-3_lr1e\+06_seed0 diverged at step"):
        run_trial(trial(lr=1e6))


def changed(value):
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value / 2 + 0.1
    if isinstance(value, tuple):
        return value[::-1]
    return f"another {value}"


def variants():
    """The trial with one field changed, in itself, its setting or its recipe."""
    one = trial()
    for name in (f.name for f in fields(one)):
        value = getattr(one, name)
        if name == "config":
            yield "config", replace(one, config=value | {"kernel_depth": 5})
        elif is_dataclass(value):
            for part in (f.name for f in fields(value) if f.compare):
                new = replace(value, **{part: changed(getattr(value, part))})
                yield f"{name}.{part}", replace(one, **{name: new})
        else:
            yield name, replace(one, **{name: changed(value)})


@pytest.mark.parametrize("name, other", [pytest.param(*one, id=one[0]) for one in variants()])
def test_the_fingerprint_changes_with_every_field(name, other):
    assert other != trial()
    assert other.fingerprint != trial().fingerprint


def test_equal_trials_have_equal_fingerprints_whatever_the_order_of_their_arguments():
    backwards = dict(reversed(trial().config.items()))
    assert replace(trial(), config=backwards).fingerprint == trial().fingerprint
    recipe = replace(trial().recipe, sources={})
    assert replace(trial(), recipe=recipe).fingerprint == trial().fingerprint
