"""What the pages share: trained nets, films and answers, cached.

A cached net serves every session at once. It is only ever asked for predictions, under a
lock: no hooks, no training mode, nothing moved to another device. A page that needs a hook
loads a net of its own with ``c3d_teach.load``.
"""

import math
import re
import tempfile
import threading
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import streamlit as st
import torch
from torch import Tensor

from c3d_teach import CameraMotion, Classifier, KitError, MotionDigits, load
from c3d_teach.analysis.alterations import AS_IS, REVERSED, alter
from c3d_teach.data.export import FPS
from c3d_teach.data.video import open_clips
from c3d_teach.viz.movie import animation

LENGTH = 16  # frames in a clip
CHOICES = 200  # clips of each motion to choose from
FIRST = 17  # of them: a digit in full view, and depth 1 torn between left and right
SECONDS, CLIPS = 60, 128  # of an uploaded film, whichever is reached first
ONE, FOUR, MEDLEY = "one clip", "four clips", "every motion in turn"
SETS: dict[str, type[MotionDigits] | type[CameraMotion]] = {
    "MotionDigits": MotionDigits,
    "CameraMotion": CameraMotion,
}
_FALLBACK_FPS = 25.0  # for a file that does not say
_ASKING = threading.Lock()
_DECODING = threading.Semaphore(2)


@dataclass(frozen=True)
class Film:
    """Clips that follow one another.

    Attributes:
        key: tells films apart, for the caches.
        clips: uint8 ``(N, 16, H, W, C)``.
        fps: frames a second.
        motions: what each clip shows; empty where nobody knows.
        notes: what the viewer should be told, sentences.
    """

    key: str
    clips: Tensor
    fps: float
    motions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@st.cache_resource(show_spinner="Loading a trained net …")
def classifier(name: str) -> Classifier:
    """A shipped net. Shared by all sessions: ask it, never change it.

    Raises:
        WeightsError: when it is not there. The failure is not cached.
    """
    return load(name)


@st.cache_data(max_entries=64, show_spinner="Making the film …")
def embedded_film(source: str, motion: str, number: int, length: str) -> Film:
    """Test clip ``number`` of a motion, as one clip, as a longer film, or a clip of each motion.

    Args:
        source: a key of ``SETS``.
        motion: one of its motions; of no account for ``MEDLEY``.
        number: 0 to ``CHOICES - 1``.
        length: ``ONE``, ``FOUR`` or ``MEDLEY``.
    """
    kind = SETS[source]
    names = kind.motions
    frames = 4 * LENGTH if length == FOUR else LENGTH
    height, width = (64, 64) if kind is CameraMotion else (32, 32)
    made = kind(
        len(names) * CHOICES,
        split="test",
        clip_shape=(kind.channels, frames, height, width),
    )
    shown = names if length == MEDLEY else (motion,)
    clips = made.batch([len(names) * number + names.index(name) for name in shown])["clip"]
    clips = clips.reshape(-1, LENGTH, *clips.shape[2:])
    motions = shown if length == MEDLEY else (motion,) * len(clips)
    return Film(f"{source}/{motion}/{number}/{length}", clips, FPS, motions)


def uploaded_film(file: BinaryIO, name: str, key: str) -> Film:
    """The clips of a video somebody handed in, from its start to the page's limits.

    The file lies in a folder of its own, under a name of ours, only while it is decoded,
    in a child process that may hang or crash. One film is kept for each session.

    Raises:
        VideoError: for a file that is not a readable video, or is too short.
    """
    kept = st.session_state.get("uploaded film")
    if kept is None or kept.key != key:
        with st.spinner("Reading the video …"), _DECODING:
            kept = _decoded(file, name, key)
        st.session_state["uploaded film"] = kept
    return kept


def forget_upload() -> None:
    """Give back the memory of this session's uploaded film."""
    st.session_state.pop("uploaded film", None)


def _decoded(file: BinaryIO, name: str, key: str) -> Film:
    notes = []
    with tempfile.TemporaryDirectory(prefix="c3d-teach-") as folder:
        path = Path(folder) / "video"
        path.write_bytes(file.read())
        found: list[Tensor] = []
        try:
            info, clips = open_clips(path, length=LENGTH, stride=LENGTH, isolated=True)
            known = math.isfinite(info.fps) and info.fps > 0
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
    return Film(key, torch.stack(found), fps, (), tuple(notes))


def probabilities(net: str, film: Film, how: str) -> Tensor:
    """What a net answers to each clip of the altered film: ``(N, K)``."""
    return _probabilities(net, film.key, how, film)


@st.cache_data(max_entries=512, show_spinner="Asking the net …")
def _probabilities(net: str, key: str, how: str, _film: Film) -> Tensor:
    asked = classifier(net)
    with _ASKING:
        return asked.predict(alter(_film.clips, how))


@st.cache_data(max_entries=32, show_spinner="Making the film …")
def movie(key: str, how: str, first: int, count: int, _film: Film) -> bytes:
    """An animated picture of ``count`` clips of the altered film, from clip ``first`` on."""
    frames = frames_of(_film, how, first, count)
    # small clips are enlarged here, pixel by pixel; the browser would blur them
    scale = max(1, 256 // frames.shape[1])
    return animation(frames, fps=min(_film.fps, 50.0), scale=scale)


def frames_of(film: Film, how: str, first: int, count: int) -> Tensor:
    """Frames ``(L, H, W, C)`` of ``count`` clips of the altered film, from ``first`` on."""
    # altered as a whole: which clip comes first, and how it is shuffled, depends on all
    return alter(film.clips, how)[first : first + count].flatten(0, 1)


def starts(film: Film) -> list[float]:
    """When each clip starts, in seconds, and when the last one ends: ``N + 1`` times."""
    return [k * LENGTH / film.fps for k in range(len(film.clips) + 1)]


def span(film: Film, first: int, count: int) -> tuple[float, float] | None:
    """From when to when ``count`` clips play; None when that is the whole film."""
    if count == len(film.clips):
        return None
    times = starts(film)
    return times[first], times[first + count]


def motions_shown(film: Film, how: str) -> tuple[str, ...]:
    """What each clip of the altered film shows, where that still has a name."""
    if how == AS_IS:
        return film.motions
    if how == REVERSED:
        return tuple(backwards(name) for name in reversed(film.motions))
    return ()


def backwards(motion: str) -> str:
    """The motion that a clip of ``motion`` shows when it is played backwards."""
    for kind in SETS.values():
        names = kind.motions
        if motion in names:
            k = names.index(motion)
            return names[k ^ 1] if k < len(names) // 2 * 2 else motion
    raise KitError(f"There is no motion {motion!r} in the embedded sets.")


def plain(text: str, longest: int = 60) -> str:
    """Text from elsewhere, such as a file's name, so that markdown shows it and does nothing."""
    short = text if len(text) <= longest else text[: longest - 1] + "…"
    short = "".join(c if c.isprintable() else " " for c in short)
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|$:~&])", r"\\\1", short)
