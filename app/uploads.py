"""Videos that visitors hand in: read once, in a child process, and not kept.

What a session keeps is a film of small clips, until its visitor looks at another film or leaves.
"""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import streamlit as st
import torch
from display import plain
from state import LENGTH, OWN, SPEEDS, Film
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from torch import Tensor

from c3d_teach import KitError
from c3d_teach.analysis.alterations import at_speed
from c3d_teach.data.limits import Limits
from c3d_teach.data.video import open_clips

LIMITS = Limits()
SECONDS, CLIPS = 60, 32  # of an uploaded film, whichever is reached first; 32 clips are 34 MB
_FALLBACK_FPS = 25.0  # for a file that does not say, or says what cannot be
_SLOWEST, _FASTEST = 0.1, 1000.0  # frames a second
_KEPT = "uploaded film"
_DECODING = threading.Semaphore(2)


@dataclass(frozen=True)
class Refusal:
    """Why a file was not read, a sentence."""

    said: str


def take(file: BinaryIO, name: str, key: str) -> None:
    """Read a video that somebody handed in, from its start to the page's limits, and keep that.

    The file lies in a folder of its own, under a name of ours, only while it is decoded,
    in a child process that may hang or crash. Only one film is kept for each session.
    """
    try:
        with _place(), st.spinner("Reading the video …"):
            st.session_state[_KEPT] = _decoded(file, name, key)
    except KitError as error:
        st.session_state[_KEPT] = Refusal(str(error))
    finally:
        _give_back(key)


def kept() -> Film | Refusal | None:
    """What became of the last upload of this session."""
    found: Film | Refusal | None = st.session_state.get(_KEPT)
    return found


def forget_upload() -> None:
    """Give back the memory of this session's uploaded film."""
    for name in (_KEPT, OWN):
        st.session_state.pop(name, None)


def paced(film: Film, speed: str) -> Film:
    """The film at another speed; the same film where it is too short for that."""
    if speed == "normal":
        return film
    clips = at_speed(film.clips.flatten(0, 1), SPEEDS[speed], LENGTH)[:CLIPS]
    if not len(clips):
        note = f"At {speed} speed the film is too short for a clip; it is shown as it is."
        return replace(film, notes=(*film.notes, note))
    return replace(film, key=f"{film.key}/{speed}", clips=clips)


@contextmanager
def _place() -> Iterator[None]:
    """One of the places for decoding, when there is one."""
    if not _DECODING.acquire(blocking=False):
        with st.spinner("Two other videos are being read; yours is next …"):
            _DECODING.acquire()
    try:
        yield
    finally:
        _DECODING.release()


def _give_back(file_id: str) -> None:
    """Let go of the file's bytes: Streamlit keeps them until the visitor leaves, and longer."""
    context = get_script_run_ctx()
    if context and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(session_id=context.session_id, file_id=file_id)


def _decoded(file: BinaryIO, name: str, key: str) -> Film:
    notes = []
    with tempfile.TemporaryDirectory(prefix="c3d-teach-") as folder:
        path = Path(folder) / "video"
        path.write_bytes(file.read())
        found: list[Tensor] = []
        try:
            info, clips = open_clips(path, length=LENGTH, stride=LENGTH, limits=LIMITS)
            known = _SLOWEST <= info.fps <= _FASTEST
            fps = info.fps if known else _FALLBACK_FPS
            most = max(1, min(CLIPS, int(SECONDS * fps) // LENGTH))
            for clip in islice(clips, most):  # one by one, to keep what comes before an error
                found += [clip]
        except KitError as error:
            said = str(error).replace(str(path), plain(name))
            if not found:
                raise type(error)(said) from error
            notes.append(f"Only the part before the damage is shown. {said}")
    seconds = LENGTH * len(found) / fps
    if not notes and info.frames >= LENGTH * (most + 1):
        notes.append(
            f"The film is longer: shown are its first {seconds:.1f} seconds "
            f"({len(found)} clips); this page reads {SECONDS} seconds or {CLIPS} clips at most."
        )
    if not known:
        notes.append(f"The file does not say how fast it plays; {fps:.0f} frames a second it is.")
    return Film(key, torch.stack(found), fps, (), tuple(notes), own=True)
