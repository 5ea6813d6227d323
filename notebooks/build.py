"""Build the notebooks from their sources: text in, executed notebooks out.

    python notebooks/build.py [--check] [name ...]

``notebooks/source/NN_topic.py`` (jupytext percent format) becomes ``notebooks/NN_topic.ipynb``:
converted, given cell ids that depend on the text alone, executed, stripped of what differs from
run to run, written. With ``--check`` nothing is executed: exit code 1 if a notebook's cells are
not those of its source.

A cell tagged ``solution`` holds the answer to an exercise between ``### BEGIN SOLUTION`` and
``### END SOLUTION``. The notebook gets a stub in its place and the tag ``exercise``.
"""

import argparse
import hashlib
import os
import re
import sys
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "source"
STUB = ("# YOUR CODE HERE", 'raise NotImplementedError("write your lines here")')
_ANSWER = re.compile(r"^([ \t]*)### BEGIN SOLUTION\n.*?^[ \t]*### END SOLUTION$", re.M | re.S)
_WIDGET = "application/vnd.jupyter.widget-view+json"
# what a machine would leave in an output: homes, temporary folders, addresses in memory
_MACHINE = re.compile(
    r"(/home/|/root/|/Users/|/tmp/|/work/|[A-Z]:\\\\|site-packages|0x[0-9a-f]{8})"
)
_SECONDS_A_CELL = 120


class BuildError(Exception):
    """A notebook cannot be built; the message says which cell and why."""


def read_source(path: Path, *, solutions: bool = False) -> NotebookNode:
    """The notebook of a source, not executed; with stubs unless ``solutions``.

    Raises:
        BuildError: for a solution cell without its two marks.
    """
    notebook = jupytext.read(path, fmt="py:percent")
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if "solution" in tags:
            stubbed, found = _ANSWER.subn(_stub, cell.source)
            if not found:
                raise BuildError(f"{path.name}: a solution cell has no BEGIN and END SOLUTION.")
            if not solutions:
                cell.source = stubbed
                cell.metadata["tags"] = ["exercise" if t == "solution" else t for t in tags]
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"file_extension": ".py", "name": "python"},
        }
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    _name_cells(notebook, path.stem)
    return notebook


def solutions_of(path: Path) -> list[str]:
    """The text of the solution cells of a source, in order."""
    cells = read_source(path, solutions=True).cells
    return [c.source for c in cells if "solution" in c.metadata.get("tags", [])]


def execute(notebook: NotebookNode, *, folder: Path = HERE) -> NotebookNode:
    """Run the notebook in ``folder`` and strip what differs from run to run.

    Raises:
        BuildError: for a cell that fails, warns, or prints something of this machine.
    """
    # The kernel must not colour its output, nor depend on where the build was started.
    os.environ.pop("FORCE_COLOR", None)
    client = NotebookClient(
        notebook,
        timeout=_SECONDS_A_CELL,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--log-level=ERROR"],  # of the kernel, not of the notebook
    )
    client.execute()
    notebook.metadata.pop("widgets", None)
    for count, cell in enumerate(notebook.cells):
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            # without its state a widget is an error message; its plain text is readable
            output.get("data", {}).pop(_WIDGET, None)
            if output.output_type == "stream" and output.name == "stderr":
                raise BuildError(f"Cell {count} wrote to stderr: {output.text.strip()}")
            for kind, text in _texts(output):
                if _MACHINE.search(text):
                    raise BuildError(f"Cell {count} shows something of this machine in {kind}.")
    return notebook


def same_cells(built: NotebookNode, source: NotebookNode) -> bool:
    """Do both have the same cells: kind, text, tags, id?"""

    def key(notebook: NotebookNode) -> list[tuple[str, ...]]:
        return [
            (c.cell_type, c.source, c.get("id", ""), *c.metadata.get("tags", []))
            for c in notebook.cells
        ]

    return key(built) == key(source)


def write(notebook: NotebookNode, path: Path) -> None:
    """Write whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    part.replace(path)


def _stub(answer: re.Match[str]) -> str:
    return "\n".join(answer[1] + line for line in STUB)


def _name_cells(notebook: NotebookNode, name: str) -> None:
    """Ids from the notebook's name and the cell's text; equal texts are counted."""
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        text = f"{name}\n{cell.cell_type}\n{cell.source}"
        seen[text] = seen.get(text, 0) + 1
        cell["id"] = hashlib.sha256(f"{text}\n{seen[text]}".encode()).hexdigest()[:12]


def _texts(output: NotebookNode) -> list[tuple[str, str]]:
    texts = [("text", output.get("text", ""))]
    texts += [(k, v) for k, v in output.get("data", {}).items() if k.startswith("text/")]
    # the base64 of a picture may hold anything
    return [(k, re.sub(r"base64,[A-Za-z0-9+/=]+", "", v)) for k, v in texts if isinstance(v, str)]


def _chosen(names: list[str]) -> list[Path]:
    paths = sorted(SOURCES.glob("*.py"))
    if not names:
        return paths
    stems = {Path(n).stem for n in names}
    unknown = stems - {p.stem for p in paths}
    if unknown:
        raise BuildError(f"There is no source for {', '.join(sorted(unknown))} in {SOURCES.name}/.")
    return [p for p in paths if p.stem in stems]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build the notebooks from notebooks/source/.")
    parser.add_argument("--check", action="store_true", help="only say what is out of date")
    parser.add_argument("names", nargs="*", help="such as 01_clips; all without one")
    options = parser.parse_args(arguments)
    stale = 0
    try:
        for source in _chosen(options.names):
            target = HERE / f"{source.stem}.ipynb"
            notebook = read_source(source)
            if options.check:
                fresh = target.exists() and same_cells(nbformat.read(target, 4), notebook)
                stale += not fresh
                print(f"{target.name}: {'up to date' if fresh else 'out of date'}")
                continue
            write(execute(notebook), target)
            print(f"{target.name}: built, {target.stat().st_size / 1024:.0f} kB")
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    if stale:
        print("Build them with: python notebooks/build.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
