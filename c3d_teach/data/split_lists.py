"""The official split lists of UCF101 and HMDB51: where they lie and what they say."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from c3d_teach.errors import UsageError

UCF101_LISTS = "ucfTrainTestlist"
HMDB51_LISTS = ("testTrainMulti_7030_splits", "test_train_splits")
_HMDB51_PART = {0: "", 1: "train", 2: "test"}
_UCF101_FILE = re.compile(r"(train|test)list(\d\d)\.txt")
_HMDB51_FILE = re.compile(r"(.+)_test_split(\d)\.txt")


@dataclass(frozen=True)
class SplitLists:
    """What the split files of one folder say.

    Attributes:
        kind: ``"ucf101"`` or ``"hmdb51"``.
        folder: where the files lie.
        classes: names in the order of their numbers.
        splits: for each split number, ``"CLASS/FILE"`` to ``"train"``, ``"test"`` or ``""``.
    """

    kind: str
    folder: Path
    classes: tuple[str, ...]
    splits: dict[int, dict[str, str]]


def find_lists(root: Path) -> tuple[str, Path] | None:
    """Kind and folder of the split files that belong to a data set's folder, if any.

    They lie in ``root`` itself or, when ``root`` is the folder of the videos, beside it.
    """
    for base in (root, root.absolute().parent):
        if base != root and root.absolute().name not in ("UCF-101", "hmdb51_org"):
            break
        if (base / UCF101_LISTS).is_dir():
            return "ucf101", base / UCF101_LISTS
        for name in HMDB51_LISTS:
            if (base / name).is_dir():
                return "hmdb51", base / name
    return None


def read_lists(kind: str, folder: Path) -> SplitLists:
    """All splits in a folder of split files.

    Raises:
        UsageError: when the folder holds none, or a line of them cannot be understood.
    """
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder} with split files.")
    return _read_ucf101(folder) if kind == "ucf101" else _read_hmdb51(folder)


def _read_ucf101(folder: Path) -> SplitLists:
    classes: dict[int, str] = {}
    for where, line in _lines(folder / "classInd.txt"):
        place, _, name = line.partition(" ")
        if not place.isdigit() or not name.strip():
            raise UsageError(f"{where} is {line!r}; it should be like '1 ApplyEyeMakeup'.")
        if int(place) in classes or name.strip() in classes.values():
            raise UsageError(f"{where} names a class or a number a second time: {line!r}.")
        classes[int(place)] = name.strip()
    if sorted(classes) != list(range(1, len(classes) + 1)):
        raise UsageError(f"{folder / 'classInd.txt'} does not number the classes 1, 2, 3 …")
    splits: dict[int, dict[str, str]] = {}
    for file in sorted(folder.iterdir()):
        if not (match := _UCF101_FILE.fullmatch(file.name)):
            continue
        part, number = match[1], int(match[2])
        split = splits.setdefault(number, {})
        for where, line in _lines(file):
            # names hold no spaces; train lists add the number of the class
            name, _, label = line.partition(" ")
            if "/" not in name:
                raise UsageError(f"{where} is {line!r}; it should be like 'CLASS/VIDEO.avi'.")
            holder = PurePosixPath(name).parent.name
            if holder not in classes.values():
                raise UsageError(f"{where} names the class {holder!r}, which classInd.txt lacks.")
            if label.strip() and classes.get(_int(label)) != holder:
                raise UsageError(
                    f"{where} gives {holder} the number {label.strip()}; classInd.txt gives it "
                    "another."
                )
            _enter(split, _key(name), part, where)
    return _checked(
        SplitLists("ucf101", folder, tuple(classes[k] for k in sorted(classes)), splits)
    )


def _read_hmdb51(folder: Path) -> SplitLists:
    classes: set[str] = set()
    splits: dict[int, dict[str, str]] = {}
    for file in sorted(folder.iterdir()):
        if not (match := _HMDB51_FILE.fullmatch(file.name)):
            continue
        label, number = match[1], int(match[2])
        classes.add(label)
        for where, line in _lines(file):
            name, _, part = line.rpartition(" ")
            if _int(part) not in _HMDB51_PART or not name.strip():
                raise UsageError(
                    f"{where} is {line!r}; it should be a video and 0 (unused), 1 (train) or 2 "
                    "(test)."
                )
            key = f"{label}/{name.strip()}"
            _enter(splits.setdefault(number, {}), key, _HMDB51_PART[_int(part)], where)
    return _checked(SplitLists("hmdb51", folder, tuple(sorted(classes)), splits))


def _lines(file: Path) -> list[tuple[str, str]]:
    """The lines that say something, each with where it stands."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise UsageError(f"The split file {file} cannot be read: {reason}.") from error
    found = enumerate(text.splitlines(), 1)
    return [(f"Line {k} of {file}", line.strip()) for k, line in found if line.strip()]


def _int(text: str) -> int:
    return int(text) if text.strip().isdigit() else -1


def _key(name: str) -> str:
    return "/".join(PurePosixPath(name).parts[-2:])


def _enter(split: dict[str, str], key: str, part: str, where: str) -> None:
    if key in split:
        said = f"once more for {part or 'no part'} after {split[key] or 'no part'}"
        raise UsageError(f"{where} names {key} twice in one split ({said}).")
    split[key] = part


def _checked(lists: SplitLists) -> SplitLists:
    if not lists.classes or not any(lists.splits.values()):
        files = (
            "classInd.txt, trainlist01.txt, testlist01.txt"
            if lists.kind == "ucf101"
            else "CLASS_test_split1.txt"
        )
        raise UsageError(f"{lists.folder} holds no splits; {files} are expected there.")
    return lists
