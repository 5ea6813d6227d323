"""The training loop: the same on a laptop's two cores and on a GPU."""

import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from c3d_teach.data.transforms import Preprocess
from c3d_teach.device import keep_freed_memory, pick_device
from c3d_teach.errors import UsageError
from c3d_teach.files import writable_folder
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.classifier import Classifier
from c3d_teach.models.transfer import trainable
from c3d_teach.models.weights import save
from c3d_teach.processes import joined, wait_for_all
from c3d_teach.training.history import Epoch, History
from c3d_teach.training.recipe import Recipe
from c3d_teach.training.run import Run
from c3d_teach.training.sitting import Sitting


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
    precision: str = "auto",
    save_memory: bool = False,
    compile_net: bool | None = None,
) -> History:
    """Train ``model`` as it is (it is not initialised again) and write the net to ``out``.

    In ``out`` appear ``net.safetensors`` (for :func:`~c3d_teach.load`), ``history.json`` and
    ``last.ckpt``. A run that was killed goes on from its last checkpoint when the same call
    is made again, and ends with the same weights to the last bit (on a CPU with the same
    number of threads): every mini-batch draws its random numbers from ``(seed, step)``.

    Maps lie channels last. bfloat16 is used where it is fast and its gradients are right: each
    convolution is tried first, and on the first mini-batch the whole net
    (:func:`~c3d_teach.training.mixed.low_layers`); with torch 2.13.0 on a CPU that leaves out
    convolutions of clips shorter than the kernel is deep.

    Under torchrun every process takes its share of each mini-batch: gradients, and so the net, are
    those of one process but for rounding (and for dropout, which each draws for itself). ``out`` is
    a folder that all of them see; the first process writes. A run may go on with another number
    of processes.

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
        on_epoch: called after every epoch, by the first process.
        precision: ``"float32"``, ``"bfloat16"``, or ``"auto"``: bfloat16 on GPUs that have it, and
            on such CPUs for nets of 1 G multiply-accumulates a clip and more.
        save_memory: compute activations between poolings twice instead of keeping them.
        compile_net: let torch compile the net; None: on a GPU, for more than 1,000 steps.

    Returns:
        The history of the run, earlier sittings included.

    Raises:
        UsageError: when net, data and recipe do not fit each other.
        CheckpointError: for a checkpoint of another net, data or recipe, or a damaged one.
        KitError: when the loss is no longer a number, or ``out`` cannot be written.
    """
    _check_fit(model, train_set, val_set, recipe)
    where = pick_device(device)
    with joined(where.type) as place:
        folder = writable_folder(Path(out))
        keep_freed_memory()
        settings = {"precision": precision, "recompute": save_memory, "compiled": compile_net}
        run = Run(model, train_set, recipe, where, seed, preprocess, place, **settings)
        fingerprint = {
            "recipe": recipe.to_dict(),
            "net": model.config,
            "data": train_set.describe(),
            "validation": val_set.describe(),
            "seed": seed,
        }
        if preprocess is not None:
            # the weights a fine-tuning starts from, and what may change, decide its end
            start = Classifier(model, preprocess, ()).fingerprint()
            fingerprint |= {"start": start, "trained layers": list(trainable(model))}
        sitting = Sitting(run, folder, fingerprint, resume=resume)
        classifier = Classifier(model, run.preprocess, tuple(train_set.classes), {}, folder.name)
        history = sitting.train(
            classifier, val_set, workers=workers, progress=progress and place.first, say=on_epoch
        )
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
        if run.stepper.mixed.low:
            classifier.card["precision"] = run.stepper.mixed.sentence
        if place.world > 1:
            classifier.card["processes"] = place.world
        model.eval()
        if place.first:
            save(classifier, history.net)
            history.save(folder / "history.json")
        wait_for_all()  # whoever goes on finds the files
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
