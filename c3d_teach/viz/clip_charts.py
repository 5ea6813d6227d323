"""The clips that excite a unit most: as a sheet, as a figure to step through, as a film."""

from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from PIL import Image
from plotly.subplots import make_subplots

from c3d_teach.errors import UsageError
from c3d_teach.viz.feature_charts import short
from c3d_teach.viz.interactive import MARK, calm
from c3d_teach.viz.movie import animation
from c3d_teach.viz.static import TICK, VERMILION, titled

if TYPE_CHECKING:
    from c3d_teach.analysis.excitation.best_clips import UnitClips

_COLUMNS = 3
_GAP = 8  # pixels between the clips of a film
_MOMENT: dict[str, Any] = {"color": VERMILION, "linestyle": ":", "linewidth": 1.5}
_SIDE = 128  # pixels a clip is at least large in it


def best_clips_chart(best: "UnitClips", *, title: str | None = None) -> Figure:
    """For each clip its moment, and beside it one line of pixels through time.

    The frame is the moment's, in the middle of what the unit sees; the box is what the unit sees
    of it. The second picture is that row of the box in which most changes, in all frames: x runs
    right, time runs down, so that what moves to the right falls to the right. Where most of the
    motion in the boxes is up or down, it is a column instead: time runs right, y runs down, so
    that what moves up rises. The line is the moment, the box again what the unit sees.

    Args:
        best: of :func:`~c3d_teach.analysis.excitation.best_clips.best_clips`, one unit.
        title: what there is to see; by default the label shared by more of the clips than
            chance would have it.

    Raises:
        UsageError: for a unit that no clip excites.
    """
    _check(best)
    rows = -(-len(best) // _COLUMNS)
    figure = Figure(figsize=(11.4, 2.08 * rows + 0.7), layout="constrained")
    axes = figure.subplots(rows, 2 * _COLUMNS, squeeze=False)
    for axis in axes.flat[2 * len(best) :]:
        axis.set_axis_off()
    upright = _upright(best)
    for k, clip in enumerate(best.clips):
        frame, section = axes.flat[2 * k], axes.flat[2 * k + 1]
        (t0, t1), (y0, y1), (x0, x1) = best.boxes[k].tolist()
        moment = int(best.moments[k])
        seen = clip[t0:t1, y0:y1, x0:x1].mean(-1).std(0)  # how much each pixel changes
        row, column = y0 + int(seen.sum(1).argmax()), x0 + int(seen.sum(0).argmax())
        _picture(frame, clip[moment])
        _box(frame, x0, x1, y0, y1)
        if upright:
            _picture(section, clip[:, :, column].swapaxes(0, 1))
            _box(section, t0, t1, y0, y1)
            section.axvline(moment, **_MOMENT)
        else:
            _picture(section, clip[:, row])
            _box(section, x0, x1, t0, t1)
            section.axhline(moment, **_MOMENT)
        section.set_aspect("auto")
        section.set_box_aspect(clip.shape[1] / clip.shape[2])
        frame.set_title(_name(best, k), fontsize=TICK, loc="left")
        # on the first of two lines, for the labels on the second may be long
        cut = f"x = {column}" if upright else f"y = {row}"
        section.set_title(f"t = {moment}, {cut}\n", fontsize=TICK, loc="right")
        lowest = k + _COLUMNS >= len(best)
        names = ("t (frames)", "y (pixels)") if upright else ("x (pixels)", "t (frames)")
        for axis, (across, down) in ((frame, ("x (pixels)", "y (pixels)")), (section, names)):
            axis.set_ylabel(down, fontsize=TICK)
            if lowest:
                axis.set_xlabel(across, fontsize=TICK)
    titled(figure, title or _default_title(best))
    return figure


def best_clips_plot(best: "UnitClips", *, title: str | None = None) -> go.Figure:
    """The clips side by side, stepped through together with a slider; hover tells the rest.

    Raises:
        UsageError: for a unit that no clip excites.
    """
    _check(best)
    rows, columns = -(-len(best) // _COLUMNS), min(_COLUMNS, len(best))
    names = [_name(best, k).replace("\n", "<br>") for k in range(len(best))]
    figure = make_subplots(
        rows, columns, subplot_titles=names, horizontal_spacing=0.04, vertical_spacing=0.3 / rows
    )
    length = len(best.clips[0])
    first = int(np.median(best.moments))

    def pictures(t: int) -> list[go.Image]:
        return [
            go.Image(
                source=data_uri(clip[t]),
                hovertemplate=f"{names[k]}<br>moment: frame {best.moments[k]}<extra></extra>",
            )
            for k, clip in enumerate(best.clips)
        ]

    for k, picture in enumerate(pictures(first)):
        place = {"row": k // columns + 1, "col": k % columns + 1}
        figure.add_trace(picture, **place)
        (y0, y1), (x0, x1) = best.boxes[k, 1:].tolist()
        figure.add_shape(
            type="rect",
            **{"x0": x0 - 0.5, "x1": x1 - 0.5, "y0": y0 - 0.5, "y1": y1 - 0.5},
            line={"color": MARK, "width": 2},
            **place,
        )
    figure.frames = [go.Frame(data=pictures(t), name=str(t)) for t in range(length)]
    layout = calm(height=240 * rows + 110)
    layout["margin"] |= {"t": 84}
    for axis in ("xaxis", "yaxis"):
        layout.pop(axis)
    figure.update_layout(
        **layout,
        title={"text": f"<b>{title or _default_title(best)}</b>", "x": 0.01, "font": {"size": 15}},
        sliders=[frame_slider(length, first)],
    )
    figure.update_annotations(font_size=12)
    figure.update_xaxes(fixedrange=True, visible=False)
    figure.update_yaxes(fixedrange=True, visible=False)
    return figure


def best_clips_animation(best: "UnitClips", *, fps: float = 8) -> bytes:
    """An animated WebP of all clips side by side, in the order of the sheet, for ever.

    The box around what the unit sees is there in the frames that it sees.

    Raises:
        UsageError: for a unit that no clip excites.
    """
    _check(best)
    length, height, width, _ = best.clips[0].shape
    scale = max(1, -(-_SIDE // height))
    columns = min(_COLUMNS, len(best))
    rows = -(-len(best) // columns)
    step = (height * scale + _GAP, width * scale + _GAP)
    sheet = np.full((length, rows * step[0] - _GAP, columns * step[1] - _GAP, 3), 255, np.uint8)
    for k, clip in enumerate(best.clips):
        large = np.broadcast_to(clip, (*clip.shape[:3], 3)).repeat(scale, 1).repeat(scale, 2)
        (t0, t1), (y0, y1), (x0, x1) = best.boxes[k].tolist()
        inside = large[t0:t1, y0 * scale : y1 * scale, x0 * scale : x1 * scale]
        for edge in (inside[:, :2], inside[:, -2:], inside[:, :, :2], inside[:, :, -2:]):
            edge[:] = (213, 94, 0)  # vermilion
        top, left = k // columns * step[0], k % columns * step[1]
        sheet[:, top : top + large.shape[1], left : left + large.shape[2]] = large
    return animation(sheet, fps=fps)


def frame_slider(length: int, active: int) -> dict[str, Any]:
    """A plotly slider that shows frame t of figures whose frames are named by their number."""
    how = {"mode": "immediate", "frame": {"duration": 0, "redraw": True}}
    steps = [
        {
            "method": "animate",
            "label": str(t),
            "args": [[str(t)], {**how, "transition": {"duration": 0}}],
        }
        for t in range(length)
    ]
    return {
        "steps": steps,
        "active": active,
        "currentvalue": {"prefix": "frame t = "},
        "pad": {"t": 8},
    }


def data_uri(picture: NDArray[np.uint8]) -> str:
    """A picture ``(H, W, C)`` as text for a page; the small ones of grey clips without loss."""
    file = BytesIO()
    if picture.shape[-1] == 1:
        Image.fromarray(picture[..., 0]).save(file, format="PNG")
    else:
        Image.fromarray(picture).save(file, format="JPEG", quality=90, subsampling=0)
    kind = "png" if picture.shape[-1] == 1 else "jpeg"
    return f"data:image/{kind};base64,{b64encode(file.getvalue()).decode()}"


def _name(best: "UnitClips", k: int) -> str:
    labels = [names[k] for names in best.labels.values()]
    if best.videos[k]:
        labels = [f"{short(best.videos[k], 20)}, frame {best.starts[k]}"]
    return f"{k + 1}.  activation {best.activations[k]:.3g}\n{', '.join(labels)}"


def _default_title(best: "UnitClips") -> str:
    text = f"What excites {best.unit} most"
    shared = []
    for kind in best.labels:
        name, count = next(iter(best.counts(kind).items()))
        usual = best.totals[kind][name] / sum(best.totals[kind].values())
        shared.append((count / usual, f"{text}: {count} of {len(best)} are “{name}” ({kind})"))
    return max(shared)[1] if shared else text  # of several labels the least expected


def _upright(best: "UnitClips") -> bool:
    """Whether the motion in the boxes is up or down rather than left or right.

    What moves along an axis changes over time as it changes along that axis, or opposite.
    """
    along = np.zeros(2)
    for clip, box in zip(best.clips, best.boxes.tolist(), strict=True):
        (t0, t1), (y0, y1), (x0, x1) = box
        seen = clip[t0:t1, y0:y1, x0:x1].mean(-1)
        if min(seen.shape) > 1:
            over_t, *over = np.gradient(seen)
            along += [abs(float((over_t * one).sum())) for one in over]
    return bool(along[0] > along[1])


def _picture(axis: Axes, frame: NDArray[np.uint8]) -> None:
    axis.imshow(
        frame[..., 0] if frame.shape[-1] == 1 else frame,
        cmap="gray",
        vmin=0,
        vmax=255,
        interpolation="nearest",
    )
    for ticks, size in ((axis.set_xticks, frame.shape[1]), (axis.set_yticks, frame.shape[0])):
        ticks([0, size // 2, size - 1])
    axis.tick_params(labelsize=TICK, length=2)


def _box(axis: Axes, left: int, right: int, top: int, bottom: int) -> None:
    place = (left - 0.5, top - 0.5)
    size = (right - left, bottom - top)
    axis.add_patch(
        Rectangle(place, *size, fill=False, edgecolor=VERMILION, linewidth=2, clip_on=False)
    )


def _check(best: "UnitClips") -> None:
    if not len(best):
        raise UsageError(f"No clip excites {best.unit}, so there is none to show.")
