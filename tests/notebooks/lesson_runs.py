"""Lessons run again by strict nbval, without a network, as many at a time as there are cores."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
LESSONS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
NO_NETWORK = Path(__file__).parent / "no_network"
# one thread each: two lessons at a time are done sooner than one with two threads
ALONE = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
# the processor of an older laptop: sums come in another order
OLDER = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "DNNL_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}
LIMIT = 580  # seconds a lesson

Done = subprocess.CompletedProcess[str]


def offline(more: Mapping[str, str] = {}) -> dict[str, str]:
    """The environment of a process that can reach no other machine, nor can its children."""
    path = os.pathsep.join(filter(None, [str(NO_NETWORK), os.environ.get("PYTHONPATH")]))
    return {**os.environ, **ALONE, **more, "PYTHONPATH": path}


def nbval(*paths: Path, folder: Path, more: Mapping[str, str] = {}, a_cell: int = 120) -> Done:
    """Strict nbval, in a process and with a cache of its own."""
    options = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout", str(a_cell)]
    options += ["--nbval-sanitize-with", str(NOTEBOOKS / "sanitize.cfg")]
    options += ["-q", "-p", "no:cacheprovider", "--rootdir", str(folder), "-c", "/dev/null"]
    command = [sys.executable, "-m", "pytest", *options, *map(str, paths)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=LIMIT, cwd=folder, env=offline(more)
    )


def in_parallel(
    paths: Iterable[Path], folder: Path, **how: Any
) -> tuple[ThreadPoolExecutor, dict[str, "Future[Done]"]]:
    """Start all of them, in this order; a future for each lesson's name."""
    pool = ThreadPoolExecutor(max_workers=os.cpu_count() or 1)
    return pool, {path.stem: pool.submit(nbval, path, folder=folder, **how) for path in paths}
