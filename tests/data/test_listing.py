"""Which videos lie in a folder, and what their names tell."""

import os

import pytest
from making import ucf101_like

from c3d_teach.data.listing import group_of, list_videos
from c3d_teach.errors import UsageError


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_a_folder_is_listed_by_name_with_the_class_of_each(tmp_path):
    touch(tmp_path, "b/2.MP4", "b/1.avi", "a/deep/3.mkv", "top.mov", "b/notes.txt", "b/none")
    touch(tmp_path, ".hidden/4.avi", "b/.5.avi")
    listing = list_videos(tmp_path)
    assert listing.kind == "folder" and listing.root == tmp_path
    assert [v.name for v in listing.videos] == ["a/deep/3.mkv", "b/1.avi", "b/2.MP4", "top.mov"]
    assert [v.label for v in listing.videos] == ["deep", "b", "b", ""]
    assert all(v.path == tmp_path / v.name and v.splits == () for v in listing.videos)
    assert [name for name, _ in listing.others] == ["b/none", "b/notes.txt"]
    assert "'.txt'" in listing.others[1][1]


def test_one_file_is_a_listing_of_one(tmp_path):
    touch(tmp_path, "v_Archery_g07_c02.avi")
    (only,) = list_videos(tmp_path / "v_Archery_g07_c02.avi").videos
    assert (only.name, only.label, only.group) == ("v_Archery_g07_c02.avi", "", "g07")
    with pytest.raises(UsageError, match="no file or folder"):
        list_videos(tmp_path / "none")


@pytest.mark.parametrize(
    ("name", "label", "group"),
    [
        ("v_HandStandPushups_g25_c04.avi", "HandstandPushups", "g25"),
        ("Brushing_my_hair_brush_hair_u_nm_np1_ba_goo_0.avi", "brush_hair", "Brushing_my_hair"),
        ("#437_How_To_Ride_A_Bike_ride_bike_f_cm_np1_le_med_0.avi", "ride_bike", None),
        ("holiday.mp4", "sea", ""),
        ("v_g07_c02.avi", "x", ""),
    ],
)
def test_names_tell_the_group(name, label, group):
    assert group_of(name, label) == ("#437_How_To_Ride_A_Bike" if group is None else group)


def test_ucf101_is_recognised_with_its_splits(tmp_path):
    root = ucf101_like(tmp_path, videos=False)
    touch(root, "UCF-101/Archery/v_Archery_g01_c01.mp4", "UCF-101/Archery/v_Archery_g04_c01.mp4")
    touch(root, "UCF-101/Archery/v_Archery_g99_c01.mp4")
    for start in (root, root / "UCF-101"):
        listing = list_videos(start)
        assert listing.kind == "ucf101" and listing.others == ()
        assert [v.splits for v in listing.videos] == [("test",), ("train",), ("",)]


@pytest.mark.parametrize("folder", ["testTrainMulti_7030_splits", "test_train_splits"])
def test_hmdb51_is_recognised_with_its_splits(tmp_path, folder):
    touch(tmp_path, *(f"hmdb51_org/wave/x_wave_f_cm_np1_ba_med_{k}.avi" for k in range(3)))
    (tmp_path / folder).mkdir()
    for split, codes in ((1, "120"), (3, "012")):
        lines = (f"x_wave_f_cm_np1_ba_med_{k}.avi {code} \n" for k, code in enumerate(codes))
        (tmp_path / folder / f"wave_test_split{split}.txt").write_text("".join(lines))
    listing = list_videos(tmp_path)
    assert listing.kind == "hmdb51"
    assert [v.splits for v in listing.videos] == [
        ("train", "", ""),
        ("test", "", "train"),
        ("", "", "test"),
    ]
    assert {v.group for v in listing.videos} == {"x"}


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_links_are_followed_but_not_in_circles(tmp_path):
    touch(tmp_path, "far/1.mp4", "data/a/2.mp4")
    (tmp_path / "data" / "b").symlink_to(tmp_path / "far")
    (tmp_path / "data" / "a" / "up").symlink_to(tmp_path / "data")
    (tmp_path / "data" / "gone.mp4").symlink_to(tmp_path / "nowhere")
    listing = list_videos(tmp_path / "data")
    (tmp_path / "data" / "A").symlink_to(tmp_path / "data" / "a")
    again = list_videos(tmp_path / "data")
    assert [v.name for v in again.videos] == ["A/2.mp4", "a/2.mp4", "b/1.mp4"]
    assert [v.name for v in listing.videos] == ["a/2.mp4", "b/1.mp4"]
    assert listing.others == (("gone.mp4", "it is a link that leads nowhere"),)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("classInd.txt", "one Archery\n", "'1 ApplyEyeMakeup'"),
        ("classInd.txt", "1 Archery\n3 YoYo\n", "does not number"),
        ("classInd.txt", "1 Archery\n2 Archery\n", "a second time"),
        ("trainlist01.txt", "v_Archery_g03_c01.avi 2\n", "'CLASS/VIDEO.avi'"),
        ("trainlist01.txt", "Golf/v_Golf_g03_c01.avi 2\n", "'Golf', which classInd.txt lacks"),
        ("trainlist01.txt", "Archery/v_Archery_g03_c01.avi 3\n", "gives it another"),
        ("testlist01.txt", "Archery/a.avi\nArchery/a.avi\n", "twice in one split"),
    ],
)
def test_split_files_that_cannot_be_right_get_one_sentence(tmp_path, file, text, said):
    root = ucf101_like(tmp_path, videos=False)
    (root / "ucfTrainTestlist" / file).write_text(text)
    with pytest.raises(UsageError, match=said) as refusal:
        list_videos(root)
    assert "\n" not in str(refusal.value)


def test_a_folder_without_splits_in_its_lists_is_refused(tmp_path):
    (tmp_path / "testTrainMulti_7030_splits").mkdir()
    with pytest.raises(UsageError, match="holds no splits"):
        list_videos(tmp_path)
