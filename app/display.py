"""How pages show things: charts, films, words that are new, and the way to the notebooks."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st
from catalogue import CARDS

from c3d_teach.classroom.course import COURSE

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
PROJECTED = 1.4  # type on charts, for the last row of a lecture hall
_USUAL_TYPE = 12  # plotly's, in pixels
_PLOTLY = {"displayModeBar": False, "scrollZoom": False}


def projected() -> bool:
    """Whether the page is shown in a lecture hall."""
    return bool(st.session_state.get("projector"))


def chart(figure: "Figure", *, key: str, alt: str, select: bool = False) -> Any:
    """A plotly figure in the page's colours, larger when projected.

    Args:
        key: names it among all charts of the page; also the CSS class ``st-key-KEY``.
        alt: what it says, for those who cannot see it: the numbers that matter.
        select: whether points can be clicked; then returned is what was chosen.
    """
    if projected():
        figure = enlarged(figure)
    if not select:
        return st.plotly_chart(figure, key=key, config=_PLOTLY, alt=alt)
    return st.plotly_chart(
        figure, key=key, config=_PLOTLY, alt=alt, on_select="rerun", selection_mode="points"
    )


def enlarged(figure: "Figure", factor: float = PROJECTED) -> "Figure":
    """The figure with all its type ``factor`` times as large, and room for it."""
    from plotly.graph_objects import Figure

    spec = _with_larger_type(figure.to_dict(), factor)
    layout = spec["layout"]
    layout["font"] = {"size": _USUAL_TYPE * factor} | layout.get("font", {})
    if "height" in layout:
        layout["height"] *= factor**0.5
    for side in layout.get("margin", {}).keys() & set("lrtb"):
        layout["margin"][side] *= factor
    return Figure(spec)


def _with_larger_type(node: Any, factor: float, of: str = "") -> Any:
    """A part of a figure; ``of`` is the name under which it stands in the whole."""
    if isinstance(node, dict):
        type_size = {"size"} if of.endswith("font") else set()
        return {
            name: value * factor
            if name in type_size and isinstance(value, int | float)
            else _with_larger_type(value, factor, name)
            for name, value in node.items()
        }
    if isinstance(node, list):
        return [_with_larger_type(value, factor, of) for value in node]
    return node


def numbers(columns: Mapping[str, Sequence[Any]], *, alt: str, label: str | None = None) -> None:
    """What a chart shows, as a table that opens below it."""
    with st.expander(label or "The same as numbers"):
        st.table(dict(columns), hide_index=True, alt=alt)


def meaning(*terms: str) -> str:
    """Words of the glossary with what they mean, as a control's help (Markdown).

    Raises:
        KeyError: for a term that the glossary does not have.
    """
    known = _glossary()
    return "\n\n".join(f"**{term}**: {known[term]}" for term in terms)


def in_notebook(key: str, code: str) -> None:
    """The end of every page: its lesson, and the lines of Python that give what it shows.

    Args:
        key: of the page's card.
        code: a cell that runs as it stands in a fresh notebook and ends with a number or a
            figure of this page; made from what is chosen on it.
    """
    card = next(card for card in CARDS if card.key == key)
    first, *others = (COURSE[number] for number in card.lessons)
    file = next(NOTEBOOKS.glob(f"{first.number:02d}_*.ipynb")).name
    with st.popover("Open in notebook", icon=":material/menu_book:", key="in-notebook"):
        st.markdown(
            f"**Lesson {first.number} · {first.title}**: {first.question}\n\n"
            f"In a terminal, in the folder of this kit: `make lab`. Then open "
            f"`notebooks/{file}`."
        )
        for other in others:
            st.markdown(f"Also: lesson {other.number} · {other.title}")
        st.markdown("What you see here, as a cell of a notebook:")
        st.code(code.strip(), language="python")


def plain(text: str, longest: int = 60) -> str:
    """Text from elsewhere, such as a file's name, so that markdown shows it and does nothing."""
    short = text if len(text) <= longest else text[: longest - 1] + "…"
    short = "".join(c if c.isprintable() else " " for c in short)
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|$:~&])", r"\\\1", short)


@cache
def _glossary() -> dict[str, str]:
    """Term → meaning, of ``notebooks/glossary.md``."""
    text = (NOTEBOOKS / "glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \*\*(.+?)\*\* \| .+? \| (.+?) \|", text, re.MULTILINE)
    return dict(rows)
