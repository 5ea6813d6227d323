"""Real video: decoding, clips, splits."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from statistics import mean

from c3d_teach.experiments.evidence import Claim

_CAMERA = "c3d_teach/assets/camera-c3d.safetensors"
_LIKE_VGG = "c3d_teach/experiments/results/like_vgg.json"


@cache
def digit_motion_numbers() -> Mapping[str, str]:
    """Camera net against random weights on how digits move, with the fewest examples."""
    text = (files("c3d_teach") / "experiments/results/like_vgg.json").read_text(encoding="utf-8")
    rows = [
        row
        for row in json.loads(text)
        if row["net"].startswith("camera") and row["task"] == "how digits move"
    ]
    row = min(rows, key=lambda one: one["each"])
    return {
        "each": str(row["each"]),
        "trained": f"{100 * row['trained']:.0f} %",
        "random": f"{100 * mean(row['random']):.0f} %",
        "seeds": str(len(row["random"])),
        "tests": str(row["tests"]),
    }


VIDEO: tuple[Claim, ...] = (
    Claim(
        "film-named",
        "In films made from three photographs that it was not trained on, camera-c3d names what "
        "the camera does in every clip that lies within one movement, and says that there is no "
        "clear camera motion where the camera stands still.",
        (_CAMERA, "c3d_teach/data/sample_film.py"),
    ),
    Claim(
        "wrong-scale-one-answer",
        "Given frames scaled to 0 to 1 but the mean and spread of 0 to 255, camera-c3d says the "
        "same of nearly all clips, and is right at the rate of chance.",
        (_CAMERA,),
    ),
    Claim(
        "colours-hardly-matter",
        "With red and blue exchanged, another mean or none, camera-c3d still names more than nine "
        "of ten camera motions.",
        (_CAMERA,),
    ),
    Claim(
        "finetune-from-few",
        "With a new head on frozen convolutions, camera-c3d learns in three rounds through about "
        "forty videos of moving digits to name more than twice as many motions as chance.",
        (_CAMERA, "c3d_teach/models/transfer.py"),
    ),
    Claim(
        "new-motions-from-few",
        "With {each} clips a class, a linear classifier on the features of camera-c3d names "
        "{trained} of the motions of {tests} test clips of digits; on the same net with random "
        "weights it is {random} (mean of {seeds} seeds), and chance is 12.5 %.",
        (_LIKE_VGG,),
        None,
        digit_motion_numbers,
    ),
)
