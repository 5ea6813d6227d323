"""Processes that share one extraction: who does which videos, and what they tell each other.

The first one knows the whole: it lists the videos, holds the folder, deals out what is to be done
and writes the final files. The others get their videos from it and report to it (ours; the paper
has one GPU).
"""

import heapq
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any, TypeVar

from c3d_teach.errors import KitError
from c3d_teach.processes import Place, joined

_PATIENCE = timedelta(days=2)  # one may be long at a large film while the others wait
_RUNS = count()  # every process counts alike, for all take part in every run
_Thing = TypeVar("_Thing")
_Job = TypeVar("_Job")


class FirstProcessError(KitError):
    """The first process could not go on and has said why; raised in the others."""


def shares(jobs: Sequence[_Job], sizes: Sequence[int], count: int) -> list[list[_Job]]:
    """Deal jobs out to ``count`` processes so that they end at about the same time.

    The largest goes first, always to whoever has least (longest processing time first: at most
    4/3 of the best that is possible). The same jobs give the same shares.

    Args:
        jobs: what is to be done, in an order that every share keeps.
        sizes: how much work each is, in any unit: bytes of a video.
        count: processes.
    """
    if count == 1:
        return [list(jobs)]
    least = [(0, rank) for rank in range(count)]
    dealt: list[list[int]] = [[] for _ in least]
    for k in sorted(range(len(jobs)), key=lambda k: (-sizes[k], k)):
        load, rank = least[0]
        dealt[rank].append(k)
        # one more than the bytes, so that empty files are shared out too
        heapq.heapreplace(least, (load + max(0, sizes[k]) + 1, rank))
    return [[jobs[k] for k in sorted(mine)] for mine in dealt]


class Team:
    """All processes of a run; with one, nothing is told and nothing waited for.

    Attributes:
        here: which process this is.
        videos: videos that all processes together have tried so far.
        clips: clips that they have described.
    """

    def __init__(self, here: Place, group: Any = None, store: Any = None) -> None:
        self.here, self._group, self._store = here, group, store
        self._name = f"features {next(_RUNS)}" if store else ""
        self.videos = self.clips = 0

    def dealt(self, make: Callable[[], Sequence[_Thing]]) -> _Thing:
        """The first process makes a thing for each; everyone gets its own.

        Raises:
            FirstProcessError: in all others, when the first could not make them.
        """
        if self._group is None:
            return make()[0]
        import torch.distributed as dist

        error: Exception | None = None
        told: list[tuple[bool, Any]] | None = None
        if self.here.first:
            try:
                told = [(True, thing) for thing in make()]
            except Exception as problem:
                error, told = problem, [(False, str(problem))] * self.here.world
        got: list[Any] = [None]
        with _heard():
            dist.scatter_object_list(got, told, src=0, group=self._group)
        if error:
            raise error
        fine, thing = got[0]
        if not fine:
            raise FirstProcessError(thing)
        return thing

    def gather(self, thing: _Thing) -> list[_Thing]:
        """The things of all processes by rank for the first; nothing for the others."""
        if self._group is None:
            return [thing]
        import torch.distributed as dist

        got: list[Any] | None = [None] * self.here.world if self.here.first else None
        with _heard():
            dist.gather_object(thing, got, dst=0, group=self._group)
        return got or []

    def tried(self, clips: int) -> None:
        """A video is over, described by so many clips or by none."""
        self._add(1, clips)

    def wait(self, meanwhile: Callable[[], None]) -> None:
        """Until all have come here; ``meanwhile`` is called now and then, with fresh counts."""
        if self._group is None:
            return
        import torch.distributed as dist

        with _heard():
            work = dist.barrier(self._group, async_op=True)
            while not work.is_completed():
                time.sleep(0.1)
                self._add(0, 0)
                meanwhile()
            work.wait()

    def _add(self, videos: int, clips: int) -> None:
        if self._store is None:
            self.videos, self.clips = self.videos + videos, self.clips + clips
            return
        with _heard():  # the store answers with the sum
            self.videos = self._store.add(f"{self._name} videos", videos)
            self.clips = self._store.add(f"{self._name} clips", clips)


@contextmanager
def together(shared: bool) -> Iterator[Team]:
    """The processes that torchrun has started, or this one alone.

    Raises:
        UsageError: for an environment that contradicts itself (``processes.place``).
        KitError: when another process is gone.
    """
    if not shared:
        yield Team(Place())
        return
    with joined() as here:
        if here.world == 1:
            yield Team(here)
            return
        import torch.distributed as dist
        from torch.distributed.distributed_c10d import _get_default_store

        with _heard():  # a group of its own: an open one may be NCCL's, or have less patience
            group = dist.new_group(backend="gloo", timeout=_PATIENCE)
        yield Team(here, group, _get_default_store())
        dist.destroy_process_group(group)


@contextmanager
def _heard() -> Iterator[None]:
    """Say in our words that another process is gone: torch speaks of connections and pairs."""
    try:
        yield
    except RuntimeError as error:  # torch.distributed's own errors are among them
        raise KitError(
            "Another process of this run, or torchrun, has ended early and says why. What was "
            "finished is kept; the same command again goes on."
        ) from error
