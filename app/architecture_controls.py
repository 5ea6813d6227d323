"""The controls with which a net is put together on the page "Architecture"."""

from typing import Any

import display
import streamlit as st
from architecture_plans import (
    CLASSES,
    COLOURS,
    DEPTHS,
    FIRST,
    FRAMES,
    MERGED,
    OWN,
    PLANS,
    SIZES,
    WIDTHS,
    Plan,
)
from architecture_state import NET, changed, key_of, rename, settle, started, starting_point

from c3d_teach.models.built import NETS

GROUPS = {"search net": ("conv1", "conv2", "conv3", "conv4", "conv5")} | {
    "C3D": ("conv1a", "conv2a", "conv3a, 3b", "conv4a, 4b", "conv5a, 5b")
}


def choose_net() -> tuple[str, Plan]:
    """All controls of the net: what it is called, and what it is."""
    rename()
    at = starting_point()
    name = st.selectbox(
        "Start from",
        [*PLANS, OWN],
        index=list(PLANS).index(FIRST),
        key=NET,
        bind="query-params",
        on_change=started,
        help="**C3D** is the paper's net. **depth-1** to **decreasing** are the six nets of its "
        "search for the best depth of kernels. Then change what you like.",
    )
    net = st.segmented_control(
        "Kind of net",
        list(NETS),
        default=at.net,
        required=True,
        key=key_of("net"),
        bind="query-params",
        on_change=changed,
        help="The **search net** has five convolutions, **C3D** eight in five groups.",
    )
    chosen: dict[str, Any] = {}
    for group in range(1, 6):
        with st.container(horizontal=True, gap="small"):
            chosen |= _depth_of_group(group, GROUPS[net][group - 1], at)
    chosen["frames"] = st.slider(
        "Frames in a clip",
        *FRAMES,
        at.frames,
        key=key_of("frames"),
        bind="query-params",
        on_change=changed,
        help=display.meaning("clip"),
    )
    plan = Plan(net=net, **chosen, **_size_of_net(at))
    settle(name, plan)
    return name, plan


def _depth_of_group(group: int, label: str, at: Plan) -> dict[str, int]:
    """The controls of one group of convolutions and of the pool behind it."""
    conv, pool = f"conv{group}", f"pool{group}"
    depth = st.segmented_control(
        f"{label}: kernel depth",
        DEPTHS,
        default=getattr(at, conv),
        required=True,
        key=key_of(conv),
        bind="query-params",
        on_change=changed,
        help=display.meaning("depth of a kernel") if group == 1 else None,
    )
    merged = st.segmented_control(
        f"{pool} merges",
        MERGED,
        default=getattr(at, pool),
        required=True,
        key=key_of(pool),
        bind="query-params",
        on_change=changed,
        help=display.meaning("temporal pooling") if group == 1 else None,
    )
    return {conv: depth, pool: merged}


def _size_of_net(at: Plan) -> dict[str, Any]:
    with st.expander("Frame size, width and classes"):
        size = st.segmented_control(
            "Rows and columns of a frame",
            SIZES,
            default=at.size,
            required=True,
            key=key_of("size"),
            bind="query-params",
            on_change=changed,
        )
        colour = st.segmented_control(
            "Frames in",
            list(COLOURS),
            default=at.colour,
            required=True,
            key=key_of("colour"),
            bind="query-params",
            on_change=changed,
            help=display.meaning("channel"),
        )
        width = st.segmented_control(
            "Width: filters and features, times the paper's",
            list(WIDTHS),
            default=at.width,
            required=True,
            key=key_of("width"),
            bind="query-params",
            on_change=changed,
        )
        classes = st.number_input(
            "Classes",
            *CLASSES,
            at.classes,
            key=key_of("classes"),
            bind="query-params",
            on_change=changed,
            help="487 are those of Sports-1M, 101 those of UCF101.",
        )
    return {"size": size, "colour": colour, "width": width, "classes": int(classes)}
