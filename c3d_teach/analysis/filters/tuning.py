"""What a unit answers best to: direction, spatial and temporal frequency, speed (ours).

Gratings or bars that move in all directions are shown to the net, and all units of a layer
are read off at once, as a physiologist reads a neuron behind an electrode.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from c3d_teach.analysis.filters.peaks import largest_at, top_of, vertex
from c3d_teach.analysis.filters.readout import both_ways
from c3d_teach.analysis.units import classifier_of, layer_row, model_of
from c3d_teach.data.stimuli import gratings, moving_bars
from c3d_teach.errors import UsageError
from c3d_teach.models.classifier import Classifier

Array = NDArray[np.floating]

STIMULI = ("gratings", "bars")
SPATIAL = (1 / 32, 1 / 16, 0.12, 0.2, 0.32)  # cycles a pixel
TEMPORAL = (0.0, 1 / 16, 0.14, 0.24, 0.36)  # cycles a frame; 0 stands still
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)  # pixels a frame, of bars
WIDTHS = (2.0, 4.0, 8.0)  # pixels, of bars
SELECTIVE = 1 / 3  # index from which the opposite direction gives less than half


@dataclass(frozen=True)
class UnitTuning:
    """One unit of a :class:`Tuning`; NaN where it has no preference.

    Attributes:
        unit: such as ``"conv3 unit 5"``.
        net: name of the net.
        stimulus: ``"gratings"`` or ``"bars"``.
        directions: ``(D,)`` degrees.
        rows: ``(A,)``: spatial frequencies, cycles a pixel; of bars speeds, pixels a frame.
        columns: ``(B,)``: temporal frequencies, cycles a frame; of bars widths, pixels.
        responses: ``(D, A, B)``, from 0.
        peak: indices (direction, row, column) of the largest response to what moves.
        direction: preferred, degrees.
        spatial_frequency: preferred, cycles a pixel; NaN for bars.
        temporal_frequency: preferred, cycles a frame; NaN for bars.
        width: preferred, pixels; NaN for gratings.
        speed: preferred, pixels a frame.
        selectivity: for the direction, 0 to 1.
        orientation_selectivity: 0 to 1.
    """

    unit: str
    net: str
    stimulus: str
    directions: Array
    rows: Array
    columns: Array
    responses: Array
    peak: tuple[int, int, int]
    direction: float
    spatial_frequency: float
    temporal_frequency: float
    width: float
    speed: float
    selectivity: float
    orientation_selectivity: float

    @property
    def curve(self) -> Array:
        """``(D,)``: responses over the directions at the row and column of the peak."""
        return self.responses[:, self.peak[1], self.peak[2]]

    @property
    def sentence(self) -> str:
        if np.isnan(self.selectivity):
            what = "nothing shown here" if self.responses.max() == 0 else "nothing that moves"
            return f"{self.unit} of {self.net} answers to {what}."
        opposite = (1 - self.selectivity) / (1 + self.selectivity)
        if self.stimulus == "bars":
            likes = f"a bar {self.width:.1f} pixels wide that moves at {self.speed:.2f} pixels"
            detail = ""
        else:
            moves = f"drifts at {self.speed:.2f} pixels" if self.speed else "stands still, 0 pixels"
            likes = f"a grating that {moves}"
            detail = (
                f" ({self.spatial_frequency:.3f} cycles a pixel, "
                f"{self.temporal_frequency:.3f} cycles a frame)"
            )
        return (
            f"{self.unit} of {self.net} answers most to {likes} a frame{detail}; of what moves, "
            f"to {round(self.direction) % 360}°. The opposite direction gives {opposite:.0%} of "
            f"that: direction selectivity {self.selectivity:.2f}."
        )


@dataclass(frozen=True)
class Tuning:
    """Result of :func:`tuning`: U units, D directions. Silent units have NaN preferences.

    Attributes:
        layer: its name.
        net: name of the net.
        stimulus: ``"gratings"`` or ``"bars"``.
        directions: ``(D,)`` degrees, counter-clockwise on paper, evenly spaced from 0.
        rows: ``(A,)``: spatial frequencies, cycles a pixel; of bars speeds, pixels a frame.
        columns: ``(B,)``: temporal frequencies, cycles a frame; of bars widths, pixels.
        responses: ``(U, D, A, B)``, from 0, in the units of the net's activations.
        peaks: ``(U, 3)`` indices of the largest response to what moves.
        direction: ``(U,)`` preferred direction, degrees from 0 to below 360, interpolated.
        spatial_frequency: ``(U,)`` preferred, cycles a pixel; NaN for bars.
        temporal_frequency: ``(U,)`` preferred, cycles a frame; 0 for a unit that prefers what
            stands still; NaN for bars.
        width: ``(U,)`` preferred width of a bar, pixels; NaN for gratings.
        speed: ``(U,)`` preferred speed, pixels a frame; of gratings the temporal over the
            spatial frequency.
        selectivity: ``(U,)`` direction selectivity index, 0 to 1: preferred minus opposite over
            their sum, at the largest response to what moves.
        orientation_selectivity: ``(U,)`` 0 to 1, one minus the circular variance of the
            responses over orientation (Ringach 2002), at the same place.
    """

    layer: str
    net: str
    stimulus: str
    directions: Array
    rows: Array
    columns: Array
    responses: Array
    peaks: NDArray[np.int64]
    direction: Array
    spatial_frequency: Array
    temporal_frequency: Array
    width: Array
    speed: Array
    selectivity: Array
    orientation_selectivity: Array

    @property
    def fires(self) -> NDArray[np.bool_]:
        """``(U,)``: units that answer to any of the stimuli at all."""
        return np.asarray(self.responses.reshape(len(self.responses), -1).max(1) > 0)

    @property
    def silent(self) -> int:
        """How many units never answer."""
        return int((~self.fires).sum())

    @property
    def sentence(self) -> str:
        count = len(self.selectivity)
        known = self.selectivity[~np.isnan(self.selectivity)]
        unit = f"{count} unit{'s' * (count != 1)}"
        head = f"Of {unit} of {self.layer} in {self.net}, {self.silent} never answer"
        if not len(known):
            return f"{head}, and none answers to {self.stimulus} that move."
        still = count - self.silent - len(known)
        rest = f", and {still} only to what stands still" * (still > 0)
        return (
            f"{head} to {self.stimulus}{rest}. The median direction selectivity of the others is "
            f"{np.median(known):.2f} (0 is none, 1 is silence in the opposite direction at the "
            f"speed preferred), and {int((known > SELECTIVE).sum())} of them answer less than half "
            "as much to the opposite direction."
        )

    def unit(self, channel: int) -> UnitTuning:
        """The tuning of one unit.

        Raises:
            UsageError: for a channel out of range.
        """
        count = len(self.responses)
        whole = isinstance(channel, int | np.integer) and not isinstance(channel, bool)
        if not whole or not 0 <= channel < count:
            raise UsageError(
                f"There is no unit {channel} in {self.layer}; it has units 0 to {count - 1}."
            )
        c = int(channel)
        first, second, third = (int(i) for i in self.peaks[c])
        return UnitTuning(
            unit=f"{self.layer} unit {c}",
            net=self.net,
            stimulus=self.stimulus,
            directions=self.directions,
            rows=self.rows,
            columns=self.columns,
            responses=self.responses[c],
            peak=(first, second, third),
            direction=float(self.direction[c]),
            spatial_frequency=float(self.spatial_frequency[c]),
            temporal_frequency=float(self.temporal_frequency[c]),
            width=float(self.width[c]),
            speed=float(self.speed[c]),
            selectivity=float(self.selectivity[c]),
            orientation_selectivity=float(self.orientation_selectivity[c]),
        )

    def most_selective(self, count: int) -> list[int]:
        """Channels in falling order of direction selectivity, of equals the one that answers most
        first; those without selectivity are left out."""
        largest = self.responses.reshape(len(self.responses), -1).max(1)
        order = np.lexsort((-largest, -self.selectivity))
        return [int(c) for c in order if not np.isnan(self.selectivity[c])][:count]


def tuning(
    net: Classifier,
    layer: str,
    *,
    directions: int = 16,
    spatial_frequencies: Sequence[float] = SPATIAL,
    temporal_frequencies: Sequence[float] = TEMPORAL,
    speeds: Sequence[float] = SPEEDS,
    widths: Sequence[float] = WIDTHS,
    phases: int = 4,
    contrast: float = 1.0,
    stimulus: str = "gratings",
) -> Tuning:
    """Tuning of all units of a layer: a convolution, a pooling or a full layer.

    The response to a stimulus is the unit's largest value (below 0 counts as 0) over time and
    phases, at the middle of the map: its middle row and column, or the middle two. Of time
    only those positions count whose receptive field lies inside the clip. To the zero padding
    beyond its ends the clip is something that appears and vanishes, and that would answer in
    the place of motion. In layers so deep that no position sees the clip alone, all count.

    Stimuli of opposite directions are each other's reversal in time. Hence a net with kernels of
    depth 1 and pooling windows that are all full has a direction selectivity of exactly 0.

    Preferred values are interpolated: a parabola through the logarithms of the peak and its
    neighbours, exact where the tuning is Gaussian. A peak at the end of an axis stays there.
    Spatial and temporal frequency are those of the largest response of all; gratings that
    stand still take part. Direction and its selectivity come from the largest response to what
    moves, for what stands still has none.

    Args:
        net: a trained or untrained classifier.
        layer: a name from :func:`~c3d_teach.describe`.
        directions: how many, evenly around; an even number from 4.
        spatial_frequencies: of gratings, cycles a pixel, rising, above 0 and up to 0.5.
        temporal_frequencies: of gratings, cycles a frame, rising, 0 to 0.5, one or more above 0.
        speeds: of bars, pixels a frame, rising, above 0.
        widths: of bars, pixels, rising, above 0. Each bar is shown in white and in black.
        phases: how many, evenly around, of each grating; of bars, places between two frames.
        contrast: above 0, up to 1.
        stimulus: ``"gratings"`` or ``"bars"``.

    Raises:
        UsageError: for an unknown layer or stimulus, numbers out of range, or a net that looks at
            a single frame.
    """
    units = layer_row(classifier_of(net), layer).shape[0]
    _check(directions, phases, contrast, stimulus)
    bars = stimulus == "bars"
    if bars:
        rows, columns = _rising("speeds", speeds), _rising("widths", widths)
    else:
        rows = _rising("spatial_frequencies", spatial_frequencies, most=0.5)
        columns = _rising("temporal_frequencies", temporal_frequencies, least=0.0, most=0.5)
    length, height, width = model_of(net).clip_shape[1:]
    half = int(directions) // 2  # the others are these, backwards
    # what drifts passes through phases by itself; what stands still is shown in twice as many
    steps = int(phases) * (1 if bars else 2)
    i, a, b, p, shade = np.indices((half, len(rows), len(columns), steps, 1 + bars)).reshape(5, -1)
    still = np.zeros(len(b), bool) if bars else columns[b] == 0
    shown = np.flatnonzero(bars | still | (p % 2 == 0))

    def make(part: NDArray[np.int64]) -> Tensor:
        at = shown[part]
        axis, step = i[at] * (180.0 / half), p[at] / steps
        row, column = rows[a[at]], columns[b[at]]
        if not bars:
            return gratings(
                axis,
                row,
                column,
                360 * step,
                contrast=contrast,
                length=length,
                size=(height, width),
            )
        return moving_bars(
            axis,
            row,
            column,
            bright=shade[at] == 0,
            offsets=step * row,  # evenly between where it is in one frame and in the next
            contrast=contrast,
            length=length,
            size=(height, width),
        )

    answers = np.zeros((2, len(b), units), np.float32)
    answers[:, shown] = both_ways(net, layer, len(shown), make, still=still[shown])
    largest = answers.reshape(2, half, len(rows), len(columns), -1, units).max(4)
    responses = np.moveaxis(largest.reshape(2 * half, len(rows), len(columns), units), -1, 0)
    responses = np.ascontiguousarray(responses)
    return tuning_of_responses(layer, net.name, stimulus, rows, columns, responses)


def tuning_of_responses(
    layer: str, name: str, stimulus: str, rows: Array, columns: Array, responses: Array
) -> Tuning:
    """What responses say about each unit, wherever they come from.

    Args:
        layer, name, stimulus, rows, columns: as in :class:`Tuning`, with the net's name.
        responses: ``(U, D, A, B)``, from 0, for D directions evenly around from 0.
    """
    count, directions = responses.shape[:2]
    bars = stimulus == "bars"
    best = largest_at(responses)
    moving = best if bars else largest_at(np.where(columns > 0, responses, -1.0))
    unit = np.arange(count)
    preferred, opposite = (
        responses[unit, (moving[:, 0] + turn) % directions, moving[:, 1], moving[:, 2]]
        for turn in (0, directions // 2)
    )
    some = preferred > 0
    with np.errstate(invalid="ignore"):
        selectivity = (preferred - opposite) / (preferred + opposite)
    curve = responses[unit, :, moving[:, 1], moving[:, 2]]
    angles = np.arange(directions) * (2 * np.pi / directions)
    total = np.where(some, curve.sum(1), 1.0)
    around = np.abs((curve * np.exp(2j * angles)).sum(1)) / total
    nearby = (moving[:, :1] + np.array([-1, 0, 1])) % directions
    offset = vertex(np.tile([-1.0, 0.0, 1.0], (count, 1)), np.take_along_axis(curve, nearby, 1))
    direction = (moving[:, 0] + offset) * (360.0 / directions) % 360.0
    along_rows = responses[unit, best[:, 0], :, best[:, 2]]
    along_columns = responses[unit, best[:, 0], best[:, 1]]
    # the tuning of a filter is about Gaussian in frequency; speeds and widths are ratios
    row = top_of(np.log2(rows) if bars else rows, along_rows, best[:, 1])
    column = top_of(np.log2(columns) if bars else columns, along_columns, best[:, 2])
    nothing = np.full(count, np.nan)
    fires = responses.reshape(count, -1).max(1) > 0
    row, column = np.where(fires, row, np.nan), np.where(fires, column, np.nan)
    values = {
        "direction": np.where(some, direction, np.nan),
        "spatial_frequency": nothing if bars else row,
        "temporal_frequency": nothing if bars else column,
        "width": 2**column if bars else nothing,
        "speed": 2**row if bars else column / row,
        "selectivity": np.where(some, selectivity, np.nan),
        "orientation_selectivity": np.where(some, around, np.nan),
    }
    return Tuning(
        layer=layer,
        net=name,
        stimulus=stimulus,
        directions=(np.arange(directions) * (360.0 / directions)).astype(np.float32),
        rows=rows.astype(np.float32),
        columns=columns.astype(np.float32),
        responses=responses,
        peaks=moving,
        **{key: value.astype(np.float32) for key, value in values.items()},
    )


def _rising(
    name: str, values: Sequence[float], least: float | None = None, most: float = np.inf
) -> Array:
    array = np.asarray(values, float)
    fine = array.ndim == 1 and len(array) > 0 and bool(np.isfinite(array).all())
    low = fine and (array[0] > 0 if least is None else array[0] >= least)
    if not (low and (np.diff(array) > 0).all() and 0 < array[-1] <= most):
        span = "above 0" if least is None else f"from {least:g}, one above 0"
        end = f" and up to {most:g}" if np.isfinite(most) else ""
        raise UsageError(f"{name} is {values}; it is rising numbers {span}{end}.")
    return array


def _check(directions: int, phases: int, contrast: float, stimulus: str) -> None:
    if stimulus not in STIMULI:
        raise UsageError(f"stimulus is {stimulus!r}; it is one of {', '.join(STIMULI)}.")
    if isinstance(directions, bool) or directions not in range(4, 361, 2):
        raise UsageError(
            f"directions is {directions}; it is an even number from 4 to 360, for every direction "
            "is compared with its opposite."
        )
    if isinstance(phases, bool) or phases not in range(1, 65):
        raise UsageError(f"phases is {phases}; it is a whole number from 1 to 64.")
    if not 0 < contrast <= 1:
        raise UsageError(f"contrast is {contrast}; it is above 0 and at most 1.")
