"""The dashboard's frame: navigation, titles, and a sentence instead of a traceback.

Run it from the project's folder with ``streamlit run app/main.py``.
"""

import logging
import os
import sys
from pathlib import Path

# whole before any page draws: plotly would look into one that another visitor's page half imported
import pandas  # noqa: F401
import streamlit as st
from catalogue import CARDS, Card
from warming import warm_up

from c3d_teach import KitError

# a picture of our own: Streamlit fetches the icons it names from the network
ICON = str(Path(__file__).with_name("icon.svg"))
STYLES = Path(__file__).parent / "styles"
# read when a page first imports torch: its threads sleep between computations, not spin
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# with thirty pages being drawn, a net that computes would wait long after each of its layers
sys.setswitchinterval(0.0005)


def main() -> None:
    st.set_page_config(page_title="c3d_teach", page_icon=ICON, layout="wide")
    st.logo(ICON)
    page, card = chosen_page()
    st.html(STYLES / "everywhere.css")
    with st.container(horizontal=True, vertical_alignment="top", key="head"):
        st.title(card.title, anchor=False, width="stretch")
        projector = st.toggle(
            "Projector",
            key="projector",
            bind="query-params",
            help="Larger type and figures, to be read from the last row.",
        )
    if projector:
        st.html(STYLES / "projector.css")
    st.markdown(card.lead)
    try:
        page.run()
    except KitError as error:
        st.error(str(error), icon=":material/error:")
    except Exception:
        logging.getLogger(__name__).exception("The page %r stopped.", page.title)
        st.error(
            "This page stopped at something it did not expect. Load it again; if that does not "
            "help, the terminal that runs the dashboard says more.",
            icon=":material/error:",
        )
    warm_up()


def chosen_page() -> tuple[st.Page, Card]:
    """The page that the address or the navigation asks for."""
    first, *others = CARDS
    # Streamlit gives its first page the bare address alone; a link that names it is right too
    start, named = (
        st.Page(
            f"views/{first.key}.py",
            title=first.name,
            icon=first.icon,
            url_path="start" if bare else first.key,
            default=bare,
            visibility="visible" if bare else "hidden",
        )
        for bare in (True, False)
    )
    pages = {start: first, named: first} | {
        st.Page(f"views/{card.key}.py", title=card.name, icon=card.icon, url_path=card.key): card
        for card in others
    }
    page = st.navigation(list(pages), position="top")
    return page, pages[page]


main()
