"""What hidden cells show: values as a line of JSON, compared outside of the student's kernel."""

import hashlib
import json
import math
import re
from typing import Any

# one line for each call of show(); it begins a line of its own, whatever was printed before
MARK = "c3d_teach:shown:"
_LINE = re.compile(rf"^{MARK}(.*)$", re.MULTILINE)
RELATIVE, ABSOLUTE = 1e-5, 1e-7  # float32 sums in another order differ by less

# Put in front of every hidden cell. It runs beside the student's code and is trusted with nothing:
# who changes it changes only what is compared with the right answer.
PRELUDE = """
import json as _json
import sys as _sys

import numpy as _numpy

SEED = {seed}


def _plain(value):
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if isinstance(value, (_numpy.ndarray, _numpy.generic)):
        if value.dtype.kind not in "biufU":
            return {{"kind": str(value.dtype)}}
        return {{"shape": list(value.shape), "values": value.ravel().tolist()}}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {{"keys": [[str(key), _plain(value[key])] for key in sorted(value, key=str)]}}
    return {{"kind": type(value).__name__}}


def show(value):
    text = _json.dumps(_plain(value))
    print("\\n{mark}" + text)


def given(name):
    return _numpy.load("/given/" + name + ".npy", allow_pickle=False)


def give(name, array):
    _numpy.save("/given/" + name + ".npy", _numpy.asarray(array), allow_pickle=False)


def answer(cell, value):
    print("\\n{mark}" + _json.dumps([cell, _plain(value)]))
"""

# A hidden cell sees the student's names, but for those that hide one of Python's own; and what it
# defines itself does not reach the student's functions.
_RUN = """import builtins as _b
_b.exec(
    _b.compile({code!r}, "<test>", "exec"),
    {{k: v for k, v in _b.globals().items() if k[:2] == "__" or not _b.hasattr(_b, k)}},
)
"""


def seed_of_tests(seed: int) -> int:
    """The seed of the hidden tests, which a student's code can read where it runs.

    That of the class does not follow from it, and with it nothing that secret cells make.
    """
    return int.from_bytes(hashlib.sha256(f"hidden tests {seed}".encode()).digest()[:4], "big")


def hidden_code(source: str, seed: int, given: str = "/given") -> str:
    """A hidden or secret cell as it is sent to the kernel."""
    prelude = PRELUDE.format(seed=seed, mark=MARK).replace('"/given/"', repr(given + "/"))
    return _RUN.format(code=prelude + "\n\n" + source)


def shown_in(text: str) -> list[Any] | None:
    """The values on the lines of what a cell printed; None where a line is no JSON."""
    try:
        return [json.loads(line) for line in _LINE.findall(text)]
    except (ValueError, RecursionError):
        return None


def agree(got: Any, expected: Any) -> bool:
    """Equal, up to rounding where there are fractions."""
    if isinstance(expected, dict) and isinstance(got, dict):
        return got.keys() == expected.keys() and all(agree(got[k], expected[k]) for k in expected)
    if isinstance(expected, list) and isinstance(got, list):
        return len(got) == len(expected) and all(map(agree, got, expected))
    if _number(expected) and _number(got):
        try:
            return math.isclose(got, expected, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
        except OverflowError:  # a whole number too large for a fraction
            return bool(got == expected)
    return type(got) is type(expected) and bool(got == expected)


def share(got: Any, expected: Any) -> float:
    """The share of an array's or list's values that agree; 0 for another number of them."""
    got, expected = _values(got), _values(expected)
    if not expected or len(got) != len(expected):
        return 0.0
    return sum(map(agree, got, expected)) / len(expected)


def _number(value: Any) -> bool:
    return isinstance(value, int | float)


def _values(shown: Any) -> list[Any]:
    values = shown.get("values") if isinstance(shown, dict) else shown
    return values if isinstance(values, list) else []
