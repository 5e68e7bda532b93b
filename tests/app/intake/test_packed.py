"""Packed uploads: gzip and zip, as honest senders make them and as others do."""

import bz2
import gzip
import io
import os
import struct
import zipfile
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gliomanet.app.intake.identity import identities_in
from gliomanet.app.intake.inflate import inflate
from gliomanet.app.intake.limits import TooLargeError, UploadLimits
from gliomanet.app.intake.take_in import take_in
from tests.app.intake.forms import archive, form, image, packed, sent
from tests.app.intake.opening import (
    CHANGES,
    CONTENT,
    IDENTITY,
    LIMITS,
    QUIETLY,
    opened,
    refusal,
    spoilt,
    taken_or_refused,
)


def flipped(content):
    """One bit of stored voxels turned, which only the checksum tells."""
    return content[: len(content) // 2] + bytes([content[len(content) // 2] ^ 0x40]) + content[len(content) // 2 + 1 :]


@QUIETLY
@given(changes=CHANGES, cut=st.sampled_from([1, 1, 1, 0.99, 0.5, 0.01]))
def test_no_damaged_gzip_does_more_than_be_refused(tmp_path, changes, cut):
    taken_or_refused(tmp_path, "t1", spoilt(packed(image((6, 6, 6))), changes, cut))


@QUIETLY
@given(changes=CHANGES, cut=st.sampled_from([1, 1, 1, 0.99, 0.5, 0.01]))
def test_no_damaged_archive_does_more_than_be_refused(tmp_path, changes, cut):
    small = image((4, 4, 4)).to_bytes()
    members = [("P/a_t1.nii", small), ("P/b_t2.nii.gz", gzip.compress(small)), ("P/IM1", b"x")]
    taken_or_refused(tmp_path, "dicom", spoilt(archive(members), changes, cut))


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (gzip.compress(bytes(3 * 2**20)), "ratio"),
        (gzip.compress(os.urandom(3 * 2**20), 1), "inflates_too_far"),
        (b"".join(gzip.compress(os.urandom(2**19), 1) for _ in range(5)), "inflates_too_far"),
        (packed(image())[:-20], "broken_gzip"),
        (flipped(gzip.compress(CONTENT, 0)), "broken_gzip"),
        (bz2.compress(CONTENT), "no_nifti"),
        (b"\x28\xb5\x2f\xfd" + packed(image()), "no_nifti"),
        (b"<!DOCTYPE html><html><body>Login</body></html>", "no_nifti"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n", "no_nifti"),
        (gzip.compress(CONTENT[: len(CONTENT) // 2]), "truncated"),
        (packed(image()) + b"more", "broken_gzip"),
        (b"\x1f\x8b" + bytes(200), "broken_gzip"),
        (gzip.compress(packed(image())), "no_nifti"),
        (b"", "no_nifti"),
        (b"MZ" + bytes(500), "no_nifti"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "no_nifti"),
        (archive([("a_t1.nii", CONTENT)]), "no_nifti"),
        (bytes(128) + b"DICM" + bytes(200), "no_nifti"),
    ],
)
def test_files_in_the_place_of_an_image_are_refused(tmp_path, content, rule):
    error = refusal(tmp_path, [("t1", "a.nii.gz", content)])
    assert error.problem.rule == rule
    assert isinstance(error, TooLargeError) is (rule in ("ratio", "inflates_too_far"))


def test_a_bomb_of_a_gigabyte_is_stopped_early(tmp_path):
    packing, bomb = zlib.compressobj(9, wbits=31), b""
    for _ in range(1024):
        bomb += packing.compress(bytes(2**20))
    bomb += packing.flush()
    folder = tmp_path / "case" / "input"
    sent(form([("t1", "a", bomb)]), folder / "upload", UploadLimits(spare_bytes=0), piece=2**16)
    with pytest.raises(TooLargeError):
        inflate(next((folder / "upload").iterdir()), tmp_path / "plain", UploadLimits(), "t1")
    assert (tmp_path / "plain").stat().st_size <= UploadLimits().free_of_ratio + 2**21
    with pytest.raises(TooLargeError):
        take_in(folder, UploadLimits())
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_no_more_members_of_gzip_are_unpacked_than_a_packer_makes(tmp_path):
    content = b"".join(gzip.compress(CONTENT[at : at + 100]) for at in range(0, len(CONTENT), 100))
    assert opened(tmp_path, [("t1", "a", content)]).images
    tight = replace(LIMITS, gzip_members=10)
    assert refusal(tmp_path / "more", [("t1", "a", content)], tight).problem.rule == "too_many_members"


@pytest.mark.parametrize(("part", "content"), [("t1", packed(image())), ("dicom", archive([("a_t1.nii", CONTENT)]))])
def test_nothing_is_unpacked_to_a_disk_without_room(tmp_path, part, content):
    tight = replace(LIMITS, spare_bytes=2**60)
    assert refusal(tmp_path, [(part, "a", content)], tight).problem.rule == "disk_full"


def test_zeros_behind_the_end_of_gzip_are_padding(tmp_path):
    assert opened(tmp_path, [("t1", "a", packed(image()) + bytes(600))]).images


def info(name, **values):
    one = zipfile.ZipInfo(name)
    for key, value in values.items():
        setattr(one, key, value)
    return one


def overlapping():
    """Two names in the table for one member's bytes."""
    content = bytearray(archive([("aa_t1.nii", CONTENT), ("bb_t2.nii", CONTENT)], compression=zipfile.ZIP_STORED))
    second = content.rfind(b"PK\x01\x02")
    struct.pack_into("<I", content, second + 42, 0)
    return bytes(content).replace(b"bb_t2.nii", b"aa_t1.nix")


def encrypted():
    content = bytearray(archive([("a_t1.nii", CONTENT)]))
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def lying():
    """A member that says it has fewer bytes than it unpacks to."""
    content = bytearray(archive([("a_t1.nii", CONTENT)]))
    struct.pack_into("<I", content, content.rfind(b"PK\x01\x02") + 24, 100)
    return bytes(content)


def of_64_bits():
    """A table of a gigabyte, told of in the record of 64 bits only."""
    content = archive([("a_t1.nii", CONTENT)])
    at = content.rfind(b"PK\x05\x06")
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 2**30, 0)
    return content[:at] + record + struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1) + content[at:]


def of_64_bits_with_many():
    content = of_64_bits()
    at = content.rfind(b"PK\x06\x06")
    return content[: at + 32] + struct.pack("<Q", 2**40) + content[at + 40 :]


ARCHIVES = {
    "bad_member_name": [("../a_t1.nii", CONTENT)],
    "member_twice": [("A_T1.nii", CONTENT), ("a_t1.nii", CONTENT)],
    "special_member": [(info("a_t1.nii", external_attr=0o120777 << 16), b"/etc/passwd")],
    "nested_archive": [("more.zip", archive([("a_t1.nii", CONTENT)]))],
    "ratio": [("a_t1.nii", bytes(2**20))],
    "inflates_too_far": [("a_t1.nii", bytes(3 * 2**20))],
    "too_many_files": [(f"IM{number}", b"x") for number in range(41)],
    "two_files_for_one": [("a_t1.nii", CONTENT), ("b_t1.nii", CONTENT)],
    "no_image": [("read me.txt", b"hello"), ("IM1", b"x")],
}


@pytest.mark.parametrize("rule", ARCHIVES)
def test_an_archive_that_no_honest_sender_makes_is_refused(tmp_path, rule):
    assert refusal(tmp_path, [("dicom", "a.zip", archive(ARCHIVES[rule]))]).problem.rule == rule


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (overlapping(), "members_overlap"),
        (encrypted(), "encrypted_archive"),
        (lying(), "broken_archive"),
        (of_64_bits(), "archive_table"),
        (of_64_bits_with_many(), "too_many_files"),
        (archive([("a_t1.nii", CONTENT)], compression=zipfile.ZIP_LZMA), "zip_method"),
        (archive([("a_t1.nii", CONTENT)])[:-40], "broken_archive"),
        (archive([(f"{n}_t1.nii", os.urandom(2**20)) for n in range(4)]), "archive_too_large"),
    ],
)
def test_a_damaged_or_lying_archive_is_refused(tmp_path, content, rule):
    assert refusal(tmp_path, [("dicom", "a.zip", content)]).problem.rule == rule


@pytest.mark.parametrize(
    "name",
    ["/etc/a_t1.nii", "a\\b_t1.nii", "C:a_t1.nii", "x/../../a_t1.nii", "con/a_t1.nii", "nul.nii", "a\x01_t1.nii"],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as out:
        one = info("x")
        one.filename = name
        out.writestr(one, CONTENT)
    assert refusal(tmp_path, [("dicom", "a.zip", written.getvalue())]).problem.rule == "bad_member_name"


def test_an_archive_of_nifti_files_is_read_by_their_names(tmp_path):
    members = [("P/", b""), ("P/P_t1ce.nii.gz", packed(image())), ("P/P_seg.nii.gz", packed(image(seed=1)))]
    members += [("__MACOSX/P/._P_t1ce.nii.gz", b"junk"), ("P/notes.txt", b"Ada Testperson")]
    taken = opened(tmp_path, [("dicom", "Ada.zip", archive(members))])
    assert list(taken.images) == ["t1c"]
    assert taken.mask is not None
    assert len(taken.notes) == 1
    assert identities_in(tmp_path / "case", IDENTITY) == {}
