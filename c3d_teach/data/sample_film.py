"""A film made on the spot: a camera that moves over one photograph, part by part."""

from collections.abc import Sequence
from math import cos, exp, sin

import torch
from torch import Tensor
from torch.nn import functional as F

from c3d_teach.data.photos import PHOTOS, pyramid
from c3d_teach.errors import UsageError

_SEEN = 64  # what the camera sees of the photograph's height, a rate's unit: 1/64 of it
_SHARE = 0.45  # of the photograph's height is seen at first
SHIFT, TURN, ZOOM = 1.5, 0.04, 0.023  # per frame: 64ths of the height, radians, log of scale
# camera goes right, down, turns clockwise, log of the field of view
MOVES = {
    "still": (0.0, 0.0, 0.0, 0.0),
    "pan left": (-SHIFT, 0.0, 0.0, 0.0),
    "pan right": (SHIFT, 0.0, 0.0, 0.0),
    "tilt up": (0.0, -SHIFT, 0.0, 0.0),
    "tilt down": (0.0, SHIFT, 0.0, 0.0),
    "roll clockwise": (0.0, 0.0, TURN, 0.0),
    "roll counter-clockwise": (0.0, 0.0, -TURN, 0.0),
    "zoom in": (0.0, 0.0, 0.0, -ZOOM),
    "zoom out": (0.0, 0.0, 0.0, ZOOM),
}


def sample_film(
    parts: Sequence[tuple[str, int]] = (
        ("still", 32),
        ("pan right", 32),
        ("zoom in", 32),
        ("tilt up", 39),
    ),
    *,
    photo: str = "coffee",
    size: tuple[int, int] = (144, 192),
) -> Tensor:
    """A film of one photograph: what a camera sees that moves as ``parts`` say (ours).

    Nothing is downloaded: the photographs come with scikit-image and scikit-learn. Names say
    what the *camera* does, as in ``CameraMotion``; no thing moves before it, and there is no
    noise.

    Args:
        parts: ``(motion, frames)``, one after the other; motions are those of ``MOVES``.
        photo: one of ``PHOTOS``.
        size: height and width in pixels.

    Returns:
        uint8 ``(L, H, W, 3)``, RGB.

    Raises:
        UsageError: for an unknown motion or photograph, or no frame.
    """
    if photo not in PHOTOS:
        raise UsageError(f"There is no photograph {photo!r}; there are {', '.join(PHOTOS)}.")
    if unknown := [name for name, _ in parts if name not in MOVES]:
        raise UsageError(f"The camera does not know {unknown[0]!r}; it knows {', '.join(MOVES)}.")
    rates = [MOVES[name] for name, count in parts for _ in range(count)]
    if not rates:
        raise UsageError("A film has at least one frame; the parts given have none.")
    picture = pyramid(photo)[0] / 255
    return torch.stack([_seen(picture, place, size) for place in _path(rates)])


def _path(rates: Sequence[tuple[float, float, float, float]]) -> list[tuple[float, ...]]:
    """Right, down (in halves of the seen height), angle and log of scale of every frame."""
    places: list[tuple[float, ...]] = [(0.0, 0.0, 0.0, 0.0)]
    for right, down, turn, zoom in rates[1:]:
        x, y, angle, scale = places[-1]
        step = 2 / _SEEN * exp(scale)
        # right and down of the camera, which may be turned
        across, along = (
            right * cos(angle) - down * sin(angle),
            right * sin(angle) + down * cos(angle),
        )
        places.append((x + across * step, y + along * step, angle + turn, scale + zoom))
    return places


def _seen(picture: Tensor, place: tuple[float, ...], size: tuple[int, int]) -> Tensor:
    x0, y0, angle, log_scale = place
    height, width = size
    rows = torch.linspace(-1, 1, height)[:, None] * exp(log_scale)
    columns = torch.linspace(-1, 1, width)[None, :] * exp(log_scale) * width / height
    x = columns * cos(angle) - rows * sin(angle) + x0
    y = columns * sin(angle) + rows * cos(angle) + y0
    aspect = picture.shape[1] / picture.shape[2]
    grid = _SHARE * torch.stack([x * aspect, y], -1)
    # a photograph that is left behind goes on as in a mirror
    seen = F.grid_sample(picture[None], grid[None], padding_mode="reflection", align_corners=False)
    return (seen[0] * 255).round().clamp(0, 255).to(torch.uint8).movedim(0, -1).contiguous()
