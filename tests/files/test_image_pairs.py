"""The other file of an image that two files hold."""

import pytest

from gliomanet.files.image_pairs import other_half


@pytest.mark.parametrize(
    ("named", "beside"),
    [("a.hdr", "a.img"), ("a.img", "a.hdr"), ("a.HDR", "a.IMG"), ("a.hdr", "a.img.gz"), ("a.b.img.GZ", "a.b.hdr")],
)
def test_the_other_half_of_a_pair_is_found_beside_it(named, beside, tmp_path):
    for name in (named, beside, "b.img", "b.hdr", "A.hdr"):
        (tmp_path / name).touch()
    assert other_half(tmp_path / named) == tmp_path / beside


@pytest.mark.parametrize("named", ["a.nii", "a.nii.gz", "a.hdr", "gone/a.hdr", "a"])
def test_what_is_no_half_or_has_no_other_one(named, tmp_path):
    (tmp_path / "b.img").touch()
    assert other_half(tmp_path / named) is None
