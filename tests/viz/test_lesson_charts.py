"""The figures of the lessons on building and training: what is drawn, and what is refused."""

import warnings
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from c3d_teach import C3D, SearchNet, describe
from c3d_teach.errors import UsageError
from c3d_teach.experiments.bf16_gradients import recorded
from c3d_teach.training.history import Epoch
from c3d_teach.training.signal import Signal
from c3d_teach.viz import live as live_module
from c3d_teach.viz.crop_chart import crops_chart
from c3d_teach.viz.layer_charts import blocks_chart, weights_and_work_chart, windows_chart
from c3d_teach.viz.live import LiveFigure
from c3d_teach.viz.static import TICK
from c3d_teach.viz.training_charts import (
    gradients_chart,
    learning_chart,
    rate_chart,
    signal_chart,
    valley_chart,
)

with torch.device("meta"):
    NET = C3D()
ROWS = describe(NET)
EPOCHS = [Epoch(i, 10 * i, 0.1, 2 / i, 0.1 * i, 2.1 / i, 0.09 * i, 1.0) for i in range(1, 4)]
SIGNALS = [Signal(name, 1.0, 0.5) for name in ("clip", "conv1", "fc6")]
FRAME = np.arange(20 * 30, dtype=np.uint8).reshape(20, 30, 1)
PATH = np.array([[-3.0, 2.0], [-2.0, -1.0], [-1.0, 0.5]])
WINDOWS = {"down": [(1, 2), (3, 4)], "up": [(1, 2), (3, 4), (5,)]}


def words(figure: Figure) -> list[str]:
    """Every text of a figure that is not empty."""
    found = [t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text"))]
    return [text for text in found if text.strip()]


FIGURES: dict[str, Callable[[], Figure]] = {
    "blocks": lambda: blocks_chart(ROWS, NET.clip_shape, title="T", current="conv3b"),
    "weights and work": lambda: weights_and_work_chart(ROWS, title="T"),
    "windows": lambda: windows_chart(WINDOWS, 5, title="T"),
    "crops": lambda: crops_chart(FRAME, [(0, 0), (8, 18)], 12, title="T"),
    "colour crops": lambda: crops_chart(FRAME.repeat(3, 2), [(1, 2)], 12, title="T"),
    "rates": lambda: rate_chart({"mine": (np.arange(3), [0.1, 0.01, 0.001])}, title="T"),
    "learning": lambda: learning_chart(EPOCHS, title="T", chance=1 / 8, planned=5),
    "learning, nothing yet": lambda: learning_chart([], title="T", chance=1 / 8),
    "signals": lambda: signal_chart({"a": SIGNALS, "b": SIGNALS}, title="T"),
    "valley": lambda: valley_chart({"a": PATH, "b": 2 * PATH, "c": -PATH}, (1, 20), title="T"),
    "one valley": lambda: valley_chart({"a": PATH}, (1, 1), title="T"),
    "gradients": lambda: gradients_chart(recorded().tried, title="T"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_without_a_warning_and_can_be_read(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = FIGURES[name]()
        figure.savefig(BytesIO(), format="png")
    assert figure.get_suptitle() == "T"
    small = [
        t
        for t in figure.findobj(lambda a: hasattr(a, "get_fontsize") and hasattr(a, "get_text"))
        if t.get_text().strip() and t.get_visible() and t.get_fontsize() < TICK - 0.01
    ]
    assert not [t.get_text() for t in small if "mathdefault" not in t.get_text()]


def test_blocks_name_every_layer_and_its_size() -> None:
    said = words(FIGURES["blocks"]())
    assert {row.name for row in ROWS} | {"clip"} <= set(said)
    assert "64\n16×112" in said and "512\n1×4" in said and "4096" in said


def test_parameters_and_work_stand_at_their_bars() -> None:
    said = words(FIGURES["weights and work"]())
    assert "33.6  (42%)" in said and said.count("11.1  (29%)") == 2
    assert not any(name.startswith("pool") for name in said)


def test_windows_that_leave_a_value_out_show_it_grey() -> None:
    axis = FIGURES["windows"]().axes[0]
    cells = [p for p in axis.patches if isinstance(p, Rectangle) and p.get_width() == 1]
    grey = [round(p.get_x() + 0.5) for p in cells if p.get_facecolor()[:3] == (0.75,) * 3]
    assert grey == [5]
    assert {"→ 2 outputs", "→ 3 outputs"} <= set(words(FIGURES["windows"]()))


def test_crops_show_the_pixels_of_their_place() -> None:
    frame, first, second = FIGURES["crops"]().axes
    assert frame.images[0].get_array().shape == (20, 30)
    assert np.array_equal(first.images[0].get_array(), FRAME[:12, :12, 0])
    assert np.array_equal(second.images[0].get_array(), FRAME[8:, 18:, 0])


def test_learning_curves_hold_the_epochs_and_the_level_of_knowing_nothing() -> None:
    loss, right = FIGURES["learning"]().axes
    assert list(loss.lines[0].get_ydata()) == [2.0, 1.0, pytest.approx(2 / 3)]
    assert list(right.lines[1].get_ydata()) == pytest.approx([0.09, 0.18, 0.27])
    assert loss.lines[2].get_ydata()[0] == pytest.approx(np.log(8))
    assert right.lines[2].get_ydata()[0] == 1 / 8
    assert loss.get_xlim()[1] == pytest.approx(5.3)


def test_gradients_say_right_and_wrong_in_words() -> None:
    said = words(FIGURES["gradients"]())
    assert said.count("WRONG") == 8 and said.count("right") == 16


@pytest.mark.parametrize(
    "draw",
    [
        lambda: blocks_chart(ROWS, NET.clip_shape, title="T", current="conv9"),
        lambda: blocks_chart([], NET.clip_shape, title="T"),
        lambda: weights_and_work_chart([r for r in ROWS if not r.parameters], title="T"),
        lambda: windows_chart({"a": [(5, 6)]}, 5, title="T"),
        lambda: windows_chart({}, 5, title="T"),
        lambda: crops_chart(FRAME, [(9, 0)], 12, title="T"),
        lambda: crops_chart(FRAME, [], 12, title="T"),
        lambda: crops_chart(FRAME[..., 0], [(0, 0)], 12, title="T"),
        lambda: rate_chart({}, title="T"),
        lambda: rate_chart({"a": ([0, 1], [0.1, 0.0])}, title="T"),
        lambda: rate_chart({str(i): ([0], [1.0]) for i in range(5)}, title="T"),
        lambda: signal_chart({"a": SIGNALS, "b": SIGNALS[:2]}, title="T"),
        lambda: valley_chart({"a": PATH[:, 0]}, (1, 1), title="T"),
        lambda: gradients_chart([], title="T"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw: Callable[[], Figure]) -> None:
    with pytest.raises(UsageError):
        draw()


def test_a_live_figure_is_shown_once_and_then_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[str, str]] = []

    class Place:
        def display(self, bundle: dict[str, str], **more: object) -> None:
            shown.append(("new", bundle["text/plain"]))

        def update(self, bundle: dict[str, str], **more: object) -> None:
            shown.append(("again", bundle["text/plain"]))

    monkeypatch.setattr(live_module, "DisplayHandle", Place)
    live = LiveFigure()
    for count in range(3):
        live.show(Figure(figsize=(2, 1)), alt=f"figure {count}")
    assert shown == [("new", "figure 0"), ("again", "figure 1"), ("again", "figure 2")]


def test_blocks_of_another_net_are_drawn() -> None:
    with torch.device("meta"):
        net = SearchNet(8, clip_shape=(1, 16, 32, 32), width=0.25)
    assert "conv5" in words(blocks_chart(describe(net), net.clip_shape, title="T"))
