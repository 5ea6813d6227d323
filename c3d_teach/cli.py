"""The command ``c3d-teach``. Exit codes: 0 fine, 1 failed, 2 wrong use."""

import json
import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from c3d_teach.errors import KitError, UsageError

app = typer.Typer(
    name="c3d-teach",
    help="See, touch and test 3D convolution: train, evaluate and question small C3D nets.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

DataOption = Annotated[
    str, typer.Option(help="motion-digits, camera-motion, or a folder with one sub-folder a class")
]
DeviceOption = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps")]
JsonOption = Annotated[bool, typer.Option("--json", help="print one JSON document instead of text")]
SeedOption = Annotated[int, typer.Option(help="seed of everything that is drawn")]


def run() -> None:
    """Entry point: one clear sentence instead of a traceback."""
    try:
        app()
    except KitError as error:
        print(f"c3d-teach: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, UsageError) else 1)
    except KeyboardInterrupt:
        print("c3d-teach: stopped.", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("C3D_TEACH_DEBUG"):
            raise
        text = str(error).strip().splitlines()
        print(
            f"c3d-teach: unexpected {type(error).__name__}{f': {text[0]}' if text else ''}. "
            "Set C3D_TEACH_DEBUG=1 to see where it happened.",
            file=sys.stderr,
        )
        sys.exit(1)


@app.command()
def train(
    out: Annotated[Path, typer.Option(help="folder of the run; a killed run goes on from there")],
    data: DataOption = "motion-digits",
    net: Annotated[str, typer.Option(help="search, c3d, frame or stacked")] = "search",
    kernel_depth: Annotated[
        str, typer.Option(help="temporal depth of the kernels: 3, or five numbers as in 3,3,5,5,7")
    ] = "3",
    width: Annotated[
        float | None, typer.Option(help="factor on filters; default 0.25, for c3d 0.125")
    ] = None,
    recipe: Annotated[str, typer.Option(help="classroom, search or sports1m")] = "classroom",
    epochs: Annotated[int | None, typer.Option(help="instead of the recipe's")] = None,
    lr: Annotated[float | None, typer.Option(help="instead of the recipe's")] = None,
    clips: Annotated[int, typer.Option(help="training clips of an embedded set")] = 2048,
    val_clips: Annotated[int, typer.Option(help="validation clips of an embedded set")] = 512,
    label: Annotated[
        str, typer.Option(help="motion, or digit or photo for what is seen")
    ] = "motion",
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    workers: Annotated[int, typer.Option(help="processes that decode videos")] = 0,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="start anew, not from a checkpoint")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Train a net; write it (its card inside) and its history to --out."""
    import torch

    from c3d_teach.data.catalog import EMBEDDED, clip_shape_of, open_data
    from c3d_teach.models.builder import initialise
    from c3d_teach.models.weights import load, save
    from c3d_teach.training.evaluate import test_figures
    from c3d_teach.training.recipe import Recipe
    from c3d_teach.training.trainer import train as run_training

    plan = Recipe.named(recipe)
    if epochs is not None:
        plan = replace(plan, stop=epochs, unit="epochs")
    if lr is not None:
        plan = replace(plan, lr=lr)
    settings = {"label": label} if data in EMBEDDED else {}
    train_set = open_data(data, clips, split="train", seed=seed, **settings)
    val_set = open_data(data, val_clips, split="val", seed=seed, **settings)
    torch.manual_seed(seed)
    model = _new_net(
        net, kernel_depth, width, len(train_set.classes), clip_shape_of(data), plan.dropout
    )
    initialise(model, plan.init)
    command = shlex.join(["c3d-teach", *sys.argv[1:]])
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
        card={"command": command},
        progress=not as_json,
    )
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
        again = f"c3d-teach evaluate --net {out} --data {data} --split val"
    if as_json:
        print(json.dumps(history.to_dict()))
        return
    print(f"{history.net}: {tested} right after {history.seconds:.0f} s of training. Try: {again}")


@app.command()
def evaluate(
    net: Annotated[str, typer.Option(help="a shipped net by name, a file or a run folder")],
    data: DataOption = "motion-digits",
    split: Annotated[
        str,
        typer.Option(help="train, val or test; of a folder: the training's 4/5, its 1/5, or all"),
    ] = "test",
    clips: Annotated[int, typer.Option(help="clips of an embedded set")] = 2048,
    label: Annotated[
        str, typer.Option(help="motion, or digit or photo for what is seen")
    ] = "motion",
    both_ways: Annotated[
        bool, typer.Option("--both-ways", help="every clip and its reversal (embedded sets)")
    ] = False,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Ask a net about every clip of a data set: accuracy, interval and confusion."""
    from c3d_teach.data.catalog import EMBEDDED, open_data
    from c3d_teach.data.embedded import BothWays
    from c3d_teach.device import pick_device
    from c3d_teach.models.weights import load
    from c3d_teach.training.evaluate import evaluate as ask

    classifier = load(net).to(pick_device(device))
    settings = {"label": label} if data in EMBEDDED else {}
    dataset = open_data(data, clips, split=split, seed=seed, **settings)
    if both_ways:
        if data not in EMBEDDED or label != "motion":
            raise UsageError("--both-ways needs an embedded set with motion labels.")
        dataset = BothWays(dataset)
    result = ask(classifier, dataset)
    if as_json:
        print(json.dumps({"net": net, "data": dataset.describe(), **result.to_dict()}))
        return
    part = split if data in EMBEDDED or split != "test" else "all its videos"
    print(f"{net} on {data} ({part}): {result}")
    width = max(len(name) for name in result.classes)
    print(f"\n{'truth':>{width}}   answers in percent, same order")
    for name, row in zip(result.classes, result.confusion.tolist(), strict=True):
        total = max(1, sum(row))
        print(f"{name:>{width}}  " + "".join(f"{100 * n / total:5.0f}" for n in row))


@app.command()
def predict(
    video: Annotated[Path, typer.Argument(help="a video file")],
    net: Annotated[str, typer.Option(help="a shipped net by name, a file or a run folder")] = (
        "camera-c3d"
    ),
    stride: Annotated[int, typer.Option(help="frames from one clip's start to the next")] = 16,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Say what a net sees in every 16-frame clip of a video."""
    from c3d_teach.device import pick_device
    from c3d_teach.models.verdict import judge_video
    from c3d_teach.models.weights import load

    classifier = load(net).to(pick_device(device))
    judged = judge_video(classifier, video, stride=stride)
    if as_json:
        print(json.dumps(judged.to_dict()))
    else:
        print(judged)
    if judged.error:
        raise KitError(judged.error)


@app.command()
def export(
    data: Annotated[str, typer.Argument(help="motion-digits or camera-motion")],
    out: Annotated[Path, typer.Option(help="folder that gets one sub-folder a class")],
    clips: Annotated[int, typer.Option(help="how many clips")] = 80,
    split: Annotated[str, typer.Option(help="train, val or test")] = "test",
    label: Annotated[
        str, typer.Option(help="motion, or digit or photo for what is seen")
    ] = "motion",
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Write embedded clips as H.264 files, one folder a class."""
    from c3d_teach.data.catalog import embedded
    from c3d_teach.data.export import export as write

    dataset = embedded(data, clips, split=split, seed=seed, label=label)
    files = write(dataset, out)
    if as_json:
        print(json.dumps({"files": [str(f) for f in files]}))
    else:
        print(f"{len(files)} videos in {len({f.parent for f in files})} folders under {out}.")


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Say what is installed, which device will be used, and what is wrong."""
    from c3d_teach.doctor import examine

    report = examine()
    print(json.dumps(report.to_dict()) if as_json else report)
    if not report.fine:
        sys.exit(1)


def _new_net(
    net: str,
    kernel_depth: str,
    width: float | None,
    classes: int,
    clip_shape: tuple[int, int, int, int],
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


if __name__ == "__main__":
    run()
