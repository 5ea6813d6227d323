"""MotionSegmentation: one digit moves among others that stand still; which pixels are its?"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from c3d_teach.data.counter import key_of, uniform
from c3d_teach.data.embedded import Embedded
from c3d_teach.data.motion import (
    ALL_DIGITS,
    DIGITS,
    MOTIONS,
    Way,
    add_noise,
    drawn,
    paths,
    split_textures,
)
from c3d_teach.errors import UsageError

INK = 64  # of 255: from this brightness on a pixel counts as part of a digit
DIM = 0.35  # brightness of still digits that do not look like the mover
# The strokes of handwritten digits fade out; with steep edges it is clear where a digit ends.
_PALE, _STEEP = 80, 4.0
_CHUNK = 64  # clips made at a time: their working arrays stay in the processor's cache
_MOST = 8  # still digits; more would cover the canvas


class MotionSegmentation(Embedded):
    """Handwritten digits on a torus: one of them moves, the others stand still (ours).

    ``dataset[i]`` gives a dict: ``clip`` uint8 ``(L, H, W, 1)``, ``mask`` uint8 ``(L, H, W)``
    (1 where the moving digit is seen), ``motion`` (0-7), ``digit`` (what the mover is) and
    ``image`` (which of the split's handwritten digits it is). ``batch(indices)`` makes many.
    Where digits overlap, the brighter one is seen.

    **Why one frame does not tell which digit moves.** Mover and still digits are drawn from one
    distribution: the same handwritten digits, and uniform positions, orientations, logarithms
    of size and brightnesses. A uniform point that moves along a circle is uniform at every
    moment (see :class:`~c3d_teach.MotionDigits`), so in each single frame the mover is
    distributed like the others and independent of them. Exchange it with one of them and the
    frame is exactly as likely. A net that sees one frame can find the digits; which of
    ``1 + distractors`` it is to mark it can only guess, whatever its size and training.

    With ``alike=False`` the still digits have 35 % of the brightness they would have: then one
    frame is enough, and the set is a control.

    The handwritten digits of the splits are disjoint, as in ``MotionDigits``.

    Args:
        size: number of clips. Clip ``i`` depends on ``(seed, split, i)`` and the settings
            below alone, never on ``size``.
        split: ``"train"``, ``"val"`` or ``"test"``.
        seed: any integer.
        clip_shape: ``(1, L, H, W)``.
        distractors: how many digits stand still, 0 to 8.
        alike: whether they look like the mover.
        noise: standard deviation of the noise in every pixel, as a share of white.
        speed: factor on every rate of motion.
        digits: which digits occur.

    Raises:
        UsageError: for an unknown split or digit, an impossible number of distractors, or a
            shape that is not ``(1, L, H, W)``.
    """

    name = "motion-segmentation"
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
        distractors: int = 2,
        alike: bool = True,
        noise: float = 0.03,
        speed: float = 1.0,
        digits: Sequence[int] = ALL_DIGITS,
    ) -> None:
        super().__init__(size, split=split, seed=seed, clip_shape=clip_shape, label="motion")
        self.digits = tuple(digits)
        if not self.digits or not set(self.digits) <= set(ALL_DIGITS):
            raise UsageError(f"digits is {self.digits}; it is some of 0 to 8, each once.")
        if not 0 <= distractors <= _MOST:
            raise UsageError(f"distractors is {distractors}; 0 to {_MOST} digits can stand still.")
        self.classes = ("the moving digit",)
        self.mirrored = None
        self.distractors, self.alike = int(distractors), bool(alike)
        self.noise, self.speed = float(noise), float(speed)
        soft, self._digits = split_textures(split, self.digits)
        self._textures = soft.float().sub_(_PALE).mul_(_STEEP).clamp_(0, 255).to(torch.uint8)

    def __getitem__(self, index: int) -> dict[str, Any]:
        if not -self.size <= index < self.size:
            raise IndexError(f"clip {index} of a set of {self.size}.")
        item = self.batch([index % self.size])
        return {k: v[0] if k in ("clip", "mask") else int(v[0]) for k, v in item.items()}

    def describe(self) -> dict[str, Any]:
        described = super().describe()
        del described["label"]  # it has none
        return described | {
            "distractors": self.distractors,
            "alike": self.alike,
            "noise": self.noise,
            "speed": self.speed,
            "digits": list(self.digits),
        }

    def batch(self, indices: Any) -> dict[str, Tensor]:
        """Clips ``(N, L, H, W, 1)`` and masks ``(N, L, H, W)``, uint8, and what they show."""
        chunks = [self._make(part) for part in self.checked(indices).split(_CHUNK)]
        return {k: torch.cat([c[k] for c in chunks]) for k in chunks[0]}

    def images(self, indices: Any) -> Tensor:
        return self._image(self._drawn(self.checked(indices), "mover")[:, 0])

    def _drawn(self, indices: Tensor, who: str) -> Tensor:
        """Eight uniform columns: image, x, y, angle, log size, rate, contrast, noise."""
        return uniform(key_of(self.name, self.seed, self.split, who), indices, 8)

    def _image(self, u: Tensor) -> Tensor:
        return (u * len(self._textures)).long()

    def _ink(self, u: Tensor, motion: Tensor, steps: Tensor) -> Tensor:
        """``(N, len(steps), H, W)`` of one digit in each clip."""
        _, _, height, width = self.clip_shape
        way: Way = paths(motion, u[:, 1:6], steps, height, width, self.speed)
        return drawn(self._textures, self._image(u[:, 0]), way, u[:, 6], height, width)

    def _make(self, indices: Tensor) -> dict[str, Tensor]:
        motion, u = indices % len(MOTIONS), self._drawn(indices, "mover")
        ink = self._ink(u, motion, torch.arange(self.clip_shape[1], dtype=torch.float64))
        mask = ink >= INK
        for number in range(self.distractors):
            # a still digit is a moving one at its first moment, shown for the whole clip
            still = self._ink(self._drawn(indices, f"still {number}"), motion, torch.zeros(1))
            still = still if self.alike else still * DIM
            mask &= ink >= still  # where the mover is not covered
            ink = torch.maximum(ink, still)
        add_noise(ink, u[:, 7], self.name, self.noise)
        clip = ink.add_(0.5).clamp_(0, 255).to(torch.uint8).unsqueeze(-1)
        image = self._image(u[:, 0])
        return {
            "clip": clip,
            "mask": mask.to(torch.uint8),
            "motion": motion,
            "digit": self._digits[image],
            "image": image,
        }
