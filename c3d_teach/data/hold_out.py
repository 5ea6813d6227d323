"""A part of the videos kept for validation, near-duplicates together."""

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from c3d_teach.data.counter import key_of
from c3d_teach.data.listing import ListedVideo
from c3d_teach.errors import UsageError

_SHARE = 5  # one in five
_Group = tuple[str, str]  # class, and group or single video


def held_part(videos: Sequence[ListedVideo], hold_out: str | None) -> list[ListedVideo]:
    """All videos, or about four fifths (``"train"``) or one fifth (``"val"``) of each class.

    Videos of one class and group are never parted. Every class keeps videos for training, and
    gets some for validation where that parts no group. Which groups are held out depends on a
    hash of their names rather than on their order.

    Raises:
        UsageError: for another word.
    """
    if hold_out is None:
        return list(videos)
    if hold_out not in ("train", "val"):
        raise UsageError(f"hold_out is {hold_out!r}; it is None, 'train' or 'val'.")
    held = _held_groups(videos)
    return [v for v in videos if (_group(v) in held) == (hold_out == "val")]


def _group(video: ListedVideo) -> _Group:
    # group names start anew in every class of UCF101
    return (video.label, video.group or video.name)


def _held_groups(videos: Sequence[ListedVideo]) -> set[_Group]:
    total = Counter(video.label for video in videos)
    sizes = Counter(_group(video) for video in videos)
    held: set[_Group] = set()
    taken: Counter[str] = Counter()
    for group in sorted(sizes, key=lambda g: (key_of(PurePosixPath(g[1]).name), g)):
        label, size = group[0], sizes[group]
        wanted = max(1, total[label] // _SHARE)
        if taken[label] < wanted and taken[label] + size < total[label]:
            held.add(group)
            taken[label] += size
    return held
