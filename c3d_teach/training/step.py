"""One step of training: a mini-batch on the device, its loss, the gradients, new weights."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from c3d_teach.data.counter import key_of
from c3d_teach.data.transforms import Preprocess, horizontal_flip
from c3d_teach.errors import KitError
from c3d_teach.models.builder import ConvNet
from c3d_teach.training.recipe import Recipe


class Stepper:
    """Takes the steps of a run.

    Args:
        model: the net, on ``device`` already.
        optimiser: of its weights, see :func:`~c3d_teach.training.optimiser.optimiser_of`.
        preprocess: from uint8 clips to the net's input.
        recipe: crop and flip.
        mirrored: label of a flipped clip for each label; None where it has none.
        seed: of augmentation and dropout.
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
    ) -> None:
        self.model, self.optimiser, self.preprocess = model, optimiser, preprocess
        self.recipe, self.device, self.mirrored, self.seed = recipe, device, mirrored, seed
        self.cuda = device.type == "cuda"
        if self.cuda:
            torch.backends.cudnn.benchmark = True
        model.channels_last()

    def gradients(self, batch: dict[str, Tensor], step: int) -> tuple[float, int]:
        """Loss of step ``step`` on ``batch`` and how many clips are right; sets the gradients.

        Raises:
            KitError: when the loss is no longer a number.
        """
        # one seed a step: a resumed run draws the same dropout without stored generators
        torch.manual_seed(key_of(self.seed, "step", step) & (2**63 - 1))
        x, labels = self._input(batch, generator(self.seed, "augment", step))
        with torch.autocast("cuda", torch.bfloat16, enabled=self.cuda):
            logits = self.model(x)
        loss = F.cross_entropy(logits.float(), labels)
        value = loss.item()
        if value != value or value > 1e4:
            raise KitError(
                f"The loss is {value:.3g} at step {step}: training has diverged. Lower the "
                "learning rate, or see that initialisation and input scale fit (Kaiming goes with "
                "standardised input, Caffe's with 0-255 minus the mean)."
            )
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        return value, int((logits.argmax(1) == labels).sum())

    def _input(self, batch: dict[str, Tensor], random: torch.Generator) -> tuple[Tensor, Tensor]:
        clips = batch["clip"].to(self.device, non_blocking=True)
        labels = batch["label"].to(self.device, non_blocking=True)
        x = (
            self.preprocess.augmented(clips, random)
            if self.recipe.crop == "random"
            else self.preprocess(clips)
        )
        if self.recipe.flip:
            assert self.mirrored is not None  # train() has checked it
            x, labels = horizontal_flip(x, labels, self.mirrored, self.recipe.flip, random)
        return x.contiguous(memory_format=torch.channels_last_3d), labels


def generator(*parts: object) -> torch.Generator:
    """Random numbers that hang on ``parts`` alone."""
    return torch.Generator().manual_seed(key_of(*parts) & (2**63 - 1))
