"""Several processes at one piece of work, as torchrun starts them: which of them this one is."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from c3d_teach.errors import UsageError

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


def place() -> Place:
    """Where torchrun (or Slurm through it) has put this process; alone without it.

    Raises:
        UsageError: for environment variables that contradict each other.
    """
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK")
    given = {name: os.environ[name] for name in names if name in os.environ}
    if "WORLD_SIZE" not in given:
        return Place()
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
    if device_type == "cuda":
        import torch

        torch.cuda.set_device(here.local % max(1, torch.cuda.device_count()))
    # gloo beside nccl: what is said about CPU tensors goes through it
    backend = "cpu:gloo,cuda:nccl" if device_type == "cuda" else "gloo"
    dist.init_process_group(backend, timeout=_PATIENCE)
    try:
        yield here
    finally:
        dist.destroy_process_group()


def wait_for_all() -> None:
    """Go on when every process has come to this point."""
    import torch.distributed as dist

    if dist.is_initialized():
        dist.barrier()
