"""How the kernel of the convolution page gets from place to place, and from zoom to zoom."""

from urllib.parse import urlencode

import convolution_clips as clips
import numpy as np
import streamlit as st

from c3d_teach.viz.walking import walk

ZOOM, UNIT = "convolution.zoom", "one unit"
STEPPED = 0.8  # seconds between two steps of a kernel that walks by itself
AXES = ("t", "y", "x")


def step_on(last: list[int]) -> None:
    """The next place in reading order; behind the last one the first.

    Args:
        last: the largest t, y and x.
    """
    t, y, x = (int(st.session_state.get(f"convolution.{axis}", 0)) for axis in AXES)
    x += 1
    if x > last[2]:
        x, y = 0, y + 1
    if y > last[1]:
        y, t = 0, t + 1
    if t > last[0]:
        t = 0
    for axis, at, most in zip(AXES, (t, y, x), last, strict=True):
        if most:
            st.session_state[f"convolution.{axis}"] = at


def jump_to(place: tuple[int, int, int], shape: tuple[int, ...]) -> None:
    """Put the kernel somewhere.

    Args:
        place: t, y and x. shape: of the output; an axis with one place has no slider.
    """
    for axis, at, length in zip(AXES, place, shape, strict=True):
        if length > 1:
            st.session_state[f"convolution.{axis}"] = at


def way_to_unit(channel: int) -> str:
    """The address of one filter of the net's first layer, where it answers most to a digit."""
    output = walk(clips.small_clip(clips.DIGIT), clips.kernel_of(clips.LEARNED, 3, channel)).output
    place = np.unravel_index(int(output.argmax()), output.shape)
    return "convolution?" + urlencode(
        {
            ZOOM: UNIT,
            "convolution.clip": clips.DIGIT,
            "convolution.kernel": clips.LEARNED,
            "convolution.channel": channel,
        }
        | {f"convolution.{axis}": int(at) for axis, at in zip(AXES, place, strict=True)}
    )
