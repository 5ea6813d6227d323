"""A study: many trainings that differ in one thing, shared among the cores, never lost.

Every trial leaves a file of its own when it is done, so a study that was killed goes on with
the trials that are missing.
"""

import json
import multiprocessing
import multiprocessing.connection
import os
import platform
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from tqdm.auto import tqdm

from c3d_teach.data.motion import MotionDigits
from c3d_teach.device import pick_device, processor_name
from c3d_teach.errors import KitError, UsageError
from c3d_teach.experiments.outcome import Outcome, validation
from c3d_teach.experiments.trial_run import run_trial, versions
from c3d_teach.experiments.trials import BOTH, Setting, Trial
from c3d_teach.files import writable_folder, write_json
from c3d_teach.models.arithmetic import describe
from c3d_teach.models.arrow_of_time import arrow_of_time
from c3d_teach.models.baselines import FrameNet
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.dead_slices import dead_slices
from c3d_teach.training.recipe import Recipe

RATES = (0.0015, 0.003, 0.006)
SEARCH_SEEDS = (101, 102)  # other clips and weights than the study's own seeds 0, 1, 2 …
RESULT = "result.json"


@dataclass(frozen=True)
class Study:
    """What is compared, on what, and how it is trained.

    One learning rate serves all nets: each of ``rates`` is tried with every net and two seeds on
    the first setting, and the one with the best mean validation accuracy is taken. Nothing else
    is tuned, and nothing for one net alone.

    Attributes:
        name: what one types.
        question: what it asks.
        nets: constructor arguments by the net's name.
        settings: on which clips; the first is the one of the search and of ``--quick``.
        tasks: ``"how"``, ``"what"``, ``"both"``.
        shuffled: controls trained on shuffled frames: name -> the net whose copy it is.
        rates: learning rates that are tried.
        recipe: of all trainings, but for the rate and the length.
        quick_tasks: what ``--quick`` trains for; it runs one seed on the first setting.
        quick_without: nets that ``--quick`` leaves out, to be done within two minutes.
        reference: the net that the others are compared with in tables.
        device: where it runs unless told otherwise.
        seeds: trainings of each net unless told otherwise.
        rate_of: name of the study whose chosen rate is taken, in place of a search.
    """

    name: str
    question: str
    nets: Mapping[str, Mapping[str, Any]]
    settings: tuple[Setting, ...]
    tasks: tuple[str, ...] = (BOTH,)
    shuffled: Mapping[str, str] = field(default_factory=dict)
    rates: tuple[float, ...] = RATES
    recipe: Recipe = field(default_factory=Recipe.classroom)
    quick_tasks: tuple[str, ...] = (BOTH,)
    quick_without: tuple[str, ...] = ()
    reference: str = "depth-3"
    device: str = "cpu"
    seeds: int = 6
    rate_of: str | None = None

    def trial(self, net: str, setting: Setting, task: str, seed: int, lr: float) -> Trial:
        recipe = replace(self.recipe, lr=lr)
        if setting.steps is not None:
            recipe = replace(recipe, stop=setting.steps, unit="iterations")
        shape = self.shuffled.get(net, net)
        return Trial(
            net, self.nets[shape], setting, task, seed, recipe, shuffled=net in self.shuffled
        )

    def search(self) -> Iterator[Trial]:
        """The trials of the learning rates; none where there is only one."""
        if len(self.rates) < 2:
            return
        for net in self.nets:
            for lr in self.rates:
                for seed in SEARCH_SEEDS:
                    one = self.trial(net, self.settings[0], self.tasks[-1], seed, lr)
                    yield replace(one, phase="search")

    def trials(self, lr: float, seeds: int) -> Iterator[Trial]:
        """The trials of the study itself, seed by seed: a part of it is a smaller study."""
        for seed in range(seeds):
            for setting in self.settings:
                for task in self.tasks:
                    for net in (*self.nets, *self.shuffled):
                        yield self.trial(net, setting, task, seed, lr)

    def small(self) -> "Study":
        """What ``--quick`` runs: trainings of the full study, tested on fewer clips."""
        setting = replace(self.settings[0], test=512)
        nets = {net: one for net, one in self.nets.items() if net not in self.quick_without}
        return replace(self, nets=nets, settings=(setting,), tasks=self.quick_tasks)

    @cached_property
    def facts(self) -> dict[str, dict[str, Any]]:
        """What is known of every net before any training."""
        return {net: self._facts(net) for net in (*self.nets, *self.shuffled)}

    def _facts(self, net: str) -> dict[str, Any]:
        model = self.trial(net, self.settings[0], self.tasks[-1], 0, self.rates[0]).model()
        arithmetic, arrow, dead = describe(model), arrow_of_time(model), dead_slices(model)
        return {
            "config": model.config,
            "trained on shuffled frames": net in self.shuffled,
            "parameters": arithmetic.parameters,
            "macs": arithmetic.macs,
            "frames": {row.name: row.shape[1] for row in arithmetic if len(row.shape) > 1},
            "blind to the arrow of time": arrow.blind,
            "because": arrow.reason,
            "dead slices": [asdict(one) for one in dead],
            "ceiling": self._ceiling(model, arrow.blind or net in self.shuffled),
        }

    def _ceiling(self, model: ConvNet, orderless: bool) -> float | None:
        """The best share of motions that any weights can be expected to reach, clips both ways.

        Exact for nets blind to the arrow of time; a net of one frame, or of shuffled ones, may
        be a little above it by chance.
        """
        setting = self.settings[0]
        motions = len(setting.motions)
        if isinstance(model, FrameNet) and setting.data == MotionDigits.name:
            return 1 / motions  # by construction one frame looks the same under every motion
        # of each pair one is right; a class that is its own reversal can always be
        return (motions // 2 + motions % 2) / motions if orderless else None


def conduct(
    study: Study,
    out: str | Path,
    *,
    seeds: int | None = None,
    rate: float | None = None,
    device: str | None = None,
    workers: int | None = None,
    progress: bool = True,
    on_trial: Callable[[dict[str, Any]], None] | None = None,
) -> Outcome:
    """Run all trials of ``study`` that ``out`` does not hold yet, and write their result.

    Args:
        out: folder; ``runs/`` in it holds a file for each trial, ``result.json`` all of them.
        seeds: how many trainings of each net, setting and task; the study's unless given.
        rate: the learning rate; None searches for it first, or takes that of the study that
            this one names.
        device: the study's unless given; on ``"cpu"`` every trial has one thread.
        workers: trials at a time; None takes one a core, or one on a GPU.
        progress: show a bar.
        on_trial: called with the result of every trial of this sitting.

    Raises:
        UsageError: for no seed, or a folder that holds another study.
        KitError: when a trial failed or was stopped; those that are done are kept.
    """
    seeds = study.seeds if seeds is None else seeds
    if seeds < 1:
        raise UsageError(f"seeds is {seeds}; a study needs at least 1, and intervals need 2.")
    if workers is not None and workers < 1:
        raise UsageError(f"workers is {workers}; at least 1 training runs at a time.")
    folder = writable_folder(Path(out))
    _reserve(folder, study)
    where = str(pick_device(device or study.device))
    # Windows waits for 61 processes at most
    count = workers or (1 if where.startswith("cuda") else min(61, os.cpu_count() or 1))
    work = _Work(folder, where, count, progress, on_trial)
    searched: list[dict[str, Any]] = []
    if rate is None and study.rate_of:
        rate = float(Outcome.shipped(study.rate_of).data["rate"])
    if rate is None:
        searched = work.done(list(study.search()), "learning rates")
        rate = chosen_rate(study, searched)
    runs = work.done(list(study.trials(rate, seeds)), study.name)
    result = {
        "study": study.name,
        "question": study.question,
        "settings": {one.name: asdict(one) for one in study.settings},
        "tasks": list(study.tasks),
        "nets": study.facts,
        "rate": rate,
        "machine": _machine(where, count),
        "minutes": round(sum(r["seconds"] for r in [*searched, *runs]) / count / 60, 1),
        "search": searched,
        "runs": runs,
    }
    outcome = Outcome(result)
    outcome.save(folder / RESULT)
    return outcome


def _reserve(folder: Path, study: Study) -> None:
    """Keep a folder for one study: trainings that two share would otherwise be mixed."""
    note = folder / "study.json"
    if not note.exists():
        write_json(note, {"study": study.name})
        return
    try:
        holds = json.loads(note.read_text(encoding="utf-8"))["study"]
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise UsageError(f"{note} is damaged; take another folder (--out).") from error
    if holds != study.name:
        raise UsageError(f"{folder} holds the study {holds}; take another folder (--out).")


def chosen_rate(study: Study, searched: Sequence[Mapping[str, Any]]) -> float:
    """The rate with the best mean validation accuracy over all nets; the lowest of equals."""
    score = dict.fromkeys(study.rates, 0.0)
    for run in searched:
        score[run["recipe"]["lr"]] += validation(run)
    return max(sorted(score), key=lambda rate: score[rate])


@dataclass(frozen=True)
class _Work:
    """Trials and where their results go."""

    out: Path
    device: str
    workers: int
    progress: bool
    on_trial: Callable[[dict[str, Any]], None] | None

    def done(self, trials: Sequence[Trial], what: str) -> list[dict[str, Any]]:
        """The results of all trials, in their order; those not there yet are run now."""
        found = {trial.id: self._kept(trial) for trial in trials}
        missing = [trial for trial in trials if found[trial.id] is None]
        if missing:
            self._run(missing, found, len(trials), what)
        return [run for run in found.values() if run is not None]

    def _run(
        self,
        missing: Sequence[Trial],
        found: dict[str, dict[str, Any] | None],
        total: int,
        what: str,
    ) -> None:
        with (
            tqdm(
                total=total,
                initial=total - len(missing),
                desc=what,
                unit="training",
                disable=not self.progress,
                dynamic_ncols=True,
            ) as bar,
            _pool(self.workers) as pool,
        ):
            waiting = {pool.submit(run_trial, trial, self.device): trial for trial in missing}
            try:
                for future in as_completed(waiting):
                    trial = waiting[future]
                    run = found[trial.id] = self._result(future, trial)
                    write_json(self._file(trial), run)
                    bar.update()
                    if self.on_trial:
                        self.on_trial(run)
            except BaseException as error:
                running = [
                    future
                    for future, trial in waiting.items()
                    if found[trial.id] is None and not future.cancel()
                ]
                if isinstance(error, KeyboardInterrupt):
                    raise KitError(
                        # a bar that is not shown does not count
                        f"Stopped with {sum(run is not None for run in found.values())} of "
                        f"{total} trainings done. The same command goes "
                        "on from there."
                    ) from None
                for future in running:  # what is under way is not lost
                    if future.exception() is None:
                        write_json(self._file(waiting[future]), future.result())
                raise

    def _result(self, future: "Future[dict[str, Any]]", trial: Trial) -> dict[str, Any]:
        try:
            return future.result()
        except BrokenProcessPool as error:
            raise KitError(
                f"A process of the study ended without a word, at {trial.id} or beside it (out of "
                "memory?). The same command goes on from what is done; --workers 1 needs less."
            ) from error

    def _file(self, trial: Trial) -> Path:
        return self.out / "runs" / f"{trial.id}.json"

    def _kept(self, trial: Trial) -> dict[str, Any] | None:
        path = self._file(trial)
        if not path.exists():
            return None
        try:
            run = json.loads(path.read_text(encoding="utf-8"))
            made_by = run["fingerprint"], run["versions"]
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise UsageError(
                f"{path} is damaged or not a result of a study; delete it to run it again."
            ) from error
        # other versions or another kind of device give other numbers, which would pass for a
        # difference of nets
        if made_by != (trial.fingerprint, versions(self.device)):
            raise UsageError(
                f"{path} was made differently (other versions, another "
                "device, or with or without --quick). Take another folder (--out), or delete "
                "this file."
            )
        return run


def _pool(workers: int) -> ProcessPoolExecutor:
    # a fresh process each: forking one whose torch already has threads can hang
    return ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=_one_thread
    )


def _one_thread() -> None:
    torch.set_num_threads(1)
    parent = multiprocessing.parent_process()
    if parent is not None:
        # the pool's pipe stays open in its own workers: they would wait for a killed study for ever
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


def _machine(device: str, workers: int) -> dict[str, Any]:
    return {
        "device": torch.cuda.get_device_name(device) if device.startswith("cuda") else "cpu",
        "processor": processor_name(),
        "capability": torch.backends.cpu.get_cpu_capability(),
        "cores": os.cpu_count(),
        "trainings at a time": workers,
        "system": platform.system(),
        "torch": torch.__version__.split("+")[0],
        "python": platform.python_version(),
    }
