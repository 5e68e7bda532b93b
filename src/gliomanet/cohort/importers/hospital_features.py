"""A hospital's own table of features, of any extractor: its cases, and its features in the contract's names.

One row is one case, or one region of a case. Labels, age and sex stand in the same table or in a second one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from gliomanet.cohort.case_ids import id_problems, known_patient, rewritten_id_problems
from gliomanet.cohort.importers.feature_cells import Cell, is_numeric, numbers_of
from gliomanet.cohort.importers.feature_columns import column_of, feature_by, feature_of
from gliomanet.cohort.importers.label_copies import label_copies
from gliomanet.cohort.read_rows import no_case, no_column, read_numbered_rows
from gliomanet.cohort.remarks import remark
from gliomanet.cohort.table import case_frame, harmonise_row, value_problems
from gliomanet.errors import CohortError, Problem
from gliomanet.labels.vocabulary import VOCABULARY, Vocabulary
from gliomanet.tables.cohort import SURVIVAL
from gliomanet.tables.feature_names import FeatureName

WHOLE = "whole"
"""Region of features whose table names none."""

RESERVED = ("case_id", "region", "center", "age")
"""Names of columns that no feature may have."""

_ABOUT = ("patient_id", "age", "sex", *SURVIVAL, "scan", "diagnosis", "grade_edition", "other_ids")
_MOST_NAMED = 12

Rows = list[tuple[int, dict[str, str]]]


@dataclass(frozen=True)
class HospitalTable:
    """The words of a study for a hospital's table.

    Attributes:
        columns: column of a case table, or `region` → the table's own name for it; others go by our names.
        clinical_columns: the same of the second table; empty: as `columns`.
        features: `known`: columns named by an extractor; `numeric`: every column of numbers that is nothing else.
        pattern: a regular expression of the features' columns, which goes before `features`.
        ignored: columns that are no features.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    clinical_columns: Mapping[str, str] = field(default_factory=dict)
    features: str = "known"
    pattern: str | None = None
    ignored: tuple[str, ...] = ()


def read_hospital_features(
    center: str,
    role: str,
    path: Path,
    clinical: Path | None,
    told: HospitalTable,
    vocabulary: Vocabulary = VOCABULARY,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cases and the features of one centre.

    Args:
        center: Name of the centre.
        role: Role of the centre.
        path: Table of features: a column of case ids, and features.
        clinical: Second table, of labels, age and sex, joined by the case id exactly; `None`: they stand in `path`.
        told: What its columns are called.
        vocabulary: The study's labels.

    Returns:
        Cases in the columns of a case table (no files), and features as `case_id`, `region`, then
        `<modality>_<family>_<name>` or plain names; both sorted by case.

    Raises:
        CohortError: every problem at once: columns that are not there, a case (and region) twice, cells that are no
            finite numbers, a label among the features, cases whose rows tell different labels, spellings.
    """
    header, rows = read_numbered_rows(path)
    names = _present(path, header, told.columns, vocabulary, needed=("case_id",))
    if not rows:
        raise CohortError([no_case(path)])
    identifier, region = names["case_id"], names.get("region")
    problems = [*_id_problems(path, rows, identifier, region)]
    if problems:
        raise CohortError(problems)
    other = {*names.values(), *told.ignored}
    if absent := [name for name in told.ignored if name not in header]:
        raise CohortError([no_column(path, absent, header)])
    features = _feature_names(path, [c for c in header if c not in other], rows, identifier, told)
    if region and (named := [c for c, name in features.items() if name.region]):
        found = f"names a region, and so does the column {region!r} of each row"
        action = "give the region in one of the two places"
        raise CohortError([Problem(found, action, file=str(path), column=named[0], rule="region_in_two_places")])
    table, found_in_cells = _features(path, rows, identifier, region, features)
    cases, found_in_labels = _cases(path, rows, names, clinical, told, vocabulary)
    problems = [*found_in_cells, *found_in_labels]
    if problems:
        raise CohortError(problems)
    frame = case_frame([{**case, "center": center, "role": role} for case in cases], vocabulary)
    known = {c: column_of(name) for c, name in features.items()}
    if problems := label_copies(path, table, frame, {name: c for c, name in known.items()}, vocabulary):
        raise CohortError(problems)
    return frame, table


def _present(
    path: Path,
    header: list[str],
    columns: Mapping[str, str],
    vocabulary: Vocabulary,
    needed: Iterable[str],
) -> dict[str, str]:
    """Name of ours → the table's column, of those that are there.

    Raises:
        CohortError: a column that is needed, or that the study names, is not there.
    """
    wanted = dict.fromkeys(("case_id", "region", *_ABOUT, *vocabulary))
    names = {ours: columns.get(ours, ours) for ours in wanted}
    absent = [names[ours] for ours in wanted if names[ours] not in header and (ours in columns or ours in needed)]
    if absent:
        raise CohortError([no_column(path, absent, header)])
    return {ours: theirs for ours, theirs in names.items() if theirs in header}


def _id_problems(path: Path, rows: Rows, identifier: str, region: str | None) -> list[Problem]:
    problems = [
        Problem("a row without a case id", "fill it, or remove the row", rule="no_case_id").at(
            file=str(path), line=line, column=identifier
        )
        for line, row in rows
        if not row[identifier]
    ]
    first: dict[tuple[str, str], int] = {}
    for line, row in rows:
        key = row[identifier], row[region] if region else ""
        if region and row[identifier] and not key[1]:
            found = "has no region"
            problem = Problem(found, "fill it, or remove the row", rule="no_region")
            problems.append(problem.at(file=str(path), line=line, case=key[0], column=region))
        elif key[0] and key in first:
            what = f"region {key[1]!r} " if region else ""
            action = (
                "keep one row" if region else "keep one row, or name the column of regions (`columns: {region: …}`)"
            )
            found = f"{what}is there twice, first in line {first[key]}"
            problems.append(Problem(found, action, rule="case_twice").at(file=str(path), line=line, case=key[0]))
        first.setdefault(key, line)
    ids = list(dict.fromkeys(row[identifier] for _, row in rows))
    return [*problems, *rewritten_id_problems(path, identifier, ids), *id_problems(path, ids)]


def _feature_names(
    path: Path, columns: list[str], rows: Rows, identifier: str, told: HospitalTable
) -> dict[str, FeatureName]:
    """Column → the parts of its feature, of the columns that are features; what is left out is a note.

    Raises:
        CohortError: no feature, two columns that are one, or a reserved name.
    """
    pattern = re.compile(told.pattern) if told.pattern else None
    found: dict[str, FeatureName] = {}
    numeric: list[str] = []
    text: list[str] = []
    for column in columns:
        name = feature_by(pattern, column) if pattern else feature_of(column)
        if name is None and not column.startswith("diagnostics_"):
            (numeric if is_numeric(_cells(rows, column, identifier)) else text).append(column)
            if pattern is None and told.features == "numeric" and numeric[-1:] == [column]:
                name = FeatureName("", "", "", "", column)
        if name is not None:
            found[column] = name
    left = [column for column in numeric if column not in found]
    if not found:
        action = (
            "set `features: numeric` to take every column of numbers, or name the features by a `pattern`; columns "
            "of pyradiomics, CaPTk and MIRP are known by their names"
        )
        shown = ", ".join(left[:_MOST_NAMED]) or "none"
        found_none = f"no column of a feature; columns of numbers: {shown}"
        raise CohortError([Problem(found_none, action, file=str(path), rule="no_feature")])
    _note(path, left, "hold numbers and are no feature by their names", "set `features: numeric`, or a `pattern`")
    _note(path, text, "hold text and are no features", "nothing, if that is right")
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for column, name in found.items():
        places[name.region, column_of(name)].append(column)
    problems = [
        Problem(f"{' and '.join(map(repr, those))} are one feature: {name}", "keep one", rule="feature_twice")
        for (_, name), those in places.items()
        if len(those) > 1
    ]
    problems += [
        Problem(f"is named {name!r}, as a column of ours", "rename it", column=those[0], rule="reserved_name")
        for (_, name), those in places.items()
        if name in RESERVED
    ]
    if problems:
        raise CohortError([problem.at(file=str(path)) for problem in problems])
    return found


def _note(path: Path, columns: list[str], found: str, action: str) -> None:
    if columns:
        text = f"columns that {found}: {_listed(columns)}"
        remark(Problem(text, action, file=str(path), rule="columns_not_used"), "note")


def _cells(rows: Rows, column: str, identifier: str) -> list[Cell]:
    return [Cell(row[column], row[identifier], line) for line, row in rows]


def _features(
    path: Path, rows: Rows, identifier: str, region: str | None, features: Mapping[str, FeatureName]
) -> tuple[pd.DataFrame, list[Problem]]:
    """One row per case and region; features that a region has not are missing there."""
    ids = [row[identifier] for _, row in rows]
    blocks: dict[str, dict[str, list[float]]] = defaultdict(dict)
    problems: list[Problem] = []
    for column, name in features.items():
        values, wrong = numbers_of(_cells(rows, column, identifier), column)
        problems += [problem.at(file=str(path)) for problem in wrong]
        blocks[name.region or WHOLE][column_of(name)] = values
    tables = [
        pd.DataFrame({"case_id": ids, "region": [row[region] for _, row in rows] if region else named, **columns})
        for named, columns in blocks.items()
    ]
    table = pd.concat(tables, ignore_index=True)
    return table.sort_values(["case_id", "region"], ignore_index=True), problems


def _cases(
    path: Path,
    rows: Rows,
    names: Mapping[str, str],
    clinical: Path | None,
    told: HospitalTable,
    vocabulary: Vocabulary,
) -> tuple[list[dict[str, object]], list[Problem]]:
    """The rows of a case table, from the table itself or from the second one."""
    ids = list(dict.fromkeys(row[names["case_id"]] for _, row in rows))
    where, source = path, names
    table = rows
    if clinical is not None:
        header, table = read_numbered_rows(clinical)
        where, source = clinical, _second(clinical, header, told, vocabulary)
    cells, problems = _cells_by_case(where, table, source)
    if clinical is not None:
        problems += _unmatched(path, clinical, ids, cells)
    found = []
    for case in ids:
        row = cells.get(case, {})
        values, wrong = harmonise_row(where, case, row, source, vocabulary)
        problems += [*wrong, *value_problems(where, case, row, vocabulary)]
        about = {name: row.get(name, "") for name in ("diagnosis", "grade_edition", "other_ids")}
        about["scan"] = row.get("scan") or "baseline"
        about["patient_id"] = known_patient(where, case, row.get("patient_id", ""))
        found.append({"case_id": case, **about, **values})
    return found, problems


def _second(clinical: Path, header: list[str], told: HospitalTable, vocabulary: Vocabulary) -> dict[str, str]:
    """Name of ours → the second table's column. Without words of its own, those of the first that it has."""
    columns = told.clinical_columns or {ours: name for ours, name in told.columns.items() if ours != "region"}
    if not told.clinical_columns and columns.get("case_id") not in header and "case_id" in header:
        columns = {ours: name for ours, name in columns.items() if ours != "case_id"}
    return _present(clinical, header, columns, vocabulary, needed=("case_id",))


def _cells_by_case(path: Path, rows: Rows, names: Mapping[str, str]) -> tuple[dict[str, dict[str, str]], list[Problem]]:
    """Case → name of ours → cell; rows of one case (its regions) must tell the same."""
    cells: dict[str, dict[str, str]] = {}
    problems = []
    told = [ours for ours in names if ours not in ("case_id", "region")]
    for line, row in rows:
        case, mine = row[names["case_id"]], {ours: row[names[ours]] for ours in told}
        before = cells.setdefault(case, mine)
        for ours in told:
            if mine[ours] != before[ours]:
                found = f"is {mine[ours]!r}, and {before[ours]!r} in another row of the case"
                problem = Problem(found, "correct one of them", rule="rows_disagree")
                problems.append(problem.at(file=str(path), line=line, case=case, column=names[ours]))
    return cells, problems


def _unmatched(path: Path, clinical: Path, ids: list[str], cells: Mapping[str, object]) -> list[Problem]:
    bare = [case for case in ids if case not in cells]
    lonely = sorted(set(cells) - set(ids))
    if len(bare) == len(ids):
        there = repr(lonely[0]) if lonely else "nothing"
        found = f"none of its {len(ids)} cases has a row in {clinical}: {ids[0]!r} here, {there} there"
        action = "spell the ids alike in both tables; they are compared letter by letter"
        return [Problem(found, action, file=str(path), rule="no_clinical_row")]
    if bare:
        near = {_plain(case): case for case in lonely}
        hints = [f"{case} ({near[_plain(case)]} there)" if _plain(case) in near else case for case in bare]
        have = "has" if len(bare) == 1 else "have"
        found = f"{len(bare)} of {len(ids)} cases {have} no row in {clinical}: {_listed(hints)}"
        action = "their labels, age and sex are unknown; add the rows, or spell the ids alike"
        remark(Problem(found, action, file=str(path), rule="no_clinical_row"), "warning")
    if lonely:
        are = "1 row is" if len(lonely) == 1 else f"{len(lonely)} rows are"
        found = f"{are} of no case of {path}: {_listed(lonely)}"
        remark(Problem(found, "nothing, if that is right", file=str(clinical), rule="no_features"), "note")
    return []


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _plain(case: str) -> str:
    return "".join(character for character in case.lower() if character.isalnum()).lstrip("0")
