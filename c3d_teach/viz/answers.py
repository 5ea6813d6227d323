"""What nets say of a clip: bars for every class, beside the clip that plays."""

from base64 import b64encode
from collections.abc import Mapping
from html import escape

import numpy as np
from IPython.display import HTML, display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from c3d_teach.errors import UsageError
from c3d_teach.viz.movie import animation
from c3d_teach.viz.notebook import png
from c3d_teach.viz.static import BLUE, LABEL, SKY, TICK, titled

Answers = Mapping[str, Mapping[str, float]]  # net → class → probability
_SHARE = 100  # per cent
_SCREEN_DPI = 96


def answers_chart(answers: Answers, *, title: str = "", panel: float = 1.9) -> Figure:
    """The probability of every class, a panel for each net, with its number beside the bar.

    The likeliest class of a net has a dark bar with an outline and its number in bold.

    Args:
        answers: net → class → probability, 0 to 1; all nets answer with the same classes.
        title: what there is to see; none where the figure stands beside a clip.
        panel: how wide each net's panel is, in inches.

    Raises:
        UsageError: for no net, nets with other classes, or numbers that are not from 0 to 1.
    """
    classes = list(next(iter(answers.values()))) if answers else []
    if not classes or any(list(one) != classes for one in answers.values()):
        raise UsageError("answers_chart() draws one net or more, all with the same classes.")
    names = 0.085 * max(map(len, classes)) + 0.3
    size = (names + panel * len(answers), 0.27 * len(classes) + 0.8 + 0.35 * bool(title))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(1, len(answers), sharey=True, squeeze=False)[0]
    for axis, (net, shares) in zip(axes, answers.items(), strict=True):
        _bars(axis, net, np.array([shares[one] for one in classes], dtype=float))
    axes[0].set_yticks(range(len(classes)), classes, fontsize=TICK)
    axes[0].set_ylim(len(classes) - 0.4, -0.6)
    if title:
        titled(figure, title)
    return figure


def _bars(axis: Axes, net: str, values: np.ndarray) -> None:
    if not ((values >= 0) & (values <= 1 + 1e-6)).all():
        raise UsageError(f"{net} was given {values.tolist()}; give probabilities from 0 to 1.")
    best = int(values.argmax())
    for row, share in enumerate(_SHARE * values):
        chosen = row == best
        axis.barh(
            row,
            share,
            height=0.72,
            color=BLUE if chosen else SKY,
            edgecolor="black",
            linewidth=1.2 if chosen else 0.4,
        )
        if share >= 0.5:
            axis.text(
                share + 2,
                row,
                f"{share:.0f} %",
                va="center",
                fontsize=TICK,
                fontweight="bold" if chosen else "normal",
            )
    axis.set_xlim(0, 134)  # room for the number beside a full bar
    axis.set_xticks([0, 50, 100])
    axis.set_xlabel("probability (%)", fontsize=TICK)
    axis.set_title(net, fontsize=LABEL, fontweight="bold", loc="left")
    axis.tick_params(axis="x", labelsize=TICK)
    axis.tick_params(axis="y", length=0)
    axis.spines[["top", "right"]].set_visible(False)


def play_answers(
    clips: Mapping[str, ArrayLike],
    answers: Mapping[str, Answers],
    *,
    alt: str,
    fps: float = 8,
    side: int = 192,
) -> None:
    """Display clips that play for ever, a row each, with what nets say of them at the right.

    Args:
        clips: name → clip ``(L, H, W, C)`` uint8.
        answers: name → net → class → probability; empty where nobody was asked.
        alt: what there is to see.
        fps: frames a second.
        side: about how many screen pixels high a clip is shown.
    """
    rows = []
    for name, clip in clips.items():
        words = escape(f"{alt} ({name})")
        picture = ""
        if given := answers.get(name):
            figure = answers_chart(given)
            data, wide = b64encode(png(figure)).decode(), round(figure.get_figwidth() * _SCREEN_DPI)
            picture = (
                f'<img alt="Bars of the answers. {words}" width="{wide}" '
                f'style="max-width:100%" src="data:image/png;base64,{data}">'
            )
        rows.append(
            '<div style="display:flex;align-items:center;gap:20px;flex-wrap:wrap;margin:4px 0">'
            f'<figure style="margin:0">{_movie(clip, words, fps, side)}'
            f"<figcaption><b>{escape(name)}</b></figcaption></figure>{picture}</div>"
        )
    display(HTML(f"<div>{''.join(rows)}</div>"))


def _movie(clip: ArrayLike, words: str, fps: float, side: int) -> str:
    frames = np.asarray(clip)
    scale = max(1, round(side / frames.shape[1])) if frames.ndim == 4 else 1
    data = b64encode(animation(frames, fps=fps, scale=scale)).decode()
    height, width = (int(n) * scale for n in frames.shape[1:3])
    return (
        f'<img alt="{words}" width="{width}" height="{height}" '
        f'style="display:block" src="data:image/webp;base64,{data}">'
    )
