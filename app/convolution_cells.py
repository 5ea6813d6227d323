"""The convolution page's numbers with torch: cells for a notebook."""

from collections.abc import Sized
from dataclasses import dataclass

from convolution_clips import DIGIT, LEARNED, TRAINED

from c3d_teach import MotionDigits


@dataclass(frozen=True)
class Chosen:
    """What the controls say: names, depth, filter, and strides and paddings (time, space)."""

    clip: str
    kernel: str
    depth: int
    channel: int
    stride: tuple[int, int]
    padding: tuple[int, int]


def walk_cell(told: Chosen) -> str:
    """The convolution, and the smallest and largest number that comes out."""
    return f"""{_inputs(told)}
out = torch.nn.functional.conv3d(
    clip[None, None],
    kernel[None, None],
    stride={(told.stride[0], told.stride[1], told.stride[1])},
    padding={(told.padding[0], told.padding[1], told.padding[1])},
)[0, 0]
tuple(out.shape), float(out.min()), float(out.max())"""


def formula_cell(clip: Sized, told: Chosen) -> str:
    """How many frames would come out, where there is no place for the kernel."""
    return (
        f"length, depth, stride, padding = {len(clip)}, {told.depth}, {told.stride[0]}, "
        f"{told.padding[0]}\n(length + 2 * padding - depth) // stride + 1  # there is no place"
    )


def net_cell(net: str, motion: str, number: int) -> str:
    """The shape of a net's first maps."""
    place = 8 * number + MotionDigits.motions.index(motion)
    return f"""from c3d_teach import MotionDigits, load
from c3d_teach.analysis.units import normalised

net = load({net!r})
clip = MotionDigits(1600, split="test").batch([{place}])["clip"]
net.model.activations(normalised(net, clip), "conv1").shape"""


def _inputs(told: Chosen) -> str:
    lines = ["import torch"]
    if told.clip == DIGIT:
        lines += [
            "from c3d_teach import MotionDigits",
            "from c3d_teach.viz.walking import hand_kernel",
            "",
            'digits = MotionDigits(16, split="test", clip_shape=(1, 8, 14, 14), noise=0.0)',
            f'clip = digits[{MotionDigits.motions.index("right")}]["clip"][..., 0].double()',
            "clip = torch.round(clip / 255 * 9)",
        ]
    else:
        lines += [
            "from c3d_teach.viz.walking import hand_clip, hand_kernel",
            "",
            f"clip = torch.tensor(hand_clip({told.clip!r}))",
        ]
    if told.kernel == LEARNED:
        lines.insert(1, "from c3d_teach import load")
        weight = f'load({TRAINED!r}).model.get_parameter("conv1.weight")'
        lines.append(f"kernel = {weight}[{told.channel}, 0].detach().double()")
    else:
        lines.append(f"kernel = torch.tensor(hand_kernel({told.kernel!r}, {told.depth}))")
    return "\n".join(lines)
