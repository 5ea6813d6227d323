"""What the units of the shipped nets answer to, measured once and kept as small files.

Tuning and best clips of a layer take seconds; a page that lets people leaf through units has
no time for that. ``python -m c3d_teach.experiments.unit_answers [NAME ...]`` measures them anew,
about ten minutes on two cores, and writes ``results/units/NAME.npz``: the responses to drifting
gratings in half precision, and which test clips excite each unit most, and where.
"""

import sys
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from c3d_teach.analysis.excitation.best_clips import UnitClips, best_clips, boxes_seen
from c3d_teach.analysis.filters.tuning import (
    SPATIAL,
    TEMPORAL,
    Tuning,
    tuning,
    tuning_of_responses,
)
from c3d_teach.analysis.units import frames_of, layer_row, unit_of
from c3d_teach.data.camera import CameraMotion
from c3d_teach.data.motion import MotionDigits
from c3d_teach.errors import UsageError
from c3d_teach.files import write_atomically
from c3d_teach.models.arithmetic import Conv
from c3d_teach.models.classifier import Classifier
from c3d_teach.models.transfer import with_random_weights
from c3d_teach.models.weights import load, shipped

FOLDER = Path(__file__).parent / "results" / "units"
CLIPS = 512  # test clips that are looked at for the best ones
KEPT = 9  # of them, for each unit
CONTROLLED = ("motion-d1", "motion-d3", "motion-d5", "motion-d7")
SEEDS = 3  # of random weights, for the control

Arrays = dict[str, NDArray[Any]]


def layers_kept(net: Classifier) -> tuple[str, ...]:
    """Layers whose units are kept: the convolutions, and the answers."""
    layers = net.model.layers
    return (*(one.name for one in layers if isinstance(one, Conv)), layers[-1].name)


def shown_set(net: Classifier, clips: int = CLIPS) -> MotionDigits | CameraMotion:
    """The test clips that a net is shown: digits for grey nets, photographs for the others.

    They have the length and the size that the net takes.

    Raises:
        UsageError: for a net that takes neither one channel nor three.
    """
    channels = net.model.clip_shape[0]
    if channels not in (1, 3):
        raise UsageError(
            f"{net.name} takes clips of {channels} channels; the clips of this kit have 1 or 3."
        )
    kind = MotionDigits if channels == 1 else CameraMotion
    return kind(clips, split="test", clip_shape=net.model.clip_shape)


def best_of_layer(net: Classifier, layer: str, clips: int = CLIPS) -> Arrays:
    """Which test clips excite each unit of a layer most: U units, ``KEPT`` clips.

    Returns:
        ``clips`` ``(U, K)``, indices in :func:`shown_set`, -1 where fewer excite the unit;
        ``values`` the activations, and ``places`` where in its flattened map they are.
    """
    best = best_clips(net, layer, shown_set(net, clips), count=KEPT, progress=False)
    shape = (len(best.units), KEPT)
    numbers, values = np.full(shape, -1, np.int16), np.zeros(shape, np.float32)
    places = np.zeros(shape, np.int32)
    size = layer_row(net, layer).shape[1:]
    for row, one in enumerate(best.units):
        numbers[row, : len(one)], values[row, : len(one)] = one.numbers, one.activations
        if size and len(one):
            places[row, : len(one)] = np.ravel_multi_index(tuple(one.places.T), size)
    return {"clips": numbers, "values": values, "places": places}


def measure(net: Classifier) -> Arrays:
    """All that is kept of a net, by ``LAYER/WHAT``."""
    found: Arrays = {}
    still = frames_of(net.model)
    for layer in layers_kept(net):
        if still is None or still[1] - still[0] > 1:  # in one frame nothing moves
            found[f"{layer}/responses"] = tuning(net, layer).responses.astype(np.float16)
        found |= {f"{layer}/{what}": one for what, one in best_of_layer(net, layer).items()}
    if net.name in CONTROLLED:
        for seed in range(SEEDS):
            drawn = with_random_weights(net, seed)
            for layer in layers_kept(net)[:-1]:
                found[f"{layer}/random {seed}"] = tuning(drawn, layer).selectivity
    return found


@lru_cache(maxsize=16)
def kept(name: str) -> Arrays:
    """The arrays of a shipped net; empty for a net of which nothing is kept."""
    path = FOLDER / f"{name}.npz"
    if name not in shipped() or not path.is_file():
        return {}
    with np.load(path, allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


def kept_tuning(name: str, layer: str) -> Tuning | None:
    """What :func:`~c3d_teach.tuning` gives for a shipped net, responses to three figures.

    None where it is not kept.
    """
    responses = kept(name).get(f"{layer}/responses")
    if responses is None:
        return None
    axes = np.asarray(SPATIAL, float), np.asarray(TEMPORAL, float)
    return tuning_of_responses(layer, name, "gratings", *axes, responses.astype(np.float32))


def kept_best(name: str, layer: str) -> Arrays | None:
    """What :func:`best_of_layer` gives for a shipped net; None where it is not kept."""
    arrays, parts = kept(name), ("clips", "values", "places")
    if f"{layer}/clips" not in arrays:
        return None
    return {part: arrays[f"{layer}/{part}"] for part in parts}


def clips_of_unit(
    net: Classifier, layer: str, unit: int, best: Arrays, clips: int = CLIPS
) -> UnitClips:
    """The clips themselves, made again, as :func:`~c3d_teach.best_clips` gives them.

    Args:
        best: of :func:`best_of_layer` or :func:`kept_best`, for as many ``clips``.

    Raises:
        UsageError: for a unit that the net does not have.
    """
    which = unit_of(net, layer, unit)
    numbers = best["clips"][which.channel].astype(np.int64)
    mine = numbers >= 0
    numbers = numbers[mine]
    flat = best["places"][which.channel][mine].astype(np.int64)
    places, boxes = boxes_seen(net, layer_row(net, layer), flat)
    source = shown_set(net, clips)
    made = source.batch(numbers.tolist()) if len(numbers) else {}
    labels = {
        kind: tuple(names[k] for k in made[kind].tolist()) if made else ()
        for kind, names in _names(source).items()
    }
    return UnitClips(
        unit=which,
        activations=best["values"][which.channel][mine],
        clips=tuple(net.preprocess.seen(made["clip"]).numpy()) if made else (),
        places=places,
        boxes=boxes,
        moments=boxes[:, 0].sum(1) // 2,
        numbers=numbers,
        videos=("",) * len(numbers),
        starts=np.zeros(len(numbers), np.int64),
        labels=labels,
        totals=_totals(source.name, clips),
    )


def random_selectivity(name: str, layer: str) -> NDArray[np.float32]:
    """``(S, U)``: direction selectivity of the same net with random weights, S times drawn.

    Raises:
        UsageError: for a net that has no such control.
    """
    arrays = kept(name)
    if f"{layer}/random 0" not in arrays:
        raise UsageError(f"{name} has no control kept; {', '.join(CONTROLLED)} have.")
    return np.stack([arrays[f"{layer}/random {seed}"] for seed in range(SEEDS)])


def _names(source: MotionDigits | CameraMotion) -> dict[str, tuple[str, ...]]:
    return {"motion": source.motions, source.thing: source.things}


@lru_cache(maxsize=8)
def _totals(name: str, clips: int) -> dict[str, dict[str, int]]:
    """How many of the clips have which label; it does not depend on the size of the picture."""
    kind = MotionDigits if name == MotionDigits.name else CameraMotion
    source = kind(clips, split="test", clip_shape=(kind.channels, 1, 16, 16))
    made = source.batch(range(clips))
    return {
        label: dict(Counter(names[k] for k in made[label].tolist()))
        for label, names in _names(source).items()
    }


def write(name: str) -> Path:
    """Measure a shipped net anew and keep what was found."""
    arrays, path = measure(load(name)), FOLDER / f"{name}.npz"

    def fill(part: Path) -> None:
        with part.open("wb") as file:  # a path would be given another ending
            np.savez_compressed(file, allow_pickle=False, **arrays)

    write_atomically(path, fill)
    return path


def main(names: list[str]) -> None:
    for name in names or shipped():
        print(f"{name}: {write(name).stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
