"""A table of patients through a bundle: one folder a case, one bad case a row, and what is done is not done again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from gliomanet import __version__
from gliomanet.bundle.read import Bundle
from gliomanet.child_processes import Crash, each_alone
from gliomanet.cohort.table import read_case_rows
from gliomanet.errors import CaseError, CohortError, Problem, ProblemError
from gliomanet.files.digests import file_digest, sha256
from gliomanet.modalities import FILE_COLUMNS, MODALITIES
from gliomanet.patient.answers import NEW
from gliomanet.patient.checks import Patient, check_language
from gliomanet.patient.dicom.folder import folder_digest
from gliomanet.patient.page.write import PAGE, language_of
from gliomanet.patient.predict import predict
from gliomanet.patient.result import NAME, CaseFacts, ResultValues
from gliomanet.tables.io import write_table
from gliomanet.tables.patient import PATIENTS

READ = ("center", "age", "sex", "mask_codes", "dicom", *FILE_COLUMNS)
"""Columns of a case table that a prediction reads: labels and survival are for whoever scores it."""


def predict_table(
    folder: Path,
    cases: Path,
    out: Path,
    *,
    center: str = "",
    dicom_out: bool = False,
    accept_names: bool = False,
    fast: bool = False,
    explain: bool = True,
    threads: int = 1,
    gpus: int = 0,
    page: bool = True,
    language: str = "en",
    report: Callable[[str], object] = lambda line: None,
) -> pd.DataFrame:
    """Predict every case of a table, each in `<out>/<case>`; a case that has its result already is left as it is.

    A case is done where its result is whole, and of this program, bundle, patient and files, and as fast. Each works
    in a process of its own kind, so that a crash ends one case.

    Args:
        folder: of the bundle.
        cases: table in the columns of a case table, and `dicom`: the folder of one examination's DICOM files; files
            start at its folder.
        out: folder for the results and `cases.tsv`, which is written after each case.
        center: as `Patient.center`, of every row whose own column `center` is empty.
        dicom_out: as in `predict`, and so are the others.
        accept_names: see there.
        fast: see there.
        explain: see there.
        threads: see there.
        gpus: see there.
        page: see there.
        language: see there.
        report: called with a line on each case.

    Returns:
        Rows of `PATIENTS`.

    Raises:
        CohortError: the table as a whole cannot be read; what is wrong with a row is its reason.
        ModelError: the bundle cannot be used.
        ProblemError: as `predict` on a language.
    """
    check_language(language, page=page)
    bundle = Bundle.open(folder)
    check_table_of_results(out / "cases.tsv")
    found = read_case_rows(cases, "external", folders=("dicom",))
    table = found.cases
    how: dict[str, Any] = {
        "accept_names": accept_names,
        "fast": fast,
        "explain": explain,
        "threads": threads,
        "gpus": gpus,
    }
    how |= {"dicom_out": dicom_out, "page": page, "language": language}
    if table["brain_mask"].ne("").any():
        report("brain masks of the table are not read: a brain is extracted where an image has a skull")
    rows: list[dict[str, str]] = []
    asked = [
        _Asked(row, out / row["case_id"], center, _first(found.problems.get(row["case_id"], ()), report))
        for row in table.to_dict("records")
    ]
    wanted: dict[str, Any] = {
        "fast": fast,
        "dicom_out": dicom_out,
        "page": page,
        "accept_names": accept_names,
        "explain": explain,
    }
    wanted |= {"language": language}
    waiting = [one for one in asked if not one.is_done(bundle, **wanted)]
    done = each_alone([partial(_predict_one, str(folder), one, how) for one in waiting], 1)
    for number, (one, row) in enumerate(_in_order(asked, waiting, done), start=1):
        rows.append({"case_id": one.case_id, **row})
        write_table(pd.DataFrame(rows, columns=PATIENTS.names()), out / "cases.tsv", PATIENTS)
        report(
            f"{number} of {len(asked)}: {one.case_id}: {row['status']}{': ' if row['reason'] else ''}{row['reason']}"
        )
    return pd.DataFrame(rows, columns=PATIENTS.names())


def check_table_of_results(path: Path) -> None:
    """See that the table that is written replaces none but its like: not the hospital's own of the same name."""
    if path.is_file() and path.read_bytes().splitlines()[:1] != ["\t".join(PATIENTS.names()).encode()]:
        found = "is there already, and is no table of results: it would be overwritten"
        problem = Problem(found, "name another folder for the results", file=str(path), rule="foreign_table")
        raise CohortError([problem], where="the results' folder")


class _Asked:
    """One row of the table."""

    def __init__(self, row: dict[Any, Any], out: Path, center: str, problem: Problem | None = None) -> None:
        self.case_id = str(row["case_id"])
        self.out = out
        own = str(row.get("center", ""))
        self.problem = problem or (_other_center(self.case_id, own, center) if own and center else None)
        self.images = {name: Path(row[name]) for name in MODALITIES if row[name]}
        self.mask = Path(row["tumour_mask"]) if row["tumour_mask"] else None
        self.dicom = Path(row["dicom"]) if row["dicom"] else None
        age = pd.to_numeric(row["age"], errors="coerce")
        sex: Literal["F", "M", ""] = row["sex"] if row["sex"] in ("F", "M") else ""
        self.patient = Patient(
            self.case_id, None if pd.isna(age) else float(age), sex, own or center, row["mask_codes"]
        )

    def is_done(
        self,
        bundle: Bundle,
        *,
        fast: bool,
        dicom_out: bool,
        page: bool,
        language: str,
        accept_names: bool,
        explain: bool,
    ) -> bool:
        """True where a whole result of the same program, bundle, files and patient lies there, with all asked for."""
        if self.problem is not None:
            return False
        parts = [self.out / NAME, *([self.out / PAGE] if page else []), *([self.out / "dicom"] if dicom_out else [])]
        if not all(part.exists() for part in parts) or (page and language_of(self.out / PAGE) != language):
            return False
        try:
            found = ResultValues.read(self.out / NAME)
            given = self.images | ({} if self.mask is None else {"tumour_mask": self.mask})
            of_dicom = () if found.dicom is None else found.dicom.modalities
            own = {one.image: one.digest for one in found.inputs if one.image not in of_dicom}
            same = own == {name: file_digest(path) for name, path in given.items()}
            same &= (found.dicom and found.dicom.digest) == (self.dicom and folder_digest(self.dicom))
            whole = all(sha256(self.out / name) == digest for name, digest in found.files.items())
        except (OSError, ValueError):
            return False
        told = found.case == CaseFacts.model_validate(vars(self.patient) | {"center": self.patient.center or NEW})
        checked = accept_names or not found.preparation.names_accepted
        explained = found.explained.asked or fast or not explain
        of = (found.gliomanet, found.bundle.digest, found.bundle.fast)
        return same and whole and told and checked and explained and of == (__version__, bundle.digest, fast)


def _first(problems: Sequence[Problem], report: Callable[[str], object]) -> Problem | None:
    """The first problem of a row that keeps it from being predicted; those of cells that are not read are told."""
    for problem in problems:
        if problem.column and problem.column not in READ:
            report(f"{problem} (not read here: the case is predicted)")
    return next((problem for problem in problems if not problem.column or problem.column in READ), None)


def _other_center(case_id: str, own: str, center: str) -> Problem | None:
    """The problem of a row that names another centre than the whole table was said to be of."""
    if own == center:
        return None
    found, action = f"is {own!r}, and --center says {center!r}", "leave one of them out"
    return Problem(found, action, case=case_id, column="center", rule="of_another_centre")


def _in_order(
    asked: list[_Asked], waiting: list[_Asked], done: Iterator[dict[str, str] | Crash]
) -> Iterator[tuple[_Asked, dict[str, str]]]:
    left = {id(one) for one in waiting}
    for one in asked:
        if id(one) not in left:
            yield one, {"status": "ok", "rule": "", "reason": ""}
            continue
        found = next(done)
        yield one, {"status": "failed", "rule": "crashed", "reason": str(found)} if isinstance(found, Crash) else found


def _predict_one(folder: str, asked: _Asked, how: dict[str, Any]) -> dict[str, str]:
    """Predict a case; a defect of its own becomes the row's reason."""
    try:
        if asked.problem is not None:
            raise CaseError(asked.problem)
        bundle, images, told = _opened(folder), asked.images, asked.patient
        predict(bundle, images, asked.out, dicom=asked.dicom, mask=asked.mask, patient=told, **how)
    except (CaseError, ProblemError) as error:
        return {"status": "failed", "rule": error.problem.rule, "reason": str(error.problem)}
    return {"status": "ok", "rule": "", "reason": ""}


@lru_cache(maxsize=1)
def _opened(folder: str) -> Bundle:
    return Bundle.open(Path(folder))
