"""Random numbers that depend on (key, index) alone, many indices at a time.

A stateful generator gives clip 7 other numbers when clip 6 was skipped or when two
workers share the work. Here each number is a hash of what it is for, so that clip i is
the same whatever the batch, the worker or the size of the set. The hash is SplitMix64's
finaliser (Steele, Lea and Flood, OOPSLA 2014), in exact 64-bit integer arithmetic, so
that it is also the same on every processor.
"""

import hashlib

import torch
from torch import Tensor

_GOLDEN = 0x9E3779B97F4A7C15 - (1 << 64)
_STRIDE = 0xD1B54A32D192ED03 - (1 << 64)  # a second odd constant keeps (index, column) apart
_MIX_1 = 0xBF58476D1CE4E5B9 - (1 << 64)
_MIX_2 = 0x94D049BB133111EB - (1 << 64)
_AT_ONCE = 1 << 19  # hashes made together: 4 MB, which stays in the processor's cache


def key_of(*parts: object) -> int:
    """A 64-bit key of anything that prints the same every time."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def _shift_right(x: Tensor, by: int) -> Tensor:
    # torch shifts int64 arithmetically; the mask makes it the unsigned shift of the paper
    return (x >> by) & ((1 << (64 - by)) - 1)


def hash64(key: int, indices: Tensor, columns: int) -> Tensor:
    """int64 hashes of shape ``(len(indices), columns)``."""
    column = torch.arange(columns, dtype=torch.int64)
    x = key + indices.to(torch.int64)[:, None] * _GOLDEN + (column[None, :] + 1) * _STRIDE
    x = (x ^ _shift_right(x, 30)) * _MIX_1
    x = (x ^ _shift_right(x, 27)) * _MIX_2
    return x ^ _shift_right(x, 31)


def uniform(key: int, indices: Tensor, columns: int) -> Tensor:
    """float64 numbers in [0, 1) of shape ``(len(indices), columns)``."""
    return _shift_right(hash64(key, indices, columns), 11).to(torch.float64) * 2.0**-53


def bell(key: int, count: int) -> Tensor:
    """``count`` float32 numbers with mean 0 and standard deviation 1, nearly normal.

    Each is the sum of the eight bytes of a hash: exact everywhere, where a normal
    generator differs in the last bit from one processor to the next.
    """
    total = torch.empty(count, dtype=torch.int32)
    for start in range(0, count, _AT_ONCE):
        part = total[start : start + _AT_ONCE]
        octets = hash64(key, torch.arange(start, start + len(part)), 1).view(torch.uint8)
        torch.sum(octets, 1, dtype=torch.int32, out=part)
    return (total.to(torch.float32) - 8 * 127.5) / (8 * (256**2 - 1) / 12) ** 0.5
