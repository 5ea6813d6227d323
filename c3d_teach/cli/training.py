"""c3d-teach train and evaluate."""

import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from c3d_teach.cli.options import (
    CacheOption,
    DataOption,
    DeviceOption,
    EngineOption,
    FoldOption,
    JsonOption,
    LabelOption,
    NetOption,
    PrecisionOption,
    SeedOption,
    WorkersOption,
)
from c3d_teach.errors import UsageError


def train(
    out: Annotated[Path, typer.Option(help="folder of the run; a killed run goes on from there")],
    data: DataOption = "motion-digits",
    net: Annotated[
        str | None, typer.Option(help="search, c3d, frame or stacked; default search")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="fine-tune this net: a new last layer on what it knows"),
    ] = None,
    freeze: Annotated[
        str | None, typer.Option(help="with --from: layers up to this one stay as they are")
    ] = None,
    kernel_depth: Annotated[
        str | None,
        typer.Option(help="temporal depth of the kernels: 3, or five numbers as in 3,3,5,5,7"),
    ] = None,
    width: Annotated[
        float | None, typer.Option(help="factor on filters; default 0.25, for c3d 0.125")
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(
            help="height and width the net sees; default 112, embedded sets have their own"
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="classroom, search, sports1m or finetune; default classroom, with --from finetune"
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="instead of the recipe's")] = None,
    lr: Annotated[float | None, typer.Option(help="instead of the recipe's")] = None,
    flip: Annotated[
        float | None, typer.Option(help="chance of a mirrored clip, instead of the recipe's")
    ] = None,
    clips: Annotated[int, typer.Option(help="training clips of an embedded set")] = 2048,
    val_clips: Annotated[int, typer.Option(help="validation clips of an embedded set")] = 512,
    label: LabelOption = "motion",
    fold: FoldOption = 1,
    cache: CacheOption = None,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    precision: Annotated[
        str,
        typer.Option(
            help="float32, bfloat16, or auto: bfloat16 in large nets, in the layers whose "
            "gradients are right here"
        ),
    ] = "auto",
    save_memory: Annotated[
        bool,
        typer.Option("--save-memory", help="compute activations twice instead of keeping them"),
    ] = False,
    compile_net: Annotated[
        bool | None,
        typer.Option(
            "--compile/--no-compile",
            help="let torch compile the net, which takes a minute; default: on a GPU, in long runs",
        ),
    ] = None,
    workers: WorkersOption = 0,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="start anew, not from a checkpoint")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Train a net, or fine-tune one; write it (its card inside) and its history to --out.

    Under torchrun (torchrun --nproc-per-node 2 -m c3d_teach train …) the processes share the work.
    """
    import torch

    from c3d_teach.data.catalog import EMBEDDED, clip_shape_of, open_data
    from c3d_teach.data.transforms import frames_for
    from c3d_teach.models.builder import initialise
    from c3d_teach.models.transfer import freeze as keep
    from c3d_teach.models.transfer import with_new_head
    from c3d_teach.models.weights import load, save
    from c3d_teach.processes import place
    from c3d_teach.training.evaluate import test_figures
    from c3d_teach.training.recipe import Recipe
    from c3d_teach.training.trainer import train as run_training

    plan = Recipe.named(recipe or ("finetune" if start else "classroom"))
    if epochs is not None:
        if epochs < 1:
            raise UsageError(f"--epochs is {epochs}; it is at least 1.")
        plan = plan.lasting(epochs)
    if lr is not None:
        plan = replace(plan, lr=lr)
    if flip is not None:
        plan = replace(plan, flip=flip)
    if start and (net or kernel_depth or width or size):
        raise UsageError(
            "--from brings its own net; leave out --net, --kernel-depth, --width and --size."
        )
    if freeze and not start:
        raise UsageError("--freeze keeps layers of a trained net; name that net with --from.")
    origin = load(start) if start else None
    settings: dict[str, Any] = {"label": label} if data in EMBEDDED else {}
    settings |= {"fold": fold, "cache": cache, "seed": seed}
    channels, length, *pixels = clip_shape_of(data)
    clip_shape = (channels, length, *([size, size] if size else pixels))
    if size and data in EMBEDDED:
        settings["clip_shape"] = clip_shape
    if data not in EMBEDDED:
        before = origin.preprocess if origin else None
        settings["frame_size"] = before.decode_size if before else frames_for(clip_shape[2])
        settings["length"] = before.length if before else length
    train_set = open_data(data, clips, split="train", **settings)
    val_set = open_data(data, val_clips, split="val", **settings)
    torch.manual_seed(seed)
    card: dict[str, Any] = {"command": shlex.join(["c3d-teach", *sys.argv[1:]])}
    if origin:
        model = with_new_head(origin.model, len(train_set.classes), dropout=plan.dropout)
        card |= {"from": start, "from fingerprint": origin.fingerprint()}
        if freeze:
            card["frozen"] = list(keep(model, freeze))
    else:
        model = _new_net(
            net or "search",
            kernel_depth or "3",
            width,
            len(train_set.classes),
            clip_shape,
            plan.dropout,
        )
        initialise(model, plan.init)
    history = run_training(
        model,
        train_set,
        val_set,
        plan,
        out=out,
        device=device,
        resume=not fresh,
        seed=seed,
        workers=workers,
        preprocess=origin.preprocess if origin else None,
        card=card,
        progress=not as_json,
        precision=precision,
        save_memory=save_memory,
        compile_net=compile_net,
    )
    if not place().first:
        return
    final = history.final
    if data in EMBEDDED:
        if not as_json:
            print("Testing it on 2,048 clips, and on their reversals …", file=sys.stderr)
        classifier = load(history.net)
        classifier.card |= test_figures(classifier, data, label, seed)
        save(classifier, history.net)
        tested = f"{classifier.card['test']['accuracy']:.1%} of unseen test clips"
        again = f"c3d-teach evaluate --net {out} --data {data}"
    else:
        tested = f"{final.val_accuracy:.1%} of the validation clips"
        again = f"c3d-teach evaluate --net {out} --data {data}"
        again += (f" --fold {fold}" * (fold != 1)) if train_set.official else " --split val"
    if as_json:
        print(json.dumps(history.to_dict()))
        return
    print(f"{history.net}: {tested} right after {history.seconds:.0f} s of training. Try: {again}")


def evaluate(
    net: NetOption,
    data: DataOption = "motion-digits",
    split: Annotated[
        str,
        typer.Option(
            help="train, val or test; of a folder: the training's 4/5, its 1/5, or all; of "
            "UCF101 and HMDB51: the official lists, val a held-out part of the training list"
        ),
    ] = "test",
    clips: Annotated[int, typer.Option(help="clips of an embedded set")] = 2048,
    random_clips: Annotated[
        int | None,
        typer.Option(help="of videos: so many random clips each, the paper's 10, instead of all"),
    ] = None,
    label: LabelOption = "motion",
    both_ways: Annotated[
        bool, typer.Option("--both-ways", help="every clip and its reversal (embedded sets)")
    ] = False,
    fold: FoldOption = 1,
    cache: CacheOption = None,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    engine: EngineOption = "auto",
    precision: PrecisionOption = "auto",
    workers: WorkersOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Ask a net about every clip of a data set, and about whole videos: accuracy and confusion."""
    from c3d_teach.data.catalog import EMBEDDED, open_data
    from c3d_teach.data.embedded import BothWays
    from c3d_teach.data.random_clips import RandomClips
    from c3d_teach.device import pick_device
    from c3d_teach.models.weights import load
    from c3d_teach.processes import joined
    from c3d_teach.training.evaluate import evaluate as ask

    where = pick_device(device)
    classifier = load(net).to(where).answering_by(engine, precision)
    own: dict[str, Any] = {"label": label}
    if data not in EMBEDDED:
        preprocess = classifier.preprocess
        own = {"length": preprocess.length, "frame_size": preprocess.decode_size}
    dataset = open_data(data, clips, split=split, seed=seed, fold=fold, cache=cache, **own)
    if both_ways:
        if data not in EMBEDDED or label != "motion":
            raise UsageError("--both-ways needs an embedded set with motion labels.")
        dataset = BothWays(dataset)
    if random_clips is not None:
        if data in EMBEDDED:
            raise UsageError("--random-clips is for videos; an embedded set has clips only.")
        dataset = RandomClips(dataset, random_clips, seed=seed)
    with joined(where.type) as here:
        result = ask(classifier, dataset, workers=workers, place=here)
    if not here.first:
        return
    described = {"data": dataset.describe(), **result.to_dict()}
    if as_json:
        print(json.dumps({"net": net, "engine": str(classifier.prepared()), **described}))
        return
    part = split if data in EMBEDDED or split != "test" else "all its videos"
    if getattr(dataset, "official", False):
        part = f"split {fold}, {split}"
    print(f"{net} on {data} ({part}): {result}")
    confusion = (result.video or result).confusion
    of_what = "videos" if result.video else "clips"
    if len(result.classes) > 30:
        print(f"The confusion of {len(result.classes)} classes is in the output of --json.")
        return
    width = max(len(name) for name in result.classes)
    print(f"\n{'truth':>{width}}   answers in percent of the {of_what}, same order")
    for name, row in zip(result.classes, confusion.tolist(), strict=True):
        total = max(1, sum(row))
        print(f"{name:>{width}}  " + "".join(f"{100 * n / total:5.0f}" for n in row))


def _new_net(
    net: str,
    kernel_depth: str,
    width: float | None,
    classes: int,
    clip_shape: tuple[int, ...],
    dropout: float,
) -> Any:
    from c3d_teach.models.baselines import FrameNet, StackedFramesNet
    from c3d_teach.models.c3d import C3D, SearchNet

    try:
        depths = [int(part) for part in kernel_depth.split(",")]
    except ValueError:
        raise UsageError(
            f"--kernel-depth is {kernel_depth!r}; it is a number, or five as in 3,3,5,5,7."
        ) from None
    depth = depths[0] if len(depths) == 1 else depths
    common: dict[str, Any] = {"clip_shape": clip_shape, "dropout": dropout}
    if net == "c3d":
        if not isinstance(depth, int):
            raise UsageError("C3D has one kernel depth for all layers; --net search takes five.")
        return C3D(classes, kernel_depth=depth, width=width or 0.125, **common)
    if net == "search":
        return SearchNet(classes, kernel_depth=depth, width=width or 0.25, **common)
    if net in ("frame", "stacked"):
        if kernel_depth != "3":
            raise UsageError(f"--net {net} is two-dimensional and takes no --kernel-depth.")
        flat = FrameNet if net == "frame" else StackedFramesNet
        return flat(classes, width=width or 0.25, **common)
    raise UsageError(f"There is no net {net!r} to train; there are search, c3d, frame and stacked.")
