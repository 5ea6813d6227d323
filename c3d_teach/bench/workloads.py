"""The pieces of work that are timed: the kit's own, and those that it is compared with.

"Plain" is what ports of C3D run: eager float32, channels first, the C library's default handling
of memory. "Direct" is OpenVINO called by hand, without anything of the kit around it.
"""

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from c3d_teach.bench.nets import classifier_of, clips_for, net_called, preprocess_of, recipe_of
from c3d_teach.device import keep_freed_memory
from c3d_teach.models.builder import ConvNet
from c3d_teach.training.optimiser import optimiser_of, set_rate
from c3d_teach.training.step import Stepper

Work = Callable[[], float]  # does one piece and says how many items it was
Made = tuple[Work, dict[str, Any]]  # the work, and facts about it


class NotHereError(Exception):
    """This work cannot be done on this machine; the text says why."""


def device_called(name: str) -> torch.device:
    """The device of that name.

    Raises:
        NotHereError: when there is no CUDA device.
    """
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise NotHereError("there is no CUDA device here")
    return torch.device(name)


def wait_for(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def matmul(precision: str, device: str = "cpu", size: int | None = None) -> Made:
    """A product of two square matrices; items are G floating-point operations.

    On a CPU torch multiplies matrices and convolves by different libraries. The product is done
    both ways, as such and as a 1×1 convolution, and the faster is taken: on some processors
    convolutions would be above their ceiling otherwise. ``"tf32"`` is what torch lets
    convolutions of float32 tensors use on a GPU.
    """
    where = device_called(device)
    n = size or (2048 if where.type == "cpu" else 8192)
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    kind = torch.float32 if precision == "tf32" else getattr(torch, precision)
    a, b = (torch.randn(n, n, device=where).to(kind) for _ in range(2))
    x = a.view(1, 1, n, n).permute(0, 3, 1, 2)  # pixels are rows, channels last
    products: dict[str, Callable[[], Any]] = {"product": lambda: torch.mm(a, b)}
    if where.type == "cpu":
        products["1×1 convolution"] = lambda: F.conv2d(x, b.view(n, n, 1, 1))
    way = min(products, key=lambda name: _fastest_of_four(products[name]))

    def work() -> float:
        products[way]()
        wait_for(where)
        return 2 * n**3 / 1e9

    return work, {"precision": precision, "way": way}


def _fastest_of_four(work: Callable[[], Any]) -> float:
    taken = []
    for _ in range(4):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)


def copy(device: str = "cpu", megabytes: int = 512) -> Work:
    """A copy of memory that no cache holds; items are gigabytes read and written."""
    where = device_called(device)
    a = torch.ones(megabytes * 10**6 // 4, device=where)
    b = torch.empty_like(a)

    def work() -> float:
        b.copy_(a)
        wait_for(where)
        return 2 * megabytes / 1000

    return work


def plain_inference(net: str, batch: int, device: str = "cpu", **changes: Any) -> Made:
    """What a port does: the module, eager, float32, channels first; float clips in, logits out."""
    where = device_called(device)
    model = net_called(net, **changes).eval().to(where)
    x = torch.randn(batch, *model.clip_shape, device=where)

    def work() -> float:
        with torch.inference_mode():
            model(x)
        wait_for(where)
        return batch

    return work, {"engine": "plain", "precision": "float32"}


def inference(
    net: str,
    batch: int,
    engine: str = "auto",
    precision: str = "auto",
    device: str = "cpu",
    **changes: Any,
) -> Made:
    """``Classifier.predict``: uint8 clips in, probabilities out."""
    where = device_called(device)
    keep_freed_memory()
    model = net_called(net, **changes)
    classifier = classifier_of(model, net).to(where).answering_by(engine, precision)
    made = classifier.prepared()
    if engine not in ("auto", made.name) or precision not in ("auto", made.precision):
        raise NotHereError(" ".join(made.refused) or f"{made} answers instead")
    clips = clips_for(model, batch)

    def work() -> float:
        classifier.predict(clips, batch_size=batch)
        return batch

    return work, {"engine": made.name, "precision": made.precision, "error": made.error}


def openvino_direct(net: str, batch: int, precision: str) -> Made:
    """OpenVINO's own API on the same layers: float clips in, logits out."""
    try:
        import openvino as ov
    except ImportError:
        raise NotHereError("openvino is not installed; pip install openvino") from None
    from c3d_teach.models.engines.openvino_engine import core, graph

    model = net_called(net).eval()
    kind = {"float32": ov.Type.f32, "bfloat16": ov.Type.bf16}[precision]
    settings = {"INFERENCE_PRECISION_HINT": kind, "PERFORMANCE_HINT": "LATENCY"}
    threads = {"INFERENCE_NUM_THREADS": torch.get_num_threads()}
    compiled = core().compile_model(graph(model, model.layers[-1].name), "CPU", settings | threads)
    request = compiled.create_infer_request()
    clips = torch.randn(batch, *model.clip_shape).numpy()

    def work() -> float:
        request.infer([clips], share_inputs=True, share_outputs=True)
        return batch

    return work, {"engine": "openvino", "precision": precision}


def plain_training(net: str, batch: int, device: str = "cpu") -> Made:
    """What a port does: float clips, eager float32, channels first, SGD."""
    where = device_called(device)
    model = net_called(net).train().to(where)
    x = torch.randn(batch, *model.clip_shape, device=where)
    y = torch.zeros(batch, dtype=torch.long, device=where)
    optimiser = torch.optim.SGD(model.parameters(), lr=1e-6, momentum=0.9)

    def work() -> float:
        optimiser.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimiser.step()
        wait_for(where)
        return batch

    return work, {"engine": "plain", "precision": "float32"}


def training(net: str, batch: int, device: str = "cpu", precision: str = "auto") -> Made:
    """The kit's own step on clips that are in memory: crop, normalise, gradients, new weights."""
    where = device_called(device)
    keep_freed_memory()
    model = net_called(net).train().to(where)
    data = {"clip": clips_for(model, batch), "label": torch.zeros(batch, dtype=torch.long)}
    step, facts = kit_step(model, net, where, precision)
    step(data)  # the first tries bfloat16 against float32; what is said of it is known then

    def work() -> float:
        step(data)
        wait_for(where)
        return batch

    return work, facts()


def kit_step(
    model: ConvNet, net: str, device: torch.device, precision: str
) -> tuple[Callable[[dict[str, Tensor]], None], Callable[[], dict[str, Any]]]:
    """One step as ``training.run`` takes it, and what tells facts about it.

    The only place in this package that knows how the training loop is called.
    """
    recipe = recipe_of(net)
    optimiser = optimiser_of(model, recipe)
    stepper = Stepper(
        model,
        optimiser,
        preprocess_of(model),
        recipe,
        device=device,
        mirrored=None,
        seed=0,
        precision=precision,
    )
    set_rate(optimiser, 1e-6)  # labels of noise teach nothing: the loss must stay a number

    def step(batch: dict[str, Tensor]) -> None:
        stepper.gradients(batch, 0)
        optimiser.step()

    def facts() -> dict[str, Any]:
        low = sorted(stepper.mixed.low)
        return {"engine": "torch", "precision": "mixed" if low else "float32", "bfloat16_in": low}

    return step, facts


WORKS: dict[str, Callable[..., Any]] = {
    "matmul": matmul,
    "copy": copy,
    "plain inference": plain_inference,
    "inference": inference,
    "openvino direct": openvino_direct,
    "plain training": plain_training,
    "training": training,
}
