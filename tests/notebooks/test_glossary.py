"""The glossary: in order, in two languages, and every point of the first notes is taught."""

import re
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
TEXT = (NOTEBOOKS / "glossary.md").read_text(encoding="utf-8")
TERMS, SLIPS = TEXT.split("## Slips in secondary texts")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LINK = re.compile(r"\[(\d+)\]\((\d\d_\w+)\.ipynb\)")


def rows(part: str) -> list[list[str]]:
    """The cells of every row of a table, its head left out."""
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def names() -> list[str]:
    return [row[0].strip("*") for row in rows(TERMS)]


def text_of(lesson: int) -> str:
    """A lesson's source, its lines joined, without comment signs and emphasis."""
    found = sorted((NOTEBOOKS / "source").glob(f"{lesson:02d}_*.py"))
    if not found:
        pytest.fail(f"lesson {lesson} is not there", pytrace=False)
    lines = [line.removeprefix("# ") for line in found[0].read_text(encoding="utf-8").splitlines()]
    return re.sub(r"\s+", " ", " ".join(lines).replace("*", "").replace("`", ""))


def test_terms_are_in_order_and_each_stands_once():
    assert len(names()) >= 50
    assert names() == sorted(set(names()), key=str.lower)


@pytest.mark.parametrize("row", rows(TERMS), ids=names())
def test_a_term_has_its_chinese_a_meaning_and_a_lesson(row: list[str]):
    assert len(row) == 5
    term, chinese, meaning, also, lesson = row
    assert re.fullmatch(r"\*\*.+\*\*", term)
    assert CHINESE.search(chinese)
    assert meaning.endswith(".") and 20 < len(meaning) < 220
    assert also
    number, stem = LINK.fullmatch(lesson).groups()  # type: ignore[union-attr]
    assert stem.startswith(f"{int(number):02d}_")


def test_lessons_that_are_linked_are_there():
    stems = {stem for _, stem in LINK.findall(TEXT)}
    assert len(stems) == 10
    missing = {stem for stem in stems if not (NOTEBOOKS / "source" / f"{stem}.py").is_file()}
    assert not missing


@pytest.mark.parametrize("row", rows(SLIPS), ids=lambda row: row[0][:30])
def test_a_slip_is_put_right_in_a_lesson(row: list[str]):
    assert len(row) == 3 and row[1].endswith(".") and LINK.fullmatch(row[2])


# The terms of the Chinese notes that the kit grew from, as they must be found in the glossary.
TERMS_OF_THE_NOTES = (
    "2D convolution",
    "3D convolution",
    "clip",
    "channel",
    "frame",
    "kernel",
    "depth of a kernel",
    "stride",
    "padding",
    "max pooling",
    "temporal pooling",
    "fully connected layer",
    "softmax",
    "loss",
    "crop",
    "augmentation",
    "batch",
    "learning rate",
    "epoch",
    "feature extractor",
    "backbone",
    "U-Net",
)


@pytest.mark.parametrize("term", TERMS_OF_THE_NOTES)
def test_terms_of_the_notes_are_explained(term: str):
    assert term in names()


# Point of the notes -> the lesson that teaches it, and words that stand there.
POINTS = {
    "2D convolution sees space": (2, r"\b2D\b"),
    "2D convolution does not keep time": (1, r"time is gone"),
    "3D convolution keeps time": (1, r"A clip gives a clip"),
    "clips are c×l×h×w": (1, r"c×l×h×w: channels, length in frames, height, width"),
    "kernels are d×k×k": (1, r"d×k×k"),
    "a kernel's d is depth in time, k size in space": (1, r"its depth d in time"),
    "the spatial size is fixed at 3×3 and only d varies": (4, r"3×3"),
    "3 is the best depth in the paper": (1, r"3 in all layers came out first"),
    "the net has eight convolutions and five pools": (5, r"eight convolutions|8 convolutions"),
    "it has five pools and not four": (5, r"five pool|5 pool"),
    "all kernels are 3×3×3": (5, r"3×3×3"),
    "convolutions have stride 1": (5, r"stride 1|stride of 1"),
    "convolutions keep the size": (5, r"[Ss]ame|size stays"),
    "pools are 2×2×2 with stride 2": (3, r"2×2×2"),
    "the first pool is 1×2×2": (3, r"1×2×2"),
    "so as not to merge time too early": (3, r"early"),
    "time can be halved four times": (3, r"four times|fourth|four halvings|halved four"),
    "the slip: pools with stride 1 cannot shrink the signal": (3, r"stride 1"),
    "two fully connected layers, then softmax": (5, r"softmax"),
    "the input is 3×16×112×112": (1, r"3 × 16 × 112 × 112"),
    "frames are resized to 128×171": (6, r"128×171"),
    "crops are random in training": (6, r"[Rr]andom"),
    "clips have 16 frames and do not overlap": (9, r"do not overlap"),
    "filters of the search net: 64 128 256 256 256": (
        4,
        r"64[-–, ]+128[-–, ]+256[-–, ]+256[-–, ]+(and )?256|64",
    ),
    "mini-batches of 30 clips": (6, r"30 clips"),
    "the slip: 30 mini-batches": (6, r"30 mini-batches"),
    "the first learning rate is 0.003": (6, r"0\.003"),
    "divided by 10 after every 4 epochs": (6, r"(4|four) epochs"),
    "training stops after 16 epochs": (6, r"16 epochs|after 16"),
    "training is SGD": (6, r"SGD|gradient descent"),
    "features for other video problems": (8, r"[Ff]eature"),
    "like a pretrained VGG": (8, r"VGG"),
    "drop the fully connected layers": (10, r"fully connected|fc"),
    "on to the 3D U-Net": (10, r"3D U-Net"),
}


@pytest.mark.parametrize("point", POINTS)
def test_a_point_of_the_notes_is_taught(point: str):
    lesson, words = POINTS[point]
    assert re.search(words, text_of(lesson)), f"lesson {lesson} says nothing like {words!r}"
