"""What an extraction of features did: for a program, and in a few lines for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from c3d_teach.files import printable


@dataclass(frozen=True)
class Extraction:
    """Answer of :func:`~c3d_teach.analysis.descriptors.features.extract`.

    Attributes:
        folder: where the features are; ``read_features`` reads them.
        done: videos described by this run.
        reused: videos described before, by this or an interrupted run, and unchanged since.
        skipped: ``(name, reason)`` of videos that could not be used.
        others: ``(name, reason)`` of files that are no videos.
        clips: clips described by this run.
        seconds: how long it took.
    """

    folder: Path
    done: int
    reused: int
    skipped: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str], ...]
    clips: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        return {
            "folder": str(self.folder),
            "done": self.done,
            "reused": self.reused,
            "skipped": [list(pair) for pair in self.skipped],
            "others": [list(pair) for pair in self.others],
            "clips": self.clips,
            "seconds": round(self.seconds, 3),
        }

    def __str__(self) -> str:
        known = f"; {_count(self.reused, 'video')} known from before" * bool(self.reused)
        lines = [
            f"{printable(str(self.folder))}: {_count(self.done + self.reused, 'video')} described. "
            f"This run did {_count(self.done, 'video')} with {_count(self.clips, 'clip')} in "
            f"{self.seconds:.1f} s{known}."
        ]
        if self.skipped:
            lines.append(f"{_count(len(self.skipped), 'video')} could not be used (skipped.csv):")
            lines += _some(self.skipped)
        if self.others:
            lines.append(f"{_count(len(self.others), 'file')} left aside:")
            lines += _some(self.others)
        return "\n".join(lines)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _some(pairs: Sequence[tuple[str, str]], most: int = 10) -> list[str]:
    lines = [f"  {name}: {reason}" for name, reason in pairs[:most]]
    return lines + [f"  and {len(pairs) - most:,} more"] * (len(pairs) > most)
