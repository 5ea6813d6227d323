"""c3d-teach predict and export: videos in, videos out."""

import json
from pathlib import Path
from typing import Annotated

import typer

from c3d_teach.cli.options import (
    DeviceOption,
    EngineOption,
    JsonOption,
    LabelOption,
    NetOption,
    PrecisionOption,
    SeedOption,
)
from c3d_teach.errors import KitError


def predict(
    video: Annotated[Path, typer.Argument(help="a video file")],
    net: NetOption = "camera-c3d",
    stride: Annotated[int, typer.Option(help="frames from one clip's start to the next")] = 16,
    device: DeviceOption = "auto",
    engine: EngineOption = "auto",
    precision: PrecisionOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Say what a net sees in every 16-frame clip of a video."""
    from c3d_teach.device import pick_device
    from c3d_teach.models.verdict import judge_video
    from c3d_teach.models.weights import load

    classifier = load(net).to(pick_device(device)).answering_by(engine, precision)
    judged = judge_video(classifier, video, stride=stride)
    if as_json:
        print(json.dumps(judged.to_dict()))
    else:
        print(judged)
    if judged.error:
        raise KitError(judged.error)


def export(
    data: Annotated[str, typer.Argument(help="motion-digits or camera-motion")],
    out: Annotated[Path, typer.Option(help="folder that gets one sub-folder a class")],
    clips: Annotated[int, typer.Option(help="how many clips")] = 80,
    split: Annotated[str, typer.Option(help="train, val or test")] = "test",
    frames: Annotated[int, typer.Option(help="frames in each video")] = 16,
    size: Annotated[
        int | None, typer.Option(help="height and width; default 32 for digits, 64 for the camera")
    ] = None,
    label: LabelOption = "motion",
    layout: Annotated[
        str, typer.Option(help="folder (CLASS/VIDEO), or ucf101 with its groups and split files")
    ] = "folder",
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Write embedded clips as H.264 files, one folder a class, or in UCF101's own layout."""
    from c3d_teach.data.catalog import clip_shape_of, embedded
    from c3d_teach.data.export import export as write

    channels, _, *pixels = clip_shape_of(data)
    shape = (channels, frames, *([size, size] if size else pixels))
    dataset = embedded(data, clips, split=split, seed=seed, label=label, clip_shape=shape)
    files = write(dataset, out, layout=layout)
    if as_json:
        print(json.dumps({"files": [str(f) for f in files]}))
    else:
        print(f"{len(files)} videos in {len({f.parent for f in files})} folders under {out}.")
