"""A lesson's source as a notebook: stubs or solutions, and cell ids that never change.

The text of a lesson stands in ``notebooks/source/NN_topic.py`` (jupytext percent format). A cell
tagged ``solution`` holds the answer to an exercise between ``### BEGIN SOLUTION`` and
``### END SOLUTION``. The notebook of a student gets a stub in its place and the tag ``exercise``.
Marks of claims (``<!-- claim: id -->``) stay in the source.
"""

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from c3d_teach.errors import KitError

if TYPE_CHECKING:
    from nbformat import NotebookNode

STUB = ("# YOUR CODE HERE", 'raise NotImplementedError("write your lines here")')
SOLUTION, EXERCISE = "solution", "exercise"
LESSON = "[0-9][0-9]_*"  # what the name of a lesson looks like, without its ending
ANSWER = re.compile(
    r"^([ \t]*)### BEGIN SOLUTION\n(.*?)^[ \t]*### END SOLUTION$", re.MULTILINE | re.DOTALL
)
# the mark of a claim is for tests of the source; in a paragraph it would break the line
_CLAIM = re.compile(
    r"^<!-- claim: [\w-]+ -->(?:\n|[ \t]+)|[ \t]*<!-- claim: [\w-]+ -->", re.MULTILINE
)
_TELLING = 30  # characters; a shorter line of an answer may stand anywhere


class BuildError(KitError):
    """A notebook cannot be built; the message says which cell and why."""


def read_source(path: Path, *, solutions: bool = False) -> "NotebookNode":
    """The notebook of a source, not executed; with stubs unless ``solutions``.

    Raises:
        BuildError: for a solution cell without its two marks.
    """
    import jupytext
    import nbformat

    notebook = jupytext.read(path, fmt="py:percent")
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "markdown":
            cell.source = _CLAIM.sub("", cell.source)
        if SOLUTION in tags:
            if not ANSWER.search(cell.source):
                raise BuildError(f"{path.name}: a solution cell has no BEGIN and END SOLUTION.")
            if not solutions:
                cell.source = stub_of(cell.source)
                cell.metadata["tags"] = [EXERCISE if t == SOLUTION else t for t in tags]
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
    return [c.source for c in tagged(read_source(path, solutions=True), SOLUTION)]


def telling_lines(path: Path) -> set[str]:
    """Lines of the answers that give them away: long, and nowhere else in the lesson.

    Raises:
        BuildError: for an answer without one, which nobody could notice in a student's bundle.
    """
    lines: set[str] = set()
    elsewhere = "\n".join(cell.source for cell in read_source(path).cells)
    for solution in solutions_of(path):
        found = {
            line.strip() for answer in ANSWER.finditer(solution) for line in answer[2].splitlines()
        }
        telling = {line for line in found if len(line) > _TELLING and line not in elsewhere}
        if not telling:
            raise BuildError(
                f"{path.name}: no line of an answer is longer than {_TELLING} characters and "
                "stands nowhere else in the lesson, so a copy of it would not be noticed."
            )
        lines |= telling
    return lines


def tagged(notebook: "NotebookNode", tag: str) -> "list[NotebookNode]":
    """The cells with a tag, in order."""
    return [c for c in notebook.cells if tag in c.metadata.get("tags", [])]


def same_cells(built: "NotebookNode", source: "NotebookNode") -> bool:
    """Do both have the same cells: kind, text, tags, id?"""

    def key(notebook: Any) -> list[tuple[str, ...]]:
        return [
            (c.cell_type, c.source, c.get("id", ""), *c.metadata.get("tags", []))
            for c in notebook.cells
        ]

    return key(built) == key(source)


def stub_of(source: str) -> str:
    """The text of a solution cell with :data:`STUB` in place of each answer."""
    return ANSWER.sub(lambda a: "\n".join(a[1] + line for line in STUB), source)


def _name_cells(notebook: "NotebookNode", name: str) -> None:
    """Ids from the notebook's name and the cell's text; equal texts are counted."""
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        text = f"{name}\n{cell.cell_type}\n{cell.source}"
        seen[text] = seen.get(text, 0) + 1
        cell["id"] = hashlib.sha256(f"{text}\n{seen[text]}".encode()).hexdigest()[:12]
