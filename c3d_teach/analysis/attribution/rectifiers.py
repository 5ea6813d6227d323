"""Rectifications that are not ``nn.ReLU`` modules: guided backpropagation cannot see them."""

from collections import Counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from c3d_teach.analysis.attribution.heat import named
from c3d_teach.errors import UsageError
from c3d_teach.models.builder import ConvNet

# What cuts values off at a threshold, however it is spelt: F.relu, x.clamp(min=0),
# torch.maximum(x, zero), torch.where(x > 0, x, 0), x * (x > 0), and relatives of the ReLU.
_CUTTING = {
    *("relu", "clamp", "clamp_min", "threshold", "hardtanh", "maximum", "fmax", "heaviside"),
    *("leaky_relu", "elu", "_prelu_kernel", "rrelu_with_noise", "gelu", "silu"),
    *("where", "gt", "ge", "lt", "le"),
}


class _Watch(TorchDispatchMode):
    """Counts cutting operations while no ``nn.ReLU`` is at work."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = 0
        self.found: Counter[str] = Counter()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        name = func.overloadpacket.__name__.rstrip("_")
        if not self.inside and name in _CUTTING and not _only_from_above(name, args, kwargs or {}):
            self.found[name] += 1
        return func(*args, **(kwargs or {}))


def functional_rectifiers(model: nn.Module, x: Tensor) -> dict[str, int]:
    """Which operations rectify outside of ``nn.ReLU`` in one forward pass, and how often (ours).

    Captum's guided backpropagation and deconvolution change what ``nn.ReLU`` modules hand
    back. A rectification that is a mere function call keeps its plain gradient, and no error
    tells. So the operations that torch carries out are watched, whatever the source calls them.

    Args:
        model: a net that no other thread uses: hooks are hung on its modules and taken off.
        x: ``(N, C, L, H, W)`` what the net takes.

    Returns:
        Operation → count; empty when all rectifications are modules.
    """
    watch = _Watch()

    def enter(*_: Any) -> None:
        watch.inside += 1

    def leave(*_: Any) -> None:
        watch.inside -= 1

    hooks = []
    for module in model.modules():
        if isinstance(module, nn.ReLU):
            hooks += [module.register_forward_pre_hook(enter), module.register_forward_hook(leave)]
    try:
        with torch.no_grad(), watch:
            model(x)
    finally:
        for hook in hooks:
            hook.remove()
    return dict(watch.found)


def refuse_functional(model: ConvNet, x: Tensor, method: str) -> None:
    """Stop where guided backpropagation or deconvolution would be plain gradients unseen.

    Raises:
        UsageError: for a net that rectifies outside of ``nn.ReLU`` modules; it says how.
    """
    found = functional_rectifiers(model, x)
    if found:
        listed = ", ".join(f"{name} {count}×" for name, count in sorted(found.items()))
        raise UsageError(
            f"This net rectifies by function calls ({listed}) and not by nn.ReLU modules. "
            f"{named(method)} changes what nn.ReLU modules hand back and would "
            "silently show plain gradients there. Make each of them an nn.ReLU, or take the "
            "method 'gradient'."
        )


def _only_from_above(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """clamp(max=…) alone limits large values and rectifies nothing."""
    lower = kwargs.get("min", args[1] if len(args) > 1 else None)
    return name == "clamp" and lower is None
