"""A place where a student's code can run: it sees a Python, the packages of the task, no more.

Linux's namespaces do the work, through bubblewrap, which also holds up Flatpak: no network, no
process but its own, no file but those named here, all of them read-only but for a small folder in
memory that ends with it. Where that is not to be had, :func:`isolation` says why.
"""

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

KERNEL = "ipykernel"
SITE = "/packages"  # where the allowed packages stand in the sandbox
GIVEN = "/given"  # files for the hidden tests
HOME = "/tmp"
_SCRATCH = 256 << 20  # bytes that fit in there
_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "fonts", "alternatives")
_TREES = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")


@dataclass(frozen=True)
class Room:
    """What one kernel may see and use.

    Attributes:
        packages: names of distributions, each with all that it needs.
        given: a folder shown as :data:`GIVEN`; writable only for the master.
        connection: a folder for the kernel's sockets; beside it a file is written.
        hidden: folders of ``c3d_teach`` that are empty in there.
    """

    packages: tuple[str, ...]
    given: Path
    connection: Path
    hidden: tuple[str, ...]
    writable: bool = False


@cache
def isolation() -> str:
    """Why there is none here, as a sentence; empty where there is."""
    if sys.platform != "linux":
        return f"Isolation needs Linux's namespaces, and this system is {sys.platform}."
    if not shutil.which("bwrap"):
        return (
            "Isolation needs bubblewrap, and the command bwrap is not here: install it "
            "(apt install bubblewrap, dnf install bubblewrap)."
        )
    probe = subprocess.run(
        [*_walls(), *_folders_of_python(), "--", str(_python()), "-S", "-c", "pass"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    if probe.returncode == 0:
        return ""
    said = (probe.stderr.strip().splitlines() or ["it said nothing"])[-1]
    return f"Bubblewrap cannot isolate on this machine: {said}."


def kernel_command(room: Room) -> list[str]:
    """The command that starts a Jupyter kernel in there; ``{connection_file}`` is put in later."""
    binds = [*_walls(), *_folders_of_python()]
    for source, name in _packages(room.packages):
        binds += ["--ro-bind", str(source), f"{SITE}/{name}"]
        if name == "c3d_teach":
            for folder in room.hidden:
                binds += ["--tmpfs", f"{SITE}/{name}/{folder}"]
    given = "--bind" if room.writable else "--ro-bind"
    binds += [given, str(room.given), GIVEN]
    binds += ["--bind", str(room.connection), str(room.connection)]
    binds += ["--remount-ro", "/"]
    # in a file, for what stands on a command line can be read in there, and names folders of ours
    arguments = room.connection.with_name("arguments")
    arguments.write_text("\0".join(binds[1:]) + "\0", encoding="utf-8")
    start = ["/bin/sh", "-c", 'exec bwrap --args 9 -- "$@" 9< "$0"', str(arguments)]
    python = [str(_python()), "-s", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    return [*start, *python]


def plain_kernel_command() -> list[str]:
    """The same without any isolation, for ``--unsafe``."""
    return [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]


def _walls() -> list[str]:
    """Namespaces, an empty environment, and the folders that every process needs."""
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
    command += ["--cap-drop", "ALL"]  # root would keep its own, and could mount what it likes
    if "--disable-userns" in _help():
        command += ["--unshare-user", "--disable-userns"]
    for name, value in {
        "PATH": "/usr/bin:/bin",
        "HOME": HOME,
        "USER": "student",
        "LANG": "C.UTF-8",
        "PYTHONPATH": SITE,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONSAFEPATH": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }.items():
        command += ["--setenv", name, value]
    for tree in _TREES:
        if Path(tree).is_symlink():
            command += ["--symlink", str(Path(tree).readlink()), tree]
        elif Path(tree).is_dir():
            command += ["--ro-bind", tree, tree]
    for name in _ETC:
        command += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    command += ["--proc", "/proc", "--dev", "/dev"]
    for folder in ("/dev/shm", HOME):
        command += ["--size", str(_SCRATCH), "--tmpfs", folder]
    return [*command, "--remount-ro", "/dev", "--chdir", HOME]


@cache
def _help() -> str:
    """What this bubblewrap can do; older ones can less."""
    return subprocess.run(["bwrap", "--help"], capture_output=True, text=True).stdout


def _folders_of_python() -> list[str]:
    """This Python without any package that was installed into it."""
    base = Path(sys.base_prefix).resolve()
    binds: list[str] = []
    if not base.is_relative_to("/usr"):
        binds += ["--ro-bind", str(base), str(base)]
    version = f"python{sysconfig.get_python_version()}"
    for root in {base, Path("/usr"), Path("/usr/local")}:
        for name in ("python3", version):
            for folder in ("site-packages", "dist-packages"):
                binds += _emptied(root / "lib" / name / folder)
    for name in ("pkgs", "envs", "conda-meta"):  # of a conda that this Python may belong to
        binds += _emptied(base / name)
    return binds


def _emptied(folder: Path) -> list[str]:
    return ["--tmpfs", str(folder)] if folder.is_dir() and not folder.is_symlink() else []


def _python() -> Path:
    """The interpreter that this environment was made from."""
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


def _packages(names: Iterable[str]) -> list[tuple[Path, str]]:
    """Files and folders of the distributions and of all that they need, with their names."""
    found: dict[str, Path] = {}
    for one in _closure((KERNEL, *names)):
        if canonicalize_name(one.metadata["Name"]) == "c3d-teach":
            import c3d_teach

            found["c3d_teach"] = Path(c3d_teach.__file__).parent
            continue
        for file in one.files or ():
            top = file.parts[0]
            if top not in found and top not in ("..", "__pycache__", "bin"):
                found[top] = Path(str(one.locate_file(top)))
    return sorted((path, name) for name, path in found.items() if path.exists())


def _closure(names: Iterable[str]) -> Iterator[Distribution]:
    waiting, seen = [canonicalize_name(name) for name in names], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            one = distribution(name)
        except PackageNotFoundError:
            continue  # for another system, or not needed here
        yield one
        if name == "c3d-teach":
            waiting += map(canonicalize_name, _FOR_LIBRARY)
            continue
        for line in one.requires or ():
            need = Requirement(line)
            if need.marker is None or need.marker.evaluate({"extra": ""}):
                waiting.append(canonicalize_name(need.name))


# what the library needs for clips, nets and figures: not Jupyter, Streamlit and the tests
_FOR_LIBRARY = (
    "torch",
    "numpy",
    "safetensors",
    "captum",
    "scikit-learn",
    "scikit-image",
    "pillow",
    "matplotlib",
    "plotly",
    "ipywidgets",
    "tqdm",
    "packaging",
)
