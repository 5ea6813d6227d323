"""One training of one net in a study: what decides it, and what is measured at its end.

A trial runs on one thread, so that its numbers do not depend on how many cores share the
work, and two trials of one seed agree to the last bit on one kind of processor.
"""

import platform
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from c3d_teach.analysis.alterations import SHUFFLED, alter
from c3d_teach.data.catalog import EMBEDDED
from c3d_teach.data.counter import key_of
from c3d_teach.data.embedded import Embedded, reversed_motion
from c3d_teach.data.motion import ALL_DIGITS, MotionDigits
from c3d_teach.data.transforms import Preprocess
from c3d_teach.device import keep_freed_memory
from c3d_teach.errors import KitError
from c3d_teach.models.builder import ConvNet, initialise
from c3d_teach.models.weights import build
from c3d_teach.training.optimiser import optimiser_of, set_rate
from c3d_teach.training.recipe import Recipe

HOW, WHAT, BOTH = "how", "what", "both"
TASKS = (HOW, WHAT, BOTH)
_EVALUATED = 128  # clips asked about at a time
_CURVE = 16  # points of the loss curve
_DIVERGED = 1e4  # a loss, or a logit, that no net that learns comes near


@dataclass(frozen=True)
class Setting:
    """What the nets of a study are trained and tested on, and for how long.

    Attributes:
        name: for tables.
        clips: training clips, which come again and again.
        noise, speed, digits: see :class:`~c3d_teach.MotionDigits`.
        steps: mini-batches of the whole training; None trains as long as the recipe says.
        data: name of an embedded set.
        clip_shape: ``(C, L, H, W)``.
        width: of the nets, as a factor on the paper's filters.
        val, test: clips that the rate is chosen by, and that the result is measured on.
    """

    name: str
    clips: int
    noise: float = 0.05
    speed: float = 1.0
    digits: tuple[int, ...] = ALL_DIGITS
    steps: int | None = 320
    data: str = "motion-digits"
    clip_shape: tuple[int, int, int, int] = (1, 16, 24, 24)
    width: float = 1 / 8
    val: int = 256
    test: int = 1024

    def clips_of(self, split: str, seed: int) -> Embedded:
        """The set of a split; ``seed`` also decides which clips it holds."""
        size = {"train": self.clips, "val": self.val, "test": self.test}[split]
        extra: dict[str, Any] = {}
        if self._has_digits:
            extra = {"noise": self.noise, "speed": self.speed, "digits": self.digits}
        return EMBEDDED[self.data](
            size,
            split=split,
            seed=seed,
            clip_shape=self.clip_shape,
            **extra,
        )

    @property
    def motions(self) -> tuple[str, ...]:
        return EMBEDDED[self.data].motions

    @property
    def things(self) -> tuple[str, ...]:
        all_things = EMBEDDED[self.data].things
        return tuple(all_things[d] for d in self.digits) if self._has_digits else all_things

    @property
    def _has_digits(self) -> bool:
        return self.data == MotionDigits.name


@dataclass(frozen=True)
class Trial:
    """All that decides the outcome of a training.

    Attributes:
        net: its name in the study.
        config: constructor arguments of the net; classes, clips and width are the setting's
            unless they stand here.
        setting: data and length.
        task: ``"how"`` (which motion), ``"what"`` (which digit) or ``"both"``, two answers
            read from one net and trained at once.
        seed: of clips, first weights, order and dropout.
        recipe: see :class:`~c3d_teach.Recipe`.
        phase: ``"search"`` for a trial of a learning rate, ``"study"`` for the rest.
        shuffled: a control: the frames of every clip in a random order, in training and test.
    """

    net: str
    config: Mapping[str, Any]
    setting: Setting
    task: str
    seed: int
    recipe: Recipe
    phase: str = "study"
    shuffled: bool = False

    @property
    def id(self) -> str:
        """A name for its file."""
        parts = (self.phase, self.setting.name, self.task, self.net, f"lr{self.recipe.lr:g}")
        return "_".join(part.replace(" ", "-") for part in (*parts, f"seed{self.seed}"))

    def to_dict(self) -> dict[str, Any]:
        return {
            "phase": self.phase,
            "setting": self.setting.name,
            "net": self.net,
            "task": self.task,
            "seed": self.seed,
            "recipe": self.recipe.to_dict(),
        }

    @property
    def fingerprint(self) -> str:
        """Changes with anything that decides the outcome."""
        parts = (asdict(self.setting), sorted(self.config.items()), self.to_dict(), self.shuffled)
        return f"{key_of(*parts) & (2**64 - 1):016x}"

    def model(self) -> ConvNet:
        """The net, its weights drawn from the seed."""
        outputs = {HOW: len(self.setting.motions), WHAT: len(self.setting.things)}
        outputs[BOTH] = outputs[HOW] + outputs[WHAT]
        torch.manual_seed(key_of("weights", self.seed) & (2**63 - 1))
        defaults = {
            "num_classes": outputs[self.task],
            "clip_shape": self.setting.clip_shape,
            "width": self.setting.width,
            "dropout": self.recipe.dropout,
        }
        model = build(defaults | dict(self.config))
        initialise(model, self.recipe.init)
        return model


@lru_cache(maxsize=3)
def made(setting: Setting, split: str, seed: int) -> dict[str, Tensor]:
    """All clips of a split; the same for every net, so that nets can be compared in pairs."""
    data = setting.clips_of(split, seed)
    whole = data.batch(range(len(data)))
    return {"clip": whole["clip"], HOW: whole["motion"], WHAT: whole[data.thing]}


def run_trial(trial: Trial, device: str = "cpu") -> dict[str, Any]:
    """Train, test, and return all that is worth keeping, as plain values.

    Raises:
        KitError: when it diverged; a trial of a learning rate then counts as never right.
    """
    started = time.monotonic()
    keep_freed_memory()
    where = torch.device(device)
    recipe = trial.recipe
    train = made(trial.setting, "train", trial.seed)
    model = trial.model().to(where).channels_last()
    fitted = Preprocess.fit(
        train["clip"][:256], trial.setting.clip_shape, standardise=recipe.standardise
    )
    optimiser = optimiser_of(model, recipe)
    heads = _heads(trial)
    per_epoch = -(-len(train["clip"]) // recipe.batch)
    total = recipe.steps(per_epoch)
    losses: list[float] = []
    model.train()
    for step in range(total):
        epoch, place = divmod(step, per_epoch)
        if place == 0:
            order = torch.randperm(len(train["clip"]), generator=_drawn(trial, "order", epoch))
        chosen = order[place * recipe.batch : (place + 1) * recipe.batch]
        clips = train["clip"][chosen]
        if trial.shuffled:
            clips = alter(clips, SHUFFLED, seed=key_of(trial.seed, step))
        x = (
            fitted.augmented(clips.to(where), _drawn(trial, "crop", step))
            if recipe.crop == "random"
            else fitted(clips.to(where))
        )
        set_rate(optimiser, recipe.lr_at(step, per_epoch))
        torch.manual_seed(key_of("dropout", trial.seed, step) & (2**63 - 1))
        with torch.autocast("cuda", torch.bfloat16, enabled=where.type == "cuda"):
            logits = model(x.contiguous(memory_format=torch.channels_last_3d))
        loss = torch.stack(
            [
                F.cross_entropy(logits[:, part].float(), train[head][chosen].to(where))
                for head, part in heads.items()
            ]
        ).sum()
        losses.append(loss.item())
        if not losses[-1] < _DIVERGED:
            break
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
    trained = time.monotonic() - started
    model.eval()

    val = made(trial.setting, "val", trial.seed)
    scores, _, logits = _measured(trial, model, fitted, val)
    if not (losses[-1] < _DIVERGED and float(logits.abs().max()) < _DIVERGED):
        if trial.phase == "study":
            raise KitError(
                f"{trial.id} diverged at step {len(losses)}: the loss was {losses[-1]:.3g}, the "
                f"largest logit {float(logits.abs().max()):.3g}. Give a lower rate (--rate)."
            )
        scores = dict.fromkeys(scores, 0.0)  # a rate at which nothing is learnt is not chosen
    run = trial.to_dict() | {
        "fingerprint": trial.fingerprint,
        "curve": _means(losses),
        "validation": scores,
    }
    if trial.phase == "study":
        run |= _tested(trial, model, fitted)
    return run | {
        "seconds": round(time.monotonic() - started, 2),
        "training seconds": round(trained, 2),
        "versions": versions(device),
    }


def versions(device: str) -> str:
    """What a trial's numbers depend on, beside the trial."""
    return (
        f"c3d_teach {version('c3d_teach')}, torch {torch.__version__.split('+')[0]}, "
        f"Python {platform.python_version()}, {torch.device(device).type}"
    )


def _tested(trial: Trial, model: ConvNet, fitted: Preprocess) -> dict[str, Any]:
    """Accuracies on clips as they are, reversed and shuffled, and the confusion of both ways."""
    test = made(trial.setting, "test", trial.seed)
    motions = trial.setting.motions
    backwards = test | {HOW: reversed_motion(test[HOW], motions)}
    forward, answers, logits = _measured(trial, model, fitted, test)
    turned, turned_answers, turned_logits = _measured(trial, model, fitted, backwards, flip=True)
    shuffled, _, _ = _measured(trial, model, fitted, test, shuffle=True)
    both = {head: round((forward[head] + turned[head]) / 2, 5) for head in forward}
    confusion = {
        head: _confusion(
            torch.cat([test[head], backwards[head]]),
            torch.cat([answers[head], turned_answers[head]]),
            len(trial.setting.motions if head == HOW else trial.setting.things),
        )
        for head in forward
    }
    found: dict[str, Any] = {
        "test": forward,
        "reversed": turned,
        "both ways": both,
        "shuffled": shuffled,
        "confusion": confusion,
    }
    if not trial.shuffled:
        found["reversal changes logits by"] = float((logits - turned_logits).abs().max())
    return found


@torch.inference_mode()
def _measured(
    trial: Trial,
    model: ConvNet,
    fitted: Preprocess,
    data: dict[str, Tensor],
    *,
    flip: bool = False,
    shuffle: bool = False,
) -> tuple[dict[str, float], dict[str, Tensor], Tensor]:
    """Accuracy of each head, its answers, and all logits; the clips played backwards, shuffled."""
    device = next(model.parameters()).device
    parts = []
    for start in range(0, len(data["clip"]), _EVALUATED):
        clips = data["clip"][start : start + _EVALUATED]
        if flip:
            clips = clips.flip(1)
        if shuffle or trial.shuffled:
            clips = alter(clips, SHUFFLED, seed=start)
        x = fitted(clips.to(device)).contiguous(memory_format=torch.channels_last_3d)
        parts.append(model(x).float().cpu())
    logits = torch.cat(parts)
    answers = {head: logits[:, part].argmax(1) for head, part in _heads(trial).items()}
    right = {head: (a == data[head]).double().mean() for head, a in answers.items()}
    return {head: round(float(v), 5) for head, v in right.items()}, answers, logits


def _heads(trial: Trial) -> dict[str, slice]:
    """Which outputs answer which question."""
    motions = len(trial.setting.motions)
    if trial.task == BOTH:
        return {HOW: slice(0, motions), WHAT: slice(motions, None)}
    return {trial.task: slice(None)}


def _drawn(trial: Trial, *what: object) -> torch.Generator:
    return torch.Generator().manual_seed(key_of(trial.seed, *what) & (2**63 - 1))


def _means(losses: list[float]) -> list[float]:
    """The loss curve: means over equal parts of the training."""
    every = max(1, len(losses) // _CURVE)
    parts = [losses[i : i + every] for i in range(0, len(losses), every)]
    return [round(sum(part) / len(part), 4) for part in parts]


def _confusion(truth: Tensor, answer: Tensor, k: int) -> list[list[int]]:
    return torch.bincount(truth * k + answer, minlength=k * k).view(k, k).tolist()
