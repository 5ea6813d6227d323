"""The dashboard's frame: title, navigation, and a sentence instead of a traceback.

Run it from the project's folder with ``streamlit run app/main.py``.
"""

import logging
from pathlib import Path

import streamlit as st

from c3d_teach import KitError

PAGES = [
    st.Page("pages/predictions.py", title="Predictions", icon=":material/play_circle:"),
]

# a picture of our own: Streamlit fetches the icons it names from the network
ICON = str(Path(__file__).with_name("icon.svg"))

st.set_page_config(page_title="c3d_teach", page_icon=ICON, layout="wide")
st.logo(ICON)
# Streamlit's light theme prints the text of charts too pale to read with ease (3.7 : 1)
st.html(
    "<style>.stPlotlyChart :is(.xtick, .ytick, .textpoint) text {fill: currentColor !important;}"
    "</style>"
)
page = st.navigation(PAGES, position="top")
try:
    page.run()
except KitError as error:
    st.error(str(error))
except Exception:
    logging.getLogger(__name__).exception("The page %r stopped.", page.title)
    st.error(
        "This page stopped at something it did not expect. Load it again; if that does not "
        "help, the terminal that runs the dashboard says more."
    )
