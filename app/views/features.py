"""Features: a map of clips by descriptor, a clip's neighbours, and how few numbers will do."""

import display
import feature_clips as clips
import streamlit as st

from c3d_teach import claim
from c3d_teach.experiments import squeezed
from c3d_teach.experiments.clip_maps import LAYERS, METHODS, NETS, ClipMap, layer_of
from c3d_teach.viz.clip_map_plot import clip_map_plot
from c3d_teach.viz.compactness_plot import compactness_plot

CHOSEN, CLICKED, SEEN = "features.clip", "features clicked", "features seen"
# section 4.3 of the paper, C3D's fc6 on UCF101
PAPER = {10: 0.528, 50: 0.726, 100: 0.756, 500: 0.794}


def main() -> None:
    nets, layer, method = choose()
    clip, count = point()
    if len(nets) == 1:
        alone(nets[0], layer, method, clip, count)
    else:
        for column, net in zip(st.columns(2, gap="large"), nets, strict=True):
            with column:
                beside(net, layer, method, clip, count)
    seen(nets, layer, clip, count)
    compact()
    display.in_notebook("features", cell(nets[0], layer, clip, count))


def choose() -> tuple[list[str], str, str]:
    """The nets (one, or two to compare), the layer and the way to make a map."""
    columns = st.columns([3, 3, 3, 2], gap="medium")
    net = columns[0].selectbox(
        "Net",
        NETS,
        index=NETS.index("motion-d3"),
        key="features.net",
        bind="query-params",
        help="The motion nets have learnt how digits move, the camera nets how a camera moves. "
        "The number is the depth of the kernels; **frame** sees one frame, **stacked** all "
        "frames as channels.",
    )
    other = columns[1].selectbox(
        "Compare with",
        (clips.NOBODY, *clips.others(net)),
        key="features.other",
        bind="query-params",
        help="Another net that was trained on the same clips and asked about the same clips.",
    )
    layer = columns[2].segmented_control(
        "Layer",
        LAYERS,
        default=LAYERS[0],
        required=True,
        key="features.layer",
        bind="query-params",
        help=display.meaning("descriptor"),
    )
    ways = {said: method for method, said in METHODS.items()}
    way = columns[3].segmented_control(
        "Map",
        list(ways),
        default=METHODS["pca"],
        required=True,
        key="features.map",
        bind="query-params",
        help="**PCA** is a shadow: it keeps large distances. **t-SNE** keeps who is next to whom; "
        "distances between groups mean little.",
    )
    nets = [net] if other == clips.NOBODY else [net, other]
    # a link with an empty value chooses nothing
    return nets, layer or LAYERS[0], ways[way or METHODS["pca"]]


def point() -> tuple[int, int]:
    """Which clip, and how many neighbours; a click on the map sets the clip."""
    if (clicked := st.session_state.pop(CLICKED, None)) is not None:
        st.session_state[CHOSEN] = clicked
    left, right, _ = st.columns([3, 3, 5], gap="medium")
    clip = left.number_input(
        "Clip",
        0,
        clips.last_clip(),
        8,
        key=CHOSEN,
        bind="query-params",
        help="Or choose a point on the map.",
    )
    count = right.slider("Neighbours", 1, 9, 5, key="features.neighbours", bind="query-params")
    return int(clip), count


def alone(net: str, layer: str, method: str, clip: int, count: int) -> None:
    """One net: its map twice, marked by what is seen and by how it moves."""
    found = clips.mapped(net, layer, method)
    st.subheader(found.embedding.headline, anchor=False)
    for column, by in zip(st.columns(2, gap="medium"), ("what", "how"), strict=True):
        with column:
            map_of(found, by, net, layer, clip, count)
    explained(found)
    st.subheader("The clip and those most alike to it", anchor=False)
    neighbours(net, layer, clip, count)


def beside(net: str, layer: str, method: str, clip: int, count: int) -> None:
    """One of two nets, in a column of its own."""
    found = clips.mapped(net, layer, method)
    st.markdown(f"**{found.embedding.headline}**")
    map_of(found, "how", net, layer, clip, count)
    neighbours(net, layer, clip, count)
    map_of(found, "what", net, layer, clip, count)
    explained(found)


def map_of(found: ClipMap, by: str, net: str, layer: str, clip: int, count: int) -> None:
    placed = found.embedding
    label = placed.what if by == "what" else placed.how
    st.markdown(
        f"Marked by **{label.kind}**: {label.descriptor:.0%} of the 10 nearest share it, by chance "
        f"{label.chance:.0%}"
    )
    # a click belongs to the map it was made on
    key = f"map-{by}-{net}-{layer}-{placed.method}"
    event = display.chart(
        clip_map_plot(placed, by, chosen=clip, near=found.neighbours[clip][:count].tolist()),
        key=key,
        alt=f"Map marked by {label.kind}. {placed.sentence}",
        select=True,
    )
    points = event.selection.points if event else []
    place = points[0].get("customdata") if points else None
    if isinstance(place, list):
        place = place[0] if place else None
    seen_before = st.session_state.setdefault(SEEN, {})
    changed = place != seen_before.get(key)
    seen_before[key] = place
    if place is not None and changed and int(place) != clip:
        st.session_state[CLICKED] = int(place)
        st.rerun()


def explained(found: ClipMap) -> None:
    placed = found.embedding
    kept = "" if placed.explained is None else f", which keeps {placed.explained:.0%} of variance"
    st.caption(
        f"{len(placed.coordinates)} clips by {METHODS[placed.method]}{kept}. The square is the "
        "chosen clip, circles are its neighbours; they are counted in all dimensions, not on the "
        "map. cos: the cosine of two descriptors, 1 at most."
    )


def neighbours(net: str, layer: str, clip: int, count: int) -> None:
    film, said = clips.films(net, layer, clip, count)
    st.image(film, alt=said)


def seen(nets: list[str], layer: str, clip: int, count: int) -> None:
    lines = []
    for net in nets:
        found = clips.mapped(net, layer, "pca")
        same_what, same_how = clips.alike(found, clip, count)
        what, how = found.embedding.what, found.embedding.how
        of = f"For {net}, of" if len(nets) > 1 else "Of"
        lines += [
            clips.learnt(net, found),
            f"{of} the {count} clips that are nearest to *{clips.named(found, clip)}*, "
            f"**{same_how}** move the same way (chance {how.chance:.0%}) and **{same_what}** show "
            f"the same {what.kind} (chance {what.chance:.0%}). Asked itself, the net answers "
            f"*{clips.answer(net, clip)}*.",
        ]
    with st.container(border=True, key="seen"):
        st.markdown("**What to see**\n" + "\n".join(f"- {line}" for line in lines))


def compact() -> None:
    st.subheader("How few numbers will do?", anchor=False)
    result = squeezed.shipped()
    st.markdown(
        f"{claim('fc6-compact').statement} The paper asks the same of C3D's 4096 numbers on "
        "UCF101 (section 4.3): open diamonds. Other data, other classes: compare the shape of the "
        "curve, not its height."
    )
    display.chart(
        compactness_plot(
            result["points"],
            controls={"shuffled labels": result["shuffled"], "chance": result["chance"]},
            paper=PAPER,
        ),
        key="compactness",
        alt="Accuracy over dimensions: "
        + ", ".join(f"{p['dimension']}: {p['accuracy']:.0%}" for p in result["points"])
        + ".",
    )


def cell(net: str, layer: str, clip: int, count: int) -> str:
    return f"""from c3d_teach import load
from c3d_teach.analysis.descriptors.clip_embedding import clip_descriptors, nearest
from c3d_teach.experiments.clip_maps import clips_of

net, clips = load({net!r}), clips_of({net!r})
found = clip_descriptors(net, clips, layer={layer_of(net, layer)!r}, count=256)
near, cosines = nearest(found, {clip}, {count})
# the neighbours, and how many of them move the same way
near, int((found.how[near] == found.how[{clip}]).sum())"""


main()
