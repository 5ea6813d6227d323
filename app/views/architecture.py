"""Architecture: build a net, and see what becomes of time, parameters and work in it."""

from pathlib import Path

import architecture_words as words
import display
import streamlit as st
from architecture_controls import choose_net
from architecture_plans import OTHER, PLANS, SEARCH, WIDTHS, Plan

from c3d_teach.analysis.fields.receptive_fields import field_in
from c3d_teach.models.arithmetic import short
from c3d_teach.models.built import Built
from c3d_teach.viz.field_plots import receptive_fields_plot
from c3d_teach.viz.film_strip import film_strip_plot
from c3d_teach.viz.net_bars import sizes_plot, weights_and_work_plot
from c3d_teach.viz.net_plots import net_plot

LAYER, WITH, CLICKED = "architecture.layer", "architecture.with", "architecture.clicked"

STYLE = Path(__file__).parents[1] / "styles" / "architecture.css"


def main() -> None:
    st.html(STYLE)
    left, right = st.columns([11, 20], gap="large")
    with left:
        name, plan = choose_net()
        built = plan.built()
    with right:
        totals(built)
        picture(built)
    with right if display.projected() else left:  # where there is room
        look(built)
    st.subheader("One layer, worked out", anchor=False)
    one_layer(built)
    left, right = st.columns(2, gap="large")
    with left:
        shares(built)
    with right:
        fields(built)
    compare(name, built)
    table(built)
    slips(plan)
    display.in_notebook("architecture", words.cell(plan, built, WIDTHS[plan.width]))


def totals(built: Built) -> None:
    if built.ends_at:
        st.warning(f"**No net.** {built.says[0]}", icon=":material/timer_off:")
        return
    assert built.arrow
    left = [row.shape[1] for row in built.rows if len(row.shape) > 1][-1]
    with st.container(horizontal=True, gap="medium", key="totals"):
        for label, value, term in (
            ("Parameters", f"{built.parameters:,}", "parameter"),
            ("MACs a clip", short(built.macs), "MACs"),
            ("Frames", f"{built.clip_shape[1]} → {left}", "temporal pooling"),
            ("Arrow of time", "blind" if built.arrow.blind else "learnable", "arrow of time"),
        ):
            st.metric(label, value, help=display.meaning(term), width="content")


def picture(built: Built) -> None:
    """The net as blocks, of which one can be chosen."""
    st.subheader(words.title(built), anchor=False)
    st.caption(
        "A block is what a layer puts out: as wide as it has frames; as high as its maps, on a "
        "scale that is squeezed (square root). Numbers on top count channels, where they change. "
        "Click a block, or choose a layer below."
        + " A cross: kernels with slices that never meet a frame."
        * bool(built.dead)
    )
    names = [row.name for row in built.rows]
    if st.session_state.get(LAYER) not in (None, *names):  # of another net
        del st.session_state[LAYER]
    layer = st.session_state.get(LAYER, st.query_params.get(LAYER))
    event = display.chart(
        net_plot(
            built.rows,
            built.clip_shape,
            ends_at=built.ends_at,
            dead=[one.layer for one in built.dead],
            current=layer if layer in names else first_layer(names),
        ),
        key="net",
        alt=f"{words.title(built)}. Frames behind each layer: "
        + ", ".join(f"{r.name} {r.shape[1]}" for r in built.rows if len(r.shape) > 1),
        select=True,
    )
    take_click(event, names)


def first_layer(names: list[str]) -> str:
    """The layer that is worked out until another one is chosen."""
    return next((name for name in names if name.startswith("conv3")), names[0])


def take_click(event: object, names: list[str]) -> None:
    """A block that was clicked now, and not in a run before, is the layer from here on."""
    points = event["selection"]["points"]  # type: ignore[index]
    clicked = points[0].get("customdata") if points else None
    clicked = clicked[0] if isinstance(clicked, list) else clicked
    if clicked != st.session_state.get(CLICKED):
        st.session_state[CLICKED] = clicked
        if clicked in names and clicked != st.session_state.get(LAYER):
            st.session_state[LAYER] = clicked
            st.rerun()


def look(built: Built) -> None:
    with st.container(border=True, key="seen"):
        listed = "\n".join(f"- {line}" for line in words.seen(built))
        st.markdown(f"**What to see**\n{listed}")


def one_layer(built: Built) -> None:
    left, right = st.columns(2, gap="large")
    names = [row.name for row in built.rows]
    with left:
        name = st.selectbox(
            "Layer",
            names,
            index=names.index(first_layer(names)),
            key=LAYER,
            bind="query-params",
        )
        st.markdown("\n".join(f"- {line}" for line in words.detail(built, name)))
    with right:
        field = field_in(built.layers, built.clip_shape, name)
        said = words.view(field)
        st.markdown(said, help=display.meaning("receptive field"))
        display.chart(film_strip_plot(field), key="field", alt=said)


def shares(built: Built) -> None:
    st.subheader("Where the weights are, and where the work is", anchor=False)
    st.caption("Shares of the whole net, layer by layer; pools have neither.")
    if built.ends_at:
        st.info("There is no whole net to take shares of.", icon=":material/info:")
        return
    display.chart(weights_and_work_plot(built.rows), key="shares", alt=words.seen(built)[-1])


def fields(built: Built) -> None:
    st.subheader("How far one output of each layer sees", anchor=False)
    st.caption("In time, and over the width of a frame. Shaded: the clip. Beyond it is padding.")
    seen = [field_in(built.layers, built.clip_shape, row.name) for row in built.rows]
    display.chart(
        receptive_fields_plot(seen),
        key="fields",
        alt="Receptive fields: "
        + ", ".join(f"{r.name} {words.times(r.receptive_field)}" for r in built.rows),
    )


def compare(name: str, built: Built) -> None:
    st.subheader("Beside another net", anchor=False)
    other_name = st.selectbox(
        "Compare with", list(PLANS), index=list(PLANS).index(OTHER), key=WITH, bind="query-params"
    )
    nets = {other_name: PLANS[other_name].built()}
    st.markdown(words.compared(name, built, other_name, nets[other_name]))
    if slip := words.slip(name, other_name):
        st.info(slip, icon=":material/history_edu:")
    nets |= {one: PLANS[one].built() for one in SEARCH}
    nets = {one: net for one, net in ({name: built} | nets).items() if not net.ends_at}
    st.caption("Filled: this net. Outlined: the one it is compared with, and the paper's six.")
    display.chart(
        sizes_plot(
            {one: (net.parameters, net.macs) for one, net in nets.items()},
            current=name if name in nets else None,
        ),
        key="sizes",
        alt="Parameters: " + ", ".join(f"{one} {net.parameters:,}" for one, net in nets.items()),
    )


def table(built: Built) -> None:
    rows = built.rows
    display.numbers(
        {
            "layer": [row.name for row in rows],
            "d×k×k": [
                words.times(getattr(layer, "kernel", ())) for layer in built.layers[: len(rows)]
            ],
            "output c×l×h×w": [words.times(row.shape) for row in rows],
            "parameters": [f"{row.parameters:,}" for row in rows],
            "MACs": [f"{row.macs:,}" for row in rows],
            "sees": [words.times(row.receptive_field) for row in rows],
        },
        alt="Every layer with its shape, parameters, MACs and receptive field",
        label="All layers as numbers",
    )


def slips(plan: Plan) -> None:
    with st.expander("Where the paper, and texts about it, slip"):
        st.markdown("\n".join(f"- {note}" for note in words.notes(plan)))


main()
