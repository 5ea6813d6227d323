"""C3D's fc6 as a descriptor."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from statistics import mean
from typing import Any

from c3d_teach.experiments.evidence import Claim
from c3d_teach.experiments.outcome import estimate

_LEAK = "c3d_teach/experiments/results/group_leak.json"
_LIKE_VGG = "c3d_teach/experiments/results/like_vgg.json"
_SQUEEZED = "c3d_teach/experiments/results/squeezed.json"


@cache
def _read(path: str) -> Any:
    inside = path.removeprefix("c3d_teach/")
    return json.loads((files("c3d_teach") / inside).read_text(encoding="utf-8"))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def leak_numbers() -> Mapping[str, str]:
    """Every question with both splits: the mean over draws of films, and its 95 % interval."""
    found = _read(_LEAK)
    said = {"chance": _percent(found["chance"]["digit"]), "films": str(found["films"])}
    for question, splits in found["accuracy"].items():
        for split, values in splits.items():
            one = estimate(values)
            name = f"{question}_{split}"
            said[name] = _percent(one.mean)
            said[f"{name}_interval"] = f"{100 * one.low:.0f} to {100 * one.high:.0f} %"
            said["seeds"] = str(len(values))
    return said


def vgg_row(net: str, task: str) -> Mapping[str, Any]:
    """The row of a net and a task with the most training clips."""
    rows = [r for r in _read(_LIKE_VGG) if r["net"] == net and r["task"] == task]
    found: Mapping[str, Any] = max(rows, key=lambda row: row["each"])
    return found


def _vgg(net: str, task: str) -> Callable[[], Mapping[str, str]]:
    def numbers() -> Mapping[str, str]:
        row = vgg_row(net, task)
        low, high = (f"{100 * v:.0f}" for v in row["interval"])
        return {
            "each": str(row["each"]),
            "trained": _percent(row["trained"]),
            "interval": f"{low} to {high} %",
            "random": _percent(mean(row["random"])),
            "seeds": str(len(row["random"])),
            "chance": _percent(row["chance"]),
        }

    return numbers


def compact_numbers() -> Mapping[str, str]:
    """Accuracy with 2, 50 and all numbers of fc6."""
    found = _read(_SQUEEZED)
    points = {p["dimension"]: p["accuracy"] for p in found["points"]}
    return {
        "two": _percent(points[2]),
        "fifty": _percent(points[50]),
        "whole": str(found["whole"]),
        "all": _percent(points[found["whole"]]),
        "shuffled": _percent(found["shuffled"]),
    }


DESCRIPTORS: tuple[Claim, ...] = (
    Claim(
        "group-leak",
        "On clips cut from {films} films, a linear SVM on fc6 of motion-d3 names the digit in "
        "{digit_clips} (95 % interval {digit_clips_interval}) when the split is by clip, and in "
        "{digit_films} ({digit_films_interval}) when it is by film; mean of {seeds} draws of "
        "films, chance {chance}.",
        (_LEAK,),
        None,
        leak_numbers,
    ),
    Claim(
        "leak-without-meaning",
        "With labels dealt to the films at random, the split by clip still gives {dealt_clips} "
        "({dealt_clips_interval}), and the split by film {dealt_films} ({dealt_films_interval}).",
        (_LEAK,),
        None,
        leak_numbers,
    ),
    Claim(
        "motion-does-not-leak",
        "The motion, which the net was trained to name, comes out the same with both splits: "
        "{motion_clips} by clip, {motion_films} by film.",
        (_LEAK,),
        None,
        leak_numbers,
    ),
    Claim(
        "like-vgg-holds",
        "A net that learnt to tell eight photographs apart names which of five new ones a clip "
        "shows in {trained} (95 % interval {interval}), with random weights in {random} (mean of "
        "{seeds} seeds); {each} clips a class, chance {chance}.",
        (_LIKE_VGG,),
        None,
        _vgg("photo net", "which of 5 new photographs"),
    ),
    Claim(
        "like-vgg-motions",
        "The net camera-c3d, which learnt how cameras move, names how digits move in {trained} "
        "(95 % interval {interval}), with random weights in {random}.",
        (_LIKE_VGG,),
        None,
        _vgg("camera-c3d", "how digits move"),
    ),
    Claim(
        "like-vgg-fails",
        "The same camera-c3d names which of the five photographs it is in {trained} (95 % interval "
        "{interval}), and with random weights in {random}: its training has made it worse.",
        (_LIKE_VGG,),
        None,
        _vgg("camera-c3d", "which of 5 new photographs"),
    ),
    Claim(
        "like-vgg-digit",
        "Which digit it is, motion-d3 says in {trained} (95 % interval {interval}) and random "
        "weights in {random}: both at chance, {chance}.",
        (_LIKE_VGG,),
        None,
        _vgg("motion-d3", "which digit"),
    ),
    Claim(
        "fc6-compact",
        "How digits move, a linear SVM on fc6 of camera-c3d names in {two} of the clips from 2 "
        "principal components, in {fifty} from 50, and in {all} from all {whole} numbers; with "
        "shuffled labels it is {shuffled}.",
        (_SQUEEZED,),
        None,
        compact_numbers,
    ),
)
