"""A film as it is, reversed, shuffled or frozen, and how far an answer follows.

All four hold the same frames or some of them. Whatever a net answers differently it has
read from the order of the frames, not from what they show.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from c3d_teach.data.counter import key_of, uniform
from c3d_teach.errors import UsageError

AS_IS, REVERSED, SHUFFLED, FROZEN = "as it is", "reversed", "shuffled", "frozen"
ALTERATIONS = (AS_IS, REVERSED, SHUFFLED, FROZEN)


def alter(clips: Tensor, how: str, *, seed: int = 0) -> Tensor:
    """The film ``clips``, cut into clips that follow one another, altered.

    - ``"reversed"``: the whole film backwards, so the last clip comes first;
    - ``"shuffled"``: within each clip the same frames in a random order;
    - ``"frozen"``: each clip is its middle frame, repeated.

    Args:
        clips: ``(N, L, H, W, C)``.
        how: one of ``ALTERATIONS``.
        seed: of the shuffle; clip i is shuffled by (seed, i) alone.

    Returns:
        A tensor of the same shape; ``clips`` itself for ``"as it is"``.

    Raises:
        UsageError: for another shape or an unknown alteration.
    """
    if clips.ndim != 5:
        given = "×".join(map(str, clips.shape))
        raise UsageError(f"alter() takes clips N×L×H×W×C; given was {given}.")
    count, length = clips.shape[:2]
    if how == AS_IS:
        return clips
    if how == REVERSED:
        return clips.flip(0, 1)
    if how == SHUFFLED:
        drawn = uniform(key_of("shuffled", seed), torch.arange(count), length)
        order = drawn.argsort(1).to(clips.device)
        return clips[torch.arange(count, device=clips.device)[:, None], order]
    if how == FROZEN:
        middle = length // 2
        return clips[:, middle : middle + 1].expand_as(clips).contiguous()
    raise UsageError(f"{how!r} is no alteration; there are {', '.join(ALTERATIONS)}.")


def at_speed(frames: Tensor, factor: float, length: int) -> Tensor:
    """A film at another speed, cut into clips: frames are left out, or shown again.

    Args:
        frames: ``(M, H, W, C)``, in the order they are played.
        factor: 2 takes every second frame, 0.5 takes each twice.
        length: frames in a clip; a last clip that is not whole is dropped.

    Returns:
        ``(N, length, H, W, C)``; N is 0 for a film that is too short at that speed.

    Raises:
        UsageError: for a factor or length that is not above 0.
    """
    if factor <= 0 or length < 1:
        raise UsageError(f"factor is {factor} and length {length}; both are above 0.")
    count = int(len(frames) / factor) // length
    taken = (torch.arange(count * length, dtype=torch.float64) * factor).long()
    return frames[taken].view(count, length, *frames.shape[1:])


@dataclass(frozen=True)
class Change:
    """Where an answer changed most.

    Attributes:
        largest: the largest difference of a probability, 0 to 1.
        name: the class it is in.
        before, after: that class's probability as the film is, and altered.
        clip: number of the clip in the altered film, from 0.
    """

    largest: float
    name: str
    before: float
    after: float
    clip: int


def largest_change(classes: Sequence[str], before: Tensor, after: Tensor, how: str) -> Change:
    """The largest difference between the answers to a film and to the altered film.

    A clip is compared with the one that holds the same frames: in a reversed film that is
    the clip as far from the end.

    Args:
        classes: K names.
        before: probabilities ``(N, K)`` of the film as it is.
        after: probabilities ``(N, K)`` of the altered film.
        how: the alteration.

    Raises:
        UsageError: for probabilities of different shapes.
    """
    if before.shape != after.shape or before.shape[1:] != (len(classes),):
        raise UsageError(
            f"Probabilities of shape {tuple(before.shape)} and {tuple(after.shape)} cannot be "
            f"compared over {len(classes)} classes."
        )
    same_frames = before.flip(0) if how == REVERSED else before
    difference = (after - same_frames).abs()
    clip, k = divmod(int(difference.argmax()), len(classes))
    return Change(
        float(difference[clip, k]),
        classes[k],
        float(same_frames[clip, k]),
        float(after[clip, k]),
        clip,
    )
