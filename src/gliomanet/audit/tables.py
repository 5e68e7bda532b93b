"""Audit of a study's tables, before any job is started."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from gliomanet.audit.context import AuditContext, ReferenceTable, leaking_pairs
from gliomanet.audit.registry import RULES, audit_tables
from gliomanet.audit.rules.files import file_missing, file_name_with_braces
from gliomanet.audit.rules.identity import case_id_in_two_centers
from gliomanet.cohort.decisions import excluded_cases, read_decisions
from gliomanet.cohort.findings import Finding
from gliomanet.cohort.read_center import case_ids, center_source, read_center
from gliomanet.cohort.remarks import heard_remarks
from gliomanet.cohort.table import columns_of
from gliomanet.errors import CohortError

if TYPE_CHECKING:
    from gliomanet.config.study import Study

# What a job would stumble over even where a person excluded the case: the workflow names its files and folders.
_OF_EXCLUDED_CASES_TOO = (file_missing, file_name_with_braces, case_id_in_two_centers)


def check_study(study: Study) -> None:
    """Read every table of the study's centres; phantoms have none yet.

    Raises:
        CohortError: the fatal findings and errors of `audit_study`, all centres at once.
    """
    grave = [finding for finding in audit_study(study) if finding.severity in ("fatal", "error")]
    if grave:
        raise CohortError([finding.problem() for finding in grave])


def ids_before_jobs(study: Study) -> dict[str, list[str]]:
    """Centre → case ids, for the centres that have no table before a job has made it."""
    return {name: case_ids(name, study) for name, center in study.centers.items() if center.source.table_by_job}


def audit_study(study: Study, measured: pd.DataFrame | None = None) -> list[Finding]:
    """Every finding on a study's tables, notes too.

    A case that the table `quality.decisions` excludes takes part in no rule but those on missing files and on case
    ids, so that a person resolves a duplicate by excluding one of the two.

    Args:
        study: The study.
        measured: Volumes of the cases, where their images were read, see `AuditContext`.
    """
    known_ids = ids_before_jobs(study)
    tables: dict[str, pd.DataFrame] = {}
    findings: list[Finding] = []
    for name, center in study.centers.items():
        if center.source.table_by_job:
            continue
        try:
            tables[name], found = read_center(name, study)
        except CohortError as error:
            findings += [
                Finding.of(
                    problem, "fatal", rule="table_unreadable", center=name, action="correct it, and validate again"
                )
                for problem in error.problems
            ]
            continue
        findings += found
    known = {**{name: cases["case_id"].tolist() for name, cases in tables.items()}, **known_ids}
    excluded: Collection[tuple[str, str]] = ()
    # Where a table could not be read, its cases are not known, and every decision on them would look wrong.
    if known.keys() == study.centers.keys():
        excluded, problems = excluded_of(study, known)
        findings += problems
    cases = (
        pd.concat(tables.values(), ignore_index=True)
        if tables
        else pd.DataFrame(columns=list(columns_of(study.vocabulary)))
    )
    return [*findings, *audit_cases(study, cases, excluded, known_ids, measured)]


def audit_cases(
    study: Study,
    cases: pd.DataFrame,
    excluded: Collection[tuple[str, str]] = (),
    known_ids: Mapping[str, Sequence[str]] | None = None,
    measured: pd.DataFrame | None = None,
) -> list[Finding]:
    """Apply the rules to case tables that were read already.

    Args:
        study: The study.
        cases: Case tables of all centres, one below the other.
        excluded: Centre and id of each case that a person excluded.
        known_ids: Centre → case ids, for the centres that have no table yet.
        measured: Volumes of the cases by `center` and `case_id`, see `AuditContext`.
    """
    whole = context_of(study, cases, known_ids, measured)
    kept = [case not in excluded for case in zip(cases["center"], cases["case_id"], strict=True)]
    if all(kept):
        return audit_tables(whole)
    rest = context_of(study, cases[pd.array(kept, dtype=bool)], known_ids, measured)
    others = [rule for rule in RULES if rule not in _OF_EXCLUDED_CASES_TOO]
    return [*audit_tables(whole, _OF_EXCLUDED_CASES_TOO), *audit_tables(rest, others)]


def context_of(
    study: Study,
    cases: pd.DataFrame,
    known_ids: Mapping[str, Sequence[str]] | None = None,
    measured: pd.DataFrame | None = None,
) -> AuditContext:
    """Context of the rules, from a study's keys and its case tables."""
    # Labels that were dealt anew (a control) differ from every other table, on purpose.
    second = (
        {} if study.shuffle_labels else {n: c.reference_table for n, c in study.centers.items() if c.reference_table}
    )
    return AuditContext(
        cases=cases,
        leaks=leaking_pairs(study),
        labels=tuple(sorted({task.label for task in study.tasks.values()})),
        vocabulary=study.vocabulary,
        names=tuple(study.centers),
        identities=tuple(study.data_path(path) for path in study.identities),
        reference_tables={
            name: ReferenceTable(
                study.data_path(path),
                center_source(name, study).file_order() or tuple(sorted(cases.loc[cases["center"] == name, "case_id"])),
            )
            for name, path in second.items()
        },
        measured=measured,
        known_ids={name: tuple(ids) for name, ids in (known_ids or {}).items()},
    )


def excluded_of(study: Study, known: Mapping[str, Iterable[str]]) -> tuple[Collection[tuple[str, str]], list[Finding]]:
    """Centre and id of the cases that a person's table excludes, and what is wrong with that table.

    Args:
        study: The study.
        known: Centre → ids of its cases.
    """
    if not study.quality.decisions:
        return (), []
    path = study.data_path(study.quality.decisions)
    try:
        with heard_remarks() as remarks:
            return excluded_cases(read_decisions(path, known)), remarks
    except CohortError as error:
        return (), [
            Finding.of(problem, "error", rule="decisions_unusable", action="correct quality.decisions")
            for problem in error.problems
        ]
