"""A trained net together with what it takes to ask it about clips."""

import hashlib
import json
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
from c3d_teach.models.engines.engines import Engine, check_names, engine_for

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
        engine: what computes the answers unless a call says otherwise: ``"eager"`` for the net
            itself, ``"torch"``, ``"openvino"``, or ``"auto"``: the net itself if it is small,
            else the fastest that gives the same answers here (:meth:`prepared` says which).
        precision: ``"float32"``, ``"bfloat16"``, or ``"auto"``: with an engine, bfloat16 where
            the processor has it.
    """

    model: ConvNet
    preprocess: Preprocess
    classes: tuple[str, ...]
    card: dict[str, Any] = field(default_factory=dict)
    name: str = "net"
    engine: str = "auto"
    precision: str = "auto"

    @torch.inference_mode()
    def predict(
        self,
        clips: Tensor | np.ndarray,
        *,
        batch_size: int | None = None,
        engine: str | None = None,
        precision: str | None = None,
    ) -> Tensor:
        """Probabilities ``(N, K)`` of uint8 clips ``(N, L, H, W, C)``, of any H and W.

        Frames are resized and cropped in the centre as the net's preprocessing says; grey
        clips are accepted by colour nets and the other way round.

        Args:
            batch_size: clips the net sees at once; None for as many as :meth:`fitting` says.
            engine, precision: instead of this classifier's own.

        Raises:
            UsageError: for clips of another type, length or number of channels, for published
                weights that came without their last layer, or for an unknown engine.
        """
        if "fc8" in self.card:  # of published weights: what is wrong with their last layer
            raise UsageError(
                f"The fc8 of {self.name} is {self.card['fc8']}. Its descriptors (fc6, fc7) can be "
                "used, or it can be fine-tuned (c3d-teach train --from)."
            )
        logits = self._ask(clips, batch_size, len(self.classes), None, engine, precision)
        return logits.softmax(1)

    @torch.inference_mode()
    def descriptor(
        self,
        clips: Tensor | np.ndarray,
        layer: str = "fc6",
        *,
        batch_size: int | None = None,
        engine: str | None = None,
        precision: str | None = None,
    ) -> Tensor:
        """Activations ``(N, features)`` of a layer, after its ReLU, for clips as in ``predict``.

        These are descriptors of clips; that of a video is their mean, then L2-normalised
        (paper, section 3.4). ``"prob"`` gives the probabilities. ``engine`` and ``precision``
        are as in ``predict``.

        Raises:
            UsageError: for a layer the net does not have, or clips that do not suit it.
        """
        if layer == "prob":
            return self.predict(clips, batch_size=batch_size, engine=engine, precision=precision)
        features = self.model.features(layer)
        return self._ask(clips, batch_size, features, layer, engine, precision)

    @torch.inference_mode()
    def prepared(
        self, layer: str | None = None, *, engine: str | None = None, precision: str | None = None
    ) -> Engine:
        """What computes a layer (None: the logits) here, tried against the net itself (ours).

        The first call for a layer takes seconds where it is not the net itself: both answer then.

        Raises:
            UsageError: for an unknown layer, engine or precision.
        """
        self.model.eval()
        return engine_for(
            self.model,
            self._sample,
            layer=layer,
            engine=engine or self.engine,
            precision=precision or self.precision,
            batch=self.fitting(),
        )

    def _sample(self) -> Tensor:
        """Two clips of coarse noise that changes from frame to frame, as the net takes them."""
        channels, length, height, width = self.model.clip_shape
        random = torch.Generator().manual_seed(0)
        coarse = torch.rand(2, channels, length, -(-height // 8), -(-width // 8), generator=random)
        fine = coarse.repeat_interleave(8, 3).repeat_interleave(8, 4)[..., :height, :width]
        clips = (255 * fine).to(torch.uint8).movedim(1, -1)
        return self.preprocess(clips.to(next(self.model.parameters()).device))

    def fitting(self) -> int:
        """How many clips at once are fast and fit: the largest layer takes up to 416 MB then.

        How the rate grows with the number stands in benchmarks/README.md. On other devices
        eight times as many.
        """
        largest = max(prod(row.shape) for row in describe(self.model))
        room = _ROOM if next(self.model.parameters()).device.type == "cpu" else 8 * _ROOM
        return min(64, max(1, room // (4 * largest)))

    def _ask(
        self,
        clips: Tensor | np.ndarray,
        batch_size: int | None,
        columns: int,
        layer: str | None,
        engine: str | None,
        precision: str | None,
    ) -> Tensor:
        device = next(self.model.parameters()).device
        clips = torch.as_tensor(clips)
        if clips.ndim == 5 and len(clips) == 0:
            return torch.empty(0, columns)
        compute = self.prepared(layer, engine=engine, precision=precision).compute
        parts = clips.split(batch_size or self.fitting()) if clips.ndim else [clips]
        answers = [compute(self.preprocess(part.to(device))) for part in parts]
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

    def answering_by(self, engine: str, precision: str = "auto") -> "Classifier":
        """Set this classifier's engine and precision, and give it back.

        Raises:
            UsageError: for an unknown engine or precision.
        """
        check_names(engine, precision)
        self.engine, self.precision = engine, precision
        return self

    def to(self, device: str | torch.device) -> "Classifier":
        """The same classifier with its net on ``device``."""
        self.model.to(device)
        return self
