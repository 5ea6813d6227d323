"""A net's layers as an ONNX graph, from the layer list: nothing is traced."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import ceil, prod
from typing import Any

import torch
from torch import Tensor

from c3d_teach.data.transforms import Preprocess
from c3d_teach.models.arithmetic import Conv, Pool, trace
from c3d_teach.models.baselines import FrameNet, StackedFramesNet
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.classifier import Classifier

OPSET, IR_VERSION = 17, 8  # of 2022: readers in use know them, and nothing newer is needed


def onnx_model(classifier: Classifier, layer: str | None = None, *, answers: bool = True) -> Any:
    """The ``onnx.ModelProto`` that :func:`write_onnx` writes; untried.

    Args:
        layer: whose activations are one more output.
        answers: whether there are logits and probabilities; else the graph ends at ``layer``.
    """
    from onnx import TensorProto, helper

    model, preprocess, graph = classifier.model, classifier.preprocess, _Graph()
    x = _rearranged(graph, model, _normalised(graph, preprocess))
    before: Sequence[int] = model.layer_input
    outputs: dict[str, int] = {}
    for one, row in zip(model.layers, trace(model.layers, model.layer_input), strict=True):
        if isinstance(one, Pool):
            pads = _padding(one, before[2:])
            sizes = list(one.kernel)
            x = graph.add(
                "MaxPool", [x], f"{one.name}.max", kernel_shape=sizes, strides=sizes, pads=pads
            )
        else:
            module = getattr(model, one.name)
            weights = [
                graph.constant(f"{one.name}.{part}", getattr(module, part).detach())
                for part in ("weight", "bias")
            ]
            last = one.name == model.layers[-1].name
            name = "logits" if last else f"{one.name}.sum"
            if isinstance(one, Conv):
                pads = 2 * [k // 2 for k in one.kernel]
                strides = [one.stride, 1, 1]
                x = graph.add("Conv", [x, *weights], name, strides=strides, pads=pads)
            else:
                if len(before) > 1:
                    x = graph.add("Flatten", [x], f"{one.name}.flat", axis=1)
                x = graph.add("Gemm", [x, *weights], name, transB=1)
            if not last:
                x = graph.add("Relu", [x], f"{one.name}.relu")
        before = row.shape
        if one.name == layer:
            graph.add("Flatten", [x], layer, axis=1)
            outputs[layer] = prod(row.shape)
            if not answers:
                break
    if answers:
        graph.add("Softmax", [x], "probabilities", axis=1)
        outputs = {name: len(classifier.classes) for name in ("logits", "probabilities")} | outputs
    shape: list[int | str | None] = ["N", preprocess.length, *preprocess.crop, len(preprocess.mean)]
    built = helper.make_graph(
        graph.nodes,
        type(model).__name__,
        [helper.make_tensor_value_info("clips", TensorProto.UINT8, shape)],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", columns])
            for name, columns in outputs.items()
        ],
        graph.constants,
    )
    opset = [helper.make_opsetid("", OPSET)]
    proto = helper.make_model(
        built, opset_imports=opset, ir_version=IR_VERSION, producer_name="c3d_teach"
    )
    described = {
        "classes": list(classifier.classes) if answers else [],
        "preprocess": preprocess.to_dict(),
        "net": model.config,
    }
    helper.set_model_props(
        proto,
        {key: json.dumps(value) for key, value in described.items()}
        | {"fingerprint": classifier.fingerprint()},
    )
    return proto


@dataclass
class _Graph:
    """Nodes and constants of a graph that grows at its end."""

    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name: str, value: Tensor) -> str:
        from onnx import numpy_helper

        kind = torch.float32 if value.is_floating_point() else torch.int64
        array = value.to("cpu", kind).contiguous().numpy()
        self.constants.append(numpy_helper.from_array(array, name))
        return name


def _normalised(graph: _Graph, preprocess: Preprocess) -> str:
    """What ``Preprocess`` does with clips that are cropped already."""
    channels = len(preprocess.mean)
    x = graph.add("Cast", ["clips"], "clips.float", to=1)  # 1 is float32
    x = graph.add("Transpose", [x], "clips.channels_first", perm=[0, 4, 1, 2, 3])
    if preprocess.channel_order == "bgr":
        order = graph.constant("bgr", torch.arange(channels).flip(0))
        x = graph.add("Gather", [x, order], "clips.bgr", axis=1)
    # asked about black frames, it tells what it subtracts, be it a mean volume cropped in its place
    black = torch.zeros(1, preprocess.length, *preprocess.crop, channels, dtype=torch.uint8)
    mean = -replace(preprocess, std=(1.0,) * channels)(black)
    if preprocess.mean_volume is None:
        mean = mean[:, :, :1, :1, :1]
    x = graph.add("Sub", [x, graph.constant("mean", mean)], "clips.centred")
    std = torch.tensor(preprocess.std).view(1, -1, 1, 1, 1)
    return graph.add("Div", [x, graph.constant("std", std)], "clips.normalised")


def _rearranged(graph: _Graph, model: ConvNet, x: str) -> str:
    """What the net's ``rearrange`` does; :func:`write_onnx` has let no other net pass."""
    if isinstance(model, FrameNet):
        ends = {"start": model.frame, "end": model.frame + 1, "axis": 2}
        inputs = [graph.constant(f"frame.{end}", torch.tensor([n])) for end, n in ends.items()]
        return graph.add("Slice", [x, *inputs], "frame")
    if isinstance(model, StackedFramesNet):
        shape = graph.constant("stacked.shape", torch.tensor([-1, *model.layer_input]))
        return graph.add("Reshape", [x, shape], "stacked")
    return x


def _padding(pool: Pool, size: Sequence[int]) -> list[int]:
    """Of frames, rows and columns before, then behind, so that what ``MaxPool`` of ONNX rounds
    down is right for space too: ``builder.MaxPool`` rounds up there, or pads all around."""
    if pool.align == "symmetric":
        return [0, 1, 1, 0, 1, 1]
    over = [ceil(n / k) * k - n for n, k in zip(size, pool.kernel[1:], strict=True)]
    return [0, 0, 0, 0, *over]
