"""What the nets of the playground are shown: a clip of each motion, side by side."""

import state
import streamlit as st

from c3d_teach.experiments.playground import Configuration
from c3d_teach.viz.film_sheet import film_sheet
from c3d_teach.viz.movie import animation

_SIDE = 144  # pixels of a clip: its pixels as squares of six
_COLUMNS = 4


@st.cache_data(max_entries=16, show_spinner=False)
def examples(noise: float, seed: int) -> tuple[bytes, str]:
    """The first training clip of every motion as one film, and what it shows in words."""
    setting = Configuration(noise=noise, seed=seed).trial().setting
    made = setting.clips_of("train", seed)
    with state.COMPUTING:
        batch = made.batch(range(64))
    shown = batch["motion"].tolist()
    panels, said = [], []
    for k, motion in enumerate(setting.motions):
        if k in shown:  # a draw of 64 might miss one
            n = shown.index(k)
            panels.append((motion.replace("counter-", "counter-\n"), batch["clip"][n].numpy()))
            said.append(f"{setting.things[int(batch[made.thing][n])]} {motion}")
    sheet = film_sheet(panels, side=_SIDE, columns=_COLUMNS)
    return animation(sheet, fps=8), f"Digits that move: {', '.join(said)}."
