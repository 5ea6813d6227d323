"""Trainings that visitors of the playground have started: a few at a time, each in a process.

A process of its own keeps the pages quick, can be stopped at any moment, and cannot bring the
dashboard down. Whoever comes when all places are taken waits in line.
"""

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from c3d_teach.experiments.playground import Configuration

PATIENCE = 300.0  # seconds that a training may be paused
SILENCE = 120.0  # seconds that a training may take to its next sign of life
GRACE = 10.0  # seconds that a lost connection has to come back
_TICK = 0.2
WAITING, STARTING, GOING, PAUSED, FINISHED, FAILED = (
    *("waiting", "starting", "going", "paused", "finished", "failed"),
)
_USUAL, _MOST = 2, 64  # trainings at a time
_LAST_WORDS = 4000  # characters of what a training writes before it breaks down
_COMMAND = (sys.executable, "-m", "c3d_teach.experiments.playground_process")
_LOG = logging.getLogger(__name__)


@dataclass
class Training:
    """One training of one visitor.

    Attributes:
        owner: the visitor's session.
        configuration: what is trained.
        state: ``"waiting"`` for a place, ``"starting"``, ``"going"``, ``"paused"``,
            ``"finished"`` or ``"failed"``.
        snapshot: the latest, as plain values; None before the first.
        said: why it failed or was ended, a sentence.
        wanted: ``"go"``, ``"step"`` or ``"pause"``: what its visitor asked for last.
    """

    owner: str
    configuration: Configuration
    state: str = WAITING
    snapshot: dict[str, Any] | None = None
    said: str = ""
    process: "subprocess.Popen[str] | None" = field(default=None, repr=False)
    wanted: str = "go"
    told: int = 0  # commands that its process was sent
    since: float = field(default_factory=time.monotonic)  # of its last sign of life
    gone: float = 0.0  # when its visitor was first missed

    @property
    def over(self) -> bool:
        return self.state in (FINISHED, FAILED)

    @property
    def held(self) -> bool:
        """Paused, or about to be."""
        return not self.over and (self.state == PAUSED or self.wanted == "pause")

    @property
    def still(self) -> bool:
        """Nothing about it changes before its visitor asks for it."""
        return self.over or self.state == PAUSED or (self.state == WAITING and self.held)


class Trainings:
    """All trainings of this server, in the order they were asked for.

    Args:
        places: trainings that may go on at a time.
        present: says whether a visitor's session is still there.
    """

    def __init__(self, places: int, present: Callable[[str], bool]) -> None:
        self.places, self._present = places, present
        self._all: list[Training] = []
        self._lock = threading.RLock()
        threading.Thread(target=self._watch, name="trainings", daemon=True).start()

    def start(self, owner: str, configuration: Configuration, *, wanted: str = "go") -> Training:
        """A new training, which begins as soon as there is a place.

        Args:
            wanted: ``"go"``, or ``"step"`` to pause after the first mini-batch.
        """
        training = Training(owner, configuration, wanted=wanted)
        with self._lock:
            self._all.append(training)
            self._fill()
        return training

    def tell(self, training: Training, wanted: str) -> None:
        """``"go"``, ``"pause"`` or ``"step"``; a training that is over stays so."""
        with self._lock:
            if training.over:
                return
            training.wanted = wanted
            if training.state in (GOING, PAUSED):
                self._pass_on(training)
            elif training.state == WAITING:
                self._fill()

    def stop(self, training: Training, said: str = "") -> None:
        """End it now, whatever it does, and forget it."""
        with self._lock:
            if training in self._all:
                self._all.remove(training)
            if training.process:
                training.process.kill()
            if not training.over:
                training.said = said
                training.state = FAILED
            self._fill()

    def in_line(self, training: Training) -> int:
        """Its place in the line: 1 is next; 0 when it does not wait."""
        with self._lock:
            line = [one for one in self._all if one.state == WAITING]
            return line.index(training) + 1 if training in line else 0

    def going(self) -> int:
        """How many have a place now."""
        with self._lock:
            return sum(one.process is not None for one in self._all)

    def _fill(self) -> None:
        for training in self._all:
            if self.going() >= self.places:
                return
            if training.state == WAITING and not training.held:
                self._begin(training)

    def _begin(self, training: Training) -> None:
        one_thread = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
        training.process = process = subprocess.Popen(
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=os.environ | one_thread,
        )
        training.state, training.since = STARTING, time.monotonic()
        _send(process, asdict(training.configuration))
        threading.Thread(target=self._listen, args=(training, process), daemon=True).start()

    def _pass_on(self, training: Training) -> None:
        """Tell its process what is wanted. It counts as paused when the process says so."""
        assert training.process
        training.told += 1
        training.since = time.monotonic()
        if training.wanted != "pause":
            training.state = GOING
        _send(training.process, training.wanted)

    def _listen(self, training: Training, process: "subprocess.Popen[str]") -> None:
        assert process.stdout
        last_words: list[str] = []
        aside = threading.Thread(target=_overhear, args=(process, last_words), daemon=True)
        aside.start()
        try:
            for line in process.stdout:
                answer = json.loads(line)
                with self._lock:
                    self._take(training, answer)
        except (OSError, ValueError):
            pass  # it died in the middle of a line
        process.kill()
        code = process.wait()
        aside.join(timeout=1)
        with self._lock:
            if not training.over:
                _LOG.error(
                    "A training ended with exit code %s. Its last words:\n%s",
                    code,
                    "".join(last_words) or "(none)",
                )
                training.said = (
                    "The training ended unexpectedly. Start it again; if that does not help, "
                    "choose fewer clips."
                )
                training.state = FAILED
            self._leave(training)

    def _take(self, training: Training, answer: dict[str, Any]) -> None:
        if training.over:
            return
        if "error" in answer:
            training.said, training.state = answer["error"], FAILED
            return
        training.snapshot = snapshot = answer["snapshot"]
        training.since = time.monotonic()
        if snapshot["step"] >= snapshot["total"]:
            training.state = FINISHED
            if training.process:
                training.process.kill()  # its last snapshot is here: the place is free
        elif training.state == STARTING and training.wanted != "pause":
            self._pass_on(training)
        elif answer["paused"] and answer["heard"] == training.told:
            training.state = PAUSED  # and not what it said before it heard the last command

    def _leave(self, training: Training) -> None:
        training.process = None
        if training in self._all:
            self._all.remove(training)
        self._fill()

    def _watch(self) -> None:
        """End what nobody watches any more, and what keeps a place and does nothing with it."""
        while True:
            time.sleep(_TICK)
            with self._lock:
                for training in list(self._all):
                    if reason := self._forfeit(training, time.monotonic()):
                        self.stop(training, reason)

    def _forfeit(self, training: Training, now: float) -> str:
        """Why a training loses its place; empty while it keeps it."""
        if self._present(training.owner):
            training.gone = 0.0
        elif not training.gone:
            training.gone = now
        elif now - training.gone > GRACE:
            return "Its page was closed."
        unchanged = now - training.since
        if training.state == PAUSED and unchanged > PATIENCE:
            return (
                f"This training was paused for {PATIENCE / 60:.0f} minutes and was ended, so that "
                "others can train."
            )
        if training.state in (STARTING, GOING) and unchanged > SILENCE:
            return (
                f"This training gave no sign of life for {SILENCE / 60:.0f} minutes and was ended. "
                "Start it again; if that does not help, choose a smaller net."
            )
        return ""


def places_of(given: str | None) -> int:
    """How many trainings may go on at a time, as the environment says or as is usual."""
    if given is None:
        return _USUAL
    try:
        return min(_MOST, max(1, int(given)))
    except ValueError:
        _LOG.warning(
            "C3D_TEACH_TRAININGS is %r, not a whole number: %d trainings go on at a time.",
            given[:40],
            _USUAL,
        )
        return _USUAL


def _overhear(process: "subprocess.Popen[str]", last_words: list[str]) -> None:
    """Keep the end of what it writes to its error stream."""
    assert process.stderr
    kept = ""
    try:
        while more := process.stderr.read(_LAST_WORDS):
            kept = (kept + more)[-_LAST_WORDS:]
    except (OSError, ValueError):
        pass  # it was ended meanwhile
    last_words.append(kept)


def _send(process: "subprocess.Popen[str]", message: Any) -> None:
    assert process.stdin
    try:
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
    except OSError:
        pass  # it is gone; its listener says so


def _present(session: str) -> bool:
    return not runtime.exists() or runtime.get_instance().is_active_session(session)


def session() -> str:
    """The visitor's session."""
    context = get_script_run_ctx()
    return context.session_id if context else "none"


@st.cache_resource(show_spinner=False)
def trainings() -> Trainings:
    """Those of this server."""
    return Trainings(places_of(os.environ.get("C3D_TEACH_TRAININGS")), _present)
