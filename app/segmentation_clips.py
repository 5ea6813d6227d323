"""Clips in which one of three digits moves, and what the shipped U-Nets mark in them."""

from dataclasses import dataclass

import numpy as np
import state
import streamlit as st
from numpy.typing import NDArray

from c3d_teach.analysis.alterations import alter
from c3d_teach.data.segmentation import MotionSegmentation
from c3d_teach.models.segmenter import Segmenter, load_segmenter
from c3d_teach.viz.film_sheet import film_sheet
from c3d_teach.viz.mask_plots import mask_film
from c3d_teach.viz.movie import animation

CHOICES = 200
FIRST = 53  # of them: three digits apart from each other
NETS = {"motion-unet3d": "3D U-Net", "motion-unet2d": "2D U-Net"}
LEVELS = (1, 2, 3, 4)
_SCALE = 8
Masks = dict[str, NDArray[np.bool_]]  # by net


@dataclass(frozen=True)
class Scene:
    """A clip as it is played.

    Attributes:
        clip: ``(16, 32, 32, 1)`` uint8.
        truth: ``(16, 32, 32)`` bool, the pixels of the digit that moves (or did, before the clip
            was altered).
        motion, digit: of the mover.
    """

    clip: NDArray[np.uint8]
    truth: NDArray[np.bool_]
    motion: str
    digit: int


@st.cache_resource(show_spinner="Loading a trained U-Net …")
def segmenter(name: str) -> Segmenter:
    """A shipped U-Net. Shared by all sessions: ask it, never change it."""
    return load_segmenter(name)


@st.cache_data(max_entries=64, show_spinner=False)
def scene(number: int, how: str, alike: bool) -> Scene:
    """Test clip ``number``, played as ``how`` says; its mask is played the same way."""
    data = MotionSegmentation(CHOICES, split="test", alike=alike)
    made = data.batch([number])
    clip = alter(made["clip"], how)[0].numpy()
    truth = alter(made["mask"][..., None], how)[0, ..., 0].numpy().astype(bool)
    return Scene(clip, truth, data.motions[int(made["motion"])], int(made["digit"]))


@st.cache_data(max_entries=64, show_spinner="Asking the U-Net …")
def probabilities(
    net: str, number: int, how: str, alike: bool, skips: tuple[bool, ...]
) -> NDArray[np.float32]:
    """Of every pixel, ``(16, 32, 32)``."""
    asked, shown = segmenter(net), scene(number, how, alike)
    with state.COMPUTING:
        found: NDArray[np.float32] = asked.predict(shown.clip[None], skips=skips)[0, 0].numpy()
    return found


def overlap(mask: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Intersection over union of a clip; 1 where both are empty."""
    union = int((mask | truth).sum())
    return float((mask & truth).sum()) / union if union else 1.0


def overlaps(mask: NDArray[np.bool_], truth: NDArray[np.bool_]) -> list[float]:
    """The same frame by frame; NaN where both are empty."""
    return [
        overlap(m, t) if (m | t).any() else float("nan") for m, t in zip(mask, truth, strict=True)
    ]


def film(shown: Scene, masks: Masks, frame: int | None) -> bytes:
    """The clip and every mask over it side by side, playing or held at a frame."""
    plain = np.broadcast_to(shown.clip, (*shown.clip.shape[:3], 3))
    panels = [("the clip", plain.repeat(_SCALE, axis=1).repeat(_SCALE, axis=2))]
    for name, mask in masks.items():
        panels.append((name, mask_film(shown.clip, mask, shown.truth, scale=_SCALE)))
    if frame is not None:
        panels = [(name, clip[frame : frame + 1]) for name, clip in panels]
    return animation(film_sheet(panels, side=1), fps=8)
