"""Files of Caffe: ``.caffemodel`` (weights) and ``.binaryproto`` (the mean), without Caffe.

Both are protobuf messages. Only the few fields that hold weights are declared, here, at run
time; everything else in a file is skipped by protobuf's own parser.

Two dialects are in use. In the fork of the paper (C3D v1.0) a blob has five sizes, and the
fifth took the number that Caffe uses for the values:

| field | Caffe, C3D v1.1 | C3D v1.0 |
|---|---|---|
| 3, 4, 5 | height, width, values | length, height, width |
| 6 | gradients | values |
| 7, 8 | shape, values as doubles | gradients, nothing |

So the type of field 5, a number or a run of bytes, tells one from the other. Numbers of the
fields: ``caffe.proto`` of C3D v1.0 and v1.1 in facebookarchive/C3D.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from c3d_teach.errors import UsageError, WeightsError
from c3d_teach.files import write_atomically

_LARGEST = 2**31 - 1  # bytes in one protobuf message
_CONVOLUTION3D, _INNER_PRODUCT = 30, 14  # layer types of C3D v1.0
# message -> fields (name, number, type); a type in capitals is another message of the table
_FIELDS: dict[str, tuple[tuple[str, int, str], ...]] = {
    "Net": (("name", 1, "bytes"), ("layers", 2, "*Layer1"), ("layer", 100, "*Layer2")),
    "Layer0": (("name", 1, "bytes"), ("blobs", 50, "*Blob")),
    "Layer1": (
        ("layer", 1, "Layer0"),
        ("name", 4, "bytes"),
        ("type", 5, "int32"),
        ("blobs", 6, "*Blob"),
    ),
    "Layer2": (("name", 1, "bytes"), ("type", 2, "bytes"), ("blobs", 7, "*Blob")),
    # packed numbers are one run of bytes: declared as such they come without a list of floats
    "Blob": (
        ("num", 1, "int32"),
        ("channels", 2, "int32"),
        ("third", 3, "int32"),
        ("fourth", 4, "int32"),
        ("fifth", 5, "bytes"),
        ("sixth", 6, "bytes"),
        ("seventh", 7, "bytes"),
        ("eighth", 8, "bytes"),
    ),
    "Blob3D": (
        ("num", 1, "int32"),
        ("channels", 2, "int32"),
        ("length", 3, "int32"),
        ("height", 4, "int32"),
        ("width", 5, "int32"),
        ("data", 6, "bytes"),
    ),
    "Net3D": (("name", 1, "bytes"), ("layers", 2, "*Layer3D")),
    "Layer3D": (("name", 4, "bytes"), ("type", 5, "int32"), ("blobs", 6, "*Blob3D")),
    "Shape": (("dim", 1, "*int64"),),
}


def read_caffemodel(path: str | Path) -> dict[str, list[Tensor]]:
    """Weights of a ``.caffemodel``: layer name -> its blobs (weight, bias) in their own shapes.

    Layers of all three generations of Caffe are read, in both dialects. Layers without
    weights are left out.

    Raises:
        WeightsError: for a file that is none, is cut off, or whose sizes contradict each other.
    """
    net = _parsed("Net", path, "a caffemodel")
    layers: list[Any] = [*net.layers, *net.layer]
    weights: dict[str, list[Tensor]] = {}
    for layer in layers:
        if not layer.blobs and layer.DESCRIPTOR.name == "Layer1":
            layer = layer.layer  # the oldest files wrap each layer once more
        if not layer.blobs:
            continue
        name = layer.name.decode(errors="replace")
        if name in weights:
            raise WeightsError(f"{path} holds two layers named {name!r} with weights.")
        weights[name] = [_values(blob, f"layer {name!r} in {path}") for blob in layer.blobs]
    if not weights:
        raise WeightsError(
            f"{path} is not a caffemodel with weights: it is a text file (.prototxt), or "
            "something else altogether. The weights are in a binary file, 320 MB for C3D."
        )
    return weights


def write_caffemodel(
    weights: Mapping[str, Sequence[Tensor]], path: str | Path, name: str = "C3D"
) -> None:
    """Write a ``.caffemodel`` as C3D v1.0 does: five sizes a blob, float32.

    Args:
        weights: layer name -> its blobs; a convolution's kernels ``(O, I, D, H, W)``, a full
            layer's ``(O, I)``, biases ``(O,)``.

    Raises:
        UsageError: for a file over the 2 GB that protobuf can read.
        KitError: when the folder cannot be written.
    """
    total = sum(4 * blob.numel() for blobs in weights.values() for blob in blobs)
    if total > _LARGEST - 2**16:
        raise UsageError(f"These weights take {total / 1e9:.1f} GB; a caffemodel ends at 2 GB.")

    def write(part: Path) -> None:
        with part.open("wb") as file:
            file.write(_message("Net3D")(name=name.encode()).SerializeToString())
            # messages one behind the other are one message, so only one layer is held twice
            for layer, blobs in weights.items():
                kind = _CONVOLUTION3D if blobs[0].ndim == 5 else _INNER_PRODUCT
                one = _message("Net3D")()
                one.layers.add(name=layer.encode(), type=kind, blobs=map(_blob3d, blobs))
                file.write(one.SerializeToString())

    write_atomically(Path(path), write)


def read_mean(path: str | Path) -> Tensor:
    """The mean cube ``(C, L, H, W)`` of a ``.binaryproto``: BGR, 0-255.

    Raises:
        WeightsError: for a file that is none, or not the mean of clips.
    """
    mean = _values(_parsed("Blob", path, "a mean file (.binaryproto)"), f"the mean in {path}")
    if mean.ndim == 5 and len(mean) == 1:
        mean = mean[0]
    if mean.ndim != 4 or mean.shape[0] != 3:
        raise WeightsError(
            f"{path} holds {_times(mean.shape)} values; the mean cube of C3D has 3×16×128×171 "
            "(channels, frames, height, width)."
        )
    return mean


def write_mean(mean: Tensor, path: str | Path) -> None:
    """Write a mean cube ``(C, L, H, W)`` as a ``.binaryproto`` of C3D v1.0."""
    blob = _blob3d(mean[None]).SerializeToString()

    def write(part: Path) -> None:
        part.write_bytes(blob)

    write_atomically(Path(path), write)


def _parsed(message: str, path: str | Path, kind: str) -> Any:
    from google.protobuf.message import DecodeError

    path = Path(path)
    try:
        size = path.stat().st_size
        if size > _LARGEST:
            raise WeightsError(
                f"{path} has {size / 1e9:.1f} GB; protobuf reads no message over 2 GB, and C3D "
                "takes 0.32 GB."
            )
        return _message(message).FromString(path.read_bytes())
    except DecodeError as error:
        raise WeightsError(f"{path} is not {kind}, or it is cut off; copy it again.") from error
    except WeightsError:
        raise
    except OSError as error:
        raise WeightsError(f"Cannot read {path}: {error.strerror or error}.") from error


def _values(blob: Any, where: str) -> Tensor:
    """The numbers of a blob of either dialect, in its shape, float32."""
    from google.protobuf.unknown_fields import UnknownFieldSet

    strange = [(field.field_number, field.wire_type, field.data) for field in UnknownFieldSet(blob)]
    if any(number in (5, 6, 8) and kind in (1, 5) for number, kind, _ in strange):
        raise WeightsError(
            f"The values of {where} are stored one by one; Caffe packs them. Read the file "
            "with Caffe and save it again."
        )
    kind: np.dtype[Any] = np.dtype("<f4")
    if blob.HasField("fifth") or blob.HasField("eighth"):  # Caffe and C3D v1.1
        data = blob.fifth
        if not data:
            data, kind = blob.eighth, np.dtype("<f8")
        if blob.HasField("seventh"):
            shape = _sizes(blob.seventh, where)
        else:
            shape = (blob.num, blob.channels, blob.third, blob.fourth)
    else:  # C3D v1.0, where a length of 0 stands for files older than lengths
        data = blob.sixth
        width = next((value for number, kind_, value in strange if (number, kind_) == (5, 0)), 0)
        shape = (blob.num, blob.channels, blob.third or 1, blob.fourth, width)
    if not data:
        raise WeightsError(f"There are no values in {where}; it is another kind of file.")
    if min(shape, default=1) < 1 or prod(shape) * kind.itemsize != len(data):
        raise WeightsError(
            f"The sizes of {where} are {_times(shape)}, which is {prod(shape)} values, but "
            f"{len(data) / kind.itemsize:g} are stored; the file is damaged."
        )
    return torch.from_numpy(np.frombuffer(data, kind).astype(np.float32)).view(shape)


def _sizes(data: bytes, where: str) -> tuple[int, ...]:
    from google.protobuf.message import DecodeError

    try:
        return tuple(_message("Shape").FromString(data).dim)
    except DecodeError as error:
        raise WeightsError(f"The shape of {where} cannot be read; the file is damaged.") from error


def _blob3d(values: Tensor) -> Any:
    sizes = (1,) * (5 - values.ndim) + tuple(values.shape)
    data = values.detach().to("cpu", torch.float32).contiguous().numpy().astype("<f4").tobytes()
    names = ("num", "channels", "length", "height", "width")
    return _message("Blob3D")(data=data, **dict(zip(names, sizes, strict=True)))


def _times(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape)) or "not given"


def _message(name: str) -> Any:
    return _messages()[name]


@cache
def _messages() -> dict[str, Any]:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="caffe_weights.proto", package="caffe_weights", syntax="proto2"
    )
    for message, fields in _FIELDS.items():
        declared = file.message_type.add(name=message)
        for name, number, kind in fields:
            field = declared.field.add(name=name, number=number)
            repeated, kind = kind.startswith("*"), kind.removeprefix("*")
            field.label = kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL
            if kind in _FIELDS:
                field.type, field.type_name = kinds.TYPE_MESSAGE, f".caffe_weights.{kind}"
            else:
                field.type = getattr(kinds, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"caffe_weights.{name}"))
        for name in _FIELDS
    }
