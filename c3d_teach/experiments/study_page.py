"""The tables, claims and pictures of docs/studies.md, made from the shipped results.

``python -m c3d_teach.experiments.study_page`` brings them up to date: half a minute.
"""

from pathlib import Path

from c3d_teach.experiments.claims import CLAIMS
from c3d_teach.experiments.markdown import renew, with_block
from c3d_teach.experiments.outcome import Outcome, is_shipped
from c3d_teach.experiments.studies import STUDIES
from c3d_teach.experiments.study_pictures import pictures
from c3d_teach.experiments.study_tables import (
    accuracy_table,
    frames_table,
    nets_table,
    rates_table,
)
from c3d_teach.viz.notebook import png

PAGE, FOLDER = "studies.md", Path("docs") / "studies"
# what there is to see in the pictures of the shipped results
TITLES = {
    "kernel-depth": {
        "how": "How it moves: depth-1 hardly knows, however wide; at this rate depth-3 trails",
        "both": "Asked both, depth-1 learns what it is and deep nets how it moves",
        "frames": "At conv5 two frames are left, and slices of deeper kernels are dead",
        "pairs-slow-and-noisy": "Slow and noisy: deep nets are ahead of depth-1, few of each other",
    },
    "kernel-depth-other-rate": {"how": "At twice the learning rate depth-3 no longer trails"},
    "two-vs-three": {
        "how": "How it moves: frames one by one tell nothing, frames as channels much, 3D most",
        "what": "What it is: best known by nets that see many frames one by one",
        "both": "Asked both, depth-3 and frames as channels learn how and hardly what",
    },
    "pooling": {
        "how": "How time is merged hardly matters to depth-3, and matters to depth-1",
        "frames": "Pooled early, conv5 has one frame left and two of its three slices are dead",
    },
}


def blocks() -> dict[str, str]:
    """Every block of the page that is made, by its name between the marks."""
    found = {f"claim: {name}": one.statement for name, one in CLAIMS.items()}
    for name in filter(is_shipped, STUDIES):
        outcome, reference = Outcome.shipped(name), STUDIES[name].reference
        found |= {
            f"{name}: nets": nets_table(outcome),
            f"{name}: frames": frames_table(outcome),
            f"{name}: rates": rates_table(outcome),
            f"{name}: cost": cost(outcome),
        }
        for setting in outcome.settings:
            for task in outcome.tasks:
                table = accuracy_table(outcome, setting, task, reference)
                found[f"{name}: {setting}, {task}"] = table
    return found


def cost(outcome: Outcome) -> str:
    """What the study took, in a sentence."""
    machine, data = outcome.data["machine"], outcome.data
    trainings = len(data["runs"]) + len(data["search"])
    return (
        f"{trainings} trainings, {len(data['search'])} of them to choose the learning rate: "
        f"{data['minutes']:.0f} minutes, as the sum of their times over {machine['cores']} cores "
        f"({machine['capability']}, torch {machine['torch']}); other work ran beside them."
    )


def renewed(text: str) -> str:
    """The page with every block that it has brought up to date."""
    for name, block in blocks().items():
        if f"<!-- {name} -->" in text:
            text = with_block(text, name, block)
    return text


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    used = (FOLDER.parent / PAGE).read_text(encoding="utf-8")
    used += "".join(one.figure or "" for one in CLAIMS.values())
    for name in filter(is_shipped, STUDIES):
        for label, figure in pictures(Outcome.shipped(name), TITLES.get(name)).items():
            file = FOLDER / f"{name}-{label}.png"
            if f"studies/{file.name}" in used:
                file.write_bytes(png(figure))
    renew(PAGE, renewed)


if __name__ == "__main__":
    main()
