"""Mini-batches made ahead of the net, and how long it had to wait for them."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import Any

from torch import Tensor
from torch.utils.data import DataLoader

from c3d_teach.data.decoding import ahead
from c3d_teach.training.evaluate import collate

_AHEAD = 2  # mini-batches that may wait for the net


class Feed:
    """The mini-batches of an epoch; the next ones are made while the net computes.

    Args:
        dataset: whose items are collated to mini-batches.
        batches: indices of each mini-batch.
        workers: processes that make them; 0 for a thread of this process.
        pinned: in memory that a GPU copies from by itself.
        busy: says whether the device still computes what it was given before. Where it does,
            waiting here cost nothing.

    Attributes:
        waited: seconds that the net has waited so far.
    """

    def __init__(
        self,
        dataset: Any,
        batches: Sequence[list[int]],
        *,
        workers: int,
        pinned: bool,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self.waited = 0.0
        self._busy, self._workers = busy, workers
        self._loader = DataLoader(
            dataset,
            batch_sampler=batches,
            num_workers=workers,
            collate_fn=collate,
            pin_memory=pinned,
        )

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        made = _items(self._loader)  # workers run ahead by themselves
        with closing(made if self._workers else _in_a_thread(made)) as batches:
            while True:
                began = time.perf_counter()
                batch = next(batches, None)
                if not self._busy():
                    self.waited += time.perf_counter() - began
                if batch is None:
                    return
                yield batch


def _items(loader: DataLoader[Any]) -> Generator[dict[str, Tensor], None, None]:
    yield from loader


def _in_a_thread(
    items: Generator[dict[str, Tensor], None, None],
) -> Generator[dict[str, Tensor], None, None]:
    yield from ahead(items, _AHEAD)
