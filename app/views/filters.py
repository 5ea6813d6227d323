"""Filters: one unit of a net from all sides, and the same layer at four depths of kernels."""

import re

import display
import filter_looks as looks
import filter_views as views
import filter_words as words
import state
import streamlit as st
from filter_views import Asked
from loaded_nets import MEGABYTES, Loaded, forget_net, loaded_net

from c3d_teach import KitError, shipped
from c3d_teach.analysis.filters.tuning import Tuning
from c3d_teach.viz.compass_plots import compass_plot

KERNEL, MOTION, CLIPS = "kernel", "the motion it likes", "best clips"
BACK, DEPTHS = "back to the pixels", "depths compared"
LOOKS = (KERNEL, MOTION, CLIPS, BACK, DEPTHS)
OWN = "your own file"
NETS = [name for name in words.KINDS if name in shipped()]
NET, LAYER, UNIT = "filters.net", "filters.layer", "filters.unit"
OF, COMPASS, CLICKED = "filters.unit is of", "filters.compass", "filters.clicked"


def main() -> None:
    look = st.segmented_control(
        "Look at",
        LOOKS,
        default=MOTION,
        required=True,
        key="filters.look",
        bind="query-params",
        wrap=True,
        label_visibility="collapsed",
    )
    look = look or MOTION  # a link may say nothing
    left, right = st.columns([5, 11], gap="large")
    with left:
        asked = choose(look)
    with right:
        if asked is None:
            waiting()
        else:
            show(look, asked)
    reading()
    if asked is None:
        asked = Asked(state.classifier("motion-d3"), "conv1", 0)
    rank = int(st.session_state.get(looks.CLIP) or 1) - 1
    method = st.session_state.get(looks.METHOD) or looks.METHODS[0]
    display.in_notebook("filters", words.cell(asked, look, rank, method))


def choose(look: str) -> Asked | None:
    """Net, layer and unit; None as long as there is no net."""
    name = st.selectbox(
        "Net",
        [*NETS, OWN],
        index=NETS.index("motion-d3"),
        key=NET,
        bind="query-params",
        help=display.meaning("depth of a kernel"),
    )
    own = choose_file() if name == OWN else None
    if name != OWN:
        st.caption(words.KINDS[name])
        forget_net()
    elif own is None:
        return None
    net = own.net if own else state.classifier(name)
    layers = views.layers_of(net)
    settle_layer(layers)
    layer = st.segmented_control(
        "Layer",
        layers,
        default=layers[0],
        required=True,
        key=LAYER,
        bind="query-params",
        wrap=True,
        help="Convolutions come first. The fully connected layers (fc) have no kernel to look at, "
        "but their units have favourite motions and clips.",
    )
    layer = layer or layers[0]
    asked = Asked(net, layer, 0, own)
    found = tuning_at_hand(asked, look)
    count = views.units_in(net, layer)
    ranking = found.most_selective(count) if found else []
    settle_unit((own.key if own else name, layer), count, ranking)
    asked = asked.at(choose_unit(count, ranking))
    if found is not None:
        compass(found, asked)
    return asked


def choose_file() -> Loaded | None:
    file = st.file_uploader(
        "A net of this kit (.safetensors)",
        ["safetensors"],
        key="filters.file",
        max_upload_size=MEGABYTES,
        help="As `c3d-teach train` and `save()` write it. The file stays on this machine and is "
        "deleted once it is read; no other visitor sees your net.",
    )
    if file is None:
        forget_net()
        return None
    try:
        return loaded_net(file, file.name, file.file_id)
    except KitError as error:
        forget_net()
        st.error(str(error), icon=":material/error:")
        return None


def settle_layer(layers: list[str]) -> None:
    """Another net may name its layers otherwise: stay at the same depth of the net."""
    chosen = st.session_state.get(LAYER)
    if chosen is None or chosen in layers:
        return
    stem = re.sub(r"[a-z]$", "", chosen)
    near = [one for one in layers if one.startswith(stem)]
    st.session_state[LAYER] = near[0] if near else layers[0]


def settle_unit(of: tuple[str, str], count: int, ranking: list[int]) -> None:
    """Start another layer at its most selective unit; follow a click on the compass."""
    before, st.session_state[OF] = st.session_state.get(OF), of
    now = st.session_state.get(UNIT, st.query_params.get(UNIT))
    clicked = clicked_unit()
    if (
        now is None
        or (before is not None and before != of)
        or (UNIT in st.session_state and now >= count)
    ):
        st.session_state[UNIT] = ranking[0] if ranking else 0
    elif before == of and clicked != st.session_state.get(CLICKED) and clicked in range(count):
        st.session_state[UNIT] = clicked
    st.session_state[CLICKED] = clicked


def clicked_unit() -> int | None:
    """The unit of the compass that was clicked last."""
    points = (st.session_state.get(COMPASS) or {}).get("selection", {}).get("points", [])
    clicked = points[0].get("customdata") if points else None
    return clicked[0] if isinstance(clicked, list) else clicked


def choose_unit(count: int, ranking: list[int]) -> int:
    unit = st.number_input(
        f"Unit (0 to {count - 1})",
        0,
        count - 1,
        value=None,  # else the address would leave unit 0 out, and a link to it open another one
        key=UNIT,
        bind="query-params",
        help=display.meaning("unit"),
    )
    now = int(unit or 0)
    if ranking:
        place = ranking.index(now) if now in ranking else -1
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Pickiest",
                on_click=go_to,
                args=(ranking[0],),
                icon=":material/first_page:",
                help="The unit that tells a direction from its opposite best.",
            )
            st.button(
                "Next",
                on_click=go_to,
                args=(ranking[(place + 1) % len(ranking)],),
                icon=":material/navigate_next:",
                help="The next in the order of direction selectivity.",
            )
    return now


def go_to(unit: int) -> None:
    st.session_state[UNIT] = unit


def tuning_at_hand(asked: Asked, look: str) -> Tuning | None:
    """None where it would take a while and is not asked for, or where there is none."""
    if look != MOTION and not views.is_kept(asked):
        return None
    try:
        return views.tuning_of(asked)
    except KitError:
        return None  # the look at motion says why


def compass(found: Tuning, asked: Asked) -> None:
    """All units of the layer; a click on one chooses it."""
    st.markdown(
        f"**All units of {asked.layer}.** Each dot is one: it lies towards the motion it likes, "
        "and the farther out, the less it answers to the opposite. Click one."
    )
    known = [k for k in range(len(found.selectivity)) if found.selectivity[k] >= 0]
    display.chart(
        compass_plot(found, asked.unit),
        key=COMPASS,
        alt=f"{words.layer_at_large(found)} {len(known)} dots.",
        select=True,
    )
    st.caption(words.layer_at_large(found))


def waiting() -> None:
    st.info(
        "Hand in a net that you have trained (`c3d-teach train`, then the file "
        "`net.safetensors` of its folder), or one written by `save()`. Then look at its units "
        "as at those of the shipped nets.",
        icon=":material/upload_file:",
    )


def show(look: str, asked: Asked) -> None:
    if look == KERNEL:
        looks.kernel(asked)
    elif look == MOTION:
        try:
            found = views.tuning_of(asked)
        except KitError as error:
            st.info(str(error), icon=":material/info:")
        else:
            looks.motion(asked, found)
    elif look == CLIPS:
        looks.best_clips(asked)
    elif look == BACK:
        looks.back(asked)
    else:
        looks.depths(asked.layer)


def reading() -> None:
    with st.expander("How to read this page"):
        st.markdown(
            "- A **unit** is one channel of a layer: one kernel, at every place of the clip.\n"
            "- **Direction selectivity** compares the answer to the favourite direction with that "
            "to the opposite: 0 is alike, 1 is silence in the opposite direction.\n"
            "- A net with **random weights** prefers some directions, too. Only what goes beyond "
            "that has been learnt.\n"
            "- **Deconvolution** goes back from one strong answer to the pixels that caused it. "
            "Its control beside it shows how much of the picture training has made.\n"
            "- The address of this page holds all settings: copy it to share what you see. Nets "
            "that you hand in are not part of it."
        )


main()
