"""Opened uploads: images keep voxels and place and lose identity; every attack is refused by its own rule."""

import bz2
import gzip
import io
import os
import struct
import tempfile
import zipfile
import zlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gliomanet.app.intake.identity import identities_in
from gliomanet.app.intake.limits import TooLargeError, UploadError, UploadLimits
from gliomanet.app.intake.nifti import rewrite
from gliomanet.app.intake.take_in import take_in
from gliomanet.errors import CaseError
from tests.app.intake.forms import archive, changed, form, image, packed, sent

LIMITS = UploadLimits(
    inflated_bytes=2 * 2**20,
    archive_bytes=3 * 2**20,
    free_of_ratio=2**18,
    ratio=50,
    axis=64,
    voxels=50_000,
    files=40,
    spare_bytes=0,
)
IDENTITY = ("Testperson", "ID777", "19510203", "20190405", "111213", "Saint Example", "1.2.826.0.1.3680043")


def opened(tmp_path, files, limits=LIMITS):
    folder = tmp_path / "case" / "input"
    sent(form(files), folder / "upload", UploadLimits(spare_bytes=0))
    return take_in(folder, limits)


def refusal(tmp_path, files, limits=LIMITS):
    with pytest.raises(CaseError) as caught:
        opened(tmp_path, files, limits)
    assert caught.value.problem.action
    assert str(tmp_path) not in str(caught.value.problem)
    return caught.value


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


CONTENT = image().to_bytes()
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


def flipped(content):
    """One bit of stored voxels turned, which only the checksum tells."""
    return content[: len(content) // 2] + bytes([content[len(content) // 2] ^ 0x40]) + content[len(content) // 2 + 1 :]


def taken_or_refused(folder, part, content):
    """Open a damaged file in a fresh folder: any error but the intake's own is the test's."""
    with tempfile.TemporaryDirectory(dir=folder) as inside:
        with suppress(CaseError):
            opened(Path(inside), [(part, "a", content)])
        written = sum(path.stat().st_size for path in Path(inside).rglob("*") if path.is_file())
    assert written <= LIMITS.archive_bytes + LIMITS.inflated_bytes + len(content)


CHANGES = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8)
QUIETLY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def spoilt(content, changes, cut):
    changed_content = bytearray(content)
    for place, value in changes:
        changed_content[int(place * len(content))] = value
    return bytes(changed_content[: round(cut * len(content))])


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


@QUIETLY
@given(content=st.binary(max_size=700), begin=st.sampled_from([b"", b"\x1f\x8b\x08", b"PK\x03\x04", b"\x5c\x01\0\0"]))
@pytest.mark.parametrize("part", ["t1", "dicom"])
def test_random_bytes_are_refused(tmp_path, part, content, begin):
    taken_or_refused(tmp_path, part, begin + content)


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
        take_in(folder, UploadLimits())
    written = max(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert written <= UploadLimits().free_of_ratio + 2**21


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


@pytest.fixture(scope="module")
def examination(tmp_path_factory):
    """An examination with a name, an id and dates in each file, and what else an export holds."""
    from tests.dicom_folders import SERIES, write_series

    folder = tmp_path_factory.mktemp("exam")
    shape = (40, 44, 30)
    voxels = {}
    for name, (number, description, facts) in SERIES.items():
        rng = np.random.default_rng(number)
        array = rng.integers(0, 4000, shape).astype("<u2")
        spacing = (5.0, 5.0, 5.0)
        voxels[name] = write_series(folder / name, number, description, voxels=array, spacing=spacing, **facts)
    write_series(folder / "shot", 99, "Testperson report", SOPClassUID="1.2.840.10008.5.1.4.1.1.7")
    (folder / "DICOMDIR").write_bytes(b"no image")
    return folder, voxels


@pytest.mark.parametrize("packing", ["folder", "zip"])
def test_an_examination_becomes_images_without_identity(tmp_path, examination, packing):
    folder, voxels = examination
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if packing == "zip":
        sent_files = [
            ("dicom", "Ada.zip", archive([(str(path.relative_to(folder)), path.read_bytes()) for path in files]))
        ]
    else:
        sent_files = [("dicom", str(path.relative_to(folder)), path.read_bytes()) for path in files]
    taken = opened(tmp_path, sent_files, UploadLimits(spare_bytes=0))
    assert list(taken.images) == ["t1", "t1c", "t2", "flair"]
    for name, (array, affine) in voxels.items():
        kept = nib.load(taken.images[name])
        # where a voxel lies is told by the affine, whatever the order in which slices are stored
        at = np.linalg.inv(kept.affine) @ affine @ np.array([3, 5, 7, 1])
        assert np.asarray(kept.dataobj)[tuple(np.rint(at[:3]).astype(int))] == array[3, 5, 7]
    assert identities_in(tmp_path / "case", IDENTITY) == {}
    assert any("no MR image" in note for note in taken.notes)


def test_two_patients_in_one_upload_are_refused(tmp_path, examination):
    from tests.dicom_folders import SERIES, write_series

    number, description, facts = SERIES["t2"]
    write_series(tmp_path / "other", number, description, PatientID="ID888", PatientName="Other^One", **facts)
    files = [*sorted((examination[0] / "t1").iterdir()), *sorted((tmp_path / "other").iterdir())]
    error = refusal(tmp_path, [("dicom", path.name, path.read_bytes()) for path in files], UploadLimits(spare_bytes=0))
    assert error.problem.rule == "several_patients"


def test_a_program_in_a_preamble_is_emptied(tmp_path, examination):
    from gliomanet.app.intake.dicom import set_apart

    source = tmp_path / "file"
    source.write_bytes(b"MZ" + bytes(126) + next((examination[0] / "t1").iterdir()).read_bytes()[128:])
    taken, left = set_apart([source], tmp_path / "images", UploadLimits())
    assert (taken, sum(left.values())) == (1, 0)
    assert (tmp_path / "images" / "000000.dcm").read_bytes()[:128] == bytes(128)


def test_a_deflated_file_is_left_out_unread(tmp_path, examination):
    import pydicom

    from gliomanet.app.intake.dicom import set_apart

    one = pydicom.dcmread(next((examination[0] / "t1").iterdir()))
    one.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    one.save_as(tmp_path / "file", enforce_file_format=True)
    taken, left = set_apart([tmp_path / "file"], tmp_path / "images", UploadLimits())
    assert (taken, len(left)) == (0, 1)


def test_a_film_or_another_way_of_packing_is_left_out(tmp_path, examination):
    import pydicom

    from gliomanet.app.intake.dicom import set_apart

    one = pydicom.dcmread(next((examination[0] / "t1").iterdir()))
    del one.PixelData
    for number, syntax in enumerate(("1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.201", "1.2.3")):
        one.file_meta.TransferSyntaxUID = syntax
        pydicom.dcmwrite(tmp_path / f"{number}", one, implicit_vr=False, little_endian=True)
    taken, left = set_apart(sorted(path for path in tmp_path.iterdir()), tmp_path / "images", UploadLimits())
    assert (taken, left) == (0, {"is compressed in a way that is not read here": 3})


@QUIETLY
@given(changes=CHANGES, cut=st.sampled_from([1, 1, 0.9, 0.3, 0.1]))
def test_no_damaged_dicom_file_does_more_than_be_left_out(tmp_path, examination, changes, cut):
    from gliomanet.app.intake.dicom import set_apart

    content = next((examination[0] / "t1").iterdir()).read_bytes()[:1600]
    with tempfile.TemporaryDirectory(dir=tmp_path) as inside:
        (Path(inside) / "file").write_bytes(spoilt(content, changes, cut))
        taken, left = set_apart([Path(inside) / "file"], Path(inside) / "images", UploadLimits())
    assert taken + sum(left.values()) == 1


def test_what_a_damaged_file_says_is_not_quoted_in_the_log(tmp_path, examination, caplog, capfd):
    from gliomanet.app.intake.dicom import set_apart

    content = next((examination[0] / "t1").iterdir()).read_bytes()
    (tmp_path / "file").write_bytes(content.replace(b"1.2.840.10008.1.2.1\0", b"Testperson^Ada 1951\0"))
    _, left = set_apart([tmp_path / "file"], tmp_path / "images", UploadLimits())
    assert sum(left.values()) == 1
    assert "Testperson" not in caplog.text + "".join(capfd.readouterr()) + str(left)


REAL = Path(os.environ.get("GLIOMANET_DATA", Path(__file__).parents[4] / "shared/data")) / "real-mri"


@pytest.mark.skipif(not REAL.is_dir(), reason="no real images beside the repository")
@pytest.mark.parametrize("name", ["t1", "t1c", "t2", "flair"])
def test_a_real_scan_is_kept_to_the_voxel(tmp_path, name):
    path = REAL / "TCGA-FG-6692/native" / f"{name}.nii.gz"
    kept = nib.load(opened(tmp_path, [(name, path.name, path.read_bytes())], UploadLimits()).images[name])
    given_image = nib.load(path)
    assert np.array_equal(np.asarray(kept.dataobj), np.asarray(given_image.dataobj))
    assert np.array_equal(kept.affine, given_image.affine)


@pytest.mark.skipif(not REAL.is_dir(), reason="no real images beside the repository")
def test_a_real_examination_as_an_archive_of_dicom_files_is_taken(tmp_path):
    from tests.dicom_folders import write_examination

    images = {name: REAL / "TCGA-FG-6692/native" / f"{name}.nii.gz" for name in ("t1", "t1c", "t2", "flair")}
    folder = write_examination(tmp_path / "exam", images)
    members = [(str(path.relative_to(folder)), path.read_bytes()) for path in folder.rglob("IM*")]
    taken = opened(tmp_path, [("dicom", "Ada.zip", archive(members))], UploadLimits())
    assert list(taken.images) == list(images)
    for name, path in images.items():
        before, kept = nib.as_closest_canonical(nib.load(path)), nib.as_closest_canonical(nib.load(taken.images[name]))
        assert kept.shape == before.shape
        assert np.allclose(kept.affine, before.affine, atol=2e-3)
        voxels = np.asarray(before.dataobj, dtype=float)
        assert np.array_equal(np.asarray(kept.dataobj), np.rint(voxels * (4000 / voxels.max())))
    assert identities_in(tmp_path / "case", IDENTITY) == {}
