"""Predictions: one film, two nets, and what becomes of their answers when time is altered."""

import sentences
import state
import streamlit as st
from sentences import Answer
from state import FOUR, MEDLEY, ONE, Film

from c3d_teach import KitError, claim
from c3d_teach.analysis.alterations import ALTERATIONS, AS_IS
from c3d_teach.viz.interactive import probability_bars, probability_lines

UPLOAD = "your video"
NETS = {
    "CameraMotion": ("camera-d1", "camera-c3d"),
    "MotionDigits": ("motion-d1", "motion-d3"),
    UPLOAD: ("camera-d1", "camera-c3d"),
}
ABOUT = {
    "CameraMotion": "A virtual camera moves over photographs. Names say what the *camera* does: "
    "panning left moves the picture right.",
    "MotionDigits": "Handwritten digits move across the picture. No single frame tells how.",
    UPLOAD: "Best are a few seconds in which the camera itself moves: pans, tilts, rolls, zooms.",
}
WATCHED = 10  # clips that play at a time; longer films are watched piece by piece
PLOTLY = {"displayModeBar": False, "scrollZoom": False}


def main() -> None:
    st.title("Which way does it move?", anchor=False)
    st.markdown(
        "A 3D convolution looks at several frames at once, a 2D convolution at one. Here are two "
        "nets of one build, one of each kind. Ask both how a film moves, then turn time around."
    )
    left, right = st.columns([5, 10], gap="large")
    with left:
        source, film = choose_film()
        if film is None:
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
        assert how is not None
        first, count = watch(film, how)
    with right:
        answers = ask(source, film, how, first, count)
        if answers:
            explain(film, how, answers)
            numbers(film, how, answers)
    reading()


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
    assert source is not None
    st.caption(ABOUT[source])
    if source == UPLOAD:
        return source, choose_upload()
    state.forget_upload()
    length = st.selectbox(
        "Length",
        (ONE, FOUR, MEDLEY),
        key="length",
        bind="query-params",
        help="A **clip** is 16 frames, all that a net sees at a time.",
    )
    motion_column, number_column = st.columns([3, 2], wrap=False)
    motions = state.SETS[source].motions
    motion = motion_column.selectbox(
        "Motion",
        motions,
        key=f"{source}.motion",
        bind="query-params",
        disabled=length == MEDLEY,
    )
    number = number_column.number_input(
        "Clip number",
        0,
        state.CHOICES - 1,
        state.FIRST,
        key="clip",
        bind="query-params",
        help="Each number is another picture and another speed. The nets have seen none of them.",
    )
    return source, state.embedded_film(source, motion, int(number), length)


def choose_upload() -> Film | None:
    file = st.file_uploader(
        "A video of at least 16 frames",
        ["mp4", "avi", "mkv", "mov", "webm"],
        key="upload",
        help=f"Read are the first {state.SECONDS} seconds, {state.CLIPS} clips at most. The file "
        "stays on this machine and is deleted once it is read.",
    )
    if file is None:
        state.forget_upload()
        return None
    try:
        film = state.uploaded_film(file, file.name, file.file_id)
    except KitError as error:
        st.error(str(error), icon=":material/error:")
        return None
    for note in film.notes:
        st.info(note, icon=":material/info:")
    return film


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
        first = st.slider(label, 1, total - count + 1, key=f"first of {count} in {total}") - 1
    shown = sentences.in_turn(state.motions_shown(film, how)[first : first + count])
    alt = f"The film, {how}{': ' * bool(shown)}{shown}"
    if side_by_side:
        with st.container(horizontal=True, gap="xsmall"):
            for k, frame in enumerate(state.frames_of(film, how, first, 1).numpy(), 1):
                st.image(frame, width=70, caption=str(k), alt=f"{alt}, frame {k}")
    else:
        moving = state.movie(film.key, how, first, count, film)
        st.image(moving, width="stretch" if film.clips.shape[3] > 100 else 300, alt=alt)
    if shown:
        st.caption(f"What you see: {shown}." if how == AS_IS else f"What you see now: {shown}.")
    return first, count


def ask(source: str, film: Film, how: str, first: int, count: int) -> list[Answer]:
    """Both nets' answers and charts: bars side by side, or lines one above the other."""
    answers = []
    single = len(film.clips) == 1
    places = st.columns(2, gap="medium") if single else [st.container() for _ in NETS[source]]
    for place, name in zip(places, NETS[source], strict=True):
        with place, st.container(key=f"net-{name}"):
            try:
                net = state.classifier(name)
                before = state.probabilities(name, film, AS_IS)
                after = state.probabilities(name, film, how)
            except KitError as error:
                st.warning(f"The net {name} cannot be asked. {error}", icon=":material/warning:")
                continue
            depth = int(net.model.config["kernel_depth"])
            answer = Answer(f"Depth {depth}", depth, net.classes, before, after)
            answers.append(answer)
            heading(answer, name, how)
            last = name == NETS[source][-1]
            figure = (
                probability_bars(
                    net.classes,
                    after[0].numpy(),
                    name=how,
                    before=None if how == AS_IS else before[0].numpy(),
                    before_name=AS_IS,
                )
                if single
                else probability_lines(
                    net.classes,
                    after.numpy(),
                    state.starts(film),
                    watched=state.span(film, first, count),
                    legend=last,
                )
            )
            likely = sentences.described(net.classes, after[first])
            st.plotly_chart(
                figure,
                key=f"chart-{name}",
                config=PLOTLY,
                alt=f"{answer.title}, film {how}: {likely}"
                + ("." if single else f" in clip {first + 1}; all clips are in the table below."),
            )
    return answers


def heading(answer: Answer, name: str, how: str) -> None:
    frames = "one frame" if answer.depth == 1 else f"{answer.depth} frames"
    st.subheader(
        answer.title,
        anchor=False,
        help=f"The net `{name}`. **Kernel depth** {answer.depth}: each of its convolutions looks "
        f"at {frames} at a time.",
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
    with st.expander("The same as numbers"):
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
        st.table(table, hide_index=True, alt="Probabilities of the charts above")


def reading() -> None:
    with st.expander("How to read this page"):
        st.markdown(
            "- A net reads **clips** of 16 frames and gives every class a probability. Longer "
            "films are cut into clips; the charts then run along time.\n"
            "- An **answer** is a class with more than half of the probability, right of or above "
            "the dotted line. Below that the net is not sure, and the camera nets say *no clear "
            "camera motion*, as they do for a camera that stands still.\n"
            "- **Open diamonds** mark the answer to the film as it is.\n"
            "- **Depth** is how many frames a kernel covers. Both nets also merge frames by "
            f"pooling, so even depth 1 sees the whole clip. {claim('depth1-blind').statement}\n"
            "- The address of this page holds all settings: copy it to share what you see. "
            "Uploaded videos are not part of it."
        )


main()
