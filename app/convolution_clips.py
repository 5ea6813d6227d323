"""What the convolution page shows: hand-made numbers, and the maps of real nets."""

from dataclasses import dataclass

import numpy as np
import state
import streamlit as st
import torch
from numpy.typing import NDArray

from c3d_teach import MotionDigits
from c3d_teach.analysis.units import normalised
from c3d_teach.models.arithmetic import describe
from c3d_teach.viz.map_pyramid import map_pyramid
from c3d_teach.viz.walking import CLIPS, FRAMES, KERNELS, SIDE, hand_clip, hand_kernel, walk

TRAINED = "motion-d3"
LEARNED = f"learned by {TRAINED}"
LOOKED_FOR = (*KERNELS, LEARNED)
DIGIT = "a digit moves right"
SHOWN = (*CLIPS, DIGIT)
NETS = ("motion-d3", "motion-d1", "motion-d5", "motion-d7")
DEPTHS = (1, 2, 3, 5, 7, 9)
_CHOICES = 200


@st.cache_data(max_entries=16, show_spinner=False)
def small_clip(name: str) -> NDArray[np.float64]:
    """Eight frames of whole numbers from 0 to 9."""
    if name in CLIPS:
        return hand_clip(name)
    made = MotionDigits(16, split="test", clip_shape=(1, FRAMES, SIDE + 4, SIDE + 4), noise=0.0)
    clip = made.batch([MotionDigits.motions.index("right")])["clip"][0, ..., 0].numpy()
    return np.round(clip / 255 * 9)


def kernel_of(name: str, depth: int, channel: int = 0) -> NDArray[np.float64]:
    """A kernel made by hand, or that of a channel of the first layer of a trained net."""
    if name != LEARNED:
        return hand_kernel(name, depth)
    weight = state.classifier(TRAINED).model.get_parameter("conv1.weight").detach()
    found: NDArray[np.float64] = weight[channel, 0].double().numpy()
    return found


def bias_of(name: str, channel: int) -> float:
    """What the unit adds to its sums; 0 for a kernel made by hand."""
    if name != LEARNED:
        return 0.0
    return float(state.classifier(TRAINED).model.get_parameter("conv1.bias")[channel].detach())


def channels() -> int:
    """Filters of the trained net's first layer."""
    return len(state.classifier(TRAINED).model.get_parameter("conv1.bias"))


@dataclass(frozen=True)
class Way:
    """What a convolution leaves of a clip.

    Attributes:
        output: ``(L, H, W)``.
        says: the kernel, and what it lies on.
        first: the time of the clip in the middle of what output frame 0 was made from.
    """

    output: NDArray[np.float64]
    says: str
    first: float


def three_ways(clip: str, deep: NDArray[np.float64]) -> dict[str, Way]:
    """What is left of a clip behind 2D, 2D on all frames, and 3D convolution.

    The three share what they look for: the 2D kernel is the 3D kernel's sum over time, and the one
    on all frames is the 3D kernel in the middle of the clip, zeros elsewhere.
    """
    frames, depth = small_clip(clip), len(deep)
    flat = deep.sum(0, keepdims=True)
    whole = np.zeros((FRAMES, 3, 3))
    first = (FRAMES - depth) // 2
    whole[first : first + depth] = deep
    at = FRAMES // 2
    return {
        "2D on one frame": Way(
            walk(frames[at : at + 1], flat).output, f"{len(flat)}×3×3 on frame {at}", at
        ),
        "2D on all frames": Way(
            walk(frames, whole).output,
            f"{FRAMES} frames as channels: one kernel of {FRAMES}×3×3",
            (FRAMES - 1) / 2,
        ),
        "3D": Way(
            walk(frames, deep).output,
            f"{depth}×3×3, slides through time",
            (depth - 1) / 2,
        ),
    }


@st.cache_data(max_entries=32, show_spinner="Asking the net …")
def activations(net: str, motion: str, number: int) -> dict[str, NDArray[np.float32]]:
    """Maps ``(C, l, h, w)`` of every layer that has frames, and the clip as ``"clip"``."""
    asked = state.classifier(net)
    made = MotionDigits(8 * _CHOICES, split="test")
    clip = made.batch([8 * number + MotionDigits.motions.index(motion)])["clip"]
    layers = [row.name for row in describe(asked.model) if len(row.shape) > 1]
    with state.COMPUTING, torch.inference_mode():
        x = normalised(asked, clip)
        maps = {name: asked.model.activations(x, name)[0].numpy() for name in layers}
    return {"clip": clip[0, ..., 0].numpy()[None].astype(np.float32)} | maps


def strongest(maps: dict[str, NDArray[np.float32]], layer: str) -> list[int]:
    """Channels of a layer, the one with the largest answer first."""
    peaks = maps[layer].reshape(len(maps[layer]), -1).max(1)
    return [int(k) for k in np.argsort(-peaks, kind="stable")]


@st.cache_data(max_entries=32, show_spinner=False)
def pyramid(net: str, motion: str, number: int, rank: int) -> NDArray[np.uint8]:
    """One channel of every layer, the ``rank``-th strongest, over the time it covers."""
    maps = activations(net, motion, number)
    rows = {"clip": maps["clip"][0]}
    for layer in maps:
        if layer != "clip":
            order = strongest(maps, layer)
            rows[layer] = np.maximum(maps[layer][order[min(rank, len(order) - 1)]], 0)
    return map_pyramid(rows, maps["clip"].shape[1])
