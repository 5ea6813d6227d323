"""Which processor does the work."""

import contextlib
import ctypes
import platform
import sys
from pathlib import Path

import torch

from c3d_teach.errors import UsageError
from c3d_teach.processes import place


def pick_device(name: str = "auto") -> torch.device:
    """The device called ``name``; ``"auto"`` is CUDA where there is one, else the CPU.

    Of several processes on one machine, each gets a GPU of its own as long as there are enough.

    Raises:
        UsageError: for a device that does not exist here.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and (here := place()).world > 1 and torch.cuda.is_available():
        own = here.local % torch.cuda.device_count()
        torch.cuda.set_device(own)  # what names no GPU goes there too, not all to the first
        name = f"cuda:{own}"
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        known = ["cpu"]
        known += [f"cuda:{i}" for i in range(torch.cuda.device_count())]
        known += ["mps"] * torch.backends.mps.is_available()
        raise UsageError(
            f"There is no device {name!r} here; there is {', '.join(known)}."
        ) from error
    return device


def processor_name() -> str:
    """What the processor calls itself."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def native_bfloat16() -> bool | None:
    """Whether this CPU has instructions for bfloat16; None where torch cannot tell."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return None
    names = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")  # not in every version
    answers = [getattr(torch.cpu, name)() for name in names if hasattr(torch.cpu, name)]
    return any(answers) if answers else None


def matrix_tiles() -> bool:
    """Whether this CPU multiplies bfloat16 matrices by tiles (AMX), several times as fast."""
    tell = getattr(torch.cpu, "_is_amx_tile_supported", None)  # not in every version
    return tell is not None and bool(tell())


def keep_freed_memory() -> None:
    """Tell the C library to keep freed memory for the next tensor instead of returning it.

    On Linux every large tensor is otherwise mapped anew and its pages are zeroed at first
    touch, a third of the time of a training step on two cores. Does nothing elsewhere.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):  # musl has no mallopt
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, 1 << 30)
        libc.mallopt(_M_TRIM_THRESHOLD, (1 << 31) - 1)


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
