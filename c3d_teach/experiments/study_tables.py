"""The results of a study as Markdown tables."""

from math import isnan

from c3d_teach.experiments.outcome import Estimate, Outcome, Pair, validation

_TITLES = {"how": "which way it moves", "what": "which digit it is"}


def report(outcome: Outcome, reference: str) -> str:
    """All tables of a study, one below the other."""
    parts = ["The nets:", nets_table(outcome)]
    if outcome.data["search"]:
        parts += [
            "Learning rates, and the mean validation accuracy with each:",
            rates_table(outcome),
        ]
    for setting in outcome.settings:
        for task in outcome.tasks:
            parts += [f"Setting {setting!r}, trained for {task!r}:"]
            parts += [accuracy_table(outcome, setting, task, reference)]
    return "\n\n".join(parts)


def nets_table(outcome: Outcome) -> str:
    """What is known of the nets before training."""
    lines = [
        "| net | parameters | of them dead | MACs a clip | can it know the arrow of time? |",
        "|---|---|---|---|---|",
    ]
    for net, facts in outcome.data["nets"].items():
        dead = sum(one["weights"] for one in facts["dead slices"])
        where = ", ".join(
            f"{one['layer']}: {len(one['slices'])} of {one['depth']} slices"
            for one in facts["dead slices"]
        )
        answer = "no" if facts["blind to the arrow of time"] else "yes"
        lines.append(
            f"| {net} | {facts['parameters']:,} | {f'{dead:,} ({where})' if dead else 'none'} "
            f"| {facts['macs'] / 1e6:.2f} M | {answer}: {facts['because']} |"
        )
    return "\n".join(lines)


def frames_table(outcome: Outcome) -> str:
    """Frames left behind each layer of each net."""
    layers = list(next(iter(outcome.data["nets"].values()))["frames"])
    lines = [f"| net | {' | '.join(layers)} |", "|---" * (len(layers) + 1) + "|"]
    for net, facts in outcome.data["nets"].items():
        lines.append(f"| {net} | {' | '.join(str(facts['frames'][one]) for one in layers)} |")
    return "\n".join(lines)


def rates_table(outcome: Outcome) -> str:
    """The search of the learning rate: mean validation accuracies; the chosen rate is bold."""
    tried: dict[str, dict[float, list[float]]] = {}
    for run in outcome.data["search"]:
        rates = tried.setdefault(run["net"], {})
        rates.setdefault(run["recipe"]["lr"], []).append(validation(run))
    names = sorted({rate for rates in tried.values() for rate in rates})
    chosen = outcome.data["rate"]
    head = [f"**{rate:g}**" if rate == chosen else f"{rate:g}" for rate in names]
    lines = [f"| net | {' | '.join(head)} |", "|---" * (len(names) + 1) + "|"]
    tried["all nets"] = {r: [v for rates in tried.values() for v in rates[r]] for r in names}
    for net, rates in tried.items():
        cells = [f"{sum(rates[rate]) / len(rates[rate]):.1%}" for rate in names]
        lines.append(f"| {net} | {' | '.join(cells)} |")
    return "\n".join(lines)


def accuracy_table(outcome: Outcome, setting: str, task: str, reference: str) -> str:
    """Accuracies of one setting, and each net against the reference, seed by seed."""
    heads = outcome.heads(task)
    facts = outcome.data["nets"]
    head_line, rows = ["net"], {net: [net] for net in outcome.nets}
    for head in heads:
        head_line += [_TITLES[head], f"against {reference}"]
        others = [net for net in outcome.nets if net != reference]
        pairs = outcome.compare([(net, reference) for net in others], setting, head, task)
        against = {pair.a: pair for pair in pairs}
        for net in outcome.nets:
            shown = _shown(outcome.accuracy(net, setting, head, task))
            rows[net] += [shown, _against(against.get(net))]
    if "how" in heads:
        head_line += ["at best (expected)", "which way, test frames shuffled"]
        for net in outcome.nets:
            best = facts[net]["ceiling"]
            shuffled = outcome.accuracy(net, setting, "how", task, "shuffled")
            rows[net] += ["" if best is None else f"{best:.1%}", _shown(shuffled)]
    lines = [f"| {' | '.join(head_line)} |", "|---" * len(head_line) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows.values())])


def _shown(found: Estimate) -> str:
    if isnan(found.low):
        return f"{found.mean:.1%}"
    return f"{found.mean:.1%} [{max(0.0, found.low):.1%}, {min(1.0, found.high):.1%}]"


def _against(pair: Pair | None) -> str:
    if pair is None:
        return ""
    points = f"{100 * pair.difference.mean:+.1f} points".replace("-", "−")
    if isnan(pair.p_holm):
        return points
    p = "p < 0.001" if pair.p_holm < 0.001 else f"p = {pair.p_holm:.3f}"
    return f"{points}, {p}"
