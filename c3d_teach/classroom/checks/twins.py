"""Exercise of lesson 03: another clip that a max pool over two frames takes for the same."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

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

_NAME = "make_twin"
_CASES = (  # what is special about it, clip (L, H, W, C)
    ("a grey clip of 16 frames", (16, 6, 5, 1)),
    ("a colour clip of 8 frames", (8, 4, 6, 3)),
    ("a clip of two frames", (2, 3, 4, 1)),
    ("a clip of 7 frames, whose last one has no partner", (7, 5, 4, 1)),
    ("a colour clip of 5 frames", (5, 4, 4, 3)),
)
Order = Callable[[Tensor], Tensor]


def check_twin(function: Any) -> Verdict:
    """Does ``function(clip)`` give a clip that only a max pool over two frames takes for it?

    ``clip`` is ``(L, H, W, C)`` uint8; so is the answer. There are many right ones, so they are
    checked by what they have to be: of the same frames, in another order, and the same behind a
    max pool of 2×1×1 with stride 2, which drops the last frame of an odd number (ours). The
    oracle of the pool is ``torch.nn.functional.max_pool3d``.
    """
    praise = (
        "Right: on five clips, grey and colour, even and odd, it is another clip of the same "
        "frames, and behind the pool the two differ by exactly nothing."
    )
    return judge(function, _examine, name=_NAME, praise=praise)


def _examine(function: Function) -> None:
    for seed, (name, shape) in enumerate(_CASES):
        clip = _clip(shape, seed)
        twin = _ask(function, Case(name, {"clip": clip}, clip))
        if torch.equal(twin, clip):
            raise AnswerError(
                f"For {name} the twin is the clip itself. It should look different: let frames "
                "change places."
            )
        _same_frames(clip, twin, name)
        if not torch.equal(_pool(twin), _pool(clip)):
            raise AnswerError(_why_told(clip, twin, name))
    still = _clip((1, 3, 3, 1), 9).expand(6, 3, 3, 1).clone()
    if not torch.equal(
        _ask(function, Case("a clip that stands still", {"clip": still}, still)), still
    ):
        raise AnswerError(
            "In a clip where all frames are alike, every order looks the same; yours is another "
            "clip. Are the frames themselves changed?"
        )


def _clip(shape: tuple[int, ...], seed: int) -> Tensor:
    """Television snow: no two frames are alike."""
    random = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=random)


def _ask(function: Function, case: Case) -> Tensor:
    """What the function returns, as a uint8 clip of the right size."""
    returns = returned(function, case, name=_NAME)
    found = numbers(returns, case, name=_NAME)
    given = case.inputs["clip"]
    if found.shape != given.shape:
        raise AnswerError(_size_says(found, given, case.name))
    if str(returns.dtype).removeprefix("torch.") != "uint8":
        raise AnswerError(
            f"The twin holds {returns.dtype}, the clip torch.uint8. Nothing has to be calculated "
            "here: take the frames as they are."
        )
    return found.to(torch.uint8)


def _size_says(found: Tensor, clip: Tensor, name: str) -> str:
    text = f"Wrong size: for {name}, {size(clip.shape)}, {_NAME} gave {size(found.shape)}."
    if found.ndim != clip.ndim:
        return f"{text} A twin is a whole clip again: (L, H, W, C)."
    if len(found) == len(clip) // 2 and len(clip) > 2:
        return f"{text} That is half of the frames: it looks pooled, and should not be yet."
    if len(clip) % 2 and len(found) == len(clip) - 1:
        return (
            f"{text} The last frame is lost. It has no partner, and the pool will drop it; the "
            "twin still has it."
        )
    return f"{text} A twin has all frames of the clip, and no more."


def _same_frames(clip: Tensor, twin: Tensor, name: str) -> None:
    """Raises: AnswerError: unless the frames are the clip's, each once."""
    order = order_of(clip, twin)
    lost = sorted(set(range(len(clip))) - set(order))
    if not lost:
        return
    if -1 not in order:
        raise AnswerError(
            f"For {name} some frames come twice and others are lost (frame {lost[0]}, for one). "
            "A twin has every frame of the clip once. Is a frame overwritten before it is read?"
        )
    merged = _pool(clip).repeat_interleave(2, 0)
    if torch.equal(twin[: len(merged)], merged):
        raise AnswerError(
            "Each pair of frames is replaced by its maximum. That is what the pool does; the twin "
            "has the frames of the clip as they are."
        )
    for axes, what in (((2,), "left and right"), ((1,), "up and down"), ((1, 2), "both ways")):
        if -1 not in order_of(clip.flip(axes), twin):
            raise AnswerError(
                f"The frames are mirrored ({what}). Only the order of the frames may change, not "
                "what is in them: flip another axis."
            )
    if clip.shape[3] > 1 and -1 not in order_of(clip.flip(3), twin):
        raise AnswerError("The colours are swapped. Only the order of the frames may change.")
    raise AnswerError(
        f"For {name}, frame {order.index(-1)} of the twin is no frame of the clip. Only their "
        "order may change: take whole frames, clip[t], and put them elsewhere."
    )


def _why_told(clip: Tensor, twin: Tensor, name: str) -> str:
    """The sentence for a clip of the same frames that the pool tells from the given one."""
    whole = len(clip) // 2 * 2
    mistakes: dict[str, Order] = {}
    if len(clip) % 2:  # in a clip of even length these are the pairs that are one off
        mistakes[
            "Counted from the end, the pairs are others: in a clip of odd length the pool's "
            "windows start at frame 0, and the last frame is left over."
        ] = lambda c: _swapped(c, 1)
    mistakes |= {
        "The whole clip is reversed. Then the pairs come out in reverse order, and the pool sees "
        "that. Reverse smaller pieces.": lambda c: c.flip(0),
        "The pairs are one off: frames 1 and 2, 3 and 4 … have changed places. The pool's windows "
        "are frames 0 and 1, 2 and 3 …": lambda c: _swapped(c, 1),
        "The pairs have changed places among each other, and each is as it was. The pool keeps "
        "the order of the windows; it does not see the order within them.": (
            lambda c: torch.cat([c[:whole].unflatten(0, (-1, 2)).flip(0).flatten(0, 1), c[whole:]])
        ),
        "The two halves of the clip have changed places, so the pool's windows come out in another "
        "order. Move each frame less far.": lambda c: torch.cat(
            [c[len(c) // 2 :], c[: len(c) // 2]]
        ),
        "First all even frames, then all odd ones: most of them have left their window. Each frame "
        "should stay in the window of two that it is in.": (lambda c: torch.cat([c[::2], c[1::2]])),
        "First all odd frames, then all even ones: most of them have left their window. Each frame "
        "should stay in the window of two that it is in.": (lambda c: torch.cat([c[1::2], c[::2]])),
        "The last frame, which has no partner, has moved into a window and pushed the others out "
        "of theirs. Leave it at the end.": lambda c: torch.cat([c[-1:], _swapped(c[:-1], 0)]),
    }
    for sentence, wrong in mistakes.items():
        if torch.equal(twin, wrong(clip)):
            return sentence
    order = order_of(clip, twin)
    if order in [[(t - by) % len(clip) for t in range(len(clip))] for by in range(1, len(clip))]:
        return (
            "The clip is only rolled: it starts at another frame and goes on as before, so the "
            "pool's windows hold other frames or come at other times."
        )
    place = next(i for i in range(whole) if order[i] // 2 != i // 2)
    return (
        f"For {name} the pool can tell the two apart: at t = {place} of the twin stands a frame "
        "from another window. Which frames does the pool look at together?"
    )


def _swapped(clip: Tensor, start: int) -> Tensor:
    """Neighbours change places, in pairs counted from frame ``start``."""
    end = start + (len(clip) - start) // 2 * 2
    inner = clip[start:end].unflatten(0, (-1, 2)).flip(1).flatten(0, 1)
    return torch.cat([clip[:start], inner, clip[end:]])


def _pool(clip: Tensor) -> Tensor:
    """Behind a max pool of 2×1×1 with stride 2: ``(L // 2, H, W, C)``."""
    volume = clip.movedim(-1, 0).double()[None]
    return F.max_pool3d(volume, (2, 1, 1))[0].movedim(0, -1).to(torch.uint8)
