"""A disk that fails is told apart from a file that is wrong, with path, need and what to do."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pandas as pd
import pytest

from gliomanet.files import storage
from gliomanet.files.atomic import write_atomically, write_once
from gliomanet.files.storage import StorageError, free_bytes, nearly_full, raise_if_of_the_machine, refuse_where_full
from gliomanet.tables.io import write_table


@pytest.fixture
def refuses(monkeypatch):
    """Make the disk refuse whatever is put on it, with one error."""

    def refuse(number: int) -> None:
        def fails(_descriptor: int) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "fsync", fails)

    return refuse


@pytest.mark.parametrize(
    ("number", "rule"),
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EROFS, "not_writable"),
        (errno.EACCES, "not_writable"),
        (errno.EIO, "disk_failed"),
        (errno.ESTALE, "disk_failed"),
    ],
)
@pytest.mark.parametrize("write", [write_atomically, write_once])
def test_an_error_of_the_disk_names_the_file_and_what_to_do(tmp_path, refuses, write, number, rule):
    (tmp_path / "file").write_bytes(b"old")
    refuses(number)
    with pytest.raises(StorageError) as caught:
        write(tmp_path / "file", b"new" * 1_000_000)
    problem = caught.value.problem
    assert (problem.rule, problem.file) == (rule, str(tmp_path / "file"))
    assert problem.action
    assert ("3.0 MB to write" in problem.found) == (rule == "disk_full")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


@pytest.mark.parametrize("name", ["t.tsv", "t.tsv.gz"])
def test_a_table_that_does_not_fit_leaves_the_old_one(tmp_path, refuses, name):
    write_table(pd.DataFrame({"a": [1]}), tmp_path / name)
    old = (tmp_path / name).read_bytes()
    refuses(errno.ENOSPC)
    with pytest.raises(StorageError):
        write_table(pd.DataFrame({"a": range(1000)}), tmp_path / name)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [(name, old)]


def test_an_error_of_another_kind_stays_as_it_is(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError) as caught:
        write_atomically(tmp_path / "file" / "below", b"")
    assert caught.value.errno in (errno.ENOTDIR, errno.EEXIST)


def test_an_error_of_reading_is_the_machines_or_the_files():
    with pytest.raises(StorageError) as caught:
        raise_if_of_the_machine(OSError(errno.ESTALE, "Stale file handle"), Path("t1.nii.gz"))
    assert (caught.value.problem.rule, caught.value.problem.file) == ("disk_failed", "t1.nii.gz")
    raise_if_of_the_machine(OSError(errno.EINVAL, "Invalid argument"), Path("t1.nii.gz"))


def test_a_full_disk_is_the_one_that_holds_the_folder(tmp_path, monkeypatch):
    assert free_bytes(tmp_path / "not" / "made") > 0
    monkeypatch.setattr(storage, "free_bytes", lambda folder: 1000 if folder == tmp_path else 10**9)
    assert nearly_full(Path("/")) is None
    with pytest.raises(StorageError) as caught:
        refuse_where_full(Path("/"), tmp_path)
    assert (caught.value.problem.rule, caught.value.problem.file) == ("disk_full", str(tmp_path))


def test_a_full_folder_of_temporary_files_is_told_as_such(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(storage, "free_bytes", lambda folder: 1000 if folder == tmp_path else 10**9)
    problem = nearly_full(Path("/"))
    assert problem is not None
    assert "TMPDIR" in problem.action
