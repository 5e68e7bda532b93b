"""Requests: what is taken, and what each attack is answered."""

import asyncio
import tracemalloc

import pytest

from gliomanet.app.intake.limits import TooLargeError, UploadError, UploadLimits
from gliomanet.app.intake.names import modality_told
from gliomanet.app.intake.receive import receive
from tests.app.intake.forms import BOUNDARY, CONTENT_TYPE, form, sent

LIMITS = UploadLimits(request_bytes=200_000, file_bytes=50_000, files=5, fields=3, field_bytes=40, spare_bytes=0)


def test_files_lie_under_generated_names_and_fields_are_text(tmp_path):
    files = [("t1", "Ada Testperson.nii", b"one"), ("dicom", "../../etc/Ada_flair.nii.gz", b"two"), ("t2", "", b"")]
    done = sent(form(files, [("age", "61"), ("label", "Größe 左")]), tmp_path / "in", LIMITS, piece=7)
    assert sorted(path.name for path in (tmp_path / "in").iterdir()) == ["dicom-00001-flair", "t1-00000"]
    assert (tmp_path / "in" / "t1-00000").read_bytes() == b"one"
    assert (done.files, dict(done.fields)) == (2, {"age": "61", "label": "Größe 左"})


@pytest.mark.parametrize(
    ("body", "content_type", "rule"),
    [
        (form([("t1", "a", b"x")], end=False), CONTENT_TYPE, "upload_broken_off"),
        (form([("t1", "a", b"x")])[:-30], CONTENT_TYPE, "upload_broken_off"),
        (b"", CONTENT_TYPE, "upload_broken_off"),
        (form([], [("age", "61")]), CONTENT_TYPE, "no_file"),
        (form([("t1", "", b"")]), CONTENT_TYPE, "no_file"),
        (form([("t1", "a", b"x")]), "application/json", "no_form"),
        (form([("t1", "a", b"x")]), "", "no_form"),
        (form([("t1", "a", b"x")]), "multipart/form-data", "no_form"),
        (form([("t1", "a", b"x")]), "multipart/form-data; boundary=" + "b" * 12_000, "broken_form"),
        (b"no form at all, but long enough to be read", CONTENT_TYPE, "broken_form"),
        (form([("../t1", "a", b"x")]), CONTENT_TYPE, "unknown_part"),
        (form([("t1", "a", b"x"), ("t1", "b", b"y")]), CONTENT_TYPE, "two_files_for_one"),
        (form([("t1", "a", b"x")], [("age", "1"), ("age", "2")]), CONTENT_TYPE, "fields"),
        (form([("t1", "a", b"x")], [(f"f{n}", "1") for n in range(4)]), CONTENT_TYPE, "fields"),
        (form([("t1", "a", b"x")], [("label", "y" * 41)]), CONTENT_TYPE, "field_too_large"),
        (form([("t1", "a", bytes(50_001))]), CONTENT_TYPE, "file_too_large"),
        (form([("dicom", "a", bytes(45_000))] * 5), CONTENT_TYPE, "request_too_large"),
        (form([("dicom", "a", b"x")] * 6), CONTENT_TYPE, "too_many_files"),
    ],
)
def test_a_bad_request_is_refused_and_leaves_nothing(tmp_path, body, content_type, rule):
    with pytest.raises(UploadError) as caught:
        sent(body, tmp_path / "in", LIMITS, content_type=content_type)
    assert caught.value.problem.rule == rule
    assert caught.value.problem.action
    assert isinstance(caught.value, TooLargeError) is (rule.endswith("_large") or rule.startswith("too_many"))
    assert not (tmp_path / "in").exists()


def test_headers_of_a_part_are_bounded(tmp_path):
    many = b"".join(b"X-%d: y\r\n" % number for number in range(1000))
    body = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="t1"; filename="a"\r\n'.encode() + many + b"\r\nx\r\n"
    with pytest.raises(UploadError) as caught:
        sent(body, tmp_path / "in", LIMITS)
    assert caught.value.problem.rule == "broken_form"


def test_a_name_of_megabytes_is_refused_as_it_comes(tmp_path):
    with pytest.raises(UploadError) as caught:
        sent(form([("t1", "a" * 5_000_000, b"x")]), tmp_path / "in", UploadLimits(spare_bytes=0))
    assert caught.value.problem.rule == "broken_form"


def test_an_upload_that_trickles_is_ended(tmp_path):
    body = form([("t1", "a", bytes(20_000))])
    limits = UploadLimits(spare_bytes=0, patience=0.2, bytes_per_second=1000)

    async def trickling():
        for at in range(len(body)):
            await asyncio.sleep(0.01)
            yield body[at : at + 1]

    with pytest.raises(UploadError) as caught:
        asyncio.run(receive(trickling(), CONTENT_TYPE, tmp_path / "in", limits))
    assert caught.value.problem.rule == "too_slow"
    assert not (tmp_path / "in").exists()


def test_a_client_that_goes_away_leaves_nothing(tmp_path):
    async def going():
        yield form([("t1", "a", bytes(20_000))])[:10_000]
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        asyncio.run(receive(going(), CONTENT_TYPE, tmp_path / "in", LIMITS))
    assert not (tmp_path / "in").exists()


def test_a_full_disk_is_told_before_it_is_full(tmp_path):
    limits = UploadLimits(spare_bytes=2**60)
    with pytest.raises(TooLargeError) as caught:
        sent(form([("t1", "a", b"x")]), tmp_path / "in", limits)
    assert caught.value.problem.rule == "disk_full"


def test_a_large_upload_is_not_held_in_memory(tmp_path):
    body = form([("t1", "a", bytes(64 * 2**20))])
    tracemalloc.start()
    sent(body, tmp_path / "in", UploadLimits(spare_bytes=0), piece=2**16)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (tmp_path / "in" / "t1-00000").stat().st_size == 64 * 2**20
    assert peak < 4 * 2**20


@pytest.mark.parametrize(
    ("name", "modality"),
    [
        ("BraTS2021_00495_t1ce.nii.gz", "t1c"),
        ("sub-01_T1w.nii", "t1"),
        ("x/y t2.flair.nii.gz", "flair"),
        ("c:\\scans\\T1 post.nii", "t1c"),
        ("P_seg.nii.gz", "mask"),
        ("t1c_brain_mask.nii.gz", ""),
        ("t1c_tumour_mask.nii.gz", "mask"),
        ("IM00001", ""),
        ("", ""),
    ],
)
def test_the_modality_that_a_name_tells(name, modality):
    assert modality_told(name) == modality
