"""Reversed, shuffled and frozen films hold the frames they should, and answers compare."""

import pytest
import torch

from c3d_teach.analysis.alterations import ALTERATIONS, alter, largest_change
from c3d_teach.errors import UsageError

# every frame is its own number: clip 0 holds 0-15, clip 1 holds 16-31, clip 2 holds 32-47
FILM = torch.arange(48, dtype=torch.uint8).view(3, 16, 1, 1, 1)


def frames(how: str) -> list[list[int]]:
    return alter(FILM, how).view(3, 16).tolist()


def test_as_it_is_is_the_same_film() -> None:
    assert alter(FILM, "as it is") is FILM


def test_reversed_is_the_whole_film_backwards() -> None:
    assert alter(FILM, "reversed").flatten().tolist() == list(range(47, -1, -1))


def test_shuffled_keeps_each_clips_frames_and_loses_their_order() -> None:
    original, shuffled = frames("as it is"), frames("shuffled")
    assert [sorted(clip) for clip in shuffled] == original
    assert all(a != b for a, b in zip(shuffled, original, strict=True))
    orders = [tuple(f - 16 * k for f in clip) for k, clip in enumerate(shuffled)]
    assert len(set(orders)) == 3


def test_a_clip_is_shuffled_alike_in_every_film() -> None:
    assert torch.equal(alter(FILM[:1], "shuffled"), alter(FILM, "shuffled")[:1])
    assert not torch.equal(alter(FILM, "shuffled", seed=1), alter(FILM, "shuffled"))


def test_frozen_is_the_middle_frame_of_each_clip() -> None:
    assert frames("frozen") == [[8] * 16, [24] * 16, [40] * 16]


@pytest.mark.parametrize("how", ALTERATIONS)
def test_the_film_itself_is_left_alone(how: str) -> None:
    kept = FILM.clone()
    changed = alter(FILM, how)
    assert changed.shape == FILM.shape and changed.dtype == torch.uint8
    assert torch.equal(FILM, kept)


def test_wrong_use_is_explained() -> None:
    with pytest.raises(UsageError, match="'sideways' is no alteration; there are as it is"):
        alter(FILM, "sideways")
    with pytest.raises(UsageError, match="given was 16×1×1×1"):
        alter(FILM[0], "reversed")


def test_the_largest_change_is_found_and_named() -> None:
    before = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]])
    after = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3]])
    change = largest_change(("a", "b", "c"), before, after, "shuffled")
    assert (change.name, change.clip) in {("b", 1), ("c", 1)}
    assert change.largest == pytest.approx(0.4)
    assert change.after - change.before == pytest.approx(0.4 if change.name == "b" else -0.4)


def test_a_reversed_film_is_compared_clip_by_clip_from_its_end() -> None:
    before = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert largest_change(("a", "b"), before, before.flip(0), "reversed").largest == 0
    assert largest_change(("a", "b"), before, before.flip(0), "shuffled").largest == 1


def test_answers_of_different_shapes_do_not_compare() -> None:
    with pytest.raises(UsageError, match="cannot be compared over 2 classes"):
        largest_change(("a", "b"), torch.zeros(2, 2), torch.zeros(3, 2), "frozen")
