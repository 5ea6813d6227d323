"""How fast the kit is on this machine, against the plain port of the same net.

``python benchmarks/speed.py`` takes about five minutes on two cores and writes
``benchmarks/results/NAME.json`` and, from all the files there, ``benchmarks/README.md``.
"Plain" is what ports of C3D run: eager float32, channels first, the C library's default
memory handling. Variants run in turn (A B A B …) in processes of their own; the median of
the rounds is shown with the smallest and largest.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from c3d_teach.device import processor_name

HERE = Path(__file__).parent
RESULTS = HERE / "results"


def per_second(work: Callable[[], int], seconds: float = 4.0) -> float:
    """Items a second of ``work``, which returns how many it did; one warm-up."""
    work()
    done, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        done += work()
    return done / (time.perf_counter() - started)


def motion_digits() -> float:
    from c3d_teach import MotionDigits

    data = MotionDigits(1 << 20)
    return per_second(lambda: len(data.batch(range(2048))["clip"]))


def camera_motion() -> float:
    from c3d_teach import CameraMotion

    data = CameraMotion(1 << 20)
    return per_second(lambda: len(data.batch(range(256))["clip"]))


def decode(isolated: bool) -> float:
    from c3d_teach import CameraMotion, read_clips
    from c3d_teach.data.export import write_video

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"  # of UCF101's size
        clip = CameraMotion(1, clip_shape=(3, 320, 240, 320))[0]["clip"]
        write_video(path, clip, fps=25, crf=23)
        return per_second(lambda: sum(16 for _ in read_clips(path, isolated=isolated)))


def folder(cached: bool) -> float:
    """Training clips in random order, 8 videos of UCF101's size and length."""
    from c3d_teach import CameraMotion, VideoFolder
    from c3d_teach.data.export import write_video

    with tempfile.TemporaryDirectory() as place:
        made = CameraMotion(8, clip_shape=(3, 180, 240, 320))
        for k in range(8):
            path = Path(place) / "videos" / "ab"[k % 2] / f"{k}.mp4"
            write_video(path, made[k]["clip"], fps=25, crf=23)
        data = VideoFolder(Path(place) / "videos", cache=Path(place) / "cache" if cached else None)
        order = torch.randperm(len(data), generator=torch.Generator().manual_seed(0)).tolist()
        return per_second(lambda: len([data[k] for k in order]))


def small_videos(shared: bool) -> float:
    """Videos of 40 frames decoded apart from this process: one child for all, or one each."""
    from c3d_teach import MotionDigits, read_clips
    from c3d_teach.data.decoding import Decoder
    from c3d_teach.data.export import export

    with tempfile.TemporaryDirectory() as place:
        paths = export(MotionDigits(24, clip_shape=(1, 40, 32, 32)), Path(place) / "videos")

        def together() -> int:
            with Decoder() as decoder:
                return len([list(decoder.clips(path, 16, 8, (128, 171))) for path in paths])

        def apart() -> int:
            return len([list(read_clips(path, stride=8, isolated=True)) for path in paths])

        return per_second(together if shared else apart, 8.0)


def descriptors() -> float:
    """Videos of 40 frames described by a small net, from the files to the feature folder."""
    from c3d_teach import MotionDigits, extract, load
    from c3d_teach.data.export import export

    net = load("motion-d3")
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "videos"
        export(MotionDigits(96, clip_shape=(1, 40, 32, 32)), root)
        runs = (Path(place) / f"run {k}" for k in range(1000))
        return per_second(lambda: extract(net, root, next(runs), progress=False).done)


def training(net: str, plain: bool) -> float:
    from c3d_teach import C3D, SearchNet
    from c3d_teach.device import keep_freed_memory

    batch = {"search": 32, "camera": 32, "c3d": 2}[net]
    torch.manual_seed(0)
    model = {
        "search": lambda: SearchNet(8, clip_shape=(1, 16, 32, 32), width=0.25),
        "camera": lambda: C3D(9, clip_shape=(3, 16, 64, 64), width=0.125),
        "c3d": lambda: C3D(101),
    }[net]()
    layout = torch.contiguous_format if plain else torch.channels_last_3d
    if not plain:
        keep_freed_memory()
    model.to(memory_format=layout).train()
    x = torch.randn(batch, *model.clip_shape).contiguous(memory_format=layout)
    y = torch.zeros(batch, dtype=torch.long)
    optimiser = torch.optim.SGD(model.parameters(), lr=1e-6)

    def step() -> int:
        optimiser.zero_grad(set_to_none=True)
        F.cross_entropy(model(x), y).backward()
        optimiser.step()
        return batch

    return per_second(step, 8.0)


@torch.inference_mode()
def inference(plain: bool) -> float:
    from c3d_teach import C3D

    layout = torch.contiguous_format if plain else torch.channels_last_3d
    model = C3D(101).eval().to(memory_format=layout)
    x = torch.randn(2, 3, 16, 112, 112).contiguous(memory_format=layout)
    return per_second(lambda: len(model(x)), 6.0)


ROWS: dict[str, tuple[str, str, Callable[[], float]]] = {
    "motion-digits": ("MotionDigits made, 16×32×32", "clips/s", motion_digits),
    "camera-motion": ("CameraMotion made, 16×64×64", "clips/s", camera_motion),
    "decode": ("320×240 H.264 read to 128×171", "frames/s", lambda: decode(False)),
    "decode-isolated": ("the same in a child process", "frames/s", lambda: decode(True)),
    "folder": ("clips of H.264 videos in random order, cached", "clips/s", lambda: folder(True)),
    "folder-plain": ("… decoded each time", "clips/s", lambda: folder(False)),
    "small-videos": (
        "40-frame videos decoded, one child for all",
        "videos/s",
        lambda: small_videos(True),
    ),
    "small-videos-plain": ("… a child for each", "videos/s", lambda: small_videos(False)),
    "descriptors": ("40-frame videos described by motion-d3", "videos/s", descriptors),
    "train-search": ("training the classroom net", "clips/s", lambda: training("search", False)),
    "train-search-plain": ("… plain", "clips/s", lambda: training("search", True)),
    "train-camera": ("training the camera net", "clips/s", lambda: training("camera", False)),
    "train-camera-plain": ("… plain", "clips/s", lambda: training("camera", True)),
    "train-c3d": ("training C3D, batch 2", "clips/s", lambda: training("c3d", False)),
    "train-c3d-plain": ("… plain", "clips/s", lambda: training("c3d", True)),
    "infer-c3d": ("C3D inference, batch 2", "clips/s", lambda: inference(False)),
    "infer-c3d-plain": ("… plain", "clips/s", lambda: inference(True)),
}


def in_a_process(row: str) -> float:
    done = subprocess.run(
        [sys.executable, __file__, "--row", row], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def measure(rounds: int) -> dict[str, Any]:
    found: dict[str, list[float]] = {row: [] for row in ROWS}
    for _ in range(rounds):
        for row in ROWS:
            found[row].append(in_a_process(row))
            print(f"{row:<22}{found[row][-1]:>12,.1f} {ROWS[row][1]}", flush=True)
    return {
        "machine": machine(),
        "rounds": rounds,
        "rows": found,
    }


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "processor": processor_name(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": torch.__version__.split("+")[0],
    }


def table() -> str:
    """All results as Markdown: rates against the plain port, and seconds of looks inside."""
    lines = ["# Speed", "", "Written by `benchmarks/`; do not edit.", ""]
    for file in sorted(RESULTS.glob("*.json")):
        result = json.loads(file.read_text())
        kind = next((kind for kind in TABLES if kind in result), None)
        if kind is None:
            continue
        on, rounds = result["machine"], result["rounds"]
        how = f"median of {rounds} rounds (smallest to largest)" if rounds > 1 else "one round"
        lines += [
            f"## {file.stem}",
            "",
            f"{on['processor']}, {on['cores']} cores, {on['system']}, torch {on['torch']}; {how}.",
            "",
            *TABLES[kind](result[kind]),
            "",
        ]
    return "\n".join(lines)


def _rates(rows: dict[str, list[float]]) -> list[str]:
    lines = ["| what | rate | against plain |", "|---|---|---|"]
    for row, values in rows.items():
        label, unit, _ = ROWS[row]
        median = statistics.median(values)
        ratio = ""
        if plain := rows.get(f"{row}-plain"):
            pairs = [a / b for a, b in zip(values, plain, strict=True)]
            ratio = f"{statistics.median(pairs):.2f}×"
        rate = f"{median:,.1f}" if median < 100 else f"{median:,.0f}"
        spread = f"{min(values):,.1f} to {max(values):,.1f}"
        lines.append(f"| {label} | {rate} {unit} ({spread}) | {ratio} |")
    return lines


def _seconds(looks: dict[str, list[float]]) -> list[str]:
    lines = ["| look inside | seconds |", "|---|---|"]
    for label, values in looks.items():
        spread = f"{min(values):.2f} to {max(values):.2f}"
        lines.append(f"| {label} | {statistics.median(values):.2f} ({spread}) |")
    return lines


def _lessons(lessons: dict[str, dict[str, Any]]) -> list[str]:
    lines = ["| lesson | seconds | its slowest cell | seconds |", "|---|---|---|---|"]
    for name, one in lessons.items():
        lines.append(
            f"| {name} | {one['seconds']:.1f} | `{one['slowest']}` | {max(one['cells']):.1f} |"
        )
    return lines


def _dashboard(found: dict[str, dict[str, Any]]) -> list[str]:
    lines = ["| dashboard | | |", "|---|---|---|"]
    for visitors, figures in found.items():
        for label, value in figures.items():
            parts = value.items() if isinstance(value, dict) else [("", value)]
            lines += [f"| {visitors} | {label}{': ' * bool(k)}{k} | {v:,} |" for k, v in parts]
    return lines


TABLES = {  # by what a result holds
    "rows": _rates,
    "looks": _seconds,
    "lessons": _lessons,
    "dashboard": _dashboard,
}


def write_tables() -> None:
    (HERE / "README.md").write_text(table())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--row", choices=ROWS, help="measure this one here and print it")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--name", default="two-cores", help="name of the result file")
    given = parser.parse_args()
    if given.row:
        print(ROWS[given.row][2]())
        return
    result = measure(given.rounds)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{given.name}.json").write_text(json.dumps(result, indent=1) + "\n")
    write_tables()


if __name__ == "__main__":
    main()
