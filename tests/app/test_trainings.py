"""Trainings in processes of their own: places, the line, pause and step, and what ends them."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from c3d_teach.experiments.playground import Configuration, PlaygroundRun

pytestmark = pytest.mark.usefixtures("one_thread")
TINY = Configuration(width=1 / 16, clips=64, batch=8, steps=80, depths=(1, 1, 1, 1, 1))
APP = Path(__file__).parents[2] / "app"
HUNG = ("import time; time.sleep(60)",)
BROKEN = ("import sys; sys.stderr.write('x' * 9000 + ' the very cause'); sys.exit(3)",)


@pytest.fixture
def module() -> Any:
    import trainings

    return trainings


@pytest.fixture
def gone() -> set[str]:
    """Visitors whose page is closed."""
    return set()


@pytest.fixture
def one(module: Any, gone: set[str]) -> Iterator[Any]:
    """Trainings of which one may go on at a time."""
    found = module.Trainings(1, lambda owner: owner not in gone)
    yield found
    for training in list(found._all):
        found.stop(training)


def until(true: Callable[[], Any], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def ended(process: "subprocess.Popen[str]") -> bool:
    return process.poll() is not None


def test_pause_step_and_go_on(one: Any, module: Any) -> None:
    training = one.start("visitor", TINY, wanted="step")
    until(lambda: training.state == module.PAUSED)
    assert training.snapshot["step"] == 1, "one step from the beginning is one step"
    one.tell(training, "step")
    until(lambda: training.state == module.PAUSED)
    assert training.snapshot["step"] == 2

    one.tell(training, "go")
    until(lambda: training.snapshot["step"] > 4)
    one.tell(training, "pause")
    assert training.held and not training.still
    until(lambda: training.state == module.PAUSED)
    seen = training.snapshot["step"]
    one.tell(training, "step")
    until(lambda: training.state == module.PAUSED)
    assert training.snapshot["step"] == seen + 1, "nothing happened unseen"
    time.sleep(0.6)  # longer than two snapshots are apart
    assert training.snapshot["step"] == seen + 1 and training.state == module.PAUSED

    run = PlaygroundRun(TINY)
    for _ in range(seen + 1):
        run.advance()
    here = run.snapshot()
    assert training.snapshot["losses"] == here.losses
    assert training.snapshot["kernels"] == here.kernels


def test_a_late_report_is_not_the_steps(one: Any, module: Any) -> None:
    """What was on its way when "step" was asked for does not end the step."""
    training = one.start("visitor", TINY, wanted="step")
    until(lambda: training.state == module.PAUSED)
    seen = training.snapshot
    one.tell(training, "step")
    with one._lock:
        for late in ({"paused": False, "heard": 1}, {"paused": True, "heard": 1}):
            if training.state == module.GOING and training.snapshot is seen:
                one._take(training, {"snapshot": seen} | late)
                assert training.state == module.GOING
    until(lambda: training.state == module.PAUSED)
    assert training.snapshot["step"] == 2


def test_a_line_forms_and_moves_on(one: Any, module: Any) -> None:
    first, second, third = (one.start(name, TINY) for name in "abc")
    assert [one.in_line(t) for t in (first, second, third)] == [0, 1, 2] and one.going() == 1
    one.tell(second, "pause")
    assert second.held and second.still and second.state == module.WAITING
    one.stop(first)
    until(lambda: third.process is not None)  # who pauses in line is passed over
    assert one.in_line(second) == 1
    one.tell(second, "go")
    assert not second.still and second.state == module.WAITING
    until(lambda: third.state == module.FINISHED)
    until(lambda: second.snapshot is not None)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no such signal on Windows")
def test_stop_ends_a_hung_process_at_once(one: Any, module: Any) -> None:
    for hang in (False, True):
        training = one.start("visitor", TINY)
        until(lambda t=training: t.snapshot is not None)
        process = training.process
        if hang:
            os.kill(process.pid, signal.SIGSTOP)
        started = time.monotonic()
        one.stop(training)
        until(lambda p=process: ended(p), 0.5)
        assert time.monotonic() - started < 0.5 and training.over
        until(lambda: one.going() == 0)


def test_whoever_goes_leaves_the_place(
    one: Any, module: Any, gone: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE", 0.1)
    first, second = one.start("a", TINY), one.start("b", TINY, wanted="step")
    gone.add("a")
    until(lambda: first.over)
    assert first.said == "Its page was closed."
    until(lambda: second.snapshot is not None)


def test_who_comes_back_in_time_keeps_it(
    one: Any, module: Any, gone: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE", 1.0)
    training = one.start("a", TINY, wanted="step")
    gone.add("a")
    until(lambda: training.gone)
    gone.clear()
    until(lambda: not training.gone)
    time.sleep(1.2)
    assert not training.over


def test_a_killed_process_is_a_sentence(
    one: Any, module: Any, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = one.start("a", TINY), one.start("b", TINY, wanted="step")
    until(lambda: first.snapshot is not None)
    with caplog.at_level(logging.ERROR):
        first.process.kill()
        until(lambda: first.over)
    assert first.state == module.FAILED and "ended unexpectedly" in first.said
    assert "exit code" in caplog.text
    until(lambda: second.process is not None or second.snapshot)


def test_the_cause_of_a_crash_is_in_the_log_and_short(
    one: Any, module: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "_COMMAND", (sys.executable, "-c", *BROKEN))
    with caplog.at_level(logging.ERROR):
        training = one.start("a", TINY)
        until(lambda: training.over)
    assert "the very cause" in caplog.text and "exit code 3" in caplog.text
    assert len(caplog.text) < 5000
    assert "the very cause" not in training.said


@pytest.mark.parametrize("state", ["starting", "going", "paused"])
def test_a_place_is_not_kept_for_nothing(
    one: Any, module: Any, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """No sign of life, or a pause too long; how long a training takes is of no account."""
    monkeypatch.setattr(module, "_COMMAND", (sys.executable, "-c", *HUNG))
    training = one.start("a", TINY)
    training.state = state
    monkeypatch.setattr(module, "PATIENCE" if state == "paused" else "SILENCE", 0.1)
    until(lambda: training.over, 5)
    assert ("was paused" if state == "paused" else "no sign of life") in training.said
    until(lambda: one.going() == 0)


def test_a_training_that_diverges_says_so(one: Any, module: Any) -> None:
    training = one.start("a", TINY, wanted="step")
    until(lambda: training.state == module.PAUSED)
    one._take(training, {"error": "The loss blew up at step 2."})
    assert training.state == module.FAILED and training.said == "The loss blew up at step 2."


@pytest.mark.parametrize(
    ("given", "places"),
    [(None, 2), ("3", 3), ("0", 1), ("-7", 1), ("99999", 64), ("two", 2), ("", 2), ("1.5", 2)],
)
def test_how_many_at_a_time(
    module: Any, given: str | None, places: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert module.places_of(given) == places
    told = "C3D_TEACH_TRAININGS" in caplog.text
    assert told == (given in ("two", "", "1.5"))


def test_no_process_outlives_a_killed_server(tmp_path: Path) -> None:
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER], cwd=APP, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout
    children = [psutil.Process(int(pid)) for pid in server.stdout.readline().split()]
    assert len(children) == 2
    server.kill()
    server.wait()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive
    server.stdout.close()


_SERVER = """
import time, trainings
from c3d_teach.experiments.playground import Configuration
all = trainings.Trainings(2, lambda _: True)
tiny = Configuration(width=1 / 16, clips=64, batch=8, steps=480)
going, paused = all.start("a", tiny), all.start("a", tiny, wanted="step")
while not (going.snapshot and paused.snapshot):
    time.sleep(0.05)
print(going.process.pid, paused.process.pid, flush=True)
time.sleep(60)
"""
