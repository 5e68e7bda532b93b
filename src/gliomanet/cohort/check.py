"""Everything that can be known to be wrong with a study's tables before a job is started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gliomanet.cohort.delimited import read_rows
from gliomanet.cohort.errors import CohortError
from gliomanet.cohort.features import read_feature_center
from gliomanet.cohort.patient_keys import patient_key
from gliomanet.cohort.table import FILE_COLUMNS, read_case_table

if TYPE_CHECKING:
    from gliomanet.study import Study
    from gliomanet.study_sources import FeatureSource, TableSource


def check_study(study: Study, known_ids: Mapping[str, Sequence[str]] | None = None) -> None:
    """Read every table of the study's centres; phantoms have none yet.

    Args:
        study: The study.
        known_ids: Centre → case ids, for the centres that have no table yet.

    Raises:
        CohortError: the problems of all centres at once: tables and image files that are not there, unknown
            spellings, patients in two centres, case ids in two centres, training centres without a label.
    """
    problems: list[str] = []
    tables: dict[str, pd.DataFrame] = {}
    for name, center in study.centers.items():
        if center.source.kind == "phantom":
            continue
        try:
            cases = _read_cases(name, study)
        except CohortError as error:
            problems += [f"centers.{name}: {problem}" for problem in error.problems]
            continue
        tables[name] = cases
        problems += [f"centers.{name}: {problem}" for problem in missing_files(cases)]
        labels = sorted({task.label for task in study.tasks.values()})
        if center.role == "train" and not (cases[labels] != "").to_numpy().any():
            problems.append(
                f"centers.{name}: has the role train, but none of its {len(cases)} cases has a label of "
                f"{', '.join(labels)}; fill them in, or give it the role unlabelled"
            )
    if tables:
        problems += same_patients(pd.concat(tables.values(), ignore_index=True))
    ids = {name: list(cases["case_id"]) for name, cases in tables.items()}
    problems += same_case_ids({**ids, **(known_ids or {})}, told=" ".join(problems))
    if problems:
        raise CohortError(problems)


def case_ids(center: str, study: Study) -> list[str]:
    """The sorted case ids of a centre whose source is a table, read without more than the standard library.

    Raises:
        CohortError: no such file, or no `case_id` column.
        ValueError: the centre's source is not a table: phantoms and feature tables have no image cases on disk.
    """
    source = study.centers[center].source
    if source.kind != "table":
        raise ValueError(f"centre {center!r} is a {source.kind} source; its case ids are not in a table of images")
    path = study.data_path(source.path)
    header, rows = read_rows(path)
    if "case_id" not in header:
        raise CohortError([f"{path}: no column 'case_id'; found: {', '.join(header)}"])
    return sorted(row["case_id"] for row in rows)


def missing_files(cases: pd.DataFrame) -> list[str]:
    """Image and mask files that the table names and the disk does not hold."""
    return [
        f"case {row['case_id']!r}: {column} {row[column]!r} is not there"
        for row in cases.to_dict("records")
        for column in FILE_COLUMNS
        if row[column] and not Path(row[column]).is_file()
    ]


def same_patients(cases: pd.DataFrame) -> list[str]:
    """Cases of one patient that the study would take for two: across centres, or under two patient ids."""
    problems = []
    by_key: dict[str, list[dict[str, str]]] = {}
    for case_id, patient_id, center in cases[["case_id", "patient_id", "center"]].itertuples(index=False):
        row = {"case_id": case_id, "patient_id": patient_id, "center": center}
        by_key.setdefault(patient_key(patient_id), []).append(row)
    for rows in by_key.values():
        first = rows[0]
        for row in rows[1:]:
            if row["center"] != first["center"]:
                problems.append(
                    f"patient {first['patient_id']!r} of centre {first['center']} (case {first['case_id']!r}) is "
                    f"{row['patient_id']!r} of centre {row['center']} (case {row['case_id']!r}); keep one of them, or, "
                    "if they are two people, put the centre's name before their ids"
                )
            elif row["patient_id"] != first["patient_id"]:
                problems.append(
                    f"centers.{row['center']}: cases {first['case_id']!r} and {row['case_id']!r} look like one patient "
                    f"({first['patient_id']!r}, {row['patient_id']!r}); give both the same patient_id, or remove one"
                )
    return problems


def same_case_ids(ids: Mapping[str, Sequence[str]], told: str = "") -> list[str]:
    """Case ids that two centres use; not those that the problems `told` already name."""
    problems = []
    owners: dict[str, str] = {}
    for center, case_ids_of_center in ids.items():
        for case_id in case_ids_of_center:
            owner = owners.setdefault(case_id, center)
            if owner != center and repr(case_id) not in told:
                problems.append(f"case_id {case_id!r} is used by the centres {owner} and {center}; rename one")
    return problems


def _read_cases(name: str, study: Study) -> pd.DataFrame:
    center = study.centers[name]
    if center.source.kind == "features":
        return read_feature_source(name, study)[0]
    source: TableSource = center.source  # type: ignore[assignment]
    root = study.data_path(source.files_root) if source.files_root else None
    return read_case_table(study.data_path(source.path), name, center.role, root)


def read_feature_source(name: str, study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cases and features of a study's centre whose source is a feature table."""
    center = study.centers[name]
    source: FeatureSource = center.source  # type: ignore[assignment]
    return read_feature_center(
        name, center.role, study.data_path(source.path), study.data_path(source.clinical), source.format
    )
