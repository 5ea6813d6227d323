"""A training to be watched: it is the studies' training, and its numbers are the library's."""

import io
import json
from dataclasses import asdict, replace
from typing import Any

import pytest
import torch

from c3d_teach.data.embedded import reversed_motion
from c3d_teach.errors import UsageError
from c3d_teach.experiments.playground import Configuration, PlaygroundRun
from c3d_teach.experiments.playground_process import serve
from c3d_teach.experiments.trial_run import TrialRun, measured, run_trial
from c3d_teach.experiments.trials import made

pytestmark = pytest.mark.usefixtures("one_thread")
TINY = Configuration(width=1 / 16, clips=64, batch=8, steps=80)
BLIND = replace(TINY, depths=(1,) * 5)


def advanced(configuration: Configuration, steps: int) -> PlaygroundRun:
    run = PlaygroundRun(configuration)
    for _ in range(steps):
        run.advance()
    return run


def test_it_is_the_training_of_a_trial() -> None:
    """Loss for loss, and at the end also in what :func:`run_trial` keeps."""
    run = advanced(TINY, 80)
    trial = TrialRun(TINY.trial())
    while trial.step < trial.total:
        trial.advance()
    assert run.finished
    assert run.snapshot().losses == [round(loss, 4) for loss in trial.losses]
    curve = run_trial(replace(TINY.trial(), phase="search"))["curve"]
    means = [sum(trial.losses[i : i + 5]) / 5 for i in range(0, 80, 5)]
    assert curve == [round(mean, 4) for mean in means]
    right = run.snapshot().right["how"]
    assert right == pytest.approx(sum(r["how"] for r in trial.right[-10:]) / 10, abs=1e-4)


@pytest.mark.parametrize("task", ["how", "what", "both"])
def test_right_answers_and_confusion_are_the_nets(task: str) -> None:
    """Asked anew: validation clips as they are and backwards."""
    configuration = replace(TINY, task=task)
    run = advanced(configuration, 20)
    snapshot, trial = run.snapshot(), configuration.trial()
    clips = made(trial.setting, "val", trial.seed)
    backwards = clips | {"how": reversed_motion(clips["how"], trial.setting.motions)}
    model, fitted = run._run.model.eval(), run._run.fitted
    ways = [
        measured(trial, model, fitted, truth, flip=flip)[0]
        for truth, flip in ((clips, False), (backwards, True))
    ]
    step, found = snapshot.validation[-1]
    assert step == 20 and set(found) == ({"how", "what"} if task == "both" else {task})
    for head, share in found.items():
        assert share == pytest.approx((ways[0][head] + ways[1][head]) / 2, abs=1e-4)
        table = torch.tensor(snapshot.confusion[head])
        assert int(table.sum()) == 2 * len(clips[head])
        assert float(table.diag().sum() / table.sum()) == pytest.approx(share, abs=1e-4)
        assert table.shape[0] == len(snapshot.classes[head]) == round(1 / snapshot.chance[head])


def test_a_net_blind_to_time_gets_no_more_than_one_of_two_right() -> None:
    run = advanced(BLIND, 40)
    snapshot = run.snapshot()
    table = torch.tensor(snapshot.confusion["how"])
    turned = table.view(4, 2, 4, 2)
    assert snapshot.ceiling == 0.5
    assert torch.equal(turned[:, 0], turned[:, 1]), "a clip and its reversal have the same answer"
    assert all(right["how"] <= 0.5 for _, right in snapshot.validation)
    assert PlaygroundRun(TINY).snapshot().ceiling == 1


def test_depth_3_beats_depth_1_on_how_it_moves() -> None:
    plain = Configuration(width=1 / 16, noise=0.0, clips=1024, batch=32, steps=160)
    for seed in (0, 1):
        deep, flat = (
            advanced(replace(plain, depths=(depth,) * 5, seed=seed), 160).snapshot()
            for depth in (3, 1)
        )
        assert flat.validation[-1][1]["how"] <= 0.5
        assert deep.validation[-1][1]["how"] > flat.validation[-1][1]["how"] + 0.1, seed
        assert deep.losses[-1] < 0.8 * deep.losses[0]


def test_what_is_seen_changes_and_the_beginning_is_kept() -> None:
    before, after = PlaygroundRun(TINY).snapshot(), advanced(TINY, 20).snapshot()
    assert before.step == 0 and not before.losses and not before.right
    assert before.kernels == before.first == after.first != after.kernels
    weight = TINY.trial().model().get_parameter("conv1.weight").detach()
    assert torch.allclose(torch.tensor(before.first), weight[:, 0], atol=1e-4)
    assert len(after.losses) == 20 and [step for step, _ in after.validation] == [0, 20]
    json.dumps(asdict(after))  # plain values


@pytest.mark.parametrize(
    "wrong",
    [
        {"task": "why"},
        {"width": 1.0},
        {"clips": 10**9},
        {"noise": float("nan")},
        {"depths": (3, 3)},
        {"depths": (3, 3, 3, 3, 99)},
        {"pools": (0, 2, 2, 2, 2)},
        {"steps": -1},
        {"seed": 10},
    ],
)
def test_nothing_but_what_is_offered(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="it is"):
        Configuration(**wrong)


def told(*commands: str, configuration: Configuration = TINY) -> list[dict[str, Any]]:
    """What a training answers to commands that all come at once."""
    lines = [asdict(configuration), *commands]
    answers = io.StringIO()

    class Slow(io.StringIO):
        """Ends, as when the other program ends, only after the commands were taken."""

        def __next__(self) -> str:
            line = self.readline()
            if not line:
                import time

                end = time.monotonic() + 30
                while heard() < len(commands) and time.monotonic() < end:
                    time.sleep(0.01)
                raise StopIteration
            return line

    def heard() -> int:
        lines = answers.getvalue().splitlines()
        return max((json.loads(line).get("heard", 0) for line in lines if line), default=0)

    serve(Slow("".join(json.dumps(line) + "\n" for line in lines)), answers)
    return [json.loads(line) for line in answers.getvalue().splitlines()]


def test_a_report_for_every_pause_and_step() -> None:
    answers = told("step", "step", "pause")
    assert [a["snapshot"]["step"] for a in answers] == [0, 1, 2, 2]
    assert [a["heard"] for a in answers] == [0, 1, 2, 3]
    assert all(a["paused"] for a in answers)


def test_an_impossible_net_is_a_sentence() -> None:
    answers = told(configuration=replace(TINY, pools=(2, 2, 2, 2, 2)))
    assert len(answers) == 1 and answers[0]["error"].endswith(".")
