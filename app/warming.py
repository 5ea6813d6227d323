"""What is slow once for a whole server, done before a visitor waits for it.

The first film unpacks photographs, the first answer wakes torch's threads, some modules are large:
a second or two together, spent behind the first page instead of in front of a later one.
"""

import logging
import threading
import time
from importlib import import_module

import streamlit as st

_LOG = logging.getLogger(__name__)
_HEAD_START = 8.0  # seconds in which the first visitor's browser has the machine for itself
_LARGE = ("c3d_teach.classroom.course", "c3d_teach.experiments.study")


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Begins it, once for all visitors, and returns at once."""
    threading.Thread(target=_warm, name="warm-up", daemon=True).start()


def _warm() -> None:
    time.sleep(_HEAD_START)
    try:
        from c3d_teach import CameraMotion, MotionDigits, load
        from c3d_teach.models.segmenter import load_segmenter
        from c3d_teach.viz.movie import animation

        MotionDigits(8, split="test").batch([0])
        clips = CameraMotion(8, clip_shape=(3, 16, 64, 64), split="test").batch([0])["clip"]
        load("camera-c3d").predict(clips)
        animation(clips[0].numpy())
        load_segmenter("motion-unet3d").model.sizes()
        for name in _LARGE:
            import_module(name)
    except Exception:  # a page that needs what failed says so itself
        _LOG.warning("Warming up stopped.", exc_info=True)
