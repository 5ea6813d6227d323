"""Predictions: one film, some nets, and what becomes of their answers when time is altered."""

import display
import prediction_heat as heating
import sentences
import state
import streamlit as st
import uploads
from sentences import Answer
from state import FOUR, MEDLEY, ONE, SPEEDS, Film
from uploads import Refusal

from c3d_teach import KitError, claim
from c3d_teach.analysis.alterations import ALTERATIONS, AS_IS
from c3d_teach.models.arrow_of_time import arrow_of_time
from c3d_teach.viz.heat_plots import curves_plot
from c3d_teach.viz.interactive import probability_bars, probability_lines

UPLOAD = "your video"
CAMERA = {"camera-d1": "Depth 1", "camera-c3d": "Depth 3"}
DIGITS = {
    **{"motion-d1": "Depth 1", "motion-d3": "Depth 3", "motion-d5": "Depth 5"},
    **{"motion-d7": "Depth 7", "motion-increasing": "Increasing depth"},
    **{"motion-decreasing": "Decreasing depth", "motion-frame": "One frame"},
    "motion-stacked": "Frames as channels",
}
NETS = {"MotionDigits": DIGITS, "CameraMotion": CAMERA, UPLOAD: CAMERA}
MOST = 4  # nets at a time
ABOUT = {
    "CameraMotion": "A virtual camera moves over photographs. Names say what the *camera* does: "
    "panning left moves the picture right.",
    "MotionDigits": "Handwritten digits move across the picture. No single frame tells how.",
    UPLOAD: "Best are a few seconds in which the camera itself moves: pans, tilts, rolls, zooms.",
}
WATCHED = 10  # clips that play at a time; longer films are watched piece by piece
ITS_OWN = "the net's own answer"


def main() -> None:
    left, right = st.columns([5, 10], gap="large")
    with left:
        source, film = choose_film()
        if film is None:
            display.in_notebook("predictions", upload_cell())
            return
        how = st.segmented_control(
            "Play it",
            ALTERATIONS,
            default=AS_IS,
            required=True,
            key="play",
            bind="query-params",
            wrap=True,
            help="**reversed**: backwards. **shuffled**: within each clip of 16 frames, in random "
            "order. **frozen**: each clip is its middle frame, held still.",
        )
        how = how or AS_IS  # a link with an empty value
        first, count = watch(film, how)
    with right:
        asked = choose_nets(source)
        answers = ask(asked, film, how, first, count)
        if answers:
            explain(film, how, answers)
            numbers(film, how, answers)
            look(source, film, how, first)
    reading()
    display.in_notebook("predictions", cell(source, asked, how))


def choose_film() -> tuple[str, Film | None]:
    source = st.segmented_control(
        "Film",
        [*state.SETS, UPLOAD],
        default=next(iter(state.SETS)),
        required=True,
        key="source",
        bind="query-params",
        wrap=True,
    )
    source = source or next(iter(state.SETS))  # a link with an empty value
    st.caption(ABOUT[source])
    if source == UPLOAD:
        film = choose_upload()
        return source, film and uploads.paced(film, choose_speed())
    uploads.forget_upload()
    length = st.selectbox(
        "Length",
        (ONE, FOUR, MEDLEY),
        key="length",
        bind="query-params",
        help="A **clip** is 16 frames, all that a net sees at a time.",
    )
    motions = state.SETS[source].motions
    motion = st.selectbox(
        "Motion",
        motions,
        key=f"{source}.motion",
        bind="query-params",
        disabled=length == MEDLEY,
    )
    number = st.number_input(
        "Clip number",
        0,
        state.CHOICES - 1,
        state.FIRST,
        key="clip",
        bind="query-params",
        help="Each number is another picture and another speed. The nets have seen none of them.",
    )
    return source, state.embedded_film(source, motion, int(number), length, choose_speed())


def choose_speed() -> str:
    speed = st.segmented_control(
        "Speed",
        list(SPEEDS),
        default="normal",
        required=True,
        key="speed",
        bind="query-params",
        help="**double** leaves out every second frame, **half** shows each twice. The nets have "
        "learnt at normal speed.",
    )
    return speed or "normal"


def choose_upload() -> Film | None:
    # a fresh uploader each time: the bytes of what was read are given back
    turn = st.session_state.setdefault("uploads so far", 0)
    file = st.file_uploader(
        "A video of at least 16 frames: MP4, MOV, MKV, WebM or AVI",
        key=f"upload {turn}",
        help=f"Read are the first {uploads.SECONDS} seconds, {uploads.CLIPS} clips at most. The "
        "file stays on this machine and is deleted once it is read.",
    )
    if file is not None:
        uploads.take(file, file.name, file.file_id)
        st.session_state["uploads so far"] = turn + 1
        st.rerun()
    found = uploads.kept()
    if isinstance(found, Refusal):
        st.error(found.said, icon=":material/error:")
        return None
    if found is not None:
        st.button("Forget this film", on_click=uploads.forget_upload, key="forget")
        for note in found.notes:
            st.info(note, icon=":material/info:")
    return found


def choose_nets(source: str) -> list[str]:
    offered = list(NETS[source])
    chosen = st.multiselect(
        "Nets",
        offered,
        default=offered[:2],
        key=f"{source}.nets".replace(" ", "-"),
        bind="query-params",
        max_selections=MOST,
        help="All of one build. **d1**: kernels one frame deep, **d3**: three frames, and so on.",
    )
    if not chosen:
        st.info("Choose at least one net to ask.", icon=":material/info:")
    return [net for net in offered if net in chosen]


def watch(film: Film, how: str) -> tuple[int, int]:
    """Play the film or a piece of it, or lay out a clip. Returns the first clip and how many."""
    side_by_side = st.toggle(
        "Frames side by side",
        key="frames",
        bind="query-params",
        help="Holds the film and lays the frames of a clip out in the order they are played.",
    )
    total = len(film.clips)
    first, count = 0, 1 if side_by_side else min(total, WATCHED)
    if total > count:
        label = "Frames of clip" if side_by_side else "Watch from clip"
        last = total - count + 1
        if not 1 <= st.session_state.get("from", 1) <= last:
            st.session_state["from"] = 1
        first = st.slider(label, 1, last, key="from", bind="query-params") - 1
    shown = sentences.in_turn(state.motions_shown(film, how)[first : first + count])
    alt = f"The film, {how}{': ' * bool(shown)}{shown}"
    if side_by_side:
        with st.container(horizontal=True, gap="xsmall"):
            for k, frame in enumerate(state.frames_of(film, how, first, 1).numpy(), 1):
                st.image(frame, width=70, caption=str(k), alt=f"{alt}, frame {k}")
    else:
        moving = state.movie(film, how, first, count)
        st.image(moving, width="stretch" if film.clips.shape[3] > 100 else 300, alt=alt)
    if shown:
        st.caption(f"What you see: {shown}." if how == AS_IS else f"What you see now: {shown}.")
    return first, count


def ask(nets: list[str], film: Film, how: str, first: int, count: int) -> list[Answer]:
    """The nets' answers and charts: bars side by side, or lines one above the other."""
    answers = []
    single = len(film.clips) == 1
    for row in range(0, len(nets), 2):
        pair = nets[row : row + 2]
        places = st.columns(2, gap="medium") if single else [st.container() for _ in pair]
        for place, name in zip(places, pair, strict=False):
            with place, st.container(key=f"net-{name}"):
                try:
                    net = state.classifier(name)
                    before = state.probabilities(name, film, AS_IS)
                    after = state.probabilities(name, film, how)
                except KitError as error:
                    st.warning(
                        f"The net {name} cannot be asked. {error}", icon=":material/warning:"
                    )
                    continue
                title = (DIGITS | CAMERA)[name]
                blind = arrow_of_time(net.model).blind
                answer = Answer(title, blind, net.classes, before, after)
                answers.append(answer)
                heading(answer, name, how)
                draw(answer, name, film, how, (first, count), legend=name == nets[-1])
    return answers


def draw(
    answer: Answer, name: str, film: Film, how: str, watched: tuple[int, int], *, legend: bool
) -> None:
    single = len(film.clips) == 1
    first = watched[0]
    figure = (
        probability_bars(
            answer.classes,
            answer.after[0].numpy(),
            name=how,
            before=None if how == AS_IS else answer.before[0].numpy(),
            before_name=AS_IS,
        )
        if single
        else probability_lines(
            answer.classes,
            answer.after.numpy(),
            state.starts(film),
            watched=state.span(film, *watched),
            legend=legend,
        )
    )
    likely = sentences.described(answer.classes, answer.after[first])
    display.chart(
        figure,
        key=f"chart-{name}",
        alt=f"{answer.title}, film {how}: {likely}"
        + ("." if single else f" in clip {first + 1}; all clips are in the table below."),
    )


def heading(answer: Answer, name: str, how: str) -> None:
    st.subheader(
        answer.title,
        anchor=False,
        help=f"The net `{name}`.\n\n{display.meaning('depth of a kernel')}",
    )
    said = sentences.in_short(sentences.verdicts(answer.classes, answer.after))
    was = sentences.in_short(sentences.verdicts(answer.classes, answer.before))
    # on a line of its own, so that the two charts stay level
    st.markdown(f"Answer: **{said}**" + f"  \n:gray[as it is: {was}]" * (how != AS_IS))


def explain(film: Film, how: str, answers: list[Answer]) -> None:
    shown = state.motions_shown(film, how)
    with st.container(border=True, key="seen"):
        lines = [sentences.observation(answer, how, shown) for answer in answers]
        listed = "\n".join(f"- {line}" for line in [*lines, sentences.reminder(how)])
        st.markdown(f"**What to see**\n{listed}")


def numbers(film: Film, how: str, answers: list[Answer]) -> None:
    """All that the charts show, as text."""
    table: dict[str, list[str]] = {}
    if len(film.clips) == 1:
        table["class"] = list(answers[0].classes)
        for answer in answers:
            for label, p in {AS_IS: answer.before, how: answer.after}.items():
                table[f"{answer.title}, {label}"] = [f"{v:.1%}" for v in p[0].tolist()]
    else:
        table["seconds"] = [f"{t:.2f}" for t in state.starts(film)[:-1]]
        for answer in answers:
            said = sentences.verdicts(answer.classes, answer.after)
            table[f"{answer.title}, answer"] = said
            table[f"{answer.title}, likeliest"] = [
                sentences.described(answer.classes, p) for p in answer.after
            ]
    display.numbers(table, alt="Probabilities of the charts above")


def look(source: str, film: Film, how: str, first: int) -> None:
    """Heat over the clip: what speaks for an answer."""
    st.subheader("Where does it look?", anchor=False)
    method = st.segmented_control(
        "Method",
        heating.METHODS,
        default=heating.NONE,
        required=True,
        key="look",
        bind="query-params",
        wrap=True,
        help="**Grad-CAM**: where the last convolution's maps speak for the answer. **hide "
        "frames**: how far the answer falls when two frames are replaced by the one before. "
        "**hide boxes**: the same with grey boxes.",
    )
    if method in (None, heating.NONE):
        return
    left, right = st.columns(2, gap="medium")
    # any net of this kind; a default that hung on the chosen ones would not hold in a link
    nets = list(NETS[source])
    if st.session_state.get("looking") not in (None, *nets):
        st.session_state["looking"] = nets[1]
    net = left.selectbox("Net that looks", nets, index=1, key="looking", bind="query-params")
    classes = state.classifier(net).classes
    if st.session_state.get("looked") not in (None, ITS_OWN, *classes):
        st.session_state["looked"] = ITS_OWN
    target = right.selectbox(
        "What speaks for", (ITS_OWN, *classes), key="looked", bind="query-params"
    )
    wanted = None if target == ITS_OWN else str(target)
    found = heating.heat(net, film, how, first, str(method), wanted)
    st.image(
        heating.film_of(found),
        alt=f"Clip {first + 1}, and beside it under heat. {found.sentence}",
        width="stretch",
    )
    st.caption(
        f"{found.sentence} Vermilion speaks for it, blue against it; the line encloses the "
        "strongest half."
    )
    st.markdown("**Heat along time**: in which frames it lies")
    display.chart(curves_plot([found]), key="heat", alt=found.sentence)
    st.markdown(
        f"How far to believe it: {claim('hiding-finds-it').statement} Small nets answer to small "
        "clips: a map this coarse shows where to look, not why."
    )


def reading() -> None:
    with st.expander("How to read this page"):
        st.markdown(
            "- A net reads **clips** of 16 frames and gives every class a probability. Longer "
            "films are cut into clips; the charts then run along time.\n"
            "- An **answer** is a class with more than half of the probability, right of or above "
            "the dotted line. Below that the net is not sure, and the camera nets say *no clear "
            "camera motion*, as they do for a camera that stands still.\n"
            "- **Open diamonds** mark the answer to the film as it is.\n"
            "- **Depth** is how many frames a kernel covers. The nets also merge frames by "
            f"pooling, so even depth 1 sees the whole clip. {claim('depth1-blind').statement}\n"
            "- The address of this page holds all settings: copy it to share what you see. "
            "Uploaded videos are not part of it."
        )


def cell(source: str, nets: list[str], how: str) -> str:
    """The first net's answer with the library."""
    if source == UPLOAD:
        return upload_cell()
    motion = st.session_state[f"{source}.motion"]
    number = int(st.session_state["clip"])
    kind = state.SETS[source]
    place = len(kind.motions) * number + kind.motions.index(motion)
    shape = "clip_shape=(3, 16, 64, 64), " if source == "CameraMotion" else ""
    return f"""from c3d_teach import {source}, load
from c3d_teach.analysis.alterations import alter

# one clip at normal speed; longer films and other speeds: see lesson 9
clips = {source}({len(kind.motions) * state.CHOICES}, {shape}split="test").batch([{place}])["clip"]
net = load({(nets or ["camera-c3d"])[-1]!r})
dict(zip(net.classes, net.predict(alter(clips, {how!r}))[0].tolist()))"""


def upload_cell() -> str:
    return """from c3d_teach import judge_video, load

video = None  # the path of your video, in quotes
judge_video(load("camera-c3d"), video) if video else "Give the path of a video." """


main()
