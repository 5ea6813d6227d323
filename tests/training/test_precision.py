"""Whether reduced precision is right is found out in a child process, whatever it does."""

from typing import Any

import pytest

from c3d_teach.errors import UsageError
from c3d_teach.training import precision
from c3d_teach.training.precision import GradientCheck, Tried, gradient_check

SHAPES = ((2, 3), (4, 5))


def test_float32_is_right_on_every_machine() -> None:
    found = gradient_check("float32", device="cpu")
    assert found.agrees and not found.crashed
    assert len(found.tried) == len(precision.SHAPES)
    assert all(one.error is not None and one.error < 1e-5 for one in found.tried)
    assert found.sentence == (
        f"The float32 weight gradients of Conv3d on this CPU are right for all {len(found.tried)} "
        "shapes tried."
    )


def test_bf16_is_answered_on_every_machine() -> None:
    found = gradient_check("bfloat16", device="cpu")
    assert [(one.length, one.depth) for one in found.tried] == list(precision.SHAPES)
    # right or wrong hangs on the processor; l = 1, and clips as long as kernels, were never wrong
    safe = [one for one in found.tried if not 2 <= one.length < one.depth]
    assert safe and (found.crashed or all(one.right for one in safe))
    assert found.agrees == found.sentence.endswith("shapes tried.")


def child_that(monkeypatch: pytest.MonkeyPatch, does: str) -> None:
    """Let the child process run ``does`` in place of the check."""
    run = precision.subprocess.run

    def start(command: list[str], **options: Any) -> Any:
        return run([command[0], "-c", does], **options)

    monkeypatch.setattr(precision.subprocess, "run", start)


def test_a_child_that_dies_at_once_is_blamed_on_the_shape_under_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    child_that(monkeypatch, "import os; os.abort()")
    found = gradient_check("bfloat16", device="cpu", shapes=SHAPES)
    assert found.crashed and not found.agrees
    assert found.tried == (Tried(2, 3, None, False), Tried(4, 5, None, False))
    assert "WRONG for 2 of 2 shapes (l=2 d=3, l=4 d=5)" in found.sentence
    assert "brought down" in found.sentence


def test_what_a_child_said_before_it_died_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    child_that(monkeypatch, "import os; print(0.001, flush=True); os.abort()")
    found = gradient_check("bfloat16", device="cpu", shapes=SHAPES)
    assert found.crashed
    assert found.tried == (Tried(2, 3, 0.001, True), Tried(4, 5, None, False))


def test_a_child_that_dies_when_all_is_said_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    child_that(monkeypatch, "import os; print('0.001\\n0.001', flush=True); os.abort()")
    found = gradient_check("bfloat16", device="cpu", shapes=SHAPES)
    assert found.crashed and not found.agrees
    assert all(one.right for one in found.tried)


def test_a_child_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    child_that(monkeypatch, "import time; time.sleep(60)")
    found = gradient_check("bfloat16", device="cpu", shapes=SHAPES[:1], patience=0.5)
    assert found.crashed and found.tried == (Tried(2, 3, None, False),)


@pytest.mark.parametrize(("said", "right"), [("0.01", True), ("1.0", False), ("inf", False)])
def test_an_error_is_judged_by_the_precision(
    monkeypatch: pytest.MonkeyPatch, said: str, right: bool
) -> None:
    child_that(monkeypatch, f"print('{said}')")
    (one,) = gradient_check("bfloat16", device="cpu", shapes=SHAPES[:1]).tried
    assert one.right is right and one.error == float(said)


def test_not_a_number_counts_as_infinitely_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    real = precision._weight_gradient

    def broken(*inputs: Any) -> Any:
        found = real(*inputs)
        return found if inputs[3] == precision.torch.float64 else found * float("nan")

    monkeypatch.setattr(precision, "_weight_gradient", broken)
    one = precision.Convolution(2, (3, 3, 3))
    error = precision._relative_error(precision.torch.float32, "cpu", one)
    assert error == float("inf")


def test_a_wrong_shape_is_named() -> None:
    found = GradientCheck(
        "bfloat16", "GPU", (Tried(1, 3, 0.003, True), Tried(2, 3, 1.0, False)), False
    )
    assert "on this GPU are WRONG for 1 of 2 shapes (l=2 d=3)" in found.sentence
    assert "brought down" not in found.sentence


@pytest.mark.parametrize("shapes", [(), ((0, 3),), ((2, 4),)])
def test_impossible_shapes_are_refused(shapes: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(UsageError, match="odd kernel depth"):
        gradient_check(shapes=shapes)


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(UsageError, match="no precision 'int8'"):
        gradient_check("int8")
