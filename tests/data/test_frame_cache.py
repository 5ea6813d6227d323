"""The cache of decoded frames: the decoder's own values, once decoded, whatever happens."""

import os
import pickle
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from making import coded_video, counting_video, ucf101_like
from torch.utils.data import DataLoader

from c3d_teach import read_clips
from c3d_teach.data import frame_cache as module
from c3d_teach.data import in_order
from c3d_teach.data.folder import VideoFolder
from c3d_teach.data.frame_cache import FrameCache
from c3d_teach.data.in_order import InOrder
from c3d_teach.data.ucf101 import UCF101
from c3d_teach.errors import KitError, VideoError
from c3d_teach.training.evaluate import collate

SIZE = (24, 32)


@pytest.fixture
def folder(tmp_path):
    for k in range(6):
        counting_video(tmp_path / "videos" / "aaabbb"[k] / f"{k % 3}.mp4", 50 + k % 3, first=k)
    return tmp_path / "videos"


@pytest.fixture
def decoded(monkeypatch):
    """How often each part of the kit opened a video or asked for frames."""
    calls = Counter()

    def counted(place, name):
        real = getattr(place, name)

        def call(*args):
            calls[name] += 1
            return real(*args)

        monkeypatch.setattr(place, name, call)

    counted(in_order, "open_video")  # whoever counts or reads frames comes through there
    counted(in_order, "frames_of")
    return calls


def test_the_second_epoch_decodes_nothing_and_gives_the_decoders_values(folder, tmp_path, decoded):
    plain = VideoFolder(folder, size=SIZE)
    cached = VideoFolder(folder, size=SIZE, cache=tmp_path / "cache")
    assert plain.describe() == cached.describe()
    for k in range(len(plain)):
        ours, decoders = cached[k], plain[k]
        assert torch.equal(ours.pop("clip"), decoders.pop("clip")) and ours == decoders
    decoded.clear()
    for _ in range(2):
        again = VideoFolder(folder, size=SIZE, cache=FrameCache(tmp_path / "cache"))
        assert all(len(again[k]["clip"]) == 16 for k in range(len(again)))
    assert not decoded
    again[0]["clip"].zero_()  # the reader's to change; the cache stays as it is
    assert torch.equal(again[0]["clip"], plain[0]["clip"])


def test_frames_are_those_of_read_clips(folder, tmp_path):
    frames = FrameCache(tmp_path / "cache").frames(folder / "a" / "2.mp4", SIZE)
    assert frames.shape == (52, 24, 32, 3) and frames.dtype == np.uint8
    assert not frames.flags.writeable and isinstance(frames, np.memmap)
    for k, clip in enumerate(read_clips(folder / "a" / "2.mp4", size=SIZE)):
        assert np.array_equal(frames[16 * k : 16 * k + 16], clip.numpy())


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("b-frames.avi", "mpeg4", {"bf": "2", "g": "12"}),
        ("h264.avi", "libx264", {"g": "24"}),
        (
            "open.mp4",
            "libx264",
            {"x264-params": "open-gop=1:keyint=8:min-keyint=8:scenecut=0:bframes=3"},
        ),
    ],
)
def test_frames_from_the_middle_are_right_where_seeking_is_not(tmp_path, name, codec, options):
    path = coded_video(tmp_path / name, 90, codec, options)
    clips = {16 * k: clip.numpy() for k, clip in enumerate(read_clips(path, size=SIZE))}
    reader = InOrder(path, SIZE)
    for start in (64, 16, 48, 48, 0, 32):
        assert np.array_equal(reader.frames(start, start + 16), clips[start])


def test_a_file_is_known_by_its_content(folder, tmp_path, decoded):
    cache = FrameCache(tmp_path / "cache")
    first = np.array(cache.frames(folder / "a" / "0.mp4", SIZE))
    (folder / "a" / "0.mp4").rename(folder / "a" / "moved.mp4")
    decoded.clear()
    assert np.array_equal(cache.frames(folder / "a" / "moved.mp4", SIZE), first)
    assert not decoded and len(list((tmp_path / "cache" / "frames").iterdir())) == 1
    counting_video(folder / "a" / "moved.mp4", 30, first=9)  # another video of the same name
    assert len(cache.frames(folder / "a" / "moved.mp4", SIZE)) == 30
    assert cache.count(folder / "a" / "moved.mp4") == 30
    assert cache.frames(folder / "a" / "moved.mp4", (12, 16)).shape == (30, 12, 16, 3)
    with pytest.raises(VideoError, match="no file"):
        cache.frames(folder / "none.mp4")


@pytest.mark.parametrize("damage", ["half", "longer", "empty", "text", "other shape"])
def test_damaged_files_are_noticed_and_made_again(folder, tmp_path, damage):
    path = folder / "b" / "1.mp4"
    expected = np.array(FrameCache(tmp_path / "cache").frames(path, SIZE))
    (file,) = (tmp_path / "cache" / "frames").iterdir()
    data = file.read_bytes()
    if damage == "other shape":
        np.save(file, np.zeros((51, 12, 16, 3), np.uint8))
    else:
        made = {"half": data[: len(data) // 2], "longer": data + b"x", "empty": b"", "text": b"no"}
        file.write_bytes(made[damage])
    for note in (tmp_path / "cache" / "index").iterdir():
        note.write_text("{")
    assert np.array_equal(FrameCache(tmp_path / "cache").frames(path, SIZE), expected)
    assert file.read_bytes() == data


def test_a_full_disk_is_told_before(folder, tmp_path, monkeypatch):
    usage = module.shutil.disk_usage(tmp_path)
    few = 100 * 24 * 32 * 3
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: usage._replace(free=few))
    with pytest.raises(KitError, match=r"frames of 6 videos take 0\.7 MB .* has 0\.2 MB free"):
        VideoFolder(folder, size=SIZE, cache=tmp_path / "cache")
    cache = FrameCache(tmp_path / "cache")
    cache.frames(folder / "a" / "0.mp4", SIZE)
    with pytest.raises(KitError, match="frames of 1 video take"):
        cache.frames(folder / "a" / "1.mp4", (128, 171))
    assert len(list((tmp_path / "cache" / "frames").iterdir())) == 1


def test_memory_stays_flat_while_a_long_video_is_written(tmp_path, monkeypatch):
    path = counting_video(tmp_path / "long.mp4", 300)
    asked = []
    real = in_order.frames_of
    monkeypatch.setattr(in_order, "frames_of", lambda r, a, b: asked.append(b - a) or real(r, a, b))
    assert len(FrameCache(tmp_path / "cache").frames(path, SIZE)) == 300
    assert max(asked) <= 32 and sum(asked) == 300


CHILD = """
import sys, time
from pathlib import Path
from c3d_teach.data.frame_cache import FrameCache
from c3d_teach.data.in_order import InOrder
real, pause = InOrder.frames, float(sys.argv[3])
def slow(self, start, stop):
    time.sleep(pause)
    return real(self, start, stop)
InOrder.frames = slow
cache = FrameCache(sys.argv[2])
print("ready", flush=True)
for path in sorted(Path(sys.argv[1]).rglob("*.mp4")):
    cache.frames(path, (24, 32))
"""


def filling(folder, cache, pause):
    command = [sys.executable, "-c", CHILD, str(folder), str(cache), str(pause)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_a_killed_run_loses_only_the_video_in_progress(folder, tmp_path):
    files = tmp_path / "cache" / "frames"
    child = filling(folder, tmp_path / "cache", 0.15)
    deadline = time.time() + 60
    while not (len(list(files.glob("[!.]*.npy"))) >= 2 and list(files.glob(".*.part"))):
        assert time.time() < deadline and child.poll() is None
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    done = {file: file.stat().st_mtime_ns for file in files.glob("[!.]*.npy")}
    (left,) = files.glob(".*.part")
    assert 2 <= len(done) < 6
    os.utime(left, (time.time() - 3600,) * 2)
    cached = VideoFolder(folder, size=SIZE, cache=tmp_path / "cache")
    assert not left.exists()
    plain = VideoFolder(folder, size=SIZE)
    assert all(torch.equal(cached[k]["clip"], plain[k]["clip"]) for k in range(len(plain)))
    assert {file: file.stat().st_mtime_ns for file in done} == done
    assert len(list(files.iterdir())) == 6


def test_the_file_of_a_running_process_is_left_alone(tmp_path):
    FrameCache(tmp_path)
    own = tmp_path / "frames" / f".x.npy.{os.getpid()}.part"
    fresh = tmp_path / "frames" / ".y.npy.999999999.part"
    for part in (own, fresh):
        part.touch()
    os.utime(own, (0, 0))
    FrameCache(tmp_path)
    assert own.exists() and fresh.exists()


def test_two_processes_fill_one_cache_at_once(folder, tmp_path):
    children = [filling(folder, tmp_path / "cache", 0.02) for _ in range(2)]
    assert [child.wait(60) for child in children] == [0, 0]
    for child in children:
        child.communicate()
    assert len(list((tmp_path / "cache" / "frames").iterdir())) == 6
    cached = VideoFolder(folder, size=SIZE, cache=tmp_path / "cache")
    plain = VideoFolder(folder, size=SIZE)
    assert all(torch.equal(cached[k]["clip"], plain[k]["clip"]) for k in range(len(plain)))


def test_workers_fill_and_read_the_cache(folder, tmp_path):
    plain = torch.stack([item["clip"] for item in VideoFolder(folder, size=SIZE)])
    cached = VideoFolder(folder, size=SIZE, cache=tmp_path / "cache")
    cached[0]
    for _ in range(2):
        loader = DataLoader(cached, 4, num_workers=2, collate_fn=collate)
        assert torch.equal(torch.cat([batch["clip"] for batch in loader]), plain)
    assert pickle.loads(pickle.dumps(cached))[5]["start"] == cached[5]["start"]


def test_train_and_test_share_a_cache(tmp_path):
    root = ucf101_like(tmp_path / "ucf", groups=3, clips=1, tested=(1,))
    cache = FrameCache(tmp_path / "cache")
    for part in (True, False):
        cached = UCF101(root, 1, part, size=SIZE, cache=cache)
        plain = UCF101(root, 1, part, size=SIZE)
        assert all(torch.equal(cached[k]["clip"], plain[k]["clip"]) for k in range(len(plain)))
    assert len(list(Path(tmp_path / "cache" / "frames").iterdir())) == 9
