"""A class of thirty, of all sorts: graded, killed on the way, graded again with another seed."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from handed_in import ROOT, hand_in, master, notebook, own_cell

from c3d_teach.classroom.grading.sandbox import isolation

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(bool(isolation()), reason=isolation()),
    pytest.mark.timeout(1500),
]
AUTOMATIC = 17  # points of A1 that hidden tests give
BY_LOOPS = """
def conv3d(x, w, b=None, stride=(1, 1, 1), padding=(0, 0, 0)):
    x = np.pad(x, [(0, 0), (0, 0)] + [(p, p) for p in padding])
    N, C, L, H, W = x.shape
    K, _, d, kh, kw = w.shape
    s, r, q = stride
    out = np.zeros((N, K, (L - d) // s + 1, (H - kh) // r + 1, (W - kw) // q + 1))
    for n in range(N):
        for k in range(K):
            for t in range(out.shape[2]):
                for y in range(out.shape[3]):
                    for z in range(out.shape[4]):
                        part = x[n, :, t*s:t*s+d, y*r:y*r+kh, z*q:z*q+kw]
                        out[n, k, t, y, z] = (part * w[k]).sum()
    return out if b is None else out + np.reshape(b, (1, -1, 1, 1, 1))
"""
NO_STRIDE = """
def conv3d(x, w, b=None, stride=(1, 1, 1), padding=(0, 0, 0)):
    x = np.pad(x, [(0, 0), (0, 0)] + [(p, p) for p in padding])
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3, 4))
    return np.einsum("nclhwduv,kcduv->nklhw", windows, w)
"""
FLIPPED = BY_LOOPS.replace("* w[k]", "* w[k, :, ::-1, ::-1, ::-1]")


def the_class(folder: Path) -> dict[str, float]:
    """Thirty students, and the points that each must get."""
    a1 = master("a1")
    right = {c.id: c.source for c in a1.cells if c.role == "solution"}
    expected: dict[str, float] = {}

    def student(name: str, points: float, answers: dict[str, str], *, solved: bool = True) -> None:
        hand_in(folder, name, notebook(a1, answers, solved=solved))
        expected[name] = points

    for k in range(5):
        student(f"perfect-{k}", AUTOMATIC, {})
    for k in range(3):
        student(f"by loops {k}", AUTOMATIC, {"conv3d": BY_LOOPS})
    for k in range(4):
        half = {name: right[name] for name in ("output_length", "conv3d")}
        student(f"half-{k}", 10, half, solved=False)
    for k in range(3):
        student(f"blank-{k}", 0, {}, solved=False)
    student("wrong-flipped", 7, {"conv3d": FLIPPED})
    student("wrong-no-stride", 12, {"conv3d": NO_STRIDE})
    student("wrong-mean", 12, {"max_pool3d": right["max_pool3d"].replace(".max(", ".mean(")})
    student("wrong-length", 0, {"output_length": "def output_length(*a, **k):\n    return 1"})
    student("syntax", 0, {"output_length": "def output_length(size, kernel\n    return 3"})
    for k in range(2):
        made = notebook(a1, solved=True)
        made.cells.append(own_cell("import os\nos._exit(1)" if k else "raise ValueError(3)"))
        hand_in(folder, f"late-crash-{k}", made)
        expected[f"late-crash-{k}"] = AUTOMATIC
    chatty = right["conv3d"].replace("    out =", "    print(x.shape, w.shape)\n    out =")
    student("chatty", AUTOMATIC, {"conv3d": chatty})
    student("huge-output", 12, {"max_pool3d": "print('x' * 50_000_000)\n" + right["max_pool3d"]})
    student("flood", 12, {"max_pool3d": "while True:\n    print('x' * 1000)"})
    student("loop", 7, {"conv3d": "while True:\n    pass"})
    student(
        "loop-in-function", 7, {"conv3d": "def conv3d(*a, **k):\n    while True:\n        pass"}
    )
    student("李娜 =1+1", AUTOMATIC, {})
    (folder / "nobody").mkdir()
    (folder / "no-notebook").mkdir()
    (folder / "no-notebook" / "a1.ipynb").write_text("I did it, really.")
    expected |= {"nobody": 0, "no-notebook": 0}
    return expected


def grade(folder: Path, out: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "c3d_teach", "grade", str(folder), "--out", str(out), "--json"]
    return subprocess.Popen([*command, "--assignment", "a1"], cwd=ROOT, stdout=subprocess.PIPE)


def test_thirty_are_marked_right_twice_and_across_a_kill(tmp_path: Path):
    folder = tmp_path / "in"
    expected = the_class(folder)
    assert len(expected) == 30
    first = grade(folder, tmp_path / "first")
    time.sleep(20)
    first.kill()
    first.communicate()
    begun = {path.name for path in (tmp_path / "first" / "work" / "marked").glob("*.json")}
    again = grade(folder, tmp_path / "first")
    marks = json.loads(again.communicate()[0].splitlines()[-1])
    assert marks == expected
    for name in begun:
        assert (tmp_path / "first" / "work" / "marked" / name).exists()
    start, most = time.monotonic(), 0
    second = grade(folder, tmp_path / "second")
    while second.poll() is None:
        most = max(most, resident(second.pid))
        time.sleep(0.2)
    seconds = time.monotonic() - start
    print(
        f"\n30 submissions in {seconds:.0f} s on {os.cpu_count()} cores "
        f"({len(begun)} were done before the kill)"
    )
    print(f"at most {most / 1e6:.0f} MB resident, in all processes together")
    assert json.loads(second.stdout.read().splitlines()[-1]) == expected  # type: ignore[union-attr]
    seeds = {
        json.loads((tmp_path / d / "work" / "seed.json").read_text())["seed"]
        for d in ("first", "second")
    }
    assert len(seeds) == 2
    for name in ("marks.csv", "summary.md", "similarity.md"):
        one, other = ((tmp_path / d / name).read_bytes() for d in ("first", "second"))
        assert one == other, name
    if keep := os.environ.get("SCREENSHOTS"):
        for name in ("points.png", "questions.png"):
            (Path(keep) / name).write_bytes((tmp_path / "second" / name).read_bytes())


def resident(pid: int) -> int:
    try:
        root = psutil.Process(pid)
        processes = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0
    total = 0
    for one in processes:
        try:
            total += one.memory_info().rss
        except psutil.Error:
            continue
    return total
