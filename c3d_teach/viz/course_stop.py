"""One lesson of a course as a map shows it; apart, for it needs no drawing library."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stop:
    """One lesson on the map.

    Attributes:
        number: of the lesson.
        title: short, for a line or two.
        question: what it answers.
        minutes: of a student's time.
        part: which part of the course it belongs to.
        place: (column, row) of its card, from the upper left.
        needs: numbers of the lessons it leans on directly; each is an arrow.
        also: numbers of others it leans on, said on the card.
    """

    number: int
    title: str
    question: str
    minutes: int
    part: str
    place: tuple[int, int]
    needs: tuple[int, ...] = ()
    also: tuple[int, ...] = ()
