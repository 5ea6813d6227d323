"""The net builder: every position is drawn."""

import pytest
from matplotlib.figure import Figure

from c3d_teach.errors import UsageError
from c3d_teach.viz.net_table import NetLine, net_table
from c3d_teach.viz.widgets import net_builder as building
from c3d_teach.viz.widgets.built_net import net_lines
from c3d_teach.viz.widgets.net_builder import KERNELS, POOLS, NetBuilder, build_net

SMALL = {"clip_shape": (1, 16, 32, 32), "width": 1 / 8, "num_classes": 8}


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words of the figures that a builder shows; nothing is drawn."""
    seen: list[str] = []
    monkeypatch.setattr(building, "show", lambda figure, alt: seen.append(alt))
    return seen


def words(figure: Figure) -> str:
    texts = [*figure.texts, *(text for axis in figure.axes for text in axis.texts)]
    return "\n".join(text.get_text() for text in texts)


def test_the_lines_of_the_table_are_the_layers() -> None:
    built = build_net("C3D", kernels=(3, 3, 5, 5, 7), num_classes=487)
    lines = {line.name: line for line in net_lines(built)}
    assert [line.parameters for line in lines.values()] == [row.parameters for row in built.rows]
    assert lines["conv3a"].kernel == lines["conv3b"].kernel == "5×3×3"
    assert lines["pool1"].kernel == "1×2×2" and not lines["fc6"].kernel
    assert lines["conv5b"].dead == (4, 7) and lines["conv4b"].dead is None
    assert lines["fc6"].shape == "4096" and lines["fc6"].frames is None
    assert lines["conv1a"].work == "1.04 G" and lines["conv1a"].sees == "3×3×3"


@pytest.mark.parametrize("shows", [("kernels",), ("pooling",), ("net", "frames")])
def test_every_position_is_drawn(shown: list[str], shows: tuple[str, ...]) -> None:
    builder = NetBuilder(shows=shows, **SMALL)
    shown.clear()
    count = builder.sweep()
    assert len(shown) == count > 5
    assert all(len(alt) > 40 for alt in shown)


def test_every_start_is_drawn_for_real() -> None:
    for kernels in ("depth-7", "depth-1"):
        for pools in POOLS.values():
            built = build_net(kernels=KERNELS[kernels], pools=pools, **SMALL)
            figure = building.net_figure(built, title="A net")
            assert all(sentence.split()[0] in words(figure) for sentence in built.says)
            assert ("cannot be built" in words(figure)) == (built.ends_at is not None)


def test_a_start_puts_all_sliders_and_draws_once(shown: list[str]) -> None:
    builder = NetBuilder(shows=("kernels", "pooling"), **SMALL)
    shown.clear()
    builder.preset.value = "increasing"
    assert [builder.widgets[f"conv{i}"].value for i in range(1, 6)] == [3, 3, 5, 5, 7]
    assert len(shown) == 1
    builder.preset.value = "a fifth halving"
    assert len(shown) == 2 and shown[-1].startswith("No net: time runs out at pool5")
    assert [builder.widgets[f"conv{i}"].value for i in range(1, 6)] == [3, 3, 5, 5, 7]
    builder.widgets["pool5"].value = 1
    assert builder.preset.value == "your own" and "Dead: " in shown[-1] and len(shown) == 3


def test_only_the_controls_asked_for_are_there(shown: list[str]) -> None:
    assert list(NetBuilder(shows=("pooling",), **SMALL).widgets) == [
        f"pool{i}" for i in range(1, 6)
    ]
    one = NetBuilder("C3D", shows=("net", "frames"), clip_shape=(3, 16, 112, 112), num_classes=487)
    assert list(one.widgets) == ["net", "frames"] and not one.presets
    assert "79,991,015" in shown[-1]
    one.widgets["frames"].value = 8
    assert "No net: time runs out at pool5" in shown[-1]
    assert "Run the notebook" in repr(one)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"net": "VGG"}, "one of search net, C3D"),
        ({"shows": ()}, "some of net, kernels"),
        ({"shows": ("colour",)}, "some of net, kernels"),
        ({"kernels": "depth-2"}, "five numbers or one of depth-1"),
        ({"pools": (1, 2)}, "five of each"),
    ],
)
def test_bad_arguments_are_refused(shown: list[str], arguments, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        NetBuilder(**SMALL | arguments)


def test_the_table_refuses_nothing_to_draw() -> None:
    with pytest.raises(UsageError, match="no layer"):
        net_table([], title="x")
    with pytest.raises(UsageError, match="less than 1 frame"):
        net_table([NetLine("conv1", "3×3×3", 0, "1×0×1×1", 1, 1, "1", "1×1×1")], title="x")


def test_many_frames_are_one_bar() -> None:
    line = NetLine("conv1", "3×3×3", 64, "1×64×1×1", 10, 0, "0", "3×3×3")
    assert "64" in words(net_table([line], title="Long"))
