"""What a unit of a trained net takes from one real clip, inside of what it could see.

The arithmetic says where a unit can look. What counts there is another matter: Luo, Li,
Urtasun and Zemel (2016) found that most of the influence comes from the middle of the field,
and max pooling drops all but one path of each window.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from c3d_teach.analysis.fields.receptive_fields import (
    lengths,
    output_of,
    place_of,
    receptive_field,
    times,
    triple,
)
from c3d_teach.analysis.units import clip_of, layer_row, normalised, own_copy, unit_of
from c3d_teach.models.arithmetic import Triple
from c3d_teach.models.classifier import Classifier

_MASS = 0.95  # of the gradient, that the effective size holds (after Luo et al. 2016)


@dataclass(frozen=True)
class FieldInClip:
    """What one unit of a trained net takes from one clip (:func:`field_in_clip`).

    Attributes:
        name: such as ``"conv3b unit 7"``.
        at: the output looked from: time, row and column; None for fully connected layers.
        strongest: whether ``at`` is where the unit answers most, rather than a given place;
            the middle output stands for a unit that is silent everywhere.
        activation: of the unit there.
        clip: ``(L, H, W, C)`` uint8, as the net sees it.
        gradient: ``(L, H, W)`` magnitude of the gradient of the activation, in units of
            activation for each grey level; of colours the root of the sum of squares.
        start, stop: the receptive field [start, stop) in frames, rows and columns.
        seen_start, seen_stop: the part of it that lies on the clip.
        reached: share of the pixels in that part that have any gradient.
        effective_start, effective_stop: for each axis by itself, the shortest run of frames,
            rows or columns with 95 % of the gradient.
        spread: ``(3,)`` standard deviation of the gradient's place: frames, rows, columns;
            NaN for a unit that does not fire.
    """

    name: str
    at: Triple | None
    strongest: bool
    activation: float
    clip: NDArray[np.uint8]
    gradient: NDArray[np.float64]
    start: Triple
    stop: Triple
    seen_start: Triple
    seen_stop: Triple
    reached: float
    effective_start: Triple
    effective_stop: Triple
    spread: NDArray[np.float64]

    @property
    def fires(self) -> bool:
        """Whether any pixel has influence on the unit; a ReLU that is off lets none through."""
        return bool(self.gradient.any())

    @property
    def size(self) -> Triple:
        """Frames × rows × columns of the part of the field on the clip."""
        return lengths(self.seen_start, self.seen_stop)

    @property
    def effective_size(self) -> Triple:
        """Frames, rows and columns with 95 % of the gradient, each axis by itself."""
        return lengths(self.effective_start, self.effective_stop)

    @property
    def sentence(self) -> str:
        """What there is to see, in words."""
        where = "" if self.at is None else f" at {place_of(self.at)}"
        if not self.fires and self.activation:
            return (
                f"{self.name} answers {self.activation:.3g}{where} whatever the pixels are: all "
                "ReLUs on the way there are off, and what is left are biases."
            )
        if not self.fires:
            place = " everywhere in this clip" if self.strongest else f"{where} of this clip"
            return (
                f"{self.name} is silent{place}: its ReLU lets nothing through, so no pixel has "
                "any influence. Take another unit or clip."
            )
        return (
            f"{self.name}{where} can see {times(self.size)} of this clip (frames × rows × "
            f"columns). {self.reached:.0%} of these pixels have any influence on it, and 95% of "
            f"the influence comes from {times(self.effective_size)}."
        )


def field_in_clip(
    net: Classifier,
    clip: Tensor | NDArray[Any],
    layer: str,
    unit: int,
    *,
    at: Sequence[int] | None = None,
) -> FieldInClip:
    """Which pixels of a real clip have a say in one output of the trained net.

    Args:
        net: a trained net with its preprocessing.
        clip: ``(L, H, W, C)`` uint8.
        layer: any layer's name.
        unit: which of its units, from 0.
        at: output looked from (time, row, column); None for the strongest in this clip.

    Raises:
        UsageError: for a layer, unit or output the net does not have, or a clip that does
            not suit it.
    """
    row = layer_row(net, layer)
    chosen = unit_of(net, layer, unit)
    seen = clip_of(net, clip)
    place = output_of(row, at)
    model = own_copy(net)  # in evaluation mode; the user's net stays in the mode it is in
    with torch.inference_mode(False), torch.enable_grad():
        x = normalised(net, seen[None]).clone().requires_grad_()
        answer = model.activations(x, layer)[0, chosen.channel]
        if answer.ndim:
            if at is None and bool(answer.max() > 0):
                place = triple(map(int, np.unravel_index(int(answer.argmax()), answer.shape)))
            answer = answer[place]
        (gradient,) = torch.autograd.grad(answer, x)
    # back to grey levels: the net's input is the pixels less a mean, over std
    per_level = gradient[0].cpu().double() / torch.tensor(net.preprocess.std).view(-1, 1, 1, 1)
    strength = per_level.square().sum(0).sqrt().numpy()
    field = receptive_field(net, layer, at=place)
    box = tuple(map(slice, field.seen_start, field.seen_stop))
    runs = [_shortest_run(_profile(strength, axis)) for axis in range(3)]
    return FieldInClip(
        str(chosen),
        place,
        at is None,
        float(answer.detach()),
        seen.cpu().numpy(),
        strength,
        field.start,
        field.stop,
        field.seen_start,
        field.seen_stop,
        float((strength[box] > 0).mean()),
        triple(run[0] for run in runs),
        triple(run[1] for run in runs),
        np.array([_spread(_profile(strength, axis)) for axis in range(3)]),
    )


def _profile(strength: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """The gradient in each frame, row or column."""
    others = tuple({0, 1, 2} - {axis})
    return strength.sum(others)


def _shortest_run(profile: NDArray[np.float64]) -> tuple[int, int]:
    """The shortest run [start, stop) with 95 % of a profile; of equals the fullest."""
    total = profile.sum()
    if not total > 0:
        return 0, 0
    before = np.concatenate([[0.0], np.cumsum(profile)])
    for length in range(1, len(profile)):
        held = before[length:] - before[:-length]
        if held.max() >= _MASS * total:
            first = int(held.argmax())
            return first, first + length
    return 0, len(profile)


def _spread(profile: NDArray[np.float64]) -> float:
    """Standard deviation of a place drawn by the profile."""
    total = profile.sum()
    if not total > 0:
        return float("nan")
    places = np.arange(len(profile))
    middle = (profile * places).sum() / total
    return float(np.sqrt((profile * (places - middle) ** 2).sum() / total))
