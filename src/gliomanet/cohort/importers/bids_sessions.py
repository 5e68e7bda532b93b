"""A BIDS subject's sessions: their order in time, and the ones after surgery."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from gliomanet.cohort.importers.headers import USUAL, called, find_columns
from gliomanet.cohort.matching_ids import join_rows
from gliomanet.cohort.read_rows import no_column, read_rows
from gliomanet.errors import CohortError, Problem

_TABLE = re.compile(r"(?:.*/)?sub-(?P<sub>[A-Za-z0-9]+)/sub-(?P=sub)_sessions\.tsv")
_WANTED = {
    **USUAL,
    "id": ("session_id",),
    "date": ("acq_time",),
    "days": ("days", "days from baseline", "days since baseline", "days_since_first", "day"),
    "stage": ("scan", "stage", "session type", "type", "timepoint", "operation", "operation status", "surgery"),
}
_MISSING = ("", "n/a", "na")
# "post" first: "post-operative" holds "operative" too. A name such as ses-postop counts as a stage.
_STAGES = (
    ("post_operative", re.compile(r"post", re.IGNORECASE)),
    ("follow_up", re.compile(r"follow|progress|recur|^fu\d*$", re.IGNORECASE)),
    ("baseline", re.compile(r"pre|base|diagnos", re.IGNORECASE)),
)


@dataclass(frozen=True)
class Session:
    """One session.

    Attributes:
        scan: `baseline`, `follow_up` or `post_operative`.
        cells: keys of `Exam.raw` that the subject's table of sessions has, which stand over the participant's.
    """

    scan: str = "baseline"
    cells: Mapping[str, str] = field(default_factory=dict)


def read_sessions(
    folder: Path, paths: Iterable[str], sessions: Mapping[str, Iterable[str]], labels: Sequence[str] = ()
) -> dict[tuple[str, str], Session]:
    """Subject and session → its scan and cells.

    The first session is the baseline and later ones follow-ups, by `acq_time` or days of `sub-XX_sessions.tsv` where
    every session has one, else by their names (`ses-2` before `ses-10`); a stage in that table, or a name with "pre"
    or "post" in it, stands over the order.

    Args:
        folder: the dataset.
        paths: its files.
        sessions: subject → its sessions that have images ("" for none).
        labels: further labels of the study.

    Raises:
        CohortError: a table without `session_id`, an `acq_time` that is no ISO date, days that are no numbers.
    """
    tables = {match["sub"]: folder / path for path in paths if (match := _TABLE.fullmatch(path))}
    found: dict[tuple[str, str], Session] = {}
    problems: list[Problem] = []
    for subject, names in sessions.items():
        try:
            table = tables.get(subject)
            rows = join_rows(names, _read(table, labels), table) if table else {}
        except CohortError as error:
            problems += error.problems
            continue
        seen_baseline = False
        for place, name in enumerate(_in_time(sorted(names, key=_natural), rows)):
            cells = rows.get(name, {})
            stage = _stage(cells.get("stage", "")) or _stage(name) or ("follow_up" if place else "baseline")
            if stage == "baseline":  # of several before surgery, the first is the baseline
                stage = "follow_up" if seen_baseline else "baseline"
                seen_baseline = True
            raw = {key: cell for key, cell in cells.items() if key in (*USUAL, *labels) and cell not in _MISSING}
            found[subject, name] = Session(stage, raw)
    if problems:
        raise CohortError(problems)
    return found


def _read(path: Path, labels: Sequence[str]) -> dict[str, dict[str, str]]:
    header, rows = read_rows(path)
    columns = find_columns(header, {**_WANTED, **called(labels)})
    if "id" not in columns:
        raise CohortError([no_column(path, ["session_id"], header)])
    by_session = {}
    problems = []
    for row in rows:
        cells = {ours: row[theirs] for ours, theirs in columns.items()}
        name = cells["id"].removeprefix("ses-")
        if cells.get("days", "") not in _MISSING and not re.fullmatch(r"-?\d+(\.\d+)?", cells["days"]):
            found = f"session {name!r}: {cells['days']!r} is no number of days"
            at = {"file": str(path), "column": columns["days"]}
            problems.append(Problem(found, "write 90, or n/a where it is not known", rule="no_number").at(**at))
        if cells.get("date", "") not in _MISSING and _time(cells["date"]) is None:
            found = f"session {name!r}: {cells['date']!r} is no date of ISO 8601"
            at = {"file": str(path), "column": columns["date"]}
            problems.append(Problem(found, "write 2019-06-05 or 2019-06-05T10:30:00", rule="no_date").at(**at))
        by_session[name] = cells
    if problems:
        raise CohortError(problems)
    return by_session


def _in_time(names: list[str], rows: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Sessions in the order of time: by date or days where every one has it, else as they come."""
    times = {name: time for name in names if (time := _time(rows.get(name, {}).get("date", "")))}
    if len(times) == len(names):
        return sorted(names, key=times.__getitem__)
    if all(rows.get(name, {}).get("days", "") not in _MISSING for name in names):
        return sorted(names, key=lambda name: float(rows[name]["days"]))
    return names


def _time(cell: str) -> datetime | None:
    """A date, or date and time; where no time zone is given they are compared as of one."""
    try:
        time = datetime.fromisoformat(cell)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _stage(text: str) -> str:
    return next((stage for stage, pattern in _STAGES if pattern.search(text)), "")


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.findall(r"\d+|\D+", name)]
