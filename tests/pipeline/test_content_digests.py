"""Files known by what they hold: replaced ones with an old date, touched ones, and a cache that may be lost."""

from __future__ import annotations

import json
import os
import shutil
import time

import pytest

from gliomanet.pipeline import content_digests
from gliomanet.pipeline.content_digests import ContentDigests, content_of, digest_of_all, files_below

LONG_AGO = 1_600_000_000


@pytest.fixture
def image(tmp_path, monkeypatch):
    """A file that no later write shares its time with."""
    monkeypatch.setattr(content_digests, "SETTLED_NS", -(10**18))
    path = tmp_path / "t1.nii.gz"
    path.write_bytes(b"first")
    return path


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "results/cache/contents.json"


@pytest.fixture
def reads(monkeypatch):
    """Paths of the files that were read whole."""
    seen: list[str] = []
    read = content_digests._read

    def counted(path):
        seen.append(path)
        return read(path)

    monkeypatch.setattr(content_digests, "_read", counted)
    return seen


def digest(cache, path):
    return ContentDigests(cache).of([path])[str(path)]


def test_a_file_is_read_once(image, cache, reads):
    first = digest(cache, image)
    assert first == digest(cache, image)
    assert len(first) == 32
    assert reads == [str(image)]


def test_a_touched_file_is_read_again_and_the_same(image, cache, reads):
    first = digest(cache, image)
    os.utime(image)
    assert digest(cache, image) == first
    assert len(reads) == 2


@pytest.mark.parametrize("way", ["replaced", "written over"])
def test_another_content_of_the_same_size_and_an_older_date_is_another_file(image, cache, way, tmp_path):
    first = digest(cache, image)
    stat = image.stat()
    other = tmp_path / "other"
    other.write_bytes(b"other")
    if way == "replaced":
        os.utime(other, (LONG_AGO, LONG_AGO))
        other.replace(image)
    else:  # in place, and its own time put back: the change's time cannot be
        shutil.copyfile(other, image)
        os.utime(image, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert digest(cache, image) != first


def test_a_copy_is_the_same_content_under_another_name(image, cache, tmp_path):
    copy = tmp_path / "copy.nii.gz"
    shutil.copy(image, copy)
    digests = ContentDigests(cache).of([image, copy])
    assert content_of({"t1": str(image), "t2": str(copy)}, digests)["t1"] == digests[str(copy)]


def test_a_missing_file_has_no_digest(image, cache, tmp_path):
    assert digest(cache, tmp_path / "absent") == ""


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"a": 1}', b'{"a": [[1, 2], "x"]}', b"\xff\xfe"])
def test_a_broken_cache_is_made_again(image, cache, content, reads):
    first = digest(cache, image)
    cache.write_bytes(content)
    assert digest(cache, image) == first
    assert digest(cache, image) == first
    assert len(reads) == 2


def test_what_another_run_has_read_is_kept(image, cache, tmp_path):
    mine, other = ContentDigests(cache), tmp_path / "other"
    other.write_bytes(b"of another run")
    ContentDigests(cache).of([other])
    mine.of([image])
    assert set(json.loads(cache.read_text())) == {str(image), str(other)}


def test_a_job_looks_up_and_reads_nothing(image, cache, reads):
    assert ContentDigests(cache, reads=False).of([image]) == {str(image): ""}
    assert not cache.exists()
    first = digest(cache, image)
    assert ContentDigests(cache, reads=False).of([image]) == {str(image): first}
    assert len(reads) == 1


def test_a_file_that_has_just_been_written_is_read_again_but_not_by_jobs(tmp_path, cache, reads):
    path = tmp_path / "new"
    path.write_bytes(b"new")
    first = digest(cache, path)
    assert first == digest(cache, path)
    assert len(reads) == 2
    assert ContentDigests(cache, reads=False).of([path]) == {str(path): first}
    assert len(reads) == 2


def test_a_folder_is_known_by_the_names_and_contents_of_its_files(tmp_path):
    (tmp_path / "series").mkdir()
    (tmp_path / "series/1.dcm").write_bytes(b"one")

    def digest() -> str:
        files = files_below(tmp_path)
        return digest_of_all(content_of(files, ContentDigests(tmp_path.with_suffix(".json")).of(files.values())))

    before = digest()
    assert list(files_below(tmp_path)) == ["series/1.dcm"]
    (tmp_path / "series/1.dcm").touch()
    assert digest() == before
    (tmp_path / "series/1.dcm").write_bytes(b"two")
    assert digest() != before
    assert files_below(tmp_path / "nowhere") == {}


@pytest.mark.parametrize("named", ["t2.hdr", "t2.img"])
def test_an_image_in_two_files_is_another_one_when_either_is_replaced(named, image, cache, tmp_path):
    for suffix in (".hdr", ".img"):
        (tmp_path / f"t2{suffix}").write_bytes(b"first")
    path = str(tmp_path / named)
    seen = [ContentDigests(cache).of([path])[path]]
    for suffix in (".hdr", ".img"):
        (tmp_path / f"t2{suffix}").write_bytes(b"second")
        seen.append(ContentDigests(cache).of([path])[path])
    assert len(set(seen)) == 3
    (tmp_path / named).unlink()
    assert ContentDigests(cache).of([path]) == {path: ""}


@pytest.mark.parametrize("hours", [-24 * 365, -1, 1, 24 * 365], ids="{} h".format)
def test_a_wrong_clock_hides_no_change(tmp_path, cache, reads, hours):
    """Files dated in the past or the future, as of a machine whose clock is off: what they hold decides."""
    image = tmp_path / "t1.nii.gz"
    image.write_bytes(b"first")
    there = time.time() + hours * 3600
    os.utime(image, (there, there))
    first = digest(cache, image)
    assert digest(cache, image) == first
    image.write_bytes(b"other")  # as long, and with the same date
    os.utime(image, (there, there))
    assert digest(cache, image) != first
    assert len(reads) == 3  # a file from just now, or from the future, is read again every time


def test_a_file_from_the_future_is_known_to_the_jobs_of_a_run(image, cache):
    os.utime(image, (4_000_000_000, 4_000_000_000))
    first = digest(cache, image)
    assert ContentDigests(cache, reads=False).of([image])[str(image)] == first
