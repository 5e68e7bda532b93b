"""The work on a case, in a worker process: the upload is opened, the bundle asked, and the result written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from gliomanet.app.intake.receive import DICOM
from gliomanet.app.intake.take_in import TakenIn, take_in
from gliomanet.app.queue.job import Job
from gliomanet.app.study_cases import StudyCases
from gliomanet.bundle.read import Bundle
from gliomanet.errors import CaseError, Problem
from gliomanet.patient.checks import Patient
from gliomanet.patient.predict import predict


def predict_case(job: Job, report: Callable[[str], object]) -> None:
    """Predict a case of the store; what was uploaded is removed once there is a result of it.

    Raises:
        CaseError: the case cannot be used; so do the others of `gliomanet.patient.predict.predict`.
    """
    asked, upload = job.asked, job.folder / "upload"
    given = _of_study(job) if asked.source == "study" else take_in(upload, job.input)
    known = Patient(asked.case_id or "patient", asked.age, asked.sex, asked.center, asked.mask_codes)
    if job.result.exists():  # of an attempt that was broken off
        shutil.rmtree(job.result)
    predict(
        opened(job.bundle),
        given.images,
        job.result,
        dicom=given.dicom,
        mask=given.mask,
        patient=known,
        accept_names=asked.accept_names,
        fast=asked.fast,
        threads=job.threads,
        report=report,
    )
    for folder in (upload, job.input / DICOM):  # with the words of their headers
        if folder.exists():
            shutil.rmtree(folder)


def _of_study(job: Job) -> TakenIn:
    """The study's own files, which stay where they are."""
    if job.study is None:
        raise CaseError(Problem("the server shows no study now", "start it with --study", rule="no_study"))
    images = dict(StudyCases(job.study).get(job.asked.center, job.asked.case_id).images)
    mask = images.pop("tumour_mask", None)
    return TakenIn(images, mask, None)


@lru_cache(maxsize=1)
def opened(bundle: Path) -> Bundle:
    """The bundle, held against its digests once a process."""
    return Bundle.open(bundle)
