"""The two nets of the paper: C3D and the five-layer net of its architecture search."""

from collections.abc import Sequence

from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Conv, Full, Layer, Pool
from c3d_teach.models.builder import ConvNet, scaled

# Paper, section 3.3: filters of the eight convolutions, in five groups with a pool behind each
C3D_FILTERS = ((64,), (128,), (256, 256), (512, 512), (512, 512))
# Paper, section 3.1, "common network settings"
SEARCH_FILTERS = (64, 128, 256, 256, 256)
POOL_DEPTHS = (1, 2, 2, 2, 2)  # "not to merge the temporal signal too early"
NO_STRIDE = (1, 1, 1, 1, 1)


class C3D(ConvNet):
    """C3D: 8 convolutions 3×3×3, 5 max poolings, 2 fully connected layers (section 3.3).

    ``C3D()`` has 79,991,015 parameters and takes 38.55 G multiply-accumulates a clip.

    Args:
        num_classes: outputs of fc8; 487 are Sports-1M's.
        clip_shape: ``(C, L, H, W)``.
        width: factor on all filters and on fc6 and fc7 (4096 features at 1.0).
        pool5: ``"ceil"`` pools the odd 7×7 maps as Caffe and the released weights do;
            ``"symmetric"`` pads all around, as checkpoints of several ports need.
        dropout: after fc6 and fc7, while training.
        kernel_depth: 3 in the paper. With 1 the same net is blind to the arrow of time
            and serves as the control (ours).

    Raises:
        UsageError: for an impossible argument; a clip too short names the layer.
    """

    def __init__(
        self,
        num_classes: int = 487,
        *,
        clip_shape: Sequence[int] = (3, 16, 112, 112),
        width: float = 1.0,
        pool5: str = "ceil",
        dropout: float = 0.5,
        kernel_depth: int = 3,
    ) -> None:
        if pool5 not in ("ceil", "symmetric"):
            raise UsageError(f"pool5 is {pool5!r}; it is 'ceil' or 'symmetric'.")
        (depth,) = _depths(kernel_depth, 1)
        layers = c3d_layers(num_classes, (depth,) * 5, POOL_DEPTHS, width, pool5)
        config = {
            "net": "C3D",
            "num_classes": num_classes,
            "clip_shape": list(clip_shape),
            "width": width,
            "pool5": pool5,
            "dropout": dropout,
            "kernel_depth": depth,
        }
        super().__init__(layers, clip_shape, dropout=dropout, config=config)


class SearchNet(ConvNet):
    """The net of the kernel-depth study: 5 convolutions, 5 max poolings (section 3.1).

    Args:
        num_classes: outputs of fc8; 101 are UCF101's.
        kernel_depth: temporal depth d of the d×3×3 kernels, one odd number for all five
            layers or five of them, such as ``(3, 3, 5, 5, 7)``.
        pool_depth: frames merged by each pool; ``(1, 2, 2, 2, 2)`` in the paper.
        stride: temporal stride of each convolution; the paper's are 1. With pools that merge
            no frames it halves time by leaving frames out instead (ours).
        clip_shape: ``(C, L, H, W)``.
        width: factor on all filters and on fc6 and fc7 (2048 features at 1.0).
        dropout: after fc6 and fc7, while training (value of the released C3D files).

    Raises:
        UsageError: for an impossible argument; a clip too short names the layer.
    """

    def __init__(
        self,
        num_classes: int = 101,
        *,
        kernel_depth: int | Sequence[int] = 3,
        pool_depth: Sequence[int] = POOL_DEPTHS,
        stride: Sequence[int] = NO_STRIDE,
        clip_shape: Sequence[int] = (3, 16, 112, 112),
        width: float = 1.0,
        dropout: float = 0.5,
    ) -> None:
        depths, pools = _depths(kernel_depth, 5), _five("pool_depth", pool_depth, POOL_DEPTHS)
        strides = _five("stride", stride, NO_STRIDE)
        layers = search_layers(num_classes, depths, pools, width, strides)
        config = {
            "net": "SearchNet",
            "num_classes": num_classes,
            "kernel_depth": depths[0] if len(set(depths)) == 1 else list(depths),
            "pool_depth": list(pools),
            "clip_shape": list(clip_shape),
            "width": width,
            "dropout": dropout,
        }
        if strides != NO_STRIDE:  # the paper's net is described as it always was
            config["stride"] = list(strides)
        super().__init__(layers, clip_shape, dropout=dropout, config=config)


def c3d_layers(
    num_classes: int,
    depths: Sequence[int],
    pools: Sequence[int],
    width: float,
    pool5: str = "ceil",
) -> list[Layer]:
    """The layer list of C3D, with a depth of kernels and a pool for each of its five groups."""
    layers: list[Layer] = []
    five = zip(C3D_FILTERS, depths, pools, strict=True)
    for group, (filters, depth, pool) in enumerate(five, 1):
        # conv1a and conv2a carry an "a" though they stand alone: the released names
        layers += [
            Conv(f"conv{group}{letter}", scaled(count, width), (depth, 3, 3))
            for letter, count in zip("ab", filters, strict=False)
        ]
        layers.append(Pool(f"pool{group}", (pool, 2, 2), pool5 if group == 5 else "ceil"))
    layers += [Full(name, scaled(4096, width)) for name in ("fc6", "fc7")]
    return [*layers, Full("fc8", _classes(num_classes))]


def search_layers(
    num_classes: int,
    depths: Sequence[int],
    pools: Sequence[int],
    width: float,
    strides: Sequence[int] = NO_STRIDE,
) -> list[Layer]:
    """The layer list that SearchNet and its two-dimensional relatives share."""
    layers: list[Layer] = []
    five = zip(SEARCH_FILTERS, depths, pools, strides, strict=True)
    for i, (filters, depth, pool, stride) in enumerate(five, 1):
        layers += [
            Conv(f"conv{i}", scaled(filters, width), (depth, 3, 3), stride),
            Pool(f"pool{i}", (pool, 2, 2)),
        ]
    layers += [Full(name, scaled(2048, width)) for name in ("fc6", "fc7")]
    return [*layers, Full("fc8", _classes(num_classes))]


def _classes(num_classes: int) -> int:
    if num_classes < 1:
        raise UsageError(f"num_classes is {num_classes}; a net has at least 1 class.")
    return int(num_classes)


def _depths(kernel_depth: int | Sequence[int], layers: int) -> tuple[int, ...]:
    alone = isinstance(kernel_depth, int)
    depths = (kernel_depth,) * layers if isinstance(kernel_depth, int) else tuple(kernel_depth)
    if len(depths) != layers or any(d < 1 or d % 2 == 0 for d in depths):
        wanted = "an odd number" if alone or layers == 1 else f"{layers} odd numbers"
        raise UsageError(
            f"kernel_depth is {kernel_depth}; it is {wanted}, for only odd kernels keep the "
            "length of the clip with padding on both sides."
        )
    return depths


def _five(name: str, given: Sequence[int], paper: Sequence[int]) -> tuple[int, ...]:
    numbers = tuple(given)
    if len(numbers) != 5 or min(numbers) < 1:
        raise UsageError(
            f"{name} is {numbers}; it is five whole numbers of frames, such as {tuple(paper)}."
        )
    return numbers
