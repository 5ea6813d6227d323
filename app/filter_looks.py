"""The looks of the page "Filters" at one unit, and at one layer of four nets."""

import re
from typing import Any

import display
import filter_views as views
import filter_words as words
import state
import streamlit as st
from filter_views import Asked

from c3d_teach import KitError, claim
from c3d_teach.analysis.filters.tuning import Tuning
from c3d_teach.experiments import unit_answers
from c3d_teach.viz.compass_plots import depth_plot
from c3d_teach.viz.kernel_panels import energy_plot, sections_plot, slices_plot, spectrum_plot
from c3d_teach.viz.tuning_plots import frequencies_plot, rose_plot

METHODS = ("deconvolution", "guided backpropagation", "gradient")
CLIP, METHOD = "filters.clip", "filters.method"


def to_see(*lines: str) -> None:
    with st.container(border=True, key="seen"):
        st.markdown("**What to see**\n" + "\n".join(f"- {line}" for line in lines))


def kernel(asked: Asked) -> None:
    if not asked.is_kernel:
        st.info(
            f"{asked.layer} is fully connected: it has no kernel that slides over the clip. Its "
            "favourite motions and clips are behind the other buttons.",
            icon=":material/info:",
        )
        return
    view = views.kernel_of(asked)
    st.subheader(view.headline, anchor=False)
    to_see(
        view.sentence,
        "In the **x–t section** what moves is slanted: a stripe that leans tells the direction and "
        "the speed, an upright one stands still.",
    )
    of = f", input channel {view.channel}" if len(view.kernel) > 1 else ""
    st.markdown(f"**Slices through time{of}**: blue below 0, white 0, orange above")
    display.chart(
        slices_plot(view),
        key="filters.slices",
        alt=f"{len(view.slices)} slices of {view.name}, from early to late. {view.sentence}",
    )
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Through time**: all rows (or columns) added up")
        display.chart(
            sections_plot(view),
            key="filters.sections",
            alt=f"The x–t and the y–t section of {view.name}. {view.headline}.",
        )
    with right:
        st.markdown("**Spectrum**: answer to gratings, dark is strong")
        display.chart(
            spectrum_plot(view),
            key="filters.spectrum",
            alt=f"{(1 + view.direction_index) / 2:.0%} of the power in direction "
            f"{view.direction:.0f}°, the rest in the opposite.",
        )
    st.markdown("**Shares of the energy** (the squared weights of the whole kernel)")
    display.chart(
        energy_plot(view),
        key="filters.energy",
        alt=f"{view.temporal_share:.0%} change over time, {view.separability:.0%} in one picture "
        "times one time course.",
    )
    display.numbers(
        {
            "measure": [
                "depth (frames)",
                "change over time",
                "fits one picture × one time course",
                "direction",
                "direction index",
            ],
            "value": [
                str(len(view.slices)),
                f"{view.temporal_share:.1%}",
                f"{view.separability:.1%}",
                f"{view.direction:.0f}°",
                f"{view.direction_index:.2f}",
            ],
        },
        alt="Measures of the kernel",
    )
    st.caption(
        f"Do not read too much into one kernel. {claim('kernels-look-random').statement} What a "
        "unit answers to says more: see *the motion it likes*."
    )


def motion(asked: Asked, found: Tuning) -> None:
    unit = found.unit(asked.unit)
    st.subheader(f"What {unit.unit} answers to", anchor=False, help=display.meaning("tuning"))
    to_see(
        words.likes(unit),
        "The **map** says which gratings: coarse or fine from left to right, slow or fast from the "
        "middle outwards. In its lower half they drift the other way.",
    )
    left, right = st.columns([5, 6], gap="medium")
    with left:
        st.markdown("**Directions**: farther out is stronger")
        display.chart(
            rose_plot(unit),
            key="filters.rose",
            alt=f"The answer to {len(unit.directions)} directions. {unit.sentence}",
        )
    with right:
        st.markdown("**Size and speed**: darker is stronger, × is the favourite")
        display.chart(
            frequencies_plot(unit),
            key="filters.map",
            alt=f"The answer to gratings of several frequencies. {unit.sentence}",
        )
    display.numbers(
        {
            "direction": [f"{round(float(d))}°" for d in unit.directions],
            "response": [f"{float(r):.3g}" for r in unit.curve],
        },
        alt="Response to each direction",
    )
    st.caption(f"{words.how_asked(asked)} {claim('flat-selectivity-zero').statement}")


def best_clips(asked: Asked) -> None:
    best, looked = views.best_of(asked)
    st.subheader(f"The clips that excite {best.unit} most", anchor=False)
    if not len(best):
        st.info(f"None of {looked} clips excites this unit.", icon=":material/info:")
        return
    lines = words.clips_in_words(best, looked)
    to_see(*lines, "The box is what the unit sees, and shows in the frames that it sees.")
    st.image(
        views.film_of_best(asked),
        width="stretch" if display.projected() else 640,
        alt=f"{len(best)} clips playing side by side, the strongest first. {' '.join(lines)}",
    )
    kinds = {kind: list(names) for kind, names in best.labels.items()}
    display.numbers(
        {
            "clip": [int(n) for n in best.numbers],
            "activation": [f"{float(a):.3g}" for a in best.activations],
            **kinds,
            "frames": [f"{t0} to {t1 - 1}" for t0, t1 in best.boxes[:, 0].tolist()],
            "rows": [f"{y0} to {y1 - 1}" for y0, y1 in best.boxes[:, 1].tolist()],
            "columns": [f"{x0} to {x1 - 1}" for x0, x1 in best.boxes[:, 2].tolist()],
        },
        alt="The clips, what they show, and where in them the unit answers most",
    )


def back(asked: Asked) -> None:
    best, _ = views.best_of(asked)
    st.subheader(f"What in a clip excites {best.unit}", anchor=False)
    if not len(best):
        st.info("No clip excites this unit, so there is nothing to trace back.")
        return
    left, right = st.columns([3, 2])
    method = left.segmented_control(
        "Method",
        METHODS,
        default=METHODS[0],
        required=True,
        key=METHOD,
        bind="query-params",
        wrap=True,
        help=display.meaning("deconvolution", "gradient"),
    )
    method = method or METHODS[0]  # a link may say nothing
    if st.session_state.get(CLIP) is not None and st.session_state[CLIP] > len(best):
        st.session_state[CLIP] = 1
    rank = (
        right.number_input(
            f"Of its best clips, number (1 to {len(best)})",
            1,
            len(best),
            key=CLIP,
            bind="query-params",
        )
        - 1
    )
    trained = views.heat_of(asked, rank, method, drawn=False)
    places = st.columns(2, gap="medium")
    with places[0]:
        st.markdown(f"**{method.capitalize()}** of the net as it is")
        st.image(
            views.film_of_heat(asked, rank, method, drawn=False),
            width="stretch",
            alt=f"The clip, and beside it the clip under heat. {trained.sentence}",
        )
    lines = [trained.sentence]
    with places[1]:
        st.markdown("**Control:** the same unit with random weights")
        try:
            drawn = views.heat_of(asked, rank, method, drawn=True)
        except KitError:
            st.info("With random weights this unit does not answer to the clip at all.")
        else:
            st.image(
                views.film_of_heat(asked, rank, method, drawn=True),
                width="stretch",
                alt=f"The same with random weights. {drawn.sentence}",
            )
            lines.append(words.heat_in_words(views.likeness(trained, drawn)))
    to_see(*lines)
    st.caption(
        "In each film the clip is at the left. A white line encloses the strongest half of the "
        f"heat. {claim('guided-keeps').statement}"
    )


def depths(layer: str) -> None:
    """The same layer in nets whose kernels are 1, 3, 5 and 7 frames deep."""
    group = re.match(r"conv\d", layer)
    at = group[0] if group else "conv5"
    names = {f"Depth {name[-1]}": name for name in unit_answers.CONTROLLED}
    st.subheader(f"{at} with kernels 1, 3, 5 and 7 frames deep", anchor=False)
    tunings: dict[str, Any] = {}
    drawn: dict[str, Any] = {}
    for title, name in names.items():
        layers = unit_answers.layers_kept(state.classifier(name))[:-1]
        tunings[title] = {one: unit_answers.kept_tuning(name, one) for one in layers}
        drawn[title] = {one: unit_answers.random_selectivity(name, one) for one in layers}
    trained = {
        title: {one: found.selectivity for one, found in every.items()}
        for title, every in tunings.items()
    }
    head, *lines = words.depths_in_words(
        at,
        {title: every[at] for title, every in trained.items()},
        {title: every[at] for title, every in drawn.items()},
    )
    to_see(
        head + "\n" + "\n".join(f"    - {line}" for line in lines),
        "On top: the pickiest unit of each net. With depth 1 every shape is the same on both "
        "sides: left and right cannot differ.",
    )
    for place, (title, name) in zip(st.columns(4, gap="small"), names.items(), strict=True):
        with place:
            column(title, name, at, tunings[title][at], trained[title], drawn[title])
    st.caption(
        "Blue: trained, the median of all units that answer. Open diamonds: the same net with "
        "random weights, drawn three times. Bottom: the pickiest unit's kernel, of its strongest "
        f"input channel. {claim('gratings-selectivity').statement}"
    )


def column(
    title: str, name: str, layer: str, found: Tuning, trained: dict[str, Any], drawn: dict[str, Any]
) -> None:
    best = found.most_selective(1)
    unit = found.unit(best[0] if best else 0)
    view = views.kernel_of(Asked(state.classifier(name), layer, best[0] if best else 0))
    st.markdown(f"**{title}** · unit {best[0] if best else 0}, selectivity {unit.selectivity:.2f}")
    display.chart(
        depth_plot(unit, view, trained, drawn, layer=layer),
        key=f"filters.depth-{name}",
        alt=f"{name}: {words.likes(unit)} {view.headline}.",
    )
