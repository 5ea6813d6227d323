"""MotionDigits of some digits only: which occur, how they are counted, what stays the same."""

import hashlib

import pytest
import torch

from c3d_teach import MotionDigits
from c3d_teach.data import motion
from c3d_teach.errors import UsageError

# SHA-256 of the clips of MotionDigits(64, seed=3) before digits could be chosen. Enlarging the
# digits rounds in another order without vector instructions, so three pixels differ there.
BEFORE = {
    "951f06290fb8286eab6d34016eb64e1e9a34fb3cfaad6d5c3688333c0c6e2fb8",
    "cb05586a3b9e2f4a8ba710e5f40cb92cacae3e8cc7846d4cca9a1270c8e2a5f2",
}


@pytest.fixture
def bright_ones(monkeypatch):
    """Handwritten digits whose ones are white squares, and all others black ones."""
    images, digits = motion.split_digits("train")
    painted = 16.0 * (digits == 1).view(-1, 1, 1).expand_as(images)
    monkeypatch.setattr(motion, "split_digits", lambda split: (painted, digits))
    motion.split_textures.cache_clear()
    yield
    motion.split_textures.cache_clear()  # or other tests would see squares


def sizes(split):
    """How many images of each digit a split has."""
    return torch.bincount(motion.split_digits(split)[1], minlength=9)


def test_clips_of_all_digits_are_bit_for_bit_what_they_were():
    made = MotionDigits(64, seed=3).batch(range(64))
    if torch.backends.cpu.get_cpu_capability() in ("DEFAULT", "AVX2", "AVX512"):
        assert hashlib.sha256(made["clip"].numpy().tobytes()).hexdigest() in BEFORE
    assert (int(made["image"].sum()), int(made["digit"].sum())) == (28_862, 236)
    assert int(made["clip"].sum()) == pytest.approx(20_307_941, abs=64)
    same = MotionDigits(64, seed=3, digits=range(9)).batch(range(64))
    assert all(torch.equal(made[k], same[k]) for k in made)


def test_digits_are_counted_in_the_order_they_were_given():
    data = MotionDigits(400, digits=(4, 0, 1), label="digit")
    assert data.things == data.classes == ("digit 4", "digit 0", "digit 1")
    made = data.batch(range(400))
    assert set(made["digit"].tolist()) == {0, 1, 2}
    assert torch.equal(made["label"], made["digit"])
    assert MotionDigits.things == motion.DIGITS  # the class itself knows all nine


def test_motions_do_not_depend_on_which_digits_there_are():
    some, every = MotionDigits(64, digits=(4, 0)), MotionDigits(64)
    assert torch.equal(some.batch(range(64))["motion"], every.batch(range(64))["motion"])
    assert some.motions == every.motions


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_images_are_those_of_the_chosen_digits_one_digit_after_the_other(split):
    chosen = (7, 2, 5)
    data = MotionDigits(2000, split=split, digits=chosen)
    image = data.images(range(2000))
    ends = sizes(split)[list(chosen)].cumsum(0)
    assert int(image.min()) >= 0 and int(image.max()) < int(ends[-1])
    made = data.batch(range(300))
    assert torch.equal(made["image"], image[:300])
    assert torch.equal(made["digit"], torch.bucketize(image[:300], ends, right=True))


def test_only_the_pictures_of_the_chosen_digits_occur(bright_ones):
    def lit(*digits):
        made = MotionDigits(120, digits=digits, noise=0.0).batch(range(120))
        return made["clip"].amax((1, 2, 3, 4)) > 100, made["digit"]

    assert not lit(0, 4)[0].any()
    assert lit(1)[0].all()
    seen, digit = lit(4, 1, 8)
    assert torch.equal(seen, digit == 1) and 0 < int(seen.sum()) < 120
    seen, digit = lit(1, 4)
    assert torch.equal(seen, digit == 0)


def test_sets_of_other_digits_are_told_apart():
    described = [
        MotionDigits(8, digits=digits).describe() for digits in ((0, 1, 4), (1, 0, 4), (0, 1))
    ]
    assert [one["digits"] for one in described] == [[0, 1, 4], [1, 0, 4], [0, 1]]
    assert "digits" not in MotionDigits(8).describe()
    assert MotionDigits(8, digits=list(range(9))).describe() == MotionDigits(8).describe()


@pytest.mark.parametrize("digits", [(9,), (0, 0), (1, -1), (0, "1"), ()])
def test_unknown_repeated_or_no_digits_are_refused(digits):
    with pytest.raises(UsageError, match="digits is .*; it is some of 0 to 8, each once"):
        MotionDigits(8, digits=digits)
