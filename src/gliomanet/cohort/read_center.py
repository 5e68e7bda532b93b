"""A centre's cases, whatever its source: the one way from a study's keys to a case table.

Importing this module, and asking for case ids, needs no pandas: the workflow reads ids each time it is parsed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from gliomanet.cohort.read_rows import read_rows
from gliomanet.errors import CohortError, Problem

if TYPE_CHECKING:
    import pandas as pd

    from gliomanet.cohort.findings import Finding
    from gliomanet.config.sources import CollectionSource, DicomSource, FeatureSource, TableSource
    from gliomanet.config.study import Study


def read_center(name: str, study: Study) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The case table of a centre, and what was found while reading it.

    Scans that `scans` of the centre does not name are left out, with a note that lists them; where `derive_1p19q` is
    on, unknown 1p/19q of IDH-wildtype cases is intact, with the source `derived`.

    Returns:
        One row a case, sorted by `case_id`, in the columns of `gliomanet.cohort.table`; findings with their centre.

    Raises:
        CohortError: every problem of the centre's files at once.
        ValueError: a phantom centre: its table is made by a job.
    """
    center = study.centers[name]
    source = center.source
    findings: tuple[Finding, ...] = ()
    if source.kind == "phantom":
        raise ValueError(f"centre {name!r} is a phantom source; its table is made by a job")
    if source.kind == "table":
        cases = _read_table(name, study)
    elif source.kind == "features":
        cases = read_feature_source(name, study)[0]
    elif source.kind == "dicom":
        cases, findings = _read_dicom(name, study)
    else:
        cases, findings = _import_collection(name, study)
    if center.derive_1p19q:
        from gliomanet.cohort.table import derive_1p19q

        cases = derive_1p19q(cases)  # what a collection's importer filled is derived already
    return _used_scans(name, center.scans, cases, findings)


def case_ids(name: str, study: Study) -> list[str]:
    """The sorted case ids of a centre with images on disk: those of its scans that the study uses.

    Raises:
        CohortError: what makes the source unreadable.
        ValueError: a phantom or a feature table: neither has image cases on disk.
    """
    center = study.centers[name]
    source = center.source
    if source.kind == "phantom" or source.kind == "features":
        raise ValueError(f"centre {name!r} is a {source.kind} source; its case ids are not in a table of images")
    if source.kind == "table":
        path = study.data_path(source.path)
        header, rows = read_rows(path)
        if "case_id" not in header:
            raise CohortError([f"{path}: no column 'case_id'; found: {', '.join(header)}"])
        return sorted(row["case_id"] for row in rows if (row.get("scan") or "baseline") in center.scans)
    if source.kind == "dicom":
        scans = {row["case_id"]: row.get("scan") or "baseline" for row in _dicom_rows(study, source)}
        return sorted(case for case in _dicom_folders(study, source) if scans.get(case, "baseline") in center.scans)
    from gliomanet.cohort.importers import FORMATS

    collection = FORMATS[source.kind](*_collection_paths(study, source))
    return sorted(exam.case_id for exam in collection.exams if (exam.scan or "baseline") in center.scans)


def read_feature_source(name: str, study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cases and features of a study's centre whose source is a feature table."""
    from gliomanet.cohort.importers.feature_tables import read_feature_center

    center = study.centers[name]
    source: FeatureSource = center.source  # type: ignore[assignment]
    return read_feature_center(
        name,
        center.role,
        study.data_path(source.path),
        study.data_path(source.clinical),
        source.format,
        study.vocabulary,
    )


def _read_table(name: str, study: Study) -> pd.DataFrame:
    from gliomanet.cohort.table import read_case_table

    center = study.centers[name]
    source: TableSource = center.source  # type: ignore[assignment]
    root = study.data_path(source.files_root) if source.files_root else None
    return read_case_table(study.data_path(source.path), name, center.role, root, study.vocabulary)


def _import_collection(name: str, study: Study) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    from gliomanet.cohort.importers.case_table import import_center

    center = study.centers[name]
    source: CollectionSource = center.source  # type: ignore[assignment]
    paths = _collection_paths(study, source)
    return import_center(source.kind, name, center.role, *paths, center.derive_1p19q, study.vocabulary)


def _collection_paths(study: Study, source: CollectionSource) -> tuple[Path, Path | None, Path | None]:
    clinical, mapping = (study.data_path(path) if path else None for path in (source.clinical, source.mapping))
    return study.data_path(source.folder), clinical, mapping


# ------------------------------------------------------------------------------------------------ DICOM


def _dicom_folders(study: Study, source: DicomSource) -> set[str]:
    from gliomanet.cohort.dicom.folders import case_folders

    return set(case_folders(study.data_path(source.folder)))


def _dicom_rows(study: Study, source: DicomSource) -> list[dict[str, str]]:
    if not source.clinical:
        return []
    path = study.data_path(source.clinical)
    header, rows = read_rows(path)
    if "case_id" not in header:
        raise CohortError([f"{path}: no column 'case_id'; found: {', '.join(header)}"])
    return rows


def _read_dicom(name: str, study: Study) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Cases by the names of their folders, labels from the clinical table; the images are converted by a job."""
    from gliomanet.cohort.findings import Finding
    from gliomanet.cohort.table import allowed_cells, case_frame, harmonise_row, id_problems

    center = study.centers[name]
    source: DicomSource = center.source  # type: ignore[assignment]
    path = study.data_path(source.clinical) if source.clinical else study.data_path(source.folder)
    folders, raw = _dicom_folders(study, source), _dicom_rows(study, source)
    problems = id_problems(path, [row["case_id"] for row in raw])
    by_id = {row["case_id"]: row for row in raw}
    rows: list[dict[str, object]] = []
    for case_id in sorted(folders):
        cells = by_id.get(case_id, {})
        labels, found = harmonise_row(path, case_id, cells, {}, study.vocabulary)
        problems += found
        for column, values in allowed_cells(study.vocabulary).items():
            if cells.get(column) and cells[column] not in values:
                allowed = f"allowed: {', '.join(values)}, empty"
                problems.append(f"{path}, case {case_id!r}, column {column!r}: {cells[column]!r}; {allowed}")
        kept = {column: cells.get(column, "") for column in _DICOM_COLUMNS}
        identity = {"case_id": case_id, "patient_id": cells.get("patient_id") or case_id}
        rows.append({**kept, **labels, **identity, "center": name, "role": center.role})
    if not rows:
        problems.append(f"{study.data_path(source.folder)}: holds no folder of a case")
    if problems:
        raise CohortError(problems)
    findings = []
    if source.clinical and (without := sorted(folders - by_id.keys())):
        told = f"{_count(without)} with no row in the clinical table: {', '.join(without)}"
        action = "add their rows, or leave their labels unknown"
        findings.append(Finding("warning", "images_without_labels", name, "", str(path), told, action))
    if without := sorted(by_id.keys() - folders):
        told = f"{_count(without)} of the clinical table with no folder of images: {', '.join(without)}"
        action = "nothing; check the spelling if they should have one"
        findings.append(Finding("note", "labels_without_images", name, "", str(path), told, action))
    return case_frame(rows, study.vocabulary), tuple(findings)


_DICOM_COLUMNS = ("scan", "grade_edition", "diagnosis", "other_ids")


# ------------------------------------------------------------------------------------------------ scans


def _used_scans(
    name: str, scans: Iterable[str], cases: pd.DataFrame, findings: Iterable[Finding]
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The cases whose scan enters the study, and one note on the others."""
    from gliomanet.cohort.findings import Finding

    if "scan" not in cases:
        return cases, tuple(findings)
    scan = cases["scan"].replace("", "baseline")
    used = scan.isin(list(scans))
    if used.all():
        return cases, tuple(findings)
    listed = "; ".join(
        f"{kind}: {', '.join(cases.loc[(scan == kind) & ~used, 'case_id'])}" for kind in sorted(scan[~used].unique())
    )
    found = (
        f"{_count(cases.loc[~used, 'case_id'])} not used, because centers.{name}.scans is {', '.join(scans)}: {listed}"
    )
    action = f"name their kind in centers.{name}.scans to use them"
    if not used.any():
        raise CohortError([Problem(f"no case is left: {found}", action, rule="no_case_left")])
    note = Finding("note", "scans_not_used", name, "", "", found, f"nothing; {action}")
    return cases[used].reset_index(drop=True), (*findings, note)


def _count(ids: Iterable[str]) -> str:
    number = len(list(ids))
    return f"{number} case" if number == 1 else f"{number} cases"


# ------------------------------------------------------------------------------------------------ order


def file_order(name: str, study: Study) -> tuple[str, ...]:
    """A centre's case ids in the order of its own file; empty where its source is not one table of cases."""
    source = study.centers[name].source
    columns = {"table": "case_id", "features": "PatientID", "dicom": "case_id"}
    path = getattr(source, "clinical" if source.kind == "dicom" else "path", None)
    if source.kind in columns and path:
        try:
            return tuple(row.get(columns[source.kind], "") for row in read_rows(study.data_path(path))[1])
        except CohortError:  # read_center says what is wrong with it
            return ()
    return ()
