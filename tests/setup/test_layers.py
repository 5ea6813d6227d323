"""Imports go down the floors of the library, never up, and importing it costs nothing."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "c3d_teach"
# each floor may import itself and all below it
FLOORS = (
    {"errors", "files", "device", "findings", "processes", "rendezvous"},
    {"data"},
    {"models"},
    {"training"},
    {"analysis"},
    {"experiments"},
    {"bench"},
    {"classroom"},
    {"doctor"},
    {"cli"},
    {"__main__"},
)
FLOOR = {name: height for height, names in enumerate(FLOORS) for name in names}
FILES = sorted(PACKAGE.rglob("*.py"))


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> frozenset[str]:
    return frozenset(map(module_of, FILES))


def imports(path: Path, *, when_loaded: bool = False) -> Iterator[str]:
    """Full names of the modules that ``path`` imports; ``when_loaded``: not in functions."""
    package = module_of(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]

    def walk(node: ast.AST) -> Iterator[str]:
        for child in ast.iter_child_nodes(node):
            if when_loaded and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue  # never runs
            if isinstance(child, ast.Import):
                yield from (alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                up = package[: len(package) - child.level + 1] if child.level else []
                base = ".".join([*up, *filter(None, [child.module])])
                for alias in child.names:
                    full = f"{base}.{alias.name}"
                    yield full if full in modules() else base
            yield from walk(child)

    return walk(ast.parse(path.read_text(encoding="utf-8")))


def own(names: Iterator[str]) -> set[str]:
    return {name for name in names if name.split(".")[0] == "c3d_teach"}


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_imports_only_go_down(path: Path) -> None:
    _, *inside = module_of(path).split(".")
    room = inside[0] if inside else "__init__"
    imported = own(imports(path))
    if room == "__init__":
        assert not imported, "names are loaded on first use"
        return
    if room == "viz":
        if "widgets" not in inside:
            outside = {name for name in imported if not name.startswith("c3d_teach.viz")}
            assert outside <= {"c3d_teach.errors"}, "viz takes arrays; only widgets know more"
        return
    for name in imported:
        _, *parts = name.split(".")
        if not parts:  # `import c3d_teach` for its version or public names
            assert FLOOR[room] >= FLOOR["classroom"], "import from the module that holds the name"
        elif parts[0] == "viz":
            assert FLOOR[room] >= FLOOR["experiments"], "figures belong above the arithmetic"
        else:
            assert FLOOR[parts[0]] <= FLOOR[room], f"{room} imports {name}, which is above it"


def test_library_does_not_know_app_notebooks_or_tests() -> None:
    above = {"app", "notebooks", "tests", "benchmarks", "streamlit", "nbval", "pytest"}
    plugin = "c3d_teach.classroom.grading.cell_plugin"  # is loaded by nbval's own process alone
    for path in FILES:
        names = set(imports(path, when_loaded=True))
        tops = {name.split(".")[0] for name in names}
        if module_of(path) == plugin:
            tops -= {"nbval", "pytest"}
        assert not tops & above, f"{module_of(path)} imports {tops & above}"
        assert not [name for name in names if name.startswith(plugin)], module_of(path)


def test_no_module_needs_itself() -> None:
    graph = {module_of(path): own(imports(path, when_loaded=True)) for path in FILES}
    TopologicalSorter(graph).prepare()  # raises with the circle, if there is one


@pytest.mark.parametrize(
    "statement",
    [
        "import c3d_teach",
        "import c3d_teach.cli",
        "from c3d_teach.cli import app; app(['--help'], standalone_mode=False)",
        "from c3d_teach.cli import app; app(['train', '--help'], standalone_mode=False)",
    ],
)
def test_import_and_help_do_not_load_torch(statement: str) -> None:
    heavy = "{'torch', 'numpy', 'matplotlib', 'plotly', 'sklearn', 'skimage', 'decord'}"
    code = f"import sys; {statement}; sys.exit(str({heavy} & set(sys.modules) or ''))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr.strip() == "", done.stderr
