"""Figures say what they should, the widgets work at every setting, bad input is refused."""

from io import BytesIO
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image
from torch.nn import functional as F

from c3d_teach.errors import UsageError
from c3d_teach.viz import notebook, static
from c3d_teach.viz.charts import bars, curves
from c3d_teach.viz.movie import animation
from c3d_teach.viz.stepping import responses, step, step_figure

CLIP = np.random.default_rng(0).integers(0, 256, (6, 8, 10, 1), dtype=np.uint8)
TOY = np.random.default_rng(1).integers(0, 5, (5, 5, 7)).astype(float)
KERNEL = np.random.default_rng(2).integers(-2, 3, (3, 3, 3)).astype(float)


def texts(figure: Figure) -> list[str]:
    found = [t.get_text() for t in figure.findobj(match=lambda a: hasattr(a, "get_text"))]
    return [t for t in found if t]


def test_a_movie_holds_the_clip_pixel_by_pixel():
    movie = Image.open(BytesIO(animation(CLIP, fps=5, scale=3)))
    assert (movie.format, movie.n_frames, movie.size, movie.info["loop"]) == (
        "WEBP",
        6,
        (30, 24),
        0,
    )
    for t in range(6):
        movie.seek(t)
        movie.load()
        assert movie.info["duration"] == 200
        seen = np.asarray(movie.convert("RGB"))
        assert (seen == CLIP[t].repeat(3, 0).repeat(3, 1)).all()


def test_a_movie_takes_tensors_and_colour():
    colour = torch.from_numpy(CLIP).expand(-1, -1, -1, 3).clone()
    colour[..., 0] = 0
    movie = Image.open(BytesIO(animation(colour)))
    assert (np.asarray(movie.convert("RGB")) == colour[0].numpy()).all()


@pytest.mark.parametrize(
    ("clip", "options", "message"),
    [
        (CLIP.astype(float), {}, "uint8"),
        (CLIP[0], {}, r"\(8, 10, 1\)"),
        (CLIP[:0], {}, "empty"),
        (CLIP, {"fps": 0}, "fps is 0"),
        (CLIP, {"scale": 1.5}, "scale is 1.5"),
        (CLIP, {"scale": 0}, "scale is 0"),
        (CLIP, {"scale": 1000}, "scale is 1000"),
    ],
)
def test_a_movie_of_anything_else_is_refused(clip: Any, options: Any, message: str):
    with pytest.raises(UsageError, match=message):
        animation(clip, **options)


def test_every_figure_has_a_title_and_named_axes():
    response = responses(CLIP[..., 0], KERNEL)
    figures = {
        "x (pixels)": static.film_strip(CLIP, title="see"),
        "time t (frames)": static.xt_sections({"a": CLIP, "b": CLIP[::-1]}, row=3, title="see"),
        "frame t + 1": static.kernel_slices(KERNEL, title="see"),
        "two\ny (pixels)": static.kernel_rows({"one": KERNEL, "two": KERNEL}, title="see"),
        "response": static.response_strip(response, title="see", numbers=True),
        "up": static.response_rows(CLIP, {"up": CLIP[..., 0]}, times=(0, 5), title="see"),
        "loss": curves({"a": [3, 2], "b": [3, 1]}, title="see", xlabel="step", ylabel="loss"),
        "right": bars({"right": {"a": 1, "b": 2}}, title="see", xlabel="response"),
        "they add up to": step_figure(step(TOY, KERNEL, 0, 1, 2), title="see"),
    }
    for expected, figure in figures.items():
        said = texts(figure)
        assert "see" in said
        assert any(expected in one for one in said), expected
        assert min(t.get_fontsize() for t in figure.findobj(match=_is_text)) >= static.TICK
        assert notebook.png(figure).startswith(b"\x89PNG")


def _is_text(artist: Any) -> bool:
    return hasattr(artist, "get_fontsize") and hasattr(artist, "get_text") and artist.get_text()


def test_kernels_share_one_symmetric_scale():
    figure = static.kernel_rows({"a": KERNEL, "b": 3 * KERNEL}, title="see")
    limits = {image.get_clim() for axis in figure.axes for image in axis.get_images()}
    assert limits == {(-6, 6)}


def test_a_kernel_of_zeros_can_be_drawn():
    assert notebook.png(static.kernel_slices(np.zeros((1, 3, 3)), title="see"))


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: static.film_strip(CLIP / 255, title=""), "float64"),
        (lambda: static.film_strip(CLIP, title="", times=[6]), "frames 0 to 5"),
        (lambda: static.xt_sections({"a": CLIP}, row=8, title=""), "rows 0 to 7"),
        (lambda: static.kernel_slices(KERNEL[0], title=""), r"\(3, 3\)"),
        (lambda: static.kernel_rows({"a": KERNEL, "b": KERNEL[:1]}, title=""), "common shape"),
        (lambda: static.response_strip(np.full((2, 2, 2), np.nan), title=""), "NaN"),
        (
            lambda: static.response_rows(CLIP, {"a": KERNEL}, times=(0,), title=""),
            "of one length",
        ),
        (lambda: step(TOY, KERNEL, 3, 0, 0), r"last place is \(2, 2, 4\)"),
        (lambda: step(TOY[0], KERNEL, 0, 0, 0), r"takes \(L, H, W\)"),
        (lambda: step(KERNEL, TOY, 0, 0, 0), "leaves the clip"),
    ],
)
def test_a_figure_of_anything_else_is_refused(draw: Any, message: str):
    with pytest.raises(UsageError, match=message):
        draw()


def test_each_step_is_the_number_that_torch_gives():
    truth = F.conv3d(torch.tensor(TOY)[None, None], torch.tensor(KERNEL)[None, None])[0, 0]
    assert np.allclose(responses(TOY, KERNEL), truth)
    for place in product(*map(range, truth.shape)):
        one = step(TOY, KERNEL, *place)
        assert np.isclose(sum(one.sums), truth[place].item())
        assert one.sentence.endswith(f"= {static.number(truth[place].item())}.")


def test_playing_clips_gives_a_picture_with_words(monkeypatch: pytest.MonkeyPatch):
    pages: list[Any] = []
    monkeypatch.setattr(notebook, "display", lambda page, **_: pages.append(page))
    notebook.play({"a < b": CLIP}, alt="A clip of noise")
    assert 'alt="A clip of noise (a &lt; b)"' in pages[0].data
    assert "data:image/webp;base64," in pages[0].data
    notebook.show(static.kernel_slices(KERNEL, title="see"), alt="a kernel")
    assert pages[1]["text/plain"] == "a kernel"


def test_said_lines_are_short_and_keep_their_per_cent_signs(capsys: pytest.CaptureFixture[str]):
    notebook.say("Depth-1 is right on 26 % of the clips, depth-3 on 83 %. " * 5)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 3 and all(len(line) <= 88 for line in lines)
    assert not any(line.startswith("%") for line in lines)
