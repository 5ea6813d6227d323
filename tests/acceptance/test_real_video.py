"""Honest on real video: 20 clips of a fixed camera, as they are and under a virtual camera."""

import time

import numpy as np
import pytest
import torch
from support import CLIPS, MOVES, NO_CLIPS, virtual_camera

from c3d_teach import (
    C3D,
    Classifier,
    Preprocess,
    extract,
    judge_video,
    load,
    probe,
    read_clips,
    read_features,
    verdict,
)
from c3d_teach.models.verdict import NO_MOTION

pytestmark = pytest.mark.skipif(not CLIPS.is_dir(), reason=NO_CLIPS)


def answers(net, clips):
    return [verdict(net.classes, p) for p in net.predict(clips)]


def share(found, wanted):
    return sum(a == wanted for a in found) / len(found)


def test_a_fixed_camera_has_no_clear_motion():
    net = load("camera-c3d")
    files = sorted((CLIPS / "asl").iterdir())
    clips = torch.stack([clip for file in files for clip in read_clips(file)])
    found = share(answers(net, clips), NO_MOTION)
    print(f"no clear camera motion in {found:.1%} of {len(clips)} clips of a fixed camera")
    assert found >= 0.8


def test_a_virtual_camera_over_the_same_clips_is_named():
    net = load("camera-c3d")
    files = sorted((CLIPS / "asl").iterdir())
    clips = [clip for file in files for clip in read_clips(file, size=(240, 320))]
    found = {}
    for motion in MOVES:
        moved = torch.stack([virtual_camera(clip, motion) for clip in clips])
        found[motion] = share(answers(net, moved), NO_MOTION if motion == "still" else motion)
        print(f"{motion:<24} {found[motion]:.1%} of {len(clips)}")
    moving = [v for k, v in found.items() if k != "still"]
    print(f"over the eight motions: {sum(moving) / 8:.1%}")
    assert sum(moving) / 8 >= 0.9
    assert found["still"] >= 0.8


def test_every_real_file_gets_an_answer():
    net = load("camera-c3d")
    for file in sorted(CLIPS.glob("*/*.m*")):
        started = time.monotonic()
        judged = judge_video(net, file)
        assert len(judged.clips) == judged.frames // 16 and not judged.error
        print(f"{file.name}: {len(judged.clips)} clips in {time.monotonic() - started:.1f} s")


@pytest.mark.timeout(600)
def test_the_full_size_c3d_describes_every_real_clip(tmp_path):
    """Random weights: what counts is that files, sizes and speed are those of the real thing."""
    torch.manual_seed(0)
    preprocess = Preprocess((112, 112), 128, (90.0, 98.0, 102.0), (1.0,) * 3, frame_size=(128, 171))
    net = C3D().channels_last().eval()
    classifier = Classifier(net, preprocess, tuple(f"class {k}" for k in range(487)))
    done = extract(classifier, CLIPS, tmp_path, progress=False)
    table = read_features(tmp_path)
    assert done.skipped == () and done.done == len(table.videos) >= 22
    assert table.descriptors.shape[1] == 4096 and np.isfinite(table.descriptors).all()
    frames = [probe(CLIPS / name).frames for name in table.videos]
    assert done.clips == sum((n - 16) // 8 + 1 for n in frames)
    print(
        f"full-size C3D: {done.clips} clips of {done.done} videos in {done.seconds:.0f} s, "
        f"{done.clips / done.seconds:.2f} clips/s"
    )
