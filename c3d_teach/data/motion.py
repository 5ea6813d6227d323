"""MotionDigits: handwritten digits that move in one of eight ways. Embedded, made in bulk.

The set separates two questions. *What* is seen (the digit) can be answered from any
single frame. *How* it moves cannot be answered from any single frame, by construction.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from c3d_teach.data.counter import bell, key_of, uniform
from c3d_teach.data.embedded import Embedded
from c3d_teach.data.installed import installed_file
from c3d_teach.errors import UsageError

MOTIONS = (
    "left",
    "right",
    "up",
    "down",
    "rotate clockwise",
    "rotate counter-clockwise",
    "zoom in",
    "zoom out",
)
ALL_DIGITS = tuple(range(9))
DIGITS = tuple(f"digit {d}" for d in ALL_DIGITS)

# Per frame, on a canvas of 32 pixels; larger canvases scale the shift with them.
SHIFT = (0.6, 1.6)  # pixels
TURN = (0.07, 0.18)  # radians: 4 to 10 degrees
ZOOM = (0.025, 0.05)  # natural logarithm of the size: 2.5 to 5 %
SIZE = (10 / 32, 22 / 32)  # of the 8x8 box of the digit, as a share of the canvas

_TEXTURE = 60  # texels a side; a digit of 22 pixels is sampled at over two texels a pixel
_BOX = 48  # of which the 8x8 box of the digit takes this many, the rest is black margin
_NOISE_BANK = 1 << 22
_CHUNK = 64  # clips made at a time: their working arrays stay in the processor's cache


class MotionDigits(Embedded):
    """Handwritten digits on a torus, each moving in one of 8 ways (ours).

    ``dataset[i]`` gives a dict: ``clip`` uint8 ``(L, H, W, 1)``, ``motion`` (0-7, *how*),
    ``digit`` (0-8, *what*), ``image`` (which of the split's handwritten digits) and ``label``
    (the one of the first two that ``label=`` names). ``batch(indices)`` makes many at once,
    each with a batch dimension in front.

    **Why one frame tells nothing about the motion.** Position, orientation and the
    logarithm of the size live on circles: a digit that leaves on the left enters on the
    right, a turn comes round, and a digit that outgrows the largest size starts again at
    the smallest. Each clip starts at a uniformly drawn point of these circles, and a
    motion moves the point by a fixed step. A uniform point moved along a circle is still
    uniform, so every single frame has the same distribution under every motion, and a
    net that sees one frame is at chance (12.5 %), whatever its size and training.

    **Time reversal.** ``motions`` lists four pairs; motion ``k`` played backwards is
    motion ``k ^ 1``. A net blind to the arrow of time cannot pass 50 % on a test set that
    holds every clip together with its reversal.

    The digits are scikit-learn's (UCI "optical recognition of handwritten digits", CC BY
    4.0). Nines are left out, for a nine that turns becomes a six. Within a class the first
    60 % of the images train, the next 15 % validate, the last 25 % test, so that no image
    occurs in two splits.

    Args:
        size: number of clips. Clip ``i`` depends on ``(seed, split, i)`` and the settings
            below alone, never on ``size``.
        split: ``"train"``, ``"val"`` or ``"test"``.
        seed: any integer.
        clip_shape: ``(1, L, H, W)``.
        label: ``"motion"`` or ``"digit"``; what ``label`` and ``classes`` refer to.
        noise: standard deviation of the noise in every pixel, as a share of white.
        speed: factor on every rate of motion.
        moving: ``(first, end)``: the digit moves in frames first to end - 1, which differ from
            the frame before, and rests before and after (the noise does not). All of them
            when None.
        digits: which digits occur; ``digit`` and ``things`` then count in this order.

    Raises:
        UsageError: for an unknown split, label or digit, a shape that is not ``(1, L, H, W)``,
            or frames that a clip does not have.
    """

    name = "motion-digits"
    motions = MOTIONS
    things = DIGITS
    thing = "digit"
    channels = 1

    def __init__(
        self,
        size: int,
        *,
        split: str = "train",
        seed: int = 0,
        clip_shape: tuple[int, int, int, int] = (1, 16, 32, 32),
        label: str = "motion",
        noise: float = 0.05,
        speed: float = 1.0,
        moving: tuple[int, int] | None = None,
        digits: Sequence[int] = ALL_DIGITS,
    ) -> None:
        self.digits = tuple(digits)
        chosen = set(self.digits)
        if not chosen or len(chosen) != len(self.digits) or not chosen <= set(ALL_DIGITS):
            raise UsageError(f"digits is {self.digits}; it is some of 0 to 8, each once.")
        self.things = tuple(f"digit {d}" for d in self.digits)
        super().__init__(size, split=split, seed=seed, clip_shape=clip_shape, label=label)
        self.noise, self.speed = float(noise), float(speed)
        first, end = moving or (0, clip_shape[1])
        if not 0 <= first < end <= clip_shape[1]:
            raise UsageError(
                f"moving is {moving}; it is (first, end) with 0 ≤ first < end ≤ {clip_shape[1]}, "
                "the frames of a clip."
            )
        self.moving = (first, end)
        self._textures, self._digits = split_textures(split, self.digits)

    def describe(self) -> dict[str, Any]:
        described = super().describe() | {"noise": self.noise, "speed": self.speed}
        if self.moving != (0, self.clip_shape[1]):
            described["moving"] = list(self.moving)
        if self.digits != ALL_DIGITS:
            described["digits"] = list(self.digits)
        return described

    def batch(self, indices: Any) -> dict[str, Tensor]:
        indices = self.checked(indices)
        chunks = [self._make(part) for part in indices.split(_CHUNK)]
        return self.labelled({k: torch.cat([c[k] for c in chunks]) for k in chunks[0]})

    def images(self, indices: Any) -> Tensor:
        u = uniform(key_of(self.name, self.seed, self.split), self.checked(indices), 1)
        return (u[:, 0] * len(self._textures)).long()

    def _make(self, indices: Tensor) -> dict[str, Tensor]:
        _, length, height, width = self.clip_shape
        u = uniform(key_of(self.name, self.seed, self.split), indices, 8)
        motion = indices % len(MOTIONS)
        image = self.images(indices)
        first, end = self.moving
        rest = max(0, first - 1)  # the last frame before anything has moved
        steps = (torch.arange(length).clamp_(rest, end - 1) - rest).to(torch.float64)
        way = paths(motion, u[:, 1:6], steps, height, width, self.speed)
        ink = drawn(self._textures, image, way, u[:, 6], height, width)
        add_noise(ink, u[:, 7], self.name, self.noise)
        clip = ink.add_(0.5).clamp_(0, 255).to(torch.uint8).unsqueeze(-1)
        return {"clip": clip, "motion": motion, "digit": self._digits[image], "image": image}


Way = tuple[Tensor, Tensor, Tensor, Tensor]


def drawn(
    textures: Tensor, image: Tensor, way: Way, contrast: Tensor, height: int, width: int
) -> Tensor:
    """Ink ``(N, L, H, W)``, float32 from 0 to 255, of digits on their way over the torus.

    Args:
        textures: ``(D, 60, 60)`` of :func:`split_textures`.
        image: which of them each clip draws, ``(N,)``.
        way: position, orientation and log size, four ``(N, L)`` of :func:`paths`.
        contrast: ``(N,)`` from 0 (60 % of white) to 1 (white).
    """
    x, y, angle, log_size = way
    # Inverse map, screen to texture, split into a part that depends on the column and
    # one that depends on the row, in fixed point (1/256 texel): integers add the same
    # way on every processor, and adding two small tables is all the work a pixel takes.
    scale = _BOX / (log_size.exp() * height) * 256
    cos, sin = angle.cos() * scale, angle.sin() * scale
    dx = (torch.arange(width) - x[..., None] + width / 2) % width - width / 2
    dy = (torch.arange(height) - y[..., None] + height / 2) % height - height / 2
    centre = _TEXTURE / 2 * 256
    col = _fixed(dx * cos[..., None] + centre), _fixed(dx * -sin[..., None] + centre)
    row = _fixed(dy * sin[..., None]), _fixed(dy * cos[..., None])
    tx = (col[0][:, :, None, :] + row[0][:, :, :, None]) >> 8
    ty = (col[1][:, :, None, :] + row[1][:, :, :, None]) >> 8
    edge = _TEXTURE - 1  # the outermost texels are black, so clamping draws background
    flat = ty.clamp_(0, edge).mul_(_TEXTURE).add_(tx.clamp_(0, edge))
    flat += (image * _TEXTURE**2).to(torch.int32)[:, None, None, None]
    ink = textures.view(-1)[flat.view(-1)].view(flat.shape).to(torch.float32)
    return ink.mul_((0.6 + 0.4 * contrast).to(torch.float32)[:, None, None, None])


def add_noise(ink: Tensor, u: Tensor, name: str, noise: float) -> None:
    """Add noise to every pixel of ``(N, L, H, W)`` ink, in place; ``u`` ``(N,)`` says which."""
    if not noise:
        return
    area = ink[0].numel()
    bank = _noise_bank(name, area)
    starts = (u * (len(bank) - area)).long().tolist()
    drawn_noise = torch.stack([bank[s : s + area] for s in starts]).view(ink.shape)
    ink.add_(drawn_noise, alpha=noise * 255)


def _fixed(x: Tensor) -> Tensor:
    return x.round().to(torch.int32)


def paths(motion: Tensor, u: Tensor, steps: Tensor, height: int, width: int, speed: float) -> Way:
    """Position, orientation (radians, clockwise) and log size of each digit over time.

    ``u`` holds five uniform columns: x, y, angle, log size, rate; ``steps`` ``(L,)`` how
    many steps of motion each frame is from the start. Returns four float64 ``(N, L)``.
    """
    axis, sign = motion // 2, (1 - 2 * (motion % 2)).to(torch.float64)
    ranges = torch.tensor([SHIFT, SHIFT, TURN, ZOOM], dtype=torch.float64) * speed
    low, high = ranges[axis].unbind(1)
    rate = low + (high - low) * u[:, 4]

    def moved(which: int, direction: float) -> Tensor:
        step = torch.where(axis == which, sign * rate * direction, 0.0)
        return step[:, None] * steps

    x = u[:, :1] * width + moved(0, -width / 32)  # motion 0 is left: x falls
    y = u[:, 1:2] * height + moved(1, -height / 32)  # motion 2 is up: y falls, rows run down
    angle = u[:, 2:3] * 2 * torch.pi + moved(2, 1.0)
    smallest, largest = (torch.tensor(s, dtype=torch.float64).log() for s in SIZE)
    period = largest - smallest
    log_size = smallest + (u[:, 3:4] * period + moved(3, 1.0)) % period
    return x, y, angle, log_size


@lru_cache(maxsize=4)
def _noise_bank(name: str, area: int) -> Tensor:
    return bell(key_of(name, "noise"), max(_NOISE_BANK, 4 * area))


@lru_cache(maxsize=3)
def split_textures(split: str, chosen: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Smoothly enlarged images ``(D, 60, 60)`` uint8 of the chosen digits, and their classes."""
    images, digits = split_digits(split)
    images = torch.cat([images[digits == digit] for digit in chosen])
    digits = torch.cat([torch.full_like(digits[digits == d], i) for i, d in enumerate(chosen)])
    padded = F.pad(images.to(torch.float32) * (255 / 16), (1, 1, 1, 1))[:, None]
    large = F.interpolate(padded, (_TEXTURE, _TEXTURE), mode="bicubic", align_corners=False)
    large = large[:, 0].round().clamp(0, 255).to(torch.uint8)
    large[:, [0, -1]], large[:, :, [0, -1]] = 0, 0
    return large, digits


def split_digits(split: str) -> tuple[Tensor, Tensor]:
    """The split's 8x8 images ``(D, 8, 8)`` with values 0-16, and their digits ``(D,)``."""
    images, digits = _digits()
    chosen = []
    for digit in range(9):
        of_class = (digits == digit).nonzero()[:, 0]
        first, second = int(0.60 * len(of_class)), int(0.75 * len(of_class))
        part = {"train": slice(first), "val": slice(first, second), "test": slice(second, None)}
        chosen.append(of_class[part[split]])
    index = torch.cat(chosen)
    return images[index], digits[index]


def _digits() -> tuple[Tensor, Tensor]:
    """All 1797 images ``(D, 8, 8)`` of scikit-learn's digits, and which digit each is ``(D,)``."""
    table = np.loadtxt(installed_file("sklearn", "datasets/data/digits.csv.gz"), delimiter=",")
    rows = torch.from_numpy(table)
    return rows[:, :-1].reshape(-1, 8, 8), rows[:, -1].long()
