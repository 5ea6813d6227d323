"""c3d-teach convert: from one layout of weights to another."""

from pathlib import Path
from typing import Annotated

import typer

from c3d_teach.cli.options import MeanOption, NamesOption
from c3d_teach.errors import UsageError


def convert(
    source: Annotated[
        str, typer.Argument(help="a net by name or file; published weights as caffe:FILE or FILE")
    ],
    target: Annotated[
        str,
        typer.Argument(
            help="FILE.safetensors for this kit; caffe:FILE, pytorch:FILE, features:FILE or "
            "toolbox:FILE for others"
        ),
    ],
    mean: MeanOption = None,
    names: NamesOption = None,
    pool5: Annotated[
        str | None, typer.Option(help="ceil or symmetric, if the guess from the file is wrong")
    ] = None,
    trained: Annotated[
        str | None,
        typer.Option(help="caffe for weights converted from Caffe's, port for the port's own"),
    ] = None,
) -> None:
    """Read published C3D weights with their own preprocessing, or write weights for others."""
    from c3d_teach.models.layouts import LAYOUTS
    from c3d_teach.models.weights import load, save

    layout, _, file = target.partition(":")
    if not (file and layout in LAYOUTS) and Path(target).suffix != ".safetensors":
        raise UsageError(
            f"The target is {target!r}; it ends in .safetensors, or names a layout: "
            f"{', '.join(f'{name}:FILE' for name in LAYOUTS)}."
        )
    classifier = load(source, mean=mean, classes=names, pool5=pool5, trained=trained)
    print("\n".join([f"{source} is now {target}.", *save(classifier, target)]))
    if "layout" in classifier.card:
        print(classifier.card["preprocessing"])
        print("That is told from its keys; overrule it with --trained, --pool5 or --mean.")
    if "fc8" in classifier.card:
        print(f"fc8 is {classifier.card['fc8']}; its descriptors can be used.")
