"""Points, statuses and words from outcomes; tables that are safe in a spreadsheet."""

import csv
import io
import json
from pathlib import Path

import pytest
from tiny_master import tiny_master

from c3d_teach.classroom.grading.assembling import Answers, solved
from c3d_teach.classroom.grading.by_hand import TABLE, blank_table, merged, page
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


def test_points_by_hand_are_merged_and_wrong_ones_refused(tiny, tmp_path):
    table = tmp_path / TABLE
    one = marks_of(tiny)
    assert merged([one], table) == [one]
    table.write_text(blank_table([one], tiny), encoding="utf-8")
    assert merged([one], table) == [one]
    for given in ("1,5", "1.5"):
        table.write_text(f'student;question;points;comment\n李娜;why;"{given}";=good\n', "utf-8")
        (done,) = merged([one], table)
        assert (done.points, done.questions[3].status) == (11.5, "marked")
        assert done.questions[3].feedback == ("=good",)
        again = blank_table([done], tiny)
        table.write_text(again, encoding="utf-8")
        assert merged([one], table) == [done]
    for bad in ("3", "-1", "many"):
        table.write_text(f"student,question,points\n李娜,why,{bad}\n", "utf-8")
        with pytest.raises(KitError, match="give a number from 0 to 2"):
            merged([one], table)
    table.write_bytes(b"student,question,points\ncaf\xe9,why,1\n")
    with pytest.raises(KitError, match="CSV UTF-8"):
        merged([one], table)
    table.write_text("name\n", "utf-8")
    with pytest.raises(KitError, match="has no column points, question, student"):
        merged([one], table)


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
    text = (out / "summary.md").read_text(encoding="utf-8")
    assert "count as 0 until then: 1." in text
    assert "mean 5.0, median 5" in text and "\\<b>ben: No notebook was handed in." in text
    assert (out / "points.png").stat().st_size > 3000 < (out / "questions.png").stat().st_size
    assert "without isolation" in summary(tiny, [none], isolated=False)


def test_texts_for_the_teacher_cannot_leave_their_block(tiny):
    answers = Answers({"why": "# Head\n```\n<script>alert(1)</script>"})
    text = page(tiny, {"<b>": answers}, {"<b>": Path("in/<b>.ipynb")})
    assert "in in/\\<b\\>.ipynb" in text
    assert "    <script>" in text and "\n<script>" not in text and "### \\<b\\>" in text
    assert "Because of addition." in text  # the marking scheme


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
