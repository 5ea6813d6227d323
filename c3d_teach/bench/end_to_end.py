"""Training from films of UCF101's size to new weights, and the wait for clips on the way."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch.utils.data import Dataset

from c3d_teach.bench.films import folder, write_films
from c3d_teach.bench.nets import net_called, preprocess_of, recipe_of
from c3d_teach.bench.workloads import Made, device_called, wait_for
from c3d_teach.data.folder import VideoFolder
from c3d_teach.device import keep_freed_memory
from c3d_teach.training.run import Run

_EPOCH = 256  # mini-batches; UCF101 has some 3,700, and the start of an epoch counts little there


class _ManyTimes(Dataset[dict[str, Any]]):
    """A few clips as an epoch of many, each read anew."""

    def __init__(self, source: VideoFolder, times: int) -> None:
        self.source, self.times, self.mirrored = source, times, source.mirrored

    def __len__(self) -> int:
        return len(self.source) * self.times

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.source[index % len(self.source)]


def training_run(net: str, batch: int, device: str, cached: bool, frames: int) -> Run:
    """A run on clips of 8 films in random order, from a filled cache or decoded each time."""
    where = device_called(device)
    model = net_called(net).to(where)
    root, preprocess = folder(), preprocess_of(model)
    write_films([root / "videos" / "ab"[k % 2] / f"{k}.mp4" for k in range(8)], frames)
    keep_freed_memory()  # not that of making films
    cache = root / "cache" if cached else None
    data = VideoFolder(root / "videos", size=preprocess.decode_size, cache=cache)
    if cached:  # as the first epoch does
        for video in range(len(data.videos)):
            data.read(video, 0)
    recipe = replace(recipe_of(net), batch=batch, lr=1e-6, stop=1000, unit="epochs", flip=0.0)
    sets = _ManyTimes(data, -(-batch * _EPOCH // len(data)))
    return Run(model, sets, recipe, where, 0, preprocess)


def from_videos(net: str, batch: int, device: str, cached: bool, frames: int) -> Made:
    """The kit's own loop; items are clips that were trained on."""
    run = training_run(net, batch, device, cached, frames)
    steps = _steps(run)

    def work() -> float:
        next(steps)
        wait_for(run.device)
        return batch

    work()
    return work, {"precision": "mixed" if run.stepper.mixed.low else "float32"}


def waiting(net: str, batch: int, device: str, cached: bool, frames: int) -> Made:
    """The same; items are seconds that the net waited for clips, so their rate is a share."""
    run = training_run(net, batch, device, cached, frames)
    steps = _steps(run)
    next(steps)  # the first mini-batch of a run comes out of the blue

    def work() -> float:
        before = run.waited
        next(steps)
        wait_for(run.device)
        return run.waited - before

    return work, {}


def _steps(run: Run) -> Iterator[None]:
    torch.manual_seed(0)
    while True:
        yield from run.epoch(workers=0)
        run.end_epoch(0.0, 0.0, 0.0)
