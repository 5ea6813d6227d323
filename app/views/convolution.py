"""Convolution: from a net to one unit to one multiplication, and three ways to treat time."""

from typing import Any

import convolution_cells as cells
import convolution_clips as clips
import display
import streamlit as st
from convolution_walk import AXES, STEPPED, UNIT, ZOOM, jump_to, step_on, way_to_unit

from c3d_teach import KitError, MotionDigits, claim
from c3d_teach.viz import walk_plots as plots
from c3d_teach.viz.playground_plots import frames_plot
from c3d_teach.viz.walking import Walk, formula, readable, size_of, walk

NET, PRODUCT, WAYS = "a net", "one multiplication", "2D or 3D"


def main() -> None:
    zoom = st.segmented_control(
        "Zoom",
        (NET, UNIT, PRODUCT, WAYS),
        default=UNIT,
        required=True,
        key=ZOOM,
        bind="query-params",
        wrap=True,
        help="**a net**: what every layer makes of a clip. **one unit**: a kernel walks over a "
        "clip. **one multiplication**: the numbers in its window. **2D or 3D**: what becomes of "
        "time.",
    )
    if zoom == NET:
        net()
        return
    clip, kernel, depth, channel = choose()
    weights = clips.kernel_of(kernel, depth, channel)
    if zoom == WAYS:
        ways(clip, kernel, weights, channel)
        return
    stride, padding = spacing()
    told = cells.Chosen(clip, kernel, depth, channel, stride, padding)
    try:
        found = walk(clips.small_clip(clip), weights, stride=stride, padding=padding)
    except KitError as error:
        st.warning(str(error), icon=":material/broken_image:")
        broken(clip, depth, stride, padding)
        display.in_notebook("convolution", cells.formula_cell(clips.small_clip(clip), told))
        return
    sizes(found)
    moving(found, str(zoom), clips.bias_of(kernel, channel))
    display.in_notebook("convolution", cells.walk_cell(told))


def choose() -> tuple[str, str, int, int]:
    columns = st.columns(3, gap="medium")
    clip = columns[0].selectbox(
        "Clip",
        clips.SHOWN,
        key="convolution.clip",
        bind="query-params",
        help="Eight frames; every pixel is a number from 0 (black) to 9 (white).",
    )
    kernel = columns[1].selectbox(
        "Kernel",
        clips.LOOKED_FOR,
        key="convolution.kernel",
        bind="query-params",
        help="The first four are made by hand, to look for one thing each. A net learns its "
        "kernels: the last choice is one of conv1.",
    )
    if kernel == clips.LEARNED:
        channel = columns[2].number_input(
            "Filter of conv1",
            0,
            clips.channels() - 1,
            key="convolution.channel",
            bind="query-params",
            help="Each filter of conv1 is a kernel of 3×3×3 numbers, and a bias.",
        )
        return clip, kernel, 3, int(channel)
    depth = columns[2].select_slider(
        "Depth in frames",
        clips.DEPTHS,
        value=3,
        key="convolution.depth",
        bind="query-params",
        help=display.meaning("depth of a kernel"),
    )
    return clip, kernel, int(depth), 0


def spacing() -> tuple[tuple[int, int], tuple[int, int]]:
    """Strides and paddings, to break it."""
    columns = st.columns(4, gap="medium")
    told = {
        "stride.t": ("Stride in time", 1, 3, 1),
        "stride.xy": ("Stride in space", 1, 3, 1),
        "padding.t": ("Padding in time", 0, 3, 0),
        "padding.xy": ("Padding in space", 0, 2, 0),
    }
    helps = (display.meaning("stride"), display.meaning("padding"))
    values = [
        int(
            column.slider(
                label,
                low,
                high,
                start,
                key=f"convolution.{name}",
                bind="query-params",
                help=helps[k // 2],
            )
        )
        for k, (column, (name, (label, low, high, start))) in enumerate(
            zip(columns, told.items(), strict=True)
        )
    ]
    return (values[0], values[1]), (values[2], values[3])


def sizes(found: Walk) -> None:
    """How many places there are, with the numbers put in."""
    lines = [
        f"{name}: {formula(length, size, found.stride[k > 0], found.padding[k > 0])}"
        for k, (name, length, size) in enumerate(
            zip(("frames", "rows", "columns"), found.clip.shape, found.kernel.shape, strict=True)
        )
    ]
    shape = "×".join(map(str, found.output.shape))
    st.markdown(f"**Out comes {shape}.** " + "; ".join(f"`{line}`" for line in lines))
    if found.output.shape[0] == 1:
        st.caption("One frame is left: this kernel leaves nothing of time to the next layer.")
    if found.padding[0]:
        st.caption(
            "Zeros in front of the first frame and behind the last are black frames: there the "
            "kernel sees a change that is not in the clip."
        )


def broken(clip: str, depth: int, stride: tuple[int, int], padding: tuple[int, int]) -> None:
    length = len(clips.small_clip(clip))
    st.markdown(f"Frames that come out: `{formula(length, depth, stride[0], padding[0])}`")
    need = (depth - length + 1) // 2
    st.caption(f"Padding of {need} frames on either side would make room for one place.")


def moving(found: Walk, zoom: str, bias: float) -> None:
    """The kernel at one place; by itself it walks on from there."""
    with st.container(horizontal=True, vertical_alignment="center", gap="large"):
        walks = st.toggle(
            "Let it walk by itself",
            key="convolution.walks",
            bind="query-params",
            help="Otherwise move it with the sliders; arrow keys work, too.",
        )
        st.button(
            "Go to the strongest answer",
            key="convolution strongest",
            on_click=jump_to,
            args=(found.strongest, found.output.shape),
        )
    st.fragment(at_place, run_every=STEPPED if walks else None)(found, zoom, walks, bias)


def at_place(found: Walk, zoom: str, walks: bool, bias: float) -> None:
    last = [n - 1 for n in found.output.shape]
    if walks:
        step_on(last)
    columns = st.columns(3, gap="medium")
    place: list[int] = []
    # beside the middle: there the first clip's answer is not 0
    starts = (last[0] // 2, last[1] // 2, min(last[2], last[2] // 2 + 1))
    for column, axis, most, start in zip(columns, AXES, last, starts, strict=True):
        name = f"convolution.{axis}"
        keep_within(name, most)
        if most == 0:
            column.caption(f"{axis} = 0: one place only")
            place.append(0)
            continue
        place.append(
            int(
                column.slider(
                    f"{axis} of the output", 0, most, start, key=name, bind="query-params"
                )
            )
        )
    here = (place[0], place[1], place[2])
    value = float(found.output[here])
    if zoom == PRODUCT:
        product(found, here, value, bias)
    else:
        unit(found, here, value)


def keep_within(name: str, most: int) -> None:
    """Bring back a place that the output has lost.

    A control that left the page and comes back takes its old value from the address; in a link
    that is just opened Streamlit itself puts the default for what is out of range.
    """
    ranges: dict[str, int] = st.session_state.setdefault("convolution ranges", {})
    asked = str(st.session_state.get(name, st.query_params.get(name, "0")))
    # said anew with every other range: the browser still holds the place of the old one
    if ranges.get(name, most) != most and asked.isdecimal():
        st.session_state[name] = min(int(asked), most)
    ranges[name] = most


def unit(found: Walk, here: tuple[int, int, int], value: float) -> None:
    corner = found.corner(here)
    first = corner[0] - found.padding[0]
    depth = len(found.kernel)
    last = first + depth - 1
    covers = f"frame {readable(first)}"
    if depth > 1:
        covers = f"frames {readable(first)} to {readable(last)}"
    st.markdown(f"**What goes in**: the box is what the kernel lies on, {covers}")
    display.chart(
        plots.input_plot(found, here),
        key="input",
        alt=f"The clip frame by frame; the kernel lies on {covers}, from row "
        f"{corner[1] - found.padding[1]} and column {corner[2] - found.padding[1]} on.",
    )
    left, right = st.columns([1, 2], gap="large")
    with left:
        st.markdown("**The window, the kernel and their product**")
        display.chart(
            plots.product_plot(found.window(here), found.kernel),
            key="product",
            alt=f"All numbers; they add up to {readable(value)}.",
        )
    with right:
        st.markdown(f"**What comes out**: this place is **{readable(value)}**")
        filling = st.toggle(
            "Only what it has reached",
            key="convolution.filling",
            bind="query-params",
        )
        display.chart(
            plots.output_plot(found.output, here, filling=filling),
            key="output",
            alt=f"The output frame by frame, from {readable(float(found.output.min()))} to "
            f"{readable(float(found.output.max()))}; blue is negative, orange positive.",
        )
        t, y, x = found.strongest
        st.caption(
            f"The strongest answer, {readable(float(found.output[t, y, x]))}, stands at t = {t}, "
            f"y = {y}, x = {x}. Blue is negative, orange positive."
        )


def product(found: Walk, here: tuple[int, int, int], value: float, bias: float) -> None:
    window = found.window(here)
    st.markdown("**Number by number**: what lies under the kernel, times the kernel")
    display.chart(
        plots.product_plot(window, found.kernel),
        key="product",
        alt=f"Window, kernel and products; they add up to {readable(value)}.",
    )
    sums = [float(one.sum()) for one in window * found.kernel]
    terms = " + ".join(readable(s) if s >= 0 else f"({readable(s)})" for s in sums)
    relu = max(0.0, value + bias)
    if len(sums) > plots.MOST:
        st.caption(f"Drawn are {plots.MOST} of {len(sums)} slices; the sums below are of all.")
    st.markdown(
        f"Slice by slice: **{terms} = {readable(value)}**. A unit of a net adds its bias and cuts "
        f"off what is negative (ReLU): with bias {readable(bias)} it answers "
        f"**{readable(relu)}**. Multiplied were {window.size} pairs of numbers; the whole clip "
        f"takes {window.size * found.output.size:,} multiplications (MACs)."
    )


def ways(clip: str, kernel: str, weights: Any, channel: int) -> None:
    """2D, 2D on many frames, and 3D, one above the other on one scale of time."""
    if not size_of(len(clips.small_clip(clip)), len(weights), 1, 0):
        st.warning(
            f"A kernel {len(weights)} frames deep finds no place in a clip of 8 frames. Take a "
            "smaller depth.",
            icon=":material/broken_image:",
        )
        told = cells.Chosen(clip, kernel, len(weights), channel, (1, 1), (0, 0))
        display.in_notebook("convolution", cells.formula_cell(clips.small_clip(clip), told))
        return
    st.markdown("**The clip** that all three are given")
    whole = walk(clips.small_clip(clip), weights)
    display.chart(
        plots.input_plot(whole, None), key="input", alt=f"Eight frames of the clip: {clip}."
    )
    for name, way in clips.three_ways(clip, weights).items():
        output, frames = way.output, len(way.output)
        comes = (
            "one image comes out, no time axis is left"
            if frames == 1
            else f"{frames} frames come out, each below the middle of those it was made from"
        )
        st.markdown(f"**{name}** ({way.says}): {comes}")
        if not abs(output).max():
            st.caption(
                "Nothing but zeros: within one frame this kernel adds up to nothing. It looks for "
                "change, and one frame holds none."
            )
        display.chart(
            plots.below_plot(output, whole.clip.shape, way.first),
            key=f"way-{name}",
            alt=f"{name}: {'×'.join(map(str, output.shape))} numbers from "
            f"{readable(float(output.min()))} to {readable(float(output.max()))}.",
        )
    with st.container(border=True, key="seen"):
        st.markdown(
            "**What to see**\n"
            "- One frame shows where something is. How it moves is not in it: compare the clips "
            "that move with the bar that stands still.\n"
            f"- {claim('channels-are-3d').statement}\n"
            f"- {claim('channels-know-how').statement}"
        )
    told = cells.Chosen(clip, kernel, len(weights), channel, (1, 1), (0, 0))
    display.in_notebook("convolution", cells.walk_cell(told))


def net() -> None:
    """Real maps of a real net, over the time that they cover."""
    columns = st.columns(4, gap="medium")
    name = columns[0].selectbox("Net", clips.NETS, key="convolution.net", bind="query-params")
    motion = columns[1].selectbox(
        "Motion",
        MotionDigits.motions,
        index=1,
        key="convolution.motion",
        bind="query-params",
    )
    number = columns[2].number_input(
        "Clip number", 0, 199, 3, key="convolution.number", bind="query-params"
    )
    rank = columns[3].slider(
        "Channel, by its largest answer",
        1,
        8,
        key="convolution.rank",
        bind="query-params",
        help="1 is the channel of each layer that answers most to this clip.",
    )
    st.markdown(
        "**One channel of every layer**: bright is a strong answer, the blue bar is the time that "
        "a frame stands for"
    )
    st.image(
        clips.pyramid(name, motion, int(number), rank - 1),
        alt=f"{name}, a digit that moves {motion}: from 16 frames of the clip to one frame behind "
        "the last pool, layer by layer.",
        width="stretch",
    )
    maps = clips.activations(name, motion, int(number))
    lengths = {layer: m.shape[1] for layer, m in maps.items()}
    shares = {layer: float((m > 0).mean()) for layer, m in maps.items() if layer != "clip"}
    st.markdown(
        f"Frames: {' → '.join(map(str, lengths.values()))}. Every layer's maps are smaller and "
        "see more. Each of their pixels is one unit's answer:"
    )
    if name == clips.TRAINED:
        channel = clips.strongest(maps, "conv1")[rank - 1]
        # a link, so that its address holds all it shows; it opens beside this view
        st.link_button(
            f"Walk with filter {channel} of conv1 over a clip",
            way_to_unit(channel),
            icon=":material/zoom_in:",
        )
    display.chart(
        frames_plot({name: lengths}),
        key="frames",
        alt=f"Frames left: {', '.join(f'{k} {v}' for k, v in lengths.items())}.",
    )
    display.numbers(
        {
            "layer": list(shares),
            "channels": [str(len(maps[layer])) for layer in shares],
            "frames": [str(lengths[layer]) for layer in shares],
            "answers above zero": [f"{share:.0%}" for share in shares.values()],
        },
        alt="Maps of each layer",
    )
    display.in_notebook("convolution", cells.net_cell(name, motion, int(number)))


main()
