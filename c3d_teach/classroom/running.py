"""Run a notebook in a kernel of its own, and strip what differs from run to run."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from c3d_teach.classroom.lessons import BuildError

if TYPE_CHECKING:
    from nbformat import NotebookNode

_WIDGET = "application/vnd.jupyter.widget-view+json"
# what a machine would leave in an output: homes, temporary folders, addresses in memory
_MACHINE = re.compile(
    r"(/home/|/root/|/Users/|/tmp/|/work/|[A-Z]:\\\\|site-packages|0x[0-9a-f]{8})"
)
_SECONDS_A_CELL = 120


def execute(notebook: "NotebookNode", *, folder: Path) -> "NotebookNode":
    """Run the notebook in ``folder`` and strip what differs from run to run.

    Raises:
        BuildError: for a cell that warns, or prints something of this machine.
        nbclient.exceptions.CellExecutionError: for a cell that fails.
    """
    from nbclient import NotebookClient

    # The kernel must not colour its output, nor depend on where the build was started.
    os.environ.pop("FORCE_COLOR", None)
    client = NotebookClient(
        notebook,
        timeout=_SECONDS_A_CELL,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--log-level=ERROR"],  # of the kernel, not of the notebook
    )
    client.execute()
    notebook.metadata.pop("widgets", None)
    for count, cell in enumerate(notebook.cells):
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            # without its state a widget is an error message; its plain text is readable
            output.get("data", {}).pop(_WIDGET, None)
            if output.output_type == "stream" and output.name == "stderr":
                raise BuildError(f"Cell {count} wrote to stderr: {output.text.strip()}")
            for kind, text in _texts(output):
                if _MACHINE.search(text):
                    raise BuildError(f"Cell {count} shows something of this machine in {kind}.")
    return notebook


def _texts(output: "NotebookNode") -> list[tuple[str, str]]:
    texts = [("text", output.get("text", ""))]
    texts += [(k, v) for k, v in output.get("data", {}).items() if k.startswith("text/")]
    # the base64 of a picture may hold anything
    return [(k, re.sub(r"base64,[A-Za-z0-9+/=]+", "", v)) for k, v in texts if isinstance(v, str)]
