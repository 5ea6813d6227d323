"""How much of the clip a unit can see, from the arithmetic of the layers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import prod

from c3d_teach.analysis.units import frames_of, model_of
from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Conv, Full, Layer, Row, Triple, trace
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.classifier import Classifier


@dataclass(frozen=True)
class ReceptiveField:
    """What one output of a layer can see of the clip (:func:`receptive_field`).

    Attributes:
        layer: the layer's name.
        size: frames × rows × columns, as if the clip had no end.
        step: frames, rows and columns between the fields of neighbouring outputs; zeros for
            fully connected layers, which have no neighbours.
        at: the output looked from: time, row and column; None for fully connected layers.
        start, stop: the field [start, stop) in frames, rows and columns of the clip; where it
            sticks out of the clip there is only padding.
        seen_start, seen_stop: the part of it that lies on the clip.
        clip: frames, rows and columns of the clips the net takes.
    """

    layer: str
    size: Triple
    step: Triple
    at: Triple | None
    start: Triple
    stop: Triple
    seen_start: Triple
    seen_stop: Triple
    clip: Triple

    @property
    def coverage(self) -> float:
        """Share of the clip's pixels that lie in the field."""
        return prod(lengths(self.seen_start, self.seen_stop)) / prod(self.clip)

    @property
    def padding(self) -> float:
        """Share of the field that lies outside of the clip."""
        return 1 - prod(lengths(self.seen_start, self.seen_stop)) / prod(self.size)

    @property
    def sentence(self) -> str:
        """What there is to see, in words."""
        if self.at is None:
            seen = "the whole clip" if self.coverage == 1 else f"{share(self.coverage)} of the clip"
            return f"{self.layer} is fully connected: each of its units sees {seen}."
        text = (
            f"One output of {self.layer} sees {times(self.size)} (frames × rows × columns); the "
            f"one at {place_of(self.at)} has {share(self.coverage)} of the {times(self.clip)} clip "
            "in its field."
        )
        if self.padding > 0:
            text += f" {self.padding:.0%} of the field lies outside of the clip, in padding."
        return text


def receptive_field(
    net: Classifier | ConvNet, layer: str, *, at: Sequence[int] | None = None
) -> ReceptiveField:
    """What one output of a layer can see, from the arithmetic of its layers (exact).

    Args:
        net: a trained net with its preprocessing, or the bare net.
        layer: any layer's name.
        at: output looked from (time, row, column); None for the middle one. Fully connected
            layers have no places: None.

    Raises:
        UsageError: for a layer or an output that the net does not have.
    """
    model = model_of(net)
    field = field_in(model.layers, model.layer_input, layer, at=at)
    clip = triple(model.clip_shape[1:])
    if (frames := frames_of(model)) is None:
        return replace(field, clip=clip)
    first, end = frames  # these nets have no time of their own
    return replace(
        field,
        size=(end - first, *field.size[1:]),
        step=(0, *field.step[1:]),
        start=(first, *field.start[1:]),
        stop=(end, *field.stop[1:]),
        seen_start=(first, *field.seen_start[1:]),
        seen_stop=(end, *field.seen_stop[1:]),
        clip=clip,
    )


def field_in(
    layers: Sequence[Layer],
    clip_shape: Sequence[int],
    layer: str,
    *,
    at: Sequence[int] | None = None,
) -> ReceptiveField:
    """The same for a list of layers that see the clip ``(C, L, H, W)`` as it is, without a net.

    The layers behind ``layer`` are of no account; time may run out there.

    Raises:
        UsageError: for a layer or an output that there is not.
    """
    names = [one.name for one in layers]
    if layer not in names:
        raise UsageError(f"There is no layer {layer!r}; this net has {', '.join(names)}.")
    layers = layers[: names.index(layer) + 1]
    row = list(trace(layers, clip_shape))[-1]
    place, size = output_of(row, at), row.receptive_field
    start = triple(
        b + p * s for b, p, s in zip(row.start, place or (0, 0, 0), row.step, strict=True)
    )
    stop = triple(a + n for a, n in zip(start, size, strict=True))
    seen = on_clip(layers, clip_shape, row, place)
    return ReceptiveField(layer, size, row.step, place, start, stop, *seen, triple(clip_shape[1:]))


def output_of(row: Row, at: Sequence[int] | None) -> Triple | None:
    """An output (time, row, column) that the layer has; the middle one for None.

    None for fully connected layers, which have units but no places.

    Raises:
        UsageError: for a place that the layer does not have.
    """
    if len(row.shape) == 1:
        if at is not None:
            raise UsageError(
                f"{row.name} is fully connected: its units have no place, so at is None there; "
                f"given was {tuple(at)}."
            )
        return None
    sizes = row.shape[1:]
    if at is None:
        return triple(n // 2 for n in sizes)
    fits = len(at) == 3 and all(int(p) == p and 0 <= p < n for p, n in zip(at, sizes, strict=True))
    if not fits:
        raise UsageError(
            f"at is {tuple(at)}; the outputs of {row.name} have time, row and column from "
            f"(0, 0, 0) to {tuple(n - 1 for n in sizes)}."
        )
    return triple(map(int, at))


def on_clip(
    layers: Sequence[Layer], clip_shape: Sequence[int], row: Row, at: Triple | None
) -> tuple[Triple, Triple]:
    """The part of a field that lies on the clip: backwards, layer by layer, within each map.

    Cutting the box of the arithmetic at the clip's end would nearly do, but for frames that a
    pool drops at the end of a clip: nothing behind the pool ever sees them.
    """
    names = [one.name for one in layers]
    rows = list(trace(layers, clip_shape))
    start, stop = list(at or (0, 0, 0)), [n + 1 for n in at or (0, 0, 0)]
    for i in reversed(range(names.index(row.name) + 1)):
        one, before = layers[i], rows[i - 1].shape if i else tuple(clip_shape)
        if isinstance(one, Full):
            start, stop = [0, 0, 0], list(before[1:] or (1, 1, 1))
            continue
        limit = list(before[1:])
        if isinstance(one, Conv):
            reach = [k // 2 for k in one.kernel]
            hop = (one.stride, 1, 1)
            start = [a * s - r for a, s, r in zip(start, hop, reach, strict=True)]
            stop = [(b - 1) * s + r + 1 for b, s, r in zip(stop, hop, reach, strict=True)]
        else:
            pad = (0, 1, 1) if one.align == "symmetric" else (0, 0, 0)
            start = [a * k - p for a, k, p in zip(start, one.kernel, pad, strict=True)]
            stop = [b * k - p for b, k, p in zip(stop, one.kernel, pad, strict=True)]
            limit[0] -= limit[0] % one.kernel[0]
        start = [max(a, 0) for a in start]
        stop = [min(b, n) for b, n in zip(stop, limit, strict=True)]
    return triple(start), triple(stop)


def lengths(start: Sequence[int], stop: Sequence[int]) -> Triple:
    """Frames, rows and columns of a box [start, stop)."""
    return triple(b - a for a, b in zip(start, stop, strict=True))


def triple(numbers: Iterable[int]) -> Triple:
    """Three numbers as a tuple."""
    t, y, x = numbers
    return t, y, x


def times(size: Sequence[int]) -> str:
    """A size in words: ``16×32×32``."""
    return "×".join(map(str, size))


def share(part: float) -> str:
    """A share in per cent, with two more digits where it is small."""
    return f"{part:.2%}" if part < 0.1 else f"{part:.0%}"


def place_of(at: Sequence[int]) -> str:
    """An output in words."""
    return "time {}, row {}, column {}".format(*at)
