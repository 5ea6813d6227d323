"""The dashboard as it really runs: who can reach it, whom it tells, and what it leaves behind."""

import gc
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import streamlit as st
import torch
from opening import APP, fine, opened
from test_all_pages import KEYS
from torch import nn
from visitor import Visitor, visited
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from c3d_teach import load
from c3d_teach.models.segmenter import load_segmenter

sys.path.insert(0, str(APP.parent / "tests" / "browser"))
from chromium import free_port, stop, wait_for

SHIPPED = ("motion-d1", "motion-d3", "camera-d1", "camera-c3d")
BROKEN = """
import streamlit as st
if st.query_params.get("fall") == "frame":
    raise RuntimeError("a secret")
"""


@dataclass(frozen=True)
class Server:
    port: int
    process: psutil.Process
    log: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def started(script: Path, cwd: Path) -> Iterator[Server]:
    """``streamlit run`` in another folder than the kit's."""
    port, log = free_port(), cwd / "log.txt"
    with log.open("wb") as said:
        command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
        process = subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", process, log)
        yield Server(port, psutil.Process(process.pid), log)
    finally:
        stop(process)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with started(APP / "main.py", tmp_path_factory.mktemp("elsewhere")) as found:
        yield found


def seen_at(server: Server, page: str, query: str = "") -> Any:
    async def visit() -> Any:
        async with Visitor(server.port) as visitor:
            return (await visitor.open(page, query)).screen

    return visited(visit())


def test_it_listens_to_this_machine_alone_wherever_it_is_started(server: Server) -> None:
    sockets = server.process.net_connections()
    listening = {c.laddr.ip for c in sockets if c.status == psutil.CONN_LISTEN}
    assert listening == {"127.0.0.1"}


def test_it_tells_nobody(server: Server) -> None:
    seen_at(server, "predictions")
    said = server.log.read_text()
    assert "usage statistics" not in said and "external IP" not in said
    others = {c.raddr.ip for c in server.process.net_connections() if c.raddr}
    assert others <= {"127.0.0.1"}


def test_a_page_elsewhere_cannot_use_it(server: Server) -> None:
    """A site that is open in the same browser gets no session and hands in no files."""

    async def from_elsewhere() -> None:
        async with connect(
            f"ws://127.0.0.1:{server.port}/_stcore/stream",
            origin="https://example.org",  # type: ignore[arg-type]
        ):
            pass

    with pytest.raises(InvalidStatus) as refused:
        visited(from_elsewhere())
    assert refused.value.response.status_code == 403
    forged = httpx.put(f"{server.address}/_stcore/upload_file/any/any", files={"f": b"x"})
    assert forged.status_code == 403
    answer = httpx.get(
        f"{server.address}/_stcore/health", headers={"Origin": "https://example.org"}
    )
    assert answer.headers.get("access-control-allow-origin") != "*"


def test_uploads_have_a_limit(server: Server) -> None:
    async def hand_in_too_much() -> int:
        async with Visitor(server.port) as visitor:
            screen = (await visitor.open("predictions", "source=your+video")).screen
            (uploader,) = screen.of("file_uploader")
            with pytest.raises(AssertionError, match="413"):
                await visitor.upload("long.mp4", bytes(51 << 20))
            return int(uploader.max_upload_size_mb)

    assert visited(hand_in_too_much()) == 50


def test_errors_are_sentences_and_tracebacks_stay_in_the_terminal(tmp_path: Path) -> None:
    broken = tmp_path / "app"
    shutil.copytree(APP, broken, ignore=shutil.ignore_patterns("__pycache__"))
    (broken / "views" / "architecture.py").write_text("raise RuntimeError('a secret')\n")
    main = broken / "main.py"
    main.write_text(main.read_text() + BROKEN)
    with started(main, tmp_path) as server:
        page = seen_at(server, "architecture")
        frame = seen_at(server, "architecture", "fall=frame")
        said = server.log.read_text()
    assert [error.split(".")[0] for error in page.errors()] == [
        "This page stopped at something it did not expect"
    ]
    (exception,) = frame.of("exception")
    assert "secret" not in str(exception) and not exception.stack_trace
    for screen in (page, frame):
        sent = str([element for _, element in screen.elements.values()])
        assert "Traceback" not in sent and "secret" not in sent and str(tmp_path) not in sent
    assert said.count("RuntimeError: a secret") >= 2


@pytest.fixture(scope="module")
def before() -> set[int]:
    """Nets in memory that are not the dashboard's."""
    st.cache_resource.clear()
    return {id(module) for module in modules()}


def modules() -> list[nn.Module]:
    gc.collect()
    return [found for found in gc.get_objects() if issubclass(type(found), nn.Module)]


def test_shared_nets_are_left_as_they_were(before: set[int]) -> None:
    """After every page: no net in memory has a hook or is in training, and no weight has moved."""
    import segmentation_clips
    import state

    for key in KEYS:
        fine(opened(key))
    nets = [module for module in modules() if id(module) not in before]
    assert nets
    for module in nets:
        hooks = [name for name, value in vars(module).items() if "_hooks" in name and value]
        assert not hooks, f"{type(module).__name__} has {hooks}"
        assert not module.training, type(module).__name__
    for name in SHIPPED:
        assert_same_weights(state.classifier(name).model, load(name).model)
    for name in segmentation_clips.NETS:
        assert_same_weights(segmentation_clips.segmenter(name).model, load_segmenter(name).model)


def assert_same_weights(one: nn.Module, other: nn.Module) -> None:
    for (name, a), b in zip(one.state_dict().items(), other.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
