"""A net as training computes it: layers in bfloat16, activations made again to save memory."""

from collections.abc import Iterable
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from c3d_teach.models.arithmetic import Full, Layer, Pool
from c3d_teach.models.builder import ConvNet


class TrainingNet(nn.Module):
    """``model`` with its own weights, computed another way (ours).

    Args:
        model: a net of this kit.
        low: layers that compute in bfloat16; their weights stay float32, as all others' do.
        recompute: keep only what the poolings put out, and compute what lies between them once
            more on the way back. Memory for activations falls several times; a step takes about
            a third longer. The gradients stay the same.
    """

    def __init__(self, model: ConvNet, low: Iterable[str] = (), *, recompute: bool = False) -> None:
        super().__init__()
        self.model, self.low, self.recompute = model, frozenset(low), recompute

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(N, K)`` of float clips ``(N, C, L, H, W)``."""
        model = self.model
        if not follows_layers(model) or not (self.low or self.recompute):
            return model(x)
        x = model.rearrange(model._checked(x))
        for group in self._groups():
            if self.recompute and torch.is_grad_enabled() and not isinstance(group[0][0], Full):
                # no random numbers are drawn between poolings
                x = checkpoint(
                    self._through, group, x, use_reentrant=False, preserve_rng_state=False
                )
            else:
                x = self._through(group, x)
        return x

    def _groups(self) -> list[list[tuple[Layer, tuple[str, ...]]]]:
        """Layers with the names of their modules, in groups that end with a pooling."""
        groups: list[list[tuple[Layer, tuple[str, ...]]]] = [[]]
        for layer, block in zip(self.model.layers, self.model._blocks, strict=True):
            if isinstance(layer, Full) and groups[-1] and not isinstance(groups[-1][0][0], Full):
                groups.append([])
            groups[-1].append((layer, block))
            if isinstance(layer, Pool):
                groups.append([])
        return [group for group in groups if group]

    def _through(self, group: list[tuple[Layer, tuple[str, ...]]], x: Tensor) -> Tensor:
        for layer, block in group:
            if isinstance(layer, Full) and x.ndim > 2:
                x = x.flatten(1)
            low = layer.name in self.low
            if not low and not isinstance(layer, Pool):
                x = x.to(getattr(self.model, layer.name).weight.dtype)
            with torch.autocast(x.device.type, torch.bfloat16) if low else nullcontext():
                for name in block:
                    x = getattr(self.model, name)(x)
        return x


def follows_layers(model: ConvNet) -> bool:
    """Whether the net goes through its layers one by one, as ``TrainingNet`` does."""
    return type(model)._run is ConvNet._run
