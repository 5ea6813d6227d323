"""A visitor of the dashboard who costs no browser: speaks Streamlit's protocol over a websocket.

As the browser does it: a session a connection, the state of all widgets with each run, the
address kept up to date with what is chosen, pictures fetched, files uploaded.
"""

import asyncio
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlencode

import httpx
from screen import Control, Screen, Value
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

T = TypeVar("T")
PATIENCE = 240  # seconds for an answer: thirty visitors wait for one another on two cores
_ENDED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


def visited(visits: Coroutine[Any, Any, T]) -> T:
    """What comes of visits; in a thread, for a browser's test may have a loop running in this."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, visits).result()


@dataclass(frozen=True)
class Answer:
    """What came back for one step.

    Attributes:
        page: its key, "" for the first page by the bare address.
        query: the part of the address behind "?" once the answer was there.
        did: what the visitor did.
        trail: what they had done before, the latest last.
        seconds: from then to the end of the page's run.
        screen: everything on it.
    """

    page: str
    query: str
    did: str
    trail: tuple[str, ...]
    seconds: float
    screen: Screen


class Visitor:
    """One tab of a browser at ``http://127.0.0.1:PORT``. Use as an asynchronous context."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        # given up before the server does so, which may be while something is asked
        kept = httpx.Limits(keepalive_expiry=2)
        self.http = httpx.AsyncClient(base_url=self.base, timeout=PATIENCE, limits=kept)
        self.screen = Screen()
        self.answers: list[Answer] = []
        self._socket: ClientConnection | None = None

    async def __aenter__(self) -> "Visitor":
        await self.http.get("/_stcore/health")  # sets the cookie against forged requests
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()
        await self.http.aclose()

    async def open(self, page: str, query: str = "") -> Answer:
        """Follow a link: a new session at this address, which shows what the address says."""
        await self.leave()
        token = self.http.cookies.get("_streamlit_xsrf", "")
        self._socket = await connect(
            self.base.replace("http", "ws") + "/_stcore/stream",
            origin=self.base,  # type: ignore[arg-type]
            subprotocols=["streamlit", token],  # type: ignore[list-item]
            additional_headers={"Cookie": f"_streamlit_xsrf={token}"},
            compression=None,
            max_size=None,
        )
        self.page, self.query = page, parse_qs(query, keep_blank_values=True)
        self._hash = ""
        self._controls: dict[str, Control] = {}
        self._files: dict[str, WidgetState] = {}
        self._repeats: dict[str, float] = {}
        return await self._run(f"open {page}?{query}")

    async def leave(self) -> None:
        """Close the tab."""
        if self._socket:
            await self._socket.close()
            self._socket = None

    async def turn_to(self, page: str) -> Answer:
        """Choose a page in the navigation."""
        self._hash = self.pages[page]
        self.page = page
        # the frame's own switch stays on all pages
        self.query = {k: v for k, v in self.query.items() if k == "projector"}
        self._files, self._repeats = {}, {}
        return await self._run(f"turn to {page}")

    async def choose(self, key: str, value: Value) -> Answer:
        """Set a control."""
        control = self._controls[key]
        control.value = value
        self._write_address(control)
        return await self._run(f"{key} = {value}", fragment=self._fragment_of(control.proto.id))

    async def press(self, key: str) -> Answer:
        """Click a button."""
        button = next(b for b in self.screen.of("button") if b.id.endswith(f"-{key}"))
        pressed = WidgetState(id=button.id, trigger_value=True)
        return await self._run(f"press {key}", pressed, fragment=self._fragment_of(button.id))

    async def upload(self, name: str, content: bytes) -> Answer:
        """Hand a file to the one uploader on the page."""
        (uploader,) = self.screen.of("file_uploader")
        request = BackMsg()
        request.file_urls_request.request_id = name
        request.file_urls_request.session_id = self.session
        request.file_urls_request.file_names.append(name)
        await self._send(request)
        while (message := await self._receive()).WhichOneof("type") != "file_urls_response":
            pass
        (urls,) = message.file_urls_response.file_urls
        put = await self.http.put(
            urls.upload_url,
            files={name: (name, content, "video/mp4")},
            headers={"X-Xsrftoken": self.http.cookies["_streamlit_xsrf"]},
        )
        assert put.status_code == 204, (put.status_code, put.text)
        state = WidgetState(id=uploader.id)
        info = state.file_uploader_state_value.uploaded_file_info.add()
        info.name, info.size, info.file_id = name, len(content), urls.file_id
        info.file_urls.CopyFrom(urls)
        self._files = {uploader.id: state}
        return await self._run(f"upload {name}", fragment=self._fragment_of(uploader.id))

    async def think(self, seconds: float) -> None:
        """Look at the page for a while; what refreshes itself does so meanwhile."""
        until = time.monotonic() + seconds
        while self._repeats:
            fragment, interval = min(self._repeats.items(), key=lambda pair: pair[1])
            if time.monotonic() + interval > until:
                break
            await asyncio.sleep(interval)
            await self._run("wait", fragment=fragment, by_itself=True)
        await asyncio.sleep(max(0, until - time.monotonic()))

    @property
    def controls(self) -> list[Control]:
        """What can be set, in the order of the page."""
        return [c for c in self._controls.values() if not c.proto.disabled]

    @property
    def session(self) -> str:
        return self._session

    async def _run(
        self, did: str, *pressed: WidgetState, fragment: str = "", by_itself: bool = False
    ) -> Answer:
        request = BackMsg()
        state = request.rerun_script
        state.query_string = urlencode(self.query, doseq=True)
        state.page_script_hash = self._hash
        state.page_name = "" if self._hash else self.page
        state.fragment_id = fragment
        state.is_auto_rerun = by_itself
        state.context_info.url = f"{self.base}/{self.page}"
        held = [control.state() for control in self._controls.values()]
        state.widget_states.widgets.extend([*held, *self._files.values(), *pressed])
        started = time.perf_counter()
        await self._send(request)
        async with asyncio.timeout(PATIENCE):
            while not self._take(await self._receive()):
                pass
        seconds = time.perf_counter() - started
        self._settle()
        answer = Answer(
            page=self.page,
            query=urlencode(self.query, doseq=True),
            did=did,
            trail=tuple(a.did for a in self.answers[-8:]),
            seconds=seconds,
            screen=Screen(dict(self.screen.elements), dict(self.screen.fragments)),
        )
        self.answers.append(answer)
        for url in self.screen.pictures():
            got = await self.http.get(url)
            assert got.status_code == 200, f"{self.page}: {url} is gone"
        return answer

    def _take(self, message: ForwardMsg) -> bool:
        """Note what a message says; True when it says that the run has ended."""
        match message.WhichOneof("type"):
            case "new_session":
                new = message.new_session
                self._session = new.initialize.session_id or self._session
                self._hash = new.page_script_hash
                self.screen.clear(list(message.metadata.run.fragment_ids))
                if not message.metadata.run.fragment_ids:
                    self._repeats = {}
            case "navigation":
                self.pages = {
                    p.url_pathname: p.page_script_hash for p in message.navigation.app_pages
                }
                self._hash = message.navigation.page_script_hash
            case "page_not_found":
                raise AssertionError(f"there is no page /{message.page_not_found.page_name}")
            case "delta":
                self.screen.put(message)
            case "page_info_changed":
                self.query = parse_qs(
                    message.page_info_changed.query_string, keep_blank_values=True
                )
            case "auto_rerun":
                self._repeats[message.auto_rerun.fragment_id] = message.auto_rerun.interval
            case "stop_auto_rerun":
                for stopped in message.stop_auto_rerun.fragment_ids:
                    self._repeats.pop(stopped, None)
            case "script_finished":
                assert message.script_finished != ForwardMsg.FINISHED_WITH_COMPILE_ERROR
                return message.script_finished in _ENDED
        return False

    def _settle(self) -> None:
        """Keep what the visitor chose, unless the server says otherwise."""
        found = {control.key: control for control in self.screen.controls()}
        for key, control in found.items():
            held = self._controls.get(key)
            if control.proto.set_value:
                self._write_address(control)
            elif held and held.proto.id == control.proto.id:
                control.value = held.value
        self._controls = found

    def _write_address(self, control: Control) -> None:
        if bound := control.proto.query_param_key:
            self.query.pop(bound, None)
            if (found := control.in_address()) is not None:
                self.query[bound] = found

    def _fragment_of(self, widget: str) -> str:
        for place, (_, element) in self.screen.elements.items():
            if getattr(element, "id", "") == widget:
                return self.screen.fragments[place]
        return ""

    async def _send(self, message: BackMsg) -> None:
        assert self._socket
        await self._socket.send(message.SerializeToString())

    async def _receive(self) -> ForwardMsg:
        assert self._socket
        received: Any = await self._socket.recv()
        return ForwardMsg.FromString(received)
