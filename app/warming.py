"""What is slow once for a whole server, done before a visitor waits for it.

The first film unpacks photographs, the first answer wakes torch's threads, some modules are large:
a second or two together, spent behind the first page instead of in front of a later one.
"""

import atexit
import logging
import threading
from collections.abc import Callable
from functools import partial
from importlib import import_module

import streamlit as st

_LOG = logging.getLogger(__name__)
_HEAD_START = 8.0  # seconds in which the first visitor's browser has the machine for itself
_LARGE = ("matplotlib.figure", "c3d_teach.experiments.study")


_ended = threading.Event()


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Begins it, once for all visitors, and returns at once."""
    import_module("torch")  # every page has; what it does at the end comes after _end
    thread = threading.Thread(target=_warm, name="warm-up", daemon=True)
    atexit.register(_end, thread)
    thread.start()


def _end(thread: threading.Thread) -> None:
    """A thread cut off inside torch would end the process with "terminate called"."""
    _ended.set()
    thread.join()


def _warm() -> None:
    if _ended.wait(_HEAD_START):
        return
    try:
        steps: list[Callable[[], object]] = [_films, _nets]
        steps += [partial(import_module, name) for name in _LARGE]
        for step in steps:
            if _ended.is_set():
                return
            step()
    except Exception:  # a page that needs what failed says so itself
        _LOG.warning("Warming up stopped.", exc_info=True)


def _films() -> None:
    from c3d_teach import CameraMotion, MotionDigits
    from c3d_teach.viz.movie import animation

    MotionDigits(8, split="test").batch([0])
    clips = CameraMotion(8, clip_shape=(3, 16, 64, 64), split="test").batch([0])["clip"]
    animation(clips[0].numpy())


def _nets() -> None:
    import numpy as np

    from c3d_teach import load
    from c3d_teach.models.segmenter import load_segmenter

    load("camera-c3d").predict(np.zeros((1, 16, 64, 64, 3), dtype=np.uint8))
    load_segmenter("motion-unet3d").model.sizes()
