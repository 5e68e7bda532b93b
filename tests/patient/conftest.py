"""A patient whose images are DICOM, through a bundle."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="session")
def exam(tiny_study: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The tiny study's external patient as an oblique examination with gaps between its slices."""
    from tests.dicom_folders import tilt, write_examination

    images = {name: path for name, path in tiny_study.images.items() if name != "tumour_mask"}
    return write_examination(tmp_path_factory.mktemp("dicom") / "an exam", images, turn=tilt(7), PatientSex="F")


@pytest.fixture(scope="session")
def dicom_patient(exam: Any, stack_bundle: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Its result, written into its study."""
    from gliomanet.patient.checks import Patient
    from gliomanet.patient.predict import predict

    out = tmp_path_factory.mktemp("results") / "the patient"
    told = Patient("X-001", 61.0, "F")
    return predict(stack_bundle, {}, out, dicom=exam, dicom_out=True, fast=True, patient=told)
