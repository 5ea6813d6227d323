"""The training loop: the same on a laptop's two cores and on a GPU."""

import contextlib
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tqdm.auto import tqdm

from c3d_teach.data.transforms import Preprocess
from c3d_teach.device import keep_freed_memory, pick_device
from c3d_teach.errors import CheckpointError, KitError, UsageError
from c3d_teach.files import writable_folder
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.classifier import Classifier
from c3d_teach.models.transfer import trainable
from c3d_teach.models.weights import save
from c3d_teach.training import checkpoint
from c3d_teach.training.evaluate import evaluate
from c3d_teach.training.history import Epoch, History
from c3d_teach.training.recipe import Recipe
from c3d_teach.training.run import Run

_CHECKPOINT_EVERY = 120.0  # seconds between checkpoints within an epoch


def train(
    model: ConvNet,
    train_set: Any,
    val_set: Any,
    recipe: Recipe,
    *,
    out: str | Path,
    device: str = "auto",
    resume: bool = True,
    seed: int = 0,
    workers: int = 0,
    preprocess: Preprocess | None = None,
    card: dict[str, Any] | None = None,
    progress: bool = True,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> History:
    """Train ``model`` as it is (it is not initialised again) and write the net to ``out``.

    In ``out`` appear ``net.safetensors`` (for :func:`~c3d_teach.load`), ``history.json`` and
    ``last.ckpt``. A run that was killed goes on from its last checkpoint when the same call
    is made again, and ends with the same weights to the last bit (on a CPU with the same
    number of threads): every mini-batch draws its random numbers from ``(seed, step)``.

    On CUDA: bf16 autocast, channels_last_3d and cuDNN autotuning. On a CPU: float32, for
    the bf16 weight gradient of a 3D convolution is wrong there on clips shorter than the
    kernel is deep (torch 2.13.0).

    Args:
        train_set, val_set: datasets with ``classes``, ``describe()`` and items that hold
            ``clip`` uint8 ``(L, H, W, C)`` and ``label``.
        recipe: see :class:`~c3d_teach.Recipe`.
        out: folder of the run.
        device: ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.
        resume: go on from a checkpoint in ``out``; False starts anew.
        seed: of shuffling, augmentation and dropout.
        workers: processes that decode clips; embedded sets need none.
        preprocess: for fine-tuning: how the net's input was made so far. None fits mean and
            standard deviation to the training clips.
        card: what to write on the net's card, beside what is written anyway.
        progress: show a progress bar.
        on_epoch: called after every epoch.

    Returns:
        The history of the run, earlier sittings included.

    Raises:
        UsageError: when net, data and recipe do not fit each other.
        CheckpointError: for a checkpoint of another net, data or recipe, or a damaged one.
        KitError: when the loss is no longer a number, or ``out`` cannot be written.
    """
    folder = writable_folder(Path(out))
    _check_fit(model, train_set, val_set, recipe)
    where = pick_device(device)
    keep_freed_memory()
    run = Run(model, train_set, recipe, where, seed, preprocess)
    fingerprint = {
        "recipe": recipe.to_dict(),
        "net": model.config,
        "data": train_set.describe(),
        "validation": val_set.describe(),
        "seed": seed,
    }
    if preprocess is not None:
        # the weights a fine-tuning starts from, and what of them may change, decide its end
        start = Classifier(model, preprocess, ()).fingerprint()
        fingerprint |= {"start": start, "trained layers": list(trainable(model))}
    for left_over in folder.glob(".*.part"):  # of a run that was killed while writing
        left_over.unlink()
    history = History(net=str(folder / "net.safetensors"))
    if resume and (state := checkpoint.read(folder)):
        if found := checkpoint.differences(state["fingerprint"], fingerprint):
            raise CheckpointError(
                f"{folder} holds a run made differently: {'; '.join(found[:6])}. Train into "
                "another folder, or start anew with resume=False (--fresh)."
            )
        run.restore(state)
        history.epochs = History.from_dict(state["history"]).epochs

    def write_checkpoint() -> None:
        checkpoint.write(
            folder, run.state() | {"fingerprint": fingerprint, "history": history.to_dict()}
        )

    classifier = Classifier(model, run.preprocess, tuple(train_set.classes), {}, folder.name)
    total = run.total
    with contextlib.closing(
        tqdm(total=total, initial=run.step, disable=not progress, unit="step", dynamic_ncols=True)
    ) as bar:
        bar.set_description(f"training on {where}")
        try:
            while run.step < total or run.seen:
                started, saved = time.monotonic() - run.epoch_seconds, time.monotonic()
                for _ in run.epoch(workers):
                    bar.update()
                    if run.step % 10 == 0:
                        bar.set_postfix(loss=f"{run.mean_loss:.3f}", right=f"{run.mean_right:.1%}")
                    run.epoch_seconds = time.monotonic() - started
                    if run.whole and time.monotonic() - saved > _CHECKPOINT_EVERY:
                        write_checkpoint()
                        saved = time.monotonic()
                result = evaluate(classifier, val_set, workers=workers)
                seconds = time.monotonic() - started
                history.epochs.append(run.end_epoch(result.loss, result.accuracy, seconds))
                write_checkpoint()
                if progress:
                    bar.write(str(history.final))
                if on_epoch:
                    on_epoch(history.final)
        except KeyboardInterrupt:
            if run.whole:
                write_checkpoint()
            raise KitError(
                f"Stopped at step {run.step} of {total}. The same command goes on from its last "
                "checkpoint."
            ) from None
    classifier.card = (card or {}) | {
        "net": model.config,
        "data": train_set.describe(),
        "validation": val_set.describe() | {"accuracy": round(history.final.val_accuracy, 4)},
        "recipe": recipe.to_dict(),
        "seed": seed,
        "seconds": round(history.seconds, 1),
        "made with": f"torch {torch.__version__.split('+')[0]} on {where.type}, "
        f"Python {platform.python_version()}",
    }
    model.eval()
    save(classifier, history.net)
    history.save(folder / "history.json")
    return history


def _check_fit(model: ConvNet, train_set: Any, val_set: Any, recipe: Recipe) -> None:
    if not isinstance(model, ConvNet):
        raise UsageError(f"train() takes a net of this kit; given was a {type(model).__name__}.")
    outputs = model.config["num_classes"]
    for name, data in (("training", train_set), ("validation", val_set)):
        if len(data.classes) != outputs:
            raise UsageError(
                f"The net has {outputs} outputs and the {name} data {len(data.classes)} classes; "
                f"build the net with num_classes={len(data.classes)}."
            )
    if recipe.flip and train_set.mirrored is None:
        raise UsageError(
            f"The recipe {recipe.name} flips clips left to right, but among these classes a "
            "mirrored clip has no name (a mirrored digit is no digit). Set flip to 0 (--flip 0)."
        )
