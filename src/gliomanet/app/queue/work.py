"""The work on a case, in a worker process: the upload is opened, the bundle asked, and the result written."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from gliomanet.app.queue.job import Job
from gliomanet.app.study_cases import images_of
from gliomanet.bundle.read import Bundle
from gliomanet.errors import CaseError, Problem
from gliomanet.patient.checks import Patient
from gliomanet.patient.predict import predict


def predict_case(job: Job, report: Callable[[str], object]) -> None:
    """Predict a case of the store.

    Raises:
        CaseError: the case cannot be used; so do the others of `gliomanet.patient.predict.predict`.
    """
    asked = job.asked
    if asked.source != "study":
        raise CaseError(Problem("uploads are not read yet", "choose a case of the study", rule="no_uploads"))
    if job.study is None:
        raise CaseError(Problem("the server has no study now", "start it with --study", rule="no_study"))
    given = images_of(job.study, asked.center, asked.case_id)
    images = {name: path for name, path in given.items() if name != "tumour_mask"}
    known = Patient(asked.case_id, asked.age, asked.sex, asked.center, asked.mask_codes)
    predict(
        opened(job.bundle),
        images,
        job.result,
        mask=given.get("tumour_mask"),
        patient=known,
        accept_names=asked.accept_names,
        fast=asked.fast,
        threads=job.threads,
        report=report,
    )


@lru_cache(maxsize=1)
def opened(bundle: Path) -> Bundle:
    """The bundle, held against its digests once a process."""
    return Bundle.open(bundle)
