"""Trained nets as single files: weights, net, preprocessing and class names together."""

import json
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch
from torch import Tensor

from c3d_teach.data.transforms import Preprocess
from c3d_teach.errors import KitError, UsageError, WeightsError
from c3d_teach.files import write_atomically
from c3d_teach.models.baselines import FrameNet, StackedFramesNet
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.c3d import C3D, SearchNet

NETS: dict[str, type[ConvNet]] = {
    net.__name__: net for net in (C3D, SearchNet, FrameNet, StackedFramesNet)
}
_ASSETS = Path(__file__).parents[1] / "assets"
_FORMAT = "c3d_teach 1"


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
    def predict(self, clips: Tensor | np.ndarray, *, batch_size: int = 32) -> Tensor:
        """Probabilities ``(N, K)`` of uint8 clips ``(N, L, H, W, C)``, of any H and W.

        Frames are resized and cropped in the centre as the net's preprocessing says; grey
        clips are accepted by colour nets and the other way round.

        Raises:
            UsageError: for clips of another type, length or number of channels.
        """
        device = next(self.model.parameters()).device
        clips = torch.as_tensor(clips)
        if clips.ndim == 5 and len(clips) == 0:
            return torch.empty(0, len(self.classes))
        self.model.eval()
        parts = clips.split(batch_size) if clips.ndim else [clips]
        logits = [
            self.model(
                self.preprocess(part.to(device)).contiguous(memory_format=torch.channels_last_3d)
            )
            for part in parts
        ]
        return torch.cat(logits).softmax(1).cpu()

    def to(self, device: str | torch.device) -> "Classifier":
        """The same classifier with its net on ``device``."""
        self.model.to(device)
        return self


def shipped() -> tuple[str, ...]:
    """Names of the nets that come with the kit, for :func:`load`."""
    return tuple(sorted(path.stem for path in _ASSETS.glob("*.safetensors")))


def save(classifier: Classifier, path: str | Path, *, half: bool = False) -> None:
    """Write one ``.safetensors`` file that :func:`load` reads; the old file stays whole until
    the new one is.

    Args:
        half: store the weights as float16, in half the space; :func:`load` gives float32.

    Raises:
        KitError: when the folder cannot be written.
    """
    described = {
        "format": _FORMAT,
        "config": json.dumps(classifier.model.config),
        "preprocess": json.dumps(classifier.preprocess.to_dict()),
        "classes": json.dumps(list(classifier.classes)),
        "card": json.dumps(classifier.card),
    }
    kind = torch.float16 if half else torch.float32
    weights = {
        k: v.detach().to("cpu", kind).contiguous() for k, v in classifier.model.state_dict().items()
    }
    write_atomically(
        Path(path), lambda part: safetensors.torch.save_file(weights, part, metadata=described)
    )


def load(name_or_path: str | Path) -> Classifier:
    """A trained net: a shipped one by name, or a file (or run folder) of ``c3d-teach train``.

    Only safetensors files are read: a pickle can run any code when it is opened, so none
    ever is.

    Raises:
        WeightsError: for an unknown name, a missing, damaged or foreign file.
    """
    path = _find(name_or_path)
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            described = file.metadata() or {}
            weights = {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118
    except (safetensors.SafetensorError, OSError, ValueError) as error:
        raise WeightsError(_why_unreadable(path)) from error
    if described.get("format") != _FORMAT:
        raise WeightsError(
            f"{path} is a safetensors file, but not one of this kit: it does not say which net "
            "its weights belong to. Files written by c3d-teach train or c3d_teach.save() do."
        )
    try:
        model = build(json.loads(described["config"]), weights)
        preprocess = Preprocess.from_dict(json.loads(described["preprocess"]))
        classes = tuple(str(c) for c in json.loads(described["classes"]))
        card = dict(json.loads(described["card"]))
    except (KeyError, TypeError, ValueError) as error:
        reason = error if isinstance(error, KitError) else f"{type(error).__name__}: {error}"
        raise WeightsError(f"The description inside {path} is damaged ({reason}).") from error
    name = path.stem if path.parent == _ASSETS else str(name_or_path)
    return Classifier(model.channels_last().eval(), preprocess, classes, card, name)


def build(config: dict[str, Any], weights: dict[str, Tensor] | None = None) -> ConvNet:
    """The net that ``config`` (a net's ``.config``) describes, with ``weights`` if given.

    Raises:
        UsageError: for an unknown net, or weights that do not fit it.
    """
    arguments = dict(config)
    name = arguments.pop("net", None)
    if name not in NETS:
        raise UsageError(f"there is no net {name!r}; there are {', '.join(NETS)}")
    if weights is None:
        return NETS[name](**arguments)
    with torch.device("meta"):  # no memory is taken before the shapes are known to fit
        model = NETS[name](**arguments)
    expected = {k: tuple(v.shape) for k, v in model.state_dict().items()}
    given = {k: tuple(v.shape) for k, v in weights.items()}
    if expected != given:
        wrong = sorted(k for k in expected.keys() | given.keys() if expected.get(k) != given.get(k))
        raise UsageError(
            f"weights do not fit the net at {', '.join(wrong[:4])}{' …' * (len(wrong) > 4)}"
        )
    model.load_state_dict(weights, assign=True)
    return model.requires_grad_(True)


def _find(name_or_path: str | Path) -> Path:
    text = str(name_or_path)
    if (asset := _ASSETS / f"{text}.safetensors").is_file() and Path(text).name == text:
        return asset
    path = Path(name_or_path).expanduser()
    if path.is_dir() and (path / "net.safetensors").is_file():
        return path / "net.safetensors"
    if (path / "last.ckpt").is_file():
        raise WeightsError(
            f"The training run in {path} has not ended yet, so there is no net in it; the same "
            "train command again goes on with it."
        )
    if path.is_dir():
        raise WeightsError(f"{path} is a folder without a net.safetensors in it.")
    if not path.is_file():
        near = get_close_matches(text, shipped(), 1)
        raise WeightsError(
            f"There is no net {text!r}: no file or run folder of that name, and the shipped nets "
            f"are {', '.join(shipped())}.{f' Did you mean {near[0]}?' if near else ''}"
        )
    return path


def _why_unreadable(path: Path) -> str:
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        return f"Cannot read {path}: {error.strerror}."
    if head[:2] == b"PK" or head[:1] == b"\x80":
        return (
            f"{path} is a pickle (a .pt or .pth file). Opening one can run any code, so it is "
            "never loaded; nets of this kit are .safetensors files."
        )
    return (
        f"{path} is not a whole safetensors file: it is damaged, cut off or something else. "
        "Copy it again, or train the net again."
    )
