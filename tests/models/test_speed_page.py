"""docs/speed.md: its Python runs as it stands."""

import re
from pathlib import Path

from c3d_teach.models.engines import engines

PAGE = Path(__file__).parents[2] / "docs" / "speed.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.M | re.S)


def test_python_on_the_page_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) == 2
    for block in blocks:
        exec(block, {})
    said = capsys.readouterr().out
    assert (
        said.startswith(("torch in ", "openvino in "))
        and "the same class comes first in all" in said
    )
    (off,) = (float(n) for n in re.findall(r"^tensor\((.*)\)$", said, re.M))
    low = "in bfloat16" in said.splitlines()[0]
    assert 0 < off < engines.TOLERANCE["bfloat16" if low else "float32"]
    assert (tmp_path / "camera.onnx").is_file()
