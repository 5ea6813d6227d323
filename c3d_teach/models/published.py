"""Published checkpoints of C3D as classifiers, and classifiers as files for other code.

Four layouts are read and written (see :mod:`c3d_teach.models.layouts`): Caffe's own files,
the plain PyTorch port, the features/classifier port and the modern toolbox. The keys tell
the layout, the layout tells what the weights were trained on, and that becomes the
classifier's preprocessing. No file is shipped or fetched: the released weights are CC BY-NC.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from c3d_teach.errors import KitError, UsageError, WeightsError
from c3d_teach.files import write_atomically
from c3d_teach.models.c3d import C3D
from c3d_teach.models.classifier import Classifier
from c3d_teach.models.layouts import (
    CLIP,
    LAYERS,
    PARTS,
    SPORTS_1M,
    Layout,
    in_words,
    named,
    recognise,
    training_of,
)
from c3d_teach.models.stored import stored_tensors

_SHOWN = 4  # keys of each kind in an error


def read_published(
    path: str | Path,
    *,
    layout: str | None = None,
    trained: str | None = None,
    mean: str | Path | Sequence[float] | None = None,
    classes: str | Path | Sequence[str] | None = None,
    pool5: str | None = None,
    **overrides: Any,
) -> Classifier:
    """A published C3D checkpoint, with the preprocessing its weights were trained on.

    The file is a ``.caffemodel`` (the released one has no ending), one of torch (``.pt``,
    ``.pth``, ``.pickle``, ``.tar``; only tensors are read, no code runs) or safetensors.
    A file without fc8 gets one of zeros: its descriptors are right, its probabilities say
    nothing.

    Args:
        layout: ``"caffe"``, ``"pytorch"``, ``"features"`` or ``"toolbox"``; None tells it
            from the keys.
        trained: ``"caffe"`` for weights converted from Caffe's, ``"port"`` for those trained
            with the layout's own code; None tells it from the file, by the rule of
            :func:`~c3d_teach.models.layouts.training_of`.
        mean: a mean cube (``.binaryproto``), or three numbers in the net's channel order.
        classes: a file with one name a line, or the names; else ``class 0``, ``class 1``, …
        pool5: ``"ceil"`` or ``"symmetric"`` instead of what the layout tells.
        overrides: fields of :class:`~c3d_teach.Preprocess` to set otherwise.

    Raises:
        WeightsError: for a file that is no whole C3D, listing what is wrong.
        UsageError: for an argument that cannot be, or does not fit the file.
    """
    path = Path(path).expanduser()
    stored = stored_tensors(path, layout)
    try:
        chosen = named(layout) if layout else recognise(stored)
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}") from None
    given, others, prefixed = _renamed(stored, chosen)
    stored.clear()  # 320 MB; the net will hold its own
    headless = not any(f"fc8.{part}" in given for part in PARTS)
    names = _names(classes)
    if names and (twice := [name for name, n in Counter(names).items() if n > 1]):
        raise UsageError(f"The class name {twice[0]!r} was given more than once.")
    if headless:
        outputs = len(names) if names else 1
        weight = torch.zeros(outputs, _rows(given.get("fc7.bias")))
        given |= {"fc8.weight": weight, "fc8.bias": torch.zeros(outputs)}
    else:
        outputs = _rows(given.get("fc8.weight"))
    if names is not None and len(names) != outputs:
        raise UsageError(f"{len(names)} class names were given; the net in {path} has {outputs}.")
    training = training_of(
        chosen, None if headless else outputs, prefixed=prefixed, trained=trained
    )
    model = _net(given, others, outputs, pool5 or training.pool5, chosen, path)
    preprocess = training.preprocess(mean, **overrides)
    card = {
        "from": path.name,
        "layout": chosen.name,
        "trained with": training.said,
        "preprocessing": f"Weights trained with {training.said}: {in_words(preprocess)}, "
        f"pool5 {model.config['pool5']}.",
    }
    if headless:
        card["fc8"] = "not in the file: the probabilities say nothing"
    names = names or tuple(f"class {i}" for i in range(outputs))
    return Classifier(model.eval(), preprocess, names, card, str(path))


def write_published(classifier: Classifier, path: str | Path, layout: str) -> tuple[str, ...]:
    """Write a C3D as the code of another layout loads it.

    Caffe's file is one of C3D v1.0; the plain port gets a bare state dict for 487 classes
    and its training checkpoint for others; the toolbox gets its prefixes. None of them has
    room for preprocessing or pool5.

    Returns:
        One sentence for each way in which that code will treat the net otherwise than this
        classifier does; empty when its answers will be the same.

    Raises:
        UsageError: for a net other than C3D with kernel depth 3, or an unknown layout.
        KitError: when the folder cannot be written.
    """
    chosen, model, path = named(layout), classifier.model, Path(path).expanduser()
    config = model.config
    if config.get("net") != "C3D" or config["kernel_depth"] != 3 or model.clip_shape != CLIP:
        raise UsageError(
            f"Only C3D with kernel depth 3 and clips of 3×16×112×112 has a layout for others; "
            f"{classifier.name} is {config.get('net')} with clips of "
            f"{'×'.join(map(str, model.clip_shape))}, kernel depth {config.get('kernel_depth')}."
        )
    state = {
        key: value.detach().to("cpu", torch.float32).contiguous()
        for key, value in model.state_dict().items()
    }
    outputs = len(state["fc8.weight"])
    if chosen.name == "caffe":
        from c3d_teach.models.caffe import write_caffemodel

        write_caffemodel(
            {
                chosen.key(layer, outputs): [state[f"{layer}.{part}"] for part in PARTS]
                for layer in LAYERS
            },
            path,
        )
    else:
        write_atomically(path, lambda part: torch.save(_wrapped(state, chosen, outputs), part))
    return _differences(classifier, chosen)


def _wrapped(state: Mapping[str, Tensor], layout: Layout, outputs: int) -> dict[str, Any]:
    renamed: dict[str, Tensor] = {}
    for layer in LAYERS:
        key = layout.key(layer, outputs)
        prefix = layout.prefix if layer != "fc8" else ""
        renamed |= {f"{prefix}{key}.{part}": state[f"{layer}.{part}"] for part in PARTS}
    if layout.name == "toolbox":
        return {"meta": {}, "state_dict": renamed}
    if layout.name == "pytorch" and outputs != SPORTS_1M:
        return {"epoch": 0, "state_dict": renamed, "opt_dict": {}}
    return renamed


def _differences(classifier: Classifier, layout: Layout) -> tuple[str, ...]:
    own, mine = layout.own, classifier.preprocess
    pairs: dict[str, tuple[object, object]] = {
        "pool5": (own.pool5, classifier.model.config["pool5"]),
        "the order of channels": (own.channel_order, mine.channel_order),
        "the mean": (own.mean, "a mean cube" if mine.mean_volume is not None else mine.mean),
        "the scale of a channel": ((1.0, 1.0, 1.0), mine.std),
        "the size of frames": (own.frame_size or "aspect kept", mine.frame_size or "aspect kept"),
    }
    if layout.name == "caffe":  # it takes any mean, from a file
        del pairs["the mean"]
    return tuple(
        f"In the code of the {layout.name} layout {what} is {theirs}; here it is {ours}."
        for what, (theirs, ours) in pairs.items()
        if theirs != ours
    )


def _renamed(
    stored: Mapping[str, Tensor], layout: Layout
) -> tuple[dict[str, Tensor], list[str], bool]:
    """Tensors under the paper's names, the keys that have none, whether keys are prefixed."""
    ours = {name: layer for layer in LAYERS for name in layout.keys[layer]}
    given: dict[str, Tensor] = {}
    others = []
    for key, value in stored.items():
        head, _, part = key.removeprefix(layout.prefix).rpartition(".")
        name = f"{ours.get(head)}.{part}"
        if head in ours and part in PARTS and name not in given:
            given[name] = value
        else:
            others.append(key)
    prefixed = bool(layout.prefix) and any(key.startswith(layout.prefix) for key in stored)
    return given, others, prefixed


def _net(
    given: dict[str, Tensor],
    others: list[str],
    outputs: int,
    pool5: str,
    layout: Layout,
    path: Path,
) -> C3D:
    """The net with these weights, once all of them are known to fit."""
    with torch.device("meta"):
        whole = C3D(1).state_dict()
        # what most layers say, so that one wrong layer is named and not all the others
        shares = Counter(
            _rows(given.get(key)) / _rows(whole[key]) for key in whole if not key.startswith("fc8")
        )
        width = max((w for w in shares if w), key=lambda w: shares[w], default=1.0)
        net = C3D(max(outputs, 1), width=width, pool5=pool5)
    expected = {key: tuple(value.shape) for key, value in net.state_dict().items()}

    def own(key: str) -> str:
        layer, _, part = key.rpartition(".")
        return f"{layout.key(layer, outputs)}.{part}"

    wrong = {
        "missing": [own(key) for key in expected if key not in given],
        "not of this net": others,
        "of another shape": [
            f"{own(key)} ({_times(value.shape)}, expected {_times(expected[key])})"
            for key, value in given.items()
            if tuple(value.shape) != expected[key]
        ],
        "without decimals": [
            f"{own(key)} ({str(value.dtype).removeprefix('torch.')})"
            for key, value in given.items()
            if not value.is_floating_point()
        ],
        "with NaN or infinite values": [
            own(key) for key, value in given.items() if not value.isfinite().all()
        ],
    }
    said = [
        f"{len(keys)} {what}: {', '.join(keys[:_SHOWN])}{', …' * (len(keys) > _SHOWN)}"
        for what, keys in wrong.items()
        if keys
    ]
    if said:
        raise WeightsError(
            f"The weights in {path}, read in the {layout.name} layout, are not those of a C3D "
            f"for clips of {_times(CLIP)}: {'; '.join(said)}."
        )
    # copied: a mapped file may be overwritten while its net is in use
    weights = {key: given.pop(key).to(torch.float32, copy=True).contiguous() for key in expected}
    net.load_state_dict(weights, assign=True)
    net.requires_grad_(True).channels_last()
    return net


def _names(classes: str | Path | Sequence[str] | None) -> tuple[str, ...] | None:
    if classes is None:
        return None
    if not isinstance(classes, str | Path):
        return tuple(map(str, classes))
    path = Path(classes).expanduser()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
        raise KitError(f"Cannot read class names from {path}: {reason}.") from error
    names = [line.strip() for line in lines if line.strip()]
    split = [name.split(maxsplit=1) for name in names]
    for first in (0, 1):  # "1 ApplyEyeMakeup", as UCF101's own list has it
        if all(len(s) == 2 and s[0] == str(i) for i, s in enumerate(split, first)):
            return tuple(name for _, name in split)
    return tuple(names)


def _rows(value: Tensor | None) -> int:
    """Filters of a convolution, or outputs of a full layer; 0 when there are none."""
    return len(value) if value is not None and value.ndim else 0


def _times(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape)) or "a single number"
