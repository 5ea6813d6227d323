"""Clips and videos: shares, intervals and top-5, against counting by hand."""

import pytest
import torch
from torch.utils.data import Dataset

from c3d_teach import Classifier, MotionDigits, Preprocess, SearchNet, evaluate
from c3d_teach.errors import UsageError


class Scripted(Classifier):
    """Answers with the probabilities that are written into a clip's first pixels."""

    def predict(self, clips, *, batch_size=32):
        levels = clips[:, 0, 0, :8, 0].double()
        return (levels / levels.sum(1, keepdim=True)).float()


class Written(Dataset):
    """Clips that carry their answer, each with a label and a video."""

    classes = tuple("abcdefgh")

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        levels, label, video = self.rows[index]
        clip = torch.zeros(16, 8, 8, 1, dtype=torch.uint8)
        clip[0, 0, :, 0] = torch.tensor(levels, dtype=torch.uint8)
        return {"clip": clip, "label": label, "video": video}


@pytest.fixture
def scripted():
    net = SearchNet(8, clip_shape=(1, 16, 32, 32), width=0.02)
    return Scripted(net, Preprocess((32, 32), 32, (0.0,), (1.0,)), Written.classes)


def test_a_video_is_judged_by_the_mean_of_its_clips(scripted):
    # video 0: two clips narrowly wrong, one clearly right; the mean is right
    rows = [
        ([90, 100, 0, 0, 0, 0, 0, 10], 0, 0),
        ([90, 100, 0, 0, 0, 0, 0, 10], 0, 0),
        ([200, 0, 0, 0, 0, 0, 0, 0], 0, 0),
        # video 1: one clip right, but its mean is wrong
        ([0, 60, 50, 40, 30, 10, 8, 2], 1, 1),
        ([0, 0, 150, 20, 20, 10, 0, 0], 1, 1),
        # video 2: right class ranked sixth
        ([60, 50, 40, 30, 20, 10, 0, 0], 5, 2),
    ]
    result = evaluate(scripted, Written(rows), batch_size=4)
    assert result.accuracy == pytest.approx(2 / 6)
    assert result.top5 == pytest.approx(4 / 6)  # 3 of video 0, the first of video 1
    assert result.video.videos == 3
    assert result.video.accuracy == pytest.approx(1 / 3)
    assert result.video.top5 == pytest.approx(2 / 3)
    assert result.video.confusion[0, 0] == 1 and result.video.confusion[1, 2] == 1
    assert result.video.confusion[5, 0] == 1 and result.video.confusion.sum() == 3
    low, high = result.video.interval
    assert low < 1 / 3 < high
    said = str(result).splitlines()
    assert said[0].startswith("33.3% of 6 clips right") and "66.7% among the first five" in said[0]
    assert said[1].startswith("33.3% of 3 videos right")
    assert result.to_dict()["video"]["videos"] == 3


def test_the_order_of_clips_does_not_matter(scripted):
    generator = torch.Generator().manual_seed(0)
    rows = [
        (torch.randint(0, 256, (8,), generator=generator).tolist(), video % 8, video)
        for video in range(20)
        for _ in range(3)
    ]
    order = torch.randperm(60, generator=generator).tolist()
    there = evaluate(scripted, Written(rows)).to_dict()
    back = evaluate(scripted, Written([rows[i] for i in order])).to_dict()
    assert there == back


def test_embedded_clips_belong_to_no_video(scripted):
    net = Classifier(scripted.model, scripted.preprocess, MotionDigits(1).motions)
    result = evaluate(net, MotionDigits(16, split="test"))
    assert result.video is None and "video" not in result.to_dict()
    assert 0 <= result.accuracy <= result.top5 <= 1


def test_other_classes_are_refused(scripted):
    with pytest.raises(UsageError, match="knows 8 classes .*a, b, c.* and the data has 9"):
        evaluate(scripted, MotionDigits(4, label="digit"))


def test_classes_are_the_same_however_they_are_written(scripted):
    net = Classifier(scripted.model, scripted.preprocess, MotionDigits(1).motions)
    data = MotionDigits(16, split="test")
    plain = evaluate(net, data).to_dict()
    for written in ("Rotate-Clockwise", "rotate_clockwise", "RotateClockwise"):
        data.classes = tuple(
            written if name == "rotate clockwise" else name for name in data.motions
        )
        assert evaluate(net, data).to_dict() == plain


def test_clips_and_videos_of_one_film_widen_the_intervals(scripted):
    generator = torch.Generator().manual_seed(0)
    rows = []
    for film in range(30):  # a film is right or wrong as a whole: 3 videos of 4 clips each
        label = int(torch.randint(0, 8, (), generator=generator))
        answer = label if film % 3 else (label + 1) % 8
        levels = [200 if k == answer else 5 for k in range(8)]
        rows += [(levels, label, 3 * film + video) for video in range(3) for _ in range(4)]
    single, films = Written(rows), Written(rows)
    films.video_units = tuple(video // 3 for video in range(90))
    alone, together = evaluate(scripted, single), evaluate(scripted, films)
    assert alone.accuracy == together.accuracy == pytest.approx(2 / 3)

    def width(result):
        return result.interval[1] - result.interval[0]

    assert width(together.video) > 1.5 * width(alone.video)
    assert width(together) > 1.5 * width(alone)
    # the clips of a video count for one, so clips and videos are worth the same here
    assert width(together) == pytest.approx(width(together.video), rel=0.05)
