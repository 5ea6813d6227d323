"""A training run: net, optimiser, and how far it has come."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from c3d_teach.data.labelled import LabelledVideos
from c3d_teach.data.transforms import Preprocess
from c3d_teach.errors import CheckpointError
from c3d_teach.models.builder import ConvNet
from c3d_teach.training.evaluate import collate
from c3d_teach.training.history import Epoch
from c3d_teach.training.optimiser import optimiser_of, set_rate
from c3d_teach.training.recipe import Recipe
from c3d_teach.training.step import Stepper, generator

_FIT_CLIPS = 256  # clips that mean and standard deviation are taken from


class Run:
    """Net, optimiser and position of a run."""

    def __init__(
        self,
        model: ConvNet,
        train_set: Any,
        recipe: Recipe,
        device: torch.device,
        seed: int,
        preprocess: Preprocess | None,
    ) -> None:
        self.model, self.train_set, self.recipe, self.seed = model, train_set, recipe, seed
        self.device = device
        model.to(device)
        self.optimiser = optimiser_of(model, recipe)
        self.per_epoch = -(-len(train_set) // recipe.batch)
        self.total = recipe.steps(self.per_epoch)
        self.step = 0
        self.whole = True  # False while a step is under way and weights and count disagree
        self.preprocess = preprocess or _fitted(model, train_set, recipe)
        self.stepper = Stepper(
            model,
            self.optimiser,
            self.preprocess,
            recipe,
            device=device,
            mirrored=train_set.mirrored,
            seed=seed,
        )
        self._reset()

    def _reset(self) -> None:
        self.loss_sum = self.right_sum = 0.0
        self.seen = 0
        self.epoch_seconds = 0.0

    @property
    def mean_loss(self) -> float:
        return self.loss_sum / max(1, self.seen)

    @property
    def mean_right(self) -> float:
        return self.right_sum / max(1, self.seen)

    def epoch(self, workers: int) -> Iterator[None]:
        """Train to the end of the current epoch, one mini-batch at a time."""
        epoch, first = divmod(self.step, self.per_epoch)
        if first == 0 and self.seen:
            return  # stopped between the last step of an epoch and its validation
        order = torch.randperm(
            len(self.train_set), generator=generator(self.seed, "order", epoch)
        ).tolist()
        size = self.recipe.batch
        batches = [order[i * size : (i + 1) * size] for i in range(first, self.per_epoch)]
        batches = batches[: self.total - self.step]
        loader = DataLoader(
            self.train_set,
            batch_sampler=batches,
            num_workers=workers,
            collate_fn=collate,
            pin_memory=self.device.type == "cuda",
        )
        self.model.train()
        for batch in loader:
            self._train_on(batch)
            yield

    def _train_on(self, batch: dict[str, Tensor]) -> None:
        set_rate(self.optimiser, self.recipe.lr_at(self.step, self.per_epoch))
        loss, right = self.stepper.gradients(batch, self.step)
        self.whole = False
        self.optimiser.step()
        count = len(batch["label"])
        self.loss_sum += loss * count
        self.right_sum += right
        self.seen += count
        self.step += 1
        self.whole = True

    def end_epoch(self, val_loss: float, val_accuracy: float, seconds: float) -> Epoch:
        row = Epoch(
            epoch=-(-self.step // self.per_epoch),
            step=self.step,
            lr=self.recipe.lr_at(self.step - 1, self.per_epoch),
            train_loss=self.mean_loss,
            train_accuracy=self.mean_right,
            val_loss=val_loss,
            val_accuracy=val_accuracy,
            seconds=seconds,
        )
        self._reset()
        return row

    def state(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "preprocess": self.preprocess.to_dict(),
            "sums": [self.loss_sum, self.right_sum, self.seen, self.epoch_seconds],
        }

    def restore(self, state: dict[str, Any]) -> None:
        try:
            self.model.load_state_dict(state["model"])
            self.optimiser.load_state_dict(state["optimiser"])
        except (RuntimeError, ValueError, KeyError) as error:
            raise CheckpointError(f"The checkpoint does not fit the net: {error}") from error
        self.step = state["step"]
        self.loss_sum, self.right_sum, self.seen, self.epoch_seconds = state["sums"]


def _fitted(model: ConvNet, train_set: Any, recipe: Recipe) -> Preprocess:
    order = torch.randperm(len(train_set), generator=generator("fit"))[:_FIT_CLIPS].tolist()
    loader = DataLoader(train_set, batch_sampler=[order], collate_fn=collate)
    clips = next(iter(loader))["clip"]
    # frames of real videos have one size, which whoever asks the net later decodes to
    size = train_set.size if isinstance(train_set, LabelledVideos) else None
    return Preprocess.fit(clips, model.clip_shape, standardise=recipe.standardise, frame_size=size)
