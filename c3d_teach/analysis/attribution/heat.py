"""What an attribution is: heat over a clip, and the answer or the unit that it explains."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from c3d_teach.analysis.fields.receptive_fields import receptive_field
from c3d_teach.analysis.units import (
    Unit,
    clip_of,
    known_head,
    normalised,
    own_copy,
    unit_of,
)
from c3d_teach.errors import UsageError
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.classifier import Classifier

_WEAK = 0.05  # share of the score; a change below it is called small (ours)


@dataclass(frozen=True, eq=False)
class Attribution:
    """Which parts of a clip speak for an answer, or excite a unit.

    Attributes:
        clip: ``(L, H, W, C)`` uint8, as the net saw it (resized and cropped).
        heat: ``(L, H, W)`` float32, aligned with the clip. Above zero speaks for the target,
            below zero against it; of the gradients (also guided ones and deconvolution) the
            sign says whether the net's input would have to be brighter or darker there for more.
        curve: ``(L,)`` float64, heat over time. Temporal occlusion: the drop of the score.
            Integrated gradients, box occlusion: the sum of the frame. Grad-CAM: the sum of its
            positive part, which is the map of its authors. Gradients: the sum of the
            magnitudes, for their signs tell bright from dark, not for from against.
        steps: how many independent values in time stand behind the curve. Grad-CAM has as
            many as its layer has frames, occlusion as many as it has windows.
        score: the logit or the activation that is explained.
        target: that in words.
        method: one of ``METHODS``.
        layer: of Grad-CAM, the layer whose map is shown; None otherwise.
        error: of integrated gradients: how much of the score's rise over the grey clip the heat
            fails to add up to, as a share of that rise; NaN for the others.
    """

    clip: NDArray[np.uint8]
    heat: NDArray[np.float32]
    curve: NDArray[np.float64]
    steps: int
    score: float
    target: str
    method: str
    layer: str | None = None
    error: float = float("nan")

    def mass(self, first: int, end: int) -> float:
        """Share of the positive part of the curve in frames ``first`` to ``end`` - 1.

        NaN where the curve is nowhere above zero.

        Raises:
            UsageError: for frames that the clip does not have.
        """
        return float(mass(self.curve[None], first, end)[0])

    @property
    def bulk(self) -> tuple[int, int]:
        """The shortest stretch of frames [first, end) with half of the curve's positive part.

        It is made of whole steps, where the method has fewer of them than frames.
        """
        length = len(self.curve)
        total = np.concatenate([[0.0], np.clip(self.curve, 0, None).cumsum()])
        cuts = list(range(length + 1))
        if self.steps < length:
            cuts = [0, *(np.flatnonzero(np.diff(self.curve)) + 1).tolist(), length]
        half = 0.5 * total[-1] * (1 - 1e-12)
        stretches = [
            (end - first, first, end)
            for k, first in enumerate(cuts)
            for end in cuts[k + 1 :]
            if total[end] - total[first] >= half
        ]
        _, first, end = min(stretches)
        return first, end

    @property
    def weak(self) -> bool:
        """Of occlusion: whether hiding any part changes the score by less than a twentieth."""
        return "occlusion" in self.method and bool(
            np.abs(self.curve).max() < _WEAK * abs(self.score)
        )

    @property
    def sentence(self) -> str:
        """What is seen, in plain words."""
        what = f"{named(self.method)}{f' at {self.layer}' if self.layer else ''}"
        said = f"{what} explains {self.target}, {self.score:.2f}. "
        if not (self.curve > 0).any():
            return said + "Nothing in the clip speaks for it: the curve is nowhere above zero."
        if self.method == "temporal occlusion":
            low, high = self.curve.min() / abs(self.score), self.curve.max() / abs(self.score)
            said += f"Hiding frames changes it by {-high:+.0%} to {-low:+.0%}. "
            if self.weak:
                return said + "No frame matters much for it; what is drawn is small."
        first, end = self.bulk
        share = self.mass(first, end)
        frames = f"frame {first}" if end == first + 1 else f"frames {first} to {end - 1}"
        if self.steps == 1:
            return said + (
                "There is a single step in time: the map says where, and nothing about when."
            )
        said += f"{share:.0%} of the positive part of its curve over time lies in {frames}."
        if self.steps < len(self.curve):
            said += (
                f" It has {self.steps} independent steps in time for {len(self.curve)} frames, "
                "so it cannot tell more exactly when."
            )
        return said


@dataclass(frozen=True)
class Aim:
    """The one number of a net that is explained.

    Attributes:
        layer: whose output it is part of.
        place: its index there: ``(class,)``, ``(neuron,)`` or ``(channel, t, y, x)``.
        score: its value.
        words: what it is called.
    """

    layer: str
    place: tuple[int, ...]
    score: float
    words: str


def aim_of(net: Classifier, clip: Tensor, target: str | int | Unit | None) -> Aim:
    """The number that ``target`` means for a clip as the net sees it (see ``attribute``).

    Raises:
        UsageError: for a class or unit that the net does not have, or a unit that never fires.
    """
    last = net.model.layers[-1].name
    if isinstance(target, Unit):
        unit = unit_of(net, target.layer, target.channel)
        if unit.layer != last:
            return _strongest(net, clip, unit)
        target = unit.channel
    known_head(net)
    known = None if target is None else class_of(net, target)
    logits = _outputs(net, clip, last)
    k = int(logits.argmax()) if known is None else known
    role = "the answer" if k == int(logits.argmax()) else "the class"
    return Aim(last, (k,), float(logits[k]), f"the logit of {role} “{net.classes[k]}”")


def class_of(net: Classifier, target: str | int | np.integer | None) -> int:
    """Number of a class given by its name or number.

    Raises:
        UsageError: for a class that the net does not have.
    """
    known_head(net)
    if isinstance(target, str) and target in net.classes:
        return net.classes.index(target)
    whole = isinstance(target, int | np.integer) and not isinstance(target, bool)
    if whole and 0 <= int(target) < len(net.classes):  # type: ignore[arg-type]
        return int(target)  # type: ignore[arg-type]
    named = ", ".join(net.classes[:12]) + (", …" if len(net.classes) > 12 else "")
    raise UsageError(
        f"There is no class {target!r}; this net has the {len(net.classes)} classes {named}, by "
        f"name or by number from 0 to {len(net.classes) - 1}."
    )


def targets_of(net: Classifier, targets: object, count: int) -> list[int]:
    """A class number for each of ``count`` clips.

    Raises:
        UsageError: for another number of targets, or a class that the net does not have.
    """
    given = targets.tolist() if isinstance(targets, Tensor | np.ndarray) else targets
    if isinstance(given, str) or not isinstance(given, list | tuple | range):
        raise UsageError(f"targets is {targets!r}; it is a class for each of the {count} clips.")
    if len(given) != count:
        raise UsageError(f"There are {len(given)} targets for {count} clips; each clip has one.")
    return [class_of(net, one) for one in given]


def mass(curves: NDArray[np.floating], first: int, end: int) -> NDArray[np.float64]:
    """Share ``(N,)`` of the positive part of each curve ``(N, L)`` in frames [first, end).

    NaN for a curve that is nowhere above zero.

    Raises:
        UsageError: for anything but such curves, or frames they do not have.
    """
    values = np.asarray(curves, dtype=np.float64)
    if values.ndim != 2:
        raise UsageError(f"mass() was given the shape {values.shape}; it takes curves (N, L).")
    length = values.shape[1]
    if not 0 <= first < end <= length:
        raise UsageError(
            f"Frames {first} to {end} were asked for; these are first and end with "
            f"0 ≤ first < end ≤ {length}, the frames of the clip."
        )
    positive = values.clip(0, None)
    whole = positive.sum(1)
    inside = positive[:, first:end].sum(1)
    return np.divide(inside, whole, out=np.full(len(values), np.nan), where=whole > 0)


def seen_clip(net: Classifier, clip: Tensor | np.ndarray) -> Tensor:
    """One clip as the net sees it, uint8 ``(L, H, W, C)``, on the CPU.

    Raises:
        UsageError: for anything but one clip that the net can take.
    """
    return clip_of(net, clip).cpu()


def _strongest(net: Classifier, clip: Tensor, unit: Unit) -> Aim:
    values = _outputs(net, clip, unit.layer)
    own = values[unit.channel]
    best = float(own.max())
    if best <= 0:
        firing = (values.flatten(1) if values.ndim > 1 else values[:, None]).amax(1)
        most = [str(c) for c in firing.argsort(descending=True)[:5].tolist() if firing[c] > 0]
        others = f"unit {', '.join(most)} of {unit.layer}" if most else "another layer"
        raise UsageError(
            f"{unit} does not fire in this clip, so there is nothing to explain. Take another "
            f"clip, or {others}."
        )
    place = tuple(int(i) for i in np.unravel_index(int(own.argmax()), own.shape))
    words = f"the strongest activation of {unit}"
    if place:
        field = receptive_field(net, unit.layer, at=place)
        words += f" (it sees frames {field.seen_start[0]} to {field.seen_stop[0] - 1})"
    return Aim(unit.layer, (unit.channel, *place), best, words)


def _outputs(net: Classifier, clip: Tensor, layer: str) -> Tensor:
    """Output of a layer for one clip, without its batch dimension, on the CPU."""
    model: ConvNet = own_copy(net)
    with torch.no_grad():
        return model.activations(normalised(net, clip[None]), layer)[0].float().cpu()


def named(method: str) -> str:
    """A method as a sentence begins with it."""
    return "Grad-CAM" if method == "grad-cam" else method[:1].upper() + method[1:]
