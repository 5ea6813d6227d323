"""Seconds of each look inside a shipped net, and of Grad-CAM on the full-size C3D.

``python benchmarks/inside.py`` takes about five minutes on two cores and writes
``benchmarks/results/inside-NAME.json`` and the tables of ``benchmarks/README.md``. Each look runs
in a process of its own, once to warm up and then once by the clock; loading the net and making
the clips is not counted. The median of the rounds is shown with the smallest and largest.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from tables import RESULTS, write_tables

from c3d_teach.bench.machine import machine

Look = Callable[[], Any]
NETS = {"motion-d3": ("conv3", "conv4"), "camera-c3d": ("conv3b", "conv4b")}


def looks(name: str) -> dict[str, Look]:
    """Every look, ready to run."""
    from c3d_teach import CameraMotion, MotionDigits, load
    from c3d_teach.analysis.attribution.attribute import METHODS, attribute
    from c3d_teach.analysis.attribution.sanity import CHECKED, sanity_check
    from c3d_teach.analysis.descriptors.clip_embedding import embed_clips
    from c3d_teach.analysis.excitation.best_clips import best_clips
    from c3d_teach.analysis.excitation.excite import excite
    from c3d_teach.analysis.fields.clip_fields import field_in_clip
    from c3d_teach.analysis.fields.measured_fields import measured_field
    from c3d_teach.analysis.filters.flow_tuning import flow_tuning
    from c3d_teach.analysis.filters.kernels import kernel_statistics, kernel_view
    from c3d_teach.analysis.filters.tuning import tuning
    from c3d_teach.analysis.units import layer_row
    from c3d_teach.device import keep_freed_memory

    keep_freed_memory()
    net = load(name)
    middle, late = NETS[name]
    kind = MotionDigits if name == "motion-d3" else CameraMotion
    data = kind(512, split="test")
    clips = data.batch(range(4))["clip"]
    # the unit that answers to the first clip most
    answers = net.descriptor(clips[:1], middle).view(layer_row(net, middle).shape[0], -1)
    unit = int(answers.amax(1).argmax())
    return {
        f"kernel_view, {middle}": partial(kernel_view, net, middle, 0),
        f"kernel_statistics, {middle}": partial(kernel_statistics, net, middle),
        f"tuning, gratings, all units of {middle}": partial(tuning, net, middle),
        f"tuning, gratings, all units of {late}": partial(tuning, net, late),
        f"tuning, bars, all units of {middle}": partial(tuning, net, middle, stimulus="bars"),
        f"flow_tuning, all units of {middle}": partial(flow_tuning, net, middle),
        f"measured_field, {late}": partial(measured_field, net, late),
        f"field_in_clip, {middle}": partial(field_in_clip, net, clips[0], middle, unit),
        f"best_clips, 512 clips, all units of {middle}": partial(
            best_clips, net, middle, data, progress=False
        ),
        **{f"attribute, {method}": partial(attribute, net, clips[0], method) for method in METHODS},
        **{
            f"sanity_check, {method}, 4 clips": partial(sanity_check, net, clips, method)
            for method in CHECKED
        },
        f"excite, {middle}": partial(excite, net, middle, unit),
        "embed_clips, PCA, 512 clips": partial(embed_clips, net, data),
    }


def full_size() -> dict[str, Look]:
    """C3D as in the paper, with random weights: 487 classes, 16×112×112."""
    import torch

    from c3d_teach import C3D, Classifier, Preprocess
    from c3d_teach.analysis.attribution.attribute import attribute
    from c3d_teach.device import keep_freed_memory

    keep_freed_memory()
    torch.manual_seed(0)
    preprocess = Preprocess((112, 112), 128, (127.5,) * 3, (64.0,) * 3, frame_size=(128, 171))
    net = Classifier(
        C3D().channels_last().eval(), preprocess, tuple(f"class {k}" for k in range(487))
    )
    clip = torch.randint(0, 256, (16, 128, 171, 3), dtype=torch.uint8)
    return {
        f"attribute, {method}": partial(attribute, net, clip, method)
        for method in ("grad-cam", "guided backpropagation", "temporal occlusion")
    }


def by_the_clock(name: str) -> dict[str, float]:
    """Seconds of each look."""
    found = {}
    for label, look in (full_size() if name == "C3D" else looks(name)).items():
        look()
        started = time.perf_counter()
        look()
        found[label] = time.perf_counter() - started
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--net", choices=[*NETS, "C3D"], help="time this one here and print it")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--name", default="two-cores", help="name of the result file")
    given = parser.parse_args()
    if given.net:
        print(json.dumps(by_the_clock(given.net)))
        return
    seconds: dict[str, list[float]] = {}
    for _ in range(given.rounds):
        for net in [*NETS, "C3D"]:
            done = subprocess.run(
                [sys.executable, __file__, "--net", net],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            for label, value in json.loads(done.stdout).items():
                seconds.setdefault(f"{net}: {label}", []).append(value)
                print(f"{net}: {label:<50}{value:>8.2f} s", flush=True)
    RESULTS.mkdir(exist_ok=True)
    result = {"machine": machine(), "rounds": given.rounds, "looks": seconds}
    (RESULTS / f"inside-{given.name}.json").write_text(json.dumps(result, indent=1) + "\n")
    write_tables()


if __name__ == "__main__":
    main()
