"""Processes that share an extraction, killed at random: nothing finished is lost."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch

from c3d_teach.data.export import write_video

VIDEOS = 240
FRAMES = range(24, 60)
KILLS = ("the first", "another", "torchrun")  # whom


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    root = tmp_path_factory.mktemp("videos")
    generator = torch.Generator().manual_seed(0)
    for k in range(VIDEOS):
        shape = (FRAMES[k * 7 % len(FRAMES)], 4, 6, 3)
        blocks = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)
        path = root / f"class-{k % 7}" / f"{k:04d}.mp4"
        path.parent.mkdir(exist_ok=True)
        write_video(path, blocks.repeat_interleave(8, 1).repeat_interleave(8, 2), crf=30)
    return root


class Extraction:
    """``c3d-teach features`` by so many processes, which torchrun has started."""

    def __init__(self, videos: Path, out: Path, processes: int) -> None:
        self.out = out
        command = [sys.executable, "-m"]
        if processes > 1:
            command += ["torch.distributed.run", "--standalone"]
            command += ["--nproc-per-node", str(processes), "-m"]
        command += ["c3d_teach", "features", str(videos), "--net", "motion-d3", "--clips"]
        self.process = subprocess.Popen(
            [*command, "--out", str(out), "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )

    def finished(self) -> set[str]:
        """Videos in the journals: they are finished, whatever happens."""
        lines = [
            json.loads(line)
            for journal in (self.out / ".work").rglob("journal.jsonl")
            for line in journal.read_bytes().splitlines(keepends=True)
            if line.endswith(b"\n")
        ]
        return {line["video"] for line in lines if "video" in line}

    def wait_for(self, count: int) -> None:
        while self.process.poll() is None and len(self.finished()) < count:
            time.sleep(0.05)

    def kill(self, whom: str, chance: random.Random) -> None:
        """Kill one process, and wait until all have noticed."""
        ranks = psutil.Process(self.process.pid).children()
        by_rank = {int(child.environ()["RANK"]): child for child in ranks}
        rank = 0 if whom == "the first" else chance.randrange(1, len(by_rank))
        (psutil.Process(self.process.pid) if whom == "torchrun" else by_rank[rank]).kill()
        assert not psutil.wait_procs(ranks, timeout=20)[1], f"they wait on when {whom} is gone"
        self.process.communicate(timeout=30)
        assert self.process.returncode != 0

    def end(self) -> dict[str, object]:
        said, problems = self.process.communicate(timeout=300)
        assert self.process.returncode == 0, (said, problems)
        return dict(json.loads(said))


def files(out: Path) -> dict[str, bytes]:
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_ranks_killed_at_random_and_taken_up_by_other_numbers(videos, tmp_path):
    Extraction(videos, tmp_path / "alone", 1).end()
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    print(f"seed {seed}")
    out, kept = tmp_path / "out", set()
    points = sorted(chance.sample(range(10, VIDEOS - 60), len(KILLS)))
    for point, whom in zip(points, chance.sample(KILLS, len(KILLS)), strict=True):
        processes = chance.choice([2, 3])
        run = Extraction(videos, out, processes)
        run.wait_for(max(point, len(kept) + 1))
        time.sleep(chance.random() / 10)  # anywhere in the work on a video
        run.kill(whom, chance)
        assert not (out / "features.json").exists() and kept <= run.finished()
        kept = run.finished()
        print(f"{processes} processes, {whom} killed after {len(kept)} videos")
    processes = chance.choice([1, 2, 3])
    said = Extraction(videos, out, processes).end()
    print(f"{processes} processes did the other {said['done']}")
    assert (said["reused"], said["done"]) == (len(kept), VIDEOS - len(kept))
    first, second = files(tmp_path / "alone"), files(out)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
