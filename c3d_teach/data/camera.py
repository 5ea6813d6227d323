"""CameraMotion: a virtual camera over real photographs, with things moving before it."""

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from c3d_teach.data.counter import bell, key_of, uniform
from c3d_teach.data.embedded import Embedded
from c3d_teach.data.photos import LEVELS, PHOTOS, SPLIT_PHOTOS, pyramid

MOTIONS = (
    "pan left",
    "pan right",
    "tilt up",
    "tilt down",
    "roll clockwise",
    "roll counter-clockwise",
    "zoom in",
    "zoom out",
    "still",
)
STILL = MOTIONS.index("still")

# Per frame, on a picture 64 pixels high; other sizes scale the shift with them.
SHIFT = (0.7, 3.2)  # pixels
TURN = (0.018, 0.085)  # radians: 1 to 5 degrees
ZOOM = (0.012, 0.042)  # natural logarithm of the scale: 1.2 to 4 %
SCALE = (1.6, 5.0)  # pixels of the photograph a pixel of the picture, in mid-clip
_STRAY = 0.12  # share of a motion's rate that may leak into the other axes
_CHUNK = 8  # clips made at a time: their working arrays stay in the processor's cache
_THINGS = 2  # at most, moving before the camera
_NOISE_BANK = 1 << 22


class CameraMotion(Embedded):
    """What a moving camera sees of a photograph: 8 motions in 4 reversal pairs, and none (ours).

    ``dataset[i]`` gives a dict: ``clip`` uint8 ``(L, H, W, 3)``, ``motion`` (0-8, *how*),
    ``photo`` (*what*, an index into ``things``), ``image`` (the same) and ``label`` (the one
    that ``label=`` names). ``batch(indices)`` makes many at once.

    Names say what the *camera* does: panning left moves the picture right, rolling
    clockwise turns the picture counter-clockwise. ``motions`` lists four time-reversal
    pairs, then ``still``, which is its own reversal.

    Up to two things with the texture of another photograph move before the camera on
    their own, in every class alike, so that "something moves" is not "the camera moves".
    The clips also carry a little sensor noise, flicker, hand tremor and a share of the
    other motions.

    **What one frame tells.** Photographs are continued by mirroring, and position and
    orientation are uniform, so a frame says nothing about panning, tilting or rolling.
    A zoom cannot run round a circle as in MotionDigits without a visible jump; the scale
    of all other classes is therefore drawn from what a zoom shows at a random moment.
    What remains was too little to find: a FrameNet trained on 16,000 clips is right on
    11.7 % of 2,048 test clips (95 % interval 10.4 to 13.1 %), and chance is 11.1 %
    (``c3d-teach train --net frame --data camera-motion --clips 16000 --lr 0.001 --out
    runs/camera-frame``, seed 0).

    The photographs of the three splits are disjoint; ``photo`` is meant for telling known
    photographs apart, not for generalising to new ones.

    Args:
        size: number of clips; clip ``i`` never depends on it.
        split: ``"train"`` (8 photographs), ``"val"`` (2) or ``"test"`` (3).
        seed: any integer.
        clip_shape: ``(3, L, H, W)``.
        label: ``"motion"`` or ``"photo"``.
        clutter: whether things move before the camera.

    Raises:
        UsageError: for an unknown split or label, or a shape that is not ``(3, L, H, W)``.
    """

    name = "camera-motion"
    motions = MOTIONS
    things = PHOTOS
    thing = "photo"
    channels = 3

    def __init__(
        self,
        size: int,
        *,
        split: str = "train",
        seed: int = 0,
        clip_shape: tuple[int, int, int, int] = (3, 16, 64, 64),
        label: str = "motion",
        clutter: bool = True,
    ) -> None:
        super().__init__(size, split=split, seed=seed, clip_shape=clip_shape, label=label)
        self.clutter = bool(clutter)

    def describe(self) -> dict[str, Any]:
        return super().describe() | {"clutter": self.clutter}

    def batch(self, indices: Any) -> dict[str, Tensor]:
        parts = [self._make(part) for part in self.checked(indices).split(_CHUNK)]
        return self.labelled({k: torch.cat([p[k] for p in parts]) for k in parts[0]})

    def images(self, indices: Any) -> Tensor:
        photos = SPLIT_PHOTOS[self.split]
        u = uniform(key_of(self.name, self.seed, self.split), self.checked(indices), 1)
        return torch.tensor([PHOTOS.index(p) for p in photos])[(u[:, 0] * len(photos)).long()]

    def _make(self, indices: Tensor) -> dict[str, Tensor]:
        _, length, height, width = self.clip_shape
        photos = SPLIT_PHOTOS[self.split]
        u = uniform(key_of(self.name, self.seed, self.split), indices, 32 + 16 * _THINGS)
        motion = indices % len(MOTIONS)
        which = (u[:, 0] * len(photos)).long()
        camera = _camera(motion, u[:, 1:14], length)
        screen = _Screen(height, width)

        angle = 2 * torch.pi * u[:, 24]
        scale = _between(SCALE, u[:, 14], log=True)
        video = screen.textured([photos[i] for i in which], camera, angle, scale, u[:, 15:17])
        if self.clutter:
            for k in range(_THINGS):
                v = u[:, 32 + 16 * k : 48 + 16 * k]
                other = (which + 1 + (v[:, 0] * (len(photos) - 1)).long()) % len(photos)
                _add_thing(video, screen, [photos[i] for i in other], camera, v)
        _expose(video, u[:, 17:22])
        area = video[0].numel()
        bank = _noise_bank(area)
        starts = (u[:, 22] * (len(bank) - area)).long().tolist()
        strength = _between((0.3, 6.0), u[:, 23], log=True).tolist()
        for clip, first, sigma in zip(video, starts, strength, strict=True):
            clip.add_(bank[first : first + area].view(clip.shape), alpha=sigma)
        clip = video.add_(0.5).clamp_(0, 255).to(torch.uint8)
        image = self.images(indices)
        return {
            "clip": clip.permute(0, 1, 3, 4, 2).contiguous(),
            "motion": motion,
            "photo": image,
            "image": image,
        }


def _between(limits: tuple[float, float], u: Tensor, *, log: bool = False) -> Tensor:
    low, high = (torch.tensor(v, dtype=torch.float64) for v in limits)
    if log:
        return (low.log() + (high.log() - low.log()) * u).exp()
    return low + (high - low) * u


def _camera(motion: Tensor, u: Tensor, length: int) -> Tensor:
    """Maps ``(N, L, 3, 3)`` from the screen to the world, for a camera that moves.

    Position and angle are near 0 in mid-clip. ``u`` holds 13 uniform columns.
    """
    time = torch.arange(length, dtype=torch.float64) - (length - 1) / 2
    axis = motion // 2  # 0 pan, 1 tilt, 2 roll, 3 zoom, 4 still
    sign = torch.where(motion % 2 == 0, -1.0, 1.0).to(torch.float64)
    # pan left and tilt up lower x and y; rolling clockwise is a rising angle, so its sign turns
    sign = torch.where(axis == 2, -sign, sign)
    speed = u[:, 0]
    # an uneven hand: the speed swells by up to a quarter within the clip
    swell = 0.25 * u[:, 1:2] * torch.sin(2 * torch.pi * (time / length + u[:, 2:3]))
    travelled = (1 + swell).cumsum(1)
    travelled = travelled - travelled.mean(1, keepdim=True)
    path = {}
    for k, (name, limits) in enumerate(
        {"x": SHIFT, "y": SHIFT, "angle": TURN, "log_scale": ZOOM}.items()
    ):
        rate = _between(limits, speed, log=True) * sign
        stray = limits[0] * _STRAY * (2 * u[:, 3 + k] - 1)
        stray = torch.where(axis == 4, 0.5 * stray, stray * (1 + 3 * speed))
        path[name] = torch.where(axis == k, rate, stray)[:, None] * travelled
    # hand tremor, under a tenth of a pixel
    for name, column in (("x", 7), ("y", 8)):
        phase = 2 * torch.pi * (u[:, column, None] + (0.15 + 0.3 * u[:, 9:10]) * time)
        path[name] = path[name] + 0.1 * u[:, 10:11] * phase.sin()
    # every class but zoom: the scale a zoom of random speed shows at a random moment
    moment = (u[:, 11] * length).floor() - (length - 1) / 2
    elsewhere = _between(ZOOM, u[:, 12], log=True) * moment
    path["log_scale"] = path["log_scale"] + torch.where(axis == 3, 0.0, elsewhere)[:, None]
    return _affine(path["angle"], path["log_scale"].exp(), (path["x"], path["y"]))


def _affine(angle: Tensor, scale: Tensor, shift: tuple[Tensor, Tensor] | None = None) -> Tensor:
    """float64 maps ``(..., 3, 3)``: scale, turn clockwise by ``angle``, then shift."""
    cos, sin = angle.cos() * scale, angle.sin() * scale
    zero, one = torch.zeros_like(cos), torch.ones_like(cos)
    x, y = shift or (zero, zero)
    rows = [cos, -sin, x + zero, sin, cos, y + zero, zero, zero, one]
    return torch.stack(rows, -1).unflatten(-1, (3, 3))


class _Screen:
    """Pixel positions of the picture, in pixels of a picture 64 high, centre at 0.

    Everything seen is an affine image of the screen, so that its position in the world is
    a table over columns plus a table over rows: one addition a pixel and coordinate.
    """

    def __init__(self, height: int, width: int) -> None:
        self.unit = 64 / height
        self.rows = (torch.arange(height, dtype=torch.float64) - (height - 1) / 2) * self.unit
        self.cols = (torch.arange(width, dtype=torch.float64) - (width - 1) / 2) * self.unit

    def through(self, maps: Tensor) -> Tensor:
        """float32 positions ``(N, L, H, W, 2)`` of all pixels through ``maps`` (N, L, 3, 3)."""
        col = maps[..., None, :2, 0] * self.cols[:, None]
        row = maps[..., None, :2, 1] * self.rows[:, None] + maps[..., None, :2, 2]
        return col.float()[:, :, None] + row.float()[:, :, :, None]

    def textured(
        self, photos: list[str], maps: Tensor, angle: Tensor, scale: Tensor, start: Tensor
    ) -> Tensor:
        """Colours float32 ``(N, L, 3, H, W)`` of photographs, continued by mirroring.

        ``maps`` lead from the screen to the world. In the world the photograph lies turned
        by ``angle``, with ``scale`` photograph pixels a unit and its origin at ``start``, a
        share of its mirrored period.
        """
        scale = scale * self.unit
        level = scale.clamp(min=1).log2().floor().clamp(max=LEVELS - 1).long()
        images = [pyramid(p)[i] for p, i in zip(photos, level.tolist(), strict=True)]
        size = torch.tensor([[i.shape[2], i.shape[1]] for i in images], dtype=torch.float64)
        in_photo = _affine(angle, scale / self.unit / 2.0**level)[:, None] @ maps
        # grid_sample's coordinates run from -1 to 1 over the photograph
        in_photo[..., :2, :] *= (2 / size)[:, None, :, None]
        in_photo[..., :2, 2] += (4 * start)[:, None]
        grid = self.through(in_photo)
        return torch.stack(
            [
                F.grid_sample(
                    image.expand(len(where), -1, -1, -1),
                    where,
                    mode="bilinear",
                    padding_mode="reflection",
                    align_corners=False,
                )
                for image, where in zip(images, grid, strict=True)
            ]
        )


def _add_thing(
    video: Tensor, screen: _Screen, photos: list[str], camera: Tensor, u: Tensor
) -> None:
    """Draw an elliptic thing that sways and drifts on its own over ``video``, in place."""
    chosen = (u[:, 1] < 0.6).nonzero()[:, 0]
    if not len(chosen):
        return
    u, camera = u[chosen], camera[chosen]
    length = video.shape[1]
    time = torch.arange(length, dtype=torch.float64) - (length - 1) / 2
    turns = 0.4 + 1.6 * u[:, 2:3]  # swings in 16 frames
    swing = torch.sin(2 * torch.pi * (turns * time / 16 + u[:, 3:4]))
    heading = 2 * torch.pi * u[:, 4:5]
    sway = 12 * u[:, 5:6] ** 2 * swing + 1.5 * (2 * u[:, 6:7] - 1) * time
    x = 56 * (u[:, 7:8] - 0.5) + sway * heading.cos()
    y = 56 * (u[:, 8:9] - 0.5) + sway * heading.sin()
    angle = 2 * torch.pi * u[:, 9:10] + 0.6 * (2 * u[:, 10:11] - 1) * swing
    to_thing = _affine(angle, torch.ones_like(angle)).inverse() @ _affine(
        torch.zeros_like(x), torch.ones_like(x), (-x, -y)
    )
    maps = to_thing @ camera
    radii = torch.stack(
        [_between((4.0, 15.0), u[:, 11], log=True), _between((4.0, 24.0), u[:, 12], log=True)], -1
    )
    colours = screen.textured(
        [photos[i] for i in chosen],
        maps,
        torch.zeros(len(chosen), dtype=torch.float64),
        _between(SCALE, u[:, 13], log=True),
        u[:, 14:16],
    )
    maps = maps.clone()
    maps[..., :2, :] /= radii[:, None, :, None]
    distance = screen.through(maps).square_().sum(-1).sqrt_()
    small = radii.min(1).values.float()[:, None, None, None]
    cover = ((1 - distance) * small).add_(0.5).clamp_(0, 1)  # an edge about one pixel soft
    video[chosen] = torch.lerp(video[chosen], colours, cover[:, :, None])


def _expose(video: Tensor, u: Tensor) -> None:
    """Contrast, brightness, tint and flicker of the camera, in place."""
    length = video.shape[1]
    contrast = _between((0.6, 1.1), u[:, :1])
    tint = 1 + 0.15 * (torch.stack([u[:, 1], torch.full_like(u[:, 1], 0.5), u[:, 2]], 1) - 0.5)
    gain = (contrast * tint)[:, None, :, None, None]
    # flicker: a slow change of the whole picture's brightness, at most 4 % of white
    time = torch.arange(length, dtype=torch.float64) / length
    wave = torch.sin(2 * torch.pi * (3 * u[:, 4:5] * time + u[:, 2:3]))
    lift = 40 * (u[:, 3:4] - 0.5) + 10 * u[:, 1:2] * wave
    video.sub_(128).mul_(gain.float()).add_((128 + lift).float()[:, :, None, None, None])


@lru_cache(maxsize=4)
def _noise_bank(area: int) -> Tensor:
    return bell(key_of("camera-motion", "noise"), max(_NOISE_BANK, 4 * area))
