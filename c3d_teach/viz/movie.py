"""A clip as a small file that plays by itself: animated WebP."""

from io import BytesIO

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from c3d_teach.errors import UsageError

_LARGEST_SIDE = 4096  # pixels; beyond it a file stops being small, and WebP ends at 16383


def animation(clip: ArrayLike, *, fps: float = 8, scale: int = 1) -> bytes:
    """The bytes of a lossless animated WebP that loops for ever.

    Args:
        clip: ``(L, H, W, C)`` uint8 with C = 1 (grey) or 3 (RGB); a tensor on the CPU or
            an array. Equal neighbouring frames are stored once and shown for as long as all.
        fps: frames a second, above 0 and up to 100.
        scale: each pixel becomes a square of ``scale`` × ``scale`` pixels, unblurred, so that
            small clips can be read pixel by pixel.

    Raises:
        UsageError: for a clip of another type or shape, or numbers out of range.
    """
    frames = np.asarray(clip)
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] not in (1, 3):
        raise UsageError(
            f"animation() was given {frames.dtype} of shape {frames.shape}; it takes one clip "
            "(L, H, W, C) of uint8 with 1 or 3 channels."
        )
    if min(frames.shape) < 1:
        raise UsageError(f"animation() was given an empty clip, shape {frames.shape}.")
    if not 0 < fps <= 100:
        raise UsageError(f"fps is {fps}; it is above 0 and at most 100 frames a second.")
    if int(scale) != scale or scale < 1 or max(frames.shape[1:3]) * scale > _LARGEST_SIDE:
        raise UsageError(
            f"scale is {scale}; it is a whole number from 1 on that leaves no side of the "
            f"picture above {_LARGEST_SIDE} pixels."
        )
    large = frames.repeat(int(scale), axis=1).repeat(int(scale), axis=2)
    # RGB throughout: WebP has no grey images, and RGB has no palette to round to
    pictures = [Image.fromarray(np.broadcast_to(f, (*f.shape[:2], 3)).copy()) for f in large]
    file = BytesIO()
    pictures[0].save(
        file,
        format="WEBP",
        save_all=True,
        append_images=pictures[1:],
        duration=round(1000 / fps),
        loop=0,
        lossless=True,
        quality=50,  # effort, not fidelity, in lossless mode
    )
    return file.getvalue()
