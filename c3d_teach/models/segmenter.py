"""A trained U-Net together with what it takes to ask it which pixels move."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from c3d_teach.data.transforms import Preprocess
from c3d_teach.errors import KitError, UsageError, WeightsError
from c3d_teach.models.unet import UNet2D, UNet3D
from c3d_teach.models.weights import filled, read_own_file, write_own_file

SEGMENTERS: dict[str, type[UNet3D]] = {net.__name__: net for net in (UNet3D, UNet2D)}
_SHIPPED = Path(__file__).parents[1] / "assets" / "segmenters"
_AT_ONCE = 32  # clips


@dataclass
class Segmenter:
    """A trained U-Net with all that is needed to ask it about clips.

    Attributes:
        model: the net, in evaluation mode.
        preprocess: mean and standard deviation that its input is standardised with; its crop is
            not used, for the net is fully convolutional.
        classes: names of the maps.
        threshold: from this probability on a pixel belongs to the mask.
        card: how the net was made and how good it is: data, recipe, seed, overlap.
        name: what it was loaded as.
    """

    model: UNet3D
    preprocess: Preprocess
    classes: tuple[str, ...]
    threshold: float = 0.5
    card: dict[str, Any] = field(default_factory=dict)
    name: str = "segmenter"

    @torch.inference_mode()
    def predict(
        self, clips: Tensor | np.ndarray, *, skips: tuple[bool, ...] = (True,) * 4
    ) -> Tensor:
        """Probability of every pixel, ``(N, K, L, H, W)``, of uint8 clips ``(N, L, H, W, C)``.

        Nothing is resized: L, H and W have to suit the net, see :class:`UNet3D`.

        Args:
            skips: which skip connections work, see :meth:`UNet3D.forward`.

        Raises:
            UsageError: for clips of another type, number of channels or size.
        """
        clips = torch.as_tensor(clips)
        self.model.eval()
        parts = [
            self.model(self.prepared(part), skips=skips).sigmoid() for part in clips.split(_AT_ONCE)
        ]
        return torch.cat(parts).float().cpu()

    def masks(self, clips: Tensor | np.ndarray) -> Tensor:
        """Where the probability reaches the net's threshold, bool ``(N, K, L, H, W)``.

        Raises:
            UsageError: as :meth:`predict`.
        """
        return self.predict(clips) >= self.threshold

    def prepared(self, clips: Tensor) -> Tensor:
        """Float clips ``(N, C, L, H, W)``, standardised, on the net's device."""
        if clips.ndim != 5:
            size = "×".join(map(str, clips.shape))
            raise UsageError(f"Clips have the shape N×L×H×W×C; given was {size}.")
        _, length, height, width, _ = clips.shape
        whole = replace(
            self.preprocess, crop=(height, width), short_side=min(height, width), length=length
        )
        device = next(self.model.parameters()).device
        x = whole(clips.to(device))
        return x.contiguous(memory_format=torch.channels_last_3d)


def shipped_segmenters() -> tuple[str, ...]:
    """Names of the U-Nets that come with the kit, for :func:`load_segmenter`."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.safetensors")))


def save_segmenter(segmenter: Segmenter, path: str | Path, *, half: bool = False) -> None:
    """Write one ``.safetensors`` file that :func:`load_segmenter` reads.

    Args:
        half: store the weights as float16, in half the space.

    Raises:
        KitError: when the folder cannot be written.
    """
    described = {
        "config": segmenter.model.config,
        "preprocess": segmenter.preprocess.to_dict(),
        "classes": list(segmenter.classes),
        "threshold": segmenter.threshold,
        "card": segmenter.card,
    }
    write_own_file(Path(path), described, segmenter.model.state_dict(), half=half)


def load_segmenter(name_or_path: str | Path) -> Segmenter:
    """A trained U-Net: ``"motion-unet3d"``, ``"motion-unet2d"``, or a file of `save_segmenter`.

    Raises:
        WeightsError: for an unknown name, or a file that is missing, damaged or no U-Net.
    """
    asset = _SHIPPED / f"{name_or_path}.safetensors"
    path = asset if asset.is_file() else Path(name_or_path).expanduser()
    if not path.is_file():
        raise WeightsError(
            f"There is no U-Net {str(name_or_path)!r}: no file of that name, and the shipped ones "
            f"are {', '.join(shipped_segmenters())}."
        )
    own = read_own_file(path)
    if own is None or json.loads(own[0].get("config", "{}")).get("net") not in SEGMENTERS:
        raise WeightsError(f"{path} holds no U-Net; load() reads the other nets of this kit.")
    described, weights = own
    try:
        model = build_segmenter(json.loads(described["config"]), weights)
        found = {key: json.loads(described[key]) for key in ("preprocess", "classes", "card")}
        preprocess = Preprocess.from_dict(found["preprocess"])
        threshold = float(json.loads(described["threshold"]))
    except (KeyError, TypeError, ValueError) as error:
        reason = error if isinstance(error, KitError) else f"{type(error).__name__}: {error}"
        raise WeightsError(f"The description inside {path} is damaged ({reason}).") from error
    name = path.stem if path.parent == _SHIPPED else str(name_or_path)
    model.channels_last().eval()
    classes = tuple(str(c) for c in found["classes"])
    return Segmenter(model, preprocess, classes, threshold, dict(found["card"]), name)


def build_segmenter(config: dict[str, Any], weights: dict[str, Tensor] | None = None) -> UNet3D:
    """The U-Net that ``config`` (a net's ``.config``) describes, with ``weights`` if given.

    Raises:
        UsageError: for an unknown net, or weights that do not fit it.
    """
    arguments = dict(config)
    kind = SEGMENTERS.get(arguments.pop("net", ""))
    if kind is None:
        raise UsageError(f"there is no U-Net {config.get('net')!r}; there is {list(SEGMENTERS)}")

    def make() -> nn.Module:
        return kind(**arguments)

    return make() if weights is None else filled(make, weights)  # type: ignore[return-value]
