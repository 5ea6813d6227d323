"""Options that several commands share, said once."""

from pathlib import Path
from typing import Annotated

import typer

NetOption = Annotated[
    str,
    typer.Option(
        help="a shipped net by name, a file or a run folder, or published weights (caffe:FILE, "
        "pytorch:FILE, features:FILE, toolbox:FILE)"
    ),
]
DataOption = Annotated[
    str,
    typer.Option(
        help="motion-digits, camera-motion, or a folder: UCF101, HMDB51, or one sub-folder a class"
    ),
]
FoldOption = Annotated[int, typer.Option(help="which official split of UCF101 or HMDB51")]
CacheOption = Annotated[
    Path | None,
    typer.Option(help="folder that keeps decoded frames; the next epoch or run reads them there"),
]
WorkersOption = Annotated[int, typer.Option(help="processes that decode videos")]
LabelOption = Annotated[str, typer.Option(help="motion, or digit or photo for what is seen")]
DeviceOption = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps")]
EngineOption = Annotated[
    str,
    typer.Option(
        help="what computes the answers: eager (the net itself), torch, openvino, or auto: the "
        "fastest that gives the same answers here; small nets answer themselves"
    ),
]
PrecisionOption = Annotated[str, typer.Option(help="of that engine: float32, bfloat16 or auto")]
JsonOption = Annotated[bool, typer.Option("--json", help="print one JSON document instead of text")]
SeedOption = Annotated[int, typer.Option(help="seed of everything that is drawn")]
MeanOption = Annotated[
    Path | None,
    typer.Option(help="mean cube (.binaryproto) of published weights, instead of channel means"),
]
NamesOption = Annotated[
    Path | None, typer.Option(help="class names of published weights: a text file, one a line")
]
