"""Memory stays flat in the length of a video."""

import json
import sys

import av
import numpy as np
import pytest
from support import peak_memory


def long_video(path, frames):
    rng = np.random.default_rng(0)
    background = rng.integers(0, 256, (144, 400, 3), dtype=np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.height, stream.width, stream.pix_fmt = 144, 192, "yuv420p"
        for k in range(frames):
            left = abs(k % 400 - 200)
            frame = av.VideoFrame.from_ndarray(background[:, left : left + 192], format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


@pytest.mark.timeout(600)
def test_10_000_frames_are_judged_in_flat_memory(tmp_path):
    peak = {}
    for frames in (1_000, 10_000):
        long_video(tmp_path / f"{frames}.mp4", frames)
        command = [sys.executable, "-m", "c3d_teach", "predict", str(tmp_path / f"{frames}.mp4")]
        with (tmp_path / "out.json").open("w") as out:
            peak[frames] = peak_memory([*command, "--json"], tmp_path / "peak", stdout=out)
        answer = json.loads((tmp_path / "out.json").read_text())
        assert len(answer["clips"]) == frames // 16
        print(f"{frames} frames: {peak[frames]:.2f} GB resident")
    assert peak[10_000] < 1.5
    # the 9,000 frames more would take 0.59 GB if they were all held. The process with the net stays
    # at 0.4; decord's grows a little with the film, by more where others keep the machine busy
    assert peak[10_000] - peak[1_000] < 0.35
