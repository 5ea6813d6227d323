"""Where masters stand, in a checkout or in a teacher's bundle, and what is released of them."""

import shutil
from pathlib import Path

from c3d_teach.classroom.assignments.for_nbgrader import nbgrader_tests, read_values, values_file
from c3d_teach.classroom.assignments.master import Assignment, read_master
from c3d_teach.classroom.assignments.notebooks import (
    nbgrader_notebook,
    solved_notebook,
    student_notebook,
)
from c3d_teach.classroom.lessons import same_cells
from c3d_teach.errors import KitError, UsageError
from c3d_teach.files import write_text

IN_CHECKOUT, IN_BUNDLE = "notebooks/source/assignments", "masters"
NAME = "a[0-9]*_*.py"
_TELLING = 30  # letters; a shorter line may stand anywhere


def find_masters(start: Path) -> list[Assignment]:
    """All masters of the checkout or the teacher's bundle that ``start`` is in.

    Raises:
        UsageError: where there are none.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        for name in (IN_CHECKOUT, IN_BUNDLE):
            if paths := sorted((folder / name).glob(NAME)):
                return [read_master(path) for path in paths]
    raise UsageError(
        f"There are no masters in {start} or above it: grade in a checkout of the kit or in the "
        "teacher's bundle, or give a master with --master."
    )


def stale_assignments(root: Path) -> list[str]:
    """Names of assignments whose notebook, or written-down values, are not those of the master."""
    import nbformat

    folder = root / "notebooks" / "assignments"
    built = {path.stem for path in folder.glob("*.ipynb")}
    masters = sorted((root / IN_CHECKOUT).glob(NAME))
    stale = sorted(built - {path.stem for path in masters})
    for path in masters:
        assignment = read_master(path)
        try:
            notebook = nbformat.read(folder / f"{path.stem}.ipynb", 4)
            read_values(assignment, values_file(path))
        except (KitError, OSError):
            stale.append(path.stem)
            continue
        if not same_cells(notebook, student_notebook(assignment)):
            stale.append(path.stem)
    return stale


def telling_lines_of(root: Path) -> set[str]:
    """Lines of answers and hidden tests that stand nowhere in what students get, and are long."""
    lines: set[str] = set()
    for path in sorted((root / IN_CHECKOUT).glob(NAME)):
        assignment = read_master(path)
        handed_out = "\n".join(cell.source for cell in student_notebook(assignment).cells)
        for cell in assignment.cells:
            if cell.role in ("given", "check"):
                continue
            lines |= {
                line.strip()
                for line in cell.source.splitlines()
                if len(line.strip()) > _TELLING and line.strip() not in handed_out
            }
    return lines


def write_masters(root: Path, out: Path) -> None:
    """What teachers get: the masters, the solved notebooks, a course for nbgrader."""
    import nbformat

    for path in sorted((root / IN_CHECKOUT).glob(NAME)):
        assignment = read_master(path)
        (out / IN_BUNDLE).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, out / IN_BUNDLE / path.name)
        tests = nbgrader_tests(assignment, read_values(assignment, values_file(path)))
        for folder, notebook in (
            (out / "solutions", solved_notebook(assignment)),
            (out / "nbgrader" / "source" / assignment.name, nbgrader_notebook(assignment, tests)),
        ):
            write_text(folder / f"{path.stem}.ipynb", nbformat.writes(notebook) + "\n")
