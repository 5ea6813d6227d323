"""Small videos and data sets for the tests of this folder."""

import av
import numpy as np
import torch

from c3d_teach.data.export import write_video


def counting_video(path, frames, size=(48, 64), first=0):
    """A video whose frame k is a flat grey of 4 (k + first), to recognise frames by."""
    shades = ((torch.arange(frames) + first) * 4 % 256).to(torch.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, shades.view(-1, 1, 1, 1).expand(frames, *size, 3), crf=0)
    return path


def coded_video(path, frames, codec, options):
    """A counting video in another codec or container, named by FFmpeg's words."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.bit_rate = 800_000
        for k in range(frames):
            picture = np.full((48, 64, 3), 4 * k % 256, np.uint8)
            picture[:, : k % 64] = 128  # something that moves, so that frames need each other
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


UCF_CLASSES = ("ApplyEyeMakeup", "Archery", "YoYo")


def ucf101_like(root, *, groups=5, clips=2, frames=20, tested=(1, 2), videos=True):
    """A data set in UCF101's form: 3 classes, ``groups`` groups of ``clips`` videos."""
    lists = root / "ucfTrainTestlist"
    lists.mkdir(parents=True)
    lines = [f"{k} {name}\n" for k, name in enumerate(UCF_CLASSES, 1)]
    (lists / "classInd.txt").write_text("".join(lines))
    sides = {"train": [], "test": []}
    for k, name in enumerate(UCF_CLASSES, 1):
        for g in range(1, groups + 1):
            for c in range(1, clips + 1):
                file = f"{name}/v_{name}_g{g:02d}_c{c:02d}.mp4"
                side = "test" if g in tested else "train"
                sides[side].append(file + (f" {k}" if side == "train" else ""))
                if videos:
                    counting_video(root / "UCF-101" / file, frames, first=20 * k + 4 * g + c)
    for side, names in sides.items():
        (lists / f"{side}list01.txt").write_text("".join(f"{line}\n" for line in names))
    return root
