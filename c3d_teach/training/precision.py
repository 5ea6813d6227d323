"""Does reduced precision give the right gradients here? Tried out, in a child process.

A library can be wrong for one precision, one shape and one processor alone, and say nothing.
So before a training in bf16 or fp16 the weight gradient of a few small 3D convolutions is
compared with the one in double precision. The wrong code may also write past its memory; a child
process keeps that away from the caller.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch.nn import functional as F

from c3d_teach.device import pick_device
from c3d_teach.errors import UsageError

# clip length l and kernel depth d; l=2 with d=3 is C3D's own conv5
SHAPES = ((1, 3), (2, 3), (3, 3), (8, 3), (2, 5), (4, 5), (8, 5), (4, 7), (8, 7))
DTYPES = ("float32", "bfloat16", "float16")
PATIENCE = 30.0  # seconds that a child may take; all shapes take two, and as many to start
# bf16 keeps 8 bits, rounding over a few hundred products stays within a few per cent
_TOLERANCE = {"float32": 1e-3, "bfloat16": 0.05, "float16": 0.05}


@dataclass(frozen=True)
class Tried:
    """One convolution that was tried.

    Attributes:
        length: frames of the clip, l.
        depth: temporal depth of the kernel, d.
        error: relative error of the weight gradient against double precision; 1 is as wrong as
            zeros, ``inf`` stands for gradients that are not finite, None where the process ended.
        right: whether it is as near as the precision allows.
    """

    length: int
    depth: int
    error: float | None
    right: bool


@dataclass(frozen=True)
class GradientCheck:
    """Answer of :func:`gradient_check`.

    Attributes:
        dtype: the precision, ``"bfloat16"``.
        device: where it was tried.
        tried: one entry a convolution, in order.
        crashed: whether a child process ended before its time.
    """

    dtype: str
    device: str
    tried: tuple[Tried, ...]
    crashed: bool

    @property
    def agrees(self) -> bool:
        """True when every gradient is as near as the precision allows."""
        return not self.crashed and all(one.right for one in self.tried)

    @property
    def sentence(self) -> str:
        """What was found, in one sentence."""
        where = f"{self.dtype} weight gradients of Conv3d on this {self.device}"
        if self.agrees:
            return f"The {where} are right for all {len(self.tried)} shapes tried."
        wrong = [one for one in self.tried if not one.right]
        shapes = ", ".join(f"l={one.length} d={one.depth}" for one in wrong)
        end = " The process that tried it was brought down." if self.crashed else ""
        return (
            f"The {where} are WRONG for {len(wrong)} of {len(self.tried)} shapes ({shapes}): "
            f"train in float32 here.{end}"
        )


def gradient_check(
    dtype: str = "bfloat16",
    *,
    device: str = "auto",
    shapes: Sequence[tuple[int, int]] = SHAPES,
    patience: float = PATIENCE,
) -> GradientCheck:
    """Compare the weight gradient of small 3D convolutions with that in double precision (ours).

    Every shape is tried in a child process. Where one brings the child down, that shape counts
    as wrong, and another child tries the rest.

    Args:
        dtype: ``"bfloat16"``, ``"float16"`` or, as a control, ``"float32"``.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` …
        shapes: clip lengths and (odd) kernel depths to try.
        patience: seconds a child may take before it is ended.

    Raises:
        UsageError: for an unknown precision, device or shape.
    """
    if dtype not in DTYPES:
        raise UsageError(f"There is no precision {dtype!r} to check; there are {list(DTYPES)}.")
    if not shapes or any(n < 1 or d < 1 or d % 2 == 0 for n, d in shapes):
        raise UsageError(
            f"shapes is {list(shapes)}; it is pairs of a clip length and an odd kernel depth."
        )
    where = pick_device(device)
    convolutions = [Convolution(length, (depth, 3, 3)) for length, depth in shapes]
    found, crashed = try_convolutions(convolutions, dtype, where, patience)
    return GradientCheck(dtype, where.type.upper().replace("CUDA", "GPU"), found, crashed)


@dataclass(frozen=True)
class Convolution:
    """A convolution whose weight gradient is tried, on ``batch`` clips of ``size`` pixels.

    ``stride`` is that in time. The defaults are those of :func:`gradient_check`.
    """

    length: int
    kernel: tuple[int, int, int]
    channels: int = 16
    filters: int = 16
    size: tuple[int, int] = (8, 8)
    batch: int = 4
    stride: int = 1


def try_convolutions(
    convolutions: Sequence[Convolution],
    dtype: str,
    device: torch.device,
    patience: float = PATIENCE,
) -> tuple[tuple[Tried, ...], bool]:
    """One :class:`Tried` for each convolution, and whether a child process was brought down."""
    left, found, crashed = list(convolutions), [], False
    while left:
        rows, whole = _in_child(dtype, str(device), left, patience)
        found += rows
        left = left[len(rows) :]
        if whole:
            break
        crashed = True
        # what ran before may have done the harm; the convolution under way bears the blame
        if left:
            blamed = left.pop(0)
            found.append(Tried(blamed.length, blamed.kernel[0], None, False))
    return tuple(found), crashed


def _in_child(
    dtype: str, device: str, convolutions: Sequence[Convolution], patience: float
) -> tuple[list[Tried], bool]:
    """What a child process found before it ended, and whether it ended as it should."""
    command = [sys.executable, "-c", f"from {__name__} import _child; _child()"]
    work = [asdict(one) for one in convolutions]
    task = json.dumps({"dtype": dtype, "device": device, "convolutions": work})
    # a file, for what was printed must outlive a child that is killed
    with tempfile.TemporaryFile("w+") as answers:
        try:
            child = subprocess.run(
                command,
                input=task,
                text=True,
                stdout=answers,
                stderr=subprocess.DEVNULL,
                timeout=patience,
                check=False,
            )
            whole = child.returncode == 0
        except subprocess.TimeoutExpired:
            whole = False
        answers.seek(0)
        lines = answers.read().splitlines()
    rows = [_row(dtype, one, line) for one, line in zip(convolutions, lines, strict=False)]
    return rows, whole and len(rows) == len(convolutions)


def _row(dtype: str, convolution: Convolution, line: str) -> Tried:
    error = float(line)
    return Tried(convolution.length, convolution.kernel[0], error, error <= _TOLERANCE[dtype])


def _child() -> None:
    """Try the convolutions that stand on stdin; print one relative error a line, at once."""
    # a heap that is broken ends one thread at once; of several one may wait for ever
    torch.set_num_threads(1)
    task: dict[str, Any] = json.loads(sys.stdin.read())
    for one in task["convolutions"]:
        convolution = Convolution(**one)
        print(_relative_error(getattr(torch, task["dtype"]), task["device"], convolution))
        sys.stdout.flush()


def _relative_error(dtype: torch.dtype, device: str, one: Convolution) -> float:
    random = torch.Generator().manual_seed(0)
    x = torch.randn(one.batch, one.channels, one.length, *one.size, generator=random)
    weight = torch.randn(one.filters, one.channels, *one.kernel, generator=random) / 10
    right = _weight_gradient(x, weight, one, torch.float64, "cpu")
    given = _weight_gradient(x, weight, one, dtype, device)
    error = float((given - right).norm() / right.norm())
    return error if error == error else float("inf")


def _weight_gradient(
    x: torch.Tensor, weight: torch.Tensor, one: Convolution, dtype: torch.dtype, device: str
) -> torch.Tensor:
    x, kernel = x.to(device, dtype), weight.to(device, dtype).requires_grad_()
    if dtype != torch.float64:  # laid out as in training; the reference runs other code on the CPU
        x = x.contiguous(memory_format=torch.channels_last_3d)
    depth, height, width = (k // 2 for k in one.kernel)
    if one.stride > 1:  # such layers pad their frames themselves
        x, depth = F.pad(x, (0, 0, 0, 0, depth, depth)), 0
    y = F.conv3d(x, kernel, stride=(one.stride, 1, 1), padding=(depth, height, width))
    random = torch.Generator().manual_seed(1)
    y.backward(torch.randn(y.shape, generator=random).to(y))
    assert kernel.grad is not None
    return kernel.grad.double().cpu()
