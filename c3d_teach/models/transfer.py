"""From one net to the next: other classes on the same features, layers that stay as they are."""

from dataclasses import replace

import torch
from torch import nn

from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Pool
from c3d_teach.models.builder import ConvNet, initialise
from c3d_teach.models.classifier import Classifier
from c3d_teach.models.weights import build


def with_new_head(model: ConvNet, num_classes: int, *, dropout: float | None = None) -> ConvNet:
    """The same net with its last layer drawn anew for ``num_classes`` classes.

    All other weights are copies; ``model`` stays as it is. The new layer is drawn as in the
    released files, N(0, 0.01) with biases 0; seed torch before, for the same one every time.

    Args:
        dropout: after fc6 and fc7 in training; None keeps the net's own.

    Raises:
        UsageError: for fewer than one class.
    """
    config = model.config | {"num_classes": num_classes}
    if dropout is not None:
        config["dropout"] = dropout
    fresh = build(config)
    head = model.layers[-1].name
    kept = {
        name: value.detach().clone()
        for name, value in model.state_dict().items()
        if name.split(".")[0] != head
    }
    fresh.load_state_dict(kept, strict=False)
    last = getattr(fresh, head)
    nn.init.normal_(last.weight, std=0.01)
    nn.init.zeros_(last.bias)
    return fresh


def with_random_weights(classifier: Classifier, seed: int) -> Classifier:
    """The same net and preprocessing, as it was before any training: the control.

    Args:
        seed: a whole number from 0; the same one draws the same weights.
    """
    with torch.random.fork_rng():
        torch.manual_seed(1000 + seed)
        model = build(classifier.model.config)
        initialise(model, "kaiming")
    model.channels_last().eval()
    name = f"{classifier.name}, random weights {seed}"
    return replace(classifier, model=model, card={}, name=name)


def freeze(model: ConvNet, until: str) -> tuple[str, ...]:
    """Keep the weights of all layers up to and with ``until`` from changing in training.

    Nothing is computed backwards through them either, which saves most of the time.

    Returns:
        The names of the layers with frozen weights.

    Raises:
        UsageError: for a layer the net does not have, or when nothing would be left to train.
    """
    model.features(until)  # names the layers there are
    frozen: list[str] = []
    model.requires_grad_(True)
    for layer in model.layers:
        if not isinstance(layer, Pool):
            frozen.append(layer.name)
            getattr(model, layer.name).requires_grad_(False)
        if layer.name == until:
            break
    if not trainable(model):
        raise UsageError(f"Freezing up to {until} leaves no layer to train; name an earlier one.")
    return tuple(frozen)


def trainable(model: nn.Module) -> tuple[str, ...]:
    """Names of the layers whose weights training changes, in the order of the net."""
    layers = (name.split(".")[0] for name, p in model.named_parameters() if p.requires_grad)
    return tuple(dict.fromkeys(layers))
