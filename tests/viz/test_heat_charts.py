"""Figures of heat: everything named, nothing by colour alone, small, bad input refused."""

from io import BytesIO
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from c3d_teach.analysis.attribution.heat import Attribution
from c3d_teach.analysis.attribution.sanity import SanityCheck
from c3d_teach.errors import UsageError
from c3d_teach.viz import static
from c3d_teach.viz.heat_charts import heat_chart, heat_rows, sanity_chart
from c3d_teach.viz.heat_movie import half_level, heat_animation, overlaid, smoothed
from c3d_teach.viz.heat_plots import curves_plot, heat_plot, sanity_plot
from c3d_teach.viz.notebook import png


def made(
    method: str = "integrated gradients", *, length: int = 16, steps: int = 16, channels: int = 1
) -> Attribution:
    rng = np.random.default_rng(0)
    clip = rng.integers(0, 256, (length, 24, 32, channels), np.uint8)
    heat = rng.normal(0, 0.05, (length, 24, 32)).astype(np.float32)
    heat[length // 2, 6:14, 8:20] += 1
    layer = "conv5" if method == "grad-cam" else None
    curve = heat.sum((1, 2), dtype=np.float64)
    return Attribution(clip, heat, curve, steps, 7.5, "the logit of “up”", method, layer)


def checked(method: str, kept: float = 0.1) -> SanityCheck:
    layers = ("fc8", "fc6", "conv2", "conv1")
    values = np.full((4, 2, 3), kept) + np.linspace(-0.05, 0.05, 3)
    missing = np.full_like(values, np.nan) if method == "temporal occlusion" else values
    return SanityCheck(method, layers, 2, values, values, missing, np.zeros((3, 3)))


def texts(figure: Figure) -> list[str]:
    return [t.get_text() for t in figure.findobj(Text) if t.get_text()]


def smallest(figure: Figure) -> float:
    return min(t.get_fontsize() for t in figure.findobj(Text) if t.get_text())


@pytest.mark.parametrize(("length", "channels"), [(1, 1), (2, 3), (16, 3), (33, 1)])
def test_a_heat_chart_names_everything_for_any_length(length: int, channels: int) -> None:
    figure = heat_chart(made(length=length, steps=length, channels=channels))
    assert png(figure).startswith(b"\x89PNG")
    said = texts(figure)
    assert {"time t (frames)", "clip", "with heat", "for it", "against it"} <= set(said)
    assert "Integrated gradients explains the logit of “up”, 7.5" in said
    assert smallest(figure) >= static.TICK
    assert len(figure.axes) <= 2 * 8 + 1


def test_frames_stand_above_their_time() -> None:
    figure = heat_chart(made())
    png(figure)
    *pictures, curve = figure.axes
    for axis in pictures[:8]:
        t = int(axis.get_title().removeprefix("t = "))
        left, right = (curve.transData.transform((t + side, 0))[0] for side in (-1, 1))
        box = axis.get_window_extent()
        assert left < (box.x0 + box.x1) / 2 < right


def test_few_steps_in_time_are_drawn_and_written_as_steps() -> None:
    figure = heat_chart(made("grad-cam", steps=2))
    assert "only 2 steps in time" in texts(figure)
    assert not figure.axes[-1].lines[:-1], "no line that runs through points that are none"
    assert "Grad-CAM at conv5 explains" in figure.get_suptitle()
    assert "16 steps in time, one a frame" in texts(heat_chart(made()))
    assert "1 step in time: no “when”" in texts(heat_chart(made("grad-cam", steps=1)))


def test_the_sign_of_a_gradient_is_brightness() -> None:
    said = texts(heat_chart(made("gradient")))
    assert {"asks for brighter", "asks for darker"} <= set(said)


def test_heat_has_a_line_around_it_that_needs_no_colour() -> None:
    one = made()
    figure = heat_chart(one)
    assert any(axis.collections for axis in figure.axes[8:16])
    soft = smoothed(one.heat, one.method)
    level = half_level(soft)
    assert soft[soft > level].sum() == pytest.approx(soft.sum() / 2, rel=0.01)
    assert half_level(np.zeros((2, 3, 3), np.float32)) == float("inf")


def test_rows_of_methods_share_their_frames() -> None:
    figure = heat_rows([made("grad-cam", steps=2), made("gradient"), made("temporal occlusion")])
    assert png(figure).startswith(b"\x89PNG")
    said = texts(figure)
    assert {"Grad-CAM\n(conv5)", "Gradient", "Temporal\nocclusion", "clip"} <= set(said)
    assert {"only 2 steps in time", "time t (frames)"} <= set(said)
    assert figure.axes[-1].get_xticklabels()[0].get_text() == "0"
    assert smallest(figure) >= static.TICK


def test_a_sanity_chart_says_which_maps_stay() -> None:
    both = {"guided backpropagation": checked("guided backpropagation", 0.9)}
    both["temporal occlusion"] = checked("temporal occlusion")
    figure = sanity_chart(both)
    assert png(figure).startswith(b"\x89PNG")
    said = texts(figure)
    assert "Guided backpropagation keeps its map when the net no longer knows the class" in said
    assert {"none", "fc8", "conv1", "maps of different clips", "magnitudes"} <= set(said)
    dashes = {line.get_linestyle() for line in figure.axes[0].lines}
    assert {"-", "--", ":"} <= dashes, "told apart without colour"
    assert len(figure.axes[1].collections) == 2, "no structure of a curve"
    assert "Maps that go" in sanity_chart({"gradient": checked("gradient")}).get_suptitle()
    assert smallest(figure) >= static.TICK


def test_colour_is_strong_where_heat_is_and_nowhere_else() -> None:
    one = made()
    picture = overlaid(one.clip, np.where(one.heat > 0.5, one.heat, 0)).astype(int)
    colourful = np.ptp(picture, axis=-1) > 60
    assert (colourful == (one.heat > 0.5)).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_a_film_shows_clip_and_heat_side_by_side(channels: int) -> None:
    film = Image.open(BytesIO(heat_animation(made(channels=channels), scale=4)))
    assert (film.n_frames, film.size) == (16, (2 * 4 * 32 + 4, 4 * 24))
    film.seek(8)
    half = np.asarray(film.convert("RGB"))[:, 4 * 32 + 4 :]
    assert (half == 255).all(-1).sum() > 30, "a white line around the heat"


def test_frames_that_are_hot_all_over_get_a_border_in_the_film() -> None:
    one = made("temporal occlusion", steps=8)
    heat = np.zeros_like(one.heat)
    heat[6:8] = 1
    drops = Attribution(one.clip, heat, heat.sum((1, 2)), 8, 1.0, "it", one.method)
    film = Image.open(BytesIO(heat_animation(drops, scale=4)))
    white = []
    for t in range(16):
        film.seek(t)
        white.append((np.asarray(film.convert("RGB"))[0, 4 * 32 + 4 :] == 255).all())
    assert white == [t in (6, 7) for t in range(16)]


def test_a_plot_has_a_frame_for_each_frame_and_stays_small() -> None:
    figure = heat_plot(made(channels=3))
    assert [frame.name for frame in figure.frames] == [str(t) for t in range(16)]
    assert [step.label for step in figure.layout.sliders[0].steps] == [str(t) for t in range(16)]
    assert len(figure.to_json()) < 16 * 24 * 32 * 11, "a few bytes a pixel, picture included"
    heat = np.asarray(figure.frames[8].data[2].z)
    assert heat.dtype == np.int8 and heat.max() > 100
    assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)" and figure.layout.dragmode is False
    titles = [note.text for note in figure.layout.annotations]
    assert "orange for it, blue against it" in titles
    stepped = heat_plot(made("grad-cam", steps=2))
    assert stepped.data[4].line.shape == "hvh"
    assert any("only 2 steps" in note.text for note in stepped.layout.annotations)


def test_curves_and_checks_are_lines_told_apart_without_colour() -> None:
    figure = curves_plot([made(), made("gradient"), made("grad-cam", steps=2)])
    assert len({line.line.dash for line in figure.data}) == 3
    assert "Grad-CAM (conv5): only 2 steps in time" in {line.name for line in figure.data}
    checks = {name: checked(name) for name in ("gradient", "temporal occlusion")}
    lines = sanity_plot(checks).data
    assert [line.name for line in lines] == ["Gradient", "Temporal occlusion"]
    assert list(lines[0].x) == ["none", "fc8", "fc6", "conv2", "conv1"] and lines[0].y[0] == 1
    assert len(sanity_plot(checks, measure="structure").data) == 1


@pytest.mark.parametrize("draw", [heat_chart, heat_plot, heat_animation])
def test_heat_that_is_nowhere_is_drawn_all_the_same(draw: Any) -> None:
    one = made()
    empty = Attribution(one.clip, 0 * one.heat, 0 * one.curve, 16, 0.0, "it", "grad-cam", "conv5")
    figure = draw(empty)
    if isinstance(figure, Figure):
        assert png(figure).startswith(b"\x89PNG")
    elif isinstance(figure, go.Figure):
        assert len(figure.to_json()) > 100


def with_(**changes: Any) -> Attribution:
    one = made()
    return Attribution(**{**one.__dict__, **changes})


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: heat_chart(with_(heat=np.zeros((16, 3, 3)))), r"\(16, 3, 3\) over a clip"),
        (lambda: heat_chart(with_(heat=np.full((16, 24, 32), np.nan))), "finite"),
        (lambda: heat_plot(with_(clip=np.zeros((16, 24, 32, 1)))), "uint8"),
        (lambda: heat_plot(made(), frame_ms=0), "frame_ms is 0"),
        (lambda: heat_animation(made(), scale=0), "scale is 0"),
        (lambda: heat_rows([]), "no attribution"),
        (lambda: heat_rows([made(), made(length=8)]), "different clips"),
        (lambda: curves_plot([]), "0 attributions"),
        (lambda: curves_plot([made(), made(length=8)]), "2 lengths"),
        (lambda: sanity_chart({}), "no check"),
        (lambda: sanity_plot({}), "one or more checks"),
        (lambda: sanity_plot({"gradient": checked("gradient")}, measure="x"), "measure is 'x'"),
    ],
)
def test_a_figure_of_anything_else_is_refused(draw: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        draw()
