"""c3d-teach bench: how fast the kit is here, against the plain port and against OpenVINO."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from c3d_teach.cli.options import DeviceOption, JsonOption


def bench(
    what: Annotated[str, typer.Argument(help="inference, training, feeding or growth")],
    net: Annotated[
        str | None,
        typer.Option(
            help="c3d, classroom, camera, depth-1, depth-3, depth-5, depth-7, increasing or "
            "decreasing; default c3d, for training the first three"
        ),
    ] = None,
    batch: Annotated[int | None, typer.Option(help="clips at once; default what suits")] = None,
    rounds: Annotated[int, typer.Option(help="turns of each variant")] = 5,
    seconds: Annotated[float, typer.Option(help="that a turn lasts at least")] = 2.0,
    device: DeviceOption = "auto",
    out: Annotated[
        Path | None,
        typer.Option(help="also write the JSON document here; growth draws a PNG beside it"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure speed and memory on this machine: inference, training, feeding or growth.

    Variants take turns, each in a process of its own; whatever else runs here disturbs them.
    The twelve of inference hold 15 GB of memory together, with --net camera 4 GB.
    """
    from c3d_teach.bench.keep import checked_place, keep
    from c3d_teach.bench.measure import measure
    from c3d_teach.bench.report import text

    if out is not None:
        checked_place(out)  # before minutes are spent
    document = measure(
        what,
        net=net,
        batch=batch,
        rounds=rounds,
        seconds=seconds,
        device=device,
        say=lambda line: print(line, file=sys.stderr, flush=True),
    )
    if out is not None:
        keep(document, out)
    print(json.dumps(document) if as_json else text(document))
