"""What a clip is called once it is flipped left to right."""

import re
from collections.abc import Sequence

# Words that change their meaning in a mirror; everything else keeps it.
_WORDS = re.compile(r"counter[ _-]?clockwise|anti[ _-]?clockwise|clockwise|left|right|↻|↺", re.I)


def _is_sided(name: str) -> bool:
    return _WORDS.search(name) is not None


def _key(name: str) -> str:
    """The name with separators and spellings made equal, for comparing only."""
    flat = re.sub(r"[\s_-]+", " ", name.lower()).strip()
    return (
        re.sub(r"(counter|anti) ?clockwise|↺", "ccw", flat)
        .replace("clockwise", "cw")
        .replace("↻", "cw")
    )


def _mirrored_key(name: str) -> str:
    swap = {"left": "right", "right": "left", "cw": "ccw", "ccw": "cw"}
    return re.sub(r"left|right|ccw|cw", lambda m: swap[m.group()], _key(name))


def mirror_table(classes: Sequence[str]) -> tuple[int, ...] | None:
    """For each class, the class of its clips flipped left to right.

    A flipped "pan left" is a "pan right", a flipped "rotate clockwise" a "rotate
    counter-clockwise"; "zoom in" or "archery" stay what they are.

    Returns:
        One index a class, or None when a class is sided ("turn left") and its mirror
        image is not among the classes: then flipping would make clips without a label.
    """
    keys = {_key(name): k for k, name in enumerate(classes)}
    table = []
    for k, name in enumerate(classes):
        if not _is_sided(name):
            table.append(k)
        elif _mirrored_key(name) in keys:
            table.append(keys[_mirrored_key(name)])
        else:
            return None
    return tuple(table)
