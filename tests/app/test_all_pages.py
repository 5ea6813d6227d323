"""What holds for all pages: title, words for pictures, lesson, links with nonsense in them."""

import ast
import contextlib
import io
import re
from pathlib import Path

import pytest
from opening import APP, charts, fine, opened, texts

CARDS = re.findall(r'Card\(\s*"(\w+)"', (APP / "catalogue.py").read_text(encoding="utf-8"))
KEYS = [name.lower() for name in CARDS]
VIEWS = sorted((APP / "views").glob("*.py"))


def test_every_card_has_its_page_and_every_page_its_card() -> None:
    assert sorted(KEYS) == [path.stem for path in VIEWS]


@pytest.mark.parametrize("key", KEYS)
def test_the_first_view_is_whole(key: str) -> None:
    import catalogue

    page = opened(key)
    card = next(card for card in catalogue.CARDS if card.key == key)
    assert page.title[0].value == card.title and card.lead in texts(page)
    assert charts(page) and not page.warning
    for chart in page.get("plotly_chart"):
        assert len(chart.proto.alt) > 20, chart.proto.id
    for picture in page.image:
        assert all(image.alt for image in picture.proto.imgs)


@pytest.mark.parametrize("key", KEYS)
def test_the_cell_for_the_notebook_runs_as_it_stands(key: str) -> None:
    (cell,) = fine(opened(key)).code
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(cell.value, f"{key}, in a notebook", "exec"), {})
    last = ast.parse(cell.value).body[-1]
    assert isinstance(last, ast.Expr), "a cell ends with what it shows"


@pytest.mark.parametrize("key", KEYS)
def test_a_projector_gets_larger_type(key: str) -> None:
    near, far = charts(opened(key)), charts(opened(key, projector="true"))
    assert near.keys() == far.keys()
    for name in near:
        assert far[name]["layout"]["font"]["size"] > near[name]["layout"].get("font", {}).get(
            "size", 12
        )


@pytest.mark.parametrize("key", KEYS)
def test_every_setting_is_in_the_address(key: str) -> None:
    """Each widget that takes a choice is bound to a parameter, but what cannot be (files)."""
    source = ast.parse((APP / "views" / f"{key}.py").read_text(encoding="utf-8"))
    free = {"file_uploader", "button", "link_button", "page_link", "download_button"}
    choosing = {
        *("segmented_control", "selectbox", "slider", "select_slider", "toggle", "checkbox"),
        *("number_input", "radio", "pills", "multiselect", "text_input"),
    }
    for node in ast.walk(source):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr in choosing - free:
            given = {keyword.arg for keyword in node.keywords}
            assert {"key", "bind"} <= given, f"{key}.py:{node.lineno} has no place in the address"


def test_pages_hold_no_maths() -> None:
    for path in VIEWS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
                assert not {name.split(".")[0] for name in names} & {"torch", "numpy"}, path.name


def test_words_that_are_new_are_explained_by_the_glossary() -> None:
    import display

    assert "How many frames" in display.meaning("depth of a kernel")
    terms = {
        term
        for path in Path(APP).rglob("*.py")
        for call in re.findall(r"\bmeaning\(([^)]*)\)", path.read_text(encoding="utf-8"))
        for term in re.findall(r'"([^"]+)"', call)
    }
    for term in terms:
        assert display.meaning(term)
