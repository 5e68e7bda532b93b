"""The whole audit of a study: its tables, its image files, and heads that are the same."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gliomanet.audit.center_images import Inspection, inspect_all, volumes_table
from gliomanet.audit.context import leaking_pairs
from gliomanet.audit.dicom_images import inspect_dicom
from gliomanet.audit.fingerprint import read_fingerprints, same_head_pairs
from gliomanet.audit.images import center_findings, inspect
from gliomanet.audit.rules.image_identity import image_identity
from gliomanet.audit.tables import audit_cases, excluded_of, ids_before_jobs
from gliomanet.cohort.findings import Finding, findings_of, findings_table
from gliomanet.cohort.read_center import center_source, read_center
from gliomanet.cohort.sources.dicom import Dicom
from gliomanet.cohort.table import with_files
from gliomanet.errors import CohortError
from gliomanet.tables.cohort import TUMOUR_VOLUMES
from gliomanet.tables.io import read_tables

if TYPE_CHECKING:
    from gliomanet.audit.fingerprint import Fingerprint
    from gliomanet.config.study import Study

Key = tuple[str, str]
Files = Mapping[str, Mapping[str, str]]


def audit_cohort(
    study: Study,
    cases: pd.DataFrame,
    found: Iterable[Path],
    fingerprints: Mapping[str, Path],
    excluded: Collection[Key] = (),
    volumes: pd.DataFrame | None = None,
    files: Mapping[str, Files] | None = None,
) -> pd.DataFrame:
    """Every finding on a study, from what its centres' own jobs left.

    Args:
        study: the study.
        cases: case tables of all centres, one below the other.
        found: tables of findings, of the centres' sources and of their images.
        fingerprints: centre → file of fingerprints; none in a study of feature tables.
        excluded: centre and id of the cases that a person excluded: no rule compares them with others.
        volumes: tumour volumes that the inspection of images found (center, case_id, tumour_volume_ml); a reference
            table that has the column is compared with them.
        files: centre → case → column → file, where these lie now; tables name the places of when they were written.
    """
    cases = with_files(cases, files or {})
    prints = {
        (center, case): own for center, path in fingerprints.items() for case, own in read_fingerprints(path).items()
    }
    earlier = findings_of(read_tables(found))
    return findings_table(
        [
            *earlier,
            *audit_cases(study, cases, excluded, measured=volumes),
            *_same_heads(study, cases, prints, excluded),
        ]
    )


def refuse_false_results(findings: pd.DataFrame) -> None:
    """End a study whose results would be false.

    Raises:
        CohortError: every finding of severity `fatal`.
    """
    fatal = [finding.problem() for finding in findings_of(findings) if finding.severity == "fatal"]
    if fatal:
        raise CohortError(fatal)


def audit_images(
    study: Study, processes: int = 0, report: Callable[[int, int], object] = lambda done, every: None
) -> tuple[list[Finding], pd.DataFrame]:
    """Inspect the image files of a study's centres before any job, and find heads that are the same.

    DICOM files are converted into a temporary folder, case by case. Phantoms, which a job simulates, are passed over.

    Args:
        study: the study; its tables are read again.
        processes: as in `inspect_all`.
        report: called with the number of cases inspected, and of all, when it starts and after each case.

    Returns:
        Findings, and the table of `TUMOUR_VOLUMES`.
    """
    tables = {
        name: read_center(name, study)[0]
        for name, center in study.centers.items()
        if center.source.has_images and not center.source.table_by_job
    }
    rows = {
        name: [{str(column): value for column, value in row.items()} for row in cases.to_dict("records")]
        for name, cases in tables.items()
    }
    inspections = [_inspection(study, name, row) for name in rows for row in rows[name]]
    counted = count(1)
    report(0, len(inspections))
    inspected = iter(inspect_all(inspections, processes, lambda: report(next(counted), len(inspections))))
    findings: list[Finding] = []
    prints: dict[Key, Mapping[str, Fingerprint]] = {}
    volumes = []
    for name, cases in rows.items():
        own = list(islice(inspected, len(cases)))
        findings += center_findings(cases, own)
        prints |= {(name, case["case_id"]): one.fingerprints for case, one in zip(cases, own, strict=True)}
        volumes.append(volumes_table(cases, own))
    known = {**ids_before_jobs(study), **{center: list(cases["case_id"]) for center, cases in tables.items()}}
    excluded, _ = excluded_of(study, known)
    whole = _one_below_the_other(list(tables.values()), ["center", "case_id"])
    return (
        [*findings, *_same_heads(study, whole, prints, excluded)],
        _one_below_the_other(volumes, TUMOUR_VOLUMES.names()),
    )


def _inspection(study: Study, center: str, row: Mapping[str, str]) -> Inspection:
    source, settings = center_source(center, study), study.preprocessing_of(center)
    if isinstance(source, Dicom):
        return Inspection(
            center, row["case_id"], partial(inspect_dicom, source.folder_of(row["case_id"]), row, settings)
        )
    return Inspection(center, row["case_id"], partial(inspect, row, settings))


def _one_below_the_other(tables: list[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(columns))


def _same_heads(
    study: Study, cases: pd.DataFrame, prints: Mapping[Key, Mapping[str, Fingerprint]], excluded: Collection[Key]
) -> list[Finding]:
    kept = [key not in excluded for key in zip(cases["center"], cases["case_id"], strict=True)]
    compared = {key: prints[key] for key in prints if key not in excluded}
    return image_identity(same_head_pairs(compared), cases[pd.array(kept, dtype=bool)], leaking_pairs(study))
