"""The page "Convolution": every control, and numbers that are torch's."""

import ast
import contextlib
import io
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import opening
import pytest
import torch
from opening import charts, fine, texts
from streamlit.testing.v1 import AppTest

from c3d_teach import MotionDigits, load
from c3d_teach.analysis.units import normalised
from c3d_teach.viz.walking import CLIPS, KERNELS, hand_clip, hand_kernel

P = "convolution."


def opened(**settings: object) -> AppTest:
    named = {P + name.replace("_", "."): str(value) for name, value in settings.items()}
    return opening.opened("convolution", **named)


def oracle(
    clip: str, kernel: str, depth: int, stride: tuple[int, int], padding: tuple[int, int]
) -> torch.Tensor:
    return torch.nn.functional.conv3d(
        torch.tensor(hand_clip(clip))[None, None],
        torch.tensor(hand_kernel(kernel, depth))[None, None],
        stride=(stride[0], stride[1], stride[1]),
        padding=(padding[0], padding[1], padding[1]),
    )[0, 0]


def frames(spec: dict[str, Any], wide: int, gap: int = 1) -> torch.Tensor:
    """The numbers of a strip of frames, (L, H, W)."""
    z = [[float("nan") if v is None else v for v in row] for row in spec["data"][0]["z"]]
    sheet = torch.tensor(z, dtype=torch.float64)
    parts = [sheet[:, left : left + wide] for left in range(0, sheet.shape[1], wide + gap)]
    return torch.stack(parts)


def cell_of(page: AppTest) -> Any:
    """What the cell for the notebook ends with."""
    (code,) = fine(page).code
    tree = ast.parse(code.value)
    last = tree.body.pop()
    assert isinstance(last, ast.Expr)
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(tree, "cell", "exec"), names)
        return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


@pytest.mark.parametrize(
    ("clip", "kernel", "depth", "stride", "padding"),
    [
        (CLIPS[0], KERNELS[0], 3, (1, 1), (0, 0)),
        (CLIPS[1], KERNELS[1], 1, (2, 1), (0, 2)),
        (CLIPS[2], KERNELS[2], 5, (1, 3), (2, 1)),
        (CLIPS[0], KERNELS[3], 7, (3, 2), (3, 0)),
        (CLIPS[0], KERNELS[2], 9, (1, 1), (1, 1)),
    ],
)
def test_what_comes_out_is_what_torch_gives(
    clip: str, kernel: str, depth: int, stride: tuple[int, int], padding: tuple[int, int]
) -> None:
    spacing = {"stride_t": stride[0], "stride_xy": stride[1]}
    spacing |= {"padding_t": padding[0], "padding_xy": padding[1]}
    page = opened(clip=clip, kernel=kernel, depth=depth, **spacing)
    expected = oracle(clip, kernel, depth, stride, padding)
    shown = frames(charts(page)["output"], expected.shape[2])
    torch.testing.assert_close(shown, expected, atol=1e-3, rtol=0)
    assert "×".join(map(str, expected.shape)) in texts(page)
    shape, low, high = cell_of(page)
    assert shape == tuple(expected.shape)
    assert (low, high) == pytest.approx((float(expected.min()), float(expected.max())))


def test_every_place_has_its_number_in_words() -> None:
    page = opened(zoom="one multiplication", kernel=KERNELS[0])
    expected = oracle(CLIPS[0], KERNELS[0], 3, (1, 1), (0, 0))
    for axis, at in zip("tyx", (4, 2, 3), strict=True):
        page.slider(key=P + axis).set_value(at).run()
    value = f"{float(expected[4, 2, 3]):.0f}".replace("-", "−")
    assert expected[4, 2, 3] and f"= {value}**" in texts(page)
    numbers = [t for row in charts(page)["product"]["data"][0]["text"] for t in row if t]
    products = [float(t.replace("−", "-")) for t in numbers[-27:]]
    assert sum(products) == pytest.approx(float(expected[4, 2, 3]))


@pytest.mark.parametrize("zoom", ["one unit", "one multiplication"])
def test_a_kernel_deeper_than_the_clip_is_a_sentence(zoom: str) -> None:
    page = opened(zoom=zoom, depth=9)
    assert not page.exception and not page.error
    assert "9 frames deep" in page.warning[0].value and "= 0`" in texts(page)
    assert cell_of(page) == 0
    page.slider(key=P + "padding.t").set_value(1).run()
    assert not page.warning and charts(page)


def test_a_place_that_the_output_has_lost_is_brought_back() -> None:
    page = opened(t=5, y=7, x=7)
    assert [page.slider(key=P + axis).value for axis in "tyx"] == [5, 7, 7]
    page.slider(key=P + "stride.t").set_value(3).run()
    page.slider(key=P + "stride.xy").set_value(3).run()
    assert [page.slider(key=P + axis).value for axis in "tyx"] == [1, 2, 2]
    fine(page)


@pytest.mark.parametrize("depth", [1, 2, 3, 7])
def test_three_ways(depth: int) -> None:
    page = opened(zoom="2D or 3D", kernel=KERNELS[1], depth=depth)
    specs = charts(page)
    assert len(frames(specs.pop("input"), 10)) == 8
    shown = {name: frames(spec, 8, gap=3) for name, spec in specs.items()}
    assert list(shown) == ["way-2D on one frame", "way-2D on all frames", "way-3D"]
    expected = oracle(CLIPS[0], KERNELS[1], depth, (1, 1), (0, 0))
    torch.testing.assert_close(shown["way-3D"], expected, atol=1e-3, rtol=0)
    clip, kernel = torch.tensor(hand_clip(CLIPS[0])), torch.tensor(hand_kernel(KERNELS[1], depth))
    flat = torch.nn.functional.conv2d(clip[None, 4:5], kernel.sum(0)[None, None])
    torch.testing.assert_close(shown["way-2D on one frame"], flat[0], atol=1e-3, rtol=0)
    first = (8 - depth) // 2
    channels = torch.zeros(1, 8, 3, 3, dtype=torch.float64)
    channels[0, first : first + depth] = kernel
    stacked = torch.nn.functional.conv2d(clip[None], channels)
    torch.testing.assert_close(shown["way-2D on all frames"], stacked[0], atol=1e-3, rtol=0)
    assert f"{len(expected)} frames come out" in texts(page)
    shape, low, high = cell_of(page)
    assert shape == tuple(expected.shape)
    assert (low, high) == pytest.approx((float(expected.min()), float(expected.max())))


def test_three_ways_of_a_kernel_that_is_too_deep_is_a_sentence() -> None:
    page = opened(zoom="2D or 3D", depth=9)
    assert "9 frames deep" in page.warning[0].value and cell_of(page) == 0


def test_nonsense_in_a_link_brings_the_first_view() -> None:
    first = charts(opened())
    nonsense = dict.fromkeys(("zoom", "clip", "kernel", "depth", "stride_t", "t"), "../etc")
    assert charts(opened(**nonsense)) == first
    assert charts(opened(t=-4, y=99999, x="1e9", padding_t=17)) == first
    fine(opened(zoom="a net", net="x", motion="y", number=-7, rank=99))


def test_the_net_is_the_one_that_is_shipped() -> None:
    page = opened(zoom="a net", net="motion-d1", motion="up", number=5)
    k = MotionDigits.motions.index("up")
    clip = MotionDigits(1600, split="test").batch([8 * 5 + k])["clip"]
    net = load("motion-d1")
    table = page.table[0].value
    for layer, said in zip(table["layer"], table["answers above zero"], strict=True):
        maps = net.model.activations(normalised(net, clip), layer)
        assert said == f"{float((maps > 0).float().mean()):.0%}"
    assert tuple(cell_of(page)) == tuple(
        net.model.activations(normalised(net, clip), "conv1").shape
    )


@pytest.mark.parametrize("clip", [*CLIPS, "a digit moves right"])
def test_the_cell_ends_with_the_number_of_the_page(clip: str) -> None:
    page = opened(clip=clip)
    shown = frames(charts(page)["output"], 12 if "digit" in clip else 8)
    assert cell_of(page)[2] == pytest.approx(float(shown.nan_to_num(-99).max()), abs=1e-3)


def test_a_learned_filter_is_followed_from_the_net_to_one_multiplication() -> None:
    page = opened(zoom="a net", motion="right", number=4, rank=2)
    (link,) = page.get("link_button")
    page = opening.opened("convolution", **dict(parse_qsl(urlsplit(link.proto.url).query)))
    channel = page.number_input(key=P + "channel").value
    assert page.segmented_control(key=P + "zoom").value == "one unit"
    assert page.selectbox(key=P + "clip").value == "a digit moves right"
    loaded = load("motion-d3")
    asked = MotionDigits(1600, split="test").batch([8 * 4 + MotionDigits.motions.index("right")])
    maps = loaded.model.activations(normalised(loaded, asked["clip"]), "conv1")[0]
    assert channel == int(maps.flatten(1).max(1).values.argsort(descending=True)[1])
    net = loaded.model
    weight, bias = net.get_parameter("conv1.weight"), net.get_parameter("conv1.bias")
    made = MotionDigits(16, split="test", clip_shape=(1, 8, 14, 14), noise=0.0)[1]["clip"]
    clip = torch.round(made[..., 0].double() / 255 * 9)
    kernel = weight[channel, 0].detach().double()
    expected = torch.nn.functional.conv3d(clip[None, None], kernel[None, None])[0, 0]
    shown = frames(charts(page)["output"], 12)
    torch.testing.assert_close(shown, expected, atol=1e-3, rtol=0)
    page.segmented_control(key=P + "zoom").set_value("one multiplication").run()
    said = texts(page)
    t, y, x = (page.slider(key=P + axis).value for axis in "tyx")
    answer = max(0.0, float(expected[t, y, x]) + float(bias[channel].detach()))
    assert answer > 0 and (t, y, x) == tuple(
        int(k) for k in (expected == expected.max()).nonzero()[0]
    )
    assert f"it answers **{answer:.2f}".rstrip("0").rstrip(".") in said
    shape, low, high = cell_of(page)
    assert shape == tuple(expected.shape)
    assert (low, high) == pytest.approx((float(expected.min()), float(expected.max())))


def test_the_kernel_jumps_to_the_strongest_answer() -> None:
    page = opened(kernel=KERNELS[2], clip=CLIPS[1], depth=7, padding_t=0)
    page.button(key="convolution strongest").click().run()
    expected = oracle(CLIPS[1], KERNELS[2], 7, (1, 1), (0, 0))
    t, y, x = (page.slider(key=P + axis).value for axis in "tyx")
    assert abs(expected[t, y, x]) == expected.abs().max()
    alone = opened(kernel="mean", depth=7, stride_t=3)  # one place in time: no slider for it
    alone.button(key="convolution strongest").click().run()
    expected = oracle(CLIPS[0], "mean", 7, (3, 1), (0, 0))
    y, x = (fine(alone).slider(key=P + axis).value for axis in "yx")
    assert expected[0, y, x] == expected.max()


def test_it_walks_by_itself_and_fills_what_it_has_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(t=0, y=0, x=7)
    before = frames(charts(page)["output"], 8)
    assert not before.isnan().any()
    page.toggle(key=P + "filling").set_value(True).run()
    assert int((~frames(charts(page)["output"], 8).isnan()).sum()) == 8
    page.toggle(key=P + "walks").set_value(True).run()
    assert [page.slider(key=P + axis).value for axis in "tyx"] == [0, 1, 0]
    assert int((~frames(charts(page)["output"], 8).isnan()).sum()) == 9


def test_each_control_of_the_net_is_another_picture() -> None:
    page = opened(zoom="a net")
    pictures = [page.image[0].proto.imgs[0].url]

    def drawn() -> None:
        pictures.append(fine(page).image[0].proto.imgs[0].url)

    page.slider(key=P + "rank").set_value(2).run()
    drawn()
    page.number_input(key=P + "number").set_value(9).run()
    drawn()
    page.selectbox(key=P + "motion").set_value("zoom out").run()
    drawn()
    assert page.get("link_button")
    page.selectbox(key=P + "net").set_value("motion-d7").run()
    drawn()
    assert not page.get("link_button"), "the kernels to walk with are another net's"
    assert len(set(pictures)) == 5
    assert list(charts(page)["frames"]["data"][0]["y"]) == [16, 16, 16, 16, 8, 8, 4, 4, 2, 2, 1]


def test_a_chosen_filter_is_another_kernel() -> None:
    page = opened(clip="a digit moves right", kernel="learned by motion-d3", channel=0)
    first = charts(page)
    page.number_input(key=P + "channel").set_value(5).run()
    assert charts(page)["output"] != first["output"]
    weight = load("motion-d3").model.get_parameter("conv1.weight")[5, 0].detach()
    shown = [t for row in charts(page)["product"]["data"][0]["text"] for t in row if t][27:54]
    numbers = [float(t.replace("−", "-")) for t in shown]
    # the three slices stand side by side
    assert numbers == pytest.approx(weight.permute(1, 0, 2).flatten().tolist(), abs=0.006)


def test_a_place_is_kept_in_bounds_when_its_control_comes_back() -> None:
    page = opened(t=5, depth=3)
    page.select_slider(key=P + "depth").set_value(9).run()  # no place at all
    assert page.warning
    page.slider(key=P + "padding.t").set_value(1).run()  # two frames come out
    fine(page)
    assert page.slider(key=P + "t").value <= page.slider(key=P + "t").max
