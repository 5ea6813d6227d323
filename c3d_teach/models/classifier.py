"""A trained net together with what it takes to ask it about clips."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor

from c3d_teach.data.transforms import Preprocess
from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import describe
from c3d_teach.models.builder import ConvNet

_ROOM = 416 << 20  # bytes for the output of the largest layer


@dataclass
class Classifier:
    """A trained net with all that is needed to ask it about clips.

    Attributes:
        model: the net, in evaluation mode.
        preprocess: from uint8 clips to the net's input.
        classes: names of the outputs.
        card: how the net was made and how good it is: command, data, seed, accuracy.
        name: what it was loaded as.
    """

    model: ConvNet
    preprocess: Preprocess
    classes: tuple[str, ...]
    card: dict[str, Any] = field(default_factory=dict)
    name: str = "net"

    @torch.inference_mode()
    def predict(self, clips: Tensor | np.ndarray, *, batch_size: int | None = None) -> Tensor:
        """Probabilities ``(N, K)`` of uint8 clips ``(N, L, H, W, C)``, of any H and W.

        Frames are resized and cropped in the centre as the net's preprocessing says; grey
        clips are accepted by colour nets and the other way round.

        Args:
            batch_size: clips the net sees at once; None for as many as :meth:`fitting` says.

        Raises:
            UsageError: for clips of another type, length or number of channels, or for
                published weights that came without their last layer.
        """
        if "fc8" in self.card:  # of published weights: what is wrong with their last layer
            raise UsageError(
                f"The fc8 of {self.name} is {self.card['fc8']}. Its descriptors (fc6, fc7) can be "
                "used, or it can be fine-tuned (c3d-teach train --from)."
            )
        return self._ask(clips, batch_size, len(self.classes), lambda x: self.model(x).softmax(1))

    @torch.inference_mode()
    def descriptor(
        self, clips: Tensor | np.ndarray, layer: str = "fc6", *, batch_size: int | None = None
    ) -> Tensor:
        """Activations ``(N, features)`` of a layer, after its ReLU, for clips as in ``predict``.

        These are descriptors of clips; that of a video is their mean, then L2-normalised
        (paper, section 3.4). ``"prob"`` gives the probabilities.

        Raises:
            UsageError: for a layer the net does not have, or clips that do not suit it.
        """
        if layer == "prob":
            return self.predict(clips, batch_size=batch_size)
        features = self.model.features(layer)
        return self._ask(clips, batch_size, features, lambda x: self.model.descriptor(x, layer))

    def fitting(self) -> int:
        """How many clips at once are fast and fit: the largest layer takes up to 416 MB then.

        On two cores the full-size C3D describes 4.1 clips a second by eights and 3.6 by
        sixteens; one at a time 2.4. On other devices eight times as many.
        """
        largest = max(prod(row.shape) for row in describe(self.model))
        room = _ROOM if next(self.model.parameters()).device.type == "cpu" else 8 * _ROOM
        return min(64, max(1, room // (4 * largest)))

    def _ask(
        self,
        clips: Tensor | np.ndarray,
        batch_size: int | None,
        columns: int,
        answer: Callable[[Tensor], Tensor],
    ) -> Tensor:
        device = next(self.model.parameters()).device
        clips = torch.as_tensor(clips)
        if clips.ndim == 5 and len(clips) == 0:
            return torch.empty(0, columns)
        self.model.eval()
        parts = clips.split(batch_size or self.fitting()) if clips.ndim else [clips]
        answers = [
            answer(
                self.preprocess(part.to(device)).contiguous(memory_format=torch.channels_last_3d)
            )
            for part in parts
        ]
        return torch.cat(answers).float().cpu()

    def fingerprint(self) -> str:
        """A hash of weights, net and preprocessing: two classifiers that share it answer alike."""
        digest = hashlib.blake2b(digest_size=16)
        described = {"net": self.model.config, "preprocess": self.preprocess.to_dict()}
        digest.update(json.dumps(described, sort_keys=True).encode())
        tensors = dict(self.model.state_dict())
        if self.preprocess.mean_volume is not None:
            tensors["mean volume"] = self.preprocess.mean_volume
        for name, value in sorted(tensors.items()):
            digest.update(name.encode())
            digest.update(value.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()

    def to(self, device: str | torch.device) -> "Classifier":
        """The same classifier with its net on ``device``."""
        self.model.to(device)
        return self
