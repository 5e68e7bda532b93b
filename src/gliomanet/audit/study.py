"""The whole audit of a study: its tables, its image files, and heads that are the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gliomanet.audit.context import leaking_pairs
from gliomanet.audit.fingerprint import read_fingerprints, same_head_pairs
from gliomanet.audit.images import inspect_center
from gliomanet.audit.rules.image_identity import image_identity
from gliomanet.audit.tables import audit_cases, excluded_of, ids_before_jobs
from gliomanet.cohort.findings import Finding, findings_of, findings_table
from gliomanet.cohort.read_center import read_center
from gliomanet.errors import CohortError
from gliomanet.tables.io import read_tables

if TYPE_CHECKING:
    from gliomanet.audit.fingerprint import Fingerprint
    from gliomanet.config.study import Study

Key = tuple[str, str]


def audit_cohort(
    study: Study,
    cases: pd.DataFrame,
    found: Iterable[Path],
    fingerprints: Mapping[str, Path],
    excluded: Collection[Key] = (),
    volumes: pd.DataFrame | None = None,
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
    """
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


def audit_images(study: Study, processes: int = 1) -> list[Finding]:
    """Inspect the image files of a study's centres, and find heads that are the same.

    Centres whose images are made by jobs have no files yet, and are passed over.

    Args:
        study: the study; its tables are read again.
        processes: cases inspected at once.
    """
    findings: list[Finding] = []
    prints: dict[Key, Mapping[str, Fingerprint]] = {}
    tables: dict[str, pd.DataFrame] = {}
    for name, center in study.centers.items():
        if center.source.images_by_job or not center.source.has_images:
            continue
        cases, _ = read_center(name, study)
        rows = [{str(column): value for column, value in row.items()} for row in cases.to_dict("records")]
        found, own, _ = inspect_center(rows, study.preprocessing_of(name), processes=processes)
        findings += findings_of(found)
        prints |= {(name, case): one for case, one in own.items()}
        tables[name] = cases
    known = {**ids_before_jobs(study), **{center: list(cases["case_id"]) for center, cases in tables.items()}}
    excluded, _ = excluded_of(study, known)
    whole = pd.concat(tables.values(), ignore_index=True) if tables else pd.DataFrame(columns=["center", "case_id"])
    return [*findings, *_same_heads(study, whole, prints, excluded)]


def _same_heads(
    study: Study, cases: pd.DataFrame, prints: Mapping[Key, Mapping[str, Fingerprint]], excluded: Collection[Key]
) -> list[Finding]:
    kept = [key not in excluded for key in zip(cases["center"], cases["case_id"], strict=True)]
    compared = {key: prints[key] for key in prints if key not in excluded}
    return image_identity(same_head_pairs(compared), cases[pd.array(kept, dtype=bool)], leaking_pairs(study))
