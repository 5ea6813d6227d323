"""What pytest does beyond nbval while it runs a submission: bounds, tolerance, a line a cell.

Loaded into nbval's process, which is outside of the sandbox. nbval starts the kernel, runs the
cells and compares what they put out with the outputs in the notebook. Here is what it lacks for
strangers' code: it notices at once that a kernel has died, ends a cell that floods, takes numbers
within a tolerance for equal, and writes what became of each cell where the grader reads it.
"""

import builtins
import json
import os
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any, ClassVar

import pytest
import zmq
from jupyter_client.manager import KernelManager
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell, NbCellError

from c3d_teach.classroom.grading.outcome import FATAL, OUTCOMES, TRANSPORT
from c3d_teach.classroom.grading.shown import agree, share, shown_in

_MOST_OUTPUT = 4 << 20  # bytes of one cell's messages
_LONGEST = 64 << 20  # bytes of one message; a longer one breaks the connection


class FloodError(Exception):
    """A cell puts out more than anybody reads."""


class DeadKernelError(Exception):
    """The kernel is gone."""


class _Now:
    """The cell that runs now: when it must have ended, and what it has put out."""

    until = float("inf")
    size = 0
    waiting: ClassVar[deque[Any]] = deque()  # messages that were read before nbval asked for them


def pytest_configure(config: pytest.Config) -> None:
    KernelManager.transport.default_value = os.environ[TRANSPORT]
    if os.environ[TRANSPORT] == "ipc":  # sockets stand beside the connection file
        at = f"{tempfile.gettempdir()}/kernel"
        KernelManager._ip_default = lambda self: at  # type: ignore[method-assign]
    _bound_sockets()
    bounded = _bounded(RunningKernel.get_message)
    RunningKernel.get_message = bounded
    compare = IPyNbCell.compare_outputs

    def compare_outputs(self: IPyNbCell, test: Any, ref: Any, *rest: Any) -> bool:
        """nbval's own, on the values that hidden cells show instead of on all that is printed."""
        rules = self.cell.metadata.get("c3d_teach", {})
        expected = rules.get("expected")
        if expected is None:
            return True
        got = shown_in(_stdout(test)) or []
        self.points = _points(got, expected, rules)
        full = self.points == rules["points"]
        return bool(compare(self, ref if full else test, ref, *rest))

    IPyNbCell.compare_outputs = compare_outputs


def _bounded(wait: Callable[..., Any]) -> Callable[..., Any]:
    """nbval's way to get a message, within the bounds of the cell."""

    def output(kernel: RunningKernel, timeout: float) -> Any:
        message = wait(kernel, "iopub", timeout=timeout)
        _Now.size += len(json.dumps(message["content"], default=str)) + 200
        if _Now.size > _MOST_OUTPUT:
            raise FloodError
        return message

    def get_message(self: RunningKernel, stream: str, timeout: float | None = None) -> Any:
        if stream == "iopub" and _Now.waiting:
            return _Now.waiting.popleft()
        until = time.monotonic() + (timeout or float("inf"))
        if stream == "shell":
            until = min(until, _Now.until)
        while True:
            step = max(0.0, min(0.2, until - time.monotonic()))
            try:
                return output(self, step) if stream == "iopub" else wait(self, stream, timeout=step)
            except Empty:
                if not self.is_alive():
                    raise DeadKernelError from None
                if time.monotonic() >= until:
                    raise
            if stream == "shell":  # nbval reads the output after the reply; a flood comes before
                with suppress(Empty):
                    while True:
                        _Now.waiting.append(output(self, 0))

    return get_message


def _bound_sockets() -> None:
    """What lies unread is in this process's memory: long messages end the connection."""
    make = zmq.Context.socket

    def socket(self: Any, *args: Any, **options: Any) -> Any:
        made = make(self, *args, **options)
        made.setsockopt(zmq.MAXMSGSIZE, _LONGEST)
        return made

    zmq.Context.socket = socket  # type: ignore[method-assign]


def _points(got: list[Any], expected: list[Any], rules: dict[str, Any]) -> float:
    if rules["shares"]:
        part = share(got[-1], expected[-1]) if got else 0.0
        return max((points for least, points in rules["shares"] if part >= least), default=0.0)
    return float(rules["points"]) if agree(got, expected) else 0.0


def _stdout(outputs: Any) -> str:
    return "".join(o.get("text", "") for o in outputs if o.get("name") == "stdout")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    _Now.until = time.monotonic() + item.config.option.nbval_cell_timeout
    _Now.size = 0
    _Now.waiting.clear()
    start, outcome, name = time.monotonic(), "ok", ""
    item.points = 0.0  # type: ignore[attr-defined]
    try:
        yield
    except FloodError:
        outcome = "flood"
        raise
    except NbCellError as error:
        outcome, name = _kind_of(item, error)
        raise
    except Exception:  # the kernel is gone, or says what is no message
        outcome = "timeout" if time.monotonic() > _Now.until else "dead"
        raise
    finally:
        _note(item, outcome, name, time.monotonic() - start)
        if outcome in FATAL:
            item.session.shouldstop = outcome


def _note(item: Any, outcome: str, error: str, seconds: float) -> None:
    line = {
        "cell": item.cell.metadata.get("c3d_teach", {}).get("cell", ""),
        "outcome": outcome,
        "error": error,
        "points": item.points,
        "shown": shown_in(_stdout(item.test_outputs or [])) if outcome == "ok" else None,
        "seconds": round(seconds, 3),
    }
    with Path(os.environ[OUTCOMES]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _kind_of(item: Any, error: NbCellError) -> tuple[str, str]:
    message = str(error)
    if "waiting for output" in message:  # the connection broke under a long message
        return "flood", ""
    if message.startswith("Timeout"):
        return "timeout", ""
    if message.startswith("Cell outputs differ"):
        return "differs", ""
    name = next((o.ename for o in reversed(item.test_outputs or []) if "ename" in o), "")
    kind = getattr(builtins, name, None)  # a name that a student made up could say anything
    known = isinstance(kind, type) and issubclass(kind, BaseException)
    return "error", name if known else "an error of its own kind"
