"""What every layer of a net makes of a clip, as one picture: frames over the time they cover."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw, ImageFont

from c3d_teach.errors import UsageError

_PAPER, _INK, _TYPE = 235, 20, 17
_CELL, _GAP, _LEFT = 62, 6, 96  # pixels: a frame's picture, between rows, the names


def map_pyramid(rows: Mapping[str, ArrayLike], length: int) -> NDArray[np.uint8]:
    """A row a layer, each frame in the middle of the stretch of the clip that it came from.

    Args:
        rows: name → one channel's map ``(l, h, w)``; drawn from 0 (black) to its largest value.
        length: frames of the clip, a multiple of every l.

    Returns:
        ``(H, W, 3)`` uint8.

    Raises:
        UsageError: for maps of other shapes.
    """
    maps = {name: np.asarray(values, float) for name, values in rows.items()}
    if wrong := [name for name, m in maps.items() if m.ndim != 3 or len(m) > length]:
        raise UsageError(f"{', '.join(wrong)}: a map is (l, h, w) with at most {length} frames.")
    picture = Image.new(
        "RGB", (_LEFT + length * _CELL, len(maps) * (_CELL + _GAP) - _GAP), (_PAPER,) * 3
    )
    font, draw = ImageFont.load_default(_TYPE), ImageDraw.Draw(picture)
    for row, (name, values) in enumerate(maps.items()):
        top = row * (_CELL + _GAP)
        words = f"{name}\n{len(values)} frame{'s' * (len(values) != 1)}"
        draw.multiline_text((2, top + 10), words, fill=(_INK,) * 3, font=font, spacing=3)
        most = float(values.max()) or 1.0
        stretch = length * _CELL / len(values)
        for t, frame in enumerate(values):
            grey = (255 * np.clip(frame / most, 0, 1)).astype(np.uint8)
            small = Image.fromarray(grey).resize((_CELL - 4, _CELL - 4), Image.Resampling.NEAREST)
            left = _LEFT + (t + 0.5) * stretch - (_CELL - 4) / 2
            picture.paste(small, (round(left), top + 2))
            bar = (
                _LEFT + t * stretch + 2,
                top + _CELL - 1,
                _LEFT + (t + 1) * stretch - 2,
                top + _CELL - 1,
            )
            draw.line(bar, fill=(0, 114, 178), width=3)
    return np.asarray(picture)
