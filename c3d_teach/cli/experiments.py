"""c3d-teach experiment."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from c3d_teach.cli.options import JsonOption


def experiment(
    name: Annotated[
        str,
        typer.Argument(
            help="kernel-depth, two-vs-three, pooling, kernel-depth-other-rate, or "
            "kernel-depth-full-size (needs a GPU)"
        ),
    ],
    out: Annotated[Path, typer.Option(help="folder; a killed study goes on from there")],
    seeds: Annotated[
        int | None, typer.Option(help="trainings of every net; default the study's, with --quick 1")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="a small rerun, compared with the shipped result")
    ] = False,
    rate: Annotated[
        float | None, typer.Option(help="learning rate; default the one that the study chooses")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="cpu or cuda; default cpu, at full size cuda")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="trainings at a time; default one a core")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Repeat one of the paper's studies: all its nets, several seeds, and what came out."""
    from c3d_teach.experiments.agreement import agreements, said
    from c3d_teach.experiments.outcome import Outcome, is_shipped
    from c3d_teach.experiments.studies import study_named
    from c3d_teach.experiments.study import RESULT, conduct
    from c3d_teach.experiments.study_pictures import pictures
    from c3d_teach.experiments.study_tables import report

    study = study_named(name)
    full = Outcome.shipped(name) if quick and is_shipped(name) else None
    outcome = conduct(
        study.small() if quick else study,
        out,
        seeds=1 if quick and seeds is None else seeds,
        rate=full.data["rate"] if full and rate is None else rate,
        device=device,
        workers=workers,
        progress=not as_json,
    )
    text = report(outcome, study.reference)
    (out / "report.md").write_text(f"# {study.question}\n\n{text}\n", encoding="utf-8")
    for label, figure in pictures(outcome).items():
        figure.savefig(out / f"{label}.png", dpi=150)
    pairs = list(agreements(outcome, full)) if full else []
    if as_json:
        written = {
            "result": str(out / RESULT),
            "minutes": outcome.data["minutes"],
            "pairs": len(pairs),
            "disagreeing": [str(one) for one in pairs if not one.agrees],
        }
        print(json.dumps(written))
    else:
        print(text.replace("−", "-"), f"\nThis, every run, and figures are in {out}.", sep="\n")
        if full:
            print(said(pairs))
    if not all(one.agrees for one in pairs):
        sys.exit(1)
