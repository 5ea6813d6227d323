"""Exercise of lesson 00: a clip played backwards."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from c3d_teach.classroom.oracle import (
    AnswerError,
    Case,
    Function,
    Verdict,
    judge,
    numbers,
    order_of,
    returned,
    size,
)

_NAME = "reverse"
_CASES = (  # what is special about it, clip (L, H, W, C)
    ("a colour clip of 7 frames", (7, 4, 6, 3)),  # first: in a grey one flips are harder to tell
    ("a grey clip of 16 frames", (16, 6, 5, 1)),
    ("a colour clip with square frames", (6, 5, 5, 3)),
    ("a clip of two frames", (2, 3, 4, 1)),
    ("a single frame", (1, 4, 3, 3)),
)
Order = Callable[[Tensor], Tensor]


def check_reverse(function: Any) -> Verdict:
    """Does ``function(clip)`` play a clip ``(L, H, W, C)`` uint8 backwards (ours)?

    The oracle puts frame by frame in its place. Twice must give the clip again.
    """
    praise = (
        "Right: on five clips, grey and colour, the last frame comes first and every frame is as "
        "it was. Played backwards twice, a clip is itself again."
    )
    return judge(function, _examine, name=_NAME, praise=praise)


def _examine(function: Function) -> None:
    for seed, (name, shape) in enumerate(_CASES):
        random = torch.Generator().manual_seed(seed)
        # television snow: no two frames, rows or columns are alike
        clip = torch.randint(0, 256, shape, dtype=torch.uint8, generator=random)
        right = _backwards(clip)
        given = _ask(function, Case(name, {"clip": clip}, right))
        if not torch.equal(given, right):
            raise AnswerError(_why(given, clip, name))
    clip = torch.arange(9 * 2 * 3, dtype=torch.uint8).view(9, 2, 3, 1)
    once = _ask(function, Case("a clip of 9 frames", {"clip": clip}, clip))
    if not torch.equal(_ask(function, Case("its own answer", {"clip": once}, clip)), clip):
        raise AnswerError(
            "Played backwards twice, a clip should be itself again; with yours a clip of 9 frames "
            "is not. Does your function treat some lengths differently?"
        )


def _backwards(clip: Tensor) -> Tensor:
    other = torch.empty_like(clip)
    for t in range(len(clip)):
        other[len(clip) - 1 - t] = clip[t]
    return other


def _ask(function: Function, case: Case) -> Tensor:
    """What the function returns, as a uint8 clip of the right size."""
    try:
        returns = returned(function, case, name=_NAME)
    except AnswerError as refusal:
        if "step must be greater than zero" in str(refusal):
            raise AnswerError(
                "A torch tensor cannot be read with a negative step, as a list can ([::-1]). Name "
                "the axis to flip instead, or go through the frames one by one."
            ) from refusal
        raise
    found = numbers(returns, case, name=_NAME)
    clip = case.inputs["clip"]
    if found.shape != clip.shape:
        raise AnswerError(_size_says(found, clip, case.name))
    kind = str(returns.dtype).removeprefix("torch.")
    if not bool(found.isfinite().all()):
        raise AnswerError("The output holds NaN or infinite values. A clip holds 0 to 255.")
    if kind != "uint8":
        raise AnswerError(
            f"{_NAME} returned {kind} where the clip holds uint8, whole numbers from 0 to 255. "
            "Nothing has to be calculated here: take the frames as they are."
        )
    return found.to(torch.uint8)


def _size_says(found: Tensor, clip: Tensor, name: str) -> str:
    text = f"Wrong size: for {name}, {size(clip.shape)}, {_NAME} gave {size(found.shape)}."
    if found.ndim == clip.ndim - 1:
        return f"{text} That is one axis too few: a whole clip should come back, all its frames."
    if found.ndim == clip.ndim and found.shape[1:] == clip.shape[1:]:
        return f"{text} Frames are lost, or there are too many: every frame comes back once."
    if sorted(found.shape) == sorted(clip.shape):
        return f"{text} Axes have changed places. Only the order of the frames should change."
    return f"{text} The clip that comes back is as large as the one that went in."


def _why(given: Tensor, clip: Tensor, name: str) -> str:
    """The sentence for a clip of the right size that is not the reversed one."""
    half = len(clip) // 2
    backwards = _backwards(clip)
    mistakes: dict[str, Order] = {
        "This is the clip as it was. Its last frame should come first.": lambda c: c,
        "Each frame stands upside down, and the frames come in the old order. Time is the first "
        "axis of a clip, rows are the second.": lambda c: c.flip(1),
        "Each frame is mirrored, left and right, and the frames come in the old order. Time is the "
        "first axis of a clip, columns are the third.": lambda c: c.flip(2),
        "The colours have changed places, and the frames come in the old order. Channels are the "
        "last axis; time is the first.": lambda c: c.flip(3),
        "Everything is flipped: time, rows, columns and colours. Only time should be.": (
            lambda c: c.flip(0, 1, 2, 3)
        ),
        "The order of the frames is right, and each frame is turned round: it stands upside down "
        "and mirrored. Flip time alone.": lambda c: c.flip(0, 1, 2),
        "The order of the frames is right, and each frame stands upside down. Flip one axis "
        "only.": lambda c: c.flip(0, 1),
        "The order of the frames is right, and each frame is mirrored. Flip one axis only.": (
            lambda c: c.flip(0, 2)
        ),
        "The order of the frames is right, and the colours have changed places. Flip one axis "
        "only.": lambda c: c.flip(0, 3),
        "Off by one: the frames go backwards, and one at an end stands at the other end. Where "
        "does your loop begin, and where does it end?": lambda c: _backwards(c).roll(1, 0),
        "The clip starts at another frame and goes on forwards. It is rolled, not reversed.": (
            lambda c: c.roll(1, 0)
        ),
        "Only the first half is reversed. All frames change places, but the middle one.": (
            lambda c: torch.cat([_backwards(c[:half]), c[half:]])
        ),
        "Only the second half is reversed. All frames change places, but the middle one.": (
            lambda c: torch.cat([c[:half], _backwards(c[half:])])
        ),
        "The two halves have changed places, and within each the frames go forwards.": (
            lambda c: torch.cat([c[half:], c[:half]])
        ),
        "Rows and columns have changed places. Only the order of the frames should change.": (
            lambda c: _backwards(c).transpose(1, 2) if c.shape[1] == c.shape[2] else c
        ),
        "The second half mirrors the first: frames were overwritten before they were read. Write "
        "into a new clip and read from the old one.": (
            lambda c: torch.cat([_backwards(c)[:half], c[half:]])
        ),
        "Everything is zero: the new clip was made but never filled.": torch.zeros_like,
    }
    for sentence, wrong in mistakes.items():
        if torch.equal(given, wrong(clip)):
            return sentence
    if torch.equal(given.roll(1, 0), backwards) or torch.equal(given.roll(-1, 0), backwards):
        return next(text for text in mistakes if text.startswith("Off by one"))
    order = order_of(clip, given)
    if -1 not in order and sorted(order) != list(range(len(clip))):
        return (
            f"For {name} some frames come twice and others are lost. Was a frame overwritten "
            "before it was read? Write into a new clip and read from the old one."
        )
    if -1 not in order:
        place = next(t for t, frame in enumerate(order) if frame != len(clip) - 1 - t)
        return (
            f"For {name} all frames are there, in another order than backwards: look at t = "
            f"{place} first. Is it the frame that is as far from the end?"
        )
    return (
        f"For {name}, frame {order.index(-1)} of your clip is no frame of the given one. Only "
        "their order may change, not what is in them."
    )
