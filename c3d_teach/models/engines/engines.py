"""What computes a net's answers: torch as it is, torch fused, or OpenVINO; and in which precision.

An engine is taken only after it has given the answers of the net itself, in float32, to clips
made for that purpose, and is asked no more once a weight of the net has changed.
"""

import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any
from weakref import WeakKeyDictionary
from zlib import crc32

import torch
from torch import Tensor

from c3d_teach.device import matrix_tiles, native_bfloat16
from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import describe
from c3d_teach.models.builder import ConvNet

ENGINES = ("auto", "eager", "torch", "openvino")
PRECISIONS = ("auto", "float32", "bfloat16")
WORTH = 10**9  # multiply-accumulates a clip from which "auto" leaves the net as it is
# share of the largest output that an engine's may differ by; bf16 keeps 8 bits
TOLERANCE = {"float32": 1e-3, "bfloat16": 0.05}

_Compute = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Engine:
    """What computes a net's answers.

    Attributes:
        name: ``"eager"`` (the net itself), ``"torch"`` or ``"openvino"``.
        precision: ``"float32"`` or ``"bfloat16"``.
        error: largest difference from the net itself in float32, as a share of its largest
            output, on the clips it was tried with; 0 for the net itself.
        refused: what was tried before it and why it was not taken, a sentence each.
        compute: float clips ``(N, C, L, H, W)`` to ``(N, features)``.
    """

    name: str
    precision: str
    error: float
    refused: tuple[str, ...]
    compute: _Compute

    def __str__(self) -> str:
        return f"{self.name} in {self.precision}"


@dataclass
class _Ready:
    """Engines of one net, and by which weights they were made."""

    stamp: tuple[Any, ...]
    engines: dict[tuple[str, str, str], Engine]


_READY: WeakKeyDictionary[ConvNet, _Ready] = WeakKeyDictionary()
_MAKING = threading.Lock()


def engine_for(
    model: ConvNet,
    sample: Callable[[], Tensor],
    *,
    layer: str | None = None,
    engine: str = "auto",
    precision: str = "auto",
    batch: int = 1,
) -> Engine:
    """What is to compute ``layer`` of ``model``: tried against the net itself, and kept.

    ``"auto"`` takes the net itself for small nets (below 1 G multiply-accumulates a clip, as all
    that are shipped), so that their answers do not hang on the processor. For larger ones, such as
    C3D, it takes what is fastest: torch fused, in bfloat16 where the processor has it, and
    OpenVINO, if it is installed, should that fail; the other way round in bfloat16 where the
    processor multiplies matrices by tiles (AMX). An engine that cannot be had or whose answers
    are too far off is passed over for the next; where it was asked for by name, a warning says so.

    Args:
        model: a net of this kit in evaluation mode.
        sample: makes the float clips ``(N, C, L, H, W)`` that engines are tried with.
        layer: a layer's name, or None for the logits.
        engine: one of ``ENGINES``.
        precision: one of ``PRECISIONS``.
        batch: clips that will be asked about at once.

    Raises:
        UsageError: for an unknown engine, precision or layer.
    """
    check_names(engine, precision)
    last = model.layers[-1].name if layer is None else layer
    model.features(last)  # says which layers there are
    wanted = list(_candidates(model, engine, precision))
    if not wanted or not _alike_elsewhere(model):
        if engine not in ("auto", "eager"):
            warnings.warn(f"{_itself(model)} The net itself answers instead.", stacklevel=4)
        return _net_itself(model, last, ())
    with _MAKING:
        ready, stamp = _READY.get(model), _stamp(model)
        if ready is None or ready.stamp != stamp:
            ready = _READY[model] = _Ready(stamp, {})
        key = last, engine, precision
        if key not in ready.engines:
            ready.engines[key] = _made(model, last, wanted, sample(), batch)
            if ready.engines[key].refused and engine != "auto":
                said = " ".join(ready.engines[key].refused)
                warnings.warn(f"{said} Taken instead: {ready.engines[key]}.", stacklevel=4)
        return ready.engines[key]


def check_names(engine: str, precision: str) -> None:
    """Whether there are such an engine and such a precision.

    Raises:
        UsageError: where there are not.
    """
    for what, given, known in (("engine", engine, ENGINES), ("precision", precision, PRECISIONS)):
        if given not in known:
            raise UsageError(f"There is no {what} {given!r}; there are {', '.join(known)}.")


def _candidates(model: ConvNet, engine: str, precision: str) -> Iterator[tuple[str, str]]:
    """Engines with their precision in the order they are tried in; none for the net itself."""
    small = describe(model).macs < WORTH
    if engine == "eager" or (engine == "auto" and precision == "auto" and small):
        return
    cuda = next(model.parameters()).device.type == "cuda"
    here = ["torch"] if cuda or find_spec("openvino") is None else ["torch", "openvino"]
    bf16 = (
        torch.cuda.is_bf16_supported(including_emulation=False) if cuda else bool(native_bfloat16())
    )
    precisions = ["bfloat16"] * bf16 + ["float32"] if precision == "auto" else [precision]
    for kind in precisions:
        # with tiles OpenVINO's bf16 is a little ahead, without them and in float32 torch is
        tiled = kind == "bfloat16" and matrix_tiles()
        for name in (reversed(here) if tiled else here) if engine == "auto" else [engine]:
            yield name, kind


def _made(
    model: ConvNet, layer: str, wanted: list[tuple[str, str]], clips: Tensor, batch: int
) -> Engine:
    right = _itself_on(model, layer, clips)
    most = float(right.detach().abs().max().clamp_min(1e-6))
    refused: list[str] = []
    for name, precision in wanted:
        try:
            compute = _built(model, layer, name, precision, batch)
            error = float((compute(clips) - right).detach().abs().max()) / most
        except (ImportError, RuntimeError, AttributeError, NotImplementedError) as problem:
            why = str(problem).strip().splitlines() or [type(problem).__name__]
            missing = " Install it with pip install openvino." * isinstance(problem, ImportError)
            refused.append(f"The engine {name} in {precision} cannot be had: {why[0]}.{missing}")
            continue
        if error <= TOLERANCE[precision]:  # not so where it is not a number
            return Engine(name, precision, error, tuple(refused), compute)
        refused.append(
            f"The engine {name} in {precision} is off by {error:.2g} of the largest output; "
            f"at most {TOLERANCE[precision]} is let pass."
        )
    return _net_itself(model, layer, tuple(refused))


def _built(model: ConvNet, layer: str, name: str, precision: str, batch: int) -> _Compute:
    kind = getattr(torch, precision)
    compute: _Compute
    if next(model.parameters()).device.type == "cuda":
        compute = _autocast(model, layer, kind)
        return compute
    if name == "openvino":
        from c3d_teach.models.engines.openvino_engine import OpenVinoEngine

        compute = OpenVinoEngine(model, layer, kind)
    else:
        from c3d_teach.models.engines.torch_engine import TorchEngine

        compute = TorchEngine(model, layer, kind, batch)
    return lambda x: compute(model.rearrange(model._checked(x)))


def _autocast(model: ConvNet, layer: str, precision: torch.dtype) -> _Compute:
    def compute(x: Tensor) -> Tensor:
        with torch.autocast("cuda", precision, enabled=precision != torch.float32):
            return _itself_on(model, layer, x).float()

    return compute


def _net_itself(model: ConvNet, layer: str, refused: tuple[str, ...]) -> Engine:
    return Engine("eager", "float32", 0.0, refused, lambda x: _itself_on(model, layer, x))


def _itself_on(model: ConvNet, layer: str, x: Tensor) -> Tensor:
    x = x.contiguous(memory_format=torch.channels_last_3d)
    return model(x) if layer == model.layers[-1].name else model.descriptor(x, layer)


def _alike_elsewhere(model: ConvNet) -> bool:
    """Whether the layer list says all: the net's own way through it, no hooks, on CPU or CUDA."""
    watched = any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
    device = next(model.parameters()).device.type
    return type(model)._run is ConvNet._run and not watched and device in ("cpu", "cuda")


def _itself(model: ConvNet) -> str:
    return (
        f"No engine computes this {type(model).__name__}: it has hooks, its own way through its "
        "layers, or another device than CPU and CUDA."
    )


def _stamp(model: ConvNet) -> tuple[Any, ...]:
    """Changes when a weight is changed.

    Changes that autograd sees are all told by its counter. One that went past it (``.data``) is
    told by a sample of the weights: of C3D's 78 million all would take longer to read than a clip's
    share of a layer. It holds some of every unit's weights, all over them, and all of small layers.
    """
    found: list[Any] = []
    for parameter in model.parameters():
        flat = parameter.detach()
        flat = flat.as_strided((flat.numel(),), (1,)) if _dense(flat) else flat.flatten()
        sample = flat if len(flat) <= _SMALL else _runs(flat, parameter[0].numel())
        version = None if parameter.is_inference() else parameter._version
        found.append(
            (parameter.data_ptr(), version, crc32(sample.view(torch.uint8).cpu().numpy().data))
        )
    return tuple(found)


def _runs(flat: Tensor, unit: int) -> Tensor:
    """A few neighbouring weights of every unit: each place that is looked at costs a wait.

    From unit to unit they lie a little further to the front: with many units each input has its
    turn.
    """
    run = min(_RUN, unit)
    step = max(run, unit - run)
    return flat.as_strided(((len(flat) - run) // step + 1, run), (step, 1)).flatten()


def _dense(x: Tensor) -> bool:
    """Whether the numbers lie without gaps, in whatever order."""
    return x.is_contiguous() or (x.ndim == 5 and x.is_contiguous(memory_format=_LAST))


_LAST = torch.channels_last_3d
_RUN = 16  # neighbouring weights of the sample: in float32 as many as memory hands over at once
_SMALL = 1 << 16
