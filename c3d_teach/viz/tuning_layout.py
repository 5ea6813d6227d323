"""What the figures of tuning share, whoever draws them: their words and where things go."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from c3d_teach.errors import UsageError

if TYPE_CHECKING:
    from c3d_teach.analysis.filters.flow_tuning import FlowTuning
    from c3d_teach.analysis.filters.tuning import Tuning, UnitTuning

LINES = (0.25, 0.5, 1.0, 2.0, 4.0)  # pixels a frame, of the lines of constant speed


def index_words(unit: "UnitTuning") -> str:
    """What stands above the directions."""
    if np.isnan(unit.selectivity):
        return "no answer to what moves"
    return f"selectivity {unit.selectivity:.2f}, prefers {round(unit.direction) % 360}° (arrow)"


def headline(unit: "UnitTuning") -> str:
    """The title of a unit's figure."""
    if np.isnan(unit.selectivity):
        return f"{unit.unit} of {unit.net} does not answer to {unit.stimulus} that move"
    moves = "stands still" if unit.speed == 0 else f"moves at {unit.speed:.2f} pixels a frame"
    return f"{unit.unit} of {unit.net} prefers {round(unit.direction) % 360}° and what {moves}"


def grid_headline(tuning: "Tuning", count: int) -> str:
    """The title of the figure of a layer's most selective units."""
    return (
        f"Preferred directions of the {count} most selective units of {tuning.layer}, {tuning.net}"
    )


def flow_headline(flow: "FlowTuning", channel: int) -> str:
    """The title of the figure of a unit's flows."""
    name = f"{flow.layer} unit {channel} of {flow.net}"
    if flow.preferred[channel] < 0:
        return f"{name} answers to no dots"
    return f"{name} prefers {flow.patterns[flow.preferred[channel]]}"


def selectivities(
    groups: Mapping[str, Mapping[str, ArrayLike]],
) -> dict[str, dict[str, NDArray[Any]]]:
    """The groups as arrays.

    Raises:
        UsageError: for nothing to draw, or indices out of range.
    """
    nets = {
        name: {layer: np.asarray(values, float) for layer, values in net.items()}
        for name, net in groups.items()
    }
    arrays = [values for net in nets.values() for values in net.values()]
    if not arrays:
        raise UsageError("The figure was given no layer; it draws {net: {layer: indices (U,)}}.")
    for values in arrays:
        known = values[~np.isnan(values)]
        if values.ndim != 1 or not len(values) or (known < 0).any() or (known > 1).any():
            raise UsageError(
                f"The figure was given shape {values.shape}; it draws the indices (U,) of a "
                "layer's units, from 0 to 1 or NaN."
            )
    return nets


def signed_map(unit: "UnitTuning") -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """What one axis of motion looks like to a unit.

    Returns:
        Responses ``(Y, X)``; y, how fast it moves (temporal frequency, or speed), below 0
        against the preferred direction; x, how large it is (spatial frequency, or width).
    """
    turn = len(unit.directions) // 2
    at = unit.peak[0]
    there, back = unit.responses[at], unit.responses[(at + turn) % (2 * turn)]
    fast, large = (unit.rows, unit.columns)
    if unit.stimulus == "gratings":
        there, back, fast, large = there.T, back.T, large, fast
    moving = fast > 0
    values = np.concatenate([back[moving][::-1], there])
    return values, np.concatenate([-fast[moving][::-1], fast]), large


def speed_lines(
    fast: NDArray[Any], large: NDArray[Any]
) -> list[tuple[float, NDArray[Any], NDArray[Any]]]:
    """(speed, x, y) in cells of :func:`signed_map` of each line of constant speed in it."""
    moving = fast > 0
    first = int(np.flatnonzero(moving)[0])
    lines = []
    if len(large) < 2 or moving.sum() < 2:
        return []
    frequencies = np.geomspace(large[0], large[-1], 101)
    x = np.interp(np.log(frequencies), np.log(large), np.arange(len(large)))
    for speed in LINES:
        wanted = speed * frequencies
        inside = (wanted >= fast[first]) & (wanted <= fast[-1])
        if inside.sum() > 8:
            cells = np.arange(first, len(fast))
            y = np.interp(np.log(wanted), np.log(fast[moving]), cells)
            lines.append((speed, x[inside], y[inside]))
    return lines


def preferred_place(
    unit: "UnitTuning", fast: NDArray[Any], large: NDArray[Any]
) -> tuple[float, float]:
    """(x, y) in cells of :func:`signed_map` of what the unit prefers."""
    bars = unit.stimulus == "bars"
    size = unit.width if bars else unit.spatial_frequency
    quick = unit.speed if bars else unit.temporal_frequency
    return (
        float(np.interp(np.log(size), np.log(large), np.arange(len(large)))),
        float(np.interp(quick, fast, np.arange(len(fast)))),
    )
