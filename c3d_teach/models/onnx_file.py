"""A net as an ONNX file for other programs, kept only if it answers as the net itself."""

from copy import deepcopy
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from c3d_teach.data.transforms import Preprocess
from c3d_teach.errors import KitError, UsageError
from c3d_teach.files import write_atomically
from c3d_teach.models.baselines import FrameNet, StackedFramesNet
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.classifier import Classifier
from c3d_teach.models.onnx_graph import onnx_model

TOLERANCE = 1e-3  # share of the largest output that a file's may differ by
_BATCHES = (1, 2, 3)  # clips that a file is tried with at once
_LIMIT = 2**31 - 2**20  # bytes: a protobuf message ends at 2 GiB; the graph itself needs little


@dataclass(frozen=True)
class Parity:
    """How near an ONNX file, run by onnxruntime on the CPU, comes to the net itself (ours).

    Attributes:
        clips: how many clips were tried, made for that purpose.
        logits, probabilities: largest absolute difference; None where the file has none.
        layer: the layer whose activations the file gives too, or None.
        descriptor: largest absolute difference of these activations.
        error: the largest of these, each as a share of the largest value of its output.
        same_top1: in how many clips the same class comes first; None without classes.
        runtime: version of onnxruntime.
    """

    clips: int
    logits: float | None
    probabilities: float | None
    layer: str | None
    descriptor: float | None
    error: float
    same_top1: int | None
    runtime: str

    @property
    def sentence(self) -> str:
        found = {
            "logits": self.logits,
            "probabilities": self.probabilities,
            self.layer: self.descriptor,
        }
        near = [f"{name} to within {far:.1e}" for name, far in found.items() if far is not None]
        first = "all" if self.same_top1 == self.clips else f"{self.same_top1} of them"
        return (
            f"Tried on {self.clips} made clips: onnxruntime {self.runtime} gives the net's own "
            f"{', '.join(near)}"
            + (f"; the same class comes first in {first}." if self.same_top1 is not None else ".")
        )

    def __str__(self) -> str:
        return self.sentence


def write_onnx(classifier: Classifier, path: str | Path, *, layer: str | None = None) -> Parity:
    """Write ``classifier`` as one ONNX file, once it has given the net's own answers (ours).

    The input ``clips`` is uint8 ``(N, L, H, W, C)``, any N, RGB or grey, with the H and W of the
    net's crop: what ``classifier.preprocess.seen(clips)`` gives. Channel order, mean and standard
    deviation are in the graph; resizing and cropping are not. The outputs are ``logits`` and
    ``probabilities``, ``(N, K)`` float32. In the file's metadata stand ``classes``,
    ``preprocess`` and ``net`` as JSON, and the classifier's ``fingerprint``.

    Args:
        layer: one more output of this name: the activations ``(N, features)`` that
            ``classifier.descriptor(clips, layer)`` gives, after the layer's ReLU. Published
            weights without their last layer have this output alone.

    Returns:
        How near the file comes to the net itself.

    Raises:
        UsageError: for an unknown layer, a net that its layer list does not describe, that is
            too large for one file, or that has no last layer and no ``layer`` is given.
        KitError: without the packages onnx and onnxruntime, for a folder that cannot be written,
            and for a file whose answers are off; it is not kept.
    """
    model, path = classifier.model, Path(path)
    _check_net(classifier)
    if layer is not None:
        model.features(layer)  # says which layers there are
    answers = "fc8" not in classifier.card  # of published weights: their last layer is missing
    if not answers and layer in (None, model.layers[-1].name):
        raise UsageError(
            f"The fc8 of {classifier.name} is {classifier.card['fc8']}. Export its descriptors: "
            'layer="fc6" (--layer fc6).'
        )
    _check_packages()
    model.eval()
    data = onnx_model(classifier, layer, answers=answers).SerializeToString(deterministic=True)
    tried: list[Parity] = []

    def write(part: Path) -> None:
        part.write_bytes(data)
        tried.append(_tried(classifier, part, layer, answers=answers))

    write_atomically(path, write)
    return tried[0]


@torch.inference_mode()
def _tried(classifier: Classifier, file: Path, layer: str | None, *, answers: bool) -> Parity:
    """``file`` run by onnxruntime beside the net itself, in float32 on the CPU.

    Raises:
        KitError: where its answers are off, or it cannot be run.
    """
    import onnxruntime

    clips = _made_clips(classifier.preprocess, sum(_BATCHES))
    names = ["logits", "probabilities"] * answers + ([layer] if layer else [])
    runtime = onnxruntime.__version__
    try:
        given = _by_onnxruntime(file, names, clips)
    except Exception as problem:  # onnxruntime's own errors share no other class
        why = str(problem).strip().splitlines() or [type(problem).__name__]
        raise KitError(
            f"The ONNX file of {classifier.name} was not kept: onnxruntime {runtime} cannot run "
            f"it ({why[0]}). Try another version of onnxruntime."
        ) from problem
    right = _by_itself(classifier, names, clips)
    far = {name: float((given[name] - right[name]).abs().max()) for name in names}
    error = 0.0
    for name in names:
        share = far[name] / float(right[name].abs().max().clamp_min(1e-6))
        if not share <= TOLERANCE:  # also where it is not a number
            raise KitError(
                f"The ONNX file of {classifier.name} was not kept: by onnxruntime {runtime} its "
                f"{name} are off by {share:.2g} of the net's largest, and at most {TOLERANCE} is "
                "let pass. Try another version of onnxruntime."
            )
        error = max(error, share)
    same = (given["logits"].argmax(1) == right["logits"].argmax(1)).sum() if answers else None
    return Parity(
        clips=len(clips),
        logits=far.get("logits"),
        probabilities=far.get("probabilities"),
        layer=layer,
        descriptor=far[layer] if layer else None,
        error=error,
        same_top1=None if same is None else int(same),
        runtime=runtime,
    )


def _by_onnxruntime(file: Path, names: list[str], clips: Tensor) -> dict[str, Tensor]:
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # the build for Windows would tell its maker
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = torch.get_num_threads()
    # threads that spin while they wait slow down whatever else runs here
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    settings.log_severity_level = 3  # errors
    session = onnxruntime.InferenceSession(str(file), settings, providers=["CPUExecutionProvider"])
    parts = [session.run(names, {"clips": part.numpy()}) for part in clips.split(_BATCHES)]
    columns = zip(*parts, strict=True)
    return {
        name: torch.from_numpy(np.concatenate(column))
        for name, column in zip(names, columns, strict=True)
    }


def _by_itself(classifier: Classifier, names: list[str], clips: Tensor) -> dict[str, Tensor]:
    model = classifier.model
    if next(model.parameters()).device.type != "cpu":
        model = deepcopy(model).cpu()  # others compute float32 less exactly
    found: dict[str, list[Tensor]] = {name: [] for name in names}
    for part in clips.split(_BATCHES):
        x = classifier.preprocess(part)
        if "logits" in found:
            logits = model(x)
            found["logits"].append(logits)
            found["probabilities"].append(logits.softmax(1))
        for layer in found.keys() - {"logits", "probabilities"}:
            found[layer].append(model.descriptor(x, layer))
    return {name: torch.cat(values) for name, values in found.items()}


def _made_clips(preprocess: Preprocess, count: int) -> Tensor:
    """uint8 ``(count, L, H, W, C)``: patches that change from frame to frame, under noise."""
    (height, width), channels = preprocess.crop, len(preprocess.mean)
    random = torch.Generator().manual_seed(0)
    patches = (count, preprocess.length, -(-height // 8), -(-width // 8), channels)
    coarse = torch.rand(patches, generator=random)
    coarse = coarse.repeat_interleave(8, 2).repeat_interleave(8, 3)[:, :, :height, :width]
    fine = torch.rand(coarse.shape, generator=random)
    return (255 * (0.75 * coarse + 0.25 * fine)).to(torch.uint8)


def _check_net(classifier: Classifier) -> None:
    model = classifier.model
    plain = getattr(type(model), "_run", None) is ConvNet._run
    known = (ConvNet.rearrange, FrameNet.rearrange, StackedFramesNet.rearrange)
    if not plain or type(model).rearrange not in known:
        raise UsageError(
            f"A {type(model).__name__} goes its own way through its layers, and an ONNX file is "
            "made from the layer list alone; C3D, SearchNet, FrameNet and StackedFramesNet can "
            "be exported."
        )
    size = 4 * sum(p.numel() for p in model.parameters())
    if size > _LIMIT:
        raise UsageError(
            f"The weights take {size / 2**30:.1f} GiB, and one ONNX file holds less than 2. Give "
            "the net a smaller width."
        )


def _check_packages() -> None:
    missing = []
    for name in ("onnx", "onnxruntime"):
        try:
            import_module(name)
        except ImportError:
            missing.append(name)
    if missing:
        raise KitError(
            "An ONNX file is written with the package onnx and tried with onnxruntime; missing "
            f"here: {', '.join(missing)}. Install them with pip install onnx onnxruntime."
        )
