"""Opened uploads: images keep voxels and place and lose identity; a header that cannot be is refused by its own rule."""

import nibabel as nib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gliomanet.app.intake.identity import identities_in
from gliomanet.app.intake.limits import UploadError, UploadLimits
from gliomanet.app.intake.nifti import rewrite
from gliomanet.app.intake.take_in import take_in
from tests.app.intake.forms import changed, form, image, packed, sent
from tests.app.intake.opening import CONTENT, IDENTITY, LIMITS, QUIETLY, REAL, opened, refusal, taken_or_refused


@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize("pack", [True, False])
def test_an_image_keeps_voxels_and_place_and_loses_text(tmp_path, kind, pack):
    one = kind.from_bytes(image(kind=kind).to_bytes())
    taken = opened(tmp_path, [("t1c", "Ada.dcm", packed(one) if pack else one.to_bytes())])
    assert list(taken.images) == ["t1c"]
    assert taken.mask is None
    kept = nib.load(taken.images["t1c"])
    assert np.array_equal(np.asarray(kept.dataobj), np.asarray(one.dataobj))
    assert np.array_equal(kept.affine, one.affine)
    assert not kept.header.extensions
    assert identities_in(tmp_path / "case", IDENTITY) == {}
    assert sorted(path.name for path in (tmp_path / "case" / "input").iterdir()) == ["files"]


def test_the_search_for_identity_finds_what_is_there(tmp_path):
    (tmp_path / "a.gz").write_bytes(packed(image()))
    (tmp_path / "ID777.txt").write_text("x")
    assert identities_in(tmp_path, IDENTITY) == {
        "Testperson": ["a.gz"], "ID777": ["ID777.txt", "a.gz"], "19510203": ["a.gz"], "20190405": ["a.gz"],
    }  # fmt: skip


def test_a_further_call_finds_what_is_kept(tmp_path):
    first = opened(tmp_path, [("t1", "a", packed(image())), ("mask", "b", packed(image(seed=1)))])
    again = take_in(tmp_path / "case" / "input", LIMITS)
    assert again == first
    assert again.mask is not None


def test_an_opening_that_was_killed_begins_anew(tmp_path):
    folder = tmp_path / "case" / "input"
    sent(form([("t1", "a", packed(image()))]), folder / "upload", UploadLimits(spare_bytes=0))
    (folder / "opening" / "files").mkdir(parents=True)
    (folder / "opening" / "files" / "t2.nii").write_bytes(b"half")
    assert list(take_in(folder, LIMITS).images) == ["t1"]


def test_big_endian_files_are_taken(tmp_path):
    one = image()
    header = one.header.as_byteswapped(">")
    swapped = nib.Nifti1Image(np.asarray(one.dataobj).astype(">i2"), one.affine, header)
    kept = nib.load(opened(tmp_path, [("t1", "a", swapped.to_bytes())]).images["t1"])
    assert np.array_equal(np.asarray(kept.dataobj), np.asarray(one.dataobj))
    assert np.allclose(kept.affine, one.affine)
    assert kept.header.endianness == "<"


def test_a_fourth_axis_of_one_image_is_dropped(tmp_path):
    one = image((12, 13, 14, 1))
    kept = nib.load(opened(tmp_path, [("t1", "a", packed(one))]).images["t1"])
    assert np.array_equal(np.asarray(kept.dataobj), np.asarray(one.dataobj)[..., 0])


@pytest.mark.parametrize(("sform", "qform"), [(1, 1), (2, 1), (4, 1), (0, 1), (0, 0), (1, 0)])
def test_both_geometries_of_a_header_stay_as_they_are(tmp_path, sform, qform):
    """Programs choose differently between them: what is said of that is said where the case is checked."""
    one = image()
    one.set_sform(np.diag([2.0, 2, 2, 1]), sform, update_affine=False)
    one.set_qform(np.diag([-2.0, 2, 2, 1]), qform, update_affine=False)
    kept = nib.load(opened(tmp_path, [("t1", "a", one.to_bytes())]).images["t1"]).header
    for get in ("get_sform", "get_qform"):
        (given_affine, given_code), (affine, code) = (getattr(of, get)(coded=True) for of in (one.header, kept))
        assert given_code == code
        assert (affine is None and given_affine is None) or np.array_equal(affine, given_affine)


BROKEN_HEADERS = {
    "dimensions": (40, "<h", 0),
    "axis": (42, "<h", -3),
    "not_three_dimensions": (40, "<8h", 4, 12, 13, 7, 2, 1, 1, 1),
    "too_many_voxels": (42, "<h", 65),
    "voxel_type": (70, "<h", 128),
    "voxel_bits": (72, "<h", 32),
    "voxel_offset": (108, "<f", 1e9),
    "truncated": (42, "<3h", 30, 40, 40),
    "scaling": (112, "<f", float("inf")),
    "voxel_size": (80, "<f", float("nan")),
    "geometry": (280, "<f", float("nan")),
    "detached_pair": (344, "<4s", b"ni1\0"),
    "no_nifti": (344, "<4s", b"xxxx"),
    "extension": (352, "<i", 17),
}


@pytest.mark.parametrize("rule", BROKEN_HEADERS)
def test_a_header_that_contradicts_itself_is_refused(tmp_path, rule):
    at, how, *values = BROKEN_HEADERS[rule]
    assert refusal(tmp_path, [("t1", "a", changed(CONTENT, at, how, *values))]).problem.rule == rule


@pytest.mark.parametrize(
    ("rule", "at", "how", "values"),
    [
        ("voxel_type", 70, "<2h", (32, 64)),  # complex
        ("voxel_type", 70, "<2h", (1, 1)),  # bits
        ("voxel_offset", 108, "<f", (float("nan"),)),
        ("voxel_offset", 108, "<f", (20.0,)),
        ("voxel_size", 80, "<f", (0.0,)),
        ("geometry", 280, "<12f", (0.0,) * 12),
        ("dimensions", 40, "<h", (8,)),
    ],
)
def test_other_members_of_these_kinds(tmp_path, rule, at, how, values):
    assert refusal(tmp_path, [("t1", "a", changed(CONTENT, at, how, *values))]).problem.rule == rule


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    at=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=12),
    cut=st.integers(0, len(CONTENT)),
)
def test_no_header_does_more_than_be_refused(tmp_path, at, cut):
    content = bytearray(CONTENT)
    for place, value in at:
        content[place] = value
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(bytes(content)[:cut])
    target.unlink(missing_ok=True)
    try:
        rewrite(source, target, LIMITS, "t1")
    except UploadError:
        return
    assert target.stat().st_size <= len(CONTENT)


@QUIETLY
@given(content=st.binary(max_size=700), begin=st.sampled_from([b"", b"\x1f\x8b\x08", b"PK\x03\x04", b"\x5c\x01\0\0"]))
@pytest.mark.parametrize("part", ["t1", "dicom"])
def test_random_bytes_are_refused(tmp_path, part, content, begin):
    taken_or_refused(tmp_path, part, begin + content)


@pytest.mark.skipif(not REAL.is_dir(), reason="no real images beside the repository")
@pytest.mark.parametrize("name", ["t1", "t1c", "t2", "flair"])
def test_a_real_scan_is_kept_to_the_voxel(tmp_path, name):
    path = REAL / "TCGA-FG-6692/native" / f"{name}.nii.gz"
    kept = nib.load(opened(tmp_path, [(name, path.name, path.read_bytes())], UploadLimits()).images[name])
    given_image = nib.load(path)
    assert np.array_equal(np.asarray(kept.dataobj), np.asarray(given_image.dataobj))
    assert np.array_equal(kept.affine, given_image.affine)
