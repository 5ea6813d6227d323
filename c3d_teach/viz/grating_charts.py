"""A drifting grating, and what one unit answers to it, as one matplotlib figure."""

import numpy as np
from matplotlib.figure import Figure, SubFigure
from numpy.typing import ArrayLike, NDArray

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import BLUE, LABEL, TICK, VERMILION, titled

_FRAMES = (4, 6, 8, 10)
_ANGLES = {0: "0°", 45: "", 90: "90°", 135: "", 180: "180°", 225: "", 270: "270°", 315: ""}


def along_section(clip: ArrayLike, direction: float) -> NDArray[np.float64]:
    """What lies on the line of a motion, frame by frame: an x–t section turned to the motion.

    The line runs through the middle of the frame. It is the same line for a direction and its
    opposite, so that the two slant to opposite sides.

    Args:
        clip: ``(L, H, W)`` or ``(L, H, W, 1)``.
        direction: degrees, 0 to the right, 90 up.

    Returns:
        ``(L, S)``: time down, place along the line to the right.
    """
    film = np.asarray(clip, float)
    film = film[..., 0] if film.ndim == 4 else film
    _, height, width = film.shape
    angle = np.radians(direction % 180)
    reach = min(height, width) // 2 - 1
    steps = np.arange(-reach, reach + 1)
    x = np.rint((width - 1) / 2 + steps * np.cos(angle)).astype(int)
    y = np.rint((height - 1) / 2 - steps * np.sin(angle)).astype(int)
    return np.asarray(film[:, y, x])


def grating_chart(
    clip: ArrayLike,
    directions: ArrayLike,
    curve: ArrayLike,
    chosen: int,
    *,
    most: float,
    title: str,
) -> Figure:
    """A grating on the left; on the right where the unit's answer stands on its tuning curve.

    Args:
        clip: the grating, ``(L, H, W, 1)``.
        directions: ``(D,)`` degrees.
        curve: ``(D,)`` responses of the unit to this grating in each direction, from 0.
        chosen: which of the directions is shown.
        most: the largest response of the unit to anything; the outer ring.
        title: what there is to see.

    Raises:
        UsageError: for lengths that do not agree, or a choice out of range.
    """
    angles, values = np.asarray(directions, float), np.asarray(curve, float)
    if angles.shape != values.shape or not 0 <= chosen < len(angles):
        raise UsageError(
            f"The chart was given {angles.size} directions, {values.size} responses and choice "
            f"{chosen}; give one response for each direction, and choose one of them."
        )
    film = np.asarray(clip)[..., 0]
    figure = Figure(figsize=(10.5, 4.0), layout="constrained")
    titled(figure, title)
    left, right = figure.subfigures(1, 2, width_ratios=[1.75, 1])  # type: ignore[misc]
    grid = left.add_gridspec(2, len(_FRAMES), height_ratios=[1, 1.15])
    for place, t in enumerate(_FRAMES):
        axis = left.add_subplot(grid[0, place])
        axis.imshow(film[t % len(film)], cmap="gray", vmin=0, vmax=255)
        axis.set_title(f"frame {t}", fontsize=TICK)
        axis.set_xticks([])
        axis.set_yticks([])
    section = left.add_subplot(grid[1, :])
    section.imshow(
        along_section(film, angles[chosen]), cmap="gray", vmin=0, vmax=255, aspect="auto"
    )
    ends = {0: "left to right", 45: "lower left to upper right", 90: "bottom to top"}
    line = ends.get(round(angles[chosen]) % 180, "lower right to upper left")
    section.set_xlabel(f"place on the line of the motion, {line} (pixels)", fontsize=LABEL)
    section.set_ylabel("time (frames)", fontsize=LABEL)
    section.tick_params(labelsize=TICK)
    _rose(right, angles, values / (most or 1.0), chosen)
    return figure


def _rose(figure: SubFigure, angles: ArrayLike, shares: ArrayLike, chosen: int) -> None:
    axis = figure.add_subplot(projection="polar")
    around, outwards = np.radians(np.asarray(angles)), np.asarray(shares)
    closed = np.append(around, around[0]), np.append(outwards, outwards[0])
    axis.plot(*closed, color=BLUE, marker="o", markersize=4)
    axis.fill(*closed, color=BLUE, alpha=0.15)
    axis.plot(
        [0, around[chosen]], [0, outwards[chosen]], color=VERMILION, linewidth=2.5, linestyle="--"
    )
    axis.plot(around[chosen], outwards[chosen], "D", color=VERMILION, markersize=10, clip_on=False)
    axis.set_ylim(0, 1.05)
    axis.set_yticks([0.5, 1.0], ["", ""])
    axis.set_xticks(np.radians(list(_ANGLES)), list(_ANGLES.values()), fontsize=LABEL)
    axis.set_title(f"answer: {outwards[chosen]:.0%} of its largest", fontsize=LABEL, pad=12)
    axis.set_xlabel("direction; outwards: share of the\nunit's largest answer", fontsize=TICK)
