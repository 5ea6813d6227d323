"""Temporal pooling collapse: where, and how, may a net merge time? (paper, section 3.1)

The paper's first pool merges no frames, "with the intention of not to merge the temporal signal
too early". Here the same net with five ways of bringing 16 frames down to one, and beside it
the depth-1 net, for which pooling decides whether it can know the arrow of time at all.
"""

from typing import Any

import torch
from torch import Tensor, nn

from c3d_teach.errors import UsageError
from c3d_teach.experiments.settings import PLAIN
from c3d_teach.experiments.study import Study
from c3d_teach.models.arithmetic import Conv
from c3d_teach.models.builder import ConvNet

_ALONE = [1, 1, 1, 1, 1]
WAYS: dict[str, dict[str, Any]] = {
    "paper's pooling": {"pool_depth": [1, 2, 2, 2, 2]},
    "pooled early": {"pool_depth": [2, 2, 2, 2, 1]},
    "pooled at the end": {"pool_depth": [1, 1, 1, 1, 16]},
    "no pooling in time": {"pool_depth": _ALONE},
    "stride": {"pool_depth": _ALONE, "stride": [1, 2, 2, 2, 2]},
}

STUDY = Study(
    name="pooling",
    question="Where and how may time be merged?",
    nets={
        f"depth-{depth}, {way}": {"net": "SearchNet", "kernel_depth": depth} | arguments
        for depth in (3, 1)
        for way, arguments in WAYS.items()
    },
    rate_of="kernel-depth",
    settings=(PLAIN,),
    reference="depth-3, paper's pooling",
    # its seeds lie between chance and 38 %: one alone says nothing of it
    quick_without=("depth-1, no pooling in time",),
)


def slice_gradients(model: ConvNet, clips: Tensor) -> dict[str, Tensor]:
    """The largest gradient in each temporal slice of every convolution's kernels (ours).

    A slice that never meets a frame has a gradient of exactly 0.0 (see
    :func:`~c3d_teach.models.dead_slices.dead_slices`), for any clips and any loss.

    Args:
        clips: float ``(N, C, L, H, W)``.

    Returns:
        ``{layer: (d,)}``; the model's own gradients are left alone.
    """
    kernels = {
        layer.name: getattr(model, layer.name).weight
        for layer in model.layers
        if isinstance(layer, Conv)
    }
    loss = model(clips).square().sum()
    found = torch.autograd.grad(loss, list(kernels.values()))
    return {
        name: gradient.abs().amax((0, 1, 3, 4))
        for name, gradient in zip(kernels, found, strict=True)
    }


def twin(clip: Tensor, window: int = 2) -> Tensor:
    """Another clip that no max pool over ``window`` frames can tell from ``clip`` (ours).

    The frames of every window are played backwards: 1 0 3 2 5 4 … for two. What moved evenly
    now stutters, as anyone sees; but the largest of a window is the same in any order, so
    behind the pool, and behind any layers of depth 1 before it, the two are one.

    Args:
        clip: ``(L, H, W, C)`` or any tensor with time in front.

    Raises:
        UsageError: when the clip is not made of whole windows of at least 2 frames.
    """
    if window < 2 or len(clip) % window:
        raise UsageError(
            f"window is {window} and the clip has {len(clip)} frames; the twin is made from whole "
            "windows of at least 2 frames."
        )
    return clip.unflatten(0, (-1, window)).flip(1).flatten(0, 1)


def ceil_pool(depth: int = 2) -> nn.MaxPool3d:
    """torch's own max pool over time that rounds up: it "halves" one frame without a word."""
    return nn.MaxPool3d((depth, 1, 1), ceil_mode=True)
