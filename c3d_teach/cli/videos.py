"""c3d-teach predict: what a net sees in a video."""

import json
from pathlib import Path
from typing import Annotated

import typer

from c3d_teach.cli.options import (
    DeviceOption,
    EngineOption,
    JsonOption,
    NetOption,
    PrecisionOption,
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
    made = classifier.prepared()
    if as_json:
        print(json.dumps(judged.to_dict() | {"engine": str(made)}))
    else:
        print(judged)
        if made.name != "eager":
            print(f"Computed by {made}.")
    if judged.error:
        raise KitError(judged.error)
