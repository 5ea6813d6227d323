"""The binary feature files of the released C3D tools: read and written.

One file holds one layer's activations for one clip, and its name the clip's first frame and the
layer: ``000017.fc6-1``. Five int32 (number of clips, channels, length, height, width) stand in
front of the float32 values, little-endian, the width running fastest.
"""

import re
from collections import Counter
from math import prod
from pathlib import Path

import numpy as np

from c3d_teach.errors import KitError, UsageError
from c3d_teach.files import write_atomically

_HEAD = 5 * 4  # bytes
_NAME = re.compile(r"(\d+)\.(.+)")


def read_blob(path: str | Path) -> np.ndarray:
    """float32 ``(N, C, L, H, W)`` from one file.

    Raises:
        KitError: for a file that cannot be read or has another length than it says.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise KitError(f"Cannot read {path}: {error.strerror or error}.") from error
    shape = tuple(int(n) for n in np.frombuffer(data[:_HEAD], "<i4")) if len(data) >= _HEAD else ()
    if len(shape) != 5 or min(shape) < 1:
        raise KitError(
            f"{path} does not begin with five positive whole numbers (clips, channels, length, "
            "height, width), so it is not a feature file of the C3D tools."
        )
    expected = _HEAD + 4 * prod(shape)
    if len(data) != expected:
        raise KitError(
            f"{path} says that it holds {'×'.join(map(str, shape))} numbers, which take "
            f"{expected:,} bytes, and it has {len(data):,}: it is cut off or something else."
        )
    return np.frombuffer(data, "<f4", offset=_HEAD).reshape(shape).astype(np.float32)


def write_blob(path: str | Path, features: np.ndarray) -> None:
    """Write an array as one file; what has fewer than five axes gets axes of 1 behind.

    Without an axis of clips, as a single row ``(D,)``, it is one clip.

    Raises:
        UsageError: for an array that is empty or has more than five axes.
        KitError: when the file cannot be written.
    """
    features = np.atleast_2d(np.asarray(features))
    if features.ndim > 5 or features.size == 0:
        raise UsageError(
            f"The features have the shape {features.shape}; a feature file takes one to five axes "
            "(N, C, L, H, W), none of them 0."
        )
    shape = (*features.shape, *(1,) * (5 - features.ndim))
    data = np.asarray(shape, "<i4").tobytes() + np.ascontiguousarray(features, "<f4").tobytes()

    def write(part: Path) -> None:
        part.write_bytes(data)

    write_atomically(Path(path), write)


def read_caffe_features(source: str | Path, layer: str | None = None) -> np.ndarray:
    """Activations float32 ``(clips, D)`` of one video, in the order of its frames.

    ``video_descriptor(read_caffe_features(folder))`` is the descriptor of the video: mean, then
    L2.

    Args:
        source: one file, or a folder with a file for each clip.
        layer: ending of the files to read from a folder, such as ``"fc6-1"``; needed only when
            there are several.

    Raises:
        UsageError: for a folder without such files, or with those of several layers.
        KitError: for a damaged file, or files that do not belong together.
    """
    source = Path(source)
    if source.is_dir():
        paths = _clip_files(source, layer)
    elif source.is_file():
        paths = [source]
    else:
        raise UsageError(f"There is no file or folder {source}.")
    blobs = [blob.reshape(len(blob), -1) for blob in map(read_blob, paths)]
    widths = Counter(blob.shape[1] for blob in blobs)
    if len(widths) > 1:
        usual = widths.most_common(1)[0][0]
        odd = next(k for k, blob in enumerate(blobs) if blob.shape[1] != usual)
        raise KitError(
            f"{paths[odd]} has {blobs[odd].shape[1]} features a clip and the others have {usual}; "
            "they do not come from one layer of one net."
        )
    return np.concatenate(blobs)


def write_caffe_features(
    folder: str | Path, features: np.ndarray, starts: list[int], layer: str = "fc6-1"
) -> list[Path]:
    """Write activations ``(clips, …)`` as a file a clip, ``FOLDER/000017.fc6-1``.

    Args:
        folder: made when it is not there.
        features: activations, a clip a row.
        starts: first frame of each clip.
        layer: ending of the files.

    Returns:
        The files, in the order of the clips.

    Raises:
        UsageError: when there is not one start for each clip.
        KitError: when a file cannot be written.
    """
    features = np.asarray(features)
    if len(starts) != len(features) or len(set(starts)) != len(starts):
        raise UsageError(
            f"There are {len(features)} clips and {len(set(starts))} different starts; each clip "
            "has its own."
        )
    paths = [Path(folder) / f"{start:06d}.{layer}" for start in starts]
    for path, row in zip(paths, features, strict=True):
        write_blob(path, row[None])
    return paths


def _clip_files(folder: Path, layer: str | None) -> list[Path]:
    found: dict[str, list[tuple[int, Path]]] = {}
    for path in folder.iterdir():
        if (match := _NAME.fullmatch(path.name)) and path.is_file():
            found.setdefault(match[2], []).append((int(match[1]), path))
    if layer is None and len(found) > 1:
        raise UsageError(
            f"{folder} holds files of {', '.join(sorted(found))}; say which layer to read."
        )
    chosen = found.get(layer, []) if layer is not None else next(iter(found.values()), [])
    if not chosen:
        raise UsageError(
            f"{folder} holds no feature files of the C3D tools, named like "
            f"000017.{layer or 'fc6-1'}."
        )
    return [path for _, path in sorted(chosen)]
