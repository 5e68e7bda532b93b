"""A file's digest is of its bytes, and of both halves of an image that two files hold."""

from __future__ import annotations

import hashlib

from gliomanet.files.digests import file_digest


def test_name_and_place_do_not_count_and_bytes_do(tmp_path):
    (tmp_path / "a.nii").write_bytes(b"1234")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/b.nii").write_bytes(b"1234")
    (tmp_path / "c.nii").write_bytes(b"1235")
    assert file_digest(tmp_path / "a.nii") == hashlib.blake2b(b"1234", digest_size=16).hexdigest()
    assert (
        file_digest(tmp_path / "a.nii") == file_digest(tmp_path / "elsewhere/b.nii") != file_digest(tmp_path / "c.nii")
    )


def test_either_half_of_a_pair_stands_for_both(tmp_path):
    (tmp_path / "a.hdr").write_bytes(b"head")
    (tmp_path / "a.img").write_bytes(b"voxels")
    before = file_digest(tmp_path / "a.hdr")
    assert before == file_digest(tmp_path / "a.img")
    (tmp_path / "a.img").write_bytes(b"other!")
    assert file_digest(tmp_path / "a.hdr") != before
