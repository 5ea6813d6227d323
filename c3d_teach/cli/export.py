"""c3d-teach export: embedded clips as videos, a net as an ONNX file."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from c3d_teach.cli.options import JsonOption, LabelOption, SeedOption
from c3d_teach.errors import UsageError

_OF_DATA = ("clips", "split", "frames", "size", "label", "layout", "seed")


def export(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            help="motion-digits or camera-motion; or a net: a shipped one by name, a file or a run "
            "folder, or published weights (caffe:FILE, …)"
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="folder that gets one sub-folder a class; of a net FILE.onnx")
    ],
    clips: Annotated[int, typer.Option(help="how many clips")] = 80,
    split: Annotated[str, typer.Option(help="train, val or test")] = "test",
    frames: Annotated[int, typer.Option(help="frames in each video")] = 16,
    size: Annotated[
        int | None, typer.Option(help="height and width; default 32 for digits, 64 for the camera")
    ] = None,
    label: LabelOption = "motion",
    layout: Annotated[
        str, typer.Option(help="folder (CLASS/VIDEO), or ucf101 with its groups and split files")
    ] = "folder",
    seed: SeedOption = 0,
    layer: Annotated[
        str | None, typer.Option(help="of a net: also give this layer's activations, such as fc6")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write embedded clips as H.264 files, one folder a class, or in UCF101's own layout;
    or write a net as an ONNX file, tried against the net itself.
    """
    from c3d_teach.data.catalog import EMBEDDED, clip_shape_of, embedded
    from c3d_teach.data.export import export as write

    if out.suffix.lower() == ".onnx":
        if what in EMBEDDED:
            raise UsageError(
                f"{what} is data, which is exported to a folder of videos; --out is {out}, and a "
                "file ending in .onnx holds a net."
            )
        given = [name for name in _OF_DATA if _is_given(context, name)]
        if given:
            raise UsageError(
                f"{', '.join(f'--{name}' for name in given)} "
                f"{'is' if len(given) == 1 else 'are'} for exporting data; of a net's export "
                "there are --layer and --json."
            )
        _export_net(what, out, layer, as_json)
        return
    if what not in EMBEDDED and _is_net(what):
        raise UsageError(
            f"{what} is a net, and a net is exported to a file ending in .onnx; --out is {out}."
        )
    if layer is not None:
        raise UsageError(
            f"--layer is for exporting a net to a file ending in .onnx; --out is {out}."
        )
    channels, _, *pixels = clip_shape_of(what)
    shape = (channels, frames, *([size, size] if size else pixels))
    dataset = embedded(what, clips, split=split, seed=seed, label=label, clip_shape=shape)
    files = write(dataset, out, layout=layout)
    if as_json:
        print(json.dumps({"files": [str(f) for f in files]}))
    else:
        print(f"{len(files)} videos in {len({f.parent for f in files})} folders under {out}.")


def _export_net(net: str, out: Path, layer: str | None, as_json: bool) -> None:
    from c3d_teach.models.onnx_file import write_onnx
    from c3d_teach.models.weights import load

    classifier = load(net)
    parity = write_onnx(classifier, out, layer=layer)
    taken = classifier.preprocess
    channels = len(taken.mean)
    size = out.stat().st_size
    if as_json:
        tried = asdict(parity) | {"sentence": parity.sentence}
        print(json.dumps({"file": str(out), "bytes": size, "parity": tried}))
        return
    output = layer or "probabilities"
    shape = (1, taken.length, *taken.crop, channels)
    print(
        f"{net} is now {out}, {size / 1e6:.1f} MB.\n{parity}\n"
        f"In Python, with your own clips, {'RGB' if channels == 3 else 'grey'}, 0-255:\n\n"
        "import numpy, onnxruntime\n"
        f'net = onnxruntime.InferenceSession({str(out)!r}, providers=["CPUExecutionProvider"])\n'
        f'print(net.run(["{output}"], {{"clips": numpy.zeros({shape}, "uint8")}})[0])'
    )


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _is_net(name: str) -> bool:
    from c3d_teach.models.layouts import LAYOUTS
    from c3d_teach.models.stored import TORCH_ENDINGS
    from c3d_teach.models.weights import shipped

    path = Path(name)
    return (
        name in shipped()
        or name.partition(":")[0] in LAYOUTS
        or path.suffix.lower() in (".safetensors", ".caffemodel", *TORCH_ENDINGS)
        or (path / "net.safetensors").is_file()
    )
