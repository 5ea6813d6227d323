"""UCF101 and HMDB51: labelled videos with official splits."""

import warnings
from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import Any

from c3d_teach.data.frame_cache import FrameCache
from c3d_teach.data.hold_out import held_part
from c3d_teach.data.labelled import LabelledVideos
from c3d_teach.data.listing import ListedVideo, group_of, listed
from c3d_teach.data.split_lists import SplitLists, find_lists, read_lists
from c3d_teach.data.transforms import FRAME_SIZE
from c3d_teach.errors import UsageError

_NAMES = {"ucf101": "UCF101", "hmdb51": "HMDB51"}
_SOURCES = {
    "ucf101": "https://www.crcv.ucf.edu/data/UCF101.php",
    "hmdb51": "https://serre-lab.clps.brown.edu/resource/hmdb-a-large-human-motion-database/",
}
_TREES = {
    "ucf101": """\
  {root}/UCF-101/ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi …
  {root}/ucfTrainTestlist/classInd.txt, trainlist01.txt, testlist01.txt …""",
    "hmdb51": """\
  {root}/brush_hair/NAME_brush_hair_….avi …   (or {root}/hmdb51_org/brush_hair/…)
  {root}/testTrainMulti_7030_splits/brush_hair_test_split1.txt …""",
}


class _OfficialVideos(LabelledVideos):
    """What :class:`UCF101` and :class:`HMDB51` share; ``kind`` says which files to expect."""

    kind: str
    official = True

    def __init__(
        self,
        root: str | Path,
        split: int = 1,
        train: bool = True,
        *,
        length: int = 16,
        stride: int = 16,
        size: tuple[int, int] = FRAME_SIZE,
        hold_out: str | None = None,
        cache: str | Path | FrameCache | None = None,
        lists: str | Path | None = None,
    ) -> None:
        root = Path(root)
        if hold_out and not train:
            raise UsageError(f"hold_out is {hold_out!r}, but only the train part can be parted.")
        read = self._lists(root, lists)
        if split not in read.splits:
            there = ", ".join(map(str, sorted(read.splits)))
            raise UsageError(f"There is no split {split} in {read.folder}; there are {there}.")
        if problem := shared_groups(read.splits[split]):
            if self.kind == "ucf101" or lists is not None:
                raise UsageError(
                    f"Split {split} in {read.folder} leaks: {problem}. Videos of a group are "
                    "near-duplicates; keep each group on one side."
                )
            warnings.warn(f"The official split {split} of HMDB51: {problem}.", stacklevel=2)
        part = "train" if train else "test"
        chosen = self._files(root, read, split, part)
        self.split, self.train, self.hold_out = split, train, hold_out
        super().__init__(
            root,
            held_part(chosen, hold_out),
            read.classes,
            length=length,
            stride=stride,
            size=size,
            cache=cache,
            about={"data": self.kind, "split": split, "part": part, "hold_out": hold_out},
        )

    def _lists(self, root: Path, lists: str | Path | None) -> SplitLists:
        if not root.is_dir():
            raise UsageError(self._missing(f"There is no folder {root}.", root))
        if lists is not None:
            return read_lists(self.kind, Path(lists))
        found = find_lists(root)
        if found is None or found[0] != self.kind:
            raise UsageError(self._missing(f"{root} holds no split files of {self._name}.", root))
        return read_lists(*found)

    def _files(self, root: Path, lists: SplitLists, split: int, part: str) -> list[ListedVideo]:
        """The listed videos of one side, each with its file."""
        wanted = [key for key, side in lists.splits[split].items() if side == part]
        if not wanted:
            raise UsageError(f"Split {split} in {lists.folder} lists no video for {part}.")
        there = _by_key(listed(root, lists).videos)
        missing = [key for key in wanted if _found(key, there) is None]
        if missing:
            lead = (
                f"{len(missing)} of the {len(wanted)} videos of the {part} part of split {split} "
                f"are not under {root}, the first: {missing[0]}."
            )
            raise UsageError(self._missing(lead, root))
        files = [video for key in wanted if (video := _found(key, there))]
        return sorted(files, key=lambda video: video.name)

    @property
    def _name(self) -> str:
        return _NAMES[self.kind]

    def _missing(self, lead: str, root: Path) -> str:
        tree = _TREES[self.kind].format(root=root.name or root)
        return (
            f"{lead} Get {self._name} with its split lists from {_SOURCES[self.kind]} and lay it "
            f"out so:\n{tree}"
        )


class UCF101(_OfficialVideos):
    """UCF101 (Soomro, Zamir and Shah, 2012): 101 classes, 13,320 videos, 3 official splits.

    Items and attributes are those of ``LabelledVideos``. Nothing is downloaded: get the
    videos and the split lists from https://www.crcv.ucf.edu/data/UCF101.php into ::

        root/UCF-101/ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi …
        root/ucfTrainTestlist/classInd.txt, trainlist01.txt, testlist01.txt …

    The class folders may also lie in ``root`` itself. Labels are those of ``classInd.txt``,
    less one. A listed video may have another ending than in the list.

    **Groups.** The videos of one class and group (``_g07_``) are cut from the same long
    video. A split with videos of one group on both sides tests on near-duplicates of what
    was learnt, and is refused. (In the parts that were read of public copies of the official
    lists, split 1 tests on groups 1 to 7, split 2 on 8 to 14, split 3 on 15 to 21.)

    Args:
        root: the folder above.
        split: 1, 2 or 3.
        train: whether the train list or the test list is meant.
        length: frames in a clip.
        stride: frames from one clip's start to the next; the paper's training clips do not
            overlap (16, section 3.1).
        size: height and width that frames are resized to, 128×171 in the paper.
        hold_out: None for the whole list; ``"val"`` for about a fifth of the train list, in
            whole groups, and ``"train"`` for the rest. The lists have no validation part.
        cache: folder for decoded frames, or a ``FrameCache``; None decodes every time.
        lists: another folder of split files in the same form.

    Raises:
        UsageError: for a missing or incomplete data set, saying where to get it; for split
            files that leak, name a video twice or cannot be understood.
        VideoError: when no video can be used.
        KitError: when the frames do not fit into the cache.
    """

    kind = "ucf101"


class HMDB51(_OfficialVideos):
    """HMDB51 (Kuehne, Jhuang, Garrote, Poggio and Serre, 2011): 51 classes, 3 official splits.

    As :class:`UCF101`, from
    https://serre-lab.clps.brown.edu/resource/hmdb-a-large-human-motion-database/ ::

        root/brush_hair/NAME_brush_hair_….avi …     (or root/hmdb51_org/brush_hair/…)
        root/testTrainMulti_7030_splits/brush_hair_test_split1.txt …

    Labels number the sorted class names. In the lists 1 means train, 2 test, and 0 that the
    split leaves the video out.

    **Groups** are the titles of the films and videos that the clips were cut from, as the
    file names give them. Official lists with a title of a class on both sides are used, with
    a warning that counts them; lists of your own (``lists=``) are refused as UCF101's are.
    (Whether the official lists have such titles was not checked here, for want of a copy.)
    """

    kind = "hmdb51"


def shared_groups(split: dict[str, str]) -> str:
    """Which groups a split has on both sides, as half a sentence, or ``""``.

    Args:
        split: ``"CLASS/FILE"`` to ``"train"``, ``"test"`` or ``""``.
    """
    sides: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for key, side in sorted(split.items()):
        label = PurePosixPath(key).parent.name
        if side and (group := group_of(key, label)):
            sides[label, group].setdefault(side, PurePosixPath(key).name)
    both = {where: files for where, files in sides.items() if len(files) == 2}
    if not both:
        return ""
    (label, group), files = next(iter(both.items()))
    return (
        f"group {group} of {label} is on both sides ({files['train']} for train, "
        f"{files['test']} for test); {len(both)} of {len(sides)} groups are"
    )


def _by_key(videos: tuple[ListedVideo, ...]) -> dict[str, list[ListedVideo]]:
    """Videos by ``CLASS/FILE`` and by ``CLASS/STEM``."""
    there: dict[str, list[ListedVideo]] = defaultdict(list)
    for video in videos:
        name = PurePosixPath(video.path.name)
        there[f"{video.label}/{name}"].append(video)
        there[f"{video.label}/{name.stem}"].append(video)
    return there


def _found(key: str, there: dict[str, list[ListedVideo]]) -> ListedVideo | None:
    name = PurePosixPath(key)
    # a video that was converted keeps its name, but for the ending
    found: Any = there.get(key) or there.get(f"{name.parent}/{name.stem}")
    if not found:
        return None
    if len(found) > 1:
        raise UsageError(
            f"There are {len(found)} files for {key}: {found[0].path} and {found[1].path}. Keep "
            "one."
        )
    return found[0]
