"""c3d-teach release: bundles for students and teachers."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from c3d_teach.cli.options import JsonOption
from c3d_teach.errors import UsageError


def release(
    student: Annotated[
        Path, typer.Option(help="folder for the students' bundle: empty, or not there yet")
    ],
    teacher: Annotated[
        Path | None, typer.Option(help="folder for the teachers' bundle, with all solutions")
    ] = None,
    run: Annotated[
        bool, typer.Option("--run", help="execute the solved notebooks too (minutes)")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make what students get (lessons, dashboard, no solutions) and what teachers get."""
    from c3d_teach.classroom.release import checkout
    from c3d_teach.classroom.release import release as make

    if run and teacher is None:
        raise UsageError("--run executes the solved notebooks: it needs --teacher DIR.")
    done = make(
        checkout(Path.cwd()),
        student,
        teacher,
        run=run,
        say=lambda text: print(text, file=sys.stderr, flush=True),
    )
    if as_json:
        print(json.dumps({"lessons": done.lessons, "folders": done.folders}))
    else:
        print(done)
