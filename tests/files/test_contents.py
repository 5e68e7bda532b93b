import os
import shutil
import subprocess

import pytest

from gliomanet.files.contents import write_contents


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "case/deep").mkdir(parents=True)
    (tmp_path / "case/b.nii.gz").write_bytes(b"image")
    (tmp_path / "case/deep/a.json").write_bytes(b"{}")
    return tmp_path / "case"


def test_a_copy_with_other_dates_has_the_same_list(folder, tmp_path):
    write_contents(folder, tmp_path / "first.txt")
    shutil.copytree(folder, tmp_path / "copy", copy_function=shutil.copyfile)
    os.utime(tmp_path / "copy/b.nii.gz", (1, 1))
    (tmp_path / "copy/.snakemake_timestamp").touch()  # Snakemake's own, in folders that jobs leave
    write_contents(tmp_path / "copy", tmp_path / "second.txt")
    assert (tmp_path / "second.txt").read_bytes() == (tmp_path / "first.txt").read_bytes()


@pytest.mark.parametrize("change", ["content", "name", "new file"])
def test_a_change_of_any_file_is_another_list(folder, tmp_path, change):
    write_contents(folder, tmp_path / "first.txt")
    if change == "content":
        (folder / "deep/a.json").write_bytes(b"[]")
    elif change == "name":
        (folder / "b.nii.gz").rename(folder / "c.nii.gz")
    else:
        (folder / "empty").touch()
    write_contents(folder, tmp_path / "second.txt")
    assert (tmp_path / "second.txt").read_bytes() != (tmp_path / "first.txt").read_bytes()


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum on this machine")
def test_sha256sum_reads_it(folder, tmp_path):
    write_contents(folder, tmp_path / "list.txt")
    checked = subprocess.run(
        ["sha256sum", "--check", str(tmp_path / "list.txt")], cwd=folder, capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
