"""Rows of a study's tables that words name: words in any order, each a cell of the row or its name on the page."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gliomanet.errors import CohortError, Problem
from gliomanet.evaluation.metrics.registry import metric_label
from gliomanet.provenance.finished import FinishedStudy
from gliomanet.reporting.format import TASKS, center_name, stage_name, subset_name
from gliomanet.stages import stage_order
from gliomanet.tables.schemas import schema_of

TABLES = (
    *("metrics", "comparisons", "segmentation", "decoding", "thresholds", "confusion"),
    *("modality_subsets", "modality_significance", "prediction_sets", "risk_coverage"),
)
"""Tables of `results/evaluation/`, in the order in which a row is looked for; the biomarkers' come after them."""

BIOMARKERS = "biomarkers"
_SHOWN_AS: Mapping[str, Callable[[str], str]] = {
    "center": center_name,
    "stage": stage_name,
    "subset": subset_name,
    "metric": metric_label,
    "task": lambda name: str(TASKS.get(name, name)),
}
"""Column → a cell as the page writes it."""


@dataclass(frozen=True)
class Found:
    """A row of a table.

    Attributes:
        table: name of the table.
        path: its file.
        key: the columns that name the row.
        row: all its cells.
    """

    table: str
    path: Path
    key: dict[str, str]
    row: dict[str, Any]

    @property
    def id(self) -> str:
        """Seven letters that stand for the row: of its table and its key, so that another run keeps them."""
        return row_id(self.table, self.key.values())

    @property
    def words(self) -> str:
        """The row's key in words that find it again."""
        return " ".join(f'"{word}"' if " " in word else word for word in self.key.values() if word)


def row_id(table: str, key: Any) -> str:
    return hashlib.sha256("\x1f".join((table, *map(str, key))).encode()).hexdigest()[:7]


def find_rows(study: FinishedStudy, words: Sequence[str], file: Path | None = None) -> tuple[list[Found], str]:
    """The rows that all words fit, of the first table that has any; those of a table that is named, of that one.

    Args:
        study: the study.
        words: each a cell of the row's key, as the table or the page writes it, in any case; `column=value`; the name
            of a table; or a row's id.
        file: the only table that is looked into.

    Returns:
        The rows, and what was taken where words left it open: all patients, and the last stage of each model.

    Raises:
        CohortError: a word fits no row at all, no row fits all words, or the table is none that rows are traced from.
    """
    rest = [word.strip() for word in words]
    tables = list(_tables(study))
    if file is not None:
        tables = [one for one in tables if one[1].resolve() == file.resolve()]
        if not tables:
            action = f"tables that rows are traced from: {', '.join((*TABLES, BIOMARKERS))}"
            problem = Problem("no row of this table is traced", action, file=str(file), rule="table_not_traced")
            raise CohortError([problem], where="what is to be traced")
    named = {word.casefold() for word in rest} & {name for name, _, _ in tables}
    if named:
        tables = [one for one in tables if one[0] in named]
        rest = [word for word in rest if word.casefold() not in named]
    fitting_somewhere: set[str] = set()
    for name, path, table in tables:
        key = [*(["model"] if name == BIOMARKERS else []), *schema_of(_below(study, path)).key]
        masks = {word: _fits(table, key, word, name) for word in rest}
        fitting_somewhere |= {word for word, mask in masks.items() if mask.any()}
        mask = pd.Series(True, index=table.index)
        for one in masks.values():
            mask &= one
        if mask.any():
            rows, said = _narrowed(table[mask], rest)
            found = [
                Found(name, path, {column: str(row[column]) for column in key}, {str(k): v for k, v in row.items()})
                for row in rows.to_dict("records")
            ]
            return found, said
    raise _nothing(study, tables, rest, fitting_somewhere)


def _below(study: FinishedStudy, path: Path) -> str:
    return path.relative_to(study.layout.results).as_posix()


def _tables(study: FinishedStudy) -> Iterator[tuple[str, Path, pd.DataFrame]]:
    """Name, file and rows of every table that a row can be traced from.

    One that was there when the report was written and is gone is refused: another table would answer in its place.
    """
    for name in TABLES:
        path = study.layout.evaluation(name)
        if path.is_file() or study.was_made(path):
            yield name, path, study.table(path)
    for model in study.models:
        path = study.layout.biomarkers(model)
        if path.is_file() or study.was_made(path):
            yield BIOMARKERS, path, study.table(path).assign(model=model)


def _fits(table: pd.DataFrame, key: list[str], word: str, name: str) -> pd.Series:
    """The rows of which a cell is the word."""
    column, sign, value = word.partition("=")
    if sign and column in key:
        return table[column].astype(str).str.casefold() == value.casefold()
    wanted, fits = word.casefold(), pd.Series(False, index=table.index)
    for one in key:
        cells = {
            text: {str(text).casefold(), _SHOWN_AS.get(one, str)(str(text)).casefold()} for text in set(table[one])
        }
        fits |= table[one].isin([text for text, known in cells.items() if wanted in known])
    if len(word) == 7 and not fits.any() and set(wanted) <= set("0123456789abcdef"):
        ids = [row_id(name, cells) for cells in table[key].itertuples(index=False, name=None)]
        fits = pd.Series(ids, index=table.index) == wanted
    return fits


def _narrowed(rows: pd.DataFrame, words: list[str]) -> tuple[pd.DataFrame, str]:
    """The rows that words leave, narrowed to all patients, and to the last stage, where there are several."""
    said = []
    if len(rows) > 1 and "subset" in rows and set(rows["subset"]) > {"all"}:
        rows, said = rows[rows["subset"] == "all"], ["all patients"]
    if len(rows) > 1 and "stage" in rows and len(set(rows["stage"])) > 1 and len(set(rows["model"])) == 1:
        last = max(set(rows["stage"]), key=stage_order)
        rows, said = rows[rows["stage"] == last], [*said, f"stage {last}"]
    return rows, " and ".join(said)


def _nothing(
    study: FinishedStudy, tables: list[tuple[str, Path, pd.DataFrame]], words: list[str], fitting: set[str]
) -> CohortError:
    strange = [word for word in words if word not in fitting]
    where = ", ".join(dict.fromkeys(name for name, _, _ in tables)) or "no table"
    if not strange:
        found = f"no row has all of {', '.join(map(repr, words))}, though each is in some row of {where}"
        problem = Problem(found, "leave a word out to see the rows that there are", rule="no_row_has_all_words")
    else:
        keys = [(table, schema_of(_below(study, path)).key) for _, path, table in tables]
        known = {str(text) for table, key in keys for column in key for text in table[column]}
        known |= {str(case) for case in study.cases["case_id"]}
        near = difflib.get_close_matches(strange[0], sorted(known), n=3, cutoff=0.6)
        action = (
            f"nearest: {', '.join(near)}" if near else "words are a model, centre, task, metric, role, case or row id"
        )
        found = f"{strange[0]!r} is no case, and in no row of {where}"
        problem = Problem(found, action, rule="word_of_no_row")
    return CohortError([problem.at(file=str(study.layout.results))], where="what is to be traced")
