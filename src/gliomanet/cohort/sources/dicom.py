"""Folders of DICOM files, one per case, with labels in a table beside them; one job per case converts the images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gliomanet.cohort.case_ids import id_problems, known_patient, rewritten_id_problems
from gliomanet.cohort.dicom.folders import case_folders
from gliomanet.cohort.read_rows import column_in_file_order, read_case_rows
from gliomanet.cohort.sources.source import Source
from gliomanet.config.sources import DicomSource
from gliomanet.errors import CohortError

if TYPE_CHECKING:
    import pandas as pd

    from gliomanet.cohort.findings import Finding

_COPIED = ("scan", "grade_edition", "diagnosis", "other_ids")


class Dicom(Source[DicomSource]):
    """Cases by the names of their folders."""

    def case_ids(self) -> list[str]:
        scans = {row["case_id"]: row.get("scan") or "baseline" for row in self._rows()}
        return [case for case in self._folders() if scans.get(case, "baseline") in self.center.scans]

    def tables(self) -> dict[str, Path]:
        clinical = self.center.optional_path(self.center.settings.clinical)
        return {"clinical": clinical} if clinical else {}

    def read(self, made: Sequence[Path] = ()) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
        from gliomanet.cohort.generated_files import with_converted_files
        from gliomanet.cohort.table import case_frame, harmonise_row, value_problems

        center = self.center
        path = self.tables().get("clinical", self._folder)
        folders, raw = self._folders(), self._rows()
        problems = id_problems(path, [row["case_id"] for row in raw])
        for column in ("case_id", "patient_id"):
            problems += rewritten_id_problems(path, column, [row.get(column, "") for row in raw])
        by_id = {row["case_id"]: row for row in raw}
        rows: list[dict[str, object]] = []
        for case_id in folders:
            cells = by_id.get(case_id, {})
            labels, found = harmonise_row(path, case_id, cells, {}, center.vocabulary)
            problems += [*found, *value_problems(path, case_id, cells, center.vocabulary)]
            copied = {column: cells.get(column, "") for column in _COPIED}
            identity = {"case_id": case_id, "patient_id": known_patient(path, case_id, cells.get("patient_id", ""))}
            rows.append({**copied, **labels, **identity, "center": center.name, "role": center.role})
        if problems:
            raise CohortError(problems)
        cases = case_frame(rows, center.vocabulary)
        return with_converted_files(cases, made) if made else cases, self._unmatched(path, set(folders), set(by_id))

    def file_order(self) -> tuple[str, ...]:
        return tuple(case for path in self.tables().values() for case in column_in_file_order(path, "case_id"))

    def folder_of(self, case: str) -> Path:
        """The folder of a case's DICOM files."""
        return self._folder / case

    @property
    def _folder(self) -> Path:
        return self.center.path(self.center.settings.folder)

    def _folders(self) -> list[str]:
        return case_folders(self._folder)

    def _rows(self) -> list[dict[str, str]]:
        return [row for path in self.tables().values() for row in read_case_rows(path)]

    def _unmatched(self, path: Path, folders: set[str], with_row: set[str]) -> tuple[Finding, ...]:
        from gliomanet.cohort.findings import Finding

        name, findings = self.center.name, []
        if self.tables() and (without := sorted(folders - with_row)):
            found = f"{_cases(without)} with no row in the clinical table: {', '.join(without)}"
            action = "add their rows, or leave their labels unknown"
            findings.append(Finding("warning", "images_without_labels", name, "", str(path), found, action))
        if without := sorted(with_row - folders):
            found = f"{_cases(without)} of the clinical table with no folder of images: {', '.join(without)}"
            action = "nothing; check the spelling if they should have one"
            findings.append(Finding("note", "labels_without_images", name, "", str(path), found, action))
        return tuple(findings)


def _cases(ids: Sequence[str]) -> str:
    return f"{len(ids)} case" if len(ids) == 1 else f"{len(ids)} cases"
