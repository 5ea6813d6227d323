"""The nets that are timed, and clips for them."""

import re
from typing import Any

import torch
from torch import Tensor

from c3d_teach.data.transforms import FRAME_SIZE, Preprocess
from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import describe
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.c3d import C3D, POOL_DEPTHS, SearchNet, c3d_layers
from c3d_teach.models.classifier import Classifier
from c3d_teach.training.recipe import Recipe

NETS: dict[str, tuple[str, int]] = {  # what it is, and clips in a mini-batch of training
    "c3d": ("C3D, 3×16×112×112, 101 classes", 4),
    "depth-1": ("SearchNet depth-1, 3×16×112×112", 4),
    "depth-3": ("SearchNet depth-3, 3×16×112×112", 4),
    "depth-5": ("SearchNet depth-5, 3×16×112×112", 4),
    "depth-7": ("SearchNet depth-7, 3×16×112×112", 4),
    "increasing": ("SearchNet 3-3-5-5-7, 3×16×112×112", 4),
    "decreasing": ("SearchNet 7-5-5-3-3, 3×16×112×112", 4),
    "classroom": ("the classroom net: SearchNet at width 1/4, 1×16×32×32", 32),
    "camera": ("the camera net: C3D at width 1/8, 3×16×64×64", 32),
}
_SMALL = ("classroom", "camera")
_VARYING = {"increasing": (3, 3, 5, 5, 7), "decreasing": (7, 5, 5, 3, 3)}


def checked(name: str) -> str:
    """``name``, if there is such a net.

    Raises:
        UsageError: naming those there are.
    """
    if name not in NETS:
        raise UsageError(f"There is no net {name!r} to measure; there are {', '.join(NETS)}.")
    return name


def short_name(net: str) -> str:
    """The net's name in a sentence: ``C3D``, ``the camera net``."""
    return re.split("[:,]", NETS[net][0])[0]


def net_called(
    name: str, *, length: int = 16, width: float | None = None, dropout: float = 0.5
) -> ConvNet:
    """A net by its name in ``NETS``, with new weights of seed 0.

    Args:
        name: one of ``NETS``.
        length: frames in a clip, 16 in the paper. C3D on fewer merges no frames in pool5.
        width: factor on the filters, instead of the net's own.
        dropout: after fc6 and fc7.
    """
    torch.manual_seed(0)
    sizes: dict[str, Any] = {"dropout": dropout}
    if name == "classroom":
        return SearchNet(8, clip_shape=(1, length, 32, 32), width=width or 0.25, **sizes)
    if name in ("camera", "c3d"):
        classes, pixels, own = (9, 64, 0.125) if name == "camera" else (101, 112, 1.0)
        shape = (3, length, pixels, pixels)
        if length < 16:
            return _short_c3d(classes, shape, width or own, dropout)
        return C3D(classes, clip_shape=shape, width=width or own, **sizes)
    depth: Any = _VARYING.get(name) or int(name.removeprefix("depth-"))
    shape = (3, length, 112, 112)
    return SearchNet(101, kernel_depth=depth, clip_shape=shape, width=width or 1.0, **sizes)


def _short_c3d(
    classes: int, shape: tuple[int, int, int, int], width: float, dropout: float
) -> ConvNet:
    """C3D for clips that pool5 could not halve once more: it leaves time as it is."""
    layers = c3d_layers(classes, (3,) * 5, (*POOL_DEPTHS[:4], 1), width)
    config = {"net": "C3D", "num_classes": classes, "clip_shape": list(shape), "width": width}
    return ConvNet(layers, shape, dropout=dropout, config=config)


def gflop(name: str) -> float:
    """Floating-point operations of one clip forward, in G: two for each multiply-accumulate."""
    return 2 * describe(net_called(name)).macs / 1e9


def preprocess_of(model: ConvNet) -> Preprocess:
    """Full-size nets crop the paper's 128×171 frames, small ones take clips as they are."""
    channels, length, height, width = model.clip_shape
    frames = FRAME_SIZE if height == 112 else (height, width)
    mean, std = (100.0,) * channels, (60.0,) * channels
    return Preprocess((height, width), frames[0], mean, std, length, frame_size=frames)


def classifier_of(model: ConvNet, name: str) -> Classifier:
    """The net with its preprocessing, as ``load`` would give it."""
    model.channels_last().eval()
    classes = tuple(str(k) for k in range(model.config["num_classes"]))
    return Classifier(model, preprocess_of(model), classes, name=name)


def clips_for(model: ConvNet, count: int) -> Tensor:
    """Noise of seed 1 as a decoder would hand it over: uint8 ``(N, L, H, W, C)``."""
    channels, length, *_ = model.clip_shape
    height, width = preprocess_of(model).decode_size
    random = torch.Generator().manual_seed(1)
    shape = (count, length, height, width, channels)
    return torch.randint(0, 256, shape, generator=random, dtype=torch.uint8)


def recipe_of(name: str) -> Recipe:
    """What the net is trained by: the paper's recipe, or the classroom's for the small ones."""
    return Recipe.classroom() if name in _SMALL else Recipe.search()
