"""c3d-teach features and probe: descriptors of videos, and what can be read off them."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from c3d_teach.cli.options import (
    DeviceOption,
    EngineOption,
    JsonOption,
    NetOption,
    PrecisionOption,
    SeedOption,
)
from c3d_teach.errors import KitError, UsageError
from c3d_teach.processes import place


def features(
    source: Annotated[Path, typer.Argument(help="a video, or a folder with all below it")],
    out: Annotated[Path, typer.Option(help="folder for the features; a killed run goes on there")],
    net: NetOption = "camera-c3d",
    layer: Annotated[
        str, typer.Option(help="fc6, fc7, pool5, prob, or another layer of the net")
    ] = "fc6",
    stride: Annotated[int, typer.Option(help="frames from one clip's start to the next")] = 8,
    clips: Annotated[
        bool, typer.Option("--clips", help="also keep every clip's own features")
    ] = False,
    device: DeviceOption = "auto",
    engine: EngineOption = "auto",
    precision: PrecisionOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Describe videos by a net: mean over their clips, then L2. Bad files are named and skipped.

    Several processes share the work, one for each GPU, when torchrun starts them: torchrun
    --nproc-per-node 4 -m c3d_teach features VIDEOS --out DIR. On several machines, DIR lies on a
    disk that all of them see.

    The exit code is 1 when a file was skipped; but 0 under torchrun, which takes any other for a
    process that has failed, and would start all anew if told to.
    """
    from c3d_teach.analysis.descriptors.features import extract
    from c3d_teach.analysis.descriptors.shares import FirstProcessError
    from c3d_teach.device import pick_device
    from c3d_teach.models.weights import load

    here = place()
    classifier = load(net).to(pick_device(device)).answering_by(engine, precision)
    try:
        done = extract(
            classifier,
            source,
            out,
            layer=layer,
            stride=stride,
            clips=clips,
            progress=not as_json,
            shared=True,
        )
    except FirstProcessError:
        sys.exit(1)  # the first process says why, once for all
    except KeyboardInterrupt:
        if not here.first:
            sys.exit(1)
        raise KitError("Stopped. The same command goes on where it was.") from None
    if here.first:
        print(json.dumps(done.to_dict()) if as_json else done)
    if done.skipped and here.world == 1:
        sys.exit(1)


def probe(
    folder: Annotated[Path, typer.Argument(metavar="FEATURES", help="what features has written")],
    folds: Annotated[
        str,
        typer.Option(
            help="official for the mean over the official splits, split1 for one of them, or a "
            "number of folds by group; auto: official where there are any, else 5"
        ),
    ] = "auto",
    c: Annotated[
        str, typer.Option("--c", help="penalty of the SVM; choose: by cross-validation in training")
    ] = "1",
    dimensions: Annotated[
        str, typer.Option(help="PCA to so many dimensions; none leaves the curve out")
    ] = "10,50,100,500",
    embedding: Annotated[
        str, typer.Option(help="tsne or pca for the map of the videos; none leaves it out")
    ] = "tsne",
    out: Annotated[
        Path | None, typer.Option(help="folder for figures and numbers; default FEATURES/probe")
    ] = None,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Train a linear SVM on features: accuracy, confusion, PCA curve, and a map of the videos."""
    from c3d_teach.analysis.descriptors.feature_files import read_features
    from c3d_teach.experiments.probing import study

    wanted = (
        [] if dimensions == "none" else [_whole("--dimensions", d) for d in dimensions.split(",")]
    )
    if embedding not in ("tsne", "pca", "none"):
        raise UsageError(f"--embedding is {embedding!r}; it is tsne, pca or none.")
    try:
        penalty = "choose" if c == "choose" else float(c)
    except ValueError:
        raise UsageError(f"--c is {c!r}; it is a positive number, or choose.") from None
    found = study(
        read_features(folder),
        out or folder / "probe",
        folds=int(folds) if folds.isdecimal() else folds,
        c=penalty,
        dimensions=wanted,
        map_by=None if embedding == "none" else embedding,
        seed=seed,
    )
    print(json.dumps(found.to_dict()) if as_json else found)


def _whole(option: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"{option} has {text!r} where a whole number belongs.") from None
