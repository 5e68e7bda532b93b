"""Examinations of DICOM files: images come out, identity and everything else stay behind."""

import tempfile
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gliomanet.app.intake.identity import identities_in
from gliomanet.app.intake.limits import UploadLimits
from gliomanet.app.lines import line_text
from tests.app.intake.forms import archive
from tests.app.intake.opening import CHANGES, IDENTITY, QUIETLY, REAL, opened, refusal, spoilt


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
    assert any("no MR image" in line_text(note, "en") for note in taken.notes)


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
    assert (taken, left) == (0, {("left_compressed", ""): 3})


def test_a_syntax_of_a_kind_that_there_is_not_leaves_the_file_to_the_header(tmp_path, examination):
    from gliomanet.app.intake.dicom import set_apart

    content = next((examination[0] / "t1").iterdir()).read_bytes()
    at = content.index(b"\x02\x00\x10\x00UI")  # (0002,0010), the syntax
    (tmp_path / "file").write_bytes(content[: at + 4] + b"AI" + content[at + 6 :])
    taken, left = set_apart([tmp_path / "file"], tmp_path / "images", UploadLimits())
    assert taken + sum(left.values()) == 1


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
