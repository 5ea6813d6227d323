"""One sitting of a run: from its last checkpoint to its end, or to where it is stopped."""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from c3d_teach.errors import CheckpointError, KitError
from c3d_teach.models.classifier import Classifier
from c3d_teach.processes import summed
from c3d_teach.training import checkpoint
from c3d_teach.training.evaluate import evaluate
from c3d_teach.training.history import Epoch, History
from c3d_teach.training.run import Run
from c3d_teach.training.stopping import StoppedError, asked_to_stop

CHECKPOINT_EVERY = 120.0  # seconds between checkpoints within an epoch
_SHOW_EVERY = 10  # steps
_GONE = ("gloo", "NCCL", "Connection", "store")  # in what torch says when a process is gone
_LONG = 0.2  # share of the time that is worth doing something about


class Sitting:
    """A run with its folder.

    Args:
        fingerprint: what decides the weights a run ends with; a checkpoint of another is refused.
        resume: go on from the folder's checkpoint, if there is one.

    Raises:
        CheckpointError: for a checkpoint of another run, or one that not all processes see.
    """

    def __init__(
        self, run: Run, folder: Path, fingerprint: dict[str, Any], *, resume: bool
    ) -> None:
        self.run, self.folder, self.fingerprint = run, folder, fingerprint
        self.history = History(net=str(folder / "net.safetensors"))
        if run.place.first:
            for left_over in folder.glob(".*.part"):  # of a run that was killed while writing
                left_over.unlink()
        state = checkpoint.read(folder) if resume else None
        if state and (found := checkpoint.differences(state["fingerprint"], fingerprint)):
            raise CheckpointError(
                f"{folder} holds a run made differently: {'; '.join(found[:6])}. Train into "
                "another folder, or start anew with resume=False (--fresh)."
            )
        self._all_see(state["step"] if state else -1)
        if state:
            run.restore(state)
            self.history.epochs = History.from_dict(state["history"]).epochs

    def train(
        self,
        classifier: Classifier,
        val_set: Any,
        *,
        workers: int,
        progress: bool,
        say: Callable[[Epoch], None] | None,
    ) -> History:
        """Train to the end of the run.

        Raises:
            KitError: when it is stopped, when the loss is no longer a number, or when the
                checkpoint cannot be written.
        """
        run = self.run
        bar = tqdm(
            total=run.total, initial=run.step, disable=not progress, unit="step", dynamic_ncols=True
        )
        several = run.place.world > 1
        with closing(bar), asked_to_stop(several) as self._asked:
            bar.set_description(f"training on {self._where()}")
            for line in self._beginning() if progress else ():
                bar.write(line)
            try:
                while run.step < run.total or run.seen:
                    self._epoch(bar, workers)
                    result = evaluate(classifier, val_set, workers=workers, place=run.place)
                    seconds = time.monotonic() - self._began
                    self.history.epochs.append(run.end_epoch(result.loss, result.accuracy, seconds))
                    self._write()
                    if progress:
                        bar.write(str(self.history.final) + self._advice(workers))
                    if say and run.place.first:
                        say(self.history.final)
            except (KeyboardInterrupt, StoppedError):
                said = self._stopped()
                if not run.place.first:
                    raise SystemExit(1) from None  # the first process says it
                raise KitError(said) from None
            except RuntimeError as error:
                if several and any(word in str(error) for word in _GONE):
                    raise KitError(
                        "Another process of this training has ended early, and says why. The same "
                        "command goes on from the last checkpoint."
                    ) from error
                raise
        return self.history

    def _epoch(self, bar: tqdm, workers: int) -> None:
        saved = time.monotonic()
        self._began = saved - self.run.epoch_seconds
        # closed in any case, so that nothing goes on making mini-batches
        with closing(self.run.epoch(workers)) as steps:
            for _ in steps:
                self.run.epoch_seconds = time.monotonic() - self._began
                bar.update()
                if self.run.due and self._looked(bar, time.monotonic() - saved > CHECKPOINT_EVERY):
                    self._write()
                    saved = time.monotonic()

    def _looked(self, bar: tqdm, wish: bool) -> bool:
        """Look at where the run stands and show it; whether all write a checkpoint now.

        Raises:
            StoppedError: in all processes, when one of them is asked to stop.
        """
        run = self.run
        wanted, stop = run.look(wish, self._asked())
        if stop:
            raise StoppedError
        if run.step % _SHOW_EVERY == 0:
            shown = {"loss": f"{run.mean_loss:.3f}", "right": f"{run.mean_right:.1%}"}
            bar.set_postfix(shown | {"waits for clips": f"{run.waiting:.0%}"})
        return wanted

    def _stopped(self) -> str:
        """Save where the run stands, if it stands between two steps, and say what comes next."""
        run = self.run
        said = f"Stopped at step {run.step} of {run.total}. The same command"
        if run.whole:
            if run.place.world == 1:
                run.look()
            self._write()
            return f"{said} goes on from there."
        if (self.folder / checkpoint.NAME).exists():
            return f"{said} goes on from its last checkpoint."
        return f"{said} starts anew: there is no checkpoint yet."

    def _beginning(self) -> list[str]:
        """What is worth knowing before the first step."""
        run, lines = self.run, []
        if run.step:
            lines.append(f"Going on from step {run.step} of {run.total}.")
        if run.stepper.mixed.low:
            lines.append(f"Computing in {run.stepper.mixed.sentence}.")
        if run.stepper.compiled:
            lines.append("The net is compiled at its first step, which takes a minute or two.")
        return lines

    def _write(self) -> None:
        if self.run.place.first:
            more = {"fingerprint": self.fingerprint, "history": self.history.to_dict()}
            checkpoint.write(self.folder, self.run.state() | more)

    def _advice(self, workers: int) -> str:
        """What to do where the first epoch shows that the net waits."""
        uncached = getattr(self.run.train_set, "cache", "made here") is None
        if len(self.history.epochs) > 1 or self.history.final.waiting < _LONG or not uncached:
            return ""
        more = "" if workers else ", --workers 2 decodes beside the net"
        return f"\nThe net waits a lot: --cache FOLDER keeps decoded frames{more}."

    def _all_see(self, step: int) -> None:
        """Whether every process has read the same checkpoint, or none."""
        world = self.run.place.world
        if world > 1 and summed([step, step * step]) != [world * step, world * step * step]:
            raise CheckpointError(
                f"The {world} processes do not see the same checkpoint in {self.folder}: --out has "
                "to be a folder on a disk that all machines share."
            )

    def _where(self) -> str:
        run = self.run
        several = run.place.world > 1
        return f"{run.place.world} processes ({run.device.type})" if several else str(run.device)
