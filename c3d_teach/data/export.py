"""Embedded clips as real video files."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from torch import Tensor

from c3d_teach.data.embedded import Embedded
from c3d_teach.data.split_lists import UCF101_LISTS
from c3d_teach.errors import KitError, UsageError
from c3d_teach.files import writable_folder, write_atomically

FPS = 8  # frames a second: a 16-frame clip plays for two seconds
CRF = 12  # H.264 quality, 0 lossless to 51; at 12 the noise of a clip survives
_GROUPS = 25  # of each class, as in UCF101
_TESTED = 7 / 25  # share of the groups that a split of UCF101 tests on
_SPLITS = 3


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


def export(dataset: Embedded, out: str | Path, *, layout: str = "folder") -> list[Path]:
    """Write every clip as a video file.

    Layout ``"folder"``: ``OUT/CLASS/SPLIT-INDEX.mp4``, which ``VideoFolder`` reads. Spaces in
    class names become hyphens.

    Layout ``"ucf101"``: ``OUT/UCF-101/Class/v_Class_gNN_cMM.mp4`` and
    ``OUT/ucfTrainTestlist/`` with ``classInd.txt`` and three splits, which ``UCF101`` reads.
    As in UCF101 the videos of a group are near-duplicates, here in earnest: all clips made
    from one picture share a group, whatever their class. There are 25 groups, or as many as
    pictures; split 1, 2 and 3 test on one block each of 28 % of them, so that no picture is
    on both sides. (Of ``CameraMotion`` only the photograph before the camera counts; things
    that move across it may show another. ``clutter=False`` leaves them out.)

    Returns:
        The video files.

    Raises:
        UsageError: for another layout, or a set made from a single picture.
        KitError: when the folder cannot be written or is not empty.
    """
    layouts = {"folder": _in_class_folders, "ucf101": _as_ucf101}
    if layout not in layouts:
        raise UsageError(f"layout is {layout!r}; it is 'folder' or 'ucf101'.")
    name_of = layouts[layout](dataset)
    root = writable_folder(Path(out))
    if any(root.iterdir()):
        raise KitError(
            f"The folder {root} is not empty, and videos of two exports would be mixed there. "
            "Give a new one."
        )
    written = []
    for number, batch in enumerate(dataset.batches(64)):
        for k, (clip, label) in enumerate(zip(batch["clip"], batch["label"].tolist(), strict=True)):
            path = root / name_of(64 * number + k, label)
            write_video(path, clip)
            written.append(path)
    if layout == "ucf101":  # last, so that an export cut short is none
        _write_lists(root / UCF101_LISTS, [_camel(name) for name in dataset.classes], written)
    return written


def _in_class_folders(dataset: Embedded) -> Callable[[int, int], str]:
    folders = [name.replace(" ", "-") for name in dataset.classes]
    return lambda index, label: f"{folders[label]}/{dataset.split}-{index:06d}.mp4"


def _as_ucf101(dataset: Embedded) -> Callable[[int, int], str]:
    groups = _groups_of(dataset.images(range(len(dataset))).tolist())
    names = [_camel(name) for name in dataset.classes]
    made: Counter[tuple[int, int]] = Counter()

    def name_of(index: int, label: int) -> str:
        name, group = names[label], groups[index]
        made[label, group] += 1
        return f"UCF-101/{name}/v_{name}_g{group:02d}_c{made[label, group]:02d}.mp4"

    return name_of


def _groups_of(images: Sequence[int]) -> list[int]:
    """Group numbers from 1, the same for clips of the same picture."""
    pictures = {image: k for k, image in enumerate(sorted(set(images)))}
    if len(pictures) < 2:
        raise UsageError(
            "All clips of this set are made from one picture, and a split needs other pictures "
            "to test on. Take more clips, or another split of the set."
        )
    return [1 + pictures[image] % min(_GROUPS, len(pictures)) for image in images]


def _write_lists(folder: Path, names: list[str], videos: list[Path]) -> None:
    _write_lines(folder / "classInd.txt", [f"{k} {name}" for k, name in enumerate(names, 1)])
    listed = sorted(f"{path.parent.name}/{path.name}" for path in videos)
    group = {name: int(name.rsplit("_", 2)[1][1:]) for name in listed}
    count = max(group.values())
    block = max(1, round(_TESTED * count))
    number = {name: k for k, name in enumerate(names, 1)}
    for split in range(1, _SPLITS + 1):
        # with fewer than three groups the blocks come round
        tested = {1 + ((split - 1) * block + k) % count for k in range(block)}
        train = [name for name in listed if group[name] not in tested]
        _write_lines(
            folder / f"trainlist{split:02d}.txt",
            [f"{name} {number[name.split('/')[0]]}" for name in train],
        )
        test = [name for name in listed if group[name] in tested]
        _write_lines(folder / f"testlist{split:02d}.txt", test)


def _write_lines(path: Path, lines: list[str]) -> None:
    def write(part: Path) -> None:
        part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    write_atomically(path, write)


def _camel(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.replace("-", " ").split())
