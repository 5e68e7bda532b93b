"""Columns of tables that are known by hearsay or made by hand: found by any of their usual spellings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from gliomanet.cohort.case_ids import rewritten_id_problems
from gliomanet.cohort.findings import Finding
from gliomanet.cohort.read_rows import WORKBOOKS, CellError, elsewhere, no_case, read_numbered_rows
from gliomanet.errors import CohortError, Problem

_SCORES = ("score", "status", "index")

USUAL: Mapping[str, tuple[str, ...]] = {
    "idh": ("IDH", "IDH status", "IDH mutation", "IDH mutation status", "IDH1", "IDH1/2", "IDH1 status"),
    "codel_1p19q": (
        *("codel_1p19q", "1p/19q", "1p19q status", "1p19q codel", "1p/19q codeletion", "1p19q codeletion status"),
        *("1p/19q deletion", "codeletion 1p19q", "codel 1p 19q"),
    ),
    "grade": ("grade", "WHO grade", "WHO CNS grade", "tumor grade", "tumour grade", "histologic grade"),
    "age": ("age", "age at MRI", "age at scan", "age at imaging", "age at diagnosis", "age (years at diagnosis)"),
    "sex": ("sex", "gender", "sex at birth"),
    # Only names that tell the unit: a column "OS" or "survival" may hold days, months or a state.
    "os_days": (
        *("os_days", "OS (days)", "OS in days", "overall survival (days)", "overall survival in days"),
        *("survival_days", "survival (days)", "survival in days"),
    ),
    "os_event": ("os_event", "OS event", "OS status", "overall survival status", "survival status", "vital status"),
    "resection": ("resection", "extent of resection", "EOR", "resection status"),
    "kps": ("KPS", *(f"Karnofsky{performance} {word}" for performance in ("", " performance") for word in _SCORES)),
}
"""Key of `Exam.raw` → usual names of its column; letter case, spaces and signs do not count."""

_CALLED = {
    "mgmt": (
        *("MGMT promoter status", "MGMT promoter", "MGMT promoter methylation", "MGMT promoter methylation status"),
        *("MGMT methylation", "MGMT methylation status"),
    ),
}
"""The same for further labels, by their name in lower case, beside that name."""

_NOT_READ = (".xls", ".ods", ".numbers")


def called(labels: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Further labels of a study → usual names of their columns: `mgmt` → MGMT, MGMT status, …"""
    return {label: (label, f"{label} status", *_CALLED.get(label.lower(), ())) for label in labels}


def find_columns(header: Iterable[str], wanted: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Name of ours → the table's column, for those that it has; of several spellings, the first listed."""
    there: dict[str, str] = {}
    for name in header:
        there.setdefault(plain(name), name)
    found = {}
    for ours, spellings in wanted.items():
        names = [there[plain(spelling)] for spelling in spellings if plain(spelling) in there]
        if names:
            found[ours] = names[0]
    return found


def require(
    path: Path, header: Iterable[str], columns: Mapping[str, str], wanted: Mapping[str, Iterable[str]], *names: str
) -> None:
    """Refuse a table that has none of some columns.

    Args:
        path: the table.
        header: its columns.
        columns: result of `find_columns`.
        wanted: name of ours → the spellings that were looked for.
        names: at least one of these names of ours must be there.

    Raises:
        CohortError: none is; the message names the columns found and the spellings known.
    """
    if not any(name in columns for name in names):
        known = ", ".join(repr(spelling) for name in names for spelling in wanted[name])
        found = f"no column for {' or '.join(names)}; found: {', '.join(header)}"
        action = f"add it, or give its column a known name: {known}"
        spellings = [spelling for name in names for spelling in wanted[name]]
        action += elsewhere(path, spellings)
        raise CohortError([Problem(found, action, file=str(path), rule="column_missing")])


def find_table(folder: Path, clinical: Path | None, name: re.Pattern[str]) -> Path | None:
    """The table that was given, or the one of that name at the top of the folder; `None` without one.

    Raises:
        CohortError: several in the folder.
    """
    if clinical is not None or not folder.is_dir():
        return clinical
    return the_one_table(folder, tables_among(folder.iterdir(), name))


def the_one_table(folder: Path, found: Iterable[Path]) -> Path | None:
    """The only table that was found in a folder; `None` without one.

    Raises:
        CohortError: there are several.
    """
    tables = sorted(found)
    if len(tables) > 1:
        names = f"several tables of labels: {', '.join(path.name for path in tables)}"
        raise CohortError([Problem(names, "name the right one as `clinical`", file=str(folder), rule="several_tables")])
    return tables[0] if tables else None


def tables_among(paths: Iterable[Path], name: re.Pattern[str]) -> list[Path]:
    """The tables of that name that can be read, sorted; of a workbook and its sheet saved as text, the text."""
    kinds = (".csv", ".tsv", *WORKBOOKS)
    known = [path for path in paths if path.suffix.lower() in kinds and name.match(path.name)]
    by_stem: dict[Path, Path] = {}
    for path in sorted(known, key=lambda path: kinds.index(path.suffix.lower())):
        by_stem.setdefault(path.with_suffix(""), path)
    return sorted(by_stem.values())


def rows_by_id(
    path: Path, wanted: Mapping[str, Iterable[str]], read_id: Callable[[str], str], *needed: str
) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Id → its cells by names of ours, and how the table calls its columns.

    An id may have several rows that say the same (samples of a patient).

    Args:
        path: the table.
        wanted: name of ours → the column's usual spellings; `id` is one of the names.
        read_id: the table's id → the project's; raises CellError for one that is none.
        needed: at least one of these names of ours must be there beside `id`.

    Raises:
        CohortError: every problem of the table.
    """
    header, rows = read_numbered_rows(path)
    columns = find_columns(header, wanted)
    require(path, header, columns, wanted, "id")
    require(path, header, columns, wanted, *needed)
    by_id: dict[str, dict[str, str]] = {}
    lines: dict[str, int] = {}
    problems = rewritten_id_problems(path, columns["id"], [row[columns["id"]] for _, row in rows])
    for line, row in rows:
        try:
            identifier = read_id(row[columns["id"]])
        except CellError as error:
            problems.append(error.problem.at(file=str(path), line=line, column=columns["id"]))
            continue
        cells = {ours: row[theirs] for ours, theirs in columns.items() if ours != "id"}
        first, first_line = by_id.setdefault(identifier, cells), lines.setdefault(identifier, line)
        for name in cells:
            if first[name] != cells[name]:
                found = f"has two rows, with {first[name]!r} and {cells[name]!r}, in lines {first_line} and {line}"
                place = {"file": str(path), "case": identifier, "column": columns[name]}
                problems.append(Problem(found, "keep the right one", rule="two_rows").at(**place))
    if not rows:
        problems.append(no_case(path))
    if problems:
        raise CohortError(problems)
    return by_id, columns


def workbooks(folder: Path, name: re.Pattern[str]) -> tuple[Finding, ...]:
    """A warning for each workbook at the top of a folder that holds labels and cannot be read."""
    if not folder.is_dir():
        return ()
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in _NOT_READ and name.match(path.name))
    action = "open it, save the sheet as CSV (UTF-8), and name that file as the table of labels"
    return tuple(
        Finding("warning", "workbook_not_read", "", "", str(path), "labels in a workbook, which is not read", action)
        for path in found
    )


def plain(name: str) -> str:
    """Letters and digits of a column's name, in lower case."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
