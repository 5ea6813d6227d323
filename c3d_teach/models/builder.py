"""One builder for all nets of the kit: a tuple of layers becomes torch modules."""

from collections.abc import Sequence
from math import prod
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Conv, Full, Layer, Pool, describe, trace

Init = Literal["kaiming", "caffe"]


class MaxPool(nn.Module):
    """Max pooling that rounds up in space and down in time (see ``arithmetic.Pool``).

    torch's ``ceil_mode`` rounds all three axes alike. Rounding time up would let a net
    "halve" one frame for ever without a word, so incomplete windows of frames are dropped.
    """

    def __init__(self, pool: Pool) -> None:
        super().__init__()
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        depth = self.pool.kernel[0]
        whole = x.shape[2] // depth * depth
        if whole != x.shape[2]:
            x = x[:, :, :whole]
        if self.pool.align == "symmetric":
            return F.max_pool3d(x, self.pool.kernel, padding=(0, 1, 1))
        return F.max_pool3d(x, self.pool.kernel, ceil_mode=True)

    def extra_repr(self) -> str:
        return f"kernel={self.pool.kernel}, align={self.pool.align!r}"


class _Strided(nn.Conv3d):
    """A convolution with a stride in time, that pads its frames itself.

    torch 2.13's own padding gives wrong gradients on a CPU, NaN, or ends the process, for
    strided kernels seven and more frames deep on clips not much longer than they are.
    """

    def __init__(self, channels: int, layer: Conv) -> None:
        depth, k, _ = layer.kernel
        super().__init__(
            channels, layer.filters, layer.kernel, (layer.stride, 1, 1), (0, k // 2, k // 2)
        )
        self.reach = depth // 2

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(F.pad(x, (0, 0, 0, 0, self.reach, self.reach)))


class ConvNet(nn.Module):
    """A stack of convolutions and poolings, then fully connected layers.

    Sub-modules are reachable under the paper's names (``net.conv1a``, ``net.pool5``,
    ``net.fc6``); each convolution is followed by an ``nn.ReLU`` module, for guided
    backpropagation cannot replace a functional ReLU.

    Attributes:
        layers: the layer list that :func:`~c3d_teach.describe` reads.
        clip_shape: ``(C, L, H, W)`` of the clips the net takes.
        layer_input: shape that the first layer sees; another than ``clip_shape`` only for
            nets that rearrange the clip first.
        config: constructor arguments, enough to build the same net again.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        clip_shape: Sequence[int],
        *,
        dropout: float,
        config: dict[str, Any],
        layer_input: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        self.layers = tuple(layers)
        self.clip_shape = _checked_shape(clip_shape)
        self.layer_input = tuple(layer_input or self.clip_shape)
        self.config = config
        self.dropout = dropout
        before = self.layer_input
        self._blocks: list[tuple[str, ...]] = []
        last = self.layers[-1].name
        for layer, row in zip(self.layers, trace(self.layers, self.layer_input), strict=True):
            block = [layer.name]
            if isinstance(layer, Conv):
                d, k, _ = layer.kernel
                padding = (d // 2, k // 2, k // 2)
                if layer.stride == 1:
                    conv = nn.Conv3d(before[0], layer.filters, layer.kernel, padding=padding)
                else:
                    conv = _Strided(before[0], layer)
                self.add_module(layer.name, conv)
            elif isinstance(layer, Pool):
                self.add_module(layer.name, MaxPool(layer))
            else:
                inputs = prod(before)
                self.add_module(layer.name, nn.Linear(inputs, layer.features))
            if not isinstance(layer, Pool) and layer.name != last:
                self.add_module(f"relu{layer.name.removeprefix('conv')}", nn.ReLU())
                block.append(f"relu{layer.name.removeprefix('conv')}")
                if isinstance(layer, Full):
                    self.add_module(f"drop{layer.name.removeprefix('fc')}", nn.Dropout(dropout))
                    block.append(f"drop{layer.name.removeprefix('fc')}")
            self._blocks.append(tuple(block))
            before = row.shape
        initialise(self, "kaiming")

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(N, K)`` of float clips ``(N, C, L, H, W)``.

        Raises:
            UsageError: for a clip of another shape than ``clip_shape``.
        """
        return self._run(self.rearrange(self._checked(x)), until=None)

    def channels_last(self) -> "ConvNet":
        """The same net with its kernels laid out channels last.

        Convolutions are faster so; by how much stands in benchmarks/README.md.
        """
        for parameter in self.parameters():
            if parameter.ndim == 5:
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last_3d)
        return self

    def descriptor(self, x: Tensor, layer: str = "fc6") -> Tensor:
        """Activations ``(N, features)`` of ``layer`` after its ReLU, flattened.

        Caffe's in-place ReLU overwrites fc6, so the descriptor of the paper (section 3.4)
        is the rectified one. Dropout is off unless the net is in training mode.

        Raises:
            UsageError: for an unknown layer or a clip of the wrong shape.
        """
        return self.activations(x, layer).flatten(1)

    def activations(self, x: Tensor, layer: str) -> Tensor:
        """Output of ``layer`` after its ReLU: ``(N, C, L, H, W)``, or ``(N, features)``.

        The last layer has no ReLU: its output are the logits.

        Raises:
            UsageError: for an unknown layer or a clip of the wrong shape.
        """
        self.features(layer)
        return self._run(self.rearrange(self._checked(x)), until=layer)

    def features(self, layer: str) -> int:
        """How many numbers :meth:`descriptor` gives for one clip.

        Raises:
            UsageError: for an unknown layer.
        """
        sizes = {row.name: prod(row.shape) for row in trace(self.layers, self.layer_input)}
        if layer not in sizes:
            raise UsageError(f"There is no layer {layer!r}; this net has {', '.join(sizes)}.")
        return sizes[layer]

    def rearrange(self, x: Tensor) -> Tensor:
        """The clip as the first layer sees it; 2D nets drop or stack frames here."""
        return x

    def _run(self, x: Tensor, until: str | None) -> Tensor:
        for layer, block in zip(self.layers, self._blocks, strict=True):
            if isinstance(layer, Full) and x.ndim > 2:
                x = x.flatten(1)
            for name in block:
                x = getattr(self, name)(x)
            if layer.name == until:
                break
        return x

    def _checked(self, x: Tensor) -> Tensor:
        if x.ndim == 5 and tuple(x.shape[1:]) == self.clip_shape:
            return x
        expected = "×".join(map(str, self.clip_shape))
        given = "×".join(map(str, x.shape))
        hint = ""
        if x.ndim == 5 and x.shape[1] == self.clip_shape[0]:
            # say where time runs out, if that is what a clip of this length would meet
            list(trace(self.layers, (self.layer_input[0], *x.shape[2:])))
        if x.ndim == 4:
            hint = " A single clip needs a batch dimension in front: x[None]."
        elif x.ndim == 5 and tuple(x.shape[i] for i in (4, 1, 2, 3)) == self.clip_shape:
            hint = " These are (N, L, H, W, C) clips: x.movedim(-1, 1) puts the channels first."
        raise UsageError(
            f"The net takes clips of shape N×{expected} (N×C×L×H×W) and was given {given}.{hint}"
        )

    def __str__(self) -> str:
        return f"{type(self).__name__}\n{describe(self)}"


def _checked_shape(clip_shape: Sequence[int]) -> tuple[int, int, int, int]:
    shape = tuple(int(n) for n in clip_shape)
    if len(shape) != 4 or min(shape) < 1:
        raise UsageError(
            f"clip_shape is {tuple(clip_shape)}; it is (channels, frames, height, width), "
            "for instance (3, 16, 112, 112)."
        )
    return shape


def scaled(count: int, width: float) -> int:
    """``count`` filters or features at ``width`` times the paper's, at least one."""
    if not width > 0:
        raise UsageError(f"width is {width}; it is a positive factor on the number of filters.")
    return max(1, round(count * width))


def initialise(model: nn.Module, scheme: Init = "kaiming") -> None:
    """Draw new weights. The scheme must fit the scale of the input.

    ``"kaiming"``: variance 2/fan-in, biases 0 (He et al. 2015); for standardised input.
    ``"caffe"``: the released C3D files: convolutions N(0, 0.01), fc6 and fc7 N(0, 0.005),
    biases 1 except in the first and last layer; for input in 0-255 minus the mean and the
    paper's full width. On standardised input this net hardly reacts to what it sees, and
    Kaiming weights on 0-255 input explode.

    Raises:
        UsageError: for an unknown scheme.
    """
    if scheme not in ("kaiming", "caffe"):
        raise UsageError(f"There is no initialisation {scheme!r}; it is 'kaiming' or 'caffe'.")
    weighted = [m for m in model.modules() if isinstance(m, nn.Conv3d | nn.Linear)]
    if all(m.weight.is_meta for m in weighted):
        return  # shapes only: drawing nothing would still have torch load its compiler, a second
    for m in weighted:
        assert m.bias is not None
        if scheme == "kaiming":
            last = m is weighted[-1]
            nn.init.kaiming_normal_(m.weight, nonlinearity="linear" if last else "relu")
            nn.init.zeros_(m.bias)
        else:
            end = m in (weighted[0], weighted[-1])
            wide = isinstance(m, nn.Conv3d) or m is weighted[-1]
            nn.init.normal_(m.weight, std=0.01 if wide else 0.005)
            nn.init.constant_(m.bias, 0.0 if end else 1.0)
