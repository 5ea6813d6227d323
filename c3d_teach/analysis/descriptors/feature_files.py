"""The files of a feature folder: read, checked, and written in NumPy's and pandas' formats.

::

    features.json     how the features were made: net, layer, stride, preprocessing
    videos.csv        a row for each video, sorted by name
    descriptors.npy   float32 (videos, D); row i belongs to row i of videos.csv
    skipped.csv       videos that gave no features, and why
    clips.csv, clips.npy   only on demand: every clip's activations, neither averaged nor normalised

``np.load(..., mmap_mode="r")`` and ``pandas.read_csv(..., keep_default_na=False)`` read them too;
without the last, pandas takes a class called "NA" or "null" for a missing one.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from c3d_teach.errors import KitError, UsageError
from c3d_teach.files import printable

FORMAT = "c3d_teach features 1"
SETTINGS, VIDEOS, DESCRIPTORS = "features.json", "videos.csv", "descriptors.npy"
SKIPPED, CLIPS_TABLE, CLIPS = "skipped.csv", "clips.csv", "clips.npy"
WORK = ".work"  # folder of a run that goes on or was interrupted
COMMIT = "commit"  # file in it: all final files are written, and only have to be moved
FILES = (SETTINGS, VIDEOS, DESCRIPTORS, SKIPPED, CLIPS_TABLE, CLIPS)
_COLUMNS = ("video", "label", "group", "frames", "fps", "clips")


@dataclass(frozen=True)
class FeatureTable:
    """One descriptor for each video, and what is known of the videos.

    Attributes:
        descriptors: float32 ``(N, D)``, memory-mapped: the mean over a video's clips, then
            L2-normalised (paper, section 3.4 and 4.1).
        videos: names of the videos, sorted.
        labels: class of each video, "" where there is none.
        groups: videos of one group are near-duplicates and stay on one side of a split;
            "" for a video that is a group of its own.
        splits: ``splits[k][i]`` is "train", "test" or "" for video i in official split k + 1.
        settings: how the descriptors were made (``features.json``).
    """

    descriptors: np.ndarray
    videos: tuple[str, ...]
    labels: tuple[str, ...]
    groups: tuple[str, ...]
    splits: tuple[tuple[str, ...], ...]
    settings: dict[str, Any]


def read_features(folder: str | Path) -> FeatureTable:
    """The table that ``c3d-teach features`` wrote to ``folder``.

    Raises:
        UsageError: for a folder that is none, or holds no features.
        KitError: for features whose files do not belong together.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}; c3d-teach features makes one.")
    unfinished = (folder / WORK).is_dir()
    if not (folder / SETTINGS).is_file():
        raise UsageError(
            f"The features in {folder} are not finished; the same c3d-teach features command "
            "again goes on with them."
            if unfinished
            else f"{folder} is not a feature folder: it has no {SETTINGS}. c3d-teach features "
            "makes one."
        )
    if (folder / WORK / COMMIT).exists():
        raise KitError(
            f"The features in {folder} were being replaced when something stopped it; the same "
            "c3d-teach features command again puts that right."
        )
    settings = read_settings(folder)
    rows = list(read_csv(folder / VIDEOS, _COLUMNS[:3]))
    descriptors = read_array(folder / DESCRIPTORS)
    if len(descriptors) != len(rows):
        raise KitError(
            f"{folder / DESCRIPTORS} has {len(descriptors)} rows and {VIDEOS} {len(rows)}; they "
            "do not belong together. Make the features again, in an empty folder."
        )
    numbers: list[int] = []
    while rows and f"split{len(numbers) + 1}" in rows[0]:
        numbers.append(len(numbers) + 1)
    return FeatureTable(
        descriptors,
        tuple(row["video"] for row in rows),
        tuple(row["label"] for row in rows),
        tuple(row["group"] for row in rows),
        tuple(tuple(row[f"split{k}"] for row in rows) for k in numbers),
        settings,
    )


def read_settings(folder: Path) -> dict[str, Any]:
    """``features.json`` of a feature folder.

    Raises:
        KitError: when it is damaged or something else.
    """
    path = folder / SETTINGS
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KitError(f"{path} cannot be read: {error}.") from error
    if not isinstance(settings, dict) or settings.get("format") != FORMAT:
        raise KitError(f"{path} does not describe features of this kit ({FORMAT!r}).")
    return settings


def read_array(path: Path) -> np.ndarray:
    """A float32 matrix, memory-mapped.

    Raises:
        KitError: for a file that is none.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise KitError(f"{path} cannot be read as an array: {error}.") from error
    if array.ndim != 2 or array.dtype != np.float32:
        raise KitError(
            f"{path} holds {array.dtype} of shape {array.shape}; a table of features is float32 "
            "(videos, D)."
        )
    return array


def write_array(path: Path, shape: tuple[int, int], rows: Iterable[bytes]) -> None:
    """A float32 file for NumPy from the bytes of its rows, one after the other."""
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for row in rows:
            file.write(row)


def read_csv(path: Path, columns: Sequence[str] = ()) -> Iterator[dict[str, str]]:
    """Rows of a table as dicts.

    Raises:
        KitError: for a file that cannot be read, or lacks one of ``columns``.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [c for c in columns if c not in (reader.fieldnames or ())]
            if missing:
                raise KitError(f"{path} has no column {missing[0]!r}.")
            for row in reader:
                if None in row or None in row.values():
                    raise KitError(f"{path} is damaged at line {reader.line_num}.")
                yield row
    except (OSError, ValueError, csv.Error) as error:
        if isinstance(error, KitError):
            raise
        raise KitError(f"{path} cannot be read as a table: {error}.") from error


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A UTF-8 table; commas, quotes and line breaks inside a name survive."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([printable(c) if isinstance(c, str) else c for c in row] for row in rows)


def video_columns(splits: int) -> tuple[str, ...]:
    """Columns of ``videos.csv`` with so many official splits."""
    return (*_COLUMNS, *(f"split{k + 1}" for k in range(splits)))
