"""A decoder in a child process that serves one video after the other.

A damaged or hostile file can hang or crash a decoder, or make it ask for all memory. Then the
child is ended and the next video gets a new one; this process goes on.
"""

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import torch
from torch import Tensor

from c3d_teach.data.decoder import VideoInfo
from c3d_teach.data.limits import Limits
from c3d_teach.errors import VideoError

PATIENCE = 30.0  # seconds a decoder may take for one clip before it counts as hung
_SERVED = 200  # videos a child decodes before a new one takes over: decoders leak memory
_Item = TypeVar("_Item")


class Decoder:
    """Decodes videos in a child process, which is started when the first one is asked for.

    Use it as a context manager, or call :meth:`close`. One video is decoded at a time.

    Args:
        patience: seconds the child may take for one clip.
        served: videos before the child is replaced.
        limits: for files from elsewhere; they also set the patience.
    """

    def __init__(
        self, *, patience: float = PATIENCE, served: int = _SERVED, limits: Limits | None = None
    ) -> None:
        self.patience, self.served, self.limits = patience, served, limits
        if limits:
            self.patience = limits.patience
        self._child: _Child | None = None

    def clips(
        self, path: Path, length: int, stride: int, size: tuple[int, int]
    ) -> Iterator[VideoInfo | Tensor]:
        """First the :class:`VideoInfo`, then uint8 clips ``(length, H, W, 3)``.

        Left early, it ends the child; the next video gets a new one.

        Raises:
            VideoError: for a file that cannot be read, or that hangs or crashes the decoder.
        """
        if self._child and self._child.requests >= self.served:
            self.close()
        child = self._child = self._child or _Child(self.limits)
        answered, started = False, time.monotonic()
        request = {"path": str(path), "length": length, "stride": stride, "size": size}
        try:
            child.ask(request | ({"limits": asdict(self.limits)} if self.limits else {}))
            while True:
                answer = child.answers.get(timeout=self.patience)
                if self.limits and time.monotonic() - started > self.limits.seconds:
                    raise VideoError(
                        f"{path} took more than {self.limits.seconds:.0f} s to decode; cut a "
                        "shorter or smaller piece from it."
                    )
                if answer is None:
                    code = child.process.wait(timeout=self.patience)
                    raise VideoError(
                        f"{path} brought the decoder down (exit code {code}): the file is damaged, "
                        "too large, or made to do harm."
                    )
                head, data = answer
                if "info" in head:
                    yield VideoInfo(**head["info"])
                elif "clip" in head:
                    yield torch.frombuffer(data, dtype=torch.uint8).view(length, *size, 3)
                else:
                    answered = True
                    if "error" in head:
                        raise VideoError(head["error"])
                    return
        except (queue.Empty, subprocess.TimeoutExpired):
            raise VideoError(
                f"{path} kept the decoder busy for {self.patience:.0f} s without giving a clip; "
                "the file is damaged or far too large."
            ) from None
        finally:
            if not answered:
                self.close()

    def close(self) -> None:
        """End the child, whatever it does."""
        child, self._child = self._child, None
        if child:
            child.end()

    def __enter__(self) -> "Decoder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Child:
    """The process, and a thread that reads what it says.

    A thread, for a pipe cannot be read with a time limit on every system. The short queue holds
    it, and through the pipe the child, to the pace of whoever takes the clips.
    """

    def __init__(self, limits: Limits | None) -> None:
        memory = [str(limits.memory)] if limits else []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "c3d_teach.data.decoder", *memory],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.requests = 0
        self.answers: queue.Queue[tuple[dict[str, Any], bytearray] | None] = queue.Queue(2)
        self._stopped = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def ask(self, request: dict[str, Any]) -> None:
        self.requests += 1
        request["path"] = str(Path(request["path"]).absolute())
        assert self.process.stdin
        try:
            # ASCII, for a file name may hold bytes that no encoding knows
            self.process.stdin.write(json.dumps(request).encode("ascii") + b"\n")
            self.process.stdin.flush()
        except OSError:
            pass  # it is gone; its silence says so

    def end(self) -> None:
        self._stopped.set()
        self.process.kill()
        self.process.wait()
        self._reader.join()
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                if pipe:
                    pipe.close()
            except OSError:  # a request that was never read
                pass
        while not self.answers.empty():
            self.answers.get_nowait()
        self.answers.put(None)  # for a thread that still waits for an answer

    def _read(self) -> None:
        pipe = self.process.stdout
        assert pipe
        try:
            while line := pipe.readline():
                head = json.loads(line)
                data = bytearray(int(head.get("clip", 0)))
                view = memoryview(data)
                while view and (count := pipe.readinto(view)):  # type: ignore[attr-defined]
                    view = view[count:]
                if view or not self._put((head, data)):
                    break
        except (OSError, ValueError, AttributeError):
            pass  # not an answer, or the pipe was closed on our side
        self._put(None)

    def _put(self, item: tuple[dict[str, Any], bytearray] | None) -> bool:
        while not self._stopped.is_set():
            try:
                self.answers.put(item, timeout=0.2)
                return True
            except queue.Full:
                continue
        return False


def ahead(items: Generator[_Item, None, None], depth: int) -> Iterator[_Item]:
    """``items``, made by a thread that runs up to ``depth`` of them ahead.

    So a net can compute while the next clips, and the next videos, are decoded. An error in
    ``items`` is raised here, at its place. Whoever leaves early stops the thread at its next
    item, and ``items`` is closed there.
    """
    ready: queue.Queue[tuple[bool, Any]] = queue.Queue(max(1, depth))
    stopped = threading.Event()

    def put(item: tuple[bool, Any]) -> bool:
        while not stopped.is_set():
            try:
                ready.put(item, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def work() -> None:
        try:
            for item in items:
                if not put((True, item)):
                    return
            put((False, None))
        except BaseException as error:
            put((False, error))
        finally:
            items.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            more, item = ready.get()
            if not more:
                if item is not None:
                    raise item
                return
            yield item
    finally:
        stopped.set()
        thread.join(timeout=2)  # a file that keeps the decoder busy is not waited for
