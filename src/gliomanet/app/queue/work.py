"""The work on a case, in a worker process: the upload is opened, the bundle asked, and the result written."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from gliomanet.app.intake.take_in import take_in
from gliomanet.app.lines import said
from gliomanet.app.queue.job import Job
from gliomanet.app.reports import FOLDER, NO_REPORT
from gliomanet.app.study_cases import StudyCases
from gliomanet.app.words import LANGUAGES
from gliomanet.bundle.read import Bundle
from gliomanet.case_report.make import make_report
from gliomanet.errors import CaseError, Problem, ProblemError
from gliomanet.patient.checks import Patient
from gliomanet.patient.predict import predict
from gliomanet.patient.progress import Line
from gliomanet.patient.statements.statement import Statement


def predict_case(job: Job, report: Callable[[str], object]) -> None:
    """Predict a case of the store, and write its report by template in each language.

    Raises:
        CaseError: the case cannot be used; so do the others of `gliomanet.patient.predict.predict`.
    """
    asked = job.asked
    images, mask = _of_study(job) if asked.source == "study" else _of_upload(job, report)
    known = Patient(asked.case_id or "patient", asked.age, asked.sex, asked.center, asked.mask_codes)
    for left in (job.result, job.folder / FOLDER):
        if left.exists():  # of an attempt that was broken off
            shutil.rmtree(left)
    predict(
        opened(job.bundle),
        images,
        job.result,
        mask=mask,
        patient=known,
        of_study=asked.source == "study",
        accept_names=asked.accept_names,
        fast=asked.fast,
        threads=job.threads,
        report=report,
    )
    for language in LANGUAGES:
        try:
            make_report(job.result, language, out=job.folder / FOLDER, report=report)
        except ProblemError as error:  # the result stands without it, and its page says that there is none
            why = f"{error.problem.found}; {error.problem.action}"
            report(Line.of(said(NO_REPORT, language=language, why=why)))


def _of_upload(job: Job, report: Callable[[str], object]) -> tuple[Mapping[str, Path], Path | None]:
    given = take_in(job.input)
    for note in given.notes:
        report(Line.of(note) if isinstance(note, Statement) else note)
    return given.images, given.mask


def _of_study(job: Job) -> tuple[Mapping[str, Path], Path | None]:
    """The study's own files, which stay where they are."""
    if job.study is None:
        raise CaseError(Problem("the server shows no study now", "start it with --study", rule="no_study"))
    images = dict(StudyCases(job.study).get(job.asked.center, job.asked.case_id).images)
    mask = images.pop("tumour_mask", None)
    return images, mask


@lru_cache(maxsize=1)
def opened(bundle: Path) -> Bundle:
    """The bundle, held against its digests once a process."""
    return Bundle.open(bundle)
