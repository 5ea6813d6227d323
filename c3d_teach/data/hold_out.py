"""A part of the videos kept for validation, near-duplicates together."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import PurePosixPath

from c3d_teach.data.counter import key_of
from c3d_teach.data.listing import ListedVideo
from c3d_teach.errors import UsageError

_SHARE = 5  # one in five


def held_part(videos: Sequence[ListedVideo], hold_out: str | None) -> list[ListedVideo]:
    """All videos, or about four fifths (``"train"``) or one fifth (``"val"``) of each class.

    Videos of one group are never parted, in whatever classes they are. Every class keeps
    videos for training, and gets some for validation where that parts no group. Which groups
    are held out depends on a hash of their names rather than on their order.

    Raises:
        UsageError: for another word.
    """
    if hold_out is None:
        return list(videos)
    if hold_out not in ("train", "val"):
        raise UsageError(f"hold_out is {hold_out!r}; it is None, 'train' or 'val'.")
    held = _held_groups(videos)
    return [v for v in videos if (_group(v) in held) == (hold_out == "val")]


def _group(video: ListedVideo) -> tuple[str, str]:
    return ("group", video.group) if video.group else ("video", video.name)


def _held_groups(videos: Sequence[ListedVideo]) -> set[tuple[str, str]]:
    total = Counter(video.label for video in videos)
    groups: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for video in videos:
        groups[_group(video)][video.label] += 1
    wanted = {label: max(1, count // _SHARE) for label, count in total.items()}
    held: set[tuple[str, str]] = set()
    taken: Counter[str] = Counter()
    for group in sorted(groups, key=lambda g: (key_of(PurePosixPath(g[1]).name), g)):
        classes = groups[group]
        short = any(taken[label] < wanted[label] for label in classes)
        some_left = all(taken[label] + n < total[label] for label, n in classes.items())
        if short and some_left:
            held.add(group)
            taken += classes
    return held
