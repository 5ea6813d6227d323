"""Run a stranger's notebook: nbval in a process of its own, its kernel in a sandbox, watched."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from c3d_teach.classroom.grading.outcome import FATAL, OUTCOMES, TRANSPORT, Outcome
from c3d_teach.errors import KitError

if TYPE_CHECKING:
    from nbformat import NotebookNode

KERNEL_NAME = "c3d-teach-grading"
_PLUGIN = "c3d_teach.classroom.grading.cell_plugin"
# pytest, but for a grammar of web addresses that jsonschema would build: two seconds for nothing
_PYTEST = """import sys
sys.modules["rfc3987_syntax"] = None
import pytest
sys.exit(pytest.main())
"""
_PROCESSES = 64  # in one sandbox; a kernel and what it starts has fewer than ten
_FILES, _ENTRIES = 16 << 20, 32  # bytes and files beside the kernel's sockets
_NBVAL = 1 << 30  # bytes that nbval may hold of what a kernel sends
_STEP = 0.1  # seconds between two looks
_START = 60.0  # seconds for a kernel to start


def run_notebook(
    make: Callable[[frozenset[str]], "NotebookNode"],
    command: Callable[[Path], Sequence[str]],
    *,
    seconds: float,
    memory: int,
    isolated: bool = True,
    with_it: Callable[[str], Sequence[str]] = lambda cell: (),
    tries: int = 4,
) -> tuple[Outcome, ...]:
    """Run it; if a cell takes the kernel with it, run it again without that cell.

    Args:
        make: the notebook without the cells that were ended.
        with_it: the cells that are not tried when one was ended: ``untried``.
        command: of the kernel, for a folder that is to hold its sockets.
        seconds: for a cell; memory: in MB.
        tries: runs at most; what was not reached by then is ``dead``.

    Raises:
        KitError: if not even the kernel starts.
    """
    ended: dict[str, Outcome] = {}
    names, known = list[str](), dict[str, Outcome]()
    for _ in range(tries):
        notebook = make(frozenset(ended))
        names = [cell.metadata["c3d_teach"]["cell"] for cell in notebook.cells]
        found = _run_once(notebook, command, seconds=seconds, memory=memory, isolated=isolated)
        # what was seen in an earlier run is not undone by a later one, which knows fewer answers
        known = {one.cell: one for one in found} | known
        if not found or found[-1].outcome in ("ok", "differs", "error"):
            break
        last = found[-1]
        behind = [name for name in with_it(last.cell) if name not in known]
        ended = {name: Outcome(name, "untried") for name in behind} | ended | {last.cell: last}
    known |= ended
    return tuple(known.get(name, Outcome(name, "dead")) for name in names)


def _run_once(
    notebook: "NotebookNode",
    command: Callable[[Path], Sequence[str]],
    *,
    seconds: float,
    memory: int,
    isolated: bool,
) -> list[Outcome]:
    import nbformat

    # sockets have names of at most 107 letters: the folder's is short
    with tempfile.TemporaryDirectory(prefix="c3d-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        sockets, kernel = folder / "s", folder / "data" / "kernels" / KERNEL_NAME
        sockets.mkdir()
        kernel.mkdir(parents=True)
        spec = {"argv": list(command(sockets)), "display_name": KERNEL_NAME, "language": "python"}
        (kernel / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
        nbformat.write(notebook, folder / "run.ipynb")
        environment = os.environ | {
            OUTCOMES: str(folder / "outcomes"),
            TRANSPORT: "ipc" if isolated else "tcp",
            "JUPYTER_PATH": str(folder / "data"),
            "TMPDIR": str(sockets),  # where Jupyter writes what the kernel connects to
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_ADDOPTS": "",
        }
        options = ["-q", "--nbval", f"--nbval-kernel-name={KERNEL_NAME}", "--tb=no"]
        options += ["-p", "nbval.plugin", "-p", _PLUGIN, "-p", "no:cacheprovider", "--color=no"]
        options += [f"--nbval-cell-timeout={seconds}", f"--rootdir={folder}", "-c", os.devnull]
        process = subprocess.Popen(
            [sys.executable, "-c", _PYTEST, *options, "run.ipynb"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        _limit(process.pid, memory << 20)
        said: list[bytes] = []
        reader = threading.Thread(target=lambda: said.append(process.stdout.read()))  # type: ignore[union-attr]
        reader.start()
        cells = len(notebook.cells)
        watched = sockets if isolated else None  # else it is everybody's folder for such files
        reason = _watch(process, watched, memory << 20, _START + cells * (seconds + 15))
        _end(_orphans(sockets))
        reader.join()
        lines = _lines(folder / "outcomes")
    if not lines and not reason:
        tail = b"".join(said).decode(errors="replace").strip().splitlines()[-1:]
        raise KitError(f"The kernel for grading did not start: {' '.join(tail)}")
    outcomes = [
        Outcome(one["cell"], one["outcome"], one["error"], one["points"], tuple(one["shown"] or ()))
        for one in lines
    ]
    if reason:  # it was in the cell that was noted last, or that could not be noted any more
        names = [cell.metadata["c3d_teach"]["cell"] for cell in notebook.cells]
        if outcomes and outcomes[-1].outcome in FATAL:
            outcomes[-1] = Outcome(outcomes[-1].cell, reason)
        elif len(outcomes) < len(names):
            outcomes.append(Outcome(names[len(outcomes)], reason))
    return outcomes


def _limit(pid: int, memory: int) -> None:
    """What the system itself bounds, for nbval and for the kernel that it starts."""
    if sys.platform == "linux":
        import resource

        resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (_FILES, _FILES))
        space = 3 * memory + (4 << 30)  # torch asks for far more than it touches
        resource.prlimit(pid, resource.RLIMIT_AS, (space, space))


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _watch(
    process: "subprocess.Popen[bytes]", sockets: Path | None, memory: int, seconds: float
) -> str:
    """Wait for the end; end it, and say why, when it uses too much."""
    import psutil

    until, reason = time.monotonic() + seconds, ""
    outer = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            inside = outer.children(recursive=True)
            if not reason:
                reason = _too_much(inside, sockets, memory)
                if reason:
                    _end(inside)
            if outer.memory_info().rss > _NBVAL or time.monotonic() > until:
                reason = reason or ("timeout" if time.monotonic() > until else "flood")
                _end([*inside, outer])
        except psutil.Error:
            pass  # it ended while it was looked at
        time.sleep(_STEP)
    return reason


def _too_much(inside: list[Any], sockets: Path | None, memory: int) -> str:
    import psutil

    if len(inside) > _PROCESSES:
        return "processes"
    total = 0
    for one in inside:
        try:
            total += one.memory_info().rss
        except psutil.Error:
            continue
    if total > memory:
        return "memory"
    return "files" if sockets and _overfull(sockets) else ""


def _overfull(sockets: Path) -> bool:
    """Whether there is more in the folder of the kernel's sockets than the kernel puts there."""
    try:
        entries = list(os.scandir(sockets))
        sizes = [one.stat(follow_symlinks=False).st_size for one in entries]
        folders = any(one.is_dir(follow_symlinks=False) for one in entries)
    except OSError:  # it changes while it is looked at
        return False
    return folders or len(entries) > _ENTRIES or sum(sizes) > _FILES


def _end(processes: Sequence[Any]) -> None:
    """Kill them, the first one first: with bubblewrap's own goes all that is in the sandbox."""
    import psutil

    for one in processes:
        try:
            one.kill()
        except psutil.Error:
            continue


def _orphans(sockets: Path) -> list[Any]:
    """Kernels that outlived nbval; each names the folder of its sockets."""
    import psutil

    return [
        one
        for one in psutil.process_iter(["cmdline"])
        if any(str(sockets) in part for part in one.info["cmdline"] or ())
    ]
