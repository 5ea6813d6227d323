"""Choose a clip, play it forwards, backwards, shuffled or frozen, and hear what nets say."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from c3d_teach.analysis.alterations import AS_IS, FROZEN, REVERSED, SHUFFLED, alter
from c3d_teach.errors import UsageError
from c3d_teach.models.classifier import Classifier
from c3d_teach.viz.answers import play_answers
from c3d_teach.viz.widgets.explorer import Control, Explorer

WAYS = {
    "forwards": AS_IS,
    "backwards": REVERSED,
    "frames shuffled": SHUFFLED,
    "one frame, frozen": FROZEN,
}
SPEEDS = (2, 4, 8, 16)
_SIDE = 192  # screen pixels: how high a clip is shown, about
Answer = Callable[[Tensor], Mapping[str, Mapping[str, float]]]


class ClipControls(Explorer):
    """A clip to choose, four ways to play it, and how fast; the nets answer to what is played.

    All four ways show the same frames, or one of them: what changes in an answer comes from
    their order.

    Args:
        clips: name → clip ``(L, H, W, C)`` uint8, grey or colour.
        answer: of the clip as it is played ``(L, H, W, C)``: net → class → probability, for
            example :func:`ask`; None for the clip alone.
        speeds: frames a second to choose from; a net does not notice how fast a clip is shown.

    Raises:
        UsageError: for no clips, or one that is not ``(L, H, W, C)`` uint8.
    """

    def __init__(
        self,
        clips: Mapping[str, ArrayLike],
        answer: Answer | None = None,
        *,
        speeds: tuple[int, ...] = SPEEDS,
    ) -> None:
        self.clips = {name: _tensor(name, clip) for name, clip in clips.items()}
        if not self.clips:
            raise UsageError("ClipControls was given no clips; give at least one.")
        self.answer = answer
        classes = 0
        if answer is not None:
            said = answer(next(iter(self.clips.values())))
            classes = len(next(iter(said.values()), {}))
        tallest = max(_height(clip) for clip in self.clips.values())
        super().__init__(
            self._draw,
            {
                "clip": Control("clip", list(self.clips)),
                "way": Control("played", list(WAYS)),
                "speed": Control("speed (frames a second)", list(speeds), _middle(speeds)),
            },
            about="A clip, played in four ways, and what the nets say of it.",
            height=max(tallest + 60, 26 * classes + 90),
        )

    def _draw(self, clip: str, way: str, speed: int) -> None:
        played = alter(self.clips[clip][None], WAYS[way])[0]
        answers = self.answer(played) if self.answer else {}
        name = f"{clip}, {way}"
        alt = "; ".join(f"{net}: {said(shares)}" for net, shares in answers.items())
        play_answers(
            {name: played},
            {name: answers} if answers else {},
            alt=alt or "A clip that plays",
            fps=speed,
            side=_SIDE,
        )


def ask(nets: Mapping[str, Classifier]) -> Answer:
    """A function that asks each net about one clip: net → class → probability.

    Args:
        nets: what to call it → the net.
    """

    def answer(clip: Tensor) -> Mapping[str, Mapping[str, float]]:
        return {
            name: dict(zip(net.classes, net.predict(clip[None])[0].tolist(), strict=True))
            for name, net in nets.items()
        }

    return answer


def said(shares: Mapping[str, float]) -> str:
    """The likeliest class and how likely it is, in words: ``left, 98 %``."""
    best = max(shares, key=shares.__getitem__)
    return f"{best}, {100 * shares[best]:.0f} %"


def _tensor(name: str, clip: Any) -> Tensor:
    frames = clip if isinstance(clip, Tensor) else torch.from_numpy(np.asarray(clip).copy())
    if frames.dtype != torch.uint8 or frames.ndim != 4 or frames.shape[-1] not in (1, 3):
        raise UsageError(
            f"The clip {name!r} is {frames.dtype} of shape {tuple(frames.shape)}; ClipControls "
            "plays (L, H, W, C) of uint8 with 1 or 3 channels."
        )
    return frames


def _height(clip: Tensor) -> int:
    height = clip.shape[1]
    return int(height * max(1, round(_SIDE / height)))


def _middle(speeds: tuple[int, ...]) -> int:
    return 8 if 8 in speeds else speeds[len(speeds) // 2]
