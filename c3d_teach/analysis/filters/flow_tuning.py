"""Which flow a unit answers best to: growing, turning or shifting fields of dots (ours).

After Duffy and Wurtz (1991), who found neurons for such fields of flow in the brain.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from c3d_teach.analysis.filters.readout import both_ways
from c3d_teach.analysis.filters.tuning import SELECTIVE
from c3d_teach.analysis.units import classifier_of
from c3d_teach.data.stimuli import PATTERNS, dot_fields
from c3d_teach.errors import UsageError
from c3d_teach.models.classifier import Classifier

PAIRS = tuple(zip(PATTERNS[::2], PATTERNS[1::2], strict=True))
FLOW_SPEEDS = (0.5, 1.0, 2.0)  # pixels a frame, mean over the frame


@dataclass(frozen=True)
class FlowTuning:
    """Result of :func:`flow_tuning`: U units, 8 patterns in 4 pairs, S speeds, R fields of dots.

    Attributes:
        layer: its name.
        net: name of the net.
        patterns: the 8 names; 2k and 2k + 1 are the two of pair k, each the other reversed in
            time.
        speeds: ``(S,)`` pixels a frame, mean over the frame.
        responses: ``(U, 8, S, R)``, from 0, in the units of the net's activations.
        preferred: ``(U,)`` index of the pattern with the largest mean response at any speed; −1
            for a silent unit.
        speed: ``(U,)`` the speed of that response, pixels a frame; NaN for a silent unit.
        selectivity: ``(U, 4)`` index for each pair, 0 to 1: preferred of the two minus the other
            over their sum, at the speed where the larger is largest. NaN where neither answers.
        favourite: ``(U, 4)`` index of the pattern preferred in each pair; −1 where neither answers
            or both do alike.
    """

    layer: str
    net: str
    patterns: tuple[str, ...]
    speeds: NDArray[np.floating]
    responses: NDArray[np.floating]
    preferred: NDArray[np.int64]
    speed: NDArray[np.floating]
    selectivity: NDArray[np.floating]
    favourite: NDArray[np.int64]

    @property
    def mean(self) -> NDArray[np.floating]:
        """``(U, 8, S)``: responses, the mean over the fields."""
        return np.asarray(self.responses.mean(-1))

    @property
    def silent(self) -> int:
        """How many units never answer."""
        return int((self.preferred < 0).sum())

    @property
    def sentence(self) -> str:
        units = len(self.preferred)
        said = f"Of {units} units of {self.layer} in {self.net}, {self.silent} answer to no dots."
        if self.silent == units:
            return said
        counts = np.bincount(self.preferred[self.preferred >= 0], minlength=len(self.patterns))
        liked = " or ".join(self.patterns[k] for k in np.flatnonzero(counts == counts.max()))
        medians = [
            f"{a} and {b} {np.median(known):.2f}"
            for (a, b), column in zip(PAIRS, self.selectivity.T, strict=True)
            if len(known := column[~np.isnan(column)])
        ]
        return (
            f"{said} Of the 8 patterns {liked} is preferred most often ({counts.max()} units"
            f"{' each' * (' or ' in liked)}). Median selectivity between {', '.join(medians)} "
            "(0 is none, 1 is silence at the other of the two)."
        )

    def sentence_of(self, channel: int) -> str:
        """One unit in words.

        Raises:
            UsageError: for a channel out of range.
        """
        c = self.checked(channel)
        name = f"{self.layer} unit {c} of {self.net}"
        if self.preferred[c] < 0:
            return f"{name} answers to no dots."
        pair = int(self.preferred[c]) // 2
        index = float(self.selectivity[c, pair])
        first, other = (self.patterns[int(self.preferred[c]) ^ k] for k in (0, 1))
        return (
            f"{name} answers most to {first} at {self.speed[c]:g} pixels a frame. "
            f"To {other} of the same dots it gives "
            f"{(1 - index) / (1 + index):.0%} of that (selectivity {index:.2f})."
        )

    def checked(self, channel: int) -> int:
        """A channel that the layer has.

        Raises:
            UsageError: for any other.
        """
        count = len(self.preferred)
        whole = isinstance(channel, int | np.integer) and not isinstance(channel, bool)
        if not whole or not 0 <= channel < count:
            raise UsageError(
                f"There is no unit {channel} in {self.layer}; it has units 0 to {count - 1}."
            )
        return int(channel)

    def selective(self, pair: int) -> list[int]:
        """Channels that answer less than half as much to the other of ``pair`` (0 to 3)."""
        order = np.argsort(-self.selectivity[:, pair], kind="stable")
        return [int(c) for c in order if self.selectivity[c, pair] > SELECTIVE]


def flow_tuning(
    net: Classifier,
    layer: str,
    *,
    speeds: Sequence[float] = FLOW_SPEEDS,
    repeats: int = 6,
    contrast: float = 1.0,
    seed: int = 0,
) -> FlowTuning:
    """Responses of all units of a layer to fields of dots that grow, turn or shift.

    The response is read as in :func:`~c3d_teach.tuning`: the largest over time
    at the middle of the map, which is where growing and turning fields have their centre. The
    two patterns of a pair are the same clips forwards and backwards. A unit of a
    net with kernels of depth 1 and full pooling windows has an index of exactly 0, and one that
    tells noise apart has some index above 0: compare with an untrained net.

    Args:
        net: a trained or untrained classifier.
        layer: a name from :func:`~c3d_teach.describe`.
        speeds: pixels a frame, mean over the frame, rising, above 0.
        repeats: fields of dots for each pattern and speed.
        contrast: above 0, up to 1.
        seed: whole number; the fields are those of ``seed · repeats`` and on.

    Raises:
        UsageError: for an unknown layer or numbers out of range.
    """
    rates = np.asarray(speeds, float)
    rising = rates.ndim == 1 and len(rates) and np.isfinite(rates).all() and rates[0] > 0
    if not rising or (np.diff(rates) <= 0).any():
        raise UsageError(f"speeds is {speeds}; it is rising numbers above 0, pixels a frame.")
    if isinstance(repeats, bool) or repeats not in range(1, 1001):
        raise UsageError(f"repeats is {repeats}; it is a whole number from 1 to 1000.")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise UsageError(f"seed is {seed}; it is a whole number.")
    if not 0 < contrast <= 1:
        raise UsageError(f"contrast is {contrast}; it is above 0 and at most 1.")
    length, height, width = classifier_of(net).model.clip_shape[1:]
    grid = (len(PAIRS), len(rates), int(repeats))
    pair, rate, field = np.indices(grid).reshape(3, -1)

    def make(part: NDArray[np.int64]) -> Tensor:
        return dot_fields(
            [PAIRS[k][0] for k in pair[part]],
            rates[rate[part]],
            int(seed) * int(repeats) + field[part],
            contrast=contrast,
            length=length,
            size=(height, width),
        )

    answers = both_ways(net, layer, len(pair), make)
    units = answers.shape[-1]
    # (way, pair, speed, field, unit) -> (unit, pair, way, ...): the two of a pair are neighbours
    responses = answers.reshape(2, *grid, units).transpose(4, 1, 0, 2, 3)
    responses = np.ascontiguousarray(responses.reshape(units, len(PATTERNS), *grid[1:]))
    return _tuned(layer, net.name, rates, responses)


def _tuned(
    layer: str, name: str, speeds: NDArray[np.floating], responses: NDArray[np.floating]
) -> FlowTuning:
    units = len(responses)
    mean = responses.mean(-1)
    best = mean.reshape(units, -1).argmax(1)
    fires = mean.reshape(units, -1).max(1) > 0
    preferred, at = np.unravel_index(best, mean.shape[1:])
    pairs = mean.reshape(units, len(PAIRS), 2, -1)
    fastest = pairs.max(2).argmax(2)  # the speed at which the larger of the two is largest
    two = np.take_along_axis(pairs, fastest[:, :, None, None], 3)[..., 0]
    high, low = two.max(2), two.min(2)
    answered = high > 0
    index = np.divide(high - low, high + low, out=np.full_like(high, np.nan), where=answered)
    favourite = 2 * np.arange(len(PAIRS)) + two.argmax(2)
    return FlowTuning(
        layer=layer,
        net=name,
        patterns=PATTERNS,
        speeds=speeds,
        responses=responses,
        preferred=np.where(fires, preferred, -1),
        speed=np.where(fires, speeds[at], np.nan),
        selectivity=index,
        favourite=np.where(answered & (high > low), favourite, -1),
    )
