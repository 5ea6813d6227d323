"""From uint8 clips to the float tensors a net takes: resize, crop, flip, normalise.

Everything here works on whole batches, on whatever device the clips are.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from c3d_teach.errors import UsageError


@dataclass(frozen=True)
class Preprocess:
    """How uint8 clips ``(N, L, H, W, C)`` become float clips ``(N, C, L, H, W)``.

    Attributes:
        crop: height and width the net takes.
        short_side: frames of another size than ``crop`` are first resized so that their
            shorter side has this many pixels, then cropped in the centre. The paper's
            128×171 frames need no resizing before the 112×112 crop.
        mean: subtracted per channel, in 0-255.
        std: divided by per channel; ones for input in 0-255 minus the mean.
        length: frames in a clip.
    """

    crop: tuple[int, int]
    short_side: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    length: int = 16

    def __call__(self, clips: Tensor) -> Tensor:
        """Resize, centre crop and normalise.

        Raises:
            UsageError: for clips of another type, length or number of channels.
        """
        clips = self.fitted(clips)
        top = (clips.shape[2] - self.crop[0]) // 2
        left = (clips.shape[3] - self.crop[1]) // 2
        clips = clips[:, :, top : top + self.crop[0], left : left + self.crop[1]]
        return self.normalised(clips)

    def augmented(self, clips: Tensor, generator: torch.Generator) -> Tensor:
        """Resize, crop at a random place (one a clip, as the paper does) and normalise."""
        clips = self.fitted(clips)
        return self.normalised(random_crop(clips, self.crop, generator))

    def fitted(self, clips: Tensor) -> Tensor:
        """Clips checked, with the net's channels, and no smaller than the crop."""
        self._check(clips)
        channels = len(self.mean)
        if clips.shape[-1] == 3 and channels == 1:
            grey = clips.to(torch.float32) @ clips.new_tensor(
                [0.299, 0.587, 0.114], dtype=torch.float32
            )
            clips = grey.round().to(torch.uint8)[..., None]
        elif clips.shape[-1] == 1 and channels == 3:
            clips = clips.expand(*clips.shape[:-1], 3)
        if tuple(clips.shape[2:4]) == self.crop:
            return clips
        return resized(clips, self.short_side)

    def normalised(self, clips: Tensor) -> Tensor:
        """Channels first, float32, minus mean, over std."""
        x = clips.movedim(-1, 1).to(torch.float32)
        mean = x.new_tensor(self.mean).view(-1, 1, 1, 1)
        std = x.new_tensor(self.std).view(-1, 1, 1, 1)
        return x.sub_(mean).div_(std)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Preprocess":
        return cls(
            crop=(int(data["crop"][0]), int(data["crop"][1])),
            short_side=int(data["short_side"]),
            mean=tuple(float(v) for v in data["mean"]),
            std=tuple(float(v) for v in data["std"]),
            length=int(data["length"]),
        )

    @classmethod
    def fit(cls, clips: Tensor, clip_shape: Sequence[int], *, standardise: bool) -> "Preprocess":
        """The preprocessing for a net of ``clip_shape`` with mean and std of ``clips``.

        A net that takes 112 pixels is fed from frames 128 pixels high, as in the paper;
        the same share is kept for other sizes when the clips are larger than the crop.
        """
        channels, length, height, width = clip_shape
        short_side = min(height, width)
        if min(clips.shape[2:4]) > short_side:
            short_side = round(short_side * 128 / 112)
        raw = cls((height, width), short_side, (0.0,) * channels, (1.0,) * channels, length)
        x = raw(clips)
        std, mean = torch.std_mean(x, dim=(0, 2, 3, 4))
        ones = (1.0,) * channels
        spread = tuple(round(max(v, 1.0), 3) for v in std.tolist()) if standardise else ones
        return cls(
            (height, width), short_side, tuple(round(v, 3) for v in mean.tolist()), spread, length
        )

    def _check(self, clips: Tensor) -> None:
        given = "×".join(map(str, clips.shape))
        if clips.ndim != 5 or clips.shape[-1] not in (1, 3) or 0 in clips.shape:
            hint = " One clip needs a batch dimension in front: clip[None]." * (clips.ndim == 4)
            raise UsageError(
                "Clips have the shape N×L×H×W×C with 1 (grey) or 3 (RGB) channels last; "
                f"given was {given}.{hint}"
            )
        if clips.dtype != torch.uint8:
            given = str(clips.dtype).removeprefix("torch.")
            raise UsageError(
                f"Clips are uint8 with values 0-255; given was {given}."
                " Normalising is done here, so hand over the decoder's own values."
            )
        if clips.shape[1] != self.length:
            raise UsageError(
                f"The net takes clips of {self.length} frames; given were {clips.shape[1]}. "
                "read_clips(path, length=…) cuts a video into clips."
            )


def resized(clips: Tensor, short_side: int) -> Tensor:
    """uint8 clips whose shorter side has ``short_side`` pixels, the aspect kept."""
    n, length, height, width, channels = clips.shape
    factor = short_side / min(height, width)
    size = (max(short_side, round(height * factor)), max(short_side, round(width * factor)))
    frames = clips.reshape(n * length, height, width, channels).movedim(-1, 1)
    frames = F.interpolate(
        frames.to(torch.float32), size, mode="bilinear", antialias=True, align_corners=False
    )
    return (
        frames.round_()
        .clamp_(0, 255)
        .to(torch.uint8)
        .movedim(1, -1)
        .view(n, length, *size, channels)
    )


def random_crop(clips: Tensor, size: tuple[int, int], generator: torch.Generator) -> Tensor:
    """A crop at its own random place for each clip, the same in all its frames."""
    spare = (clips.shape[2] - size[0], clips.shape[3] - size[1])
    if min(spare) < 0:
        raise UsageError(
            f"A crop of {size[0]}×{size[1]} does not fit into frames of "
            f"{clips.shape[2]}×{clips.shape[3]}."
        )
    if max(spare) == 0:
        return clips
    u = torch.rand(len(clips), 2, generator=generator)
    tops = (u[:, 0] * (spare[0] + 1)).long().tolist()
    lefts = (u[:, 1] * (spare[1] + 1)).long().tolist()
    return torch.stack(
        [c[:, t : t + size[0], f : f + size[1]] for c, t, f in zip(clips, tops, lefts, strict=True)]
    )


def horizontal_flip(
    clips: Tensor,
    labels: Tensor,
    mirrored: Sequence[int],
    chance: float,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Each clip is flipped left to right with probability ``chance``, and its label with it.

    Args:
        mirrored: label of a flipped clip for each label (see ``mirror_table``).
    """
    chosen = torch.rand(len(clips), generator=generator) < chance
    table = torch.tensor(mirrored, device=labels.device)
    chosen = chosen.to(clips.device)
    flipped = torch.where(chosen[:, None, None, None, None], clips.flip(3), clips)
    return flipped, torch.where(chosen, table[labels], labels)
