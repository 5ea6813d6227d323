"""From C3D to a U-Net: the same convolutions, a way back up, and skip connections between.

The 3D U-Net is Çiçek, Abdulkadir, Lienkamp, Brox and Ronneberger's (MICCAI 2016, arXiv
1606.06650), for volumes of a microscope. Here the third axis is time and the way down is C3D's.
What is ours: nearest-neighbour upsampling in place of up-convolutions, one convolution a level on
the way up, no batch normalisation, padding that keeps the size.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Pool
from c3d_teach.models.builder import ConvNet, MaxPool, initialise, scaled
from c3d_teach.models.c3d import C3D, C3D_FILTERS, POOL_DEPTHS

LEVELS = 5  # groups of convolutions of C3D, with four poolings between them
_SPACE = 2 ** (LEVELS - 1)  # H and W are multiples of it


@dataclass(frozen=True)
class Size:
    """What one layer of a U-Net puts out, holds and costs for one clip.

    Attributes:
        name: of the layer.
        shape: of its output, ``(C, L, H, W)``.
        parameters: weights and biases.
        macs: multiply-accumulate operations.
    """

    name: str
    shape: tuple[int, ...]
    parameters: int
    macs: int


class UNet3D(nn.Module):
    """C3D's convolutions without pool5 and what follows, then a way back up to every pixel.

    Down: conv1a … conv5b under C3D's names, with pool1 … pool4 between the groups. Up: at each
    of the levels 4, 3, 2, 1 the deep map is enlarged to the size of the last map that C3D made
    at that level, the two are put together along the channels (the skip connection), and a
    convolution (``up4`` … ``up1``) and a ReLU follow. ``head`` is a convolution 1×1×1.

    Fully convolutional: any clip whose H and W are multiples of 16 and whose L is a multiple of
    the frames that the pools merge (8 as C3D has them).

    Args:
        num_classes: maps that come out, each the logits of a yes-or-no question to every pixel.
        channels: of the clips.
        width: factor on all of C3D's filters; the way up has as many at each level.
        kernel_depth: of all kernels but the head's; 3, or 1 for kernels that see one frame.
        pool_depth: frames merged by pool1 … pool4; C3D's ``(1, 2, 2, 2)``.

    Raises:
        UsageError: for an impossible argument.
    """

    def __init__(
        self,
        num_classes: int = 1,
        *,
        channels: int = 1,
        width: float = 1.0,
        kernel_depth: int = 3,
        pool_depth: Sequence[int] = POOL_DEPTHS[: LEVELS - 1],
    ) -> None:
        super().__init__()
        pools = tuple(int(n) for n in pool_depth)
        _check(num_classes, channels, kernel_depth, pools)
        self.config: dict[str, Any] = {
            "net": "UNet3D",
            "num_classes": num_classes,
            "channels": channels,
            "width": width,
            "kernel_depth": kernel_depth,
            "pool_depth": list(pools),
        }
        self.channels, self.multiples = channels, (prod(pools), _SPACE, _SPACE)
        self.groups: list[list[str]] = []  # names of the convolutions of each level
        depth, given = kernel_depth, channels
        ends: list[int] = []
        for level, filters in enumerate(C3D_FILTERS, 1):
            names = [f"conv{level}{letter}" for letter in "ab"[: len(filters)]]
            for name, count in zip(names, filters, strict=True):
                self.add_module(name, _conv(given, scaled(count, width), depth))
                self.add_module(f"relu{name.removeprefix('conv')}", nn.ReLU())
                given = scaled(count, width)
            self.groups.append(names)
            ends.append(given)
            if level < LEVELS:
                pool = Pool(f"pool{level}", (pools[level - 1], 2, 2))
                self.add_module(pool.name, MaxPool(pool))
        for level in range(LEVELS - 1, 0, -1):
            self.add_module(f"up{level}", _conv(given + ends[level - 1], ends[level - 1], depth))
            self.add_module(f"relu_up{level}", nn.ReLU())
            given = ends[level - 1]
        self.head = nn.Conv3d(given, num_classes, 1)
        initialise(self, "kaiming")

    @classmethod
    def from_backbone(cls, c3d: ConvNet, num_classes: int = 1) -> "UNet3D":
        """A U-Net whose way down starts with copies of a C3D's weights; ``c3d`` stays as it is.

        Channels, width and kernel depth are those of ``c3d``. The way up is drawn anew: seed
        torch before, for the same one every time.

        Raises:
            UsageError: for a net that is no C3D.
        """
        if not isinstance(c3d, C3D):
            raise UsageError(
                f"from_backbone() was given a {type(c3d).__name__}; it takes the convolutions of "
                'a C3D, for instance load("camera-c3d").model.'
            )
        net = cls(
            num_classes,
            channels=c3d.clip_shape[0],
            width=c3d.config["width"],
            kernel_depth=c3d.config["kernel_depth"],
        )
        own = net.state_dict()
        net.load_state_dict(
            {k: v.detach().cpu().clone() for k, v in c3d.state_dict().items() if k in own},
            strict=False,
        )
        return net

    def forward(self, x: Tensor, *, skips: Sequence[bool] = (True,) * (LEVELS - 1)) -> Tensor:
        """Logits ``(N, num_classes, L, H, W)`` of float clips ``(N, C, L, H, W)``.

        Args:
            skips: for levels 1 to 4, whether the way up gets the skip connection; where not, it
                gets zeros. To see what each is good for.

        Raises:
            UsageError: for a clip whose channels or sizes do not suit, naming the axis.
        """
        self._check(x)
        maps: list[Tensor] = []
        for level, names in enumerate(self.groups, 1):
            for name in names:
                x = getattr(self, f"relu{name.removeprefix('conv')}")(getattr(self, name)(x))
            if level < LEVELS:
                maps.append(x if skips[level - 1] else torch.zeros_like(x))
                x = getattr(self, f"pool{level}")(x)
        for level in range(LEVELS - 1, 0, -1):
            x = join(x, maps[level - 1])
            x = getattr(self, f"relu_up{level}")(getattr(self, f"up{level}")(x))
        return self.head(x)

    def channels_last(self) -> "UNet3D":
        """The same net with its kernels laid out channels last, which is faster."""
        for parameter in self.parameters():
            if parameter.ndim == 5:
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last_3d)
        return self

    def sizes(self, length: int = 16, height: int = 32, width: int = 32) -> tuple[Size, ...]:
        """Shape, parameters and MACs of every layer with weights, for a clip of that size.

        Raises:
            UsageError: for a size that does not suit.
        """
        found: list[Size] = []
        with torch.device("meta"):
            ghost = deepcopy(self).to("meta")
            for name, layer in ghost.named_children():
                if isinstance(layer, nn.Conv3d):
                    layer.register_forward_hook(_noting(found, name))
            ghost(torch.empty(1, self.channels, length, height, width))
        return tuple(found)

    def _check(self, x: Tensor) -> None:
        given = "×".join(map(str, x.shape))
        if x.ndim != 5 or x.shape[1] != self.channels:
            hint = " A single clip needs a batch dimension in front: x[None]." * (x.ndim == 4)
            raise UsageError(
                f"The U-Net takes clips N×C×L×H×W with C = {self.channels} and was given "
                f"{given}.{hint}"
            )
        axes = zip(("length L", "height H", "width W"), x.shape[2:], self.multiples, strict=True)
        for axis, size, step in axes:
            if size % step or size == 0:
                below, above = size // step * step, (size // step + 1) * step
                near = f"{below} and {above}" if below else f"{above}"
                raise UsageError(
                    f"The {axis} of this clip is {size}, which is no multiple of {step}: the "
                    f"pools could not be undone. The nearest that fit: {near}."
                )


class UNet2D(UNet3D):
    """The control: the same net frame by frame. Kernels are one frame deep, no pool merges any.

    Args:
        num_classes: maps that come out.
        channels: of the clips.
        width: factor on all of C3D's filters.
    """

    def __init__(self, num_classes: int = 1, *, channels: int = 1, width: float = 1.0) -> None:
        super().__init__(
            num_classes, channels=channels, width=width, kernel_depth=1, pool_depth=(1, 1, 1, 1)
        )
        self.config = {
            "net": "UNet2D",
            "num_classes": num_classes,
            "channels": channels,
            "width": width,
        }


def join(deep: Tensor, skip: Tensor) -> Tensor:
    """One step up: enlarge ``deep`` to the size of ``skip`` and put ``skip`` behind it.

    Args:
        deep: ``(N, C1, l, h, w)``.
        skip: ``(N, C2, L, H, W)`` with L, H, W whole multiples of l, h, w.

    Returns:
        ``(N, C1 + C2, L, H, W)``; each number of ``deep`` fills a block (nearest neighbour).
    """
    return torch.cat([F.interpolate(deep, skip.shape[2:], mode="nearest"), skip], 1)


def _conv(given: int, filters: int, depth: int) -> nn.Conv3d:
    return nn.Conv3d(given, filters, (depth, 3, 3), padding=(depth // 2, 1, 1))


def _noting(found: list[Size], name: str) -> Any:
    def note(layer: nn.Module, inputs: Any, output: Tensor) -> None:
        weights = prod(layer.weight.shape)  # type: ignore[arg-type]
        held = sum(p.numel() for p in layer.parameters())
        macs = weights * prod(output.shape[2:])
        found.append(Size(name, tuple(output.shape[1:]), held, macs))

    return note


def _check(num_classes: int, channels: int, kernel_depth: int, pools: tuple[int, ...]) -> None:
    for name, value in (("num_classes", num_classes), ("channels", channels)):
        if value < 1:
            raise UsageError(f"{name} is {value}; it is at least 1.")
    if kernel_depth < 1 or kernel_depth % 2 == 0:
        raise UsageError(
            f"kernel_depth is {kernel_depth}; it is an odd number, for only odd kernels keep the "
            "length of the clip with padding on both sides."
        )
    if len(pools) != LEVELS - 1 or min(pools) < 1:
        raise UsageError(
            f"pool_depth is {pools}; it is four whole numbers of frames, such as "
            f"{POOL_DEPTHS[: LEVELS - 1]}."
        )
