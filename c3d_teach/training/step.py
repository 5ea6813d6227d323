"""One step of training: a mini-batch on the device, its loss, the gradients, new weights."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from c3d_teach.data.counter import key_of
from c3d_teach.data.transforms import Part, Preprocess, horizontal_flip
from c3d_teach.models.builder import ConvNet
from c3d_teach.processes import ALONE, Place, all_of
from c3d_teach.training.compiled import Compiled
from c3d_teach.training.mixed import Mixed, agree, low_layers, warn_of_disagreement
from c3d_teach.training.net import TrainingNet
from c3d_teach.training.recipe import Recipe

_TRIED_ON = 3  # clips that gradients in bfloat16 are compared on


class Stepper:
    """Takes the steps of a run.

    Of several processes each computes its share of a mini-batch; random numbers are drawn for the
    whole of it, so that the gradients are those of one process.

    Args:
        model: the net, on ``device`` already.
        optimiser: of its weights, see :func:`~c3d_teach.training.optimiser.optimiser_of`.
        preprocess: from uint8 clips to the net's input.
        recipe: crop and flip.
        mirrored: label of a flipped clip for each label; None where it has none.
        seed: of augmentation and dropout.
        precision: see :func:`~c3d_teach.training.mixed.low_layers`.
        recompute: save memory for activations, see :class:`TrainingNet`.
        compiled: let torch compile the net, which takes a minute.
        place: which of several processes this is; their group is open.

    Attributes:
        mixed: what is computed in bfloat16.
        compiled: whether torch is to compile the net.
    """

    def __init__(
        self,
        model: ConvNet,
        optimiser: torch.optim.Optimizer,
        preprocess: Preprocess,
        recipe: Recipe,
        *,
        device: torch.device,
        mirrored: Sequence[int] | None,
        seed: int,
        precision: str = "auto",
        recompute: bool = False,
        compiled: bool = False,
        place: Place = ALONE,
    ) -> None:
        self.model, self.optimiser, self.preprocess = model, optimiser, preprocess
        self.recipe, self.device, self.mirrored, self.seed = recipe, device, mirrored, seed
        self.place = place
        if device.type == "cuda":
            torch.backends.cudnn.benchmark = True
        model.channels_last()
        mixed = low_layers(model, device, precision)
        low = all_of(mixed.low, (layer.name for layer in model.layers))
        self.mixed = replace(mixed, low=low)
        self.net = TrainingNet(model, low, recompute=recompute)
        self._tried, self.compiled = not low, compiled
        self._called = self._wrapped(compiled)

    def gradients(self, batch: dict[str, Tensor], step: int, count: int | None = None) -> Tensor:
        """Set the gradients of step ``step``.

        Args:
            batch: this process' share of the mini-batch: clips ``clip`` and labels ``label``.
                A process without a share brings any clip, which counts nothing.
            count: clips in the whole mini-batch; None for those of ``batch``.

        Returns:
            This process' sum of losses in nats, right answers and clips, ``(3,)`` on the device:
            reading them has the host wait for a GPU.
        """
        labels = batch["label"]
        count = len(labels) if count is None else count
        rows = self.place.share(count)
        weight = 1.0 if rows else 0.0
        part = (rows if rows else range(1), count)
        x, labels = self._input(batch, generator(self.seed, "augment", step), part)
        if not self._tried:
            self._try(x[:_TRIED_ON], labels[:_TRIED_ON])
        # one seed a step: a resumed run draws the same dropout without stored generators
        own = (self.place.rank,) if self.place.rank else ()
        torch.manual_seed(key_of(self.seed, "step", step, *own) & (2**63 - 1))
        logits = self._called(x)
        each = F.cross_entropy(_exact(logits), labels, reduction="none")
        total = weight * each.sum()
        self.optimiser.zero_grad(set_to_none=True)
        # the mean of the processes' gradients is to be that of the mean loss over all clips
        (total * (self.place.world / count)).backward()
        with torch.no_grad():
            right = weight * (logits.argmax(1) == labels).sum()
            seen = torch.full_like(total, weight * len(labels))
            return torch.stack([total.detach(), right.to(total), seen])

    def _input(
        self, batch: dict[str, Tensor], random: torch.Generator, part: Part
    ) -> tuple[Tensor, Tensor]:
        clips = batch["clip"].to(self.device, non_blocking=True)
        labels = batch["label"].to(self.device, non_blocking=True)
        x = (
            self.preprocess.augmented(clips, random, part)
            if self.recipe.crop == "random"
            else self.preprocess(clips)
        )
        if self.recipe.flip:
            assert self.mirrored is not None  # train() has checked it
            x, labels = horizontal_flip(x, labels, self.mirrored, self.recipe.flip, random, part)
        x = x.to(next(self.model.parameters()).dtype)
        return x.contiguous(memory_format=torch.channels_last_3d), labels

    def _try(self, x: Tensor, labels: Tensor) -> None:
        """Compare the gradients with those in float32; stay there if they differ."""
        self._tried = True
        self.model.eval()  # without dropout, which would differ
        try:
            alike = agree(self.net, lambda logits: F.cross_entropy(logits, labels), x)
        finally:
            self.model.train()
        if not all_of({"alike"} if alike else set(), ("alike",)):
            warn_of_disagreement()
            self.mixed, self.net.low = Mixed(), frozenset()

    def _wrapped(self, compiled: bool) -> Callable[[Tensor], Tensor]:
        net: nn.Module = self.net
        if self.place.world > 1:
            where = [self.device] if self.device.type == "cuda" else None
            # of kernels with one channel, which lie in memory alike either way
            warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
            net = nn.parallel.DistributedDataParallel(net, where, gradient_as_bucket_view=True)
        return Compiled(net) if compiled else net


def _exact(logits: Tensor) -> Tensor:
    """The logits in no less than float32."""
    return logits if logits.dtype == torch.float64 else logits.float()


def generator(*parts: object) -> torch.Generator:
    """Random numbers that hang on ``parts`` alone."""
    return torch.Generator().manual_seed(key_of(*parts) & (2**63 - 1))
