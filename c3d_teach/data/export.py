"""Embedded clips as real video files."""

from pathlib import Path

import numpy as np
from torch import Tensor

from c3d_teach.data.embedded import Embedded
from c3d_teach.errors import KitError
from c3d_teach.files import writable_folder, write_atomically

FPS = 8  # frames a second: a 16-frame clip plays for two seconds
CRF = 12  # H.264 quality, 0 lossless to 51; at 12 the noise of a clip survives


def write_video(path: Path, clip: Tensor, *, fps: int = FPS, crf: int = CRF) -> None:
    """Write a uint8 clip ``(L, H, W, C)``, grey or RGB, as an H.264 file in MP4.

    Raises:
        KitError: when the file cannot be written.
    """
    import av

    frames = clip.expand(*clip.shape[:3], 3).contiguous().numpy()
    height, width = frames.shape[1:3]
    if height % 2 or width % 2:  # H.264 stores colour at half the resolution
        frames = np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")

    def write(part: Path) -> None:
        with av.open(str(part), "w", format="mp4") as container:
            stream = container.add_stream(
                "libx264", rate=fps, options={"crf": str(crf), "threads": "1"}
            )
            stream.height, stream.width = frames.shape[1:3]
            stream.pix_fmt = "yuv420p"
            for frame in frames:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
            container.mux(stream.encode())

    write_atomically(path, write)


def export(dataset: Embedded, out: str | Path) -> list[Path]:
    """Write every clip as ``OUT/CLASS/SPLIT-INDEX.mp4``, which ``VideoFolder`` reads.

    Spaces in class names become hyphens.

    Returns:
        The files written.

    Raises:
        KitError: when the folder cannot be written or is not empty.
    """
    root = writable_folder(Path(out))
    if any(root.iterdir()):
        raise KitError(
            f"The folder {root} is not empty, and videos of two exports would be mixed there. "
            "Give a new one."
        )
    written = []
    for number, batch in enumerate(dataset.batches(64)):
        for k, (clip, label) in enumerate(zip(batch["clip"], batch["label"].tolist(), strict=True)):
            folder = root / dataset.classes[label].replace(" ", "-")
            path = folder / f"{dataset.split}-{64 * number + k:06d}.mp4"
            write_video(path, clip)
            written.append(path)
    return written
