"""Nets that visitors hand in: read as the library reads them, refused in a sentence, not kept."""

import io
import json
import pickle
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import opening
import pytest
import safetensors.torch
import torch
from streamlit.testing.v1 import AppTest

from c3d_teach import Classifier, Preprocess, SearchNet, load, save, tuning
from c3d_teach.errors import WeightsError
from c3d_teach.models.weights import write_own_file

SHAPE = (1, 16, 16, 16)


def small_net() -> Classifier:
    torch.manual_seed(3)
    model = SearchNet(2, kernel_depth=3, clip_shape=SHAPE, width=0.05)
    return Classifier(
        model.eval(), Preprocess(SHAPE[2:], 16, (40.0,), (60.0,), 16), ("left", "right")
    )


def described(**changes: Any) -> dict[str, Any]:
    net = small_net()
    return {
        "config": net.model.config,
        "preprocess": net.preprocess.to_dict(),
        "classes": list(net.classes),
        "card": {},
    } | changes


def stored(
    folder: Path, *, weights: dict[str, torch.Tensor] | None = None, **changes: Any
) -> bytes:
    path = folder / "made.safetensors"
    kept = dict(small_net().model.state_dict()) if weights is None else weights
    write_own_file(path, described(**changes), kept, half=False)
    return path.read_bytes()


def whole(folder: Path) -> bytes:
    save(small_net(), folder / "whole.safetensors")
    return (folder / "whole.safetensors").read_bytes()


def zipped() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("net.safetensors", b"0" * 1000)
    return made.getvalue()


def of_torch() -> bytes:
    made = io.BytesIO()
    torch.save(small_net().model.state_dict(), made)
    return made.getvalue()


def of_another_program() -> bytes:
    return safetensors.torch.save({"wte.weight": torch.zeros(3, 4)}, {"format": "pt"})


def twice(folder: Path) -> bytes:
    """Two tensors of one name in the header."""
    content = whole(folder)
    length = int.from_bytes(content[:8], "little")
    header = content[8 : 8 + length].decode().rstrip()
    name = '"conv1.bias":'
    start = header.index(name)
    entry = header[start : header.index("}", start) + 1]
    doubled = (header[:-1] + "," + entry + "}").encode()
    return len(doubled).to_bytes(8, "little") + doubled + content[8 + length :]


def config(**changes: Any) -> dict[str, Any]:
    return {"config": small_net().model.config | changes}


def preprocess(**changes: Any) -> dict[str, Any]:
    return {"preprocess": small_net().preprocess.to_dict() | changes}


def with_nan() -> dict[str, torch.Tensor]:
    weights = {k: v.clone() for k, v in small_net().model.state_dict().items()}
    weights["conv3.weight"][0, 0, 0] = float("nan")
    return weights


def in_one_shape() -> dict[str, torch.Tensor]:
    weights = dict(small_net().model.state_dict())
    return weights | {"conv2.weight": torch.zeros(7, 3, 3, 3, 3)}


def long_clips() -> dict[str, Any]:
    """A net whose few weights fit clips of a million frames, as its file says."""
    with torch.device("meta"):
        model = SearchNet(1, clip_shape=(1, 16, 16, 16), width=1e-9)
    frames = 10**6
    shape = [1, frames, 32, 32]
    weights = {k: torch.zeros(v.shape) for k, v in model.state_dict().items()}
    weights["fc6.weight"] = torch.zeros(1, frames // 16)
    made = {"net": "SearchNet", "num_classes": 1, "clip_shape": shape, "width": 1e-9}
    described = preprocess(crop=[32, 32], short_side=32, length=frames)
    return {"weights": weights, "config": made, "classes": ["one"], **described}


# name -> its content, and words of the sentence that refuses it
HOSTILE: dict[str, tuple[Callable[[Path], bytes], str]] = {
    "empty": (lambda _: b"", "is empty"),
    "noise": (lambda _: bytes(range(256)) * 99, "is not a whole safetensors file"),
    "pickle": (lambda _: pickle.dumps({"a": 1}), "is a pickle or a file of torch"),
    "of torch": (lambda _: of_torch(), "is a pickle or a file of torch"),
    "zip": (lambda _: zipped(), "is a pickle or a file of torch"),
    "cut off": (lambda folder: whole(folder)[:-100], "is not a whole safetensors file"),
    "header bomb": (lambda f: (2**63).to_bytes(8, "little") + whole(f)[8:], "not a whole"),
    "another program": (lambda _: of_another_program(), "of another program"),
    "NaN": (lambda folder: stored(folder, weights=with_nan()), "holds NaN"),
    "wrong shapes": (lambda folder: stored(folder, weights=in_one_shape()), "do not fit"),
    "wide": (lambda folder: stored(folder, **config(width=1e9)), "damaged"),
    "endlessly wide": (lambda folder: stored(folder, **config(width=float("inf"))), "damaged"),
    "many classes": (lambda f: stored(f, **config(num_classes=10**12)), "do not fit"),
    "deep": (lambda folder: stored(folder, **config(kernel_depth=10**15 + 1)), "damaged"),
    "long": (lambda f: stored(f, **config(clip_shape=[1, 10**6, 16, 16])), "do not fit"),
    "long and fitting": (lambda folder: stored(folder, **long_clips()), "cannot be asked"),
    "unknown net": (lambda folder: stored(folder, **config(net="__import__")), "no net"),
    "no config": (lambda folder: stored(folder, config=[]), "damaged"),
    "huge frames": (lambda f: stored(f, **preprocess(short_side=10**9)), "beyond all use"),
    "another crop": (lambda f: stored(f, **preprocess(crop=[99, 99])), "takes clips"),
    "no spread": (lambda f: stored(f, **preprocess(std=[0.0])), "no sound numbers"),
    "other classes": (lambda f: stored(f, classes=["a", "b", "c"]), "3 classes are named"),
}


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go, to see that none is left."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_net_is_refused_in_a_sentence(
    kind: str, tmp_path: Path, elsewhere: Path
) -> None:
    from loaded_nets import read_net

    make, reason = HOSTILE[kind]
    with pytest.raises(WeightsError) as refused:
        read_net(io.BytesIO(make(tmp_path)), "../../[my](net).safetensors")
    said = str(refused.value)
    assert reason in said.replace("\\", ""), said
    assert r"\[my\]\(net\)" in said and str(elsewhere) not in said.replace("\\", "")
    assert len(said) < 900 and not list(elsewhere.glob("c3d-teach*"))


def test_json_that_is_nested_without_end_is_refused(tmp_path: Path) -> None:
    from loaded_nets import read_net

    weights = dict(small_net().model.state_dict())
    metadata = {k: json.dumps(v) for k, v in described().items()} | {"format": "c3d_teach 1"}
    for name in ("config", "preprocess", "card"):
        nested = metadata | {name: "[" * 100_000}
        with pytest.raises(WeightsError, match="damaged"):
            read_net(io.BytesIO(safetensors.torch.save(weights, nested)), "net")


def test_a_file_too_large_is_refused_before_it_is_written(
    monkeypatch: pytest.MonkeyPatch, elsewhere: Path
) -> None:
    import loaded_nets

    monkeypatch.setattr(loaded_nets, "MEGABYTES", 1)
    with pytest.raises(WeightsError, match="larger than 1 MB"):
        loaded_nets.read_net(io.BytesIO(b"\0" * (1 << 20) + b"\0"), "big")


def test_a_net_is_read_as_the_library_reads_it(tmp_path: Path, elsewhere: Path) -> None:
    from loaded_nets import NAME, read_net

    net, same = read_net(io.BytesIO(whole(tmp_path)), "mine"), small_net()
    assert (
        net.name == NAME and net.classes == same.classes and not list(elsewhere.glob("c3d-teach*"))
    )
    clips = torch.randint(0, 256, (2, 16, 16, 16, 1), dtype=torch.uint8)
    torch.testing.assert_close(net.predict(clips), same.predict(clips))


def test_a_tensor_named_twice_is_one_tensor(tmp_path: Path) -> None:
    from loaded_nets import read_net

    net = read_net(io.BytesIO(twice(tmp_path)), "mine")
    assert net.model.state_dict().keys() == small_net().model.state_dict().keys()


def handed_in(content: bytes, **settings: str) -> AppTest:
    page = opening.opened("filters", **{"filters.net": "your own file"}, **settings)
    page.file_uploader[0].upload("../../<b>mine.safetensors", content, "application/octet-stream")
    return page.run()


def test_the_page_refuses_them_all_and_goes_on(tmp_path: Path) -> None:
    page = opening.opened("filters", **{"filters.net": "your own file"})
    for kind, (make, reason) in HOSTILE.items():
        page.file_uploader[0].upload(f"{kind} <b>*net*.safetensors", make(tmp_path), "")
        page.run()
        assert not page.exception and not page.get("plotly_chart"), kind
        (error,) = page.error
        assert reason in error.value.replace("\\", "") and "*net*" not in error.value, kind
    page.selectbox(key="filters.net").set_value("motion-d1").run()
    assert opening.charts(page)


def test_a_net_is_looked_at_from_all_sides_and_forgotten(tmp_path: Path) -> None:
    page = handed_in(whole(tmp_path), **{"filters.look": "the motion it likes"})
    shown = opening.charts(page)["filters.rose"]["data"][0]
    unit = int(page.number_input(key="filters.unit").value)
    import filter_views

    found = tuning(small_net(), "conv1", **filter_views.FEWER).unit(unit)
    assert shown["r"][:-1] == pytest.approx(found.curve.tolist(), rel=1e-4)
    look = page.segmented_control(key="filters.look")
    for name in ("kernel", "best clips", "back to the pixels", "depths compared"):
        look.set_value(name).run()
        opening.fine(page)
    page.segmented_control(key="filters.layer").set_value("fc6").run()
    look.set_value("best clips").run()
    opening.fine(page)
    assert "filters: the visitor's net" in page.session_state
    page.selectbox(key="filters.net").set_value("motion-d3").run()
    assert "filters: the visitor's net" not in page.session_state


def test_no_other_session_sees_it(tmp_path: Path) -> None:
    handed_in(whole(tmp_path))
    other = opening.opened("filters", **{"filters.net": "your own file"})
    assert not other.get("plotly_chart") and "Hand in a net" in opening.texts(other)


def test_two_nets_of_the_same_name_do_not_mix(tmp_path: Path) -> None:
    page = handed_in(whole(tmp_path))
    first = opening.charts(page)["filters.rose"]["data"][0]["r"]
    weights = {k: -v for k, v in small_net().model.state_dict().items()}
    page.file_uploader[0].upload("../../<b>mine.safetensors", stored(tmp_path, weights=weights), "")
    page.run()
    assert opening.charts(page)["filters.rose"]["data"][0]["r"] != first


def test_shipped_nets_can_be_handed_in(tmp_path: Path) -> None:
    save(load("camera-d1"), tmp_path / "net.safetensors", half=True)
    page = handed_in((tmp_path / "net.safetensors").read_bytes(), **{"filters.layer": "conv5b"})
    assert page.segmented_control(key="filters.layer").value == "conv5b"
    opening.fine(page)
