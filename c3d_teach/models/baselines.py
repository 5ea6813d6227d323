"""Two-dimensional relatives of SearchNet (paper, figure 1 a and b).

A 2D convolution is a 3D convolution whose kernel and whose clip are one frame deep, so
these nets come from the same builder and differ from SearchNet in nothing else.
"""

from collections.abc import Sequence

from torch import Tensor

from c3d_teach.errors import UsageError
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.c3d import search_layers

_FLAT = (1, 1, 1, 1, 1)


class _FlatNet(ConvNet):
    """SearchNet's layers, all one frame deep, on clips that ``rearrange`` makes one frame deep."""

    def __init__(
        self,
        num_classes: int,
        clip_shape: Sequence[int],
        width: float,
        dropout: float,
        *,
        channels: int,
        **more: int,
    ) -> None:
        config = {
            "net": type(self).__name__,
            "num_classes": num_classes,
            "clip_shape": list(clip_shape),
            "width": width,
            "dropout": dropout,
        }
        super().__init__(
            search_layers(num_classes, _FLAT, _FLAT, width),
            clip_shape,
            dropout=dropout,
            config=config | more,
            layer_input=(channels, 1, *clip_shape[2:]),
        )


class FrameNet(_FlatNet):
    """2D convolution on one frame of the clip: it sees space, and no time at all.

    Args:
        num_classes: outputs of fc8.
        clip_shape: ``(C, L, H, W)`` of the whole clip.
        width: factor on all filters and on fc6 and fc7.
        dropout: after fc6 and fc7, while training.
        frame: which frame is looked at; the middle one unless given.
    """

    def __init__(
        self,
        num_classes: int = 101,
        *,
        clip_shape: Sequence[int] = (3, 16, 112, 112),
        width: float = 1.0,
        dropout: float = 0.5,
        frame: int | None = None,
    ) -> None:
        channels, length, *_ = clip_shape
        self.frame = length // 2 if frame is None else int(frame)
        if not 0 <= self.frame < length:
            raise UsageError(f"frame is {frame}; clips of {length} frames have 0 to {length - 1}.")
        super().__init__(
            num_classes, clip_shape, width, dropout, channels=channels, frame=self.frame
        )

    def rearrange(self, x: Tensor) -> Tensor:
        return x[:, :, self.frame : self.frame + 1]


class StackedFramesNet(_FlatNet):
    """2D convolution on all frames as channels: time is seen once, by the first layer.

    Args:
        num_classes: outputs of fc8.
        clip_shape: ``(C, L, H, W)`` of the whole clip.
        width: factor on all filters and on fc6 and fc7.
        dropout: after fc6 and fc7, while training.
    """

    def __init__(
        self,
        num_classes: int = 101,
        *,
        clip_shape: Sequence[int] = (3, 16, 112, 112),
        width: float = 1.0,
        dropout: float = 0.5,
    ) -> None:
        channels, length, *_ = clip_shape
        super().__init__(num_classes, clip_shape, width, dropout, channels=channels * length)

    def rearrange(self, x: Tensor) -> Tensor:
        return x.flatten(1, 2).unsqueeze(2)


class LateAverageNet(_FlatNet):
    """FrameNet on every frame of the clip; the answers (logits) are averaged (ours).

    The usual way to bring a 2D net to video. No layer ever sees two frames, and a mean does
    not depend on order. ``describe`` counts one frame; a clip takes L times its MACs.

    Args:
        num_classes: outputs of fc8.
        clip_shape: ``(C, L, H, W)`` of the whole clip.
        width: factor on all filters and on fc6 and fc7.
        dropout: after fc6 and fc7, while training.
    """

    def __init__(
        self,
        num_classes: int = 101,
        *,
        clip_shape: Sequence[int] = (3, 16, 112, 112),
        width: float = 1.0,
        dropout: float = 0.5,
    ) -> None:
        channels, self.length, *_ = clip_shape
        super().__init__(num_classes, clip_shape, width, dropout, channels=channels)

    def rearrange(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2).flatten(0, 1).unsqueeze(2)

    def _run(self, x: Tensor, until: str | None) -> Tensor:
        # one frame after the other through the net of one frame, then the mean over frames
        return super()._run(x, until).unflatten(0, (-1, self.length)).mean(1)
