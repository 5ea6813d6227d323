"""A trial under way: its net is trained one mini-batch after the other, and then tested.

A trial runs on one thread, so that its numbers do not depend on how many cores share the
work, and two trials of one seed agree to the last bit on one kind of processor.
"""

import platform
import time
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from c3d_teach.analysis.alterations import SHUFFLED, alter
from c3d_teach.data.counter import key_of
from c3d_teach.data.embedded import reversed_motion
from c3d_teach.data.transforms import Preprocess
from c3d_teach.device import keep_freed_memory
from c3d_teach.errors import KitError
from c3d_teach.experiments.trials import BOTH, HOW, WHAT, Trial, made
from c3d_teach.models.builder import ConvNet
from c3d_teach.training.optimiser import optimiser_of, set_rate

_EVALUATED = 128  # clips asked about at a time
_CURVE = 16  # points of the loss curve
_DIVERGED = 1e4  # a loss, or a logit, that no net that learns comes near


class TrialRun:
    """The net of a trial, its optimiser, and how far it has come.

    Every mini-batch draws its random numbers from ``(seed, step)``: it does not matter what
    else happens between two steps.

    Attributes:
        trial: what decides it all.
        model: the net, on the device; in training mode while :meth:`advance` works.
        fitted: how clips become input.
        step: mini-batches so far, of ``total``; ``per_epoch`` of them are an epoch.
        losses: of each mini-batch, in nats, all heads added.
        right: of each mini-batch, the share of right answers of each head.
    """

    def __init__(self, trial: Trial, device: str = "cpu") -> None:
        self.trial, self.device = trial, torch.device(device)
        self._clips = made(trial.setting, "train", trial.seed)
        keep_freed_memory()  # from here on: making the clips takes far more than training
        self.model: ConvNet = trial.model().to(self.device).channels_last()
        self.fitted = Preprocess.fit(
            self._clips["clip"][:256],
            trial.setting.clip_shape,
            standardise=trial.recipe.standardise,
        )
        self._optimiser = optimiser_of(self.model, trial.recipe)
        self._heads = heads_of(trial)
        self.per_epoch = -(-len(self._clips["clip"]) // trial.recipe.batch)
        self.total = trial.recipe.steps(self.per_epoch)
        self.step = 0
        self.losses: list[float] = []
        self.right: list[dict[str, float]] = []

    @property
    def diverged(self) -> bool:
        return bool(self.losses) and not self.losses[-1] < _DIVERGED

    def advance(self) -> None:
        """Train on one mini-batch; when the loss blows up, the weights stay as they were."""
        trial, recipe, step = self.trial, self.trial.recipe, self.step
        epoch, place = divmod(step, self.per_epoch)
        if place == 0:
            self._order = torch.randperm(
                len(self._clips["clip"]), generator=_drawn(trial, "order", epoch)
            )
        chosen = self._order[place * recipe.batch : (place + 1) * recipe.batch]
        clips = self._clips["clip"][chosen]
        if trial.shuffled:
            clips = alter(clips, SHUFFLED, seed=key_of(trial.seed, step))
        x = (
            self.fitted.augmented(clips.to(self.device), _drawn(trial, "crop", step))
            if recipe.crop == "random"
            else self.fitted(clips.to(self.device))
        )
        set_rate(self._optimiser, recipe.lr_at(step, self.per_epoch))
        torch.manual_seed(key_of("dropout", trial.seed, step) & (2**63 - 1))
        self.model.train()
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda"):
            logits = self.model(x.contiguous(memory_format=torch.channels_last_3d))
        truth = {head: self._clips[head][chosen].to(self.device) for head in self._heads}
        loss = torch.stack(
            [
                F.cross_entropy(logits[:, part].float(), truth[head])
                for head, part in self._heads.items()
            ]
        ).sum()
        self.losses.append(loss.item())
        self.step += 1
        if self.diverged:
            return
        self.right.append(
            {
                head: (logits[:, part].argmax(1) == truth[head]).double().mean().item()
                for head, part in self._heads.items()
            }
        )
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self._optimiser.step()


def run_trial(trial: Trial, device: str = "cpu") -> dict[str, Any]:
    """Train, test, and return all that is worth keeping, as plain values.

    Raises:
        KitError: when it diverged; a trial of a learning rate then counts as never right.
    """
    started = time.monotonic()
    run = TrialRun(trial, device)
    while run.step < run.total and not run.diverged:
        run.advance()
    trained = time.monotonic() - started
    losses = run.losses
    model, fitted = run.model.eval(), run.fitted

    val = made(trial.setting, "val", trial.seed)
    scores, _, logits = measured(trial, model, fitted, val)
    if not (losses[-1] < _DIVERGED and float(logits.abs().max()) < _DIVERGED):
        if trial.phase == "study":
            raise KitError(
                f"{trial.id} diverged at step {len(losses)}: the loss was {losses[-1]:.3g}, the "
                f"largest logit {float(logits.abs().max()):.3g}. Give a lower rate (--rate)."
            )
        scores = dict.fromkeys(scores, 0.0)  # a rate at which nothing is learnt is not chosen
    found = trial.to_dict() | {
        "fingerprint": trial.fingerprint,
        "curve": _means(losses),
        "validation": scores,
    }
    if trial.phase == "study":
        found |= _tested(trial, model, fitted)
    return found | {
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
    forward, answers, logits = measured(trial, model, fitted, test)
    turned, turned_answers, turned_logits = measured(trial, model, fitted, backwards, flip=True)
    shuffled, _, _ = measured(trial, model, fitted, test, shuffle=True)
    both = {head: round((forward[head] + turned[head]) / 2, 5) for head in forward}
    counts = {
        head: confusion(
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
        "confusion": counts,
    }
    if not trial.shuffled:
        found["reversal changes logits by"] = float((logits - turned_logits).abs().max())
    return found


@torch.inference_mode()
def measured(
    trial: Trial,
    model: ConvNet,
    fitted: Preprocess,
    data: dict[str, Tensor],
    *,
    flip: bool = False,
    shuffle: bool = False,
    at_a_time: int = _EVALUATED,
) -> tuple[dict[str, float], dict[str, Tensor], Tensor]:
    """Accuracy of each head, its answers ``(N,)``, and all logits ``(N, K)``.

    Args:
        data: as :func:`~c3d_teach.experiments.trials.made` gives it.
        flip, shuffle: play the clips backwards, or their frames in a random order.
        at_a_time: clips that go through the net together.
    """
    device = next(model.parameters()).device
    parts = []
    for start in range(0, len(data["clip"]), at_a_time):
        clips = data["clip"][start : start + at_a_time]
        if flip:
            clips = clips.flip(1)
        if shuffle or trial.shuffled:
            clips = alter(clips, SHUFFLED, seed=start)
        x = fitted(clips.to(device)).contiguous(memory_format=torch.channels_last_3d)
        parts.append(model(x).float().cpu())
    logits = torch.cat(parts)
    answers = {head: logits[:, part].argmax(1) for head, part in heads_of(trial).items()}
    right = {head: (a == data[head]).double().mean() for head, a in answers.items()}
    return {head: round(float(v), 5) for head, v in right.items()}, answers, logits


def heads_of(trial: Trial) -> dict[str, slice]:
    """Which outputs answer which question: ``"how"``, ``"what"`` or both."""
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


def confusion(truth: Tensor, answer: Tensor, k: int) -> list[list[int]]:
    """Counts ``(K, K)``: a row for each true class, a column for each answer."""
    return torch.bincount(truth * k + answer, minlength=k * k).view(k, k).tolist()
