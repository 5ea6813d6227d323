"""Starting several processes as torchrun does, for tests."""

import os
import subprocess
import sys
from typing import Any


def torchrun(
    processes: int, *arguments: object, restarts: int = 0, **how: Any
) -> subprocess.Popen[str]:
    """``torchrun … ARGUMENTS``, started; one thread for each process."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(processes), "--max-restarts", str(restarts)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*command, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        **how,
    )


def finished(job: subprocess.Popen[str], seconds: float = 200) -> str:
    """What the job printed, when it has ended well."""
    said, _ = job.communicate(timeout=seconds)
    assert job.returncode == 0, said
    return said
