"""The page "Architecture": every control, its address, and numbers that are those of real nets."""

import contextlib
import io
from typing import Any

import opening
import pytest
import torch
from opening import charts, fine, texts
from streamlit.testing.v1 import AppTest

from c3d_teach import C3D, SearchNet, arrow_of_time, dead_slices, describe, receptive_field
from c3d_teach.models.builder import ConvNet

FACTS = {  # parameters and billions of MACs, 101 classes at the paper's size
    "depth-1": (14_344_933, 6.43),
    "depth-3": (17_444_965, 19.26),
    "depth-5": (20_544_997, 32.09),
    "depth-7": (23_645_029, 44.93),
    "increasing": (21_573_733, 24.12),
    "decreasing": (18_189_157, 31.75),
}
START, LAYER = "architecture.start", "architecture.layer"


def opened(**settings: object) -> AppTest:
    """The page with these settings, named without the page's prefix."""
    given = {f"architecture.{name}": str(value) for name, value in settings.items()}
    return fine(opening.opened("architecture", **given))


def set_to(page: AppTest, **settings: Any) -> AppTest:
    """Use the controls one after the other."""
    kinds = {"start": "selectbox", "layer": "selectbox", "with": "selectbox", "frames": "slider"}
    for name, value in settings.items():
        find = getattr(
            page, kinds.get(name, "number_input" if name == "classes" else "segmented_control")
        )
        page = find(key=f"architecture.{name}").set_value(value).run()
    return fine(page)


def start(page: AppTest) -> str:
    return str(page.selectbox(key=START).value)


def address(page: AppTest) -> dict[str, str]:
    """What of the page stands in its address."""
    found = {k: v[-1] if isinstance(v, list) else v for k, v in page.query_params.items()}
    return {name.removeprefix("architecture."): value for name, value in found.items()}


def trace(page: AppTest, chart: str, name: str) -> dict[str, Any]:
    return next(one for one in charts(page)[chart]["data"] if one.get("name") == name)


def metrics(page: AppTest) -> dict[str, str]:
    return {one.label: one.value for one in page.metric}


def rows_of(page: AppTest) -> dict[str, tuple[str, ...]]:
    """The table, a row a layer."""
    table = page.table[0].value
    return {str(row[0]): tuple(map(str, row[1:])) for row in table.itertuples(index=False)}


def seen(page: AppTest) -> str:
    return next(m.value for m in page.markdown if m.value.startswith("**What to see**"))


def real(name: str) -> ConvNet:
    """The net of that name, built by its own class; shapes only."""
    depths = {"increasing": (3, 3, 5, 5, 7), "decreasing": (7, 5, 5, 3, 3)}
    with torch.device("meta"):
        if name.startswith("C3D"):
            return C3D(int(name.split()[1]))
        return SearchNet(101, kernel_depth=depths.get(name) or int(name[-1]))


@pytest.fixture(scope="module")
def pages() -> dict[str, AppTest]:
    """The page of every net that has a name in the paper."""
    import sys

    sys.path.insert(0, str(opening.APP))
    names = ["C3D, 487 classes", "C3D, 101 classes", *FACTS]
    found = {name: opened(start=name) for name in names}
    sys.path.remove(str(opening.APP))
    return found


@pytest.mark.parametrize("name", ["C3D, 487 classes", "C3D, 101 classes", *FACTS])
def test_every_number_is_that_of_the_real_net(pages: dict[str, AppTest], name: str) -> None:
    page, net = pages[name], real(name)
    rows = describe(net)
    assert metrics(page)["Parameters"] == f"{rows.parameters:,}"
    assert rows.parameters == sum(p.numel() for p in net.parameters())
    for label, key in (("parameters", "parameters"), ("work (MACs)", "macs")):
        shown = trace(page, "shares", label)
        counts = dict(zip(shown["y"], shown["customdata"], strict=True))
        assert counts == {row.name: getattr(row, key) for row in rows if row.parameters}
    line = trace(page, "net", "frames left")
    frames = {row.name: row.shape[1] for row in rows if len(row.shape) == 4}
    assert dict(zip(line["customdata"], line["y"], strict=True)) == {"clip": 16} | frames
    table = rows_of(page)
    assert list(table) == [row.name for row in rows]
    for row in rows:
        _, shape, parameters, macs, field = table[row.name]
        assert shape == "×".join(map(str, row.shape))
        assert (parameters, macs) == (f"{row.parameters:,}", f"{row.macs:,}")
        assert field == "×".join(map(str, row.receptive_field))
    fields = [receptive_field(net, row.name) for row in rows]
    on_clip = [t for t in charts(page)["fields"]["data"] if t["name"].startswith("field, on")]
    for axis, bars in zip((0, 2), on_clip, strict=True):
        assert bars["base"] == [f.seen_start[axis] for f in fields]
        assert bars["x"] == [f.seen_stop[axis] - f.seen_start[axis] for f in fields]
    marked = {one.layer for one in dead_slices(net)}
    data = charts(page)["net"]["data"]
    assert any(t.get("name") == "dead slices" for t in data) == bool(marked)
    assert ("blind" in metrics(page)["Arrow of time"]) == arrow_of_time(net).blind


@pytest.mark.parametrize("name", FACTS)
def test_the_six_nets_have_the_sizes_that_are_known(pages: dict[str, AppTest], name: str) -> None:
    parameters, billions = FACTS[name]
    assert metrics(pages[name])["Parameters"] == f"{parameters:,}"
    work = trace(pages[name], "shares", "work (MACs)")["customdata"]
    assert round(sum(work) / 1e9, 2) == billions
    sizes = charts(pages[name])["sizes"]["data"][0]
    at = sizes["y"].index(f"<b>{name}</b>")
    assert sizes["x"][at] == parameters / 1e6


def test_the_first_view_is_c3d(pages: dict[str, AppTest]) -> None:
    page = opened()
    assert start(page) == "C3D, 487 classes" and not address(page)
    assert metrics(page) == {
        "Parameters": "79,991,015",
        "MACs a clip": "38.5 G",
        "Frames": "16 → 1",
        "Arrow of time": "learnable",
    }
    assert "Time lasts until pool5, the last step before fc6" in texts(page)
    assert "fc6 holds 42% of the parameters and does 0.087% of the work" in seen(page)
    assert page.selectbox(key=LAYER).value == "conv3a"


def test_a_start_puts_every_control() -> None:
    page = set_to(opened(), start="increasing")
    depths = [page.segmented_control(key=f"architecture.conv{g}").value for g in range(1, 6)]
    assert depths == [3, 3, 5, 5, 7]
    assert page.segmented_control(key="architecture.net").value == "search net"
    assert page.number_input(key="architecture.classes").value == 101
    assert not address(page)  # of a menu the browser itself writes the name
    page = set_to(page, start="digits (motion-d3)")
    assert page.segmented_control(key="architecture.size").value == 32
    assert page.segmented_control(key="architecture.colour").value == "grey"
    assert metrics(page)["Parameters"] == f"{describe(_shipped('motion-d3')).parameters:,}"
    page = set_to(page, start="camera (camera-c3d)")
    assert metrics(page)["Parameters"] == f"{describe(_shipped('camera-c3d')).parameters:,}"


def _shipped(name: str) -> ConvNet:
    from c3d_teach import load

    model = load(name).model
    assert isinstance(model, ConvNet)
    return model


CHANGES = {
    **{f"conv{g}": 7 for g in range(1, 6)},
    **{f"pool{g}": p for g, p in zip(range(1, 6), (2, 1, 1, 1, 1), strict=True)},
    **{"net": "search net", "frames": 32, "size": 64, "colour": "grey", "width": "1/4"},
    "classes": 5,
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_control_makes_the_net_that_it_says(name: str) -> None:
    value = CHANGES[name]
    at_first = {"net": "C3D, 487 classes", "pool1": "depth-3, no pooling in time"}.get(
        name, "depth-3"
    )
    page = set_to(opened(start=at_first), **{name: value})
    arguments: dict[str, Any] = {"num_classes": 487 if name == "net" else 101}
    depths, pools, shape = [3] * 5, [1, 2, 2, 2, 2], [3, 16, 112, 112]
    if name == "pool1":
        pools = [1] * 5
    if name.startswith(("conv", "pool")):
        (depths if name[:4] == "conv" else pools)[int(name[-1]) - 1] = value
    elif name == "frames":
        shape[1] = value
    elif name == "size":
        shape[2:] = [value, value]
    elif name == "colour":
        shape[0] = 1
    elif name == "width":
        arguments["width"] = 0.25
    elif name == "classes":
        arguments["num_classes"] = value
    with torch.device("meta"):
        net = SearchNet(kernel_depth=depths, pool_depth=pools, clip_shape=shape, **arguments)
    rows = describe(net)
    assert metrics(page)["Parameters"] == f"{rows.parameters:,}"
    assert sum(trace(page, "shares", "work (MACs)")["customdata"]) == rows.macs
    assert start(page) == "your own"
    # and the address brings this very net back
    again = opened(**address(page))
    assert start(again) == "your own" and rows_of(again) == rows_of(page)
    # undone, it has its name again
    undone = {"net": "C3D", "frames": 16, "size": 112, "colour": "colour", "width": "1"}
    back = undone | {"classes": 101} | {f"conv{g}": 3 for g in range(1, 6)}
    back |= {f"pool{g}": p for g, p in zip(range(1, 6), (1, 2, 2, 2, 2), strict=True)}
    page = set_to(page, **{name: back[name]})
    assert start(page) == at_first
    assert address(page) == ({} if name == "net" else {"start": at_first})


def test_a_net_by_name_with_something_else_beside_it_is_your_own() -> None:
    page = opened(start="depth-7", conv5=1)
    assert start(page) == "your own"
    depths = [page.segmented_control(key=f"architecture.conv{g}").value for g in range(1, 6)]
    assert depths == [7, 7, 7, 7, 1]
    assert rows_of(opened(**address(page))) == rows_of(page)


def test_your_own_stays_what_it_is() -> None:
    page = set_to(opened(start="depth-5"), start="your own")
    assert metrics(page)["Parameters"] == "20,544,997" and start(page) == "your own"


def test_time_that_dies_early_is_said() -> None:
    page = opened(start="depth-3, pooled early")
    assert "Time dies at pool4, before conv5" in texts(page)
    assert "It ends at pool4 already: conv5 can only look at one frame" in seen(page)
    assert "kernels 3 deep on the 1 frame that conv5 gets: 2 of 3 slices never meet" in seen(page)
    assert "one frame: time is gone" in str(charts(page)["net"]["layout"]["annotations"])
    assert metrics(page)["Frames"] == "16 → 1"


def test_layers_with_the_same_dead_slices_are_told_together() -> None:
    page = opened(start="C3D, 101 classes", conv5=7)
    assert "on the 2 frames that conv5a and conv5b get: 4 of 7 slices" in seen(page)
    assert "A cross:" in texts(page) and "A cross:" not in texts(set_to(page, conv5=3))


def test_time_that_runs_out_ends_the_net() -> None:
    page = opened(start="depth-3, a fifth halving")
    assert "**No net.** Time runs out at pool5" in texts(page) and not page.metric
    assert "2 × 2 × 2 × 2 × 2 = 32 frames into one. Give the clip 32 frames or more" in seen(page)
    assert set(charts(page)) == {"net", "field", "fields", "sizes"}
    assert "cannot be built, so there is nothing to compare" in texts(page)
    page = set_to(page, frames=32)
    assert metrics(page)["Frames"] == "32 → 1" and "shares" in charts(page)
    assert opened(start="depth-3", frames=1).warning


def test_time_that_is_never_merged_goes_to_fc6() -> None:
    page = opened(start="depth-3, no pooling in time")
    assert "16 frames are left for fc6" in texts(page)
    assert metrics(page)["Frames"] == "16 → 16"


def test_frames_that_a_pool_drops_are_named() -> None:
    page = opened(start="depth-1", frames=31)
    assert "pool2 merges 2 frames and is given 31: the last one is dropped" in seen(page)
    assert metrics(page)["Arrow of time"] == "learnable"
    assert metrics(set_to(page, frames=16))["Arrow of time"] == "blind"


def test_dead_slices_and_what_they_cost(pages: dict[str, AppTest]) -> None:
    (dead,) = dead_slices(real("depth-7"))
    assert (dead.layer, dead.weights) == ("conv5", 2_359_296)
    assert "4 of 7 slices never meet a frame. That is 2,359,296 weights" in seen(pages["depth-7"])
    page = set_to(opened(start="depth-7"), layer="conv5")
    assert "**Dead** slices 1, 2, 6 and 7 of 7: the clip is 2 frames long here" in texts(page)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("conv4b", "512 × (512 × 3×3×3) + 512 = **7,078,400**"),
        ("conv4b", "7,077,888 × (4×14×14) = **5,549,064,192**"),
        ("conv4b", "stride 1×1×1, padding 1×1×1"),
        ("pool1", "window 1×2×2, stride 1×2×2, no padding: of 4 numbers the largest stays"),
        ("fc6", "4,096 × 8,192 + 4,096 = **33,558,528**"),
        ("fc6", "**Fully connected**, 8,192 numbers in, 4,096 out"),
    ],
)
def test_a_layer_is_worked_out(name: str, said: str) -> None:
    page = opened(layer=name)
    assert said in texts(page)
    row = next(row for row in describe(real("C3D 487")) if row.name == name)
    if row.parameters:
        assert f"**{row.parameters:,}**" in texts(page) and f"**{row.macs:,}**" in texts(page)


@pytest.mark.parametrize("name", ["conv1a", "conv3b", "pool5", "fc7"])
def test_what_a_layer_sees_is_its_receptive_field(name: str) -> None:
    page, field = opened(layer=name), receptive_field(real("C3D 487"), name)
    assert field.sentence in texts(page)
    frames = field.seen_stop[0] - field.seen_start[0]
    boxes = trace(page, "field", "what it sees")["x"]
    assert boxes.count(None) == frames
    assert max(boxes[:4]) - min(boxes[:4]) == field.seen_stop[2] - field.seen_start[2]


def test_a_layer_that_the_next_net_lacks_is_let_go() -> None:
    page = opened(layer="conv5b")
    assert page.selectbox(key=LAYER).value == "conv5b" and address(page)["layer"] == "conv5b"
    page = set_to(page, start="depth-3")
    assert page.selectbox(key=LAYER).value == "conv3"
    page = set_to(page, layer="fc6", start="depth-3, a fifth halving")
    assert page.selectbox(key=LAYER).value == "conv3"


def test_beside_another_net(pages: dict[str, AppTest]) -> None:
    page = set_to(opened(start="depth-7"), **{"with": "depth-1"})
    assert (
        "**depth-7** has 9,300,096 parameters more (+64.8%) than **depth-1** and does 6.99 times"
    ) in texts(page)
    assert "17K" in texts(page) and "not the authors'" in texts(page)
    assert "9,300,096 parameters fewer (-39.3%) than **depth-7**" in texts(
        opened(start="depth-1", **{"with": "depth-7"})
    )
    assert "the same net twice" in texts(opened(start="depth-3"))
    assert "17K" not in texts(pages["C3D, 487 classes"])


def test_notes_on_slips_fit_the_net(pages: dict[str, AppTest]) -> None:
    assert "38.5 GFLOPs" in texts(pages["C3D, 101 classes"])
    assert "13.77 million" in texts(pages["depth-5"])
    assert "38.5 GFLOPs" not in texts(pages["depth-5"])


def test_a_link_with_nonsense_brings_the_first_view(pages: dict[str, AppTest]) -> None:
    nonsense = {f"conv{g}": "2" for g in range(1, 6)} | {"pool1": "99", "pool2": "-1"}
    page = opened(
        **nonsense,
        **{"start": "<b>", "net": "../etc", "frames": "ever", "size": "10**9", "width": "inf"},
        **{"classes": "many", "colour": "[x](y)", "layer": "conv99", "with": "nobody"},
    )
    assert start(page) == "C3D, 487 classes" and rows_of(page) == rows_of(pages["C3D, 487 classes"])
    assert page.selectbox(key=LAYER).value == "conv3a"


@pytest.mark.parametrize("frames", [-5, 10**9])
def test_numbers_far_out_are_kept_within_reach(frames: int) -> None:
    page = opened(frames=frames, classes=frames)
    assert 1 <= page.slider(key="architecture.frames").value <= 64
    assert 2 <= page.number_input(key="architecture.classes").value <= 1000


def test_the_largest_and_the_least_net_are_shown() -> None:
    most = {f"conv{g}": 7 for g in range(1, 6)} | {f"pool{g}": 1 for g in range(1, 6)}
    page = opened(**most, frames=64, size=224, width=2, classes=1000)
    assert metrics(page)["Frames"] == "64 → 64"
    least = {f"conv{g}": 1 for g in range(1, 6)} | {f"pool{g}": 4 for g in range(1, 6)}
    page = opened(
        **least, net="search net", frames=1, size=32, width="1/8", colour="grey", classes=2
    )
    assert "Time runs out at pool1" in texts(page)
    assert page.selectbox(key=LAYER).value == "conv1"


@pytest.mark.parametrize(
    "settings",
    [
        {"start": "C3D, 487 classes"},
        {"start": "decreasing", "width": "1/2"},
        {"start": "C3D, 101 classes", "conv5": 7},
        {"start": "depth-3, a fifth halving"},
    ],
)
def test_the_notebook_cell_gives_the_same_net(settings: dict[str, Any]) -> None:
    page = opened(**settings)
    (code,) = [c.value for c in page.code]
    *body, last = code.rstrip().split("\n")
    space: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec("\n".join(body), space)
    answer = eval(last, space)
    if "a fifth halving" in settings["start"]:
        assert answer == ("pool5", 0, 0)
        return
    *ended, parameters, macs = answer
    assert ended in ([], [None]) and metrics(page)["Parameters"] == f"{parameters:,}"
    assert sum(trace(page, "shares", "work (MACs)")["customdata"]) == macs
