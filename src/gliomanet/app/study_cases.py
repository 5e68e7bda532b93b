"""The cases of a study, by centre and id: a browser names them so, and never by a path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from gliomanet.errors import CaseError, Problem
from gliomanet.files.digests import sha256
from gliomanet.layout import Layout
from gliomanet.modalities import MODALITIES
from gliomanet.study_record import StudyRecord
from gliomanet.tables.io import read_table

RECORD = "study.json"
IMAGES = (*MODALITIES, "tumour_mask")


@dataclass(frozen=True)
class StudyCase:
    """A case of a study, without its labels: whoever reads a result is not told the truth beside it.

    Attributes:
        center: of the study.
        case_id: within the centre.
        age: in years; `None`: not known.
        sex: `F`, `M`; empty: not known.
        mask_codes: convention of the mask's codes.
        images: modality, or `tumour_mask` → file.
    """

    center: str
    case_id: str
    age: float | None
    sex: Literal["F", "M", ""]
    mask_codes: str
    images: dict[str, Path]


class StudyCases:
    """The cases of a study's case table.

    Args:
        results: results folder of the study.
        study: digest of the study's record that a bundle was made of; empty: not looked at.

    Raises:
        CaseError: the folder holds no finished study's case table, or is of another study than the bundle.
        CohortError: the study's record is missing, or of another version.
    """

    def __init__(self, results: Path, study: str = "") -> None:
        table = Layout(results).cases()
        if not table.is_file():
            action = "give the results folder of a finished study, or leave out --study"
            raise CaseError(Problem("is no study's case table", action, file=str(table), rule="no_case_table"))
        root = _root(results)
        if study and sha256(results / RECORD) != study:
            found = "is not the record of the study that the bundle was made of"
            action = "make the bundle of this study by `gliomanet bundle`, or leave out --study"
            raise CaseError(Problem(found, action, file=str(results / RECORD), rule="another_study"))
        rows = [_case(row, root) for row in read_table(table).to_dict("records")]
        self._cases = {(one.center, one.case_id): one for one in rows if any(name in one.images for name in MODALITIES)}

    def list(self) -> list[StudyCase]:
        """Those that have images, by centre and id."""
        return [self._cases[key] for key in sorted(self._cases)]

    def get(self, center: str, case_id: str) -> StudyCase:
        """One of them.

        Raises:
            CaseError: the study has no such case with images.
        """
        if (found := self._cases.get((center, case_id))) is None:
            action = "choose one of the list"
            raise CaseError(Problem("the study has no such case with images", action, rule="unknown_study_case"))
        return found


def _root(results: Path) -> Path:
    """The folder that the table's relative paths start at: where the study was run."""
    told = Path(str(StudyRecord.read(results / RECORD).study["results"]))
    folder = results.resolve()
    if not told.is_absolute() and folder.parts[-len(told.parts) :] == told.parts:
        return folder.parents[len(told.parts) - 1]
    return folder.parent


def _case(row: dict[Any, Any], root: Path) -> StudyCase:
    age = pd.to_numeric(row.get("age", ""), errors="coerce")
    sex: Literal["F", "M", ""] = row["sex"] if row.get("sex") in ("F", "M") else ""
    images = {name: root / row[name] for name in IMAGES if isinstance(row.get(name), str) and row[name]}
    known = None if pd.isna(age) else float(age)
    return StudyCase(row["center"], row["case_id"], known, sex, row.get("mask_codes") or "", images)
