"""The net builder: every position is drawn, and what it says is what the nets are."""

import pytest
import torch
from matplotlib.figure import Figure

from c3d_teach import C3D, SearchNet, arrow_of_time, dead_slices, describe
from c3d_teach.errors import UsageError
from c3d_teach.viz.net_table import NetLine, net_table, short
from c3d_teach.viz.widgets import net_builder as building
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


@pytest.mark.parametrize("pools", POOLS)
@pytest.mark.parametrize("kernels", KERNELS)
def test_it_agrees_with_the_net(kernels: str, pools: str) -> None:
    built = build_net(kernels=KERNELS[kernels], pools=POOLS[pools], **SMALL)
    arguments = {"kernel_depth": KERNELS[kernels], "pool_depth": POOLS[pools]}
    if pools == "a fifth halving":
        with pytest.raises(UsageError) as refused:
            SearchNet(8, **arguments, clip_shape=SMALL["clip_shape"])
        assert built.ends_at == "pool5" and built.says == (str(refused.value),)
        assert [line.name for line in built.lines][-1] == "conv5" and not built.parameters
        return
    net = SearchNet(8, **arguments, clip_shape=SMALL["clip_shape"], width=1 / 8)
    rows = describe(net)
    assert built.parameters == rows.parameters == sum(p.numel() for p in net.parameters())
    assert built.macs == rows.macs and built.ends_at is None
    assert [line.name for line in built.lines] == [row.name for row in rows]
    assert [line.parameters for line in built.lines] == [row.parameters for row in rows]
    dead = {one.layer: (len(one.slices), one.depth) for one in dead_slices(net)}
    assert {line.name: line.dead for line in built.lines if line.dead} == dead
    arrow = arrow_of_time(net)
    assert arrow.reason in built.says[-1]
    assert built.says[-1].startswith("Whatever it learns") == arrow.blind


def test_c3d_at_full_size_takes_no_memory_and_has_its_parameters() -> None:
    built = build_net("C3D", num_classes=487)
    assert built.parameters == 79_991_015
    assert len(built.lines) == 16
    assert built.macs == describe_meta().macs
    assert [line.name for line in built.lines if line.dead] == []


def describe_meta():
    with torch.device("meta"):
        return describe(C3D())


def test_a_group_of_c3d_has_one_depth() -> None:
    built = build_net("C3D", kernels=(3, 3, 5, 5, 7), num_classes=487)
    kernels = {line.name: line.kernel for line in built.lines}
    assert kernels["conv3a"] == kernels["conv3b"] == "5×3×3"
    assert kernels["conv5b"] == "7×3×3" and kernels["pool1"] == "1×2×2" and not kernels["fc6"]
    assert [line.name for line in built.lines if line.dead] == ["conv5a", "conv5b"]


@pytest.mark.parametrize(
    ("pools", "said"),
    [
        (POOLS["the paper's pooling"], "16–16–8–4–2–1 frames. The last step to one frame is pool5"),
        (POOLS["pooled early"], "It ends at pool4 already: conv5 can only look"),
        ((16, 1, 1, 1, 1), "It ends at pool1 already: conv2 and conv3 and conv4 and conv5"),
        (POOLS["no pooling in time"], "16 are left, and fc6 has a weight for each"),
    ],
)
def test_it_says_where_time_ends(pools: tuple[int, ...], said: str) -> None:
    assert said in " ".join(build_net(pools=pools, **SMALL).says)


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
        net_table([NetLine("conv1", "3×3×3", 0, "1×0×1×1", 1, 1, "1×1×1")], title="x")


def test_many_frames_are_one_bar() -> None:
    line = NetLine("conv1", "3×3×3", 64, "1×64×1×1", 10, 0, "3×3×3")
    assert "64" in words(net_table([line], title="Long"))


@pytest.mark.parametrize(
    ("count", "text"),
    [(999, "999"), (3100, "3.1 k"), (512_000_000, "512 M"), (19_263_000_000, "19.3 G")],
)
def test_large_counts_are_short(count: int, text: str) -> None:
    assert short(count) == text
