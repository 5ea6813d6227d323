"""The clips behind the maps of descriptors: played, named, answered."""

import numpy as np
import state
import streamlit as st
import torch
from numpy.typing import NDArray

from c3d_teach.analysis.descriptors.clip_embedding import LabelKept
from c3d_teach.experiments.clip_maps import COUNT, NETS, ClipMap, clips_of, shipped
from c3d_teach.models.verdict import verdict
from c3d_teach.viz.film_sheet import film_sheet
from c3d_teach.viz.movie import animation

NOBODY = "no other net"
_SEES = {
    "motion-d1": "kernels one frame deep",
    "motion-d3": "kernels 3 frames deep",
    "motion-d5": "kernels 5 frames deep",
    "motion-d7": "kernels 7 frames deep",
    "motion-frame": "one frame of each clip",
    "motion-stacked": "all frames as channels of its first layer",
    "camera-d1": "kernels one frame deep",
    "camera-c3d": "kernels 3 frames deep",
}


def others(net: str) -> list[str]:
    """The nets that are mapped with the same clips."""
    return [other for other in NETS if other != net and _task(other) == _task(net)]


def learnt(net: str, found: ClipMap) -> str:
    """What a net was trained to name, and what of that its neighbours show."""
    moves = "the camera moves" if net.startswith("camera") else "a digit moves"
    what, how = found.embedding.what, found.embedding.how
    return (
        f"**{net}** was trained to name how {moves}, with {_SEES[net]}: clips that are near "
        f"share the motion {_often(how)}, the {what.kind} {_often(what)}."
    )


def _often(label: LabelKept) -> str:
    for least, word in ((0.8, "nearly always"), (0.4, "as a rule"), (0.1, "now and then")):
        if label.gain >= least:
            return word
    return "hardly more often than by chance"


@st.cache_data(max_entries=32, show_spinner=False)
def mapped(net: str, layer: str, method: str) -> ClipMap:
    """A shipped map."""
    return shipped(net, layer, method)


def named(found: ClipMap, clip: int) -> str:
    """What a clip shows: ``7 up``."""
    what, how = found.embedding.what, found.embedding.how
    return f"{what.names[what.numbers[clip]]} {how.names[how.numbers[clip]]}"


def _brief(found: ClipMap, clip: int) -> str:
    """The same on two lines, as it fits over a picture."""
    what, how = found.embedding.what, found.embedding.how
    motion = how.names[how.numbers[clip]].replace("counter-clockwise", "counter-cl.")
    return f"{what.names[what.numbers[clip]]}\n{motion}"


@st.cache_data(max_entries=96, show_spinner=False)
def _clip(task: str, number: int) -> NDArray[np.uint8]:
    """A test clip ``(1, 16, H, W, C)`` of those that a task's nets are mapped with."""
    found: NDArray[np.uint8] = clips_of(task).batch([number])["clip"].numpy()
    return found


def _task(net: str) -> str:
    return "camera" if net.startswith("camera") else "motion"


@st.cache_data(max_entries=48, show_spinner="Making the film …")
def films(net: str, layer: str, clip: int, count: int) -> tuple[bytes, str]:
    """A clip and its nearest neighbours as one film, and what they show in words."""
    found = mapped(net, layer, "pca")
    near = found.neighbours[clip][:count].tolist()
    made = [_clip(_task(net), number)[0] for number in (clip, *near)]
    heads = [f"chosen: {clip}\n{_brief(found, clip)}"]
    heads += [
        f"{other}: cos {cosine:.2f}\n{_brief(found, other)}"
        for other, cosine in zip(near, found.cosines[clip].tolist(), strict=False)
    ]
    sheet = film_sheet(list(zip(heads, made, strict=True)), side=160, columns=3)
    said = ", ".join(named(found, k) for k in near)
    return animation(sheet, fps=8), f"{named(found, clip)}; its nearest neighbours: {said}."


def alike(found: ClipMap, clip: int, count: int) -> tuple[int, int]:
    """How many of the nearest share what is seen, and how it moves."""
    near = found.neighbours[clip][:count]
    what, how = found.embedding.what.numbers, found.embedding.how.numbers
    return int((what[near] == what[clip]).sum()), int((how[near] == how[clip]).sum())


@st.cache_data(max_entries=64, show_spinner="Asking the net …")
def answer(net: str, clip: int) -> str:
    """What the net itself says of a clip."""
    asked = state.classifier(net)
    batch = torch.from_numpy(_clip(_task(net), clip))
    with state.COMPUTING:
        return verdict(asked.classes, asked.predict(batch)[0])


def last_clip() -> int:
    return COUNT - 1
