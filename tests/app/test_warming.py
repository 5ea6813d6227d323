"""What is warmed up behind the first page does not disturb the end of the server."""

import subprocess
import sys
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "app"
BEGIN = """
import sys, time
sys.path.insert(0, {app!r})
import warming
warming._HEAD_START = {head_start}
warming.warm_up()
time.sleep({seconds})
"""


@pytest.mark.parametrize(("head_start", "seconds"), [(60, 0), (0, 0), (0, 1), (0, 2)])
def test_the_end_waits_for_nothing_and_is_quiet(head_start: float, seconds: float) -> None:
    program = BEGIN.format(app=str(APP), head_start=head_start, seconds=seconds)
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=50
    )
    assert ended.returncode == 0
    assert "terminate" not in ended.stderr
    assert "Warming up stopped" not in ended.stderr
