"""Playground: two small nets, trained side by side while one watches."""

from pathlib import Path
from typing import Any

import display
import playground_settings as settings
import streamlit as st
import trainings
from playground_clips import examples
from playground_progress import progress
from playground_settings import OWN, SHARED, SIDES, Net, key
from trainings import Training

from c3d_teach import claim
from c3d_teach.experiments.playground import DEPTHS, LAYERS, POOLS, WIDTHS
from c3d_teach.viz.playground_plots import frames_plot

REDRAWN = 1.0  # seconds between two looks at what goes on
HELP = {
    "task": "**how**: which of eight motions. **what**: which of three digits. **both**: two "
    "answers from one net.",
    "noise": "Standard deviation of what is added to each pixel; black is 0, white is 1.",
    "clips": "They come again and again; validation clips are others.",
    "rate": "The highest of the one-cycle schedule.",
    "batch": "Clips that go through the net together.",
    "steps": "How long the training is.",
    "seed": "Decides clips, first weights and order. See how much another one changes.",
}
STYLES = Path(__file__).parents[1] / "styles"


def main() -> None:
    st.html(STYLES / "playground.css")
    presets()
    nets, place = configure()
    with place:
        buttons(nets)
    running = any(not training.still for training in mine().values())
    # a fragment that redraws itself; when all is still, nothing is asked of the server
    st.fragment(watch, run_every=REDRAWN if running else None)(nets, running)
    clips(nets)
    reading()
    display.in_notebook("playground", cell(nets))


def mine() -> dict[str, Training]:
    """This visitor's trainings, by side."""
    found: dict[str, Training] = st.session_state.setdefault("playground trainings", {})
    return found


def presets() -> None:
    with st.container(horizontal=True, gap="small", key="playground-presets"):
        for name in settings.PRESETS:
            st.button(name, key=key(f"preset.{name}"), on_click=settings.take, args=(name,))


def configure() -> tuple[list[Net], Any]:
    """The controls; the nets that they describe, and where the buttons go."""
    left, middle, right = st.columns(3, gap="large")
    with left:
        option("task", st.segmented_control, required=True, help=HELP["task"])
        two = st.toggle("Two nets side by side", value=True, key=key("two"), bind="query-params")
        with st.expander("Clips and recipe"):
            for name in list(SHARED)[1:]:
                option(name, st.select_slider, help=HELP[name])
        place = st.container(key="playground-buttons")
    chosen = SIDES if two else SIDES[:1]
    for column, side in zip((middle, right), chosen, strict=False):
        with column:
            st.subheader(f"Net {side}", anchor=False)
            build(side.lower())
    return [settings.net_of(side) for side in chosen], place


def option(name: str, control: Any, **extra: Any) -> None:
    label, values = SHARED[name]
    start = settings.first(name)
    given = {"default" if control == st.segmented_control else "value": start}
    control(label, values, key=key(name), bind="query-params", **given, **extra)


def build(side: str) -> None:
    """One side's controls: kernels, pools, width."""
    depth = st.selectbox(
        "Kernel depth",
        [*settings.KERNELS, OWN],
        index=list(settings.KERNELS).index(settings.first(f"{side}.depth")),
        key=key(f"{side}.depth"),
        bind="query-params",
        help=display.meaning("depth of a kernel"),
    )
    if depth == OWN:
        each(side, "kernel", DEPTHS, "conv")
    pooling = st.selectbox(
        "Pooling of time",
        [*settings.POOLING, OWN],
        key=key(f"{side}.pooling"),
        bind="query-params",
        help="How many frames each of the five pools merges into one.",
    )
    if pooling == OWN:
        each(side, "pool", POOLS, "pool")
    st.select_slider(
        "Width",
        WIDTHS,
        value=settings.first(f"{side}.width"),
        format_func=lambda width: f"{width:.3g}",
        key=key(f"{side}.width"),
        bind="query-params",
        help="A factor on the paper's 64 to 256 filters.",
    )


def each(side: str, what: str, values: tuple[int, ...], layer: str) -> None:
    for n in range(1, LAYERS + 1):
        st.select_slider(
            f"{layer}{n}, frames",
            values,
            value=settings.first(f"{side}.{what}"),
            key=key(f"{side}.{what}{n}"),
            bind="query-params",
        )


def clips(nets: list[Net]) -> None:
    """What the nets will see, and what is left of its time in each."""
    left, right = st.columns([1, 1], gap="large")
    with right:  # first, for the clips take longer
        st.markdown("**How many frames are left** behind each layer")
        left_over = settings.frames_left(nets)
        said = "; ".join(
            f"{name}: {', '.join(map(str, each.values()))}" for name, each in left_over.items()
        )
        display.chart(frames_plot(left_over), key="frames", alt=f"Frames left. {said}.")
        for net in nets:
            if net.built.ends_at:
                st.warning(
                    f"{net.name} cannot be built. {net.built.says[0]}", icon=":material/block:"
                )
    with left:
        st.markdown("**What the nets are shown**: one clip of each motion")
        noise = st.session_state.get(key("noise"), settings.first("noise"))
        seed = st.session_state.get(key("seed"), settings.first("seed"))
        film, alt = examples(noise, seed)
        st.image(film, alt=alt, width="stretch")


def buttons(nets: list[Net]) -> None:
    """Train, pause, one step, reset."""
    going = [t for t in mine().values() if not t.over]
    paused = any(t.held for t in going) and not any(at_work(t) for t in going)
    possible = all(net.configuration for net in nets)
    with st.container(horizontal=True, gap="small"):
        if going and not paused:
            st.button(
                "Pause", icon=":material/pause:", key=key("pause"), on_click=tell, args=("pause",)
            )
        else:
            st.button(
                "Go on" if paused and unchanged(nets) else "Train",
                icon=":material/play_arrow:",
                type="primary",
                key=key("train"),
                disabled=not possible,
                on_click=train,
                args=(nets, "go"),
            )
        st.button(
            "One step",
            icon=":material/skip_next:",
            key=key("step"),
            disabled=not possible or (bool(going) and not paused),
            help="One mini-batch, then pause.",
            on_click=train,
            args=(nets, "step"),
        )
        st.button(
            "Reset",
            icon=":material/replay:",
            key=key("reset"),
            disabled=not mine(),
            help="Stops at once; back to untrained nets.",
            on_click=reset,
        )


def at_work(training: Training) -> bool:
    """It has a place, and nobody has asked it to pause."""
    return training.state in (trainings.STARTING, trainings.GOING) and not training.held


def unchanged(nets: list[Net]) -> bool:
    """Whether the settings are still those of what has been trained."""
    return [net.configuration for net in nets] == [t.configuration for t in mine().values()]


def train(nets: list[Net], wanted: str) -> None:
    """Go on with what is paused, or begin anew with what is chosen now."""
    held = mine()
    if unchanged(nets) and any(not training.over for training in held.values()):
        tell(wanted)  # those that are over stay as they are
        return
    reset()
    for side, net in zip(SIDES, nets, strict=False):
        if net.configuration:
            held[side] = trainings.trainings().start(
                trainings.session(), net.configuration, wanted=wanted
            )


def tell(wanted: str) -> None:
    for training in mine().values():
        trainings.trainings().tell(training, wanted)


def reset() -> None:
    for training in mine().values():
        trainings.trainings().stop(training)
    mine().clear()


def watch(nets: list[Net], running: bool) -> None:
    """How far the trainings are; redraws itself while they go on.

    Args:
        running: whether they went on when the buttons were drawn.
    """
    held = mine()
    if running and all(training.still for training in held.values()):
        st.rerun()  # the buttons change, and the redrawing ends
    if not held:
        st.info(
            "Press **Train**: within half a minute you see what each net can learn.",
            icon=":material/play_arrow:",
        )
        return
    for side, training in held.items():
        tell_state(side, training)
    titles = {side: net.name for side, net in zip(held, nets, strict=False)}
    if not unchanged(nets):
        titles = {side: f"{side}, as it was" for side in held}
        st.info("The settings have changed since: **Reset**, then **Train** takes the new ones.")
    shown = {side: t.snapshot for side, t in held.items() if t.snapshot}
    if shown:
        progress(titles, shown)


def tell_state(side: str, training: Training) -> None:
    place = trainings.trainings().in_line(training)
    if place:
        st.info(
            f"Net {side}: {trainings.trainings().places} trainings are under way on this machine. "
            f"This one is number {place} in line and begins by itself.",
            icon=":material/hourglass_empty:",
        )
    elif training.state == trainings.FAILED and training.said:
        st.warning(f"Net {side}: {training.said}", icon=":material/warning:")
    elif training.state == trainings.STARTING:
        st.caption(f"Net {side} is being made …")


def reading() -> None:
    with st.expander("How to read this page"):
        st.markdown(
            "- Both nets have five convolutions, as in the paper's search for the best kernel, but "
            "few filters; the clips are 16 frames of 24 × 24 pixels.\n"
            "- **Right answers** are counted on clips that no training has seen, each played "
            f"forwards and backwards. {claim('depth1-blind').statement} So of two motions that "
            "are each other's reversal it can get one right: half of all, at best.\n"
            "- **Loss** falls when the net becomes surer of the right answers to training clips. "
            "Falling loss with right answers that do not grow means learning by heart.\n"
            "- The address holds all settings, but not the training: whoever opens the link "
            "presses Train. Your training goes on while you look at other pages, and ends when "
            "you close this one."
        )


def cell(nets: list[Net]) -> str:
    """The same trainings with the library."""
    given = "".join(
        f'    "{side}": {net.configuration!r},\n'
        for side, net in zip(SIDES, nets, strict=False)
        if net.configuration
    )
    return (
        "from c3d_teach.experiments.playground import Configuration, PlaygroundRun\n\n"
        f"chosen = {{\n{given}}}\n"
        "runs = {name: PlaygroundRun(configuration) for name, configuration in chosen.items()}\n"
        "for run in runs.values():\n"
        "    for _ in range(20):  # the whole training: run.configuration.steps\n"
        "        run.advance()\n"
        "# after which step, and the share of right answers to validation clips\n"
        "{name: run.snapshot().validation[-1] for name, run in runs.items()}"
    )


main()
