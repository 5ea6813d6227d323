"""Training a U-Net to mark what moves, and how well it does: overlap of masks."""

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from c3d_teach.data.counter import key_of
from c3d_teach.data.segmentation import MotionSegmentation
from c3d_teach.data.transforms import Preprocess
from c3d_teach.device import keep_freed_memory, pick_device
from c3d_teach.errors import KitError, UsageError
from c3d_teach.models.segmenter import Segmenter
from c3d_teach.models.unet import UNet3D
from c3d_teach.training.optimiser import optimiser_of, set_rate
from c3d_teach.training.recipe import Recipe

_FIT_CLIPS = 256  # clips that mean and standard deviation are taken from
THRESHOLDS = tuple(round(0.1 * k, 1) for k in range(1, 10))


def intersection_over_union(predicted: Tensor, truth: Tensor) -> Tensor:
    """Overlap of each clip's mask with the true one: common pixels over pixels of either.

    Args:
        predicted: ``(N, …)``, true or non-zero where the mask is.
        truth: of the same shape.

    Returns:
        ``(N,)`` from 0 to 1, over all frames of a clip together; 1 where both are empty.

    Raises:
        UsageError: for masks of different shapes.
    """
    if predicted.shape != truth.shape:
        raise UsageError(
            f"The masks have the shapes {tuple(predicted.shape)} and {tuple(truth.shape)}; "
            "they have to be the same."
        )
    a, b = predicted.bool().flatten(1), truth.bool().flatten(1)
    union = (a | b).sum(1)
    return torch.where(union > 0, (a & b).sum(1) / union.clamp_min(1), 1.0)


@dataclass(frozen=True)
class Overlap:
    """How well masks agree with the true ones on a set of clips.

    Attributes:
        mean: intersection over union, the mean over clips.
        interval: 95 % interval of that mean over clips (not over trainings).
        clips: how many there were.
        threshold: probability from which on a pixel counted.
        each: of every clip, ``(N,)``.
    """

    mean: float
    interval: tuple[float, float]
    clips: int
    threshold: float
    each: Tensor

    def to_dict(self) -> dict[str, Any]:
        return {
            "iou": round(self.mean, 4),
            "interval": [round(v, 4) for v in self.interval],
            "clips": self.clips,
            "threshold": self.threshold,
        }


def evaluate_masks(
    segmenter: Segmenter, dataset: MotionSegmentation, *, threshold: float | None = None
) -> Overlap:
    """Overlap of the net's masks with the true ones over all clips of ``dataset``.

    Args:
        threshold: probability from which on a pixel counts; None for the net's own.
    """
    level = segmenter.threshold if threshold is None else threshold
    parts = [
        intersection_over_union(segmenter.predict(part["clip"])[:, 0] >= level, part["mask"])
        for part in dataset.batches(64)
    ]
    each = torch.cat(parts).double()
    half = 1.96 * float(each.std()) / len(each) ** 0.5 if len(each) > 1 else 1.0
    mean = float(each.mean())
    return Overlap(mean, (max(0.0, mean - half), min(1.0, mean + half)), len(each), level, each)


def best_threshold(segmenter: Segmenter, dataset: MotionSegmentation) -> float:
    """The threshold of 0.1, 0.2, … 0.9 with the largest overlap on ``dataset``.

    A net that can only guess gives every digit the probability of being the mover, a third
    say; at 0.5 it would mark nothing. Chosen so on validation clips, each net shows its best.
    """
    sums = dict.fromkeys(THRESHOLDS, 0.0)
    for part in dataset.batches(64):
        found = segmenter.predict(part["clip"])[:, 0]
        for level in THRESHOLDS:
            sums[level] += float(intersection_over_union(found >= level, part["mask"]).sum())
    return max(sums, key=lambda level: sums[level])


def mask_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross-entropy of every pixel plus one minus the soft Dice overlap of every clip.

    Most pixels are background: cross-entropy alone learns that first. The Dice term (Milletari,
    Navab and Ahmadi, 2016, arXiv 1606.04797) does not see the background.

    Args:
        logits, truth: ``(N, L, H, W)``; truth from 0 to 1.
    """
    entropy = F.binary_cross_entropy_with_logits(logits, truth)
    p = logits.sigmoid().flatten(1)
    t = truth.flatten(1)
    dice = (2 * (p * t).sum(1) + 1) / (p.sum(1) + t.sum(1) + 1)
    return entropy + (1 - dice).mean()


def train_segmenter(
    model: UNet3D,
    train_set: MotionSegmentation,
    val_set: MotionSegmentation,
    recipe: Recipe,
    *,
    seed: int = 0,
    device: str = "auto",
    preprocess: Preprocess | None = None,
    on_step: Callable[[int, int, float], None] | None = None,
) -> Segmenter:
    """Train ``model`` as it is, in memory, and choose its threshold on ``val_set``.

    The loop is :func:`~c3d_teach.train`'s without checkpoints: these runs take minutes. float32
    and channels_last_3d.

    Args:
        recipe: see :class:`~c3d_teach.Recipe`; crops, flips and dropout are not used.
        seed: of the order of the clips.
        preprocess: how the input of a net that goes on learning was made so far. None fits mean
            and standard deviation to the training clips.
        on_step: called with the step, their number and the loss.

    Returns:
        The net with its preprocessing, its threshold, and a card that says how it was made.

    Raises:
        KitError: when the loss is no longer a number.
    """
    started = time.monotonic()
    keep_freed_memory()
    where = pick_device(device)
    model.to(where)
    model.channels_last().train()
    fitted = preprocess or Preprocess.fit(
        train_set.batch(range(min(_FIT_CLIPS, len(train_set))))["clip"],
        train_set.clip_shape,
        standardise=recipe.standardise,
    )
    segmenter = Segmenter(model, fitted, train_set.classes)
    optimiser = optimiser_of(model, recipe)
    per_epoch = -(-len(train_set) // recipe.batch)
    total = recipe.steps(per_epoch)
    order = torch.empty(0)
    for step in range(total):
        epoch, place = divmod(step, per_epoch)
        if place == 0:
            generator = torch.Generator().manual_seed(key_of(seed, "order", epoch) & (2**63 - 1))
            order = torch.randperm(len(train_set), generator=generator)
        batch = train_set.batch(order[place * recipe.batch : (place + 1) * recipe.batch])
        set_rate(optimiser, recipe.lr_at(step, per_epoch))
        logits = model(segmenter.prepared(batch["clip"]))[:, 0]
        loss = mask_loss(logits, batch["mask"].to(where, torch.float32))
        value = loss.item()
        if not value < 1e4:
            raise KitError(
                f"The loss is {value:.3g} at step {step}: training has diverged. Lower the rate."
            )
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        if on_step:
            on_step(step + 1, total, value)
    model.eval()
    trained = time.monotonic() - started
    segmenter.threshold = best_threshold(segmenter, val_set)
    segmenter.card = {
        "net": model.config,
        "data": train_set.describe(),
        "validation": val_set.describe() | evaluate_masks(segmenter, val_set).to_dict(),
        "recipe": recipe.to_dict(),
        "seed": seed,
        "seconds": round(trained, 1),
        "made with": f"torch {torch.__version__.split('+')[0]} on {where.type}, "
        f"Python {platform.python_version()}",
    }
    return segmenter
