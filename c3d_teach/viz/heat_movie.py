"""Heat laid over a clip as pictures, and the clip beside it as a film that plays by itself."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from c3d_teach.errors import UsageError
from c3d_teach.viz.movie import animation

if TYPE_CHECKING:
    from c3d_teach.analysis.attribution.heat import Attribution

# Okabe-Ito: against the target blue, for it vermilion; both show on black and on white
AGAINST, FOR = (0, 114, 178), (213, 94, 0)
_COVER = 0.85  # of the frame under the strongest heat
_GAP = 4  # pixels between the two pictures
GRADIENTS = ("gradient", "guided backpropagation", "deconvolution")


def heat_animation(
    attribution: "Attribution", *, fps: float = 8, scale: int | None = None
) -> bytes:
    """Clip and clip with heat side by side, as a looping animated WebP.

    Vermilion speaks for the target, blue against it; a white line encloses the strongest half
    of what speaks for it (of gradients: of all heat), so that nothing rests on colour.

    Args:
        fps: frames a second.
        scale: screen pixels a side for each pixel of the clip; None for about 256 in all.

    Raises:
        UsageError: for heat that does not fit the clip, or numbers out of range.
    """
    frames, heat = clip_and_heat(attribution.clip, attribution.heat)
    times = max(1, 256 // max(heat.shape[1:])) if scale is None else scale
    if int(times) != times or not 1 <= times <= 64:
        raise UsageError(f"scale is {scale}; it is a whole number from 1 to 64.")
    times = int(times)
    grow = (1, times, times)
    shown = np.kron(overlaid(frames, heat), np.ones((*grow, 1), np.uint8))
    plain = np.kron(in_colour(frames), np.ones((*grow, 1), np.uint8))
    soft = smoothed(heat, attribution.method)
    inside = soft > half_level(soft)
    shown[_edge(np.kron(inside, np.ones(grow, bool)))] = 255
    gap = np.full((*plain.shape[:2], _GAP, 3), 255, np.uint8)
    return animation(np.concatenate([plain, gap, shown], axis=2), fps=fps)


def clip_and_heat(clip: Any, heat: Any) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Both as arrays that fit each other.

    Raises:
        UsageError: for a clip that is not uint8 ``(L, H, W, C)``, or heat that is not finite
            ``(L, H, W)`` of the same size.
    """
    frames, values = np.asarray(clip), np.asarray(heat, dtype=np.float32)
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] not in (1, 3):
        raise UsageError(
            f"The picture was given {frames.dtype} of shape {frames.shape}; it draws one clip "
            "(L, H, W, C) of uint8 with 1 or 3 channels."
        )
    if values.shape != frames.shape[:3] or not np.isfinite(values).all():
        raise UsageError(
            f"Heat has the shape {values.shape} over a clip of {frames.shape}; it has one finite "
            "value for each pixel, (L, H, W)."
        )
    return frames, values


def in_colour(clip: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The clip ``(L, H, W, 3)``, also where it came in grey."""
    return np.broadcast_to(clip, (*clip.shape[:3], 3))


def grey(clip: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Brightness ``(L, H, W)``, 0 to 255 (ITU-R BT.601)."""
    weights = np.array([0.299, 0.587, 0.114] if clip.shape[-1] == 3 else [1.0], np.float32)
    return clip.astype(np.float32) @ weights


def overlaid(clip: NDArray[np.uint8], heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Grey frames under heat, ``(L, H, W, 3)``, on one scale for the whole clip."""
    share = heat / (top(heat) or 1.0)
    cover = _COVER * np.clip(abs(share), 0, 1)[..., None] ** 0.75
    colour = np.where(share[..., None] > 0, np.array(FOR), np.array(AGAINST))
    mixed = (1 - cover) * (0.75 * grey(clip)[..., None] + 32) + cover * colour
    return mixed.round().clip(0, 255).astype(np.uint8)


def top(heat: NDArray[np.float32]) -> float:
    """Full strength of the colour: the magnitude that one voxel in a hundred exceeds.

    Gradients have a few voxels far above all others, and beside these nothing would show.
    """
    return float(np.quantile(abs(heat), 0.99)) or float(abs(heat).max())


def smoothed(heat: NDArray[np.float32], method: str) -> NDArray[np.float32]:
    """What the line is drawn around: heat blurred in the frame, without what is against.

    Of gradients the magnitudes count: their sign tells bright from dark. The blur, a standard
    deviation of a 16th of the frame, leaves no line around single pixels.
    """
    from scipy.ndimage import gaussian_filter  # comes with scikit-learn

    kept = abs(heat) if method in GRADIENTS else np.clip(heat, 0, None)
    blur = (0.0, heat.shape[1] / 16, heat.shape[2] / 16)
    return np.asarray(gaussian_filter(kept, blur, mode="nearest"), np.float32)


def half_level(soft: NDArray[np.float32]) -> float:
    """The level above which half of all positive heat lies, over the whole clip."""
    values = np.sort(soft, axis=None)[::-1]
    total = values.cumsum(dtype=np.float64)
    if not total[-1] > 0:
        return float("inf")
    last = int(np.searchsorted(total, 0.5 * total[-1]))
    # halfway to the next lower value, so that none lies on the line
    lower = values[values < values[last]]
    return float(values[last] + (lower[0] if len(lower) else 0)) / 2


def _edge(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Voxels inside whose neighbour in the frame is outside.

    The edge of a frame counts where all of the frame is inside, or nothing would show.
    """
    whole = inside.all((1, 2))
    padded = np.pad(inside, ((0, 0), (1, 1), (1, 1)), mode="edge")
    for side in (padded[:, 0], padded[:, -1], padded[:, :, 0], padded[:, :, -1]):
        side[whole] = False
    core = padded[:, :-2, 1:-1] & padded[:, 2:, 1:-1] & padded[:, 1:-1, :-2] & padded[:, 1:-1, 2:]
    return inside & ~core
