"""A process that does one workload again and again, when it is told to.

Variants that are compared each live in a process of their own, so that none profits from the
memory or the threads of another, and take turns. The parent writes a line, the work is done for
a while, and what it took is printed as a line of JSON.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Spec = dict[str, Any]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Turns:
    """What came of taking turns, by the name of each variant.

    Attributes:
        rates: items a second in each round; all variants have the same number of rounds.
        facts: what each process said of itself, with ``peak_megabytes``, the most memory it has
            had, and on a GPU ``device_megabytes``, the most there.
        empty: why a variant could not be measured.
    """

    rates: dict[str, list[float]]
    facts: dict[str, dict[str, Any]]
    empty: dict[str, str]


class Worker:
    """The parent's end: starts the process, and has it work.

    Args:
        spec: what :func:`c3d_teach.bench.registry.workload` makes the work from.

    Attributes:
        facts: what the process says of itself once it is ready, such as ``{"engine": …}``.
        problem: why it cannot work, or ``""``.
    """

    def __init__(self, spec: Spec) -> None:
        environment = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}  # who waits must not spin
        # not a pipe, which would fill up while nobody reads; close() closes it
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", "c3d_teach.bench.worker", json.dumps(spec)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            env=environment,
        )
        self.problem = ""
        self.facts: dict[str, Any] = self._answer()

    def work(self, seconds: float) -> dict[str, Any]:
        """Work for about so many seconds: ``items``, ``seconds``, ``memory`` (megabytes)."""
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):  # the answer says why
            self._process.stdin.write(f"{seconds}\n")
            self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """End the process: politely, and after ten seconds by force."""
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._said.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if line:
            answer: dict[str, Any] = json.loads(line)
            self.problem = answer.get("problem", "")
            return answer
        code = self._process.wait()
        self._said.seek(0)
        said = self._said.read().strip().splitlines()
        # a process that was killed, for memory as a rule, could say nothing
        killed = f"its process was ended by signal {-code}"
        self.problem = killed if code < 0 or not said else said[-1]
        return {}


def take_turns(
    specs: dict[str, Spec], rounds: int, seconds: float, say: Say | None = None
) -> Turns:
    """Have variants work in turn (A B C, B C A, …), each in its own process.

    A variant whose process cannot work or ends is left out, and the others go on.

    Args:
        specs: the work of each, by name.
        rounds: turns of each.
        seconds: that a turn lasts at least; one piece of work is always finished.
        say: called with a line of text when all are ready, and after each round.
    """
    workers: dict[str, Worker] = {}
    try:
        for name, spec in specs.items():
            workers[name] = Worker(spec)
        rates: dict[str, list[float]] = {n: [] for n, w in workers.items() if not w.problem}
        facts = {name: dict(workers[name].facts) for name in rates}
        if say:
            say(f"{len(rates)} of {len(specs)} variants are ready")
        for turn in range(rounds):
            for name in _rotated(list(rates), turn):
                answer = workers[name].work(seconds)
                if workers[name].problem:
                    del rates[name], facts[name]
                    continue
                rates[name].append(answer["items"] / answer["seconds"])
                facts[name] |= answer["memory"]
            if say:
                say(f"round {turn + 1} of {rounds}")
    finally:
        for worker in workers.values():
            worker.close()
    empty = {name: worker.problem for name, worker in workers.items() if worker.problem}
    return Turns(rates, facts, empty)


def _rotated(names: Sequence[str], by: int) -> list[str]:
    by %= max(1, len(names))
    return [*names[by:], *names[:by]]


def peak_megabytes() -> float:
    """Most memory that this process has had so far; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def forget_peak() -> None:
    """Let the peak start anew, where the system can: what came before was preparation."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def memory() -> dict[str, int]:
    """``peak_megabytes`` of this process and, where it uses a GPU, ``device_megabytes`` there."""
    found = {"peak_megabytes": round(peak_megabytes())}
    torch = sys.modules.get("torch")
    if torch and torch.cuda.is_initialized():
        found["device_megabytes"] = round(torch.cuda.max_memory_allocated() / 2**20)
    return found


def main() -> None:
    """Say that the work is ready, then do it whenever a line with a number of seconds comes."""
    # the parent reads one JSON document a line: whatever else is printed goes to standard error
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(**values: Any) -> None:
        print(json.dumps(values), file=answers, flush=True)

    from c3d_teach.bench.registry import workload
    from c3d_teach.bench.workloads import NotHereError

    try:
        work, facts = workload(json.loads(sys.argv[1]))
        work()  # once, to warm up
    except NotHereError as reason:
        answer(problem=str(reason))
        return
    answer(**facts)
    for line in sys.stdin:
        items, started = 0.0, time.perf_counter()
        while True:
            items += work()
            taken = time.perf_counter() - started
            if taken >= float(line):
                break
        answer(items=items, seconds=taken, memory=memory())


if __name__ == "__main__":
    main()
