"""Several clips on one sheet that plays as one film, each under its name.

Films that are shown one beside the other start at different moments; on one sheet all stay
in step.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw, ImageFont

from c3d_teach.errors import UsageError

_PAPER, _INK = 235, 20  # of 255; names read on a light page and on a dark one
_GAP = 8  # pixels
_LETTER = 0.56  # of its height, the width of a letter


def film_sheet(
    panels: Sequence[tuple[str, ArrayLike]], *, side: int = 192, columns: int | None = None
) -> NDArray[np.uint8]:
    """Frames of a sheet ``(L, H, W, 3)`` uint8, for :func:`c3d_teach.viz.movie.animation`.

    Args:
        panels: name and clip ``(L, h, w, C)`` uint8 of each, all of one length; a name may have
            lines.
        side: pixels that a panel is wide at least; pixels are enlarged as squares.
        columns: panels in a row; all of them when None.

    Raises:
        UsageError: for no panel, or clips of different lengths.
    """
    clips = [np.asarray(clip) for _, clip in panels]
    if not clips or len({len(clip) for clip in clips}) > 1:
        raise UsageError(
            f"A sheet takes clips of one length; given were {[len(clip) for clip in clips]} frames."
        )
    large = [_enlarged(clip, side) for clip in clips]
    wide = max(clip.shape[2] for clip in large)
    high = max(clip.shape[1] for clip in large)
    type_size = max(15, round(wide / 11))  # on a phone, too
    lines = max(name.count("\n") + 1 for name, _ in panels)
    head = round(1.35 * type_size * lines) + 4
    across = min(columns or len(panels), len(panels))
    rows = -(-len(panels) // across)
    sheet = np.full(
        (len(large[0]), rows * (high + head) + (rows - 1) * _GAP, across * (wide + _GAP) - _GAP, 3),
        _PAPER,
        np.uint8,
    )
    for place, ((name, _), clip) in enumerate(zip(panels, large, strict=True)):
        row, column = divmod(place, across)
        top, left = row * (high + head + _GAP), column * (wide + _GAP)
        sheet[:, top : top + head, left : left + wide] = _named(name, wide, head, type_size)
        top += head
        sheet[:, top : top + clip.shape[1], left : left + clip.shape[2]] = clip
    return sheet


def _enlarged(clip: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The clip in RGB, each pixel a square."""
    factor = max(1, side // clip.shape[2])
    rgb = np.broadcast_to(clip, (*clip.shape[:3], 3))
    return rgb.repeat(factor, axis=1).repeat(factor, axis=2)


def _named(name: str, wide: int, high: int, size: int) -> NDArray[np.uint8]:
    """A strip with a name on it, cut where it does not fit."""
    most = int(wide / (size * _LETTER))
    short = "\n".join(n if len(n) <= most else n[: most - 1] + "…" for n in name.split("\n"))
    strip = Image.new("RGB", (wide, high), (_PAPER,) * 3)
    font = ImageFont.load_default(size)
    ImageDraw.Draw(strip).multiline_text((3, 2), short, fill=(_INK,) * 3, font=font, spacing=2)
    return np.asarray(strip)
