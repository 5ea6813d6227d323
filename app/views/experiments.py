"""Experiments: the shipped studies down to single trainings, and the claims ledger."""

import display
import experiment_views as views
import streamlit as st
from experiment_views import PAPERS, QUESTIONS

from c3d_teach import claim
from c3d_teach.experiments.outcome import Outcome
from c3d_teach.viz.playground_plots import confusion_plot
from c3d_teach.viz.study_plots import loss_curve, seeds_plot

CHART = "seeds"
SHOW, CLAIM = "experiments.show", "experiments.claim"


def main() -> None:
    studies, ledger = "Studies", "Claims"
    if CLAIM in st.query_params and SHOW not in st.query_params and SHOW not in st.session_state:
        st.session_state[SHOW] = ledger  # a link to a claim opens the ledger
    shown = st.segmented_control(
        "Show",
        [studies, ledger],
        default=studies,
        required=True,
        key=SHOW,
        bind="query-params",
        help="**Claims**: every sentence about nets that lessons and pages lean on, and the files "
        "that it stands on. Each has a test.",
    )
    if shown == ledger:
        claims()
        return
    name, found = choose()
    setting, task, head = ask(found)
    paper(name)
    accuracy(found, setting, task, head)
    compare(name, found, setting, task, head)
    single(name, found, setting, task, head)
    nets(found)
    display.in_notebook(
        "experiments",
        "from c3d_teach.experiments.outcome import Outcome\n\n"
        f"study = Outcome.shipped({name!r})\n"
        f"found = study.accuracy({chosen_net(found)!r}, {setting!r}, {head!r}, {task!r})\n"
        "found.mean, found.low, found.high",
    )


def choose() -> tuple[str, Outcome]:
    named = views.shipped()
    name = st.selectbox("Study", list(named), key="experiments.study", bind="query-params")
    st.markdown(f"**{named[name]}**")
    return name, views.study(name)


def ask(found: Outcome) -> tuple[str, str, str]:
    """Which clips, what was learnt, and which question."""
    columns = st.columns(3, gap="medium")
    with columns[0]:
        setting = st.segmented_control(
            "Clips",
            found.settings,
            default=found.settings[0],
            required=True,
            key="experiments.setting",
            bind="query-params",
            wrap=True,
            help=views.settings_in_words(found),
        )
    with columns[1]:
        task = st.segmented_control(
            "The nets learnt",
            found.tasks,
            default=found.tasks[-1],
            required=True,
            key="experiments.task",
            bind="query-params",
            wrap=True,
            help="**how**: which of eight motions. **what**: which of three digits. **both**: two "
            "answers from one net.",
        )
    # a link with an empty value chooses nothing
    setting, task = setting or found.settings[0], task or found.tasks[-1]
    with columns[2]:
        head = st.segmented_control(
            "Question",
            found.heads(task),
            default=found.heads(task)[0],
            required=True,
            key="experiments.question",
            bind="query-params",
            wrap=True,
            help="**how** does it move? **what** is it?",
        )
    return setting, task, head or found.heads(task)[0]


def paper(name: str) -> None:
    """The paper's answer beside ours, agreeing or not."""
    said = PAPERS.get(name)
    if said is None:
        return
    here = "\n".join(f"- {claim(one).statement}" for one in said.here)
    with st.container(border=True, key="paper"):
        st.markdown(f"**The paper.** {said.says}\n\n**Here.** {said.agrees}\n{here}")


def accuracy(found: Outcome, setting: str, task: str, head: str) -> None:
    """Every net over seeds; a click on a mark chooses that training."""
    estimates = views.accuracies(found, setting, head, task)
    seeds = len(next(iter(estimates.values())).values)
    st.subheader(f"{QUESTIONS[head]} Every net, {seeds} trainings each", anchor=False)
    place = st.container()
    with st.container(horizontal=True):
        net = st.selectbox(
            "Net",
            found.nets,
            index=found.nets.index("depth-3") if "depth-3" in found.nets else 0,
            key="experiments.net",
            bind="query-params",
            help="The training that is shown further down. A click on a mark chooses it, too.",
        )
        seed = st.slider(
            "Seed",
            0,
            seeds - 1,
            key="experiments.seed",
            bind="query-params",
            help=display.meaning("seed"),
        )
    best = max(estimates, key=lambda name: estimates[name].mean)
    with place:
        event = display.chart(
            seeds_plot(
                {name: one.values for name, one in estimates.items()},
                {name: (one.mean, one.low, one.high) for name, one in estimates.items()},
                chance=1 / views.classes(found, setting, head),
                controls=views.controls(found),
                ceilings=views.ceilings(found, head),
                hover=views.hover(found, setting, task),
                chosen=(net, seed),
                what=views.measure(head),
            ),
            key=CHART,
            alt=f"{QUESTIONS[head]} Best is {best} with {estimates[best]}; "
            + ", ".join(f"{name} {one.mean:.0%}" for name, one in estimates.items())
            + ".",
            select=True,
        )
        take(event)
        if views.ceilings(found, head):
            st.caption(
                "Dotted bars: the most that a net can be expected to reach whose shape, or whose "
                "shuffled clips, hide which way time runs."
            )
    display.numbers(
        {
            "net": list(estimates),
            "mean": [f"{one.mean:.1%}" for one in estimates.values()],
            "95 % interval": [f"{one.low:.1%} to {one.high:.1%}" for one in estimates.values()],
            "each seed": [", ".join(f"{v:.1%}" for v in one.values) for one in estimates.values()],
        },
        alt="Accuracies of the chart above",
    )


def take(event: object) -> None:
    """Put the controls where a click on the chart points, once."""
    points = getattr(getattr(event, "selection", None), "points", None) or []
    place = points[0].get("customdata") if points else None
    if place == st.session_state.get("experiments clicked"):
        return
    st.session_state["experiments clicked"] = place
    if place and int(place[1]) >= 0:
        st.session_state["experiments pending"] = (str(place[0]), int(place[1]))
        st.rerun()


def pending() -> None:
    """What was clicked last is chosen before the controls are drawn."""
    if clicked := st.session_state.pop("experiments pending", None):
        st.session_state["experiments.net"], st.session_state["experiments.seed"] = clicked


def compare(name: str, found: Outcome, setting: str, task: str, head: str) -> None:
    held = views.reference(name)
    held = held if held in found.nets else found.nets[0]
    pairs = views.against(found, held, setting, head, task)
    st.subheader(f"Each net against {held}, seed by seed", anchor=False)
    st.caption(
        "Both were trained on the same clips. In brackets the 95 % interval of the difference in "
        "points; p of a paired t test, corrected (Holm) for all pairs listed here."
    )
    st.markdown("\n".join(f"- {views.pair_sentence(pair)}" for pair in pairs))


def single(name: str, found: Outcome, setting: str, task: str, head: str) -> None:
    """One training: how it went, what it mixed up, and how to make it again."""
    net, seed = chosen_net(found), int(st.session_state["experiments.seed"])
    run = next(r for r in found.runs(net, setting, task) if r["seed"] == seed)
    recipe = run["recipe"]
    st.subheader(f"One training: {net}, seed {seed}", anchor=False)
    st.markdown(
        f"Recipe *{recipe['name']}*: {recipe['optimiser']}, rate {recipe['lr']:g}, mini-batches of "
        f"{recipe['batch']}, {recipe['stop']} {recipe['unit']}; {run['training seconds']:.0f} s "
        f"of training. Made with {run['versions']}."
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Loss** along the training")
        display.chart(
            loss_curve(run["curve"], recipe["stop"]),
            key="curve",
            alt=f"The loss falls from {run['curve'][0]:.2f} to {run['curve'][-1]:.2f} nats.",
        )
    counts = run["confusion"][head]
    with right:
        ways = "played forwards and backwards" if head == "how" else "and their reversals"
        st.markdown(f"**What is taken for what**: test clips {ways}")
        hits = sum(counts[k][k] for k in range(len(counts)))
        display.chart(
            confusion_plot(counts, views.names(head, len(counts))),
            key="confusion",
            alt=f"{hits} of {sum(map(sum, counts))} clips are answered rightly.",
        )
    display.numbers(views.run_rows(run), alt="What this training got right")
    with st.expander("Make this training again"):
        st.markdown("In a notebook; on one kind of processor the numbers are the same to the bit.")
        st.markdown(f"```python\n{views.run_again(name, run)}\n```")


def nets(found: Outcome) -> None:
    with st.expander("The nets: parameters, work, and the frames left behind conv1 and each pool"):
        st.table(views.net_rows(found), hide_index=True, alt="What is known of each net")


def chosen_net(found: Outcome) -> str:
    net = st.session_state.get("experiments.net")
    return str(net) if net in found.nets else found.nets[0]


def claims() -> None:
    """The ledger: filter it, open one."""
    words = st.text_input(
        "Find",
        key="experiments.words",
        bind="query-params",
        max_chars=60,
        placeholder="depth-3, pooling, U-Net …",
        help="Words in a claim's name, sentence or evidence.",
    )
    found = views.claims(words or "")
    if not found:
        st.info("No claim holds all these words. Try fewer.")
        display.in_notebook(
            "experiments", "from c3d_teach.experiments.claims import CLAIMS\n\nlist(CLAIMS)"
        )
        return
    st.markdown(f"{len(found)} claims, each with a test that fails when it is no longer true.")
    st.table(
        {"claim": [c.id for c in found], "it says": [views.statement(c.id) for c in found]},
        hide_index=True,
        alt="Claims and their sentences",
    )
    if st.session_state.get(CLAIM) not in (None, *(c.id for c in found)):
        st.session_state[CLAIM] = found[0].id
    name = st.selectbox("Open one", [c.id for c in found], key=CLAIM, bind="query-params")
    one = claim(name)
    with st.container(border=True, key="claim"):
        st.markdown(f"**{one.statement}**")
        st.markdown("It stands on\n" + "\n".join(f"- `{path}`" for path in one.evidence))
        numbers = dict(one.numbers())
        if numbers:
            st.table(
                {"number": list(numbers), "value": list(numbers.values())},
                hide_index=True,
                alt="Numbers of the claim",
            )
    display.in_notebook("experiments", f"from c3d_teach import claim\n\nclaim({name!r}).statement")


pending()
main()
