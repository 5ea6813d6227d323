"""What the page "Architecture" says of a net, worked out from the net itself."""

from collections.abc import Sequence
from math import prod

from architecture_plans import SEARCH, Plan

from c3d_teach import claim
from c3d_teach.analysis.fields.receptive_fields import ReceptiveField
from c3d_teach.models.arithmetic import Conv, Full, Layer, Pool, Row, short
from c3d_teach.models.built import Built
from c3d_teach.viz.net_bars import percent


def times(numbers: Sequence[int]) -> str:
    return "×".join(map(str, numbers))


def title(built: Built) -> str:
    """One line above the picture: what becomes of time."""
    if built.ends_at:
        return f"Time runs out at {built.ends_at}"
    frames = [row.shape[1] for row in built.rows if len(row.shape) > 1]
    if frames[-1] > 1:
        return f"{frames[-1]} frames are left for fc6"
    end = built.one_frame_at
    flat = _late(built)
    if flat:
        return f"Time dies at {end}, before {_listed(flat)}"
    return f"Time lasts until {end}, the last step before fc6"


def seen(built: Built) -> list[str]:
    """What there is to see: sentences, the most important first."""
    if built.ends_at:
        return [built.says[0], _remedy(built)]
    said = [built.says[1]]
    if dropped := _dropped(built):
        said.append(dropped)
    said.append(_dead(built))
    said.append(built.says[3])
    said.append(_heavy(built))
    return said


def detail(built: Built, name: str) -> list[str]:
    """One layer, with its sums worked out (Markdown, a line each)."""
    number = [row.name for row in built.rows].index(name)
    layer, row = built.layers[number], built.rows[number]
    before = built.rows[number - 1].shape if number else built.clip_shape
    said = [_kind(layer, before), _output(row), *_sums(layer, row, before)]
    for one in built.dead:
        if one.layer == name:
            listed = _listed([str(index + 1) for index in one.slices])
            said.append(
                f"**Dead** slices {listed} of {one.depth}: the clip is {_frames(one.length)} long "
                f"here, and they never meet one. {one.weights:,} weights cannot learn."
            )
    return said


def view(field: ReceptiveField) -> str:
    """What one output of a layer sees of the clip."""
    frames = field.seen_stop[0] - field.seen_start[0]
    if field.at is None:
        return f"{field.sentence} That is {frames} of {field.clip[0]} frames."
    return f"{field.sentence} It sees {frames} of the {field.clip[0]} frames."


def compared(name: str, built: Built, other_name: str, other: Built) -> str:
    """Two nets in a sentence (Markdown)."""
    if built.ends_at or other.ends_at:
        broken = name if built.ends_at else other_name
        return f"**{broken}** cannot be built, so there is nothing to compare."
    if name == other_name:
        return "This is the same net twice. Choose another to compare with."
    more = built.parameters - other.parameters
    if not more:
        size = "exactly as many parameters as"
    else:
        size = (
            f"{abs(more):,} parameters {'more' if more > 0 else 'fewer'} "
            f"({more / other.parameters:+.1%}) than"
        )
    work = built.macs / other.macs
    return f"**{name}** has {size} **{other_name}** and does {work:.2f} times its work."


def slip(name: str, other_name: str) -> str:
    """What the paper says of two of its six nets; empty for others."""
    if not {name, other_name} <= set(SEARCH) or name == other_name:
        return ""
    return (
        "The paper calls its six nets comparable in capacity: from one depth to the next 17K "
        "parameters more, from depth-1 to depth-7 51K, less than 0.3 % of 17.5 million. "
        f"{claim('not-equal-capacity').statement} The printed numbers come out when the input "
        "channels of the filters are left out of the count (our explanation, not the authors')."
    )


def notes(plan: Plan) -> list[str]:
    """Slips in the paper and in texts about it, where they touch this net (Markdown)."""
    said = [
        "**Stride of the pools.** Section 3.1 speaks of pools 2×2×2 with stride 1 that make the "
        "signal 8 times smaller. With stride 1 they would not: it is stride 2, as in section 3.3 "
        "and in the released network files.",
        f"**Rounding.** Maps of odd size are rounded up here, as in Caffe. "
        f"{claim('ceil-gives-the-total').statement} The paper gives 17.5 million.",
    ]
    if plan.net == "C3D":
        said += [
            f"**Layers.** Some texts count four poolings. {claim('c3d-layers').statement}",
            f"**FLOPs.** {claim('c3d-work').statement}",
        ]
    else:
        said.append(f"**Capacity.** {claim('not-equal-capacity').statement}")
    return said


def cell(plan: Plan, built: Built, width: float) -> str:
    """The same net in a notebook."""
    shape, size = plan.clip_shape, f"{width:g}"
    if built.ends_at or (plan.net == "C3D" and not _is_c3d(plan)):
        return f"""
from c3d_teach.models.built import build_net

net = build_net(
    {plan.net!r}, {plan.kernels}, {plan.pools},
    clip_shape={shape}, width={size}, num_classes={plan.classes},
)
print("\\n".join(net.says))
net.ends_at, net.parameters, net.macs
"""
    if plan.net == "C3D":
        made = f"C3D({plan.classes}, clip_shape={shape}, width={size}, kernel_depth={plan.conv1})"
    else:
        made = (
            f"SearchNet(\n        {plan.classes}, kernel_depth={plan.kernels}, "
            f"pool_depth={plan.pools},\n        clip_shape={shape}, width={size},\n    )"
        )
    return f"""
import torch

from c3d_teach import {"C3D" if plan.net == "C3D" else "SearchNet"}, describe

with torch.device("meta"):  # shapes without numbers: the weights take no memory
    net = {made}
rows = describe(net)
print(rows)
rows.parameters, rows.macs
"""


def _is_c3d(plan: Plan) -> bool:
    """Whether the class C3D builds it: kernels of one depth, and the paper's pools."""
    return len(set(plan.kernels)) == 1 and plan.pools == (1, 2, 2, 2, 2)


def _late(built: Built) -> list[str]:
    """Convolutions that come when one frame is left, of clips that had more."""
    inputs = [built.clip_shape, *(row.shape for row in built.rows)]
    return [
        layer.name
        for layer, shape in zip(built.layers, inputs, strict=False)
        if isinstance(layer, Conv) and shape[1] == 1 and built.clip_shape[1] > 1
    ]


def _remedy(built: Built) -> str:
    pools = [layer for layer in built.layers if isinstance(layer, Pool)]
    need = prod(pool.kernel[0] for pool in pools)
    merging = [pool.name for pool in pools if pool.kernel[0] > 1]
    return (
        f"Together the pools merge {' × '.join(str(pool.kernel[0]) for pool in pools)} = {need} "
        f"frames into one. Give the clip {need} frames or more, or set one of {_listed(merging)} "
        "to a smaller number."
    )


def _dropped(built: Built) -> str:
    inputs = [built.clip_shape, *(row.shape for row in built.rows)]
    for layer, shape in zip(built.layers, inputs, strict=False):
        if isinstance(layer, Pool) and shape[1] % layer.kernel[0]:
            left = shape[1] % layer.kernel[0]
            return (
                f"{layer.name} merges {layer.kernel[0]} frames and is given {shape[1]}: the last "
                f"{'one is' if left == 1 else f'{left} are'} dropped, and nothing behind it ever "
                "sees them."
            )
    return ""


def _dead(built: Built) -> str:
    if not built.dead:
        return "Every slice of every kernel meets frames: no weight is wasted."
    alike: dict[tuple[int, int, int], list[str]] = {}
    for one in built.dead:
        alike.setdefault((one.length, one.depth, len(one.slices)), []).append(one.layer)
    parts = [
        f"kernels {depth} deep on the {_frames(length)} that {_listed(layers)} "
        f"{'get' if len(layers) > 1 else 'gets'}: {dead} of {depth} slices never meet a frame"
        for (length, depth, dead), layers in alike.items()
    ]
    lost = sum(one.weights for one in built.dead)
    return (
        f"Dead slices: {'; '.join(parts)}. That is {lost:,} weights which cannot learn, "
        f"{percent(lost / built.parameters)} of all parameters."
    )


def _heavy(built: Built) -> str:
    """Which layer holds most, and which works most."""
    holds = max(built.rows, key=lambda row: row.parameters)
    works = max(built.rows, key=lambda row: row.macs)

    def parts(row: Row) -> tuple[str, str]:
        return percent(row.parameters / built.parameters), percent(row.macs / built.macs)

    if holds is works:
        held, done = parts(holds)
        return f"{holds.name} holds {held} of the parameters and does {done} of the work."
    (held, little), (few, done) = parts(holds), parts(works)
    return (
        f"{holds.name} holds {held} of the parameters and does {little} of the work; {works.name} "
        f"does {done} of the work with {few} of the parameters."
    )


def _kind(layer: Layer, before: Sequence[int]) -> str:
    if isinstance(layer, Full):
        return f"**Fully connected**, {prod(before):,} numbers in, {layer.features:,} out."
    d, k, _ = layer.kernel
    if isinstance(layer, Pool):
        return (
            f"**Max pooling**, window {times(layer.kernel)}, stride {times(layer.kernel)}, no "
            f"padding: of {prod(layer.kernel)} numbers the largest stays."
        )
    return (
        f"**Convolution**, {layer.filters} filters, kernel {times(layer.kernel)}, stride 1×1×1, "
        f"padding {d // 2}×{k // 2}×{k // 2}: the size stays."
    )


def _output(row: Row) -> str:
    if len(row.shape) == 1:
        return f"**Output** {row.shape[0]:,} numbers."
    return f"**Output** c×l×h×w = {times(row.shape)} = {prod(row.shape):,} numbers."


def _sums(layer: Layer, row: Row, before: Sequence[int]) -> list[str]:
    if isinstance(layer, Pool):
        return ["**Parameters** none. **MACs** none: a pool compares, it does not multiply."]
    if isinstance(layer, Full):
        inputs = prod(before)
        return [
            f"**Parameters** outputs × inputs + biases = {layer.features:,} × {inputs:,} + "
            f"{layer.features:,} = **{row.parameters:,}**.",
            f"**MACs** outputs × inputs = {layer.features:,} × {inputs:,} = **{row.macs:,}** "
            f"({short(row.macs)}).",
        ]
    weights = row.parameters - layer.filters
    return [
        f"**Parameters** filters × (channels × d×k×k) + biases = {layer.filters} × ({before[0]} × "
        f"{times(layer.kernel)}) + {layer.filters} = **{row.parameters:,}**.",
        f"**MACs** weights × places = {weights:,} × ({times(row.shape[1:])}) = **{row.macs:,}** "
        f"({short(row.macs)}).",
    ]


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
