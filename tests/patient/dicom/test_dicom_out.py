"""A result as DICOM: read back by programs that share no code with this one, and taken by a real PACS."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import pytest

from gliomanet.cohort.dicom.convert import convert_case
from gliomanet.errors import CaseError
from gliomanet.patient import batch
from gliomanet.patient.dicom.context import read_examination
from gliomanet.patient.dicom.planes import on_planes, planes_of
from gliomanet.patient.dicom.write import write_dicom
from gliomanet.patient.predict import predict
from gliomanet.patient.result import simulated
from tests.dicom_folders import FLAIR, T2, tilt, write_series
from tests.patient.dicom.orthanc import orthanc
from tests.programs import program, skip_or_fail

PARTS = {"enhancing": 4, "necrosis or non-enhancing core": 1, "oedema": 2}


def tool(name: str) -> str:
    """A program that pip put beside Python, such as dcmqi's."""
    return str(Path(sys.executable).parent / name)


def run(*command: str | Path) -> str:
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="session")
def examination(exam, tmp_path_factory):
    found = convert_case(exam, tmp_path_factory.mktemp("converted"), "X-001")
    uids = {name: one.uid for name, one in found.items()}
    return read_examination(exam, uids, {name: one.file for name, one in found.items()}, "X-001")


@pytest.fixture(scope="session")
def again(dicom_patient, examination, tmp_path_factory):
    """The same once more, of a copy of the result."""
    copy = tmp_path_factory.mktemp("again") / "copy"
    shutil.copytree(dicom_patient.folder, copy)
    page = copy / "report.pdf"
    write_dicom(copy, dicom_patient.content, examination, page if page.is_file() else None)
    return copy


def brought_onto(image: Path, grid) -> np.ndarray:
    """The voxels above 0 of an image, as those of another grid whose centres are the same."""
    source = nib.load(image)
    index = np.argwhere(np.asarray(source.dataobj) > 0)
    back = np.linalg.inv(grid.affine) @ source.affine
    places = index @ back[:3, :3].T + back[:3, 3]
    np.testing.assert_allclose(places, np.rint(places), atol=1e-3)
    found = np.zeros(grid.shape, bool)
    found[tuple(np.rint(places).astype(int).T)] = True
    return found


@pytest.mark.parametrize("modality", ["t1", "t1c", "t2", "flair"])
def test_dcmqi_finds_every_voxel_of_the_native_masks_in_its_place(dicom_patient, modality, tmp_path):
    seg = dicom_patient.folder / f"dicom/seg_{modality}.dcm"
    run(tool("segimage2itkimage"), "--inputDICOM", seg, "--outputDirectory", tmp_path, "--outputType", "nii")
    told = json.loads((tmp_path / "meta.json").read_text())
    segments = [one for group in told["segmentAttributes"] for one in group]
    assert segments[-1]["SegmentLabel"] == "Brain"
    assert len(segments) > 1
    for number, one in enumerate(segments, start=1):
        label = one["SegmentLabel"].lower().replace(" tumour", "")
        native = nib.load(
            dicom_patient.folder / f"native/{modality}_{'brain' if label == 'brain' else 'tumour'}.nii.gz"
        )
        mask = np.asarray(native.dataobj)
        wanted = mask > 0 if label == "brain" else mask == PARTS[label]
        np.testing.assert_array_equal(brought_onto(tmp_path / f"{number}.nii.gz", native), wanted, label)
        assert wanted.any()


def test_slices_with_gaps_are_as_far_apart_as_they_are(dicom_patient):
    seg = pydicom.dcmread(dicom_patient.folder / "dicom/seg_flair.dcm")
    measures = seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    assert float(measures.SliceThickness) == pytest.approx(3.2)
    assert float(measures.SpacingBetweenSlices) == pytest.approx(4.0, abs=1e-4)


def test_dcmqi_reads_the_volumes_and_the_estimates(dicom_patient, tmp_path):
    run(
        tool("tid1500reader"),
        "--inputDICOM",
        dicom_patient.folder / "dicom/sr.dcm",
        "--outputMetadata",
        tmp_path / "sr.json",
    )
    told = json.loads((tmp_path / "sr.json").read_text())
    assert told["VerificationFlag"] == "UNVERIFIED"
    values = {
        (group["TrackingIdentifier"], item["quantity"]["CodeMeaning"]): float(item["value"])
        for group in told["Measurements"]
        for item in group["measurementItems"]
    }
    reference = json.loads((dicom_patient.folder / "atlas/preprocess.json").read_text())["reference"]
    volumes = {one.region: one.volume_ml for one in dicom_patient.content.segmentation.volumes}
    labels = {"enhancing": "Enhancing tumour", "oedema": "Oedema"}
    labels["necrosis or non-enhancing core"] = "Necrosis or non-enhancing core"
    for region, label in labels.items():
        if volumes[region]:
            assert values[f"{label} ({reference})", "Volume"] == pytest.approx(volumes[region], abs=2e-3)
    assert values["Whole tumour, oedema included", "Volume"] == pytest.approx(volumes["whole"])
    for task in dicom_patient.content.tasks:
        for one in task.classes:
            named = f"Model's estimate of {task.task}", f"Probability: {task.label} {one.name}"
            assert values[named] == pytest.approx(one.probability, abs=1e-5)


def test_dcmtk_shows_the_cautions_before_any_number(dicom_patient):
    shown = run(program("dicom", "dsr2html"), dicom_patient.folder / "dicom/sr.dcm")
    plain = " ".join(shown.replace("&nbsp;", " ").split())
    assert "UNVERIFIED" in plain
    assert plain.index("not a medical device") < plain.index("Imaging Measurements")
    assert plain.index(simulated().text[:40]) < plain.index("Imaging Measurements")


def test_every_object_says_what_it_is_and_lies_in_the_study(dicom_patient, exam):
    source = pydicom.dcmread(next(exam.rglob("IM*")))
    files = sorted((dicom_patient.folder / "dicom").iterdir())
    page = ["page"] if (dicom_patient.folder / "report.pdf").is_file() else []
    assert [path.stem for path in files] == [*page, "seg_flair", "seg_t1", "seg_t1c", "seg_t2", "sr"]
    for path in files:
        made = pydicom.dcmread(path)
        for name in ("StudyInstanceUID", "PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyDate"):
            assert made[name].value == source[name].value, (path.name, name)
        assert "trained on phantoms" in made.SeriesDescription
        assert made.CodingSchemeIdentificationSequence[0].CodingSchemeDesignator == "99GLIOMANET"
        if made.Modality == "SEG":
            assert made.FrameOfReferenceUID == source.FrameOfReferenceUID
            for segment in made.SegmentSequence:
                assert simulated().text in segment.SegmentDescription
                assert segment.SegmentationAlgorithmIdentificationSequence[0].AlgorithmVersion
                assert segment.TrackingUID.startswith("2.25.")
        else:
            assert made.VerificationFlag == "UNVERIFIED"


def test_nothing_of_the_patient_is_outside_the_dicom_objects(dicom_patient):
    others = [path for path in dicom_patient.folder.rglob("*") if path.is_file() and path.parent.name != "dicom"]
    content = b"".join(path.read_bytes() for path in others if path.suffix == ".json")
    for secret in (b"Testperson", b"ID777", b"19510203", b"1.2.826", b"20190405"):
        assert secret not in content


def test_the_same_case_gives_the_same_bytes(dicom_patient, again):
    for path in (dicom_patient.folder / "dicom").iterdir():
        assert (again / "dicom" / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("outline", ["given", "none"])
def test_a_mask_that_was_given_and_none_at_all_are_told(dicom_patient, examination, outline, tmp_path):
    shutil.copytree(dicom_patient.folder, tmp_path / "copy")
    values = dicom_patient.content
    whole = {"source": "given", "parts_told": False, "volumes": values.segmentation.volumes[:1]}
    told = values.segmentation.model_copy(update=whole) if outline == "given" else None
    write_dicom(tmp_path / "copy", values.model_copy(update={"segmentation": told}), examination)
    seg = pydicom.dcmread(tmp_path / "copy/dicom/seg_t1.dcm")
    said = [(one.SegmentLabel, one.SegmentAlgorithmType) for one in seg.SegmentSequence]
    brain = ("Brain", "AUTOMATIC")
    assert said == ([("Whole tumour, with oedema", "SEMIAUTOMATIC"), brain] if told else [brain])
    report = (tmp_path / "copy/dicom/sr.dcm").read_bytes()
    assert (b"No tumour is outlined" in report) == (told is None)


def test_the_page_comes_out_of_dcmtk_as_it_went_in(dicom_patient, tmp_path):
    page = dicom_patient.folder / "report.pdf"
    skip_or_fail("pdf", "" if page.is_file() else "no Pango: make setup or make programs brings it")
    run(program("dicom", "dcm2pdf"), dicom_patient.folder / "dicom/page.dcm", tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").read_bytes() == page.read_bytes()


def test_a_pacs_takes_everything_into_the_study(again, exam, tmp_path):
    files = [*sorted((again / "dicom").iterdir()), *sorted(exam.rglob("IM*"))[::20]]
    with orthanc(program("dicom", "Orthanc"), tmp_path) as pacs:
        assert {pacs.store(file)["Status"] for file in files} == {"Success"}
        (study,) = (pacs.ask(f"studies/{one}") for one in pacs.ask("studies"))
        assert study["MainDicomTags"]["StudyInstanceUID"] == "1.2.826.0.1"
        kinds = [pacs.ask(f"series/{one}")["MainDicomTags"]["Modality"] for one in study["Series"]]
        page = ["DOC"] if (again / "dicom/page.dcm").is_file() else []
        assert sorted(kinds) == [*page, "MR", "MR", "MR", "MR", "SEG", "SEG", "SEG", "SEG", "SR"]
        assert len(pacs.ask("patients")) == 1


def of(folder: Path, out: Path, case: str = "p"):
    found = convert_case(folder, out, case)
    uids = {name: one.uid for name, one in found.items()}
    return read_examination(folder, uids, {name: one.file for name, one in found.items()}, case)


def test_other_letters_and_empty_patients_are_taken_over(tmp_path):
    told = {"SpecificCharacterSet": ["", "ISO 2022 IR 87"], "PatientName": "Yamada^Tarou=山田^太郎=やまだ^たろう"}
    write_series(tmp_path / "kanji", 1, "AX T2", **{**told, **T2})
    assert str(of(tmp_path / "kanji", tmp_path / "a").series["t2"].images[0].PatientName) == told["PatientName"]
    write_series(tmp_path / "bare", 1, "AX T2", PatientSex="U", PatientName="", **T2)
    for path in (tmp_path / "bare").iterdir():
        header = pydicom.dcmread(path)
        del header.PatientBirthDate, header.StudyTime, header.ReferringPhysicianName
        header.save_as(path)
    found = of(tmp_path / "bare", tmp_path / "b")
    image = found.series["t2"].images[0]
    assert [image.PatientBirthDate, image.StudyTime, image.PatientSex, image.StudyID] == ["", "", "", ""]
    assert any("PatientSex" in note for note in found.notes)
    assert not any("BirthDate" in note for note in found.notes)  # lacking it is allowed


def test_of_two_echoes_of_a_series_the_one_that_was_converted_is_meant(tmp_path):
    long, _ = write_series(tmp_path / "in/long", 1, "AX T2", EchoNumbers=2, **T2)
    write_series(tmp_path / "in/short", 1, "AX T2", voxels=long // 2, **{**T2, "EchoTime": 20.0}, EchoNumbers=1)
    for number, path in enumerate(sorted((tmp_path / "in/short").iterdir()), start=100):
        header = pydicom.dcmread(path)
        header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.3.{number}"
        header.save_as(path)
    found = of(tmp_path / "in", tmp_path / "out").series["t2"]
    assert {float(image.EchoTime) for image in found.images} == {100.0}
    assert len(found.planes) == long.shape[2]


def test_frames_of_one_file_keep_their_order(tmp_path):
    voxels, affine = write_series(tmp_path / "in", 4, "AX FLAIR", rotation=tilt(12), **FLAIR)
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in sorted((tmp_path / "in").iterdir())]
    one, frames = headers[0], []
    for header in headers[::-1]:
        place, turn, sizes = (pydicom.Dataset() for _ in range(3))
        place.ImagePositionPatient, turn.ImageOrientationPatient = header[0x200032].value, header[0x200037].value
        sizes.PixelSpacing, sizes.SliceThickness = header.PixelSpacing, header.SliceThickness
        frame = pydicom.Dataset()
        frame.PlanePositionSequence, frame.PlaneOrientationSequence = [place], [turn]
        frame.PixelMeasuresSequence = [sizes]
        frames.append(frame)
    one.PerFrameFunctionalGroupsSequence, one.NumberOfFrames = frames, len(frames)
    nib.save(nib.Nifti1Image(voxels.astype(np.int16), affine), tmp_path / "image.nii.gz")
    kept, planes = planes_of([(tmp_path / "in/one", one)], tmp_path / "image.nii.gz", "flair", "p")
    assert kept == [one]
    mask = voxels > 3000
    np.testing.assert_array_equal(on_planes(mask, affine, planes), mask.transpose(2, 1, 0)[::-1])


def mistakes(exam, tiny, tmp_path):
    t1c = {"t1c": tiny.images["t1c"]}
    yield "dicom_out_without_dicom", t1c, None
    yield "dicom_out_of_nifti", t1c, exam
    two = tmp_path / "two"
    write_series(two / "one", 3, "AX T2", **T2)
    write_series(two / "other", 4, "AX FLAIR", **{**FLAIR, "PatientID": "ID778"})
    yield "several_patients", {}, two
    bare = tmp_path / "bare"
    write_series(bare, 3, "AX T2", FrameOfReferenceUID="", **T2)
    yield "dicom_attribute_missing", {}, bare


def test_every_mistake_is_one_problem_before_any_work(exam, tiny_study, stack_bundle, tmp_path):
    for number, (rule, images, folder) in enumerate(mistakes(exam, tiny_study, tmp_path)):
        out = tmp_path / f"out{number}"
        with pytest.raises(CaseError) as error:
            predict(stack_bundle, images, out, dicom=folder, dicom_out=True)
        assert error.value.problem.rule == rule
        assert error.value.problem.action
        assert not list(out.iterdir())


def test_slices_of_another_image_are_refused(examination, exam, tiny_study, tmp_path):
    moved = nib.load(tiny_study.images["t2"])
    nib.save(nib.Nifti1Image(np.asarray(moved.dataobj), moved.affine), tmp_path / "t2.nii.gz")  # not turned
    files = [(path, pydicom.dcmread(path, stop_before_pixels=True)) for path in (exam / "t2").iterdir()]
    with pytest.raises(CaseError) as error:
        planes_of(files, tmp_path / "t2.nii.gz", "t2", "p")
    assert error.value.problem.rule == "dicom_slices_unlike_image"


def test_a_table_names_folders_of_dicom_and_knows_what_is_done(
    dicom_patient, exam, stack_bundle, tmp_path, monkeypatch
):
    calls = []

    def finished(bundle, images, out, *, patient, dicom, dicom_out, **how):
        calls.append((patient.case_id, dicom, dicom_out))
        shutil.copytree(dicom_patient.folder, out, dirs_exist_ok=True)

    monkeypatch.setattr(batch, "predict", finished)
    monkeypatch.setattr(batch, "each_alone", lambda works, processes: (work() for work in works))
    (tmp_path / "cases.csv").write_text(f"case_id,dicom,age,sex\nX-001,{exam},61,F\n")
    for _ in range(2):
        found = batch.predict_table(stack_bundle, tmp_path / "cases.csv", tmp_path / "out", dicom_out=True, fast=True)
        assert found["status"].tolist() == ["ok"]
    assert calls == [("X-001", exam, True)]
    shutil.rmtree(tmp_path / "out/X-001/dicom")
    batch.predict_table(stack_bundle, tmp_path / "cases.csv", tmp_path / "out", dicom_out=True, fast=True)
    assert len(calls) == 2
