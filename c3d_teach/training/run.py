"""A training run: net, optimiser, and how far it has come."""

from collections.abc import Generator
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from c3d_teach.data.labelled import LabelledVideos
from c3d_teach.data.transforms import Preprocess
from c3d_teach.errors import CheckpointError, KitError
from c3d_teach.models.builder import ConvNet
from c3d_teach.processes import ALONE, Place, summed
from c3d_teach.training.evaluate import collate
from c3d_teach.training.feed import Feed
from c3d_teach.training.history import Epoch
from c3d_teach.training.optimiser import optimiser_of, set_rate
from c3d_teach.training.recipe import Recipe
from c3d_teach.training.step import Stepper, generator

_FIT_CLIPS = 256  # clips that mean and standard deviation are taken from
_LOOK_EVERY = 10  # steps
_WORTH_COMPILING = 1000  # steps that repay the minute it takes


class Run:
    """Net, optimiser and position of a run, of this process' part of it.

    Args:
        place: which of several processes this is; each trains on its share of every mini-batch.
        settings: of :class:`~c3d_teach.training.step.Stepper`: ``precision``, ``recompute`` and
            ``compiled``; the last may be None: on a GPU, if the run is long enough.
    """

    def __init__(
        self,
        model: ConvNet,
        train_set: Any,
        recipe: Recipe,
        device: torch.device,
        seed: int,
        preprocess: Preprocess | None,
        place: Place = ALONE,
        **settings: Any,
    ) -> None:
        self.model, self.train_set, self.recipe, self.seed = model, train_set, recipe, seed
        self.device, self.place = device, place
        model.to(device)
        self.optimiser = optimiser_of(model, recipe)
        self.per_epoch = -(-len(train_set) // recipe.batch)
        self.total = recipe.steps(self.per_epoch)
        self.step = 0
        self.whole = True  # False while a step is under way and weights and count disagree
        self.preprocess = preprocess or _fitted(model, train_set, recipe)
        if settings.get("compiled", False) is None:
            settings["compiled"] = device.type == "cuda" and self.total > _WORTH_COMPILING
        self.stepper = Stepper(
            model,
            self.optimiser,
            self.preprocess,
            recipe,
            device=device,
            mirrored=train_set.mirrored,
            seed=seed,
            place=place,
            **settings,
        )
        # loss, right answers and clips of this process in this epoch. A GPU's stay there: reading
        # them at every step, or asking the other processes, would hold all up
        exact = torch.float32 if device.type == "mps" else torch.float64
        self._sums = torch.zeros(3, dtype=exact, device=device)
        self.look_every = 1 if device.type == "cpu" and place.world == 1 else _LOOK_EVERY
        self._reset()

    def _reset(self) -> None:
        self.loss_sum = self.right_sum = 0.0
        self.seen = 0
        self.epoch_seconds = 0.0
        self.waited = 0.0
        self._sums.zero_()

    @property
    def mean_loss(self) -> float:
        return self.loss_sum / max(1, self.seen)

    @property
    def mean_right(self) -> float:
        return self.right_sum / max(1, self.seen)

    @property
    def due(self) -> bool:
        """Whether all processes are to look at what has been summed up: at the same steps."""
        ends = self.step % self.per_epoch == 0 or self.step == self.total
        return ends or self.step % self.look_every == 0

    def epoch(self, workers: int) -> Generator[None, None, None]:
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
        self._done = torch.cuda.Event() if self.device.type == "cuda" else None
        feed = Feed(
            self.train_set,
            [[batch[k] for k in self.place.share(len(batch)) or range(1)] for batch in batches],
            workers=workers,
            pinned=self.device.type == "cuda",
            busy=lambda: self._done is not None and not self._done.query(),
        )
        self.model.train()
        already = self.waited
        for batch, whole in zip(feed, batches, strict=True):
            self.waited = already + feed.waited
            self._train_on(batch, len(whole))
            yield

    def _train_on(self, batch: dict[str, Tensor], count: int) -> None:
        set_rate(self.optimiser, self.recipe.lr_at(self.step, self.per_epoch))
        found = self.stepper.gradients(batch, self.step, count)
        if self.look_every == 1:
            self._refuse(*found.tolist())  # a loss that is no number must not reach the weights
        self.whole = False
        self.optimiser.step()
        self._sums += found
        if self._done is not None:
            self._done.record()
        self.step += 1
        self.whole = True

    def look(self, wish: bool = False, stop: bool = False) -> tuple[bool, bool]:
        """Sum up over all processes, for the means and for :meth:`state`.

        Where there are several, all of them do it at the same step.

        Returns:
            Whether the first process has the ``wish`` that all write a checkpoint, and whether
            any is to ``stop``.

        Raises:
            KitError: when the loss is no longer a number.
        """
        sums = [*self._sums.tolist(), float(wish and self.place.first), float(stop)]
        loss, right, seen, wished, stops = summed(sums) if self.place.world > 1 else sums
        self._refuse(loss - self.loss_sum, right, seen - self.seen)
        self.loss_sum, self.right_sum, self.seen = loss, int(right), int(seen)
        return wished > 0, stops > 0

    def _refuse(self, loss: float, right: float, clips: float) -> None:
        value = loss / clips if clips else 0.0
        if value != value or abs(value) > 1e4:
            raise KitError(
                f"The loss is {value:.3g} at step {self.step}: training has diverged. Lower the "
                "learning rate, or see that initialisation and input scale fit (Kaiming goes with "
                "standardised input, Caffe's with 0-255 minus the mean)."
            )

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
            waiting=self.waiting,
        )
        self._reset()
        return row

    @property
    def waiting(self) -> float:
        """Share of this epoch's training time that the net has waited for clips."""
        return min(1.0, self.waited / self.epoch_seconds) if self.epoch_seconds else 0.0

    def state(self) -> dict[str, Any]:
        """What a checkpoint holds; the sums are those of the last :meth:`look`."""
        return {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "preprocess": self.preprocess.to_dict(),
            "sums": [self.loss_sum, self.right_sum, self.seen, self.epoch_seconds, self.waited],
        }

    def restore(self, state: dict[str, Any]) -> None:
        try:
            self.model.load_state_dict(state["model"])
            self.optimiser.load_state_dict(state["optimiser"])
        except (RuntimeError, ValueError, KeyError) as error:
            raise CheckpointError(f"The checkpoint does not fit the net: {error}") from error
        self.step = state["step"]
        self.loss_sum, self.right_sum, self.seen, self.epoch_seconds, *waited = state["sums"]
        self.waited = waited[0] if waited else 0.0  # not in checkpoints of earlier versions
        if self.place.first:  # the others add to them
            self._sums.copy_(
                torch.tensor([self.loss_sum, self.right_sum, self.seen], dtype=torch.float64)
            )


def _fitted(model: ConvNet, train_set: Any, recipe: Recipe) -> Preprocess:
    order = torch.randperm(len(train_set), generator=generator("fit"))[:_FIT_CLIPS].tolist()
    loader = DataLoader(train_set, batch_sampler=[order], collate_fn=collate)
    clips = next(iter(loader))["clip"]
    # frames of real videos have one size, which whoever asks the net later decodes to
    size = train_set.size if isinstance(train_set, LabelledVideos) else None
    return Preprocess.fit(clips, model.clip_shape, standardise=recipe.standardise, frame_size=size)
