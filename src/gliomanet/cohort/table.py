"""A hospital's own table of cases, read into the columns of `results/cohort/<center>.tsv`, and its problems."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gliomanet.cohort.ages import read_age
from gliomanet.cohort.case_ids import id_problems, known_patient, rewritten_id_problems
from gliomanet.cohort.outcomes import read_days, read_kps
from gliomanet.cohort.read_rows import CellError, no_case, no_column, read_rows
from gliomanet.cohort.remarks import remark
from gliomanet.cohort.vocabulary import harmonise
from gliomanet.errors import CohortError, Problem, ProblemError
from gliomanet.labels.vocabulary import VOCABULARY, Vocabulary, further_labels
from gliomanet.mask_conventions import convention_of
from gliomanet.modalities import FILE_COLUMNS, MODALITIES
from gliomanet.tables.cohort import CASES, SURVIVAL

NUMBERS = tuple(column.name for column in CASES.columns if column.kind != "text")
"""The columns of a case table that hold numbers, NaN for missing; the others are text, "" for missing."""

_READ: dict[str, Callable[[str], float]] = {"os_days": read_days, "kps": read_kps}


def columns_of(vocabulary: Vocabulary = VOCABULARY) -> tuple[str, ...]:
    """The columns of a case table; all are text with "" for missing, but for `NUMBERS`."""
    return tuple(CASES.names(label=further_labels(vocabulary)))


def _beside(labels: Iterable[str], what: str) -> tuple[str, ...]:
    return tuple(f"{label}_{what}" for label in labels)


def allowed_cells(vocabulary: Vocabulary = VOCABULARY) -> dict[str, tuple[str, ...]]:
    """Column → its values; "" is allowed, too: unknown, and for `scan` a baseline scan."""
    allowed = {column.name: column.allowed for column in CASES.columns}
    return {
        **dict.fromkeys(_beside(vocabulary, "source"), allowed["<label>_source"]),
        "grade_edition": allowed["grade_edition"],
        "scan": allowed["scan"],
    }


def labels_in(cases: pd.DataFrame) -> tuple[str, ...]:
    """The label columns of a case table, further ones too: a table says itself what a label is, by `<label>_source`."""
    return tuple(c for c in cases.columns if c in VOCABULARY or f"{c}_source" in cases.columns)


def label_cells_in(cases: pd.DataFrame) -> list[str]:
    """Every column that tells of a label: value, source, raw cell, edition, diagnosis."""
    labels = labels_in(cases)
    told = (*labels, *_beside(labels, "source"), *_beside(labels, "raw"), "grade_edition", "diagnosis")
    return [column for column in told if column in cases]


def read_case_table(
    path: Path,
    center: str,
    role: str,
    files_root: Path | None = None,
    vocabulary: Vocabulary = VOCABULARY,
    folders: tuple[str, ...] = (),
) -> pd.DataFrame:
    """The cases of one centre, with harmonised labels.

    Args:
        path: TSV or CSV file with a `case_id` column; every other column of `columns_of` is optional.
        center: Name of the centre, put into every row.
        role: Role of the centre, put into every row.
        files_root: Folder that relative file names start at; default: the table's own.
        vocabulary: The study's labels.
        folders: Further columns, each of which names a folder that holds images of the case.

    Returns:
        One row per case, sorted by `case_id`, in `columns_of(vocabulary)` and these.

    Raises:
        CohortError: every problem of the file at once.
    """
    found = read_case_rows(path, role, center, files_root, vocabulary, folders)
    if problems := [problem for of_row in found.problems.values() for problem in of_row]:
        raise CohortError(problems)
    return found.cases


@dataclass(frozen=True)
class CaseRows:
    """The rows of a table of cases, those with a problem among them.

    Attributes:
        cases: one row per case, sorted by `case_id`; a cell with a problem is empty.
        problems: case → the problems of its row.
    """

    cases: pd.DataFrame
    problems: Mapping[str, tuple[Problem, ...]]


def read_case_rows(
    path: Path,
    role: str,
    center: str | None = None,
    files_root: Path | None = None,
    vocabulary: Vocabulary = VOCABULARY,
    folders: tuple[str, ...] = (),
) -> CaseRows:
    """The rows of a table, for whom one bad row is no reason to leave the others; else as `read_case_table`.

    Args:
        path: see there, and so the others.
        role: see there.
        center: name of the centre that every row is of; `None`: each row says itself.
        files_root: see there.
        vocabulary: see there.
        folders: see there.

    Raises:
        CohortError: problems of the file as a whole: its columns, a row without an id, an id that is there twice; with
            them those of the rows.
    """
    header, raw = read_rows(path)
    if problems := _header_problems(path, header, columns_of(vocabulary), folders):
        raise CohortError(problems)
    root = path.parent if files_root is None else files_root
    rows, of_rows = [], dict[str, tuple[Problem, ...]]()
    for cells in raw:
        own = cells.get("center", "") if center is None else center
        row, found = _read_row(path, cells, own, role, root, vocabulary, folders)
        rows.append(row)
        if found and row["case_id"]:
            of_rows[str(row["case_id"])] = (*of_rows.get(str(row["case_id"]), ()), *found)
        else:
            problems += found
    problems += id_problems(path, [str(row["case_id"]) for row in rows])
    for column in ("case_id", "patient_id", "other_ids"):
        ids = [identifier for cells in raw for identifier in cells.get(column, "").split(";")]
        problems += rewritten_id_problems(path, column, ids)
    if not rows:
        problems.append(no_case(path))
    if problems:
        raise CohortError([*(problem for of_row in of_rows.values() for problem in of_row), *problems])
    return CaseRows(case_frame(rows, vocabulary, folders), of_rows)


def harmonise_row(
    path: Path,
    case_id: str,
    raw: Mapping[str, str],
    names: Mapping[str, str],
    vocabulary: Vocabulary = VOCABULARY,
) -> tuple[dict[str, object], list[Problem]]:
    """Harmonised labels, their sources and raw cells, age, sex and survival of one case.

    Args:
        path: The file, for messages.
        case_id: The case, for messages.
        raw: Column of this project → cell as found; an absent column is an unknown value. `<label>_raw`, where it is
            there, is the cell as it was found before that (empty for a label that was derived).
        names: Column of this project → the file's own name for it, for messages.
        vocabulary: The study's labels.

    Returns:
        The values, and the problems found in them.
    """
    values: dict[str, object] = {}
    problems = []
    for column in (*vocabulary, "sex", "age", *SURVIVAL):
        cell = raw.get(column, "")
        place = {"file": str(path), "case": case_id, "column": names.get(column, column)}
        try:
            values[column] = _value(column, cell, place, vocabulary)
        except CellError as error:
            values[column] = math.nan if column in NUMBERS else ""
            problems.append(error.problem.at(**place))
    for label in vocabulary:
        source = f"{label}_source"
        values[source] = (raw.get(source) or "measured") if values[label] else ""
        values[f"{label}_raw"] = raw.get(f"{label}_raw", raw.get(label, ""))
    return values, problems


def _value(column: str, cell: str, place: Mapping[str, str], vocabulary: Vocabulary) -> float | str:
    """A cell in its column's own terms."""
    if column == "age":
        return _age(cell, place)
    return _READ[column](cell) if column in _READ else harmonise(column, cell, vocabulary)


def _age(cell: str, place: Mapping[str, str]) -> float:
    """Years, with a note where the cell is more than a number of them."""
    age = read_age(cell)
    if age.handled:
        remark(Problem(age.handled, "nothing, if that is right", rule=age.rule).at(**place), "note")
    return age.years


def value_problems(path: Path, case_id: str, cells: Mapping[str, str], vocabulary: Vocabulary) -> list[Problem]:
    """Cells of a row that hold none of their column's `allowed_cells`."""
    return [
        Problem(
            f"{cells[column]!r}",
            f"allowed: {', '.join(values)}, empty",
            file=str(path),
            case=case_id,
            column=column,
            rule="value_not_allowed",
        )
        for column, values in allowed_cells(vocabulary).items()
        if cells.get(column) and cells[column] not in values
    ]


def case_frame(
    rows: Iterable[Mapping[str, object]], vocabulary: Vocabulary = VOCABULARY, further: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Rows as a case table in `columns_of(vocabulary)`, sorted by case: text with "" for missing, or `NUMBERS`."""
    columns = (*columns_of(vocabulary), *further)
    cases = pd.DataFrame([{**dict.fromkeys(columns, ""), **row} for row in rows], columns=list(columns))
    cases = cases.astype({column: str for column in columns if column not in NUMBERS})
    for column in NUMBERS:
        cases[column] = pd.to_numeric(cases[column]).astype(float)
    return cases.sort_values("case_id", ignore_index=True)


def mask_codes_of(cases: pd.DataFrame) -> dict[str, str]:
    """Case → convention of its tumour mask's codes, for the cases that have a mask and declare one."""
    rows = cases.to_dict("records")
    return {row["case_id"]: row["mask_codes"] for row in rows if row["mask_codes"] and row["tumour_mask"]}


def files_of(cases: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Case → column of `FILE_COLUMNS` → file, for the files that a case has."""
    return {
        row["case_id"]: {column: row[column] for column in FILE_COLUMNS if row[column]}
        for row in cases.to_dict("records")
    }


def with_files(cases: pd.DataFrame, files: Mapping[str, Mapping[str, Mapping[str, str]]]) -> pd.DataFrame:
    """The cases with their files where they lie now.

    Args:
        cases: of any number of centres.
        files: centre → what `files_of` says of it; cases that are not named keep their files.
    """
    cases = cases.copy()
    now = [files.get(center, {}).get(case) for center, case in zip(cases["center"], cases["case_id"], strict=True)]
    for column in FILE_COLUMNS:
        before = cases[column].tolist()
        cases[column] = [old if own is None else own.get(column, "") for old, own in zip(before, now, strict=True)]
    return cases


def without_labels(cases: pd.DataFrame) -> pd.DataFrame:
    """The cases with every label unknown, raw cells and diagnosis too: the table of a centre of role `unlabelled`."""
    return cases.assign(**dict.fromkeys(label_cells_in(cases), ""))


def _header_problems(path: Path, header: list[str], known: tuple[str, ...], folders: tuple[str, ...]) -> list[Problem]:
    problems, columns = [], (*known, *folders)
    if "case_id" not in header:
        problems.append(no_column(path, ["case_id"], header))
    if not set(header) & {*MODALITIES, *folders}:
        action = f"add at least one of the columns {', '.join((*MODALITIES, *folders))}"
        problems.append(Problem("names no image", action, file=str(path), rule="no_image_column"))
    for name in header:
        if name not in columns:
            close = difflib.get_close_matches(name.lower(), columns, n=1, cutoff=0.6)
            hint = f"did you mean {close[0]!r}?" if close else f"allowed: {', '.join(columns)}, and the study's labels"
            problems.append(Problem("is not known", hint, file=str(path), column=name, rule="unknown_column"))
    return problems


def _read_row(
    path: Path,
    cells: Mapping[str, str],
    center: str,
    role: str,
    root: Path,
    vocabulary: Vocabulary,
    folders: tuple[str, ...],
) -> tuple[dict[str, object], list[Problem]]:
    case_id = cells["case_id"]
    at = {"file": str(path), "case": case_id}
    problems = []
    if not case_id:
        found = f"a row without case_id: {', '.join(filter(None, cells.values()))}"
        problems.append(Problem(found, "fill it, or remove the row", file=str(path), rule="no_case_id"))
    for column, expected in (("center", center), ("role", role)):
        if cells.get(column) and cells[column] != expected:
            found = f"is {cells[column]!r}, but the study reads this table for {column} {expected!r}"
            action = "keep the rows of one centre in a table"
            problems.append(Problem(found, action, column=column, rule="of_another_centre").at(**at))
    problems += value_problems(path, case_id, cells, vocabulary)
    files = {name: str(root / cells[name]) if cells.get(name) else "" for name in (*FILE_COLUMNS, *folders)}
    for name in files:
        if "\\" in files[name] and not Path(files[name]).exists():
            action = "write '/' between folders, and folders as this machine names them"
            found = f"{cells[name]!r} is a path of Windows"
            problems.append(Problem(found, action, column=name, rule="path_of_windows").at(**at))
    if not any(files[name] for name in (*MODALITIES, *folders)):
        action = f"fill one of {', '.join((*MODALITIES, *folders))} or remove the row"
        problems.append(Problem("names no image", action, rule="no_image").at(**at))
    labels, of_labels = harmonise_row(path, case_id, cells, {}, vocabulary)
    patient_id = known_patient(path, case_id, cells.get("patient_id", ""))
    identity = {"case_id": case_id, "patient_id": patient_id, "center": center, "role": role}
    about = {name: cells.get(name, "") for name in ("grade_edition", "diagnosis", "other_ids")}
    about["scan"] = cells.get("scan") or "baseline"
    about["mask_codes"] = ""
    if cells.get("mask_codes"):
        try:
            about["mask_codes"] = convention_of(cells["mask_codes"]).name
        except ProblemError as error:
            problems.append(error.problem.at(**at, column="mask_codes", key=""))
    return {**identity, **files, **labels, **about}, [*problems, *of_labels]


def derive_1p19q(cases: pd.DataFrame) -> pd.DataFrame:
    """Fill unknown 1p/19q as `intact` where IDH is wildtype.

    Args:
        cases: A case table.

    Returns:
        The table, with `codel_1p19q_source` "derived" for the filled cells; raw cells stay as found.
    """
    filled = cases["idh"].eq("wildtype") & cases["codel_1p19q"].eq("")
    derived = cases.copy()
    derived.loc[filled, ["codel_1p19q", "codel_1p19q_source"]] = ["intact", "derived"]
    return derived
