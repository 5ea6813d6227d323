"""A kernel that walks over a clip: against loops, against torch, and where it breaks."""

import itertools

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from c3d_teach.errors import UsageError
from c3d_teach.viz.walk_plots import MOST, below_plot, input_plot, output_plot, product_plot
from c3d_teach.viz.walking import CLIPS, KERNELS, formula, hand_clip, hand_kernel, size_of, walk

CASES = [
    (depth, stride, padding)
    for depth, stride, padding in itertools.product(
        (1, 2, 3, 5, 8), ((1, 1), (2, 1), (1, 3), (3, 2)), ((0, 0), (1, 0), (0, 2), (3, 1))
    )
]


def by_loops(
    clip: NDArray[np.float64],
    kernel: NDArray[np.float64],
    stride: tuple[int, int],
    padding: tuple[int, int],
) -> dict[tuple[int, int, int], float]:
    """Every place that exists, by walking until the kernel sticks out; no formula."""
    (st, ss), (pt, ps) = stride, padding
    (length, high, wide), (d, h, w) = clip.shape, kernel.shape
    found = {}
    for i, t in enumerate(range(-pt, length + pt - d + 1, st)):
        for j, y in enumerate(range(-ps, high + ps - h + 1, ss)):
            for k, x in enumerate(range(-ps, wide + ps - w + 1, ss)):
                total = 0.0
                for a, b, c in itertools.product(range(d), range(h), range(w)):
                    if 0 <= t + a < length and 0 <= y + b < high and 0 <= x + c < wide:
                        total += clip[t + a, y + b, x + c] * kernel[a, b, c]
                found[i, j, k] = total
    return found


@pytest.mark.parametrize(("depth", "stride", "padding"), CASES)
def test_it_is_the_convolution_of_torch(
    depth: int, stride: tuple[int, int], padding: tuple[int, int]
) -> None:
    generator = np.random.default_rng(depth)
    clip, kernel = generator.normal(size=(8, 7, 9)), generator.normal(size=(depth, 3, 3))
    found = walk(clip, kernel, stride=stride, padding=padding)
    expected = torch.nn.functional.conv3d(
        torch.tensor(clip)[None, None],
        torch.tensor(kernel)[None, None],
        stride=(stride[0], stride[1], stride[1]),
        padding=(padding[0], padding[1], padding[1]),
    )[0, 0].numpy()
    np.testing.assert_allclose(found.output, expected, atol=1e-12)
    sizes = [
        size_of(n, k, stride[i > 0], padding[i > 0])
        for i, (n, k) in enumerate(zip(clip.shape, kernel.shape, strict=True))
    ]
    assert tuple(sizes) == expected.shape
    assert formula(8, depth, stride[0], padding[0]).endswith(f"= {expected.shape[0]}")


@pytest.mark.parametrize(("stride", "padding"), [((1, 1), (0, 0)), ((2, 3), (2, 1))])
def test_every_number_is_the_sum_over_its_window(
    stride: tuple[int, int], padding: tuple[int, int]
) -> None:
    generator = np.random.default_rng(0)
    clip, kernel = generator.normal(size=(6, 5, 7)), generator.normal(size=(3, 3, 3))
    found = walk(clip, kernel, stride=stride, padding=padding)
    expected = by_loops(clip, kernel, stride, padding)
    assert len(expected) == found.output.size
    for place, value in expected.items():
        assert found.output[place] == pytest.approx(value)
        assert (found.window(place) * found.kernel).sum() == pytest.approx(value)


@pytest.mark.parametrize("padding", [0, 1, 2])
def test_a_kernel_deeper_than_the_clip_is_a_sentence(padding: int) -> None:
    deepest = 8 + 2 * padding
    clip = hand_clip(CLIPS[0])
    assert len(walk(clip, hand_kernel("mean", deepest), padding=(padding, 0)).output) == 1
    with pytest.raises(UsageError, match=f"is {deepest + 1} frames deep, .* {deepest} frames"):
        walk(clip, hand_kernel("mean", deepest + 1), padding=(padding, 0))


def test_padding_in_time_shows_a_change_that_is_not_in_the_clip() -> None:
    still = hand_clip("a bar stands still")
    kernel = hand_kernel("change in time", 3)
    assert not walk(still, kernel).output.any()
    padded = walk(still, kernel, padding=(1, 0)).output
    assert padded[0].any() and padded[-1].any() and not padded[1:-1].any()


@pytest.mark.parametrize("depth", [2, 3, 5])  # 2 fails as long as its two slices are opposites
def test_a_kernel_for_moving_right_prefers_moving_right(depth: int) -> None:
    bar, kernel = hand_clip(CLIPS[0]), hand_kernel("edge that moves right", depth)
    assert walk(bar, kernel).output.max() > walk(bar[::-1], kernel).output.max()


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("depth", [1, 2, 3, 5, 9])
def test_kernels_made_by_hand(name: str, depth: int) -> None:
    kernel = hand_kernel(name, depth)
    assert kernel.shape == (depth, 3, 3) and kernel.any()
    assert kernel.sum() == pytest.approx(1.0 if name == "mean" else 0.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"clip": np.zeros((8, 8))},
        {"kernel": np.zeros((3, 3))},
        {"stride": (0, 1)},
        {"padding": (0, -1)},
    ],
)
def test_other_shapes_and_numbers_are_refused(wrong: dict[str, object]) -> None:
    given = {"clip": np.zeros((8, 8, 8)), "kernel": np.ones((3, 3, 3))} | wrong
    with pytest.raises(UsageError, match="takes"):
        walk(**given)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        hand_clip("a bar flies")
    with pytest.raises(UsageError):
        hand_kernel("mean", 0)


def test_figures_hold_the_numbers_and_box_the_window() -> None:
    found = walk(hand_clip(CLIPS[0]), hand_kernel("mean", 3), stride=(2, 2), padding=(1, 1))
    place = (1, 2, 3)
    shown = output_plot(found.output, place)
    wide = found.output.shape[2]
    for t, frame in enumerate(found.output):
        part = [row[t * (wide + 1) : t * (wide + 1) + wide] for row in shown.data[0].z]
        np.testing.assert_allclose(np.array(part, float), frame, atol=5e-4)
    boxes = [s for s in input_plot(found, place).layout.shapes if s.line.dash is None]
    assert len(boxes) == 3  # frames 1, 2 and 3 of the clip
    assert {(b.x1 - b.x0, b.y1 - b.y0) for b in boxes} == {(3, 3)}
    product = product_plot(found.window(place), found.kernel).data[0]
    assert sum(text != "" for row in product.text for text in row) == 3 * 27


def test_what_was_not_reached_yet_is_empty() -> None:
    output = np.ones((2, 2, 2))
    shown = output_plot(output, (0, 1, 0), filling=True).data[0].z
    assert sum(v is not None for row in shown for v in row) == 3


@pytest.mark.parametrize("depth", [1, 2, 3, 5, 7])
def test_each_frame_stands_below_the_middle_of_those_it_was_made_from(depth: int) -> None:
    found = walk(hand_clip(CLIPS[0]), hand_kernel("mean", depth))
    above = input_plot(found, (0, 0, 0))
    below = below_plot(found.output, found.clip.shape, (depth - 1) / 2)
    assert below.layout.xaxis.range[1] == len(above.data[0].z[0]) - 0.5
    frames = list(above.layout.xaxis.tickvals)
    for t, middle in enumerate(below.layout.xaxis.tickvals):
        assert middle == pytest.approx(sum(frames[t : t + depth]) / depth)
        left = int(middle - below.data[0].x0 - 3.5)
        part = [row[left : left + 8] for row in below.data[0].z]
        np.testing.assert_allclose(np.array(part, float), found.output[t], atol=5e-4)


def test_of_a_deep_kernel_the_first_slices_are_drawn() -> None:
    found = walk(hand_clip(CLIPS[0]), hand_kernel("mean", 7))
    product = product_plot(found.window((0, 0, 0)), found.kernel)
    assert len(product.layout.xaxis.ticktext) == MOST
    assert sum(text != "" for row in product.data[0].text for text in row) == MOST * 27
