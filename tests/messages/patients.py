"""What is wrong with a bundle, and with the files that somebody gives of a patient."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from gliomanet.bundle.description import NAME
from gliomanet.bundle.read import Bundle
from gliomanet.errors import CaseError, CohortError, ModelError, ProblemError
from gliomanet.patient.batch import check_table_of_results
from gliomanet.patient.bids import check_dataset, labels_of
from gliomanet.patient.checks import Patient, check_device, check_out, check_told
from gliomanet.patient.dicom.context import SourceSeries, read_examination
from gliomanet.patient.dicom.encapsulated_pdf import encapsulated
from gliomanet.patient.dicom_out import examination_of
from gliomanet.patient.given import Given, take
from tests.dicom_folders import write_series
from tests.messages import images


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Name → what is said."""
    place = folder / "a bundle"
    place.mkdir()
    yield "bundle, none", said(Bundle.open, place)
    for name, content in {
        "damaged": "{",
        "of another version": json.dumps({"schema_version": 1, "versions": {"gliomanet": "0.3.0"}}),
        "without a version": "{}",
        "without keys": json.dumps({"schema_version": 2, "title": "t"}),
    }.items():
        (place / NAME).write_text(content)
        yield f"bundle, {name}", said(Bundle.open, place)
    scan, copy = folder / "scan.nii.gz", folder / "copy.nii.gz"
    for path in (scan, copy):
        images.write(path, images.image())
    for name, given in {
        "no image": {},
        "no such modality": {"t1ce": scan},
        "no such file": {"t1c": folder / "nowhere.nii.gz"},
        "a folder": {"t1c": place},
        "one file for two": {"t1": scan, "t1c": copy},
    }.items():
        yield f"patient, {name}", said(take, "P-7", given, None, None, folder / "scratch")
    yield from texts_of_patients(folder)
    yield from texts_of_dicom(folder)
    yield from texts_of_bids(folder)


def texts_of_patients(folder: Path) -> Iterator[tuple[str, str]]:
    """What is told of a patient that cannot be, and folders in which a result would take something away."""
    bundle = SimpleNamespace(folder=folder / "a bundle", description=SimpleNamespace(centers={"A": None}))
    for name, told in {
        "no id": Patient(""),
        "an id with a path": Patient("../P-7"),
        "age": Patient("P-7", 450),
        "sex": Patient("P-7", sex="male"),
        "center": Patient("P-7", center="Klinik"),
    }.items():
        yield f"patient, {name}", said(check_told, told, bundle)
    out, scan = folder / "a result", folder / "a result/native/scan.nii.gz"
    scan.parent.mkdir(parents=True)
    scan.touch()
    yield "result's folder, a file", said(check_out, scan, bundle, [], [])
    yield "result's folder, in the bundle", said(check_out, bundle.folder / "out", bundle, [], [])
    yield "result's folder, holds the scans", said(check_out, out, bundle, ["native"], [scan])
    yield "result's folder, holds another's", said(check_out, out, bundle, ["native"], [])
    (out / "cases.tsv").write_text("case_id\tt1c\n")
    yield "result's folder, another's table", said(check_table_of_results, out / "cases.tsv")
    yield "patient, no GPU", said(check_device, 1, visible=tuple)


def texts_of_dicom(folder: Path) -> Iterator[tuple[str, str]]:
    """What keeps a result from being written into its examination's study."""
    scan = folder / "scan.nii.gz"
    given = Given({"t1c": scan}, {}, ())
    yield "dicom out, of NIfTI files", said(examination_of, "P-7", given, None, print)
    yield "dicom out, one NIfTI file", said(examination_of, "P-7", given, folder, print)
    place = folder / "an exam"
    write_series(place, 3, "AX T2", FrameOfReferenceUID="", voxels=np.ones((4, 4, 4), "<u2"))
    uid = "1.2.826.0.1.3680043.8.498.3"
    yield "dicom out, headers without a frame", said(read_examination, place, {"t2": uid}, {"t2": scan}, "P-7")
    yield "dicom out, a series that is gone", said(read_examination, place, {"t2": "1.2"}, {"t2": scan}, "P-7")
    write_series(place, 3, "AX T2", voxels=np.ones((4, 4, 4), "<u2"))
    yield "dicom out, other slices", said(read_examination, place, {"t2": uid}, {"t2": scan}, "P-7")
    yield "dicom out, a page that is no PDF", said(encapsulated, scan, SourceSeries("t2", (None,), ()), None, number=1)


def texts_of_bids(folder: Path) -> Iterator[tuple[str, str]]:
    yield "bids, two cases of one name", said(labels_of, folder / "cases.csv", ["A-1", "a1"])
    (folder / "a study/sub-01").mkdir(parents=True)
    yield "bids, a dataset of somebody else", said(check_dataset, folder / "a study")


def said(call, *given, **named) -> str:
    try:
        call(*given, **named)
    except (ModelError, CaseError, CohortError, ProblemError) as error:
        return str(error)
    raise AssertionError("nothing is wrong")
