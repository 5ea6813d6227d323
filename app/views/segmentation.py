"""Segmentation: a 3D and a 2D U-Net mark the digit that moves."""

import display
import segmentation_clips as clips
import streamlit as st
from segmentation_clips import LEVELS, NETS, Masks, Scene

from c3d_teach import claim
from c3d_teach.analysis.alterations import ALTERATIONS, AS_IS, FROZEN, REVERSED, SHUFFLED
from c3d_teach.experiments import overlaps
from c3d_teach.experiments.outcome import estimate
from c3d_teach.viz.mask_plots import overlap_plot
from c3d_teach.viz.study_plots import seeds_plot

CLAIMS = (
    *("unet-finds-mover", "unet-2d-cannot-choose", "unet-2d-dim", "unet-skips"),
    "unet-warm-start",
)


def main() -> None:
    left, right = st.columns([4, 9], gap="large")
    with left:
        number, how, alike = choose()
        thresholds, skips = settings()
        held = hold()
    shown = clips.scene(number, how, alike)
    found = {
        said: clips.probabilities(net, number, how, alike, skips if "3d" in net else (True,) * 4)
        >= thresholds[net]
        for net, said in NETS.items()
    }
    fits = {said: clips.overlap(mask, shown.truth) for said, mask in found.items()}
    with right:
        watch(shown, found, fits, how, held)
        seen(shown, fits, how, alike)
    study()
    built()
    display.in_notebook("segmentation", cell(number, how, alike, thresholds, skips))


def choose() -> tuple[int, str, bool]:
    number = st.number_input(
        "Clip number",
        0,
        clips.CHOICES - 1,
        clips.FIRST,
        key="segmentation.clip",
        bind="query-params",
        help="Three digits; one of them moves. The nets have seen none of these digits.",
    )
    how = st.segmented_control(
        "Play it",
        ALTERATIONS,
        default=AS_IS,
        required=True,
        key="segmentation.play",
        bind="query-params",
        wrap=True,
        help="**reversed**: backwards. **shuffled**: frames in random order. **frozen**: the "
        "middle frame, held still.",
    )
    alike = st.toggle(
        "The still digits look like the mover",
        value=True,
        key="segmentation.alike",
        bind="query-params",
        help="Otherwise they are dimmer, and one frame is enough to know which digit to mark.",
    )
    return int(number), how or AS_IS, alike  # a link with an empty value chooses nothing


def settings() -> tuple[dict[str, float], tuple[bool, ...]]:
    """From which probability on a net marks a pixel, and which skips of the 3D net work."""
    thresholds = {
        net: st.slider(
            f"Threshold of the {said}",
            0.05,
            0.95,
            clips.segmenter(net).threshold,
            0.05,
            key=f"segmentation.{net}",
            bind="query-params",
            help="A pixel is marked from this probability on. It starts where the net is best on "
            "validation clips.",
        )
        for net, said in NETS.items()
    }
    working = st.pills(
        "Skip connections of the 3D net",
        LEVELS,
        selection_mode="multi",
        default=LEVELS,
        key="segmentation.skips",
        bind="query-params",
        help=display.meaning("skip connection"),
    )
    return thresholds, tuple(level in working for level in LEVELS)


def hold() -> int | None:
    if not st.toggle("Hold one frame", key="segmentation.hold", bind="query-params"):
        return None
    return int(st.slider("Frame", 0, 15, 8, key="segmentation.frame", bind="query-params"))


def watch(shown: Scene, found: Masks, fits: dict[str, float], how: str, held: int | None) -> None:
    masks = {f"{said}: IoU {fits[said]:.2f}": mask for said, mask in found.items()}
    alt = ", ".join(f"{name} fits with IoU {fit:.2f}" for name, fit in fits.items())
    st.image(
        clips.film(shown, masks, held),
        alt=f"Clip {how}: a {shown.digit} moves {shown.motion} among two still digits; {alt}.",
        width="stretch",
    )
    held_still = how == FROZEN
    st.caption(
        f"The motion {'was' if how != AS_IS else 'is'} *{shown.motion}*, of a {shown.digit}. "
        "Tinted: what a net marks. Outline: the digit that "
        + ("moved before the film was frozen." if held_still else "really moves.")
    )
    st.markdown("**How well each mask fits, frame by frame**")
    lines = {said: clips.overlaps(mask, shown.truth) for said, mask in found.items()}
    display.chart(
        overlap_plot(lines, held=held),
        key="overlap",
        alt=f"Intersection over union along the clip; over all frames: {alt}.",
    )


def seen(shown: Scene, fits: dict[str, float], how: str, alike: bool) -> None:
    three, two = fits.values()
    lines = [
        f"In this clip the 3D net's mask overlaps the truth by **{three:.2f}** (intersection over "
        f"union; 1 is perfect), the 2D net's by **{two:.2f}**."
    ]
    if how == FROZEN:
        share = "next to nothing" if three < 0.05 else "a part"
        lines.append(
            "Nothing moves any more, so there is nothing to find. The outline shows the digit that "
            f"moved before; the 3D net marks {share} of it."
        )
    elif how == SHUFFLED:
        lines.append(
            "The order of the frames is gone, and still something changes from frame to frame. "
            + (
                "The 3D net goes by that: it needs change, not direction."
                if three > 0.5
                else "Here that is not enough for the 3D net."
            )
        )
    elif how == REVERSED:
        lines.append(
            "Backwards the same digit moves, and the 3D net "
            + ("follows it as before." if three > 0.5 else "loses it here.")
        )
    elif alike:
        lines.append(
            "Mover and still digits are drawn alike: which one moves cannot be read off one "
            "frame. The 2D net sees one frame at a time, so it can only guess."
        )
    else:
        lines.append(
            "The mover is brighter here, so one frame would tell. This 2D net was trained where it "
            "does not; the 2D nets of the study below, trained on dimmer digits, make use of it."
        )
    listed = "\n".join(f"- {line}" for line in lines)
    with st.container(border=True, key="seen"):
        st.markdown(f"**What to see**\n{listed}")


def study() -> None:
    """All trainings: 3D against 2D, and with a warm start or without."""
    st.subheader("Over many clips and seeds", anchor=False)
    st.markdown("\n".join(f"- {claim(one).statement}" for one in CLAIMS))
    rows = overlaps.compared() | overlaps.started()
    found = {name: estimate(values) for name, values in rows.items()}
    display.chart(
        seeds_plot(
            rows,
            {name: (one.mean, max(0, one.low), min(1, one.high)) for name, one in found.items()},
            chance=overlaps.result()["ink"][overlaps.ALIKE],
            chance_says="painting all that is bright",
            controls=[name for name in rows if name.startswith("dimmer") or "random" in name],
            what="intersection over union on test clips",
        ),
        key="study",
        alt="Mean intersection over union: "
        + ", ".join(f"{name} {one.mean:.2f}" for name, one in found.items())
        + ".",
    )


def built() -> None:
    with st.expander("How the 3D U-Net is built"):
        sizes = clips.segmenter("motion-unet3d").model.sizes()
        st.markdown(
            "The way down is C3D's convolutions without pool5. The way up enlarges what is deep "
            "and joins it to what was there at that size (the skip connections)."
        )
        st.table(
            {
                "layer": [one.name for one in sizes],
                "output c×l×h×w": ["×".join(map(str, one.shape)) for one in sizes],
                "parameters": [f"{one.parameters:,}" for one in sizes],
            },
            hide_index=True,
            alt="Layers of the 3D U-Net",
        )


def cell(
    number: int, how: str, alike: bool, thresholds: dict[str, float], skips: tuple[bool, ...]
) -> str:
    return f"""from c3d_teach.analysis.alterations import alter
from c3d_teach.data.segmentation import MotionSegmentation
from c3d_teach.models.segmenter import load_segmenter

made = MotionSegmentation({clips.CHOICES}, split="test", alike={alike}).batch([{number}])
clip, truth = alter(made["clip"], {how!r}), alter(made["mask"][..., None], {how!r})[..., 0] > 0
mask = load_segmenter("motion-unet3d").predict(clip, skips={skips})[:, 0]
mask = mask >= {thresholds["motion-unet3d"]}
float((mask & truth).sum() / (mask | truth).sum())"""


main()
