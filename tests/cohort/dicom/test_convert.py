"""Conversion of synthetic DICOM series whose voxels, geometry and names are known."""

import gzip
import shutil
import subprocess

import nibabel as nib
import numpy as np
import pandas as pd
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage

from gliomanet.cohort.dicom import convert as dicom
from gliomanet.cohort.dicom.convert import convert_case
from gliomanet.errors import CaseError
from gliomanet.tables.cohort import DICOM_SERIES
from tests.dicom_folders import FLAIR, MPRAGE, SAGITTAL, SHAPE, T1_SE, T2, tilt, write_series

SECRETS = (b"Testperson", b"Ada", b"ID777", b"19510203", b"20190405", b"2019", b"111213", b"11:12", b"Saint", b"Tor")


def at_world(path, world):
    """Value of an image at points of scanner space, nearest voxel."""
    image = nib.load(path)
    ijk = np.linalg.inv(image.affine) @ np.c_[world, np.ones(len(world))].T
    i, j, k = np.rint(ijk[:3]).astype(int)
    np.testing.assert_allclose(ijk[:3], np.array([i, j, k]), atol=1e-3)
    return np.asarray(image.dataobj)[i, j, k]


def same_everywhere(path, voxels, affine, gain=1.0, shift=0.0):
    index = np.argwhere(np.ones(voxels.shape, bool))
    world = (affine @ np.c_[index, np.ones(len(index))].T)[:3].T
    np.testing.assert_allclose(at_world(path, world), gain * voxels[tuple(index.T)] + shift, rtol=1e-6)
    assert nib.load(path).shape == voxels.shape


@pytest.fixture(scope="module")
def exam(tmp_path_factory):
    """A hospital's exam: four modalities and what else a scanner stores, in one folder; and its conversion."""
    root = tmp_path_factory.mktemp("dicom")
    folder = root / "case"
    truth = {
        "t1": write_series(folder, 2, "AX T1 SE", rotation=tilt(10), **T1_SE),
        "t1c": write_series(
            folder / "late",
            9,
            "t1_mprage_sag",
            rotation=SAGITTAL,
            MRAcquisitionType="3D",
            ContrastBolusAgent="GADO 8 ml",
            **MPRAGE,
        ),
        "t2": write_series(folder, 3, "t2_tse_tra Ada", rotation=tilt(-17), **T2),
        "flair": write_series(folder, 4, "AX FLAIR", **FLAIR),
    }
    write_series(folder, 1, "localizer", voxels=np.ones((20, 16, 3), "<u2"), **T1_SE)
    write_series(folder, 5, "ep2d_diff_ADC", **{**T2, "ScanningSequence": "EP"})
    write_series(folder, 6, "AX T1 SE GD", ContrastBolusAgent="GADO 8 ml", spacing=(8, 9, 12), **T1_SE)
    write_series(folder, 7, "Ax PD T2", **{**T2, "EchoTime": 20.0})
    (folder / "README.txt").write_text("not DICOM")
    files = convert_case(folder, root / "out", "c1")
    return folder, root / "out", files, truth


def test_every_modality_has_its_voxels_in_place(exam):
    _, out, files, truth = exam
    assert list(files) == ["t1", "t1c", "t2", "flair"]
    for modality, (voxels, affine) in truth.items():
        assert files[modality].file == out / f"{modality}.nii.gz"
        same_everywhere(files[modality].file, voxels, affine)
    numbers = {modality: one.uid.rpartition(".")[2] for modality, one in files.items()}
    assert numbers == {"t1": "2", "t1c": "9", "t2": "3", "flair": "4"}


def test_every_series_is_in_the_table_with_its_reason(exam):
    _, out, _, _ = exam
    table = pd.read_csv(out / "series.tsv", sep="\t", dtype=str, keep_default_na=False)
    assert list(table.columns) == DICOM_SERIES.names()
    assert table["series"].tolist() == ["1", "2", "3", "4", "5", "6", "7", "9", ""]
    assert table["taken_as"].tolist() == ["", "t1", "t2", "flair", "", "t1c", "", "t1c", ""]
    assert table["file"].tolist() == ["", "t1.nii.gz", "t2.nii.gz", "flair.nii.gz", "", "", "", "t1c.nii.gz", ""]
    why = table["why"].tolist()
    assert why[0] == "localiser (word 'localizer')"
    assert why[1] == "description: t1 and timing (TE 12 ms, TR 550 ms): t1; no sign of contrast medium"
    assert why[3] == "description: flair and timing (TE 120 ms, TR 9000 ms, TI 2500 ms): flair"
    assert why[4] == "diffusion (word 'ep2d')"
    assert why[5].endswith("after contrast medium (word 'gd'); series 9 is used instead")
    assert why[6] == "the description says t2, but the echo is short (TE 20 ms, TR 5000 ms)"
    assert why[7].endswith("after contrast medium (the header names an agent)")
    assert why[8] == "files that hold no DICOM image: 1"
    assert table["words"].tolist()[2] == "t2"


def test_no_name_and_no_date_in_any_byte(exam):
    folder, out, _, _ = exam
    raw = b"".join(path.read_bytes() for path in sorted(folder.rglob("IM*")))
    assert all(secret in raw for secret in SECRETS if secret != b"11:12")  # the test could find them
    assert sorted(path.name for path in out.iterdir()) == [
        "flair.nii.gz",
        "series.tsv",
        "t1.nii.gz",
        "t1c.nii.gz",
        "t2.nii.gz",
    ]
    for path in out.iterdir():
        # The header and what lies before the voxels; the voxels are random numbers, and may spell anything.
        packed = path.suffix == ".gz"
        content = gzip.decompress(path.read_bytes())[:352] if packed else path.read_bytes()
        for secret in SECRETS:
            assert secret not in content, (path.name, secret)
        if packed:
            assert path.read_bytes()[3:8] == bytes(5)  # gzip: no file name, no clock
            header = nib.load(path).header
            assert not any(
                bytes(header[field]).strip(b"\0") for field in ("descrip", "aux_file", "db_name", "intent_name")
            )


def test_two_runs_are_the_same_bytes_and_replace_the_first(exam, tmp_path):
    folder, out, files, _ = exam
    (tmp_path / "series.tsv").write_text("old")
    again = convert_case(folder, tmp_path, "c1")
    assert list(again) == list(files)
    for path in out.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_rescaled_values_are_kept(tmp_path):
    voxels, affine = write_series(tmp_path / "in", 1, "AX T2", scale=(0.5, 3.0), **T2)
    files = convert_case(tmp_path / "in", tmp_path / "out", "c1")
    same_everywhere(files["t2"].file, voxels, affine, gain=0.5, shift=3.0)


def test_a_modality_of_an_earlier_conversion_does_not_stay(tmp_path):
    write_series(tmp_path / "in", 1, "AX T2", **T2)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "t1.nii.gz").write_bytes(b"old")
    assert list(convert_case(tmp_path / "in", tmp_path / "out", "c1")) == ["t2"]
    assert not (tmp_path / "out" / "t1.nii.gz").exists()


def test_a_dynamic_series_is_not_taken(tmp_path):
    folder = tmp_path / "in"
    write_series(folder, 1, "AX T2", **T2)
    for volume in range(3):
        write_series(folder / str(volume), 2, "AX T2 long", AcquisitionNumber=volume + 1, **T2)
    for number, path in enumerate(sorted((folder).rglob("IM002*"))):  # three volumes of one series
        ds = pydicom.dcmread(path)
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.2.{number}"
        ds.InstanceNumber = number + 1
        ds.TemporalPositionIdentifier = ds.AcquisitionNumber
        ds.save_as(path)
    convert_case(folder, tmp_path / "out", "c1")
    table = pd.read_csv(tmp_path / "out" / "series.tsv", sep="\t", dtype=str)
    assert table["why"].tolist()[1] == "3 volumes: diffusion, perfusion or function"


def test_what_ends_a_case(tmp_path, monkeypatch):
    with pytest.raises(CaseError) as error:
        convert_case(tmp_path / "nowhere", tmp_path / "out", "c1")
    problem = error.value.problem
    assert (problem.rule, problem.file, problem.case) == ("no_folder", str(tmp_path / "nowhere"), "c1")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(CaseError) as error:
        convert_case(empty, tmp_path / "out", "c1")
    assert error.value.problem.rule == "empty_folder"
    (empty / "notes.txt").write_text("x")
    with pytest.raises(CaseError, match=r"empty, case 'c1': dcm2niix found no image \(status \d\)"):
        convert_case(empty, tmp_path / "out", "c1")
    write_series(tmp_path / "two", 1, "AX T2", **T2)
    write_series(tmp_path / "two", 2, "AX T1", **{**T1_SE, "PatientID": "other"})
    with pytest.raises(CaseError, match="holds files of 2 patients; give each patient a folder of its own"):
        convert_case(tmp_path / "two", tmp_path / "out", "c1")
    write_series(tmp_path / "days", 1, "AX T2", **T2)
    write_series(tmp_path / "days", 2, "AX T1", **{**T1_SE, "StudyDate": "20200101"})
    with pytest.raises(CaseError, match=r"holds scans of 2 days; give each day a folder of its own"):
        convert_case(tmp_path / "days", tmp_path / "out", "c1")
    write_series(tmp_path / "none", 4, "ADC", **T2)
    with pytest.raises(CaseError) as error:
        convert_case(tmp_path / "none", tmp_path / "out", "c1")
    problem = error.value.problem
    assert (problem.rule, problem.file, problem.case) == ("no_usable_series", str(tmp_path / "none"), "c1")
    assert "series 4: diffusion (word 'adc')" in problem.found
    assert "series.tsv" in problem.action
    assert "Testperson" not in str(error.value)
    assert (tmp_path / "out" / "series.tsv").is_file()
    monkeypatch.setattr(dicom.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        RuntimeError, match=r"no dcm2niix program beside .* or on PATH; install it with `pip install dcm2niix`"
    ):
        convert_case(empty, tmp_path / "out", "c1")


def table_of(out):
    table = pd.read_csv(out / "series.tsv", sep="\t", dtype=str, keep_default_na=False)
    return dict(zip(table["series"], table["why"], strict=True))


def findings_left(out):
    return pd.read_csv(out / "findings.tsv", sep="\t", dtype=str, keep_default_na=False).to_dict("records")


def test_of_two_t1_without_a_word_the_earlier_is_taken_with_a_warning(tmp_path):
    first, affine = write_series(tmp_path / "in", 9, "AX T1", **{**T1_SE, "AcquisitionTime": "101500"})
    write_series(tmp_path / "in", 3, "AX T1", **{**T1_SE, "AcquisitionTime": "104500"})
    files = convert_case(tmp_path / "in", tmp_path / "out", "c1")
    assert list(files) == ["t1"]
    same_everywhere(files["t1"].file, first, affine)
    (finding,) = findings_left(tmp_path / "out")
    assert (finding["rule"], finding["severity"], finding["case_id"]) == (
        "t1_may_show_contrast_medium",
        "warning",
        "c1",
    )
    assert finding["found"].startswith("series 9 is taken as T1, not series 3")
    write_series(tmp_path / "in", 4, "AX T1 post", **{**T1_SE, "AcquisitionTime": "110000"})
    convert_case(tmp_path / "in", tmp_path / "out", "c1")
    assert not (tmp_path / "out" / "findings.tsv").exists()  # both came before the one with medium


def test_a_t1_after_the_one_with_medium_shows_it_too(tmp_path):
    write_series(tmp_path / "in", 3, "AX T1 post", **{**T1_SE, "AcquisitionTime": "101500"})
    write_series(tmp_path / "in", 8, "COR T1", **{**T1_SE, "AcquisitionTime": "102000"})
    files = convert_case(tmp_path / "in", tmp_path / "out", "c1")
    assert list(files) == ["t1c"]
    assert table_of(tmp_path / "out")["8"].endswith("but acquired after series 3, which shows contrast medium")
    assert [one["rule"] for one in findings_left(tmp_path / "out")] == ["t1_after_contrast_medium"]


def test_an_image_of_another_machine_and_a_screenshot_are_not_taken(tmp_path):
    write_series(tmp_path / "in", 2, "HEAD T1 ROUTINE", Modality="CT", SOPClassUID=CTImageStorage)
    write_series(tmp_path / "in", 3, "AX T1 SE", SOPClassUID="1.2.840.10008.5.1.4.1.1.7", **T1_SE)
    write_series(tmp_path / "in", 4, "AX T2", **T2)
    assert list(convert_case(tmp_path / "in", tmp_path / "out", "c1")) == ["t2"]
    table = table_of(tmp_path / "out")
    assert (table["2"], table["3"]) == ("no MR image: its modality is CT", "no image (secondary capture)")


@pytest.mark.parametrize("alone", [True, False])
def test_a_series_with_a_slice_missing_is_not_taken_and_the_reason_is_said(tmp_path, alone):
    write_series(tmp_path / "in", 2, "AX T1", **T1_SE)
    (tmp_path / "in" / "IM0020011").unlink()
    if alone:
        with pytest.raises(CaseError) as error:
            convert_case(tmp_path / "in", tmp_path / "out", "c1")
        assert error.value.problem.rule == "no_usable_series"
        assert error.value.problem.found.endswith("(series 2: 1 slice is missing between the others)")
        return
    write_series(tmp_path / "in", 3, "AX T2", **T2)
    assert list(convert_case(tmp_path / "in", tmp_path / "out", "c1")) == ["t2"]
    assert table_of(tmp_path / "out")["2"] == "1 slice is missing between the others"
    assert [one["rule"] for one in findings_left(tmp_path / "out")] == ["slices_missing"]


def strip(folder, with_meta):
    for path in folder.rglob("IM*"):
        content = path.read_bytes()[132:]
        if not with_meta:
            content = content[12 + int.from_bytes(content[8:12], "little") :]
        path.write_bytes(content)


@pytest.mark.parametrize("with_meta", [True, False])
def test_files_without_preamble_are_read_like_others(tmp_path, with_meta):
    voxels, affine = write_series(tmp_path / "in", 9, "AX T1", ContrastBolusAgent="Gadovist", **T1_SE)
    write_series(tmp_path / "in", 4, "AX T2", **T2)
    strip(tmp_path / "in", with_meta)
    write_series(tmp_path / "in" / "more", 5, "AX FLAIR", **FLAIR)  # with preamble
    files = convert_case(tmp_path / "in", tmp_path / "out", "c1")
    assert list(files) == ["t1c", "t2", "flair"]
    same_everywhere(files["t1c"].file, voxels, affine)
    write_series(tmp_path / "in" / "more", 6, "AX FLAIR", **{**FLAIR, "PatientID": "other"})
    strip(tmp_path / "in" / "more", with_meta)
    with pytest.raises(CaseError, match="holds files of 2 patients"):
        convert_case(tmp_path / "in", tmp_path / "out", "c1")


def test_two_patients_of_one_anonymous_id_are_told_by_their_birth_dates(tmp_path):
    write_series(tmp_path / "in", 1, "AX T2", PatientID="ANON", **T2)
    write_series(tmp_path / "in", 2, "AX T1", PatientID="ANON", PatientBirthDate="19800101", **T1_SE)
    with pytest.raises(CaseError, match="holds files of 2 patients"):
        convert_case(tmp_path / "in", tmp_path / "out", "c1")


def test_a_file_twice_and_a_value_above_32767(tmp_path):
    voxels = np.random.default_rng(0).integers(30000, 60000, SHAPE).astype("<u2")
    _, affine = write_series(tmp_path / "in", 1, "AX T2", voxels=voxels, BitsStored=16, HighBit=15, **T2)
    for path in sorted((tmp_path / "in").iterdir()):
        shutil.copy(path, tmp_path / "in" / f"{path.name}(1)")
    files = convert_case(tmp_path / "in", tmp_path / "out", "c1")
    same_everywhere(files["t2"].file, voxels, affine)


def test_an_agent_in_a_sequence(tmp_path):
    agent = Dataset()
    agent.CodeValue, agent.CodingSchemeDesignator, agent.CodeMeaning = "C-B1", "SRT", "Gadobutrol"
    write_series(tmp_path / "in", 1, "AX T1", ContrastBolusAgentSequence=[agent], **T1_SE)
    assert list(convert_case(tmp_path / "in", tmp_path / "out", "c1")) == ["t1c"]


@pytest.mark.parametrize(("agent", "modality"), [("NONE", "t1"), ("no contrast", "t1"), ("Gadovist 8 ml", "t1c")])
def test_an_agent_that_is_none(tmp_path, agent, modality):
    write_series(tmp_path / "in", 1, "AX T1", ContrastBolusAgent=agent, **T1_SE)
    assert list(convert_case(tmp_path / "in", tmp_path / "out", "c1")) == [modality]


@pytest.mark.parametrize(("status", "ends"), [(8, False), (1, True)])
def test_a_conversion_that_partly_failed(tmp_path, monkeypatch, status, ends):
    write_series(tmp_path / "in", 1, "AX T2", **T2)
    run = subprocess.run
    monkeypatch.setattr(
        dicom.subprocess, "run", lambda *a, **k: subprocess.CompletedProcess(a, status) if run(*a, **k) else None
    )
    if ends:
        with pytest.raises(CaseError, match="dcm2niix ended with status 1"):
            convert_case(tmp_path / "in", tmp_path / "out", "c1")
        return
    convert_case(tmp_path / "in", tmp_path / "out", "c1")
    assert "dcm2niix could not convert every series" in (tmp_path / "out" / "series.tsv").read_text()
