"""What the tests of the studies' figures share."""

from statistics import stdev

# Student's t at 97.5 % from a printed table, by degrees of freedom
T = {1: 12.706, 2: 4.303, 3: 3.182, 5: 2.571}
TEN = (
    "depth-1",
    "depth-3",
    "depth-5",
    "depth-7",
    "increasing",
    "decreasing",
    "depth-1, parameters of depth-3",
    "depth-1, MACs of depth-3",
    "depth-7, MACs of depth-3",
    "depth-3, shuffled frames",
)


def half(values: list[float]) -> float:
    """Half of the 95 % interval, by the book."""
    return T[len(values) - 1] * stdev(values) / len(values) ** 0.5
