"""A net's layers on the CPU in OpenVINO, from the layer list: nothing is traced or converted."""

import threading
from functools import cache
from math import ceil, prod
from typing import Any

import numpy as np
import torch
from torch import Tensor

from c3d_teach.models.arithmetic import Conv, Pool, trace
from c3d_teach.models.builder import ConvNet


class OpenVinoEngine:
    """The layers of ``model`` up to ``layer``, compiled for this processor in half a second.

    Args:
        model: a net of this kit on the CPU; its weights are copied.
        layer: the last layer that is computed, after its ReLU.
        precision: ``torch.float32`` or ``torch.bfloat16``.

    Raises:
        ImportError: without the package openvino.
        RuntimeError: what OpenVINO raises for a processor it does not know.
    """

    def __init__(self, model: ConvNet, layer: str, precision: torch.dtype) -> None:
        import openvino as ov

        self.precision = precision
        kind = ov.Type.bf16 if precision == torch.bfloat16 else ov.Type.f32
        settings = {
            "INFERENCE_PRECISION_HINT": kind,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        }
        compiled = core().compile_model(graph(model, layer), "CPU", settings)
        self._request = compiled.create_infer_request()
        self._one_at_a_time = threading.Lock()  # a request holds the tensors of one answer

    def __call__(self, x: Tensor) -> Tensor:
        """``(N, C, L, H, W)`` as the first layer sees it to ``(N, features)``, float32."""
        clips = x.to(torch.float32).contiguous().numpy()
        with self._one_at_a_time:
            answer = self._request.infer([clips], share_inputs=True)[0]
            return torch.from_numpy(np.array(answer)).flatten(1)


@cache
def core() -> Any:
    """OpenVINO itself: one for the whole process, and never let go.

    A Core gives the thread that makes it another stack for signals, and unmaps that stack when it
    ends. With several that end in another order than they were made, the stack in use is gone: the
    next signal that Python listens to (a DataLoader's worker that ends sends one) kills the
    process, and nothing is printed (seen with OpenVINO 2026).
    """
    import openvino as ov

    return ov.Core()


def graph(model: ConvNet, layer: str) -> Any:
    """The layers as OpenVINO's own operations, float32; the plug-in lowers the precision."""
    import openvino as ov
    from openvino import opset13 as ops

    clips = ops.parameter([-1, *model.layer_input], np.float32, name="clips")
    x: Any = clips
    before: tuple[int, ...] = model.layer_input
    for one, row in zip(model.layers, trace(model.layers, model.layer_input), strict=True):
        if isinstance(one, Pool):
            x = _pooled(x, one, before)
        else:
            module = getattr(model, one.name)
            weight = ops.constant(module.weight.detach().float().contiguous().numpy())
            bias = module.bias.detach().float()
            if isinstance(one, Conv):
                half = [k // 2 for k in one.kernel]
                x = ops.convolution(x, weight, [one.stride, 1, 1], half, half, [1, 1, 1])
                bias = bias.view(1, -1, 1, 1, 1)
            else:
                x = ops.reshape(x, np.array([-1, prod(before)]), False)
                x = ops.matmul(x, weight, False, True)
            x = ops.add(x, ops.constant(bias.numpy()))
            if one.name != model.layers[-1].name:
                x = ops.relu(x)
        before = row.shape
        if one.name == layer:
            break
    return ov.Model([x], [clips], type(model).__name__)


def _pooled(x: Any, pool: Pool, before: tuple[int, ...]) -> Any:
    """What ``builder.MaxPool`` does: space is rounded up or padded, time rounded down."""
    from openvino import opset13 as ops

    depth, *window = pool.kernel
    if before[1] % depth:
        stop = np.array([before[1] // depth * depth])
        x = ops.slice(x, np.array([0]), stop, np.array([1]), np.array([2]))
    if pool.align == "symmetric":
        begin, end = [0, 1, 1], [0, 1, 1]
    else:
        over = [ceil(n / k) * k - n for n, k in zip(before[2:], window, strict=True)]
        begin, end = [0, 0, 0], [0, *over]
    sizes = list(pool.kernel)
    return ops.max_pool(x, sizes, [1, 1, 1], begin, end, sizes).output(0)
