"""Files known by their content: any name, any compression; every other file is one case's error."""

import bz2
import gzip
import lzma
import os

import nibabel as nib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gliomanet.errors import CaseError
from gliomanet.imaging.reading import read_mask, read_modality
from tests.imaging.headers import AFFINE, content, image, mark, write

PLAIN = content(image())
GOOD = gzip.compress(PLAIN, mtime=0)
DAMAGED = bytearray(gzip.compress(PLAIN, compresslevel=0, mtime=0))  # stored: a flipped bit could be read
DAMAGED[len(DAMAGED) // 2] ^= 0x40

READABLE = {
    "T1C.NII.GZ": GOOD,
    "t1c.nii.GZ": GOOD,
    "t1c": GOOD,
    "t1c.nii": GOOD,
    "plain.nii.gz": PLAIN,
    "t1c.nii.bz2": bz2.compress(PLAIN),
    "bzip2.nii.gz": bz2.compress(PLAIN),
    "t1c.nii.xz": lzma.compress(PLAIN),
    "two members.nii.gz": gzip.compress(PLAIN[:2000]) + gzip.compress(PLAIN[2000:]),
    "many members.nii.gz": b"".join(gzip.compress(PLAIN[at : at + 100]) for at in range(0, len(PLAIN), 100)),
    "zeros between.nii.gz": gzip.compress(PLAIN[:2000]) + bytes(64) + gzip.compress(PLAIN[2000:]),
    "padded.nii.gz": GOOD + bytes(512),
    "padded.nii": PLAIN + bytes(4096),
    "Süd 1 (2).nii.gz": GOOD,
}
NOTED = {
    "twice.nii.gz": (gzip.compress(GOOD), "note", "compressed_twice"),
    "garbage.nii.gz": (GOOD + b"garbage " * 64, "warning", "bytes_after_the_end"),
    "zeros and garbage.nii.gz": (GOOD + bytes(512) + b"x", "warning", "bytes_after_the_end"),
    "garbage.nii": (PLAIN + b"end of file", "warning", "bytes_after_the_end"),
    "infinite scale.nii": (content(image(), fields={"scl_slope": np.inf}), "warning", "scaling_ignored"),
}
UNREADABLE = {
    "flipped bit.nii.gz": (bytes(DAMAGED), "unreadable_file", "checksum"),
    "FLIPPED BIT.NII.GZ": (bytes(DAMAGED), "unreadable_file", "checksum"),
    "cut.nii.gz": (GOOD[: len(GOOD) // 2], "unreadable_file", "cut off"),
    "second member cut.nii.gz": (GOOD + GOOD[:-3], "unreadable_file", "cut off"),
    "cut.nii": (PLAIN[:-100], "unreadable_file", "cut off"),
    "empty.nii.gz": (b"", "unreadable_file", "empty"),
    "too often.nii.gz": (gzip.compress(gzip.compress(gzip.compress(GOOD))), "unreadable_file", "more than 3 times"),
    "page.nii.gz": (b"<!DOCTYPE html><html><body>Login</body></html>", "unreadable_file", "web page"),
    "lfs.nii.gz": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "content_not_fetched", "Git LFS"),
    "annex.nii.gz": (b"/annex/objects/MD5E-s1--0.nii.gz\n", "content_not_fetched", "git-annex"),
    "zstandard.nii.gz": (b"\x28\xb5\x2f\xfd" + GOOD, "unreadable_file", "zstandard"),
    "archive.nii.gz": (b"PK\x03\x04" + GOOD, "unreadable_file", "ZIP"),
    "image.nrrd": (b"NRRD0004\ntype: short\n" + PLAIN, "unreadable_file", "NRRD"),
    "image.dcm": (bytes(128) + b"DICM" + PLAIN, "unreadable_file", "DICOM"),
    "analyze.hdr": (content(image(), fields={"magic": b""}), "unreadable_file", "Analyze"),
    "table.nii": (b"case_id,t1\n" * 200, "unreadable_file", "no NIfTI header"),
    "huge.nii": (content(image(), fields={"dim": [3, 30000, 30000, 30000, 1, 1, 1, 1]}), "unreadable_file", "cut off"),
    "more voxels.nii": (content(image(), fields={("dim", 3): 5}), "unreadable_file", "more than"),
    "negative size.nii": (content(image(), fields={("dim", 2): -14}), "not_three_dimensional", "-14"),
    "one axis too few.nii": (content(image(), fields={("dim", 0): 2}), "not_three_dimensional", "12 x 14"),
    "offset of no number.nii": (content(image(), fields={"vox_offset": np.nan}), "unreadable_file", "NaN"),
    "bits.nii": (content(image(), fields={"bitpix": 32}), "unreadable_file", "32 bits"),
    "colours.nii": (content(image(), fields={"datatype": 128, "bitpix": 24}), "voxel_type", "RGB"),
    "no intercept.nii": (content(image(), fields={"scl_inter": np.nan}), "unreadable_file", "intercept"),
    "overflow.nii": (content(image(), fields={"scl_slope": 1e37}), "not_finite", "float32"),
}


def read(path):
    return read_modality(path, "P-7", "t1c")


@pytest.mark.parametrize("name", READABLE)
def test_a_file_is_read_by_its_content_whatever_its_name(name, tmp_path):
    (tmp_path / name).write_bytes(READABLE[name])
    modality = read(tmp_path / name)
    np.testing.assert_array_equal(modality.volume.array, image())
    assert modality.notes == ()


@pytest.mark.parametrize("name", NOTED)
def test_a_file_that_is_read_with_a_word(name, tmp_path):
    bytes_of_file, severity, rule = NOTED[name]
    (tmp_path / name).write_bytes(bytes_of_file)
    modality = read(tmp_path / name)
    np.testing.assert_array_equal(modality.volume.array, image())
    assert [(note.severity, note.rule) for note in modality.notes] == [(severity, rule)]
    assert modality.notes[0].action


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(name, tmp_path):
    bytes_of_file, rule, reason = UNREADABLE[name]
    (tmp_path / name).write_bytes(bytes_of_file)
    with pytest.raises(CaseError) as caught:
        read(tmp_path / name)
    problem = caught.value.problem
    assert (problem.rule, problem.file, problem.case) == (rule, str(tmp_path / name), "P-7")
    assert reason in problem.found
    assert problem.action


def _folder(path):
    path.mkdir()


def _broken_link(path):
    path.symlink_to("gone.nii.gz")


def _annex_link(path):
    path.symlink_to("../.git/annex/objects/0/0/image.nii.gz")


@pytest.mark.parametrize(
    ("make", "rule", "reason"),
    [
        (lambda path: None, "missing_file", "does not exist"),
        (_folder, "missing_file", "folder"),
        (_broken_link, "missing_file", "gone.nii.gz"),
        (_annex_link, "content_not_fetched", "git-annex"),
        (os.mkfifo, "missing_file", "no regular file"),
        (lambda path: path.symlink_to(path.name), "unreadable_file", "symbolic links"),
    ],
)
def test_a_path_that_leads_to_no_file(make, rule, reason, tmp_path):
    path = tmp_path / "t1c.nii.gz"
    make(path)
    with pytest.raises(CaseError) as caught:
        read(path)
    assert caught.value.problem.rule == rule
    assert reason in caught.value.problem.found


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = write(tmp_path / "t1c.nii", image())

    def refused(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(type(path), "read_bytes", refused)
    with pytest.raises(CaseError) as caught:
        read(path)
    assert "permission denied" in caught.value.problem.found


def test_voxels_without_an_offset_follow_the_header(tmp_path):
    path = write(tmp_path / "t1c.nii", image(), fields={"vox_offset": 0})
    np.testing.assert_array_equal(read(path).volume.array, image())


@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image, nib.MGHImage])
@pytest.mark.parametrize("order", ["<", ">"])
def test_other_versions_and_byte_orders(kind, order, tmp_path):
    header = None if kind is nib.MGHImage else kind.header_class(endianness=order)
    made = kind(image().astype(np.int32), AFFINE, header)
    (tmp_path / "t1c.nii").write_bytes(made.to_bytes())
    np.testing.assert_array_equal(read(tmp_path / "t1c.nii").volume.array, image())


@pytest.mark.parametrize("named", [".hdr", ".img", ".HDR", ".IMG"])
def test_a_pair_of_files_is_read_by_either_name(named, tmp_path):
    nib.save(nib.Nifti1Pair(image(), AFFINE), tmp_path / "t1c.hdr")
    if named.isupper():
        (tmp_path / "t1c.hdr").rename(tmp_path / "t1c.HDR")
        (tmp_path / "t1c.img").rename(tmp_path / "t1c.IMG")
    np.testing.assert_array_equal(read(tmp_path / f"t1c{named}").volume.array, image())


def test_half_a_pair_is_no_image(tmp_path):
    nib.save(nib.Nifti1Pair(image(), AFFINE), tmp_path / "t1c.hdr")
    (tmp_path / "t1c.img").unlink()
    with pytest.raises(CaseError) as caught:
        read(tmp_path / "t1c.hdr")
    assert caught.value.problem.rule == "missing_file"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_to_a_compressed_file_is_an_error_or_changes_no_voxel(data, tmp_path):
    damaged = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    kept = damaged[: data.draw(st.integers(0, len(damaged)) | st.just(len(damaged)))]
    path = tmp_path / "t1c.nii.gz"
    path.write_bytes(kept)
    try:
        modality = read(path)
    except CaseError:
        return
    np.testing.assert_array_equal(modality.volume.array, image())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), masked=st.booleans())
def test_any_damage_to_a_header_ends_in_an_image_or_in_an_error_of_its_case(data, masked, tmp_path):
    damaged = bytearray(content(mark()) if masked else PLAIN)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, 347))] = data.draw(st.integers(0, 255))
    path = tmp_path / "t1c.nii"
    path.write_bytes(damaged)
    grids = {"t1c": read(write(tmp_path / "good.nii", image())).volume.grid}
    try:
        found = read_mask(path, "P-7", "tumour_mask", grids)[0] if masked else read(path).volume
    except CaseError:
        return
    assert found.array.ndim == 3
