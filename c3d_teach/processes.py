"""Several processes at one piece of work, as torchrun starts them: which of them this one is."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from c3d_teach.errors import UsageError
from c3d_teach.rendezvous import fresh_store

if TYPE_CHECKING:
    from torch import Tensor

# one process may be long at a large film while the others wait
_PATIENCE = timedelta(days=2)


@dataclass(frozen=True)
class Place:
    """Which process this is.

    Attributes:
        rank: number of this process, 0 for the one that writes files and talks.
        world: how many there are.
        local: number of this process on its own machine; it takes the GPU of that number.
    """

    rank: int = 0
    world: int = 1
    local: int = 0

    @property
    def first(self) -> bool:
        return self.rank == 0

    def share(self, count: int) -> range:
        """This process' part of ``count`` things: neighbours, as even as can be."""
        return range(self.rank * count // self.world, (self.rank + 1) * count // self.world)


ALONE = Place()


def place() -> Place:
    """Where torchrun (or Slurm through it) has put this process; alone without it.

    Raises:
        UsageError: for environment variables that contradict each other.
    """
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK")
    given = {name: os.environ[name] for name in names if name in os.environ}
    if "WORLD_SIZE" not in given:
        return ALONE
    try:
        world, rank = int(given["WORLD_SIZE"]), int(given.get("RANK", "0"))
        local = int(given.get("LOCAL_RANK", rank))
    except ValueError:
        world, rank, local = 0, 0, 0
    if not 0 <= rank < world or local < 0:
        said = ", ".join(f"{name}={value}" for name, value in given.items())
        raise UsageError(
            f"The environment says {said}; RANK is a number below WORLD_SIZE. Start several "
            "processes with torchrun, which sets them, or unset them."
        )
    return Place(rank, world, local)


@contextmanager
def joined(device_type: str = "cpu") -> Iterator[Place]:
    """This process' place, with torch's process group open while there is more than one.

    NCCL for CUDA, gloo else. A group that is open already is used and left open.
    """
    import torch.distributed as dist

    here = place()
    if here.world == 1 or dist.is_initialized():
        yield here
        return
    # gloo beside nccl: what is said about CPU tensors goes through it
    backend = "cpu:gloo,cuda:nccl" if device_type == "cuda" else "gloo"
    store = fresh_store(here.rank, here.world)
    known = {"store": store, "rank": here.rank, "world_size": here.world} if store else {}
    dist.init_process_group(backend, timeout=_PATIENCE, **known)
    try:
        yield here
    finally:
        dist.destroy_process_group()


def wait_for_all() -> None:
    """Go on when every process has come to this point."""
    import torch.distributed as dist

    if dist.is_initialized():
        dist.barrier()


def all_of(mine: Iterable[str], names: Iterable[str]) -> frozenset[str]:
    """Those of ``names`` that every process has among its own.

    The order of ``names`` is the same for all.
    """
    import torch
    import torch.distributed as dist

    own, order = set(mine), list(names)
    if not dist.is_initialized() or not order:
        return frozenset(own)
    held = torch.tensor([name in own for name in order], dtype=torch.int32)
    dist.all_reduce(held, dist.ReduceOp.MIN)
    return frozenset(name for name, kept in zip(order, held.tolist(), strict=True) if kept)


def summed(mine: Sequence[float]) -> list[float]:
    """Each number, summed over all processes."""
    import torch
    import torch.distributed as dist

    numbers = torch.tensor(mine, dtype=torch.float64)
    if dist.is_initialized():
        dist.all_reduce(numbers)
    return numbers.tolist()


def gathered(mine: "Tensor") -> "Tensor":
    """The rows of all processes, in the order of their ranks, on the CPU."""
    import torch
    import torch.distributed as dist

    if not dist.is_initialized():
        return mine
    mine, world = mine.cpu(), dist.get_world_size()
    counts = torch.zeros(world, dtype=torch.long)
    counts[dist.get_rank()] = len(mine)
    dist.all_reduce(counts)
    most = int(counts.max())
    # all send as many rows as the one with the most
    padded = torch.cat([mine, mine.new_zeros(most - len(mine), *mine.shape[1:])])
    parts = [torch.empty_like(padded) for _ in range(world)]
    dist.all_gather(parts, padded)
    return torch.cat([part[:count] for part, count in zip(parts, counts.tolist(), strict=True)])
