"""Maps of test clips by the descriptors of every shipped net, and each clip's neighbours.

Made once, for t-SNE takes its time: ``python -m c3d_teach.experiments.clip_maps``.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from tqdm.auto import tqdm

from c3d_teach.analysis.descriptors.clip_embedding import (
    NEIGHBOURS,
    ClipDescriptors,
    ClipEmbedding,
    LabelKept,
    clip_descriptors,
    embed_descriptors,
    nearest,
)
from c3d_teach.data.camera import CameraMotion
from c3d_teach.data.embedded import Embedded
from c3d_teach.data.motion import MotionDigits
from c3d_teach.errors import UsageError
from c3d_teach.files import write_atomically
from c3d_teach.models.weights import load

RESULT = Path(__file__).parent / "results" / "clip_maps.safetensors"
NETS = (
    *("motion-d1", "motion-d3", "motion-d5", "motion-d7", "motion-frame", "motion-stacked"),
    *("camera-d1", "camera-c3d"),
)
LAYERS = ("fc6", "last convolution")
METHODS = {"pca": "PCA", "tsne": "t-SNE"}
COUNT = 256


@dataclass(frozen=True)
class ClipMap:
    """A map and what lies next to what.

    Attributes:
        embedding: places and how well nearness tells the labels.
        neighbours: ``(N, 10)`` int, the clips most alike by descriptor, nearest first.
        cosines: ``(N, 10)``, how alike they are.
    """

    embedding: ClipEmbedding
    neighbours: NDArray[np.int64]
    cosines: NDArray[np.float32]


def clips_of(net: str) -> Embedded:
    """The test clips that a net is mapped with."""
    if net.startswith("camera"):
        return CameraMotion(COUNT, split="test", clip_shape=(3, 16, 64, 64))
    return MotionDigits(COUNT, split="test")


def layer_of(net: str, layer: str) -> str:
    """What a layer of ``LAYERS`` is called in that net."""
    if layer == "fc6":
        return layer
    return "conv5b" if net.startswith("camera") else "conv5"


def measure(net: str, layer: str) -> ClipDescriptors:
    """The descriptors behind the maps of a net; takes some seconds."""
    return clip_descriptors(load(net), clips_of(net), layer=layer_of(net, layer), count=COUNT)


def shipped(net: str, layer: str = "fc6", method: str = "pca") -> ClipMap:
    """A map that comes with the kit.

    Args:
        net: of ``NETS``. layer: of ``LAYERS``. method: ``"pca"`` or ``"tsne"``.

    Raises:
        UsageError: for what was not mapped.
    """
    arrays, told = _file()
    name = f"{net}/{layer}"
    if name not in told or method not in METHODS:
        raise UsageError(
            f"There is no {method} map of {layer} of {net}; mapped are {', '.join(LAYERS)} of "
            f"{', '.join(NETS)} by {', '.join(METHODS)}."
        )
    said, data = told[name], clips_of(net)
    numbers = {kind: arrays[f"{name}/{kind}"].astype(np.int64) for kind in ("what", "how")}
    kept = {
        kind: LabelKept(label, names, numbers[kind], *said[method][kind])
        for kind, label, names in (
            ("what", data.thing, data.things),
            ("how", "motion", data.motions),
        )
    }
    embedding = ClipEmbedding(
        arrays[f"{name}/{method}"],
        kept["what"],
        kept["how"],
        layer_of(net, layer),
        method,
        said[method]["explained"],
        net,
        0,
    )
    return ClipMap(
        embedding, arrays[f"{name}/neighbours"].astype(np.int64), arrays[f"{name}/cosines"]
    )


def main() -> None:
    arrays: dict[str, NDArray[Any]] = {}
    told: dict[str, Any] = {}
    for net, layer in tqdm([(net, layer) for net in NETS for layer in LAYERS]):
        found, name = measure(net, layer), f"{net}/{layer}"
        near = [nearest(found, k, NEIGHBOURS) for k in range(len(found.x))]
        arrays[f"{name}/neighbours"] = np.array([n for n, _ in near], np.int16)
        arrays[f"{name}/cosines"] = np.array([c for _, c in near], np.float32)
        arrays[f"{name}/what"] = found.what.astype(np.int16)
        arrays[f"{name}/how"] = found.how.astype(np.int16)
        said: dict[str, Any] = {}
        for method in METHODS:
            placed = embed_descriptors(found, method=method)
            arrays[f"{name}/{method}"] = np.ascontiguousarray(placed.coordinates)
            said[method] = {"explained": placed.explained} | {
                kind: [label.descriptor, label.plane, label.chance]
                for kind, label in (("what", placed.what), ("how", placed.how))
            }
        told[name] = said
    write_atomically(
        RESULT, lambda part: save_file(arrays, part, metadata={"maps": json.dumps(told)})
    )


@cache
def _file() -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    from safetensors import safe_open

    with safe_open(RESULT, framework="np") as opened:
        told = json.loads(opened.metadata()["maps"])
    return load_file(RESULT), told


if __name__ == "__main__":
    main()
