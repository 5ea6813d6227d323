"""Files made to do harm, handed in to the page "Predictions": each gets a sentence or is shown.

Which kinds are films after all is stated below; everything else is refused.
"""

import resource
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import hostile_films as hostile
import odd_videos as odd
import opening
import pytest
from streamlit.testing.v1 import AppTest

SHOWN = {  # the decoder goes by the pictures; what a header says of them besides is of no account
    *("pictures in another file", "no size", "another size than it says", "0/0 frames a second"),
    *("a frame in a hundred years", "billions of frames a second"),
}
MOST = 1 << 30  # bytes that the dashboard itself, and the largest of its children, may grow to hold


@pytest.fixture(scope="module")
def asked() -> Iterator[tuple[str, list[object]]]:
    """The address of a server on this machine, and who has asked it."""
    visitors: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    connection, visitor = server.accept()
                except OSError:
                    return
                visitors.append(visitor)
                connection.close()

        threading.Thread(target=listen, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/film.mp4", visitors


def hand_in(page: AppTest, name: str, content: bytes) -> AppTest:
    page.file_uploader[0].upload(name, content, "video/mp4")
    return page.run()


def test_every_kind_gets_a_sentence_and_the_next_visitor_his_film(
    asked: tuple[str, list[object]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import uploads

    monkeypatch.setattr(uploads, "LIMITS", replace(uploads.LIMITS, patience=5.0, seconds=8.0))
    kinds = hostile.all_kinds(tmp_path, asked[0])
    assert len(kinds) >= 20
    kept = tmp_path / "temporary"
    kept.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(kept))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    page, wrong = opening.opened("predictions", source="your video"), {}
    for kind, (name, content) in kinds.items():
        hand_in(page, name, content)
        said = [e.value for e in page.error]
        shown = bool(page.get("plotly_chart"))
        sound = (shown and not said) if kind in SHOWN else (len(said) == 1 and not shown)
        told = all("did not expect" not in s and str(kept) not in s and len(s) < 400 for s in said)
        if page.exception or not sound or not told or list(kept.glob("c3d-teach-*")):
            wrong[kind] = [e.value for e in page.exception] + said
            page = opening.opened("predictions", source="your video")  # whatever it did to this one
    assert not wrong, wrong
    assert not asked[1], "a play list must not be followed"
    scale = 1 if sys.platform == "darwin" else 1024
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * scale
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * scale
    assert grown < MOST and child < before * scale + 2 * MOST

    hand_in(page, "good.mp4", odd.write(tmp_path / "good.mp4", 40).read_bytes())
    assert opening.charts(page)
    page.segmented_control(key="source").set_value("MotionDigits").run()
    assert "uploaded film" not in page.session_state


def test_names_do_nothing(tmp_path: Path) -> None:
    page = opening.opened("predictions", source="your video")
    for kind, (name, content) in hostile.all_kinds(tmp_path, "").items():
        if not kind.endswith("its name") and not kind.startswith("a name"):
            continue
        hand_in(page, name, content)
        (said,) = (e.value for e in page.error)
        assert "\n" not in said and "\u202e" not in said and "](" not in said and "**" not in said
        assert len(said) < 300
