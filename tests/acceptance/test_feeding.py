"""From the second epoch on, training from H.264 files does not wait for clips."""

import json
import subprocess
import sys

import pytest

from c3d_teach import CameraMotion
from c3d_teach.data.export import write_video


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """48 films of 97 frames at UCF101's size, in four classes."""
    folder = tmp_path_factory.mktemp("videos")
    made = CameraMotion(48, clip_shape=(3, 97, 240, 320))
    for k in range(48):
        item = made[k]
        path = folder / made.motions[int(item["motion"]) % 4] / f"{k}.mp4"
        path.parent.mkdir(exist_ok=True)
        write_video(path, item["clip"], fps=25, crf=23)
    return folder


@pytest.mark.alone
@pytest.mark.timeout(500)
def test_the_net_waits_less_than_5_percent_from_the_second_epoch_on(videos, tmp_path):
    waiting = {}
    for kind, more in (("decoded each time", []), ("cached", ["--cache", tmp_path / "frames"])):
        command = ["train", "--data", videos, "--net", "c3d", "--width", 0.125, "--size", 64]
        command += ["--recipe", "search", "--epochs", 3 if more else 1]
        command += ["--out", tmp_path / kind, *more]
        subprocess.run(
            [sys.executable, "-m", "c3d_teach", *map(str, command)], check=True, capture_output=True
        )
        epochs = json.loads((tmp_path / kind / "history.json").read_text())["epochs"]
        waiting[kind] = [epoch["waiting"] for epoch in epochs]
        print(f"{kind}: waiting {[f'{w:.1%}' for w in waiting[kind]]} of each epoch")
    assert all(share < 0.05 for share in waiting["cached"][1:])
    assert waiting["decoded each time"][0] > waiting["cached"][1]  # so it does measure something
