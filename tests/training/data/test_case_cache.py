import errno
import os
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from gliomanet.errors import CaseError
from gliomanet.models.case_input import load_case
from gliomanet.training.data import case_cache
from gliomanet.training.data.batches import load_cases
from gliomanet.training.data.case_cache import cached_case, digest_of_case

SHAPE = (32, 32, 32)


@pytest.fixture
def folder(cohort, tmp_path) -> Path:
    """A copy of a case, `<center>/<case>`."""
    return Path(shutil.copytree(cohort["folder"][0], tmp_path / "here" / "case-00"))


def cached(tmp_path, folder, modalities=("t1c", "t2"), shape=SHAPE):
    return cached_case(tmp_path / "cache", folder.name, folder, modalities, shape)


def files(tmp_path) -> list[Path]:
    return sorted((tmp_path / "cache").rglob("*.*"))


def test_mapped_cases_are_the_read_ones_bit_for_bit(cohort, tmp_path):
    labels = np.zeros((len(cohort), 1), np.int64)
    arguments = cohort, labels, ("t1c", "t2"), SHAPE
    read, mapped, again = (load_cases(*arguments, cache=cache)[0] for cache in (None, tmp_path, tmp_path))
    assert read.digest == mapped.digest == again.digest
    for one, other in zip(read.images, again.images, strict=True):
        assert (one.case_id, one.grid, one.spacing_mm) == (other.case_id, other.grid, other.spacing_mm)
        for name in ("image", "brain", "tumour", "available"):
            left, right = getattr(one, name), getattr(other, name)
            assert (left is None) == (right is None)
            np.testing.assert_array_equal(left, right)
            assert left is None or left.dtype == right.dtype
    assert [case.tumour is None for case in mapped.images].count(True) == 1
    for _ in range(2):
        whole, _ = load_cases(cohort[:1], labels[:1], ("t1c", "t2"), SHAPE, cache=tmp_path, view="whole")
        assert (whole.images[0].shrunk, mapped.images[0].shrunk) == (True, False)
    for part, same in zip(read[3, [3, 4, 5]], again[3, [3, 4, 5]], strict=True):
        assert np.array_equal(part, same)


def test_a_mapped_case_takes_no_memory_and_cannot_be_changed(tmp_path, folder):
    image = cached(tmp_path, folder)[0].image
    base = image
    while not isinstance(base, np.memmap) or isinstance(base.base, np.memmap):
        base = base.base
    assert Path(base.filename) == files(tmp_path)[0]
    with pytest.raises(ValueError, match="read-only"):
        image[0, 0, 0, 0] = 1


def test_a_case_is_read_once(tmp_path, folder, monkeypatch):
    first, digest = cached(tmp_path, folder)
    assert digest == digest_of_case(first)
    monkeypatch.setattr(case_cache, "load_case", lambda *_, **__: pytest.fail("read again"))
    assert cached(tmp_path, folder)[1] == digest
    assert [path.parent.relative_to(tmp_path / "cache") for path in files(tmp_path)] == [Path("here/case-00")]


def test_a_case_that_was_preprocessed_again_is_read_again_and_the_old_file_goes(tmp_path, folder):
    old, digest = cached(tmp_path, folder)
    before = files(tmp_path)
    other = cached(tmp_path, folder, shape=(32, 32, 64))  # other settings keep their own file
    volume = nib.load(folder / "t1c.nii.gz")
    nib.save(nib.Nifti1Image(2 * np.asarray(volume.dataobj), volume.affine), folder / "t1c.nii.gz")
    new, new_digest = cached(tmp_path, folder)
    assert new_digest != digest
    assert len(files(tmp_path)) == 2
    assert before[0] not in files(tmp_path)
    np.testing.assert_array_equal(new.image[0], 2 * old.image[0])  # the old map is still whole
    assert other[0].image.shape == (2, 32, 32, 64)


def test_results_seen_under_another_path_share_their_files(tmp_path, folder):
    digest = cached(tmp_path, folder)[1]
    before = files(tmp_path)
    mounted = Path(shutil.copytree(folder, tmp_path / "mounted" / "here" / "case-00"))
    for path in folder.iterdir():
        times = path.stat()
        os.utime(mounted / path.name, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert cached(tmp_path, mounted)[1] == digest
    assert files(tmp_path) == before


def test_the_settings_and_the_code_that_reads_have_files_of_their_own(tmp_path, folder, monkeypatch):
    cached(tmp_path, folder)
    assert cached(tmp_path, folder, modalities=("t2", "t1c"))[0].image.shape == (2, *SHAPE)
    monkeypatch.setattr(case_cache, "source_digest", lambda _: "another reader")
    cached(tmp_path, folder)
    assert len(files(tmp_path)) == 3


def test_the_first_writer_of_a_file_wins(tmp_path, folder, monkeypatch):
    def read_while_another_job_writes(*arguments, **settings):
        monkeypatch.undo()
        cached(tmp_path, folder)
        os.utime(files(tmp_path)[0], ns=(1, 1))
        return load_case(*arguments, **settings)

    monkeypatch.setattr(case_cache, "load_case", read_while_another_job_writes)
    cached(tmp_path, folder)
    assert [path.stat().st_mtime_ns for path in files(tmp_path)] == [1]


def test_a_file_system_without_links_does(tmp_path, folder, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    cached(tmp_path, folder)
    assert len(files(tmp_path)) == 1


def test_an_unreadable_case_is_refused_as_without_the_cache(tmp_path, folder):
    missing = folder.with_name("nobody")
    with pytest.raises(CaseError, match="case nobody: none of t1c, t2"):
        cached(tmp_path, missing)
    assert not files(tmp_path)


def test_a_full_disk_says_what_can_be_done(tmp_path, folder, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        OSError, match=r"case case-00 cannot be kept in the cache: .*case-00.*the disk is full .*compute.cache: fal"
    ):
        cached(tmp_path, folder)
    assert not files(tmp_path)


@pytest.mark.parametrize("spoil", ["cut", "empty", "another array", "one voxel"])
def test_a_damaged_file_is_set_aside_and_made_again(tmp_path, folder, capsys, spoil):
    _, digest = cached(tmp_path, folder)
    (path,) = files(tmp_path)
    content = path.read_bytes()
    if spoil == "another array":
        np.save(path, np.arange(5))
    else:
        place = len(content) // 3
        voxel = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        path.write_bytes({"cut": content[:2000], "empty": b"", "one voxel": voxel}[spoil])
    assert cached(tmp_path, folder)[1] == digest
    assert path.read_bytes() == content
    told = capsys.readouterr().out
    assert told.startswith(f"case case-00: {path} is damaged (")
    assert f"set aside as {path.name}.corrupt-1, and made again" in told
    assert path.with_name(f"{path.name}.corrupt-1").is_file()
