"""Which videos lie in a folder, with the class, the group and the splits of each."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from c3d_teach.data.split_lists import SplitLists, find_lists, read_lists
from c3d_teach.errors import UsageError
from c3d_teach.files import printable

_ENDINGS = ("avi", "mp4", "mkv", "mov", "webm", "mpg", "mpeg", "m4v", "wmv", "flv")
SUFFIXES = frozenset(f".{ending}" for ending in _ENDINGS)

# v_ApplyEyeMakeup_g08_c01: the 8th group of videos, which share a person or a place
_UCF101_NAME = re.compile(r"v_.+_(g\d+)_c\d+", re.I)
# TITLE_CLASS_ and then what is seen of the body, the camera, people, side, quality, number
_HMDB51_TAIL = re.compile(r"_[a-z]+_(?:cm|nm)_np\w+_(?:fr|ba|le|ri)_(?:goo|med|bad)_\d+$")


@dataclass(frozen=True)
class ListedVideo:
    """One video file.

    Attributes:
        path: the file.
        name: path relative to the listing's root, with forward slashes; unique.
        label: its class, the name of the folder that holds it; ``""`` in the root itself.
        group: videos of one group are near-duplicates and must not be split; ``""`` for a
            video that is a group of its own.
        splits: for each official split ``"train"``, ``"test"`` or ``""``; empty when there
            are no official splits.
    """

    path: Path
    name: str
    label: str
    group: str
    splits: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """The videos of a folder.

    Attributes:
        root: the folder.
        kind: ``"video"`` (one file), ``"folder"``, ``"ucf101"`` or ``"hmdb51"``.
        videos: sorted by name.
        others: ``(name, reason)`` of files that are no videos by their ending, or cannot
            be reached.
    """

    root: Path
    kind: str
    videos: tuple[ListedVideo, ...]
    others: tuple[tuple[str, str], ...]


def list_videos(root: str | Path) -> Listing:
    """The videos in a folder and all folders below it, or one video file.

    Hidden files and folders are left out. A folder that holds UCF101's ``ucfTrainTestlist``
    or HMDB51's ``testTrainMulti_7030_splits`` (or lies beside it and is called ``UCF-101``
    or ``hmdb51_org``) is listed with its official splits. No video is opened.

    Raises:
        UsageError: when there is no such file or folder, or the split files are damaged.
    """
    root = Path(root)
    if root.is_file():
        only = ListedVideo(root, root.name, "", group_of(root.name), ())
        return Listing(root.parent, "video", (only,), ())
    if not root.is_dir():
        raise UsageError(f"There is no file or folder {root}.")
    found = find_lists(root)
    return listed(root, read_lists(*found) if found else None)


def listed(root: Path, lists: SplitLists | None) -> Listing:
    """The videos below a folder, with the splits of these lists."""
    videos: list[ListedVideo] = []
    others: list[tuple[str, str]] = []
    for name, reason in _files(root, lists.folder if lists else None):
        if reason:
            others.append((name, reason))
            continue
        *_, label = ("", *PurePosixPath(name).parts[:-1])
        splits = _splits_of(name, lists) if lists else ()
        videos.append(ListedVideo(root / name, name, label, group_of(name, label), splits))
    kind = lists.kind if lists else "folder"
    videos.sort(key=lambda video: video.name)
    return Listing(root, kind, tuple(videos), tuple(sorted(others)))


def group_of(name: str, label: str = "") -> str:
    """The group that a file's name tells of, or ``""``.

    ``g07`` of UCF101's ``v_CLASS_g07_c02.avi``; of HMDB51's names the title of the film or
    the video they were cut from, which stands before the class.
    """
    stem = PurePosixPath(name).stem
    if match := _UCF101_NAME.fullmatch(stem):
        return match[1].lower()
    if match := _HMDB51_TAIL.search(stem):
        return stem[: match.start()].removesuffix(f"_{label}")
    return ""


def _files(folder: Path, skip: Path | None) -> Iterator[tuple[str, str]]:
    """Every file below as ``(name, "")``, or with the reason why it is no video."""
    skipped = os.path.realpath(skip) if skip else None

    def walk(here: Path, above: frozenset[str]) -> Iterator[tuple[str, str]]:
        real = os.path.realpath(here)
        if real in above or real == skipped:  # a link that leads back up never ends
            return
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError as error:
            yield name_of(here), f"the folder cannot be opened: {error.strerror}"
            return
        for entry in entries:
            if entry.name[0] == ".":
                continue
            if entry.is_dir():
                yield from walk(here / entry.name, above | {real})
            else:
                yield name_of(here / entry.name), _why_not(here / entry.name)

    def name_of(path: Path) -> str:
        return printable(path.relative_to(folder).as_posix())

    yield from walk(folder, frozenset())


def _why_not(path: Path) -> str:
    if path.suffix.lower() not in SUFFIXES:
        return f"its ending {path.suffix!r} is not one of a video" if path.suffix else "no ending"
    if printable(path.name) != path.name:
        return "its name is not valid UTF-8; rename it"
    if not path.is_file():
        return "it is a link that leads nowhere" if path.is_symlink() else "it is no plain file"
    return ""


def _splits_of(name: str, lists: SplitLists) -> tuple[str, ...]:
    key = "/".join(PurePosixPath(name).parts[-2:])
    last = max(lists.splits)
    return tuple(lists.splits.get(number, {}).get(key, "") for number in range(1, last + 1))
