"""Data files that other packages install, found without importing these packages."""

from importlib.util import find_spec
from pathlib import Path

from c3d_teach.errors import KitError

_PROJECT = {"skimage": "scikit-image", "sklearn": "scikit-learn"}


def installed_file(package: str, file: str) -> Path:
    """Where ``file`` of ``package`` lies; importing scikit-learn for it would take a second.

    Args:
        package: ``"skimage"`` or ``"sklearn"``.
        file: relative to the package's folder.

    Raises:
        KitError: when it is not there.
    """
    spec = find_spec(package)
    path = Path(spec.origin).parent / file if spec and spec.origin else Path(file)
    if not path.is_file():
        raise KitError(
            f"The file {file} is missing from the installed {package}; reinstall it with "
            f"pip install --force-reinstall {_PROJECT[package]}."
        )
    return path
