"""Points, statuses and words from outcomes; tables that are safe in a spreadsheet."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_master import tiny_master

from c3d_teach.classroom.grading.assembling import Answers, solved
from c3d_teach.classroom.grading.by_hand import (
    TABLE,
    Merged,
    fingerprint,
    merge,
    read_table,
    table,
)
from c3d_teach.classroom.grading.by_hand_page import page
from c3d_teach.classroom.grading.marks import Marks, mark, nothing
from c3d_teach.classroom.grading.outcome import Outcome
from c3d_teach.classroom.grading.reports import feedback, summary, write_reports
from c3d_teach.classroom.grading.shown import MARK, agree, share, shown_in
from c3d_teach.classroom.grading.similarity import similar_pairs, similarity_report
from c3d_teach.classroom.grading.tables import as_csv, unguarded
from c3d_teach.errors import KitError


@pytest.fixture
def tiny(tmp_path):
    return tiny_master(tmp_path)


def outcomes(**changes: Outcome) -> list[Outcome]:
    right = {
        "double": Outcome("double", "ok"),
        "double-hidden-1": Outcome("double-hidden-1", "ok", points=4),
        "double-hidden-2": Outcome("double-hidden-2", "ok", points=1),
        "half": Outcome("half", "ok"),
        "half-hidden-1": Outcome("half-hidden-1", "ok", points=2),
        "guess-hidden-1": Outcome("guess-hidden-1", "ok", points=3),
    }
    return list((right | {k.replace("_", "-"): v for k, v in changes.items()}).values())


def test_right_answers_have_all_points_but_the_teachers(tiny):
    questions = mark(tiny, solved(tiny), outcomes())
    assert [(q.name, q.points, q.status) for q in questions] == [
        ("double", 5, "ok"),
        ("half", 2, "ok"),
        ("guess", 3, "ok"),
        ("why", 0, "to mark"),
    ]


@pytest.mark.parametrize(
    ("kind", "error", "status", "said"),
    [
        ("differs", "", "wrong", "not the result that was asked for (0 of 4)"),
        ("error", "IndexError", "error", "it raised IndexError (0 of 4)"),
        ("timeout", "", "timeout", "it took more than 6 s and was ended"),
        ("dead", "", "error", "ended Python itself"),
        ("flood", "", "error", "put out more than 4 MB"),
        ("memory", "", "error", "more than 500 MB of memory"),
        ("processes", "", "error", "too many processes"),
        ("files", "", "error", "wrote too much"),
        ("untried", "", "error", "was not tried, for a test before it was ended"),
    ],
)
def test_what_became_of_a_test_is_said(tiny, kind: str, error: str, status: str, said: str):
    found = outcomes(double_hidden_1=Outcome("double-hidden-1", kind, error))
    question = mark(tiny, solved(tiny), found)[0]
    assert (question.points, question.status) == (1, status)
    assert said in question.feedback[0] and "Fractions: right (1 of 1)." in question.feedback


def test_changed_checks_are_told_and_cost_nothing(tiny):
    answers = Answers(solved(tiny).cells, altered=frozenset({"double"}))
    question = mark(tiny, answers, outcomes())[0]
    assert (question.points, question.status) == (5, "altered")
    wrong = outcomes(double_hidden_1=Outcome("double-hidden-1", "differs"))
    assert mark(tiny, answers, wrong)[0].status == "wrong"


def test_numbers_agree_up_to_rounding_and_nothing_pretends_to():
    assert agree({"shape": [2], "values": [1.0, 2.0]}, {"shape": [2], "values": [1.0000001, 2]})
    assert not agree({"shape": [1, 2], "values": [1, 2]}, {"shape": [2], "values": [1, 2]})
    assert not agree([1, 2.001], [1, 2]) and not agree([1], [1, 2]) and not agree(None, 0)
    assert not agree(float("nan"), 1.0) and not agree({"kind": "Liar"}, 1) and not agree("1", 1)
    assert not agree(10**400, 1.5) and agree(10**400, 10**400)
    assert share({"shape": [4], "values": [1, 2, 3, 9]}, [1, 2, 3, 4]) == 0.75
    assert share([1, 2], [1, 2, 3]) == 0 and share({"kind": "Liar"}, [1]) == 0
    assert shown_in(f"noise\n{MARK}[1]\nmore\n{MARK}2\n") == [[1], 2]
    assert shown_in(f"{MARK}{'[' * 100_000}") is None and shown_in("no") == []


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\t=1", "'=1", "＝1", "李,娜", 'a"b', "a\nb"]
)
def test_a_spreadsheet_sees_no_formula_and_nothing_is_lost(text: str):
    written = as_csv([[text, 1.5]])
    assert written[0] == "\ufeff"
    (row,) = csv.reader(io.StringIO(written[1:], newline=""))
    assert row[0][0] not in "=+-@\t＝" and unguarded(row[0]) == text and row[1] == "1.5"


def marks_of(tiny, **changes: Outcome) -> Marks:
    return Marks("李娜", "t1.ipynb", mark(tiny, solved(tiny), outcomes(**changes)))


WHY = "Because of addition."


def by_hand(tiny, tmp_path, text: str, *, why: str = WHY) -> Merged:
    """What becomes of a class of one when this table is there; ``{answer}`` is its answer's."""
    answers = {"李娜": Answers({"why": why})}
    path = tmp_path / TABLE
    path.write_text(text.replace("{answer}", fingerprint(Answers({"why": WHY}), "why")), "utf-8")
    wrong = marks_of(tiny, double_hidden_1=Outcome("double-hidden-1", "differs"))
    return merge(tiny, [wrong], answers, read_table(path))


HEAD = "student,question,points,of,comment,answer\n"


def test_a_table_without_points_waits_for_them(tiny, tmp_path):
    first = by_hand(tiny, tmp_path, HEAD)
    assert first.marks[0].questions[3].status == "to mark" and not first.remarks
    assert [(row.question, row.points, row.of) for row in first.rows] == [("why", "", "2")]
    again = by_hand(tiny, tmp_path, table(first.rows))
    assert [replace(row, line=0) for row in again.rows] == first.rows
    noted = by_hand(tiny, tmp_path, HEAD + "李娜,why,,2,read this again,\n")
    assert noted.rows[0].comment == "read this again"


@pytest.mark.parametrize("given", ["1,5", "1.5"])
def test_points_by_hand_are_merged_and_written_again(tiny, tmp_path, given: str):
    text = f'student;question;points;comment\n李娜;why;"{given}";=good\n'
    done = by_hand(tiny, tmp_path, text)
    assert (done.marks[0].points, done.marks[0].questions[3].status) == (7.5, "marked")
    assert done.marks[0].questions[3].feedback == ("=good",) and not done.remarks
    assert by_hand(tiny, tmp_path, table(done.rows)).marks == done.marks


def test_points_by_hand_take_the_place_of_those_of_the_tests(tiny, tmp_path):
    done = by_hand(tiny, tmp_path, HEAD + "李娜,double,3,,right idea,\n")
    question = done.marks[0].questions[0]
    assert (question.points, question.status) == (3, "marked")
    assert "not the result" in question.feedback[0] and question.feedback[-1] == "right idea"
    assert [row.question for row in done.rows] == ["double", "why"]
    assert by_hand(tiny, tmp_path, table(done.rows)).marks == done.marks


def test_points_do_not_outlive_a_changed_answer_and_are_not_lost(tiny, tmp_path):
    text = HEAD + "李娜,why,2,2,well said,{answer}\n"
    assert by_hand(tiny, tmp_path, text).marks[0].questions[3].points == 2
    changed = by_hand(tiny, tmp_path, text, why="No idea.")
    assert changed.marks[0].questions[3].status == "to mark"
    assert "line 2: why of 李娜 was changed since it was marked" in changed.remarks[0]
    (row,) = changed.rows
    assert (row.points, row.comment) == ("", "Before it was changed: 2 points. well said")
    again = by_hand(tiny, tmp_path, table([replace(row, points="1")]), why="No idea.")
    assert again.marks[0].questions[3].points == 1 and not again.remarks


def test_rows_that_fit_nobody_are_named_and_kept(tiny, tmp_path):
    text = HEAD + "Li Na,why,2,2,well said,\n李娜,whi,1,,,\n李娜,guess,,,,\n"
    done = by_hand(tiny, tmp_path, text)
    assert done.remarks == [
        "by_hand.csv, line 2: why of Li Na: there is no such student; the row is kept and not "
        "counted.",
        "by_hand.csv, line 3: whi of 李娜: there is no question whi; the row is kept and not "
        "counted.",
    ]
    assert [(row.student, row.question) for row in done.rows] == [
        ("李娜", "why"),
        ("Li Na", "why"),
        ("李娜", "whi"),
    ]


@pytest.mark.parametrize("bad", ["3", "-1", "many", "nan"])
def test_points_that_cannot_be_are_refused_with_their_place(tiny, tmp_path, bad: str):
    with pytest.raises(KitError, match=f"line 2: why of 李娜 has '{bad}' points; .* from 0 to 2"):
        by_hand(tiny, tmp_path, f"student,question,points\n李娜,why,{bad}\n")


def test_tables_that_cannot_be_read_are_told(tiny, tmp_path):
    path = tmp_path / TABLE
    path.write_bytes(b"student,question,points\ncaf\xe9,why,1\n")
    with pytest.raises(KitError, match="CSV UTF-8"):
        read_table(path)
    path.write_text("name\n", "utf-8")
    with pytest.raises(KitError, match="has no column points, question, student"):
        read_table(path)
    with pytest.raises(KitError, match="why of 李娜 twice, in lines 2 and 3: keep one"):
        by_hand(tiny, tmp_path, "student,question,points\n李娜,why,1\n李娜,why,2\n")


def test_no_feedback_holds_a_test_or_an_expected_value(tiny):
    for kind in ("differs", "error", "timeout", "dead"):
        text = feedback(tiny, marks_of(tiny, double_hidden_1=Outcome("double-hidden-1", kind, "X")))
        for cell in tiny.cells:
            if cell.role in ("hidden", "secret") or cell.role == "solution":
                lines = [line.strip() for line in cell.source.splitlines()]
                assert not [line for line in lines if len(line) > 12 and line in text]
        assert "SEED" not in text and "show" not in text


def test_all_files_are_written_and_stale_feedback_goes(tiny, tmp_path):
    out = tmp_path / "out"
    (out / "feedback").mkdir(parents=True)
    (out / "feedback" / "gone.md").write_text("old")
    why = "No notebook was handed in."
    none = Marks("<b>ben", "", nothing(tiny, why), why)
    write_reports(out, tiny, [marks_of(tiny), none], isolated=True)
    assert sorted(p.name for p in (out / "feedback").iterdir()) == ["_b_ben.md", "李娜.md"]
    found = json.loads((out / "marks.json").read_text(encoding="utf-8"))
    assert [one["points"] for one in found["marks"]] == [10, 0] and found["isolated"]
    rows = list(csv.DictReader((out / "marks.csv").open(encoding="utf-8-sig", newline="")))
    assert rows[0]["student"] == "李娜" and rows[1]["double status"] == "missing"
    assert (rows[0]["why"], rows[1]["why"]) == ("", "0.0")  # what waits has no points yet
    text = (out / "summary.md").read_text(encoding="utf-8")
    assert "count as 0 until then: 1." in text
    assert "mean 5.0, median 5" in text and "\\<b>ben: No notebook was handed in." in text
    assert (out / "points.png").stat().st_size > 3000 < (out / "questions.png").stat().st_size
    assert "without isolation" in summary(tiny, [none], isolated=False)


def test_texts_for_the_teacher_cannot_leave_their_block(tiny):
    answers = Answers({"why": "# Head\n```\n<script>alert(1)</script>"})
    text = page(tiny, {"<b>": answers}, {"<b>": Path("in/<b>.ipynb")})
    assert "/in/\\<b\\>.ipynb" in text
    assert "    <script>" in text and "\n<script>" not in text and "### \\<b\\>" in text
    assert "Because of addition." in text and "SOLUTION" not in text  # the marking scheme
    assert "Why is twice as much more?" in text and "Your answer here" not in text


CODE = """
def double(numbers):
    result = []
    for number in numbers:
        if number > 0 or number < 0:
            result.append(number + number)
        else:
            result.append(0)
    return np.array(result).reshape(numbers.shape)
"""


def test_copies_are_found_under_other_names_and_what_was_handed_out_is_not(tiny):
    copied = (
        CODE.replace("result", "out")
        .replace("number", "x")
        .replace("    for", "    # mine\n    for")
    )
    own = "def double(x):\n    " + "\n    ".join(f"a{k} = [{k}] * {k} + [x]" for k in range(20))
    found = {
        "ada": Answers({"double": CODE}),
        "ben": Answers({"double": copied}),
        "cem": Answers({"double": own}),
        "dan": Answers({"double": tiny.cell("double").stub}),
    }
    pairs = {pair.students: pair.share for pair in similar_pairs(tiny, found)}
    assert pairs["ada", "ben"] > 0.9 and pairs["ada", "cem"] < 0.3
    assert not [names for names in pairs if "dan" in names]
    text = similarity_report(tiny, found)
    assert "| ada |" in text and "cem" not in text
