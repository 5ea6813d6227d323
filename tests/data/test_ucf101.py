"""UCF101 and HMDB51: the right files with the right labels, and no group on both sides."""

import random
import shutil

import pytest
import torch
from making import UCF_CLASSES, counting_video, ucf101_like
from torch.utils.data import DataLoader

from c3d_teach.data.catalog import open_data
from c3d_teach.data.folder import VideoFolder
from c3d_teach.data.ucf101 import HMDB51, UCF101
from c3d_teach.errors import UsageError, VideoError
from c3d_teach.training.evaluate import collate

SMALL = {"size": (24, 32)}


@pytest.fixture(scope="module")
def ucf(tmp_path_factory):
    return ucf101_like(tmp_path_factory.mktemp("ucf"))


def groups_of(data):
    return {name.rsplit("_", 2)[1] for name in data.videos}


def test_lists_decide_which_videos_and_which_labels(ucf):
    train, test = UCF101(ucf, **SMALL), UCF101(ucf, 1, False, **SMALL)
    assert train.classes == UCF_CLASSES
    assert len(train.videos) == 18 and groups_of(train) == {"g03", "g04", "g05"}
    assert len(test.videos) == 12 and groups_of(test) == {"g01", "g02"}
    for data in (train, test):
        for name, label in zip(data.videos, data.video_labels, strict=True):
            assert f"/v_{UCF_CLASSES[label]}_" in name
        item = data[len(data) - 1]
        assert item["clip"].shape == (16, 24, 32, 3) and item["clip"].dtype == torch.uint8
        assert item["label"] == 2 and item["path"].endswith(data.videos[item["video"]])
    assert train.describe() != test.describe()
    assert len(UCF101(ucf / "UCF-101", **SMALL)) == len(train)


def test_labels_follow_class_ind_and_not_the_alphabet(tmp_path):
    root = ucf101_like(tmp_path)
    lists = root / "ucfTrainTestlist"
    (lists / "classInd.txt").write_text("1 YoYo\n2 Archery\n3 ApplyEyeMakeup\n")
    names = {"1": "3", "2": "2", "3": "1"}
    lines = (lists / "trainlist01.txt").read_text().split("\n")[:-1]
    turned = [f"{line[:-1]}{names[line[-1]]}\n" for line in lines]
    (lists / "trainlist01.txt").write_text("".join(turned))
    data = UCF101(root, **SMALL)
    assert data.classes == ("YoYo", "Archery", "ApplyEyeMakeup")
    assert [data.video_labels[k] for k in (0, -1)] == [2, 0]


def test_held_out_groups_are_whole_and_in_every_class(ucf):
    train, val = (UCF101(ucf, hold_out=part, **SMALL) for part in ("train", "val"))
    assert not groups_of(train) & groups_of(val)
    assert len(train.videos) + len(val.videos) == 18
    assert set(val.video_labels) == set(train.video_labels) == {0, 1, 2}
    with pytest.raises(UsageError, match="only the train part"):
        UCF101(ucf, train=False, hold_out="val")
    with pytest.raises(UsageError, match="None, 'train' or 'val'"):
        UCF101(ucf, hold_out="test")


def test_a_fifth_of_the_groups_is_held_out(tmp_path):
    from c3d_teach.data.hold_out import held_part
    from c3d_teach.data.listing import ListedVideo

    videos = [
        ListedVideo(tmp_path, f"{c}/v_{c}_g{g:02d}_c{k}.avi", c, f"g{g:02d}", ())
        for c in "ABC"
        for g in range(8, 26)
        for k in range(4 + (g + ord(c)) % 4)
    ]
    val, train = held_part(videos, "val"), held_part(videos, "train")
    assert 0.19 < len(val) / len(videos) < 0.25
    assert not {(v.label, v.group) for v in val} & {(v.label, v.group) for v in train}
    assert sorted(val + train, key=lambda v: v.name) == videos


def test_a_random_split_is_refused_naming_a_group(tmp_path):
    root = ucf101_like(tmp_path / "data", videos=False)
    own = tmp_path / "own"
    shutil.copytree(root / "ucfTrainTestlist", own)
    lines = [line for p in ("train", "test") for line in (own / f"{p}list01.txt").open()]
    random.Random(0).shuffle(lines)
    names = [line.split()[0] for line in lines]
    (own / "trainlist01.txt").write_text("".join(f"{name}\n" for name in names[:18]))
    (own / "testlist01.txt").write_text("".join(f"{name}\n" for name in names[18:]))
    with pytest.raises(UsageError, match="leaks") as refusal:
        UCF101(root, lists=own)
    said = str(refusal.value)
    # the group it names is really on both sides
    group, label = said.split("group ")[1].split(" of ")[0], said.split(" of ")[1].split()[0]
    for_train, for_test = said.split("(")[1].split(" for train, ")
    for_test = for_test.split(" for test")[0]
    assert f"{label}/{for_train}" in names[:18] and f"{label}/{for_test}" in names[18:]
    assert f"_{group}_" in for_train and f"_{group}_" in for_test
    both = [{name.rsplit("_", 1)[0] for name in part} for part in (names[:18], names[18:])]
    assert f"{len(both[0] & both[1])} of 15 groups" in said


def test_what_is_missing_is_named_with_where_to_get_it(tmp_path):
    with pytest.raises(UsageError, match="no folder") as refusal:
        UCF101(tmp_path / "none")
    assert "https://www.crcv.ucf.edu/data/UCF101.php" in str(refusal.value)
    assert "none/ucfTrainTestlist/classInd.txt" in str(refusal.value)
    with pytest.raises(UsageError, match="holds no split files of HMDB51") as refusal:
        HMDB51(tmp_path)
    assert "https://serre-lab.clps.brown.edu/resource/hmdb" in str(refusal.value)
    root = ucf101_like(tmp_path / "ucf")
    with pytest.raises(UsageError, match="no split 2 .* there are 1"):
        UCF101(root, 2)
    gone = root / "UCF-101" / "YoYo" / "v_YoYo_g04_c02.mp4"
    gone.unlink()
    with pytest.raises(UsageError, match=r"1 of the 18 .* first: YoYo/v_YoYo_g04_c02"):
        UCF101(root)
    assert len(UCF101(root, train=False, **SMALL).videos) == 12
    counting_video(gone.with_suffix(".avi.mkv").with_name("v_YoYo_g04_c02.mkv"), 20)
    assert len(UCF101(root, **SMALL).videos) == 18  # another ending will do
    counting_video(root / "copy" / "YoYo" / "v_YoYo_g04_c02.mkv", 20)
    with pytest.raises(UsageError, match="2 files for YoYo/v_YoYo_g04_c02.mp4"):
        UCF101(root)
    (root / "ucfTrainTestlist" / "testlist01.txt").write_text("")
    with pytest.raises(UsageError, match="lists no video for test"):
        UCF101(root, train=False)


def hmdb51_like(root, sides):
    """Class ``wave`` with one video a title; ``sides`` gives each video's number."""
    lists = root / "testTrainMulti_7030_splits"
    lists.mkdir(parents=True)
    lines = []
    for k, (title, side) in enumerate(sides):
        name = f"{title}_wave_f_cm_np1_ba_med_{k}.mp4"
        counting_video(root / "wave" / name, 20)
        lines.append(f"{name} {side} \n")
    (lists / "wave_test_split1.txt").write_text("".join(lines))
    return root


def test_hmdb51_takes_ones_and_twos_and_leaves_zeros(tmp_path):
    root = hmdb51_like(tmp_path, [("A", 1), ("A", 1), ("B", 2), ("C", 0)])
    train, test = HMDB51(root, **SMALL), HMDB51(root, train=False, **SMALL)
    assert (len(train.videos), len(test.videos), train.classes) == (2, 1, ("wave",))
    assert train.describe()["data"] == "hmdb51"


def test_a_title_on_both_sides_warns_in_official_lists_and_is_refused_in_own(tmp_path):
    root = hmdb51_like(tmp_path, [("A film", 1), ("A film", 2), ("B", 1)])
    with pytest.warns(UserWarning, match=r"group A film of wave .* 1 of 2 groups"):
        HMDB51(root, **SMALL)
    with pytest.raises(UsageError, match="leaks"):
        HMDB51(root, lists=root / "testTrainMulti_7030_splits")


def test_clips_of_a_video_follow_one_another(tmp_path):
    for label, frames in (("a", 50), ("a", 16), ("b", 33)):
        counting_video(tmp_path / label / f"{frames}.mp4", frames)
    data = VideoFolder(tmp_path, **SMALL)
    assert data.videos == ("a/16.mp4", "a/50.mp4", "b/33.mp4")
    assert [list(data.clips_of_video(v)) for v in range(3)] == [[0], [1, 2, 3], [4, 5]]
    assert [data[i]["video"] for i in range(6)] == [0, 1, 1, 1, 2, 2]
    assert [data[i]["start"] for i in range(6)] == [0, 0, 16, 32, 0, 16]
    assert data[-1]["start"] == 16 and data.video_labels == (0, 0, 1)
    for outside in (6, -7):
        with pytest.raises(IndexError):
            data[outside]
    assert data.video_frames == (16, 50, 33)
    shown = data.read(1, 34)[0].float().mean()
    assert abs(float(shown) - 4 * 34) < 3
    with pytest.raises(UsageError, match=r"a/50.mp4 has no clip at frame 35; .* begins at 34"):
        data.read(1, 35)
    with pytest.raises(UsageError, match="stride is 0"):
        VideoFolder(tmp_path, stride=0)


def test_clips_are_the_same_whatever_the_order_and_the_worker(tmp_path):
    for k in range(3):
        counting_video(tmp_path / "a" / f"{k}.mp4", 60, first=k)
    data = VideoFolder(tmp_path, stride=8, **SMALL)
    in_order = [data[i]["clip"] for i in range(len(data))]
    for i, clip in enumerate(in_order):
        shown = 4.0 * (i // 6 + (i % 6) * 8 + torch.arange(16))
        assert (clip.float().mean((1, 2, 3)) - shown % 256).abs().max() < 3
    backwards = [data[i]["clip"] for i in reversed(range(len(data)))]
    assert all(torch.equal(a, b) for a, b in zip(in_order, reversed(backwards), strict=True))
    loader = DataLoader(data, batch_size=5, num_workers=2, collate_fn=collate)
    assert torch.equal(torch.cat([batch["clip"] for batch in loader]), torch.stack(in_order))


def test_open_data_knows_the_official_sets(ucf, tmp_path):
    parts = {p: open_data(str(ucf), 0, split=p) for p in ("train", "val", "test")}
    assert all(isinstance(data, UCF101) for data in parts.values())
    seen = [groups_of(data) for data in parts.values()]
    assert not seen[0] & seen[1] and not (seen[0] | seen[1]) & seen[2]
    with pytest.raises(UsageError, match="no split 2"):
        open_data(str(ucf), 0, split="test", fold=2)
    counting_video(tmp_path / "a" / "1.mp4", 20)
    assert isinstance(open_data(str(tmp_path), 0, split="test"), VideoFolder)
    with pytest.raises(UsageError, match="no official splits"):
        open_data(str(tmp_path), 0, split="test", fold=2)
    with pytest.raises(UsageError, match="did you mean 'motion-digits'"):
        open_data("motion_digit", 8, split="test")
    with pytest.raises(UsageError, match="one of train, val, test"):
        open_data("motion-digits", 8, split="exam")
    with pytest.raises(VideoError, match="No video under"):
        open_data(str(tmp_path), 0, split="val")
