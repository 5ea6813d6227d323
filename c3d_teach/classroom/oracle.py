"""Run a student's function and say in one sentence what is right or wrong with it.

The order is fixed: does it run, what type, what shape, finite, the right values. A wrong
answer is compared with answers that known mistakes give, so that the sentence can name the
mistake. It never holds the right values.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import fill
from traceback import extract_tb
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from c3d_teach.errors import KitError

Function = Callable[..., Any]


@dataclass(frozen=True)
class Verdict:
    """What a check found. True where all is well; printing it gives the sentence."""

    passed: bool
    message: str

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        # wrapped by hand: notebooks break long lines in the middle of a word
        return fill(f"{'✔' if self.passed else '✘'} {self.message}", 88, subsequent_indent="  ")

    __repr__ = __str__

    def require(self) -> None:
        """Turn a refusal into an error, for cells that must stop there.

        Raises:
            KitError: with the verdict's sentence, when it is a refusal.
        """
        if not self.passed:
            raise KitError(self.message)


class AnswerError(Exception):
    """A wrong answer; its text is the sentence for the student."""


@dataclass(frozen=True)
class Case:
    """One call with a known answer.

    Attributes:
        name: what is special about the call, for the sentence: ``a kernel of depth 1``.
        inputs: the arguments by name, in order: tensors or plain values; each call gets copies.
        expected: the right answer.
        mistakes: sentence → the answer that this mistake gives, most telling first; one that
            happens to be right here is never named.
        returns: what the function should return: ``"tensor"``, one ``"number"``, or
            ``"numbers"``, a list or tuple of them.
    """

    name: str
    inputs: Mapping[str, Any]
    expected: Tensor
    mistakes: Mapping[str, Tensor] = field(default_factory=dict)
    returns: Literal["tensor", "number", "numbers"] = "tensor"

    @property
    def given(self) -> str:
        """What went in, for the sentence: tensors by their size, the rest as it is."""
        return " and ".join(
            f"{k} {size(v.shape)}" if isinstance(v, Tensor) else f"{k} = {v!r}"
            for k, v in self.inputs.items()
        )


def judge(function: Any, check: Callable[[Function], None], *, name: str, praise: str) -> Verdict:
    """Run ``check(function)``; an :class:`AnswerError` in it becomes the verdict.

    Whatever a student's function raises is part of a verdict too, never a traceback.
    """
    if not callable(function):
        kind = type(function).__name__
        return Verdict(False, f"{name} is a {kind}; it should be a function: def {name}(...).")
    try:
        check(function)
    except AnswerError as refusal:
        return Verdict(False, str(refusal))
    return Verdict(True, praise)


def answer(function: Function, case: Case, *, name: str) -> Tensor:
    """Call the function on copies of the case's inputs; its answer as float64.

    Raises:
        AnswerError: when it stops with an error, changes its inputs, or gives no numbers.
    """
    return numbers(returned(function, case, name=name), case, name=name)


def sized(function: Function, case: Case, *, name: str) -> Tensor:
    """The same for a case that stands for a property: only the shape has to be right.

    Raises:
        AnswerError: also for another shape.
    """
    given = answer(function, case, name=name)
    if given.shape != case.expected.shape:
        compare(given, case, name=name)
    return given


def returned(function: Function, case: Case, *, name: str) -> Any:
    """Call the function on copies of the case's inputs; what it returns, as it is.

    Raises:
        AnswerError: when it stops with an error or changes its inputs.
    """
    copies = [deepcopy(value) for value in case.inputs.values()]
    try:
        given = function(*copies)
    except NotImplementedError as error:
        raise AnswerError(
            f"{name} still holds the stub. Write your lines in place of "
            "`raise NotImplementedError`, run that cell, then run this one again."
        ) from error
    except (Exception, SystemExit) as error:
        raise AnswerError(
            f"{name} stopped with {type(error).__name__}: {_first_line(error)}"
            f"{_where(error)} It was called with {case.given}."
        ) from error
    for (key, before), after in zip(case.inputs.items(), copies, strict=True):
        if not _unchanged(before, after):
            raise AnswerError(
                f"{name} changed the {key} it was given. Others may still need it: write into "
                "a new tensor, or take a copy with .clone() first."
            )
    return given


def compare(given: Tensor, case: Case, *, name: str) -> None:
    """Shape, finiteness, values.

    Raises:
        AnswerError: naming the mistake where it is a known one.
    """
    named = [m for m, wrong in case.mistakes.items() if same(given, wrong)]
    if given.shape != case.expected.shape:
        why = named[0] if named else _shape_hint(given, case)
        raise AnswerError(
            f"Wrong output size: for {case.given} {name} gave {size(given.shape)} where "
            f"{size(case.expected.shape)} is expected. {why}".rstrip()
        )
    if not bool(given.isfinite().all()):
        kind = "NaN" if bool(given.isnan().any()) else "infinite values"
        if case.returns != "tensor":
            raise AnswerError(f"{name} gave {kind} for {case.given}. Look for a division by zero.")
        raise AnswerError(
            f"The output holds {kind}. A tensor from torch.empty starts with whatever is in "
            "memory: begin with torch.zeros, and look for a division by zero."
        )
    if same(given, case.expected):
        return
    if named:
        raise AnswerError(named[0])
    if not case.expected.ndim:
        raise AnswerError(
            f"Wrong number for {case.given} ({case.name}). Work it out by hand and compare each "
            "step with what your lines do there."
        )
    wrong = ~_close(given, case.expected)
    first = tuple(int(n) for n in wrong.nonzero()[0])
    raise AnswerError(
        f"Right shape, wrong values: with {case.name}, {int(wrong.sum())} of {wrong.numel()} "
        f"numbers differ, the first of them at {list(first)}. Work that one out by hand and "
        "compare it with what your lines do there."
    )


def _unchanged(before: Any, after: Any) -> bool:
    if isinstance(before, Tensor):
        return before.shape == after.shape and torch.equal(before, after)
    return bool(before == after) if isinstance(before, int | float | str | list | tuple) else True


def same(given: Tensor, other: Tensor) -> bool:
    return given.shape == other.shape and bool(_close(given, other).all())


def order_of(clip: Tensor, other: Tensor) -> list[int]:
    """Which frame of the clip stands at each place of the other; -1 where it is none."""
    equal = (other[:, None] == clip[None]).flatten(2).all(2)
    return [int(row.nonzero()[0]) if bool(row.any()) else -1 for row in equal]


def size(shape: Any) -> str:
    return "×".join(str(int(n)) for n in shape) or "a single number"


def _close(given: Tensor, other: Tensor) -> Tensor:
    # float32 sums in another order differ by far less than any mistake does
    return torch.isclose(given.double(), other.double(), rtol=1e-4, atol=1e-4)


def numbers(given: Any, case: Case, *, name: str) -> Tensor:
    """What a function returned, as float64.

    Raises:
        AnswerError: when it is not of the kind that the case asks for.
    """
    if given is None:
        raise AnswerError(
            f"{name} returned None. Does it still hold the stub, or is a `return` missing at "
            "its end?"
        )
    if case.returns != "tensor":
        return _plain(given, case, name=name)
    # by exact type: a class of one's own could call everything equal
    if type(given) is np.ndarray and given.dtype.kind in "fiu":
        given = torch.from_numpy(given.copy())
    if type(given) is not Tensor:
        hint = " Is the return inside the loop?" if isinstance(given, int | float) else ""
        raise AnswerError(
            f"{name} returned a {type(given).__name__}; it should return a torch tensor of "
            f"size {size(case.expected.shape)}.{hint}"
        )
    if given.is_complex() or given.dtype == torch.bool:
        raise AnswerError(f"{name} returned a tensor of {given.dtype}; it should hold floats.")
    found = given.detach().cpu()
    truncated = not found.is_floating_point() and not same(found, case.expected)
    if truncated and same(found, case.expected.trunc()):
        raise AnswerError(
            f"{name} returned whole numbers ({found.dtype}): what is behind the decimal point "
            "is lost. Make the output with torch.zeros(...), which holds floats."
        )
    return found.double()


def _plain(given: Any, case: Case, *, name: str) -> Tensor:
    """A number or a list of numbers, as a tensor."""
    if type(given) is np.ndarray or type(given) is Tensor:
        given = given.tolist()
    if type(given) in (np.float64, np.float32, np.int64):
        given = given.item()
    many = case.returns == "numbers"
    parts = list(given) if type(given) in (list, tuple) else [given]
    if type(given) not in ((list, tuple) if many else (int, float)):
        wanted = f"a list of {len(case.expected)} numbers" if many else "one number"
        if many and len(case.expected) != 1:
            wanted = "a list of numbers"
        raise AnswerError(f"{name} returned a {type(given).__name__}; it should return {wanted}.")
    if not all(type(part) in (int, float) for part in parts):
        kinds = ", ".join(sorted({type(part).__name__ for part in parts} - {"int", "float"}))
        raise AnswerError(f"{name} returned a list that holds {kinds}; it should hold numbers.")
    return torch.tensor(parts if many else given, dtype=torch.float64)


def _shape_hint(given: Tensor, case: Case) -> str:
    if given.ndim == 0:
        return "It is a single number. Is the return inside the loop?"
    if sorted(given.shape) == sorted(case.expected.shape):
        return "Two axes have changed places: the order is time, row (height), column (width)."
    if given.ndim != case.expected.ndim:
        return f"That is {given.ndim} axes in place of {case.expected.ndim}."
    gaps = {g - e for g, e in zip(given.shape, case.expected.shape, strict=True)} - {0}
    if gaps <= {-1, 1}:
        return "Off by one: look at where each range() ends."
    return ""


def _first_line(error: BaseException) -> str:
    text = (str(error).splitlines() or ["(no message)"])[0][:160]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _where(error: BaseException) -> str:
    """The line of the student's own code where it happened, if there is one."""
    library = Path(__file__).resolve().parent
    frames = [f for f in extract_tb(error.__traceback__) if library not in Path(f.filename).parents]
    if not frames or not frames[0].line:
        return ""
    return f" It happened at `{frames[0].line.strip()}`."
