"""A clip made to excite a unit: its frames, its motion, and how it came about."""

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from c3d_teach.errors import UsageError
from c3d_teach.viz.clip_charts import data_uri, frame_slider
from c3d_teach.viz.interactive import BAR, FAINT, MARK, calm
from c3d_teach.viz.movie import animation
from c3d_teach.viz.static import BLUE, LABEL, TICK, VERMILION, titled

if TYPE_CHECKING:
    from c3d_teach.analysis.excitation.excite import Excitation

_FRAMES = 8


def excitation_chart(made: "Excitation", *, title: str | None = None) -> Figure:
    """Eight frames, two cuts through the clip along time, and the way there.

    The first cut is the row in which most changes, in all frames (what moves to the right falls
    to the right), the second the column (what moves up rises to the right). The curve is the mean
    of the unit's map at each step, the dashed line the best of as many random clips.

    Args:
        made: of :func:`~c3d_teach.analysis.excitation.excite.excite`.
        title: what there is to see.

    Raises:
        UsageError: for a unit that was never excited.
    """
    _check(made)
    clip = made.clip
    length, height, width = clip.shape[:3]
    row, column = _liveliest(clip)
    figure = Figure(figsize=(11.4, 5.3), layout="constrained")
    titled(figure, title or _default_title(made))
    (above,), (below,) = figure.subfigures(2, 1, squeeze=False, height_ratios=(1, 1.7))
    times = np.linspace(0, length - 1, min(_FRAMES, length)).round().astype(int)
    frames = above.subplots(1, len(times), squeeze=False)[0]
    for k, (axis, t) in enumerate(zip(frames, times.tolist(), strict=True)):
        _picture(axis, clip[t])
        axis.set_xticks([0, width - 1])
        axis.set_yticks([0, height - 1])
        axis.set_title(f"t = {t}", fontsize=LABEL)
        axis.set_xlabel("x (pixels)", fontsize=TICK)
        if k:
            axis.set_yticklabels([])
        else:
            axis.set_ylabel("y (pixels)", fontsize=TICK)
    cuts = (
        (clip[:, row], "x (pixels)", "t (frames)", f"row y = {row}"),
        (clip[:, :, column].swapaxes(0, 1), "t (frames)", "y (pixels)", f"column x = {column}"),
    )
    *sections, axis = below.subplots(1, 3, width_ratios=(1, 1, 1.7))
    for section, (cut, across, down, name) in zip(sections, cuts, strict=True):
        _picture(section, cut)
        section.set_aspect("auto")
        section.set_title(f"{name} through time", fontsize=LABEL)
        section.set_xlabel(across, fontsize=LABEL)
        section.set_ylabel(down, fontsize=LABEL)
    axis.plot(made.curve, color=BLUE, label="this clip")
    axis.axhline(
        made.noise,
        color=VERMILION,
        linestyle="--",
        label=f"best of {made.noise_clips} random clips",
    )
    axis.plot(len(made.curve) - 1, made.activation, "o", color=BLUE, label="rounded to 0–255")
    axis.set_xlabel("step", fontsize=LABEL)
    axis.set_ylabel("activation (mean of the map)", fontsize=LABEL)
    axis.tick_params(labelsize=TICK)
    axis.margins(y=0.12)
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(
        fontsize=TICK,
        frameon=False,
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=3,
        columnspacing=1.0,
        handlelength=1.6,
    )
    return figure


def excitation_plot(made: "Excitation", *, title: str | None = None) -> go.Figure:
    """The clip to step through with a slider, its row through time, and the way there.

    Raises:
        UsageError: for a unit that was never excited.
    """
    _check(made)
    clip = made.clip
    length, height = clip.shape[:2]
    row, _ = _liveliest(clip)
    figure = make_subplots(
        1,
        3,
        column_widths=(0.28, 0.28, 0.44),
        subplot_titles=("the clip", f"row y = {row} through time", "on the way"),
    )

    def frame(t: int) -> go.Image:
        return go.Image(source=data_uri(clip[t]), hovertemplate="x %{x}, y %{y}<extra></extra>")

    figure.add_trace(frame(0), 1, 1)
    figure.add_trace(
        go.Image(source=data_uri(clip[:, row]), hovertemplate="x %{x}, t %{y}<extra></extra>"), 1, 2
    )
    steps = list(range(len(made.curve)))
    figure.add_scatter(
        x=steps, y=made.curve.tolist(), name="this clip", line={"color": BAR}, row=1, col=3
    )
    figure.add_scatter(
        x=[steps[-1]],
        y=[made.activation],
        mode="markers",
        marker={"color": BAR, "size": 9},
        name="rounded to 0–255",
        row=1,
        col=3,
    )
    figure.add_scatter(
        x=[0, steps[-1]],
        y=[made.noise] * 2,
        mode="lines",
        line={"color": MARK, "dash": "dash"},
        name=f"best of {made.noise_clips} random clips",
        row=1,
        col=3,
    )
    figure.frames = [go.Frame(data=[frame(t)], traces=[0], name=str(t)) for t in range(length)]
    layout = calm(height=430)
    layout["margin"] |= {"t": 76}
    layout["legend"] = {"x": 1, "xanchor": "right", "y": -0.3, "orientation": "h"}
    for axis in ("xaxis", "yaxis"):
        layout.pop(axis)
    figure.update_layout(
        **layout,
        title={"text": f"<b>{title or _default_title(made)}</b>", "x": 0.01, "font": {"size": 15}},
        sliders=[frame_slider(length, 0) | {"len": 0.58, "y": -0.12}],
    )
    figure.update_annotations(font_size=13)
    figure.update_xaxes(fixedrange=True, zeroline=False, showgrid=False)
    figure.update_yaxes(fixedrange=True, zeroline=False, showgrid=False, title_standoff=4)
    figure.update_xaxes(title_text="x (pixels)", row=1, col=1)
    figure.update_yaxes(title_text="y (pixels)", row=1, col=1)
    figure.update_xaxes(title_text="x (pixels)", constrain="domain", row=1, col=2)
    # as high as the clip, however few its frames
    figure.update_yaxes(title_text="t (frames)", scaleratio=height / length, row=1, col=2)
    figure.update_xaxes(title_text="step", row=1, col=3)
    figure.update_yaxes(title_text="activation", gridcolor=FAINT, showgrid=True, row=1, col=3)
    return figure


def excitation_animation(made: "Excitation", *, fps: float = 8, scale: int = 4) -> bytes:
    """The clip as an animated WebP that plays for ever.

    Raises:
        UsageError: for a unit that was never excited.
    """
    _check(made)
    return animation(made.clip, fps=fps, scale=scale)


def _default_title(made: "Excitation") -> str:
    unit = f"{made.unit} (“{made.name}”)" if made.name else str(made.unit)
    if made.activation <= made.noise:
        return f"No clip was found that excites {unit} more than noise does"
    if made.noise <= 0:
        return f"A clip made to excite {unit}, which noise leaves cold"
    ratio = made.activation / made.noise
    return f"A clip made to excite {unit}: {ratio:.3g} times as much as the best noise"


def _liveliest(clip: NDArray[np.uint8]) -> tuple[int, int]:
    """The row and the column of pixels that change most over time."""
    change = clip.mean(-1).std(0)
    return int(change.sum(1).argmax()), int(change.sum(0).argmax())


def _picture(axis: Axes, frame: NDArray[np.uint8]) -> None:
    grey = frame.shape[-1] == 1
    axis.imshow(frame[..., 0] if grey else frame, cmap="gray", vmin=0, vmax=255)
    axis.tick_params(labelsize=TICK, length=2)


def _check(made: "Excitation") -> None:
    if not made.fired:
        raise UsageError(f"{made.unit} was never excited; there is no clip to show.")
