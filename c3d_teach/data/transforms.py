"""From uint8 clips to the float tensors a net takes: resize, crop, flip, normalise.

Everything here works on whole batches, on whatever device the clips are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from c3d_teach.errors import UsageError

Part = tuple[range, int]  # which rows of a mini-batch of how many clips
FRAME_SIZE = (128, 171)  # height and width of the paper's frames, section 3.1
_PAPER_CROP = 112


@dataclass(frozen=True, eq=False)
class Preprocess:
    """How uint8 clips ``(N, L, H, W, C)`` become float clips ``(N, C, L, H, W)``.

    Clips are handed in as decoders give them, RGB; everything a net wants otherwise is here,
    so that it travels with the weights and cannot be forgotten.

    Attributes:
        crop: height and width the net takes.
        short_side: frames of another size than ``crop`` are first resized so that their
            shorter side has this many pixels, then cropped in the centre. The paper's
            128×171 frames need no resizing before the 112×112 crop.
        mean: subtracted per channel, in 0-255, in the net's channel order.
        std: divided by per channel; ones for input in 0-255 minus the mean.
        length: frames in a clip.
        channel_order: ``"rgb"`` or ``"bgr"``, what the net was trained on.
        frame_size: height and width that frames are resized to instead of ``short_side``,
            whatever their aspect (128×171 in the paper, section 3.1).
        offset: top and left of the crop in test clips; None for the centre, rounded down.
            In 128×171 frames that is (8, 29), as in the released files; ports that round
            29.5 up crop at (8, 30).
        mean_volume: ``(C, L, H, W)`` at ``frame_size``, subtracted instead of ``mean``: the
            mean cube of the released nets. Cropped where the clip is, before any flip.
    """

    crop: tuple[int, int]
    short_side: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    length: int = 16
    channel_order: Literal["rgb", "bgr"] = "rgb"
    frame_size: tuple[int, int] | None = None
    offset: tuple[int, int] | None = None
    mean_volume: Tensor | None = field(default=None, repr=False)

    @property
    def decode_size(self) -> tuple[int, int]:
        """Height and width to decode a video to for this net."""
        return self.frame_size or FRAME_SIZE

    def __post_init__(self) -> None:
        if self.channel_order not in ("rgb", "bgr"):
            raise UsageError(f"channel_order is {self.channel_order!r}; it is 'rgb' or 'bgr'.")
        if self.mean_volume is None:
            return
        expected = (len(self.mean), self.length, *(self.frame_size or (0, 0)))
        if self.frame_size is None or tuple(self.mean_volume.shape) != expected:
            raise UsageError(
                f"The mean volume has the shape {'×'.join(map(str, self.mean_volume.shape))}; it "
                "is C×L×H×W with the H and W of frame_size "
                f"({'×'.join(map(str, expected)) if self.frame_size else 'not set'})."
            )

    def __call__(self, clips: Tensor | np.ndarray) -> Tensor:
        """Resize, crop in the centre (or at ``offset``) and normalise.

        Raises:
            UsageError: for clips of another type, length or number of channels.
        """
        clips = self.fitted(clips)
        place = self._test_place(clips.shape[2], clips.shape[3])
        return self._cut(clips, torch.tensor([place]).expand(len(clips), 2))

    def seen(self, clips: Tensor | np.ndarray) -> Tensor:
        """The pixels that the net looks at, uint8 ``(N, L, H, W, C)``: resized and cropped only.

        Raises:
            UsageError: for clips of another type, length or number of channels.
        """
        clips = self.fitted(clips)
        place = self._test_place(clips.shape[2], clips.shape[3])
        return cropped(clips, torch.tensor([place]).expand(len(clips), 2), self.crop)

    def augmented(
        self, clips: Tensor, generator: torch.Generator, part: Part | None = None
    ) -> Tensor:
        """Resize, crop at a random place (one a clip, as the paper does) and normalise.

        Args:
            part: which part of a mini-batch the clips are, when several processes share it: the
                places are drawn for the whole.
        """
        clips = self.fitted(clips)
        spare = torch.tensor(clips.shape[2:4]) - torch.tensor(self.crop)
        if int(spare.max()) == 0:
            return self(clips)
        u = _drawn(generator, part or (range(len(clips)), len(clips)), 2)
        return self._cut(clips, (u * (spare + 1)).long())

    def fitted(self, clips: Tensor | np.ndarray) -> Tensor:
        """Clips checked, with the net's channels, and no smaller than the crop."""
        clips = torch.as_tensor(clips)
        self._check(clips)
        channels = len(self.mean)
        if clips.shape[-1] == 3 and channels == 1:
            grey = clips.to(torch.float32) @ clips.new_tensor(
                [0.299, 0.587, 0.114], dtype=torch.float32
            )
            clips = grey.round().to(torch.uint8)[..., None]
        elif clips.shape[-1] == 1 and channels == 3:
            clips = clips.expand(*clips.shape[:-1], 3)
        height, width = clips.shape[2:4]
        if (height, width) == self.crop:
            return clips
        factor = self.short_side / min(height, width)
        size = self.frame_size or (
            max(self.short_side, round(height * factor)),
            max(self.short_side, round(width * factor)),
        )
        return clips if size == (height, width) else resized(clips, size)

    def _test_place(self, height: int, width: int) -> tuple[int, int]:
        if (height, width) == self.crop:
            return (0, 0)
        return self.offset or ((height - self.crop[0]) // 2, (width - self.crop[1]) // 2)

    def _cut(self, clips: Tensor, places: Tensor) -> Tensor:
        """Float clips cropped at ``places`` ``(N, 2)``, their mean gone, over std."""
        whole = tuple(clips.shape[2:4]) == self.crop
        x = cropped(clips, places, self.crop)
        x = x.to(torch.float32, memory_format=torch.contiguous_format)
        if self.channel_order == "bgr":
            x = x.flip(-1)
        # whole rows at a time: numbers that repeat with every pixel are slow to go through
        rows, columns = x.flatten(3), self.crop[1]
        if self.mean_volume is None:
            rows -= x.new_tensor(self.mean).repeat(columns)
        else:
            assert self.frame_size
            # a clip that comes cropped already was cropped where test clips are
            where = torch.tensor([self._test_place(*self.frame_size)]) if whole else places
            volume = self.mean_volume.to(x.device).movedim(0, -1)
            volume = volume.expand(len(clips), *volume.shape)
            x -= cropped(volume, where.expand(len(clips), 2), self.crop)
        rows /= x.new_tensor(self.std).repeat(columns)
        return x.movedim(-1, 1)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Preprocess) or self.to_dict() != other.to_dict():
            return False
        a, b = self.mean_volume, other.mean_volume
        return (a is None and b is None) or (a is not None and b is not None and torch.equal(a, b))

    def to_dict(self) -> dict[str, Any]:
        """All but the mean volume, as plain values."""
        plain = (f.name for f in fields(self) if f.name != "mean_volume")
        return {name: getattr(self, name) for name in plain}

    @classmethod
    def from_dict(cls, data: dict[str, Any], mean_volume: Tensor | None = None) -> "Preprocess":
        def pair(value: Any) -> tuple[int, int] | None:
            return None if value is None else (int(value[0]), int(value[1]))

        return cls(
            crop=(int(data["crop"][0]), int(data["crop"][1])),
            short_side=int(data["short_side"]),
            mean=tuple(float(v) for v in data["mean"]),
            std=tuple(float(v) for v in data["std"]),
            length=int(data["length"]),
            # files written before there were these keep their meaning
            channel_order=data.get("channel_order", "rgb"),
            frame_size=pair(data.get("frame_size")),
            offset=pair(data.get("offset")),
            mean_volume=mean_volume,
        )

    @classmethod
    def fit(
        cls,
        clips: Tensor,
        clip_shape: Sequence[int],
        *,
        standardise: bool,
        frame_size: tuple[int, int] | None = None,
    ) -> "Preprocess":
        """The preprocessing for a net of ``clip_shape`` with mean and std of ``clips``.

        A net that takes 112 pixels is fed from frames 128 pixels high, as in the paper;
        the same share is kept for other sizes when the clips are larger than the crop.
        """
        channels, length, height, width = clip_shape
        short_side = min(height, width)
        if min(clips.shape[2:4]) > short_side:
            short_side = frames_for(short_side)[0]
        ones = (1.0,) * channels
        raw = cls(
            (height, width), short_side, (0.0,) * channels, ones, length, frame_size=frame_size
        )
        x = raw(clips)
        std, mean = torch.std_mean(x, dim=(0, 2, 3, 4))
        spread = tuple(round(max(v, 1.0), 3) for v in std.tolist()) if standardise else ones
        return replace(raw, mean=tuple(round(v, 3) for v in mean.tolist()), std=spread)

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


def frames_for(crop: int) -> tuple[int, int]:
    """Height and width of frames for a net that takes ``crop`` pixels: the paper's proportions."""
    height, width = FRAME_SIZE
    return (round(crop * height / _PAPER_CROP), round(crop * width / _PAPER_CROP))


def resized(clips: Tensor, size: tuple[int, int]) -> Tensor:
    """uint8 clips of another height and width, antialiased."""
    n, length, height, width, channels = clips.shape
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


def cropped(clips: Tensor, places: Tensor, size: tuple[int, int]) -> Tensor:
    """Each clip ``(N, L, H, W, C)`` cut out at its own top and left, the same in all frames.

    Raises:
        UsageError: for a crop larger than the frames.
    """
    height, width = size
    if clips.shape[2] < height or clips.shape[3] < width:
        raise UsageError(
            f"A crop of {height}×{width} does not fit into frames of "
            f"{clips.shape[2]}×{clips.shape[3]}."
        )
    if len(places.unique(dim=0)) == 1:
        top, left = places[0].tolist()
        return clips[:, :, top : top + height, left : left + width]
    return torch.stack(
        [
            clip[:, top : top + height, left : left + width]
            for clip, (top, left) in zip(clips, places.tolist(), strict=True)
        ]
    )


def horizontal_flip(
    x: Tensor,
    labels: Tensor,
    mirrored: Sequence[int],
    chance: float,
    generator: torch.Generator,
    part: Part | None = None,
) -> tuple[Tensor, Tensor]:
    """Each clip ``(N, C, L, H, W)`` is flipped left to right with probability ``chance``, and
    its label with it. Flipping comes after normalising: the mean cube is not symmetric.

    Args:
        mirrored: label of a flipped clip for each label (see ``mirror_table``).
        part: as in :meth:`Preprocess.augmented`.
    """
    chosen = _drawn(generator, part or (range(len(x)), len(x))) < chance
    table = torch.tensor(mirrored, device=labels.device)
    flipped = torch.where(chosen.to(x.device)[:, None, None, None, None], x.flip(-1), x)
    return flipped, torch.where(chosen.to(labels.device), table[labels], labels)


def _drawn(generator: torch.Generator, part: Part, *size: int) -> Tensor:
    """Numbers from 0 to 1 for the rows of a part, the same whoever draws for the other rows."""
    rows, count = part
    return torch.rand(count, *size, generator=generator)[rows.start : rows.stop]
