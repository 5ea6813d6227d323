"""Trained nets as single files: weights, net, preprocessing and class names together.

Published weights of C3D are read and written through :mod:`c3d_teach.models.published`.
"""

import json
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from math import inf, isfinite
from pathlib import Path
from typing import Any, TypeVar

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from c3d_teach.data.transforms import Preprocess
from c3d_teach.errors import KitError, UsageError, WeightsError
from c3d_teach.files import write_atomically
from c3d_teach.models.arithmetic import Full
from c3d_teach.models.baselines import FrameNet, LateAverageNet, StackedFramesNet
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.c3d import C3D, SearchNet
from c3d_teach.models.classifier import Classifier
from c3d_teach.models.layouts import LAYOUTS
from c3d_teach.models.published import read_published, write_published
from c3d_teach.models.stored import TORCH_ENDINGS

NETS: dict[str, type[ConvNet]] = {
    net.__name__: net for net in (C3D, SearchNet, FrameNet, StackedFramesNet, LateAverageNet)
}
Net = TypeVar("Net", bound=nn.Module)
_ASSETS = Path(__file__).parents[1] / "assets"
_FORMAT = "c3d_teach 1"
_MEAN_VOLUME = "preprocess.mean_volume"


def shipped() -> tuple[str, ...]:
    """Names of the nets that come with the kit, for :func:`load`."""
    return tuple(sorted(path.stem for path in _ASSETS.glob("*.safetensors")))


def save(classifier: Classifier, path: str | Path, *, half: bool = False) -> tuple[str, ...]:
    """Write one ``.safetensors`` file that :func:`load` reads; the old file stays whole until
    the new one is.

    ``caffe:FILE``, ``pytorch:FILE``, ``features:FILE`` and ``toolbox:FILE`` write the weights of a
    C3D as those programs read them. They have no room for preprocessing and class names.

    Args:
        half: store the weights as float16, in half the space; :func:`load` gives float32.

    Returns:
        A sentence for each thing that another program's own code will do differently.

    Raises:
        KitError: when the folder cannot be written.
        UsageError: for a net that the layout cannot hold.
    """
    layout, _, file = str(path).partition(":")
    if file and layout in LAYOUTS:
        return write_published(classifier, file, layout)
    described = {
        "config": classifier.model.config,
        "preprocess": classifier.preprocess.to_dict(),
        "classes": list(classifier.classes),
        "card": classifier.card,
    }
    weights = dict(classifier.model.state_dict())
    if classifier.preprocess.mean_volume is not None:
        weights[_MEAN_VOLUME] = classifier.preprocess.mean_volume
    write_own_file(Path(path), described, weights, half=half)
    return ()


def write_own_file(
    path: Path, described: dict[str, Any], weights: dict[str, Tensor], *, half: bool
) -> None:
    """One file of this kit: plain values that describe a net, and its weights.

    Raises:
        KitError: when the folder cannot be written.
    """
    metadata = {"format": _FORMAT} | {k: json.dumps(v) for k, v in described.items()}
    kind = torch.float16 if half else torch.float32
    stored = {k: v.detach().to("cpu", kind).contiguous() for k, v in weights.items()}
    write_atomically(
        path, lambda part: safetensors.torch.save_file(stored, part, metadata=metadata)
    )


def load(
    name_or_path: str | Path,
    *,
    mean: str | Path | Sequence[float] | None = None,
    classes: str | Path | Sequence[str] | None = None,
    pool5: str | None = None,
    trained: str | None = None,
) -> Classifier:
    """A trained net: a shipped one by name, a file (or run folder) of ``c3d-teach train``, or
    published C3D weights.

    Published weights are recognised by their keys, in files that end in .caffemodel, .pt,
    .pth, .tar, .pkl, .pickle or .safetensors; ``caffe:FILE``, ``pytorch:FILE``,
    ``features:FILE`` and ``toolbox:FILE`` say what any file is. Each comes with its own
    preprocessing, see :mod:`c3d_teach.models.layouts`. A pickle can run any code when it is
    opened, so of pickles only tensors and plain values are ever read.

    Args:
        mean, classes, pool5, trained: of published weights only, see
            :func:`~c3d_teach.models.published.read_published`.

    Raises:
        WeightsError: for an unknown name, a missing, damaged or foreign file.
        UsageError: for an argument that a net of this kit brings itself.
    """
    said = {"mean": mean, "classes": classes, "pool5": pool5, "trained": trained}
    given = {name: value for name, value in said.items() if value is not None}
    if (found := _published(name_or_path)) is not None:
        layout, file = found
        return read_published(file, layout=layout, **given)  # type: ignore[arg-type]
    path = _find(name_or_path)
    if (own := read_own_file(path)) is None:
        return read_published(path, **given)  # type: ignore[arg-type]
    described, weights = own
    if given:
        raise UsageError(
            f"{name_or_path} brings its own preprocessing and class names; {', '.join(given)} is "
            "for published weights (caffe:FILE, FILE.pth, …)."
        )
    if "threshold" in described:
        raise WeightsError(f"{path} holds a U-Net: load_segmenter() reads it.")
    mean_volume = weights.pop(_MEAN_VOLUME, None)
    try:
        model = build(json.loads(described["config"]), weights)
        preprocess = Preprocess.from_dict(json.loads(described["preprocess"]), mean_volume)
        classes = tuple(str(c) for c in json.loads(described["classes"]))
        card = dict(json.loads(described["card"]))
        _check_fit(model, preprocess, classes, card)
    except (KeyError, TypeError, ValueError, ArithmeticError, RuntimeError) as error:
        # of numbers beyond all sizes torch raises a RuntimeError, Python an ArithmeticError
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
    return filled(lambda: NETS[name](**arguments), weights)


def filled(make: Callable[[], Net], weights: dict[str, Tensor]) -> Net:
    """The net that ``make`` builds, with ``weights``.

    Raises:
        UsageError: for weights that do not fit it, or are no numbers.
    """
    with torch.device("meta"):  # no memory is taken before the shapes are known to fit
        model = make()
    expected = {k: tuple(v.shape) for k, v in model.state_dict().items()}
    given = {k: tuple(v.shape) for k, v in weights.items()}
    if expected != given:
        wrong = sorted(k for k in expected.keys() | given.keys() if expected.get(k) != given.get(k))
        raise UsageError(
            f"weights do not fit the net at {', '.join(wrong[:4])}{' …' * (len(wrong) > 4)}"
        )
    for name, value in weights.items():
        if not value.isfinite().all():
            raise UsageError(f"{name} holds NaN or infinite weights; its training has diverged")
    model.load_state_dict(weights, assign=True)
    return model.requires_grad_(True)


def _check_fit(
    model: ConvNet, preprocess: Preprocess, classes: tuple[str, ...], card: dict[str, Any]
) -> None:
    """Stop where a net, its preprocessing and its class names are not of one another.

    Raises:
        UsageError: saying what the net takes, and what is described.
    """
    channels, *size = model.clip_shape
    given = [preprocess.length, *preprocess.crop]
    if given != size or not len(preprocess.mean) == len(preprocess.std) == channels:
        raise UsageError(
            f"the net takes clips {'×'.join(map(str, model.clip_shape))}, and the preprocessing "
            f"makes {'×'.join(map(str, [len(preprocess.mean), *given]))}"
        )
    if not (all(map(isfinite, preprocess.mean)) and all(0 < v < inf for v in preprocess.std)):
        raise UsageError("mean and std of the preprocessing are no sound numbers")
    answers = model.layers[-1].features if isinstance(model.layers[-1], Full) else 0
    if "fc8" not in card and len(classes) != answers:
        raise UsageError(f"the net has {answers} answers, and {len(classes)} classes are named")


def read_own_file(path: Path) -> tuple[dict[str, str], dict[str, Tensor]] | None:
    """Description and weights of a file of this kit, or None for another safetensors file."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            described = file.metadata() or {}
            if described.get("format") != _FORMAT:
                return None
            return described, {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118
    except (safetensors.SafetensorError, OSError, ValueError) as error:
        raise WeightsError(_why_unreadable(path)) from error


def _published(name_or_path: str | Path) -> tuple[str | None, str] | None:
    """Layout, where it is named, and path of published weights; None for the kit's own files."""
    text = str(name_or_path)
    layout, _, rest = text.partition(":")
    if rest and layout in LAYOUTS:
        return layout, rest
    return (None, text) if Path(text).suffix.lower() in (".caffemodel", *TORCH_ENDINGS) else None


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
            f"{path} ends in {path.suffix or 'nothing'}, but is a pickle or a file of torch. If it "
            "holds published C3D weights, name its layout: caffe:, pytorch:, features: or "
            "toolbox: before the path."
        )
    return (
        f"{path} is not a whole safetensors file: it is damaged, cut off or something else. "
        "Copy it again, or train the net again."
    )
