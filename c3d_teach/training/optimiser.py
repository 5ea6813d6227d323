"""The optimiser that a recipe asks for."""

from typing import Any

import torch
from torch import nn

from c3d_teach.training.recipe import Recipe


def optimiser_of(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """SGD or AdamW over what may be trained; biases have their own rate and do not decay."""
    weights = [p for n, p in model.named_parameters() if n.endswith("weight") and p.requires_grad]
    biases = [p for n, p in model.named_parameters() if n.endswith("bias") and p.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": weights, "weight_decay": recipe.weight_decay, "lr_factor": 1.0},
        {"params": biases, "weight_decay": 0.0, "lr_factor": recipe.bias_lr},
    ]
    # in one pass over the weights instead of one for each operation
    fused = all(p.device.type in ("cpu", "cuda") for p in [*weights, *biases])
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum, fused=fused)
    return torch.optim.AdamW(groups, lr=recipe.lr, betas=(recipe.momentum, 0.999), fused=fused)


def set_rate(optimiser: torch.optim.Optimizer, lr: float) -> None:
    """Let the next step be taken at ``lr``, times the factor of each group."""
    for group in optimiser.param_groups:
        group["lr"] = lr * group["lr_factor"]
