"""Where a net looks in a clip of a film: heat over its frames, and along time."""

from collections.abc import Callable

import state
import streamlit as st
from state import Film, of_film

from c3d_teach.analysis.alterations import alter
from c3d_teach.analysis.attribution.attribute import attribute
from c3d_teach.analysis.attribution.heat import Attribution
from c3d_teach.analysis.attribution.occlusion import box_occlusion
from c3d_teach.viz.heat_movie import heat_animation

NONE, CAM, TIME, BOX = "nowhere yet", "Grad-CAM", "hide frames", "hide boxes"
METHODS = (NONE, CAM, TIME, BOX)
_NAMES = {CAM: "grad-cam", TIME: "temporal occlusion"}


def heat(net: str, film: Film, how: str, clip: int, method: str, target: str | None) -> Attribution:
    """What in a clip of the altered film speaks for an answer.

    Args:
        target: name of a class; None for the net's own answer.
    """

    def make() -> Attribution:
        asked, shown = state.classifier(net), alter(film.clips, how)[clip]
        with state.COMPUTING:
            if method != BOX:
                return attribute(asked, shown, _NAMES[method], target=target)
            _, height, width = asked.model.clip_shape[1:]
            # side by side: boxes that overlap take three times as long
            box = (4, height // 4, width // 4)
            return box_occlusion(asked, shown, target=target, box=box, step=box)

    what = (net, how, clip, method, target)
    return of_film(film, what, make, lambda: _heat(film.key, what, make))


@st.cache_data(max_entries=32, show_spinner="Looking where the net looks …")
def _heat(key: str, what: tuple[object, ...], _make: Callable[[], Attribution]) -> Attribution:
    return _make()


def film_of(found: Attribution) -> bytes:
    """The clip, and beside it the clip under heat, playing."""
    return heat_animation(found, fps=8)
