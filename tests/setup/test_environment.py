"""pyproject.toml, requirements.lock, environment.yml and what is installed say the same."""

import re
import sys
import tomllib
from importlib import metadata
from itertools import product
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LINES = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
PINS = [Requirement(line) for line in LINES if not line.startswith("#")]
LOCKED = ("dev", "openvino", "onnx")  # extras that the lock has too
NEEDED = [
    Requirement(line)
    for lines in (PROJECT["dependencies"], *map(PROJECT["optional-dependencies"].get, LOCKED))
    for line in lines
]

SYSTEMS = {
    "linux": {
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "os_name": "posix",
    },
    "mac": {
        "sys_platform": "darwin",
        "platform_system": "Darwin",
        "platform_machine": "arm64",
        "os_name": "posix",
    },
    "windows": {
        "sys_platform": "win32",
        "platform_system": "Windows",
        "platform_machine": "AMD64",
        "os_name": "nt",
    },
}
PYTHONS = {"3.11": "3.11.9", "3.12": "3.12.7", "3.13": "3.13.1"}


def pins_for(system: str, python: str) -> dict[str, str]:
    """name -> version of what the lock installs there; fails when a name comes twice."""
    where = SYSTEMS[system] | {
        "python_version": python,
        "python_full_version": PYTHONS[python],
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }
    chosen = [pin for pin in PINS if not pin.marker or pin.marker.evaluate(where)]
    names = [canonicalize_name(pin.name) for pin in chosen]
    assert len(names) == len(set(names)), "two pins of one package apply at once"
    return {
        name: next(iter(pin.specifier)).version for name, pin in zip(names, chosen, strict=True)
    }


def test_lock_holds_exact_versions_and_nothing_else() -> None:
    for line in LINES:
        assert line.startswith("#") or re.fullmatch(
            r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.!]*( ; .+)?", line
        ), f"not an exact pin: {line}"
        assert "://" not in line and "@" not in line and "--" not in line, line


@pytest.mark.parametrize(("system", "python"), list(product(SYSTEMS, PYTHONS)))
def test_lock_has_every_dependency_within_its_range(system: str, python: str) -> None:
    pins = pins_for(system, python)
    for need in NEEDED:
        if need.marker and not need.marker.evaluate(SYSTEMS[system] | {"extra": ""}):
            assert canonicalize_name(need.name) not in pins
            continue
        version = pins[canonicalize_name(need.name)]
        assert need.specifier.contains(version), f"{need}, and the lock has {version}"


def test_lock_leaves_the_build_of_torch_open() -> None:
    versions = {pin.name: str(pin.specifier) for pin in PINS}
    assert versions["torch"] == "==2.13.0"
    assert not [name for name in versions if name.startswith(("nvidia", "cuda", "triton"))]


def test_a_mac_gets_the_decoder_that_is_built_for_it() -> None:
    assert "eva-decord" in pins_for("mac", "3.11") and "decord" not in pins_for("mac", "3.11")
    for system in ("linux", "windows"):
        assert "decord" in pins_for(system, "3.11")
        assert "eva-decord" not in pins_for(system, "3.11")


def test_conda_installs_the_lock_on_the_python_that_it_was_made_for() -> None:
    conda = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *packages, last = conda["dependencies"]
    assert "pip" in packages
    assert last == {"pip": ["-r requirements.lock", "-e ."]}
    python = next(p for p in packages if p.startswith("python=")).partition("=")[2]
    assert python in SpecifierSet(PROJECT["requires-python"])
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"--python-version {python}" in makefile
    assert f"python{python} python3" in makefile


def test_installed_closure_is_in_the_lock() -> None:
    """Nothing that the kit pulls in here is missing from the lock, CUDA excepted."""
    todo, seen = [Requirement(f"c3d_teach[dev] @ {ROOT.as_uri()}")], set()
    pinned = {canonicalize_name(pin.name) for pin in PINS} | {"c3d-teach"}
    while todo:
        need = todo.pop()
        name = canonicalize_name(need.name)
        if name in seen or name.startswith(("nvidia", "cuda", "triton")):
            continue
        seen.add(name)
        assert name in pinned, f"{name} is not in requirements.lock; run make lock"
        for line in metadata.requires(name) or ():
            child = Requirement(line)
            extras = need.extras or {""}
            if not child.marker or any(child.marker.evaluate({"extra": e}) for e in extras):
                todo.append(child)


def test_installed_versions_are_those_of_the_lock() -> None:
    if not (Path(sys.prefix) / ".ready").exists():
        pytest.skip("this environment was not made by make from requirements.lock")
    wrong = []
    for pin in PINS:
        if pin.marker and not pin.marker.evaluate():
            continue
        try:
            version = metadata.version(pin.name)
        except metadata.PackageNotFoundError:
            version = "nothing"
        if version.partition("+")[0] not in {s.version for s in pin.specifier}:
            wrong.append(f"{pin.name}: installed {version}, locked {pin.specifier}")
    assert not wrong, f"{wrong}; make brings .venv up to the lock after rm .venv/.ready"


def test_version_is_the_same_everywhere() -> None:
    import c3d_teach

    assert c3d_teach.__version__ == PROJECT["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[?(\d+\.\d+\.\d+)", changelog, re.MULTILINE)
    assert newest and newest[1] == PROJECT["version"]
