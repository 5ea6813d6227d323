"""A training of the playground for another program, which may pause and end it.

``python -m c3d_teach.experiments.playground_process`` reads commands and writes answers, see
:func:`serve`. It ends when the program that started it ends.
"""

import contextlib
import json
import os
import sys
import threading
import time
from dataclasses import asdict
from itertools import chain
from typing import IO, Any

import torch

from c3d_teach.errors import KitError
from c3d_teach.experiments.playground import Configuration, PlaygroundRun

_SAY = 0.4  # seconds between two snapshots
_STOP = "stop"


def serve(commands: IO[str], answers: IO[str]) -> None:
    """Train for another program: a line of JSON for each command and for each answer.

    The first line is the configuration. Then ``"go"``, ``"pause"`` and ``"step"`` (one
    mini-batch, then pause) are taken at any time. Answers are ``{"snapshot": …, "paused": bool,
    "heard": commands so far}``, several a second and whenever it pauses, and ``{"error":
    sentence}``, after which it ends, as it does when nobody listens.
    """
    torch.set_num_threads(1)
    wanted: list[str] = []
    heard = threading.Condition()

    def listen() -> None:
        for line in chain(commands, [json.dumps(_STOP)]):
            with heard:
                wanted.append(json.loads(line))
                heard.notify()

    def say(answer: dict[str, Any]) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    def report() -> None:
        snapshot = asdict(run.snapshot())
        say({"snapshot": snapshot, "paused": mode == "pause", "heard": taken})

    given = json.loads(commands.readline())
    threading.Thread(target=listen, daemon=True).start()
    try:
        run = PlaygroundRun(
            Configuration(**given | {name: tuple(given[name]) for name in ("depths", "pools")})
        )
        mode, said, taken = "pause", time.monotonic(), 0
        report()
        while True:
            with heard:
                while mode == "pause" and not wanted:
                    heard.wait()
                if _STOP in wanted:
                    return
                if wanted:
                    mode, taken = wanted.pop(0), taken + 1
            if mode != "pause" and not run.finished:
                run.advance()
            if mode == "step" or run.finished:
                mode = "pause"
            if mode == "pause" or time.monotonic() - said > _SAY:
                report()
                said = time.monotonic()
    except KitError as error:
        say({"error": str(error)})


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(5)  # whoever shows the training answers first
    with contextlib.suppress(BrokenPipeError):  # nobody listens any more
        serve(sys.stdin, sys.stdout)
        sys.stdout.close()
    os._exit(0)  # what still waits for commands, and what could not be said, is of no account
