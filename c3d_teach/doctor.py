"""What is installed here, which device will be used, and what is wrong.

Every check tries the real thing: a video is written and read, a 3D convolution runs, each
shipped net is loaded. A check that breaks is itself a finding and keeps no other from
being made, for the doctor is asked when things are broken.
"""

import os
import platform
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from c3d_teach.findings import Finding, Report

_ROOM = 4  # GB of memory that the lessons are comfortable with
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")


def examine() -> Report:
    """Look at everything the kit needs; takes some seconds, changes nothing."""
    found: list[Finding] = []
    for about, check, advice in CHECKS:
        try:
            found += check()
        except Exception as error:  # whatever a broken package raises is what we came to hear
            text = (str(error).strip().splitlines() or ["no message"])[0]
            fact = f"This check broke with {type(error).__name__}: {text}"
            if isinstance(error, ModuleNotFoundError):  # then nothing that is there is at fault
                advice = f"Install {error.name} first; see packages above."
            found.append(Finding(about, "problem", fact, advice))
    return Report(tuple(found))


def check_python() -> list[Finding]:
    version = f"{platform.python_version()} ({platform.python_implementation()})"
    return [Finding("Python", "fine", f"{version}, {sys.executable}")]


def check_machine() -> list[Finding]:
    usable = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))
    cores, memory = len(usable(0)), _memory()
    fact = f"{platform.system()} {platform.release()}, {platform.machine()}, {cores} cores"
    if memory is None:
        return [Finding("machine", "fine", fact)]
    fact += f", {memory:.0f} GB of memory"
    if memory < _ROOM:
        advice = f"Below {_ROOM} GB, close other programs before a lesson that trains a net."
        return [Finding("machine", "note", fact, advice)]
    return [Finding("machine", "fine", fact)]


def check_packages() -> list[Finding]:
    from packaging.requirements import Requirement

    try:
        needs = [Requirement(line) for line in metadata.requires("c3d_teach") or ()]
    except metadata.PackageNotFoundError:
        advice = f"In the project's folder run: {_pip('--no-deps -e .')}"
        return [Finding("packages", "problem", "c3d_teach itself is not installed here.", advice)]
    here = [need for need in needs if not need.marker or need.marker.evaluate({"extra": ""})]
    for_tests = [need for need in needs if need not in here and _of_extra(need, "dev")]
    right, found = [], []
    for need in here:
        if wrong := _wrong_version(need):
            advice = f"Run: {_pip(shlex.quote(f'{need.name}{need.specifier}'))}"
            found.append(Finding("packages", "problem", wrong, advice))
        else:
            right.append(f"{need.name} {metadata.version(need.name)}")
    if right:
        fact = f"Within their ranges: {', '.join(right)}."
        found.insert(0, Finding("packages", "fine", fact))
    if missing := [wrong for need in for_tests if (wrong := _wrong_version(need))]:
        wanted = " ".join(shlex.quote(f"{need.name}{need.specifier}") for need in for_tests)
        advice = f"Only work on the kit itself and its tests want them. Run: {_pip(wanted)}"
        found.append(Finding("packages", "note", " ".join(missing), advice))
    return found


def check_torch() -> list[Finding]:
    import torch
    from torch.nn import functional as F

    from c3d_teach.device import native_bfloat16, pick_device

    device, cuda = pick_device(), torch.version.cuda
    build = f"built for CUDA {cuda}" if cuda else "CPU build"
    build = f"built for ROCm {torch.version.hip}" if torch.version.hip else build
    found = [Finding("torch", "fine", f"{torch.__version__}, {build}; nets run on {device}.")]
    if device.type == "cuda":
        gpu = torch.cuda.get_device_properties(device)
        fact = f"{gpu.name} with {gpu.total_memory / 2**30:.0f} GB, one of "
        fact += f"{torch.cuda.device_count()}; cuDNN {torch.backends.cudnn.version()}."
        found.append(Finding("GPU", "fine", fact))
    elif cuda and shutil.which("nvidia-smi"):
        advice = "Look at nvidia-smi: the driver is often older than this build of torch wants."
        found.append(Finding("GPU", "note", "torch cannot use the NVIDIA GPU here.", advice))
    elif torch.backends.mps.is_available():
        found.append(Finding("GPU", "fine", "Apple's GPU is there; --device mps uses it."))
    native = native_bfloat16()
    if device.type == "cpu" and native is not None:
        fact = f"The CPU computes in bfloat16 {'itself' if native else 'by emulation: slowly'}."
        found.append(Finding("bfloat16", "fine", fact))
    ones = torch.ones(1, 1, 4, 8, 8, device=device)
    if F.conv3d(ones, ones[..., :3, :3, :3])[0, 0, 0, 0, 0].item() != 27:
        advice = "Install torch again; on a GPU, look for a newer driver as well."
        found.append(Finding("torch", "problem", "A 3D convolution of ones is wrong.", advice))
    vision = metadata.version("torchvision") if _installed("torchvision") else None
    cudnn = torch.backends.cudnn.version() if device.type == "cuda" else None
    return found + traps(torch.__version__, cudnn, vision)


def traps(torch_version: str, cudnn: int | None, torchvision: str | None) -> list[Finding]:
    """Versions that work, but not well with 3D convolutions.

    Args:
        torch_version: as torch says it, with its local part.
        cudnn: as ``torch.backends.cudnn.version()`` says it; None without a GPU.
        torchvision: the installed version, or None.
    """
    from packaging.version import Version

    version, found = Version(torch_version), []
    # 2.9 goes around cuDNN for half precision; 2.9.1 does so only where cuDNN is below 9.15
    if cudnn and version.release[:2] == (2, 9) and (cudnn < 91500 or version < Version("2.9.1")):
        fact = "torch 2.9 computes Conv3d in bfloat16 10 to 20 times slower than 2.8 and 2.10."
        found.append(Finding("torch", "note", fact, "Install torch 2.10 or newer, or use float32."))
    if cudnn and version < Version("2.9") and 90800 <= cudnn < 91100:
        fact = f"cuDNN {cudnn // 10000}.{cudnn // 100 % 100} with this torch gives wrong results "
        fact += "for large Conv3d inputs in bfloat16 on some GPUs."
        found.append(Finding("cuDNN", "note", fact, "Install torch 2.10 or newer, or use float32."))
    if torchvision and version.local == "cpu" and Version(torchvision).local != "cpu":
        fact = f"torchvision {torchvision} does not import beside the CPU build of torch."
        advice = f"The kit does not use it. Run: {_pip('torchvision', 'uninstall')}"
        found.append(Finding("torchvision", "note", fact, advice))
    return found


def check_video() -> list[Finding]:
    import torch

    from c3d_teach.data.export import write_video
    from c3d_teach.data.video import read_clips

    clip = torch.zeros(16, 32, 32, 1, dtype=torch.uint8)
    for t in range(16):  # a bright square goes right
        clip[t, 8:24, t : t + 16] = 200
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "square.mp4"
        write_video(path, clip)
        size = path.stat().st_size
        read = list(read_clips(path, size=(32, 32), isolated=True))
    apart = (read[0].float() - clip).abs().mean() if len(read) == 1 else torch.tensor(255.0)
    if apart > 10:  # compression leaves 1 or 2
        fact = f"What was read differs from what was written by {apart:.0f} of 255."
        return [Finding("video", "problem", fact, _AGAIN_VIDEO)]
    return [Finding("video", "fine", f"PyAV wrote and decord read 16 frames ({size} bytes).")]


def check_data() -> list[Finding]:
    from c3d_teach.data.motion import split_digits
    from c3d_teach.data.photos import PHOTOS, pyramid
    from c3d_teach.errors import KitError

    found = []
    for photo in PHOTOS:
        try:
            pyramid(photo)
        except KitError as error:
            found.append(Finding("photographs", "problem", f"No {photo}.", str(error)))
    if not found:
        found = [Finding("photographs", "fine", f"All {len(PHOTOS)} are installed.")]
    digits = sum(len(split_digits(split)[1]) for split in ("train", "val", "test"))
    return [*found, Finding("digits", "fine", f"All {digits} pictures are installed.")]


def check_nets() -> list[Finding]:
    from c3d_teach.errors import KitError
    from c3d_teach.experiments.shipped_nets import SETTINGS
    from c3d_teach.models.weights import load, shipped

    right, wrong = [], []
    for name in SETTINGS:
        try:
            if name in shipped():
                load(name)
                right.append(name)
            else:
                wrong.append(f"{name} is missing.")
        except KitError as error:
            wrong.append(str(error))
    found = [Finding("nets", "fine", f"These load: {', '.join(right)}.")] if right else []
    if wrong:
        found.append(Finding("nets", "problem", " ".join(wrong), _AGAIN_NETS))
    return found


def check_browser() -> list[Finding]:
    named = os.environ.get("CHROMIUM")
    path = named or next(filter(None, map(shutil.which, _CHROMIUMS)), None)
    if path:
        return [Finding("chromium", "fine", path)]
    advice = "Only the browser tests want it. Install it, or name a Chrome in CHROMIUM."
    return [Finding("chromium", "note", "There is no chromium.", advice)]


def _pip(what: str, verb: str = "install") -> str:
    """A pip command for this very Python, held to the kit's exact versions where they are."""
    lock = Path(__file__).parents[1] / "requirements.lock"
    held = ["-c", str(lock)] if verb == "install" and lock.is_file() else []
    return f"{shlex.join([sys.executable, '-m', 'pip', verb, *held])} {what}"


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _wrong_version(need: Any) -> str:
    if not _installed(need.name):
        return f"{need.name} is missing."
    version = metadata.version(need.name)
    # a pre-release that someone installed on purpose is within a range
    if need.specifier.contains(version, prereleases=True):
        return ""
    return f"{need.name} is {version} and has to be {need.specifier}."


def _of_extra(need: Any, extra: str) -> bool:
    return bool(need.marker and need.marker.evaluate({"extra": extra}))


def _memory() -> float | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        return None


_AGAIN_TORCH = f"Run: {_pip('--force-reinstall --no-deps torch')}"
_DECORD = "eva-decord" if sys.platform == "darwin" else "decord"
_AGAIN_VIDEO = f"Run: {_pip(f'--force-reinstall --no-deps av {_DECORD}')}"
_AGAIN_DATA = f"Run: {_pip('--force-reinstall --no-deps scikit-image scikit-learn')}"
_AGAIN_NETS = "Copy or check out the project again: c3d_teach/assets is not whole."
_REPORT = f"Run: {_pip('--force-reinstall --no-deps packaging')}"

# name, check, and what to do when the check itself breaks
CHECKS: tuple[tuple[str, Callable[[], list[Finding]], str], ...] = (
    ("Python", check_python, ""),
    ("machine", check_machine, ""),
    ("packages", check_packages, _REPORT),
    ("torch", check_torch, _AGAIN_TORCH),
    ("video", check_video, _AGAIN_VIDEO),
    ("data", check_data, _AGAIN_DATA),
    ("nets", check_nets, _AGAIN_NETS),
    ("chromium", check_browser, ""),
)
