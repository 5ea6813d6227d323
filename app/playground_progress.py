"""What is seen of the playground's trainings: curves, confusion and kernels, side by side."""

from collections.abc import Mapping
from typing import Any

import display
import playground_words as words
import streamlit as st

from c3d_teach.viz import playground_plots as plots

Snapshots = Mapping[str, dict[str, Any]]


def progress(titles: Mapping[str, str], shown: Snapshots) -> None:
    """All of it.

    Args:
        titles: what each net is called, by side; also of sides that have nothing to show yet.
        shown: the latest snapshot, by side, of at least one.
    """
    said(titles, shown)
    some = next(iter(shown.values()))
    for head in some["classes"]:
        curves(titles, shown, head)
    columns = st.columns(len(titles), gap="large")
    for column, (side, title) in zip(columns, titles.items(), strict=True):
        with column:
            if side not in shown:
                st.caption(f"{title}: nothing to see yet.")
                continue
            confusions(side, title, shown[side])
            kernels(side, title, shown[side])


def said(titles: Mapping[str, str], shown: Snapshots) -> None:
    lines = [words.in_words(titles[side], snapshot) for side, snapshot in shown.items()]
    if len(shown) == 2:
        first, second = shown.values()
        lines.append(words.compared(first, second, [titles[side] for side in shown]))
    lines += [words.learnt(titles[side], snapshot) for side, snapshot in shown.items()]
    listed = "\n".join(f"- {line}" for line in lines if line)
    with st.container(border=True, key="seen"):
        st.markdown(f"**What to see**\n{listed}")


def curves(titles: Mapping[str, str], shown: Snapshots, head: str) -> None:
    some = next(iter(shown.values()))
    total = max(snapshot["total"] for snapshot in shown.values())
    # each net keeps its colour and dash, also while the other has nothing to show
    looks = {
        title: shown[side]["validation"] if side in shown else [] for side, title in titles.items()
    }
    lines = {
        title: ([step for step, _ in found], [right[head] for _, right in found])
        for title, found in looks.items()
    }
    blind = head == "how" and any(snapshot["ceiling"] < 1 for snapshot in shown.values())
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**Right answers: {words.QUESTIONS[head]}**")
        latest = ", ".join(f"{name} {y[-1]:.0%}" for name, (_, y) in lines.items() if y)
        display.chart(
            plots.accuracy_plot(
                lines,
                total=total,
                chance=some["chance"][head],
                ceiling=0.5 if blind else None,
            ),
            key=f"accuracy-{head}",
            alt=f"Share of validation clips answered rightly, {words.QUESTIONS[head]}: {latest}.",
        )
    if head == next(iter(some["classes"])):
        with right:
            losses(titles, shown, total)


def losses(titles: Mapping[str, str], shown: Snapshots, total: int) -> None:
    lines = {
        title: shown[side]["losses"] if side in shown else [] for side, title in titles.items()
    }
    latest = ", ".join(f"{name} {loss[-1]:.2f}" for name, loss in lines.items() if loss)
    st.markdown("**Loss** on the training clips")
    display.chart(
        plots.loss_plot(lines, total=total),
        key="loss",
        alt=f"Loss of the latest mini-batch, in nats: {latest or 'none yet'}.",
    )


def confusions(side: str, title: str, snapshot: dict[str, Any]) -> None:
    for head, names in snapshot["classes"].items():
        st.markdown(f"**{title}: what is taken for what**")
        mixed = words.mixed_up(snapshot, head)
        display.chart(
            plots.confusion_plot(snapshot["confusion"][head], names),
            key=f"confusion-{side}-{head}",
            alt=f"{title}, {words.QUESTIONS[head]}: {words.answers(snapshot, head):.0%} of the "
            f"validation clips and their reversals are right. {mixed}",
        )
        st.caption(mixed or "No two classes are mixed up often.")


def kernels(side: str, title: str, snapshot: dict[str, Any]) -> None:
    st.markdown(f"**{title}: the first layer's filters**, before the training and now")
    display.chart(
        plots.kernels_plot(snapshot["kernels"], snapshot["first"]),
        key=f"kernels-{side}",
        alt=f"The kernels of conv1 of net {title} at the start and after {snapshot['step']} "
        "mini-batches; orange is positive, blue is negative.",
    )
    st.caption(f"Orange: positive weights. Blue: negative weights. {words.changed(snapshot)}")
