"""What figures were measured on."""

import os
import platform
from datetime import date
from importlib import metadata
from typing import Any

import torch

from c3d_teach.device import matrix_tiles, native_bfloat16, processor_name


def machine(device: str = "cpu") -> dict[str, Any]:
    """The machine as it is written into every result.

    Args:
        device: the one that was measured; ``"device"`` is what it calls itself. ``"bfloat16"`` is
            what the processor computes it with, None where it does not or torch cannot tell.
    """
    name = processor_name()
    plain = "AVX-512" if native_bfloat16() else None
    return {
        "processor": name,
        "bfloat16": "AMX" if matrix_tiles() else plain,
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": torch.__version__.split("+")[0],
        "openvino": _version("openvino"),
        "device": torch.cuda.get_device_name(device) if device.startswith("cuda") else name,
        "date": date.today().isoformat(),
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
