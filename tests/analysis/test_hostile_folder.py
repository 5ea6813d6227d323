"""A folder of everything that can go wrong: what is good is done, what is bad is named."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import odd_videos as odd
import pytest
import torch
from feature_support import contents, net

from c3d_teach.analysis.descriptors.feature_files import read_csv, read_features
from c3d_teach.analysis.descriptors.features import extract
from c3d_teach.data import decoder, decoding
from c3d_teach.data.export import write_video
from c3d_teach.data.listing import ListedVideo, Listing, list_videos

UNEVEN = np.cumsum(np.random.default_rng(0).choice([33, 40, 100, 300], 40)).tolist()

BAD = {
    "bad/cut.mp4": "it cannot be read as a video: it has .* so it was not copied whole.",
    "bad/cut-front.mp4": "it cannot be read as a video: it has .* so it was not copied whole.",
    "bad/cut.mkv": r"it breaks off after frame \d+: it has [\d,]+ of the [\d,]+ bytes",
    "bad/cut.avi": r"it breaks off after frame \d+: it has [\d,]+ of the [\d,]+ bytes",
    "bad/damaged.mp4": r"it breaks off: frame \d+ to \d+ of 80 cannot be decoded.",
    "bad/damaged.avi": r"it brought the decoder down \(exit code -?\d+\)|it breaks off|"
    "it cannot be read as a video: not even",
    "bad/empty.mp4": r"it is empty \(0 bytes\).",
    "bad/no-frames.mp4": "it cannot be read as a video: it holds no pictures.",
    "bad/no-frames.avi": "it cannot be read as a video: its video stream has no frames.",
    "bad/no-frames.mkv": "it cannot be read as a video: it ends before its first frame.",
    "bad/one.mp4": "it has 1 frame, and a clip takes 16.",
    "bad/fifteen.mp4": "it has 15 frames, and a clip takes 16.",
    "bad/sound.mp4": "it cannot be read as a video: it holds no pictures, only sound.",
    "bad/text.mp4": "it cannot be read as a video: it is damaged, cut off, or something else.",
    "bad/noise.avi": "it cannot be read as a video: it is damaged, cut off, or something else.",
}
GOOD = {
    "good/plain.mp4": 40,
    "good/plain.MKV": 40,
    "good/plain.avi": 40,
    "good/sixteen.mov": 16,
    "good/turned.mp4": 40,
    "good/uneven.mkv": 40,
    "good/uneven.mp4": 40,
    'good/跑, "步".mp4': 24,
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("hostile")
    good, bad = root / "good", root / "bad"
    good.mkdir()
    bad.mkdir()
    plain = odd.write(good / "plain.mp4", 40)
    odd.write(good / "plain.MKV", 40)
    odd.write(good / "plain.avi", 40, codec="mpeg4")
    odd.write(good / "sixteen.mov", 16)
    odd.turned(good / "turned.mp4", plain, 90)
    odd.write(good / "uneven.mkv", 40, times=UNEVEN)
    odd.write(good / "uneven.mp4", 40, times=UNEVEN)
    odd.write(good / '跑, "步".mp4', 24)
    odd.cut(bad / "cut.mp4", plain, 0.7)
    front = odd.write(root / ".front.mp4", 40, options={"movflags": "+faststart"})
    odd.cut(bad / "cut-front.mp4", front, 0.7)
    odd.cut(bad / "cut.mkv", good / "plain.MKV", 0.7)
    odd.cut(bad / "cut.avi", good / "plain.avi", 0.9)
    blocks = np.random.default_rng(0).integers(0, 256, (80, 12, 16, 3)).astype(np.uint8)
    write_video(root / ".noise.mp4", torch.from_numpy(blocks.repeat(8, 1).repeat(8, 2)))
    odd.damaged(bad / "damaged.mp4", root / ".noise.mp4")
    odd.damaged(bad / "damaged.avi", odd.write(root / ".long.avi", 80, codec="mpeg4"))
    (bad / "empty.mp4").touch()
    for ending in ("mp4", "mkv"):
        odd.write(bad / f"no-frames.{ending}", 0)
    odd.write(bad / "no-frames.avi", 0, codec="mpeg4")
    odd.write(bad / "one.mp4", 1)
    odd.write(bad / "fifteen.mp4", 15)
    odd.sound(bad / "sound.mp4")
    (bad / "text.mp4").write_text("this is no video\n" * 100)
    (bad / "noise.avi").write_bytes(np.random.default_rng(0).bytes(5000))
    (bad / "folder.mp4").mkdir()  # nothing in it
    (root / "readme.txt").write_text("which is no video")
    return root


@pytest.fixture(scope="module")
def features(root, tmp_path_factory):
    out = tmp_path_factory.mktemp("features")
    return out, extract(net(), root, out, progress=False)


def test_every_good_video_is_done(features):
    out, done = features
    table = read_features(out)
    assert table.videos == tuple(sorted(GOOD)) and done.done == len(GOOD)
    assert np.allclose(np.linalg.norm(table.descriptors, axis=1), 1, atol=1e-5)
    rows = {row["video"]: row for row in read_csv(out / "videos.csv")}
    for name, frames in GOOD.items():
        assert int(rows[name]["frames"]) == frames
        assert int(rows[name]["clips"]) == (frames - 16) // 8 + 1


def test_every_bad_one_is_named_with_its_reason(features):
    out, done = features
    named = {row["video"]: row["reason"] for row in read_csv(out / "skipped.csv")}
    assert named == dict(done.skipped)
    assert named.keys() == BAD.keys()
    for name, said in BAD.items():
        assert re.match(said, named[name]), (name, named[name])
        assert "\n" not in named[name] and str(out.parent) not in named[name]
    assert [name for name, _ in done.others] == ["readme.txt"]


def test_how_long_a_frame_is_shown_changes_nothing(features):
    out, _ = features
    table = read_features(out)
    row = {name: table.descriptors[k] for k, name in enumerate(table.videos)}
    assert np.allclose(row["good/uneven.mkv"], row["good/plain.mp4"], atol=1e-3)
    assert np.allclose(row["good/uneven.mp4"], row["good/plain.mp4"], atol=1e-3)
    assert not np.allclose(row["good/turned.mp4"], row["good/plain.mp4"], atol=1e-3)


def test_bad_ones_are_tried_again_and_the_good_ones_are_not(root, features):
    out, _ = features
    before, tried = steady(out), []
    again = extract(net(), root, out, progress=False, on_video=lambda v, why: tried.append(v.name))
    assert tried == sorted(BAD) and (again.done, again.reused) == (0, len(GOOD))
    assert steady(out) == before


def steady(out):
    """All that is written; but where damage is noticed depends on the decoder's threads."""
    files = contents(out)
    files["skipped.csv"] = re.sub(rb"frame \d+ to \d+", b"", files["skipped.csv"])
    return files


# a stand-in for the real decoder, for no file is known to hold it up everywhere
FAKE = """
import os, sys, time
from c3d_teach.data import decoder
real = decoder.clips_of
def clips_of(path, *rest):
    if "kills" in path.name: os._exit(139)
    if "halts" in path.name: time.sleep(60)
    stream = real(path, *rest)
    yield next(stream)
    yield next(stream)
    if "midway" in path.name: os._exit(139)
    yield from stream
decoder.clips_of = clips_of
sys.exit(decoder._serve())
"""


FEW = {"patience": 3, "served": 2, "limits": None}


def test_a_file_that_kills_or_holds_up_the_decoder_costs_only_itself(root, tmp_path, monkeypatch):
    popen = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda _, **rest: popen([sys.executable, "-c", FAKE], **rest)
    )
    monkeypatch.setattr(decoding.Decoder.__init__, "__kwdefaults__", FEW)
    videos = tmp_path / "videos"
    videos.mkdir()
    names = ["a", "b-kills", "c", "d-midway", "e", "f-halts", "g", "h", "i"]
    for name in names:
        (videos / f"{name}.mp4").write_bytes((root / "good/plain.mp4").read_bytes())
    done = extract(net(), videos, tmp_path / "out", clips=True, progress=False)
    assert [(name, why.split(" (")[0].split(" without")[0]) for name, why in done.skipped] == [
        ("b-kills.mp4", "it brought the decoder down"),
        ("d-midway.mp4", "it brought the decoder down"),
        ("f-halts.mp4", "it kept the decoder busy for 3 s"),
    ]
    table = read_features(tmp_path / "out")
    assert table.videos == tuple(f"{name}.mp4" for name in "aceghi")
    assert (table.descriptors == table.descriptors[0]).all()
    clips = np.load(tmp_path / "out/clips.npy")
    assert clips.shape == (24, 128) and (clips.reshape(6, 4, 128) == clips[:4]).all()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_decoder_outlives_a_run_that_was_killed(tmp_path):
    (tmp_path / "halts.mp4").write_text("x")
    parent = f"""
import subprocess, sys
from pathlib import Path
popen = subprocess.Popen
def fake(_, **rest):
    child = popen([sys.executable, "-c", {FAKE!r}], **rest)
    print(child.pid, flush=True)
    return child
subprocess.Popen = fake
from c3d_teach.data.decoding import Decoder
next(Decoder().clips(Path({str(tmp_path / "halts.mp4")!r}), 16, 8, (24, 32)))
"""
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as run:
        child = Path("/proc") / str(int(run.stdout.readline())) / "stat"
        time.sleep(1)  # by now it is busy with a file that never ends
        run.kill()
    for _ in range(100):
        if not child.exists() or ") Z " in child.read_text():
            return
        time.sleep(0.1)
    raise AssertionError("the decoder is still there")


def test_a_name_that_is_no_utf8_and_a_file_that_is_gone(root, tmp_path):
    try:
        path = tmp_path / os.fsdecode(b"caf\xe9.mp4")
        path.write_bytes((root / "good/plain.mp4").read_bytes())
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    listed = ListedVideo(path, path.name, "", "", ())
    gone = ListedVideo(tmp_path / "gone.mp4", "gone.mp4", "", "", ())
    listing = Listing(tmp_path, "folder", (listed, gone), ())
    done = extract(net(), listing, tmp_path / "out", progress=False)
    said = "it has a name that is not valid UTF-8, and the decoder takes no other; rename it."
    assert done.skipped == (
        ("caf\\udce9.mp4", said),
        ("gone.mp4", "There is no file gone.mp4."),
    )
    assert str(done).encode() and len(read_features(tmp_path / "out").videos) == 0
    (tmp_path / "plain.mp4").write_bytes(path.read_bytes())
    done = extract(net(), list_videos(tmp_path), tmp_path / "out2", progress=False)
    assert str(done).encode() and done.done == 1
    assert [reason for _, reason in (*done.skipped, *done.others) if "not valid UTF-8" in reason]


def test_the_decoder_is_restarted_now_and_then(root, monkeypatch):
    started = []
    real = decoding._Child
    monkeypatch.setattr(decoding, "_Child", lambda *a: started.append(1) or real(*a))
    with decoding.Decoder(served=2) as child:
        for _ in range(5):
            items = list(child.clips(root / "good/plain.mp4", 16, 8, (24, 32)))
            assert isinstance(items[0], decoder.VideoInfo) and len(items) == 5
    assert len(started) == 3
