"""A small net trained step by step, to be watched: what is chosen, and what there is to see.

A training of the playground is a :class:`~c3d_teach.experiments.trials.Trial` as in the studies,
of a five-layer net on moving digits.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from c3d_teach.data.embedded import reversed_motion
from c3d_teach.errors import KitError, UsageError
from c3d_teach.experiments.settings import DIGITS
from c3d_teach.experiments.trial_run import TrialRun, confusion, heads_of, measured
from c3d_teach.experiments.trials import HOW, TASKS, WHAT, Setting, Trial, made
from c3d_teach.models.arrow_of_time import arrow_of_time
from c3d_teach.training.recipe import Recipe

LAYERS = 5
DEPTHS, POOLS = (1, 3, 5, 7), (1, 2)
WIDTHS = (1 / 16, 1 / 8, 3 / 16)
NOISES = (0.0, 0.05, 0.1, 0.2)
CLIPS = (64, 256, 1024, 2048)
RATES = (0.0003, 0.001, 0.003, 0.01)
BATCHES = (8, 16, 32)
STEPS = (80, 160, 240, 480)
SEEDS = tuple(range(10))
_VALIDATION = 128  # clips; each is asked about as it is and played backwards
_AT_A_TIME = 32  # validation clips in the net together: no more memory than training takes
_LOOK = 20  # steps between two looks at the validation clips
_LATEST = 10  # mini-batches that the running accuracy is taken over


@dataclass(frozen=True)
class Configuration:
    """What is trained, on what, and how; every value is one of a few (ours).

    Attributes:
        task: ``"how"`` it moves, ``"what"`` moves, or ``"both"`` at once.
        depths: temporal depth of the kernels of conv1 to conv5, each of ``DEPTHS``.
        pools: frames that pool1 to pool5 merge, each of ``POOLS``.
        width: filters as a factor on the paper's 64, 128, 256, 256, 256.
        noise: standard deviation of the pixels' noise, 0 to 1.
        clips: training clips, which come again and again.
        rate: highest learning rate of the classroom recipe.
        batch: clips in a mini-batch.
        steps: mini-batches of the whole training.
        seed: of clips, first weights, order and dropout.

    Raises:
        UsageError: for a value that is not among those offered.
    """

    task: str = HOW
    depths: tuple[int, ...] = (3, 3, 3, 3, 3)
    pools: tuple[int, ...] = (1, 2, 2, 2, 2)
    width: float = 1 / 8
    noise: float = 0.05
    clips: int = 2048
    rate: float = 0.003
    batch: int = 32
    steps: int = 240
    seed: int = 0

    def __post_init__(self) -> None:
        offered: dict[str, Sequence[Any]] = {
            **{"task": TASKS, "width": WIDTHS, "noise": NOISES, "clips": CLIPS},
            **{"rate": RATES, "batch": BATCHES, "steps": STEPS, "seed": SEEDS},
        }
        for name, values in offered.items():
            if getattr(self, name) not in values:
                raise UsageError(f"{name} is {getattr(self, name)!r}; it is one of {values}.")
        for name, values in {"depths": DEPTHS, "pools": POOLS}.items():
            given = getattr(self, name)
            if len(given) != LAYERS or any(value not in values for value in given):
                raise UsageError(
                    f"{name} is {given!r}; it is {LAYERS} numbers, each one of {values}."
                )

    def trial(self) -> Trial:
        """The training that this means."""
        setting = Setting(
            "playground",
            clips=self.clips,
            noise=self.noise,
            digits=DIGITS,
            steps=self.steps,
            width=self.width,
            val=_VALIDATION,
        )
        recipe = replace(
            Recipe.classroom(), lr=self.rate, batch=self.batch, stop=self.steps, unit="iterations"
        )
        net = {"net": "SearchNet", "kernel_depth": list(self.depths), "pool_depth": self.pools}
        return Trial("playground", net, setting, self.task, self.seed, recipe)


@dataclass(frozen=True)
class Snapshot:
    """What there is to see of a training at one moment; plain values.

    Attributes:
        step, total: mini-batches so far, and of the whole training.
        seconds: spent training.
        losses: of every mini-batch so far, in nats.
        right: share of right answers among the latest training clips, of each question.
        validation: for each look at the validation clips, the step and the shares of right
            answers to the clips as they are and played backwards together.
        confusion: of each question at the latest look: counts, a row for each true class.
        classes: names of each question's classes.
        chance: share that guessing gets right.
        ceiling: share of motions that the net's shape allows on clips and their reversals: 0.5
            where it is blind to the arrow of time, else 1.
        kernels: conv1's, ``(filters, d, k, k)``; ``first`` as they were before the training.
    """

    step: int
    total: int
    seconds: float
    losses: list[float]
    right: dict[str, float]
    validation: list[tuple[int, dict[str, float]]]
    confusion: dict[str, list[list[int]]]
    classes: dict[str, list[str]]
    chance: dict[str, float]
    ceiling: float
    kernels: list[Any] = field(repr=False)
    first: list[Any] = field(repr=False)


class PlaygroundRun:
    """A training under way.

    Raises:
        UsageError: for a net that leaves nothing of time before its last pool.
    """

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self._run = TrialRun(configuration.trial())
        setting = self._run.trial.setting
        names = {HOW: list(setting.motions), WHAT: list(setting.things)}
        self._classes = {head: names[head] for head in heads_of(self._run.trial)}
        self._blind = arrow_of_time(self._run.model).blind
        self._first = self._kernels()
        self._seconds = 0.0
        self._validation: list[tuple[int, dict[str, float]]] = []
        self._confusion: dict[str, list[list[int]]] = {}
        self._look()

    @property
    def step(self) -> int:
        return self._run.step

    @property
    def finished(self) -> bool:
        return self._run.step >= self._run.total

    def advance(self) -> None:
        """Train on one mini-batch.

        Raises:
            KitError: when the loss blew up.
        """
        started = time.monotonic()
        self._run.advance()
        self._seconds += time.monotonic() - started
        if self._run.diverged:
            raise KitError(
                f"The loss blew up at step {self.step}: training has diverged. Take a lower "
                "learning rate."
            )
        if self.step % _LOOK == 0 or self.finished:
            self._look()

    def snapshot(self) -> Snapshot:
        """What there is to see now."""
        latest = self._run.right[-_LATEST:]
        return Snapshot(
            step=self.step,
            total=self._run.total,
            seconds=round(self._seconds, 2),
            losses=[round(loss, 4) for loss in self._run.losses],
            right={
                head: round(sum(r[head] for r in latest) / len(latest), 4)
                for head in (self._classes if latest else ())
            },
            validation=list(self._validation),
            confusion=self._confusion,
            classes=self._classes,
            chance={head: 1 / len(names) for head, names in self._classes.items()},
            ceiling=0.5 if self._blind else 1.0,
            kernels=self._kernels(),
            first=self._first,
        )

    def _kernels(self) -> list[Any]:
        weight = self._run.model.get_parameter("conv1.weight").detach()
        kernels: list[Any] = weight[:, 0].double().round(decimals=4).tolist()
        return kernels

    def _look(self) -> None:
        """Ask about the validation clips and their reversals."""
        trial, model = self._run.trial, self._run.model.eval()
        clips = made(trial.setting, "val", trial.seed)
        backwards = clips | {HOW: reversed_motion(clips[HOW], trial.setting.motions)}
        ways = [
            measured(trial, model, self._run.fitted, truth, flip=flip, at_a_time=_AT_A_TIME)
            for truth, flip in ((clips, False), (backwards, True))
        ]
        self._validation.append(
            (
                self.step,
                {
                    head: round((ways[0][0][head] + ways[1][0][head]) / 2, 4)
                    for head in self._classes
                },
            )
        )
        self._confusion = {
            head: confusion(
                torch.cat([clips[head], backwards[head]]),
                torch.cat([answers[head] for _, answers, _ in ways]),
                len(names),
            )
            for head, names in self._classes.items()
        }
