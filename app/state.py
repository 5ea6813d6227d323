"""What the pages share: trained nets, films and answers, cached.

A cached net serves every session at once. It is only ever asked, never changed: no training
mode, nothing moved to another device, and hooks only on a copy of its modules
(``analysis.units.own_copy``). Whoever computes with torch holds ``COMPUTING`` meanwhile: one
computation at a time has all cores, and thirty visitors wait their turn instead of fighting.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st
import torch
from torch import Tensor

from c3d_teach import CameraMotion, Classifier, KitError, MotionDigits, load
from c3d_teach.analysis.alterations import AS_IS, REVERSED, alter, at_speed
from c3d_teach.data.export import FPS
from c3d_teach.viz.movie import animation

LENGTH = 16  # frames in a clip
CHOICES = 200  # clips of each motion to choose from
FIRST = 17  # of them: a digit in full view, and depth 1 torn between left and right
SPEEDS = {"half": 0.5, "normal": 1.0, "double": 2.0}
ONE, FOUR, MEDLEY = "one clip", "four clips", "every motion in turn"
SETS: dict[str, type[MotionDigits] | type[CameraMotion]] = {
    "MotionDigits": MotionDigits,
    "CameraMotion": CameraMotion,
}
COMPUTING = threading.Lock()
OWN = "of the uploaded film"
_OWN_RESULTS = 24  # kept of a visitor's film: some megabytes
T = TypeVar("T")


@dataclass(frozen=True)
class Film:
    """Clips that follow one another.

    Attributes:
        key: tells films apart, for the caches.
        clips: uint8 ``(N, 16, H, W, C)``.
        fps: frames a second.
        motions: what each clip shows; empty where nobody knows.
        notes: what the viewer should be told, sentences.
        own: whether its visitor handed it in: then nothing made of it outlives the session.
    """

    key: str
    clips: Tensor
    fps: float
    motions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    own: bool = False


@st.cache_resource(show_spinner="Loading a trained net …")
def classifier(name: str) -> Classifier:
    """A shipped net. Shared by all sessions: ask it, never change it.

    Raises:
        WeightsError: when it is not there. The failure is not cached.
    """
    return load(name)


@st.cache_data(max_entries=64, show_spinner="Making the film …")
def embedded_film(
    source: str, motion: str, number: int, length: str, speed: str = "normal"
) -> Film:
    """Test clip ``number`` of a motion, as one clip, as a longer film, or a clip of each motion.

    Args:
        source: a key of ``SETS``.
        motion: one of its motions; of no account for ``MEDLEY``.
        number: 0 to ``CHOICES - 1``.
        length: ``ONE``, ``FOUR`` or ``MEDLEY``.
        speed: a key of ``SPEEDS``; faster films are made longer and frames left out.
    """
    kind = SETS[source]
    names = kind.motions
    factor = SPEEDS[speed]
    clips_long = 4 if length == FOUR else 1
    frames = LENGTH * clips_long * max(1, int(factor))
    height, width = (64, 64) if kind is CameraMotion else (32, 32)
    made = kind(
        len(names) * CHOICES,
        split="test",
        clip_shape=(kind.channels, frames, height, width),
    )
    shown = names if length == MEDLEY else (motion,)
    clips = made.batch([len(names) * number + names.index(name) for name in shown])["clip"]
    # at half speed twice as many clips come out; as many as at the others are shown
    clips = torch.cat([at_speed(clip, factor, LENGTH)[:clips_long] for clip in clips])
    motions = shown if length == MEDLEY else (motion,) * len(clips)
    return Film(f"{source}/{motion}/{number}/{length}/{speed}", clips, FPS, motions)


def of_film(film: Film, what: tuple[Any, ...], make: Callable[[], T], cached: Callable[[], T]) -> T:
    """Something made of a film: from the caches of all, or of a visitor's own film from theirs.

    Args:
        what: tells it apart from all else that is made of films.
        make: makes it. cached: takes it from a cache that all sessions share.
    """
    if not film.own:
        return cached()
    memory: dict[tuple[Any, ...], Any] = st.session_state.setdefault(OWN, {})
    what = (film.key, *what)
    if what not in memory:
        if len(memory) >= _OWN_RESULTS:
            del memory[next(iter(memory))]  # the oldest
        memory[what] = make()
    found: T = memory[what]
    return found


def probabilities(net: str, film: Film, how: str) -> Tensor:
    """What a net answers to each clip of the altered film: ``(N, K)``."""

    def make() -> Tensor:
        asked = classifier(net)
        with COMPUTING:
            return asked.predict(alter(film.clips, how))

    return of_film(film, (net, how), make, lambda: _probabilities(net, film.key, how, make))


@st.cache_data(max_entries=512, show_spinner="Asking the net …")
def _probabilities(net: str, key: str, how: str, _make: Callable[[], Tensor]) -> Tensor:
    return _make()


def movie(film: Film, how: str, first: int, count: int) -> bytes:
    """An animated picture of ``count`` clips of the altered film, from clip ``first`` on."""

    def make() -> bytes:
        frames = frames_of(film, how, first, count)
        # small clips are enlarged here, pixel by pixel; the browser would blur them
        scale = max(1, 256 // frames.shape[1])
        return animation(frames, fps=min(film.fps, 50.0), scale=scale)

    what = (how, first, count)
    return of_film(film, what, make, lambda: _movie(film.key, how, first, count, make))


@st.cache_data(max_entries=32, show_spinner="Making the film …")
def _movie(key: str, how: str, first: int, count: int, _make: Callable[[], bytes]) -> bytes:
    return _make()


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
