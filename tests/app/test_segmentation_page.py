"""The page "Segmentation": every control, and masks that are the library's."""

from typing import Any

import numpy as np
import opening
import pytest
from opening import charts, fine, texts
from streamlit.testing.v1 import AppTest

from c3d_teach.analysis.alterations import ALTERATIONS, alter
from c3d_teach.data.segmentation import MotionSegmentation
from c3d_teach.experiments import overlaps
from c3d_teach.experiments.outcome import estimate
from c3d_teach.models.segmenter import load_segmenter

P = "segmentation."
NETS = ("motion-unet3d", "motion-unet2d")


def opened(**settings: object) -> AppTest:
    return opening.opened("segmentation", **{P + k: str(v) for k, v in settings.items()})


def expected(
    clip: int, how: str, alike: bool = True, skips: tuple[bool, ...] = (True,) * 4
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Mask of each net at its own threshold, and the truth, both ``(16, 32, 32)``."""
    made = MotionSegmentation(200, split="test", alike=alike).batch([clip])
    shown = alter(made["clip"], how)
    truth = alter(made["mask"][..., None], how)[0, ..., 0].numpy() > 0
    found = {}
    for name in NETS:
        net = load_segmenter(name)
        p = net.predict(shown, skips=skips if name.endswith("3d") else (True,) * 4)
        found[name] = (p[0, 0].numpy() >= net.threshold, truth)
    return found


def fit(mask: np.ndarray, truth: np.ndarray) -> float:
    return float((mask & truth).sum() / (mask | truth).sum())


def lines(page: AppTest) -> list[list[float]]:
    return [trace["y"] for trace in charts(page)["overlap"]["data"]]


@pytest.mark.parametrize("how", ALTERATIONS)
def test_masks_fit_as_the_library_says(how: str) -> None:
    page = opened(clip=7, play=how)
    for drawn, (mask, truth) in zip(lines(page), expected(7, how).values(), strict=True):
        for value, m, t in zip(drawn, mask, truth, strict=True):
            if value is not None:
                assert value == pytest.approx(fit(m, t), abs=1e-4)
    three, two = (fit(*both) for both in expected(7, how).values())
    assert f"**{three:.2f}**" in texts(page) and f"**{two:.2f}**" in texts(page)


def test_dimmer_digits_and_skips_and_thresholds() -> None:
    page = opened(clip=3)
    page.toggle(key=P + "alike").set_value(False).run()
    three, two = (fit(*both) for both in expected(3, "as it is", alike=False).values())
    assert f"**{three:.2f}**" in texts(page) and f"**{two:.2f}**" in texts(page)
    page.toggle(key=P + "alike").set_value(True).run()
    page.pills(key=P + "skips").set_value([2, 3, 4]).run()
    cut = expected(3, "as it is", skips=(False, True, True, True))["motion-unet3d"]
    assert f"**{fit(*cut):.2f}**" in texts(page)
    before = lines(page)
    page.slider(key=P + "motion-unet2d").set_value(0.9).run()
    assert lines(page)[0] == before[0] and lines(page)[1] != before[1]


def test_a_frame_is_held() -> None:
    page = opened(hold="true", frame=5)
    assert page.slider(key=P + "frame").value == 5
    still = page.image[0].proto.imgs[0].url
    page.slider(key=P + "frame").set_value(9).run()
    assert page.image[0].proto.imgs[0].url != still
    page.toggle(key=P + "hold").set_value(False).run()
    assert not page.get("slider") or all(s.key != P + "frame" for s in page.slider)


def test_all_trainings_of_the_study_are_there() -> None:
    spec = charts(opened())["study"]["data"]
    rows = overlaps.compared() | overlaps.started()
    trainings = {
        tuple(p): x for t in spec[1::2] for p, x in zip(t["customdata"], t["x"], strict=True)
    }
    assert trainings == {(name, k): v for name, vs in rows.items() for k, v in enumerate(vs)}
    means = {p[0]: x for t in spec[0::2] for p, x in zip(t["customdata"], t["x"], strict=True)}
    assert means == pytest.approx({name: estimate(vs).mean for name, vs in rows.items()})


def test_the_cell_gives_the_number_of_the_page() -> None:
    page = opened(clip=11, play="reversed")
    names: dict[str, Any] = {}
    *lines, last = page.code[0].value.splitlines()
    exec("\n".join(lines), names)
    assert f"**{eval(last, names):.2f}**" in texts(page)


def test_a_link_brings_the_view_back_and_nonsense_the_first_one() -> None:
    page = opened(clip=12, play="shuffled", alike="false", skips="1")
    assert page.number_input(key=P + "clip").value == 12
    assert page.pills(key=P + "skips").value == [1]
    first = charts(opened())
    assert charts(opened(clip="-7", play="x", frame="a", skips="9")) == first
    fine(opened(play="", skips=""))
