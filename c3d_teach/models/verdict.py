"""What a net says about a whole video, and when it had better say nothing."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from c3d_teach.data.video import open_clips
from c3d_teach.errors import VideoError
from c3d_teach.models.classifier import Classifier

SURE = 0.5  # a class counts as an answer when it is likelier than all others together
UNSURE = "not sure"
NO_MOTION = "no clear camera motion"


def verdict(classes: tuple[str, ...], probabilities: Tensor) -> str:
    """The class that holds more than half of the probability, or that there is none.

    Nets that know the class "still" (the camera nets) answer "no clear camera motion" both
    for it and when they are torn.

    Args:
        probabilities: ``(K,)``, for one clip.
    """
    best = int(probabilities.argmax())
    camera = "still" in classes
    if float(probabilities[best]) <= SURE or classes[best] == "still":
        return NO_MOTION if camera else UNSURE
    return classes[best]


@dataclass(frozen=True)
class ClipVerdict:
    """One clip of a video: its first frame, when that is shown (seconds), and the answer."""

    start: int
    seconds: float
    answer: str
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class VideoVerdict:
    """Answer of :func:`judge_video`; ``error`` says why reading ended early, if it did."""

    video: str
    net: str
    classes: tuple[str, ...]
    frames: int
    fps: float
    clips: tuple[ClipVerdict, ...]
    error: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "video": self.video,
            "net": self.net,
            "frames": self.frames,
            "fps": round(self.fps, 3),
            "classes": list(self.classes),
            "clips": [
                {
                    "start": c.start,
                    "seconds": round(c.seconds, 3),
                    "answer": c.answer,
                    "probabilities": [round(p, 4) for p in c.probabilities],
                }
                for c in self.clips
            ],
            "error": self.error,
        }

    def __str__(self) -> str:
        head = (
            f"{self.video}: {self.frames} frames, {self.fps:.1f} a second; "
            f"{len(self.clips)} clip{'s' * (len(self.clips) != 1)} judged by {self.net}"
        )
        lines = [head, f"{'from':>8}  {'answer':<24}likeliest"]
        for c in self.clips:
            ranked = sorted(zip(c.probabilities, self.classes, strict=True), reverse=True)[:2]
            shown = ", ".join(f"{name} {p:.0%}" for p, name in ranked)
            lines.append(f"{c.seconds:7.2f}s  {c.answer:<24}{shown}")
        counts: dict[str, int] = {}
        for c in self.clips:
            counts[c.answer] = counts.get(c.answer, 0) + 1
        ranking = sorted(counts.items(), key=lambda item: -item[1])
        lines.append("in all: " + ", ".join(f"{name} ({n})" for name, n in ranking))
        return "\n".join(lines)


def judge_video(
    classifier: Classifier, path: str | Path, *, stride: int = 16, batch_size: int = 16
) -> VideoVerdict:
    """Ask ``classifier`` about every clip of a video, decoded in a child process.

    Memory stays flat: no more than ``batch_size`` clips are held at a time.

    Raises:
        VideoError: when not a single clip can be read. When the file breaks off later, the
            clips before are judged and ``error`` says where it broke.
    """
    length = classifier.preprocess.length
    size = classifier.preprocess.decode_size
    info, clips = open_clips(path, length=length, stride=stride, size=size, isolated=True)
    found: list[ClipVerdict] = []
    held: list[Tensor] = []

    def ask() -> None:
        if not held:
            return
        for p in classifier.predict(torch.stack(held)):
            start = len(found) * stride
            answer = verdict(classifier.classes, p)
            found.append(ClipVerdict(start, start / info.fps, answer, tuple(p.tolist())))
        held.clear()

    error = ""
    try:
        for clip in clips:
            held.append(clip)
            if len(held) == batch_size:
                ask()
    except VideoError as problem:
        if not found and not held:
            raise
        error = str(problem)
    ask()
    return VideoVerdict(
        str(path), classifier.name, classifier.classes, info.frames, info.fps, tuple(found), error
    )
