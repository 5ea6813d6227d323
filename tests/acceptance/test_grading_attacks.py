"""Hostile answers: none gains a point, none touches anything, and the others' marks stand."""

import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import nbformat
import psutil
import pytest
from handed_in import ROOT, hand_in, notebook, own_cell
from tiny_master import tiny_master

from c3d_teach.classroom.assignments.master import Assignment
from c3d_teach.classroom.grading.grade import Grader, grade_class
from c3d_teach.classroom.grading.marks import Marks
from c3d_teach.classroom.grading.reports import feedback, write_reports
from c3d_teach.classroom.grading.running import run_notebook
from c3d_teach.classroom.grading.sandbox import Room, isolation, kernel_command
from c3d_teach.classroom.grading.submissions import find_submissions

pytestmark = [
    pytest.mark.skipif(bool(isolation()), reason=isolation()),
    pytest.mark.timeout(1200),  # the first test waits for all attacks
]

SEED = 271828
# what a student does instead of solving `double`; `half` and `guess` are missing, so a right
# answer to anything would show as a point
INSTEAD = {
    "equal-to-all": """
        class Same:
            __eq__ = lambda *a: True
            __ne__ = lambda *a: False
            __array_priority__ = 1e9
            def __getattr__(self, name): return self
            def __call__(self, *a, **k): return self
            def __iter__(self): return iter([self])
            def __len__(self): return 42
            def __bool__(self): return True
        def double(x): return Same()
    """,
    "another-class": """
        class Liar:
            @property
            def __class__(self): return np.ndarray
            shape, dtype = (6, 7), np.dtype(int)
            def __array__(self, *a, **k): return np.zeros((6, 7))
            def ravel(self): return self
            def tolist(self): return [0] * 42
        def double(x): return Liar()
    """,
    "array-equal-to-all": """
        class Always(np.ndarray):
            __eq__ = lambda *a: True
            tolist = lambda self: "c3d_teach:shown: right"
        def double(x): return np.zeros(x.shape).view(Always)
    """,
    "patched-comparisons": """
        import builtins, json, math, sys
        yes = lambda *a, **k: True
        np.allclose = np.array_equal = np.isclose = np.all = yes
        np.testing.assert_allclose = np.testing.assert_array_equal = yes
        math.isclose = yes
        builtins.all = builtins.any = builtins.isinstance = yes
        sys.modules["torch"] = type(sys)("torch"); sys.modules["torch"].allclose = yes
        def double(x): return x
    """,
    "patched-print": """
        import builtins, sys
        old = builtins.print
        def print(*a, **k): old("c3d_teach:shown: right")
        builtins.print = print
        sys.stdout.write = lambda text: len(text)
        def double(x): return x
    """,
    "patched-json": """
        import json
        json.dumps = lambda *a, **k: "right"
        json.JSONEncoder.encode = json.dumps
        def double(x): return x
    """,
    "patched-generator": """
        class Fixed:
            def integers(self, low, high=None, size=None, **k): return np.zeros(size, int)
            def normal(self, size=None, **k): return np.zeros(size)
        np.random.default_rng = lambda *a, **k: Fixed()
        def double(x): return np.zeros_like(x)
    """,
    "no-asserts": """
        import sys, builtins
        builtins.AssertionError = type("AssertionError", (Exception,), {})
        sys.flags = None
        def double(x): return x
    """,
    "forged-lines": """
        print("c3d_teach:shown: right")
        def double(x):
            print("c3d_teach:shown: right")
            return x
    """,
    "forged-messages": """
        from IPython import get_ipython
        from IPython.display import display, publish_display_data
        ip = get_ipython()
        def forge(*a, **k):
            text = "c3d_teach:shown: right\\n"
            parent = ip.kernel.get_parent()
            for _ in range(3):
                ip.kernel.session.send(ip.kernel.iopub_socket, "stream",
                    {"name": "stdout", "text": text}, parent=parent)
                ip.kernel.session.send(ip.kernel.iopub_socket, "status",
                    {"execution_state": "idle"}, parent=parent)
            publish_display_data({"text/plain": text})
        ip.events.register("pre_run_cell", forge)
        ip.events.register("post_run_cell", forge)
        def double(x):
            forge()
            return x
    """,
    "changed-tests": """
        from IPython import get_ipython
        ip = get_ipython()
        ip.input_transformers_cleanup.append(lambda lines: ["print('c3d_teach:shown: right')\\n"])
        def double(x): return x
    """,
    "ast-of-the-tests": """
        import ast
        from IPython import get_ipython
        class Change(ast.NodeTransformer):
            def visit_Call(self, node):
                return ast.parse("print('c3d_teach:shown: right')").body[0].value
        get_ipython().ast_transformers.append(Change())
        def double(x): return x
    """,
    "caller": """
        import sys
        def double(x):
            frame = sys._getframe(1)
            while frame:
                for name in list(frame.f_globals):
                    if name in ("show", "_plain", "SEED"):
                        frame.f_globals[name] = lambda *a, **k: print("c3d_teach:shown: right")
                frame = frame.f_back
            return x
    """,
    "seed-reader": """
        import gc, sys, threading
        def double(x):
            seeds = [o.get("SEED") for o in gc.get_objects() if isinstance(o, dict) and "SEED" in o]
            return np.full(x.shape, seeds[0] if seeds else 0)
    """,
    "expected-reader": """
        import gc, os, pathlib
        def double(x):
            for o in gc.get_objects():
                if isinstance(o, dict) and "expected" in o:
                    return np.array(o["expected"][0]["values"]).reshape(x.shape)
            for path in pathlib.Path("/").rglob("*.ipynb"):
                return eval(path.read_text())
            return x
    """,
    "shadowed-names": """
        print = len = sum = np = SEED = 0
        def double(x): return x
    """,
    "sys-exit": "import sys\nsys.exit(0)",
    "quit": "quit()",
    "os-exit": "import os\nos._exit(0)",
    "exit-in-the-function": "import os\ndef double(x): os._exit(0)",
    "kill-everything": "import os\nos.kill(-1, 9)",
    "kill-the-parent": "import os, signal\nos.kill(os.getppid(), 9)\nos.kill(1, 9)",
    "segfault": "import ctypes\nctypes.string_at(0)",
    "fork-bomb": "import os\nwhile True: os.fork()",
    "thread-bomb": """
        import subprocess, sys
        held = [subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
                for _ in range(500)]
    """,
    "memory-bomb": "held = []\nwhile True: held.append(b'1' * (64 << 20))",
    "memory-in-many": """
        import os, time
        for _ in range(10):
            if not os.fork():
                held = b"1" * (200 << 20)
                time.sleep(30)
        time.sleep(30)
    """,
    "memory-in-files": """
        for folder in ("/tmp", "/dev/shm", "/dev", "/"):
            try:
                for k in range(1000):
                    with open(f"{folder}/big{k}", "wb") as file: file.write(b"1" * (10 << 20))
            except OSError as error: pass
    """,
    "print-flood": "while True: print('x' * 1000)",
    "one-long-line": "print('x' * (100 << 20))",
    "display-flood": """
        from IPython.display import display
        while True: display({"text/plain": "x" * 10000}, raw=True)
    """,
    "loop": "while True: pass",
    "stubborn-loop": """
        import signal
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while True:
            try:
                while True: pass
            except BaseException: pass
    """,
    "asks": "input('the answer? ')",
    "zombie-daemon": """
        import os, time
        if not os.fork():
            os.setsid()
            if not os.fork():
                while True: time.sleep(1)
    """,
    "full-sockets": """
        import pathlib, sys
        folder = pathlib.Path(sys.argv[-1]).parent
        for k in range(1000):
            (folder / f"x{k}").write_bytes(b"1" * (1 << 20))
    """,
    "links-among-sockets": """
        import os, pathlib, sys
        folder = pathlib.Path(sys.argv[-1]).parent
        for name in list(os.listdir(folder)):
            os.unlink(folder / name)
            os.symlink("/etc/passwd", folder / name)
    """,
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Assignment:
    return tiny_master(tmp_path_factory.mktemp("master"))


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("graded")


@pytest.fixture(scope="module")
def grader(tiny: Assignment, out: Path) -> Grader:
    return Grader(tiny, out / "work", seed=SEED)


def digest_of(folder: Path) -> str:
    """Of every file below it: names, sizes, times."""
    lines = []
    for where, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if f not in (".git", "__pycache__", ".pytest_cache")]
        for name in names:
            about = (Path(where) / name).lstat()
            lines.append(f"{where}/{name} {about.st_size} {about.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


@pytest.fixture(scope="module")
def attacked(tiny: Assignment, grader: Grader, tmp_path_factory) -> Iterator[dict[str, Marks]]:
    """All of them graded together, with two honest students among them."""
    folder = tmp_path_factory.mktemp("handed-in")
    for name, code in INSTEAD.items():
        hand_in(folder, name, notebook(tiny, {"double": dedent(code).strip()}))
    hand_in(folder, "honest-1", notebook(tiny, solved=True))
    hand_in(folder, "zz-honest-2", notebook(tiny, solved=True))
    before = digest_of(ROOT / "c3d_teach"), digest_of(folder), digest_of(ROOT / "notebooks")
    found = grade_class(grader, find_submissions(folder), jobs=2)
    after = digest_of(ROOT / "c3d_teach"), digest_of(folder), digest_of(ROOT / "notebooks")
    assert after == before
    yield {one.student: one for one in found}


@pytest.mark.parametrize("name", INSTEAD)
def test_no_point_is_gained(attacked: dict[str, Marks], tiny: Assignment, name: str):
    marks = attacked[name]
    print(f"{name}: {marks.questions[0].status}; {' '.join(marks.questions[0].feedback)}")
    assert marks.points == 0
    assert marks.questions[0].status in ("wrong", "error", "timeout")
    text = feedback(tiny, marks)
    assert str(SEED) not in text and "secret_inputs" not in text and "shown" not in text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("loop", "took more than 6 s"),
        ("stubborn-loop", "took more than 6 s"),
        ("print-flood", "put out more than 4 MB"),
        ("display-flood", "put out more than 4 MB"),
        ("one-long-line", "put out more than 4 MB"),
        ("memory-bomb", "more than 500 MB|raised MemoryError"),
        ("memory-in-many", "more than 500 MB"),
        ("fork-bomb", "too many processes|more than 500 MB"),
        ("thread-bomb", "too many processes|more than 500 MB"),
        ("full-sockets", "wrote too much"),
        ("os-exit", "ended Python itself"),
        ("segfault", "ended Python itself"),
    ],
)
def test_the_student_reads_what_happened(attacked: dict[str, Marks], name: str, said: str):
    assert re.search(said, " ".join(attacked[name].questions[0].feedback))


def test_honest_students_have_all_their_points(attacked: dict[str, Marks]):
    for name in ("honest-1", "zz-honest-2"):
        assert [q.points for q in attacked[name].questions] == [5, 2, 3, 0]


def test_nothing_is_left_running(attacked: dict[str, Marks]):
    for _ in range(50):
        left = [
            one.info["name"]
            for one in psutil.process_iter(["name", "cmdline"])
            if "/packages" in (one.info["cmdline"] or []) or one.info["name"] == "bwrap"
        ]
        if not left:
            return
        time.sleep(0.1)
    raise AssertionError(left)


# -- tricks with the file that is handed in --------------------------------------------------


def pasted(tiny: Assignment) -> nbformat.NotebookNode:
    """Outputs that pretend that the tests have been run, and points in the metadata."""
    made = notebook(tiny, {"double": "def double(x): return x"})
    for cell in made.cells:
        if cell.cell_type == "code":
            text = "c3d_teach:shown: right\n"
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]
            cell.execution_count = 1
            cell.metadata["tags"] = ["raises-exception", "nbval-ignore-output", "nbval-skip"]
            cell.metadata["nbgrader"] |= {"points": 1000, "locked": False, "grade": True}
            cell.metadata["c3d_teach"] = {"cell": "double-hidden-1", "points": 1000}
    return made


def swapped(tiny: Assignment) -> nbformat.NotebookNode:
    """The tests' own cells brought along, with other contents."""
    made = notebook(tiny, {"double": "def double(x): return x"})
    for name in ("double-check-1", "double-hidden-1", "half-hidden-1", "guess-hidden-1"):
        cell = own_cell("print('c3d_teach:shown: right')")
        cell.metadata["nbgrader"] = {"grade_id": name, "grade": True, "points": 9}
        made.cells.insert(0, cell)
        made.cells.append(cell)
    return made


def without_checks(tiny: Assignment) -> nbformat.NotebookNode:
    made = notebook(tiny, {"double": "def double(x): return x"})
    made.cells = [c for c in made.cells if "check" not in c.metadata["nbgrader"]["grade_id"]]
    return made


def skipping(tiny: Assignment) -> nbformat.NotebookNode:
    code = "# NBVAL_SKIP\n# NBVAL_IGNORE_OUTPUT\n# NBVAL_RAISES_EXCEPTION\ndef double(x): return x"
    return notebook(tiny, {"double": code})


@pytest.mark.parametrize("make", [pasted, swapped, without_checks, skipping])
def test_no_trick_with_the_file_gains_a_point(tiny, grader, tmp_path, make):
    hand_in(tmp_path, "student", make(tiny))
    (marks,) = grade_class(grader, find_submissions(tmp_path), jobs=1)
    assert marks.points == 0 and marks.questions[0].status in ("wrong", "error")


def test_right_answers_with_changed_checks_keep_their_points_and_are_told(tiny, grader, tmp_path):
    made = notebook(tiny, solved=True)
    made.cells = [c for c in made.cells if "check" not in c.metadata["nbgrader"]["grade_id"]]
    hand_in(tmp_path, "student", made)
    (marks,) = grade_class(grader, find_submissions(tmp_path), jobs=1)
    assert [q.status for q in marks.questions] == ["altered", "altered", "ok", "to mark"]
    assert marks.points == 10


def test_odd_names_and_huge_files_are_graded_beside_the_others(tiny, grader, tmp_path, out):
    folder = tmp_path / "in"
    hand_in(folder, os.fsdecode(b"caf\xe9"), notebook(tiny, solved=True))
    hand_in(folder, "=cmd|' !A0", notebook(tiny, solved=True))
    huge = hand_in(folder, "huge", notebook(tiny))
    with huge.open("ab") as file:
        file.truncate(200_000_000)
    (folder / "link.ipynb").symlink_to(ROOT / "README.md")
    marks = {m.student: m for m in grade_class(grader, find_submissions(folder), jobs=2)}
    assert {name: one.points for name, one in marks.items()} == {
        "caf\\udce9": 10,
        "=cmd|' !A0": 10,
        "huge": 0,
        "link": 0,
    }
    assert "has 200 MB" in marks["huge"].note and "is a link" in marks["link"].note
    write_reports(out / "reports", tiny, list(marks.values()), isolated=True)
    assert len(list((out / "reports" / "feedback").iterdir())) == 4


def test_labels_cannot_be_made_with_the_seed_of_the_tests(
    tiny: Assignment, grader: Grader, tmp_path
):
    """Masters can be read by anybody who finds the kit: a secret needs more than a secret text."""
    code = """
        import sys
        def guess(pictures):
            frame = sys._getframe()
            while "SEED" not in frame.f_globals:
                frame = frame.f_back
            return np.random.default_rng(frame.f_globals["SEED"] + 2).integers(0, 10, 50)
    """
    hand_in(tmp_path, "reader", notebook(tiny, {"guess": dedent(code).strip()}))
    (marks,) = grade_class(grader, find_submissions(tmp_path), jobs=1)
    guess = next(one for one in marks.questions if one.name == "guess")
    assert (guess.points, guess.status) == (0, "wrong"), guess


# -- what can be seen from inside ------------------------------------------------------------

SPY = """
import glob, json, os, pathlib, socket, sys

def tried(what):
    try:
        return what()
    except BaseException as error:
        return type(error).__name__

def connect():
    socket.create_connection(("127.0.0.1", {port}), timeout=2)
    return "connected"

def outside():
    socket.create_connection(("1.1.1.1", 53), timeout=2)
    return "connected"

def writable():
    done = []
    for folder in ["/", "/usr", "/etc", "/dev", "/given", "/packages", "/packages/numpy", {root!r},
                   os.path.dirname(os.__file__), "/proc", "/sys", "/root", "/home", "/var"]:
        try:
            pathlib.Path(folder, "mine").write_text("x")
            done.append(folder)
        except OSError:
            pass
    return done

def files(*marks):
    found = []
    for start in os.listdir("/"):
        if start in ("proc", "sys", "dev", "usr", "lib", "lib64", "bin", "sbin"):
            continue
        for where, _, names in os.walk("/" + start):
            for name in names:
                path = os.path.join(where, name)
                if any(mark in path for mark in marks):
                    found.append(path)
    return found

facts = {{
    "loopback": tried(connect),
    "network": tried(outside),
    "interfaces": [name for _, name in socket.if_nameindex()],
    "writable": writable(),
    "environment": sorted(os.environ),
    "processes": len([n for n in os.listdir("/proc") if n.isdigit()]),
    "commands": [open(p, errors="replace").read() for p in glob.glob("/proc/[0-9]*/cmdline")],
    "notebooks": files(".ipynb", "t1_tiny", "handed-in", "right-", "seed.json", "classroom"),
    "repository": os.path.exists({root!r}),
    "torch": tried(lambda: __import__("torch").__name__),
    "scipy": tried(lambda: __import__("scipy").__name__),
    "given": os.listdir("/given"),
    "home": os.listdir("/tmp"),
    "ptrace": tried(lambda: open("/proc/1/mem", "rb").read(1)),
    "mounts": tried(lambda: os.system("mount -t tmpfs x /usr") and "refused"),
    "remounts": tried(lambda: os.system("mount -o remount,rw,bind /usr") and "refused"),
    "namespaces": tried(lambda: os.system("unshare -U true") and "refused"),
    "capabilities": [line.split()[1] for line in open("/proc/self/status") if "Cap" in line],
}}
print("\\nc3d_teach:shown:" + json.dumps(facts))
"""


@pytest.fixture(scope="module")
def seen(tiny: Assignment, grader: Grader) -> dict:
    """What code in the sandbox finds out, with a server outside that waits to be reached."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        code = SPY.format(port=server.getsockname()[1], root=str(ROOT))
        cell = nbformat.v4.new_code_cell(code, metadata={"c3d_teach": {"cell": "spy"}})

        def command(sockets: Path) -> list[str]:
            return kernel_command(Room(tiny.packages, grader.given, sockets, tiny.without))

        (found,) = run_notebook(
            lambda ended: nbformat.v4.new_notebook(cells=[cell]), command, seconds=60, memory=500
        )
    assert found.outcome == "ok", found
    return found.shown[0]


def test_there_is_no_network(seen: dict):
    assert seen["loopback"] != "connected" != seen["network"]
    assert seen["interfaces"] == ["lo"]


def test_nothing_can_be_written_but_in_a_folder_that_ends_with_it(seen: dict):
    assert seen["writable"] == []
    assert seen["mounts"] == seen["remounts"] == "refused"
    assert set(seen["capabilities"]) == {"0000000000000000"}


def test_neither_master_nor_submissions_nor_the_kit_are_there(seen: dict):
    assert seen["notebooks"] == [] and not seen["repository"]
    assert seen["given"] == ["pictures.npy"]


def test_only_the_packages_of_the_task_can_be_imported(seen: dict):
    assert seen["torch"] == seen["scipy"] == "ModuleNotFoundError"


def test_environment_and_processes_tell_nothing(seen: dict):
    assert seen["processes"] <= 3
    told = json.dumps([seen["environment"], seen["commands"], seen["home"]])
    for word in ("C3D_TEACH", "outcomes", "pytest", str(SEED), "TOKEN", "SECRET", "HOSTNAME"):
        assert word not in told
    assert set(seen["environment"]) <= {
        *("PATH", "HOME", "USER", "LANG", "PWD", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"),
        *("PYTHONSAFEPATH", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MPLBACKEND"),
        *("CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "GIT_PAGER", "PAGER", "TERM"),
        *("PYDEVD_USE_FRAME_EVAL", "OLDPWD", "SHLVL", "_"),
    }
