"""Every lesson as an older laptop runs it, with every position of every control drawn."""

import sys
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import nbformat
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "notebooks"))
from lesson_runs import LESSONS, LIMIT, OLDER, Done, in_parallel

SWEEP = "from c3d_teach.viz.widgets.readable import sweep_all\n\nprint(sweep_all() > 0)"


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[dict[str, Future[Done]]]":
    """Copies of all lessons with one more cell, which moves what can be moved."""
    folder = tmp_path_factory.mktemp("swept")
    for path in LESSONS:
        notebook = nbformat.read(path, as_version=4)
        said = nbformat.v4.new_output("stream", name="stdout", text="True\n")
        notebook.cells.append(nbformat.v4.new_code_cell(SWEEP, outputs=[said], execution_count=1))
        nbformat.write(notebook, folder / path.name)
    pool, futures = in_parallel(
        [folder / path.name for path in LESSONS], folder, more=OLDER, a_cell=400
    )
    yield futures
    pool.shutdown(cancel_futures=True)


@pytest.mark.timeout(3 * LIMIT)
@pytest.mark.parametrize("name", [path.stem for path in LESSONS])
def test_it_says_the_same_on_another_processor_and_all_its_controls_draw(
    name: str, swept: "dict[str, Future[Done]]"
):
    ran = swept[name].result()
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
