"""Features made by several processes together: the bytes of one, whatever ends one of them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from feature_support import contents, folder, net

from c3d_teach.analysis.descriptors import feature_final
from c3d_teach.analysis.descriptors.feature_files import read_csv, read_features
from c3d_teach.analysis.descriptors.feature_store import Store
from c3d_teach.analysis.descriptors.feature_work import Work
from c3d_teach.analysis.descriptors.features import _check_alike, _own_part, extract
from c3d_teach.analysis.descriptors.folder_lock import locked
from c3d_teach.analysis.descriptors.shares import shares
from c3d_teach.errors import KitError, UsageError

pytestmark = pytest.mark.usefixtures("one_thread")

LENGTHS = {f"{'walk' if k % 3 else 'run'}/{k}.mp4": 16 + 7 * k % 45 for k in range(9)}
BAD = ("run/bad.mp4", "walk/empty.mp4")

# what c3d-teach features does, with a small net, and a rank that ends itself
RUN = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from feature_support import net
from c3d_teach.analysis.descriptors.features import extract
videos, out, rank, left = *sys.argv[2:4], *map(int, sys.argv[4:])
def die(video, reason):
    global left
    if int(os.environ.get("RANK", 0)) == rank:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), 9)
done = extract(net(), videos, out, clips=True, on_video=die, shared=True)
sys.stdout.write("#" + json.dumps(done.to_dict()) + "\\n")  # at once, for others print too
"""


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    root = folder(tmp_path_factory.mktemp("videos"), LENGTHS)
    (root / BAD[0]).write_text("no video")
    (root / BAD[1]).touch()
    return root


@pytest.fixture(scope="module")
def alone(videos, tmp_path_factory, one_thread):
    out = tmp_path_factory.mktemp("alone")
    extract(net(), videos, out, clips=True, progress=False)
    return out


def torchrun(processes, *arguments):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(processes), *map(str, arguments)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, env=environment, check=False
    )


def together(processes, videos, out, *, rank=-1, after=0):
    """A shared run in which ``rank`` is killed after so many videos."""
    script = out.parent / "run.py"
    script.write_text(RUN)
    return torchrun(processes, script, Path(__file__).parent, videos, out, rank, after)


def answers(run):
    assert run.returncode == 0, run.stderr
    return [json.loads(line[1:]) for line in run.stdout.splitlines() if line.startswith("#")]


def finished(out):
    """Names of the videos that stand whole in a journal."""
    lines = [
        json.loads(line)
        for journal in (out / ".work").rglob("journal.jsonl")
        for line in journal.read_bytes().splitlines(keepends=True)
        if line.endswith(b"\n")
    ]
    return {line["video"] for line in lines if "video" in line}


def test_shares_are_even_whole_and_always_the_same():
    jobs, sizes = [f"{k:02}" for k in range(40)], [(k * 37) % 101 for k in range(40)]
    for count in (1, 2, 3, 7):
        dealt = shares(jobs, sizes, count)
        assert dealt == shares(jobs, sizes, count) and len(dealt) == count
        assert sorted(job for mine in dealt for job in mine) == jobs
        assert all(mine == sorted(mine) for mine in dealt)
        loads = [sum(sizes[int(job)] for job in mine) for mine in dealt]
        assert max(loads) - min(loads) < max(sizes) / 5
    assert shares([], [], 2) == [[], []] and shares("a", [5], 3) == [["a"], [], []]
    assert [len(mine) for mine in shares("abcdef", [0, -1, 0, -1, 0, 0], 3)] == [2, 2, 2]


def test_three_processes_write_what_one_writes(videos, alone, tmp_path):
    out = tmp_path / "out"
    run = together(3, videos, out)
    said = answers(run)
    assert contents(out) == contents(alone)
    assert len(said) == 3 and said[0] | {"seconds": 0} == said[1] | {"seconds": 0}
    assert (said[0]["done"], said[0]["reused"]) == (len(LENGTHS), 0)
    assert said[0]["clips"] == sum((n - 16) // 8 + 1 for n in LENGTHS.values())
    assert [name for name, _ in said[0]["skipped"]] == list(BAD)
    assert [row["video"] for row in read_csv(out / "skipped.csv")] == list(BAD)
    for name in BAD:
        assert run.stderr.count(f"skipped {name}") == 1
    assert run.stderr.count(f"0/{len(LENGTHS) + len(BAD)} [00:00<?, ?video/s]") == 1  # one bar


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_one_process_then_three_of_which_one_is_killed_then_two(videos, alone, tmp_path):
    out = tmp_path / "out"

    def stops(video, reason):
        if len(finished(out)) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        extract(net(), videos, out, clips=True, progress=False, on_video=stops)
    before = ["clips.f32", "journal.jsonl", "rows.f32"]
    assert sorted(path.name for path in (out / ".work").iterdir()) == before
    first = finished(out)
    assert together(3, videos, out, rank=2, after=1).returncode != 0
    second = finished(out)
    assert (out / ".work/rank-2/journal.jsonl").exists()
    assert first < second and len(second) < len(LENGTHS)
    with pytest.raises(UsageError, match="not finished; the same"):
        read_features(out)
    one = tmp_path / "one"
    shutil.copytree(out, one)
    for said in (
        answers(together(2, videos, out))[0],
        extract(net(), videos, one, clips=True, progress=False).to_dict(),  # and by a single one
    ):
        assert (said["reused"], said["done"]) == (len(second), len(LENGTHS) - len(second))
    assert contents(out) == contents(alone) == contents(one)


def test_one_sentence_when_the_folder_cannot_be_used_and_code_0_with_bad_videos(videos, tmp_path):
    out = tmp_path / "out"
    command = ["-m", "c3d_teach", "features", videos / "run", "--net", "motion-d3", "--out", out]
    with locked(Path(shutil.copytree(videos / "run", out))):
        run = torchrun(2, *command)
        assert run.returncode == 1 and run.stderr.count("c3d-teach: ") == 1
        assert f"Another run (process {os.getpid()}) is working in" in run.stderr
        assert not (out / ".work").exists()
    run = torchrun(2, *command, "--json")
    (said,) = run.stdout.splitlines()
    assert run.returncode == 0 and json.loads(said)["skipped"][0][0] == "bad.mp4"
    assert len(read_features(out).videos) == 3


def test_a_process_that_has_outlived_its_run_is_not_disturbed(videos, tmp_path):
    settings = {"layer": "fc6", "dimension": 4, "clips": False, "net": {"fingerprint": "a"}}
    store = Store(tmp_path, settings, {"a"})
    with _own_part(tmp_path, settings, 1) as work:
        work.finish([1, 2, 3, 4], video="a", size=1, mtime=1, frames=16, fps=8.0, clips=1)
        store.close()  # the first is killed here
        with pytest.raises(KitError, match=f"process {os.getpid()}. is working in .*rank-1"):
            Store(tmp_path, settings, {"a"})
    store = Store(tmp_path, settings, {"a"})
    assert store.knows("a", 1, 1) and not store.knows("a", 1, 2)
    store.close()


def test_the_settings_of_every_journal_are_held(videos, tmp_path):
    work = Work(tmp_path, {"net": {"fingerprint": "a"}, "stride": 4}, 128, True, rank=3)
    work.open()
    work.close()
    with pytest.raises(KitError, match="made differently"):
        extract(net(), videos, tmp_path, clips=True, progress=False)


def test_processes_that_cannot_work_together_are_told(tmp_path):
    said = "Process 1 does not see .* on a disk that all machines"
    with pytest.raises(KitError, match=said), _own_part(tmp_path, {}, 1):
        pass
    _check_alike([{"batch_size": 8}] * 3)
    with pytest.raises(UsageError, match="Processes 0 and 1 .*: .* batch_size was 8, is 4"):
        _check_alike([{"batch_size": 8}, {"batch_size": 4}])


def test_a_run_that_was_stopped_while_it_tidied_up(alone, videos, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(alone, out)
    (out / ".work").mkdir()
    (out / ".work" / "commit").touch()  # all is in its place, and part of the work removed
    with pytest.raises(KitError, match="were being replaced"):
        read_features(out)
    feature_final.roll_forward(out)
    assert contents(out) == contents(alone) and not (out / ".work").exists()
