"""The studies by the name a user types."""

from difflib import get_close_matches

from c3d_teach.errors import UsageError
from c3d_teach.experiments import kernel_depth, pooling, two_vs_three
from c3d_teach.experiments.study import Study

STUDIES: dict[str, Study] = {
    study.name: study
    for study in (
        kernel_depth.STUDY,
        kernel_depth.OTHER_RATE,
        two_vs_three.STUDY,
        pooling.STUDY,
        kernel_depth.AT_FULL_SIZE,
    )
}


def study_named(name: str) -> Study:
    """Raises: UsageError: listing the names there are."""
    if name not in STUDIES:
        near = get_close_matches(name, STUDIES, 1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise UsageError(f"There is no study {name!r}; there are {', '.join(STUDIES)}.{meant}")
    return STUDIES[name]
