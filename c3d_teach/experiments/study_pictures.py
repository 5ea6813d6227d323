"""The figures of a study, made from its result."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from c3d_teach.experiments.outcome import MEASURE, Outcome
from c3d_teach.viz.named_charts import loss_chart, two_questions_chart
from c3d_teach.viz.study_charts import accuracy_chart
from c3d_teach.viz.study_tables import matrix_chart, time_left_chart

_ASKED = {
    "how": "motion right, clips both ways",
    "what": "digit right",
}
_TASK = {"how": "trained for how alone", "what": "trained for what alone", "both": ""}


def pictures(outcome: Outcome, titles: Mapping[str, str] | None = None) -> dict[str, Figure]:
    """All figures of a study by a short name: ``how``, ``what``, ``both``, ``frames`` …

    Args:
        titles: what there is to see, for the figures whose finding is known; the others, and
            those of a rerun, say only what they show.
    """
    made: dict[str, Figure] = {}
    known = titles or {}
    seeds = len({run["seed"] for run in outcome.data["runs"]})
    for head in MEASURE:
        panels = _panels(outcome, head)
        if panels:
            made[head] = accuracy_chart(
                panels,
                title=known.get(head, f"{head.capitalize()}, {seeds} seeds a net"),
                xlabel=_ASKED[head],
                chance=1 / _classes(outcome, head),
                **_ceiling(outcome, head),
            )
    if "both" in outcome.tasks:
        setting = outcome.settings[0]
        made["both"] = two_questions_chart(
            {
                net: (
                    outcome.accuracy(net, setting, "how").values,
                    outcome.accuracy(net, setting, "what").values,
                )
                for net in outcome.nets
            },
            title=known.get("both", f"Both questions to one net ({setting})"),
            chance=(1 / _classes(outcome, "how"), 1 / _classes(outcome, "what")),
        )
    facts = outcome.data["nets"]
    made["frames"] = time_left_chart(
        {net: facts[net]["frames"] for net in facts},
        title=known.get("frames", "Frames left behind each layer"),
        dead={
            net: {
                one["layer"]: (len(one["slices"]), one["depth"])
                for one in facts[net]["dead slices"]
            }
            for net in facts
        },
    )
    task = outcome.tasks[-1]
    setting = outcome.settings[0]
    some = list(outcome.nets)[:6]
    curves = {net: [run["curve"] for run in outcome.runs(net, setting, task)] for net in some}
    steps = outcome.data["settings"][setting]["steps"]
    if steps:
        made["loss"] = loss_chart(
            curves,
            title=known.get("loss", f"The loss of {len(some)} nets as they learn ({setting})"),
            steps=steps,
        )
    if seeds > 1 and "how" in outcome.heads(task):
        for setting in outcome.settings:
            label = f"pairs-{setting.replace(' ', '-')}"
            title = known.get(label, f"How, net against net ({setting})")
            made[label] = _pairs(outcome, setting, task, title)
    return made


def _panels(outcome: Outcome, head: str) -> dict[str, dict[str, tuple[float, ...]]]:
    """A panel for every setting and task that asks this question."""
    panels = {}
    for setting, task in product(outcome.settings, outcome.tasks):
        if head in outcome.heads(task):
            name = ", ".join(filter(None, [setting, _TASK[task]]))
            if len(outcome.tasks) > 1 and task == "both":
                name = f"{setting}, trained for both"
            panels[name] = {
                net: outcome.accuracy(net, setting, head, task).values for net in outcome.nets
            }
    return panels


def _ceiling(outcome: Outcome, head: str) -> dict[str, Any]:
    """The ceiling of nets without an arrow of time; it holds for how, on clips both ways."""
    facts = outcome.data["nets"]
    found = {net: one["ceiling"] for net, one in facts.items() if one["ceiling"] is not None}
    if head != "how" or not found:
        return {}
    most = max(found.values())
    return {"ceiling": most, "ceiling_for": [net for net, one in found.items() if one == most]}


def _classes(outcome: Outcome, head: str) -> int:
    return next(len(r["confusion"][head]) for r in outcome.data["runs"] if head in r["confusion"])


def _pairs(outcome: Outcome, setting: str, task: str, title: str) -> Figure:
    nets = list(outcome.nets)
    size = len(nets)
    difference, p = np.zeros((size, size)), np.ones((size, size))
    below = [(a, b) for i, a in enumerate(nets) for b in nets[:i]]
    for pair in outcome.compare(below, setting, "how", task):
        i, j = nets.index(pair.a), nets.index(pair.b)
        difference[i, j], p[i, j] = 100 * pair.difference.mean, pair.p_holm
        difference[j, i], p[j, i] = -difference[i, j], p[i, j]
    return matrix_chart(difference, p, nets, title=title)
