"""Tensors out of files of weights: torch's, safetensors and Caffe's. No code in them runs."""

import pickle
import re
import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from c3d_teach.errors import WeightsError
from c3d_teach.models.layouts import PARTS

_WRAPPERS = ("state_dict", "model_state_dict", "model")
TORCH_ENDINGS = (".pt", ".pth", ".pickle", ".pkl", ".tar")


def stored_tensors(path: Path, layout: str | None) -> dict[str, Tensor]:
    """Tensors of a file under their own keys, whatever its kind and what wraps them.

    A layer of a caffemodel becomes ``name.weight`` and ``name.bias``. What kind a file is of
    is told from its first bytes, for the released caffemodel has no ending.

    Args:
        layout: what the caller takes it for; None when not known.

    Raises:
        WeightsError: for a file that is damaged, of another kind, or holds more than tensors.
    """
    try:
        with path.open("rb") as file:
            head = file.read(9)
    except OSError as error:
        raise WeightsError(f"Cannot read {path}: {error.strerror}.") from error
    if head[8:] == b"{" and head[3:8] == b"\0" * 5:  # length of the header, then JSON
        return _from_safetensors(path)
    if head[:2] == b"PK" or head[:1] == b"\x80":
        return _from_torch(path)
    if layout not in (None, "caffe") or path.suffix in TORCH_ENDINGS:
        raise WeightsError(f"{path} is not a file of torch, or it is damaged; copy it again.")
    from c3d_teach.models.caffe import read_caffemodel

    stored = {}
    for name, blobs in read_caffemodel(path).items():
        axes = (5 if name.startswith("conv") else 2, 1)  # of a layer's weight and bias
        for i, blob in enumerate(blobs):
            # Caffe fills missing sizes with ones in front
            while i < 2 and blob.ndim > axes[i] and blob.shape[0] == 1:
                blob = blob[0]
            stored[f"{name}.{PARTS[i] if i < 2 else i}"] = blob
    return stored


def _from_safetensors(path: Path) -> dict[str, Tensor]:
    import safetensors

    try:
        with safetensors.safe_open(path, framework="pt") as file:
            if "c3d_teach" in (file.metadata() or {}).get("format", ""):
                raise WeightsError(
                    f"{path} is a file of this kit, which knows its own preprocessing: load it "
                    "without naming a layout."
                )
            return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except safetensors.SafetensorError as error:
        raise WeightsError(f"{path} is damaged or cut off; copy it again.") from error


def _from_torch(path: Path) -> dict[str, Tensor]:
    try:
        # mapped only where torch can (its zip files): an optimizer's state is then not read
        with path.open("rb") as file:
            mapped = file.read(2) == b"PK"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch, about old or odd pickles
            held = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError as error:
        if "unsupported" in str(error).lower():
            what = re.search(r"GLOBAL (\w[\w.]*\w)", str(error))
            raise WeightsError(
                f"{path} holds more than weights{f' ({what[1]})' if what else ''}. Opening the "
                "rest could run any code, so it is not opened; save net.state_dict() alone in "
                "the program that wrote the file."
            ) from error
        raise WeightsError(f"{path} is damaged or cut off; copy it again.") from error
    except Exception as error:  # a damaged pickle raises whatever it runs into
        raise WeightsError(f"{path} is damaged or cut off; copy it again.") from error
    for wrapper in _WRAPPERS:
        if isinstance(held, Mapping) and isinstance(held.get(wrapper), Mapping):
            held = held[wrapper]
    if not isinstance(held, Mapping):
        raise WeightsError(f"{path} holds a {type(held).__name__}, not the weights of a net.")
    tensors = {str(key): value for key, value in held.items() if _plain(value)}
    if all(key.startswith("module.") for key in tensors):  # of torch's DataParallel
        return {key.removeprefix("module."): value for key, value in tensors.items()}
    return tensors


def _plain(value: object) -> bool:
    """A tensor that holds its numbers: not sparse, and not the mere shape of one."""
    return (
        isinstance(value, Tensor) and value.layout == torch.strided and value.device.type != "meta"
    )
