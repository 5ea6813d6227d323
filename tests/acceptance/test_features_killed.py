"""A thousand videos, killed three times: nothing is lost, and memory stays where it was."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from c3d_teach.analysis.descriptors.feature_files import read_features
from c3d_teach.data.export import write_video

VIDEOS = 1000
FRAMES = range(24, 40)  # two clips every 8 frames, or three


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    root = tmp_path_factory.mktemp("thousand")
    generator = torch.Generator().manual_seed(0)
    for k in range(VIDEOS):
        frames = FRAMES[k * 7 % len(FRAMES)]
        shape = (frames, 4, 6, 3)
        blocks = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)
        path = root / f"class-{k % 7}" / f"{k:04d}.mp4"
        path.parent.mkdir(exist_ok=True)
        write_video(path, blocks.repeat_interleave(8, 1).repeat_interleave(8, 2), crf=30)
    return root


class Extraction:
    """``c3d-teach features`` in a process of its own."""

    def __init__(self, videos: Path, out: Path) -> None:
        command = [sys.executable, "-m", "c3d_teach", "features", str(videos)]
        command += ["--net", "motion-d3", "--out", str(out), "--json"]
        self.journal = out / ".work" / "journal.jsonl"
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def done(self) -> int:
        """Videos in the journal: they are finished, whatever happens."""
        try:
            return max(0, self.journal.read_bytes().count(b"\n") - 1)
        except OSError:
            return 0

    def wait_for(self, count: int) -> int:
        while self.process.poll() is None and (done := self.done()) < count:
            time.sleep(0.01)
        return done

    def memory(self) -> float:
        """MiB resident."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def end(self) -> None:
        said, problems = self.process.communicate(timeout=300)
        assert self.process.returncode == 0, (said, problems)


def files(out: Path) -> dict[str, bytes]:
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()}


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.timeout(600)
def test_a_thousand_videos_killed_three_times(videos, tmp_path):
    begun = time.monotonic()
    run = Extraction(videos, tmp_path / "unbroken")
    memory = {}
    for count in (100, VIDEOS - 20):  # the last ones may be over before they are seen
        run.wait_for(count)
        memory[count] = run.memory()
    run.end()
    unbroken = time.monotonic() - begun
    early, late = memory.values()
    print(f"unbroken: {unbroken:.1f} s, {VIDEOS / unbroken:.0f} videos a second")
    print("resident memory:", ", ".join(f"{m:.0f} MiB at video {k}" for k, m in memory.items()))

    seed = random.randrange(2**32)
    chance = random.Random(seed)
    points = sorted(chance.sample(range(50, VIDEOS - 50), 3))
    out, seen = tmp_path / "killed", 0
    for point in points:
        run = Extraction(videos, out)
        run.wait_for(point)
        time.sleep(chance.random() / 20)  # anywhere in the work on a video
        run.process.kill()
        run.process.communicate()
        assert run.process.returncode == -9 and not (out / "features.json").exists()
        assert run.done() >= max(point, seen)
        seen = run.done()
    Extraction(videos, out).end()
    print(f"killed after {points} videos (seed {seed}); {time.monotonic() - begun:.0f} s in all")

    first, second = files(tmp_path / "unbroken"), files(out)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    table = read_features(out)
    assert table.descriptors.shape == (VIDEOS, 512) and len(set(table.labels)) == 7
    assert np.allclose(np.linalg.norm(table.descriptors, axis=1), 1, atol=1e-5)
    assert len(np.unique(table.descriptors, axis=0)) == VIDEOS
    assert late < 1.1 * early, "memory grew with the number of videos"
