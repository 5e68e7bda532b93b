"""Predictions joined with the cases' true labels, from which every metric is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.labels.vocabulary import VOCABULARY
from gliomanet.stages import stage_order
from gliomanet.tables.prediction import CASE

if TYPE_CHECKING:
    from gliomanet.labels.tasks import Task

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

GROUP = ["model", "stage", "scenario", "role", "task"]
TOLERANCE = 1e-3
"""Largest distance of a case's probabilities from a sum of one: tables hold six digits, published ones fewer."""


@dataclass(frozen=True)
class Cases:
    """The case table in the order of (centre, case), as arrays that predictions index into.

    `hidden`: cases whose labels were kept from training (`label_fraction`): metrics of validation cases, and whatever
    is chosen on these, must not know them either; see `Resampling.truth`.
    """

    center: NDArray[np.str_]
    case_id: NDArray[np.str_]
    patient: NDArray[np.str_]
    labels: Mapping[str, NDArray[np.str_]]
    truth: Mapping[str, Integers]
    hidden: NDArray[np.bool_]

    @classmethod
    def of(cls, table: pd.DataFrame, tasks: Mapping[str, Task]) -> Cases:
        """The arrays of a case table; without a column `hidden`, no case is.

        Raises:
            ValueError: a column is missing or a case stands there twice.
        """
        require_columns(table, ("case_id", "patient_id", "center", *{task.label for task in tasks.values()}), "cases")
        rows = table.assign(center=text(table["center"]), case_id=text(table["case_id"]))
        rows = rows.sort_values(["center", "case_id"], kind="stable")
        twice = rows.duplicated(["center", "case_id"])
        if twice.any():
            first = rows[twice].iloc[0]
            raise ValueError(
                f"cases: case {first['case_id']} of centre {first['center']} stands there twice; keep one row"
            )
        names = dict.fromkeys((*VOCABULARY, *(task.label for task in tasks.values())))
        labels = {name: text(rows[name]) if name in rows else np.full(len(rows), "") for name in names}
        truth = {name: np.array([task.encode(v) for v in labels[task.label]]) for name, task in tasks.items()}
        center = text(rows["center"])
        patient = np.char.add(np.char.add(center, "/"), text(rows["patient_id"]))
        hidden = rows["hidden"].to_numpy(dtype=bool) if "hidden" in rows else np.zeros(len(rows), dtype=bool)
        encoded = {name: values.astype(np.int64) for name, values in truth.items()}
        return cls(center, text(rows["case_id"]), patient, labels, encoded, hidden)


@dataclass(frozen=True)
class Scored:
    """One model's probabilities for one task: of one stage, scenario and role."""

    model: str
    stage: str
    scenario: str
    role: str
    task: str
    rows: Integers
    """Index into `Cases` (cases,), ascending."""
    probability: Floats
    """(cases, classes)"""


def text(column: pd.Series) -> NDArray[np.str_]:
    """A column as text, missing values as empty strings."""
    return np.asarray(column.astype("object").where(column.notna(), "").astype(str), dtype=np.str_)


def require_columns(table: pd.DataFrame, columns: tuple[str, ...], name: str) -> None:
    """Raise a `ValueError` that names the columns that a table lacks."""
    absent = [column for column in columns if column not in table]
    if absent:
        raise ValueError(f"{name}: lacks the columns {', '.join(sorted(absent))}; found: {', '.join(map(str, table))}")


def final_stage(stages: set[str]) -> str:
    """The last of a model's training stages."""
    return max(stages, key=stage_order)


def evaluated_rows(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows that metrics are of: those of validation cases, and the ensembles' of external ones."""
    external = (predictions["role"] == "external") & (predictions["fold"].astype(str) == "ensemble")
    return predictions[external | (predictions["role"] == "validation")]


def score(predictions: pd.DataFrame, cases: Cases, tasks: Mapping[str, Task]) -> list[Scored]:
    """Group the rows that are evaluated: validation rows, and external rows of the ensemble.

    Args:
        predictions: the table of `results/predictions/`, of any number of models.
        cases: the case table, with labels.
        tasks: the study's tasks.

    Returns:
        One element for every (model, stage, scenario, role, task), in that order; cases of unknown label included.

    Raises:
        ValueError: an unknown case, task or class, a case that is predicted twice or for some of the classes only,
            or probabilities that do not sum to one.
    """
    require_columns(predictions, (*CASE, "class", "probability"), "predictions")
    used = evaluated_rows(predictions)
    key = pd.MultiIndex.from_arrays([cases.center, cases.case_id])
    at = key.get_indexer(pd.MultiIndex.from_arrays([text(used["center"]), text(used["case_id"])]))
    if (at < 0).any():
        first = used[at < 0].iloc[0]
        raise ValueError(
            f"predictions of {first['model']}: case {first['case_id']} of centre {first['center']} is not among the "
            f"cases ({(at < 0).sum()} such rows); predict cases of the case table only"
        )
    used = used.assign(_at=at)
    return [
        _scored(dict(zip(GROUP, map(str, name), strict=True)), rows, cases, tasks) for name, rows in used.groupby(GROUP)
    ]


def _scored(name: dict[str, str], rows: pd.DataFrame, cases: Cases, tasks: Mapping[str, Task]) -> Scored:
    where = "predictions of " + ", ".join(name.values())
    if name["task"] not in tasks:
        raise ValueError(f"{where}: no such task; tasks: {', '.join(tasks)}")
    classes = tasks[name["task"]].class_names
    column = pd.Index(classes).get_indexer(pd.Index(text(rows["class"])))
    if (column < 0).any():
        found = rows["class"].iloc[int(np.argmax(column < 0))]
        raise ValueError(f"{where}: class {found!r} is none of the task's; classes: {', '.join(classes)}")
    at, place = np.unique(rows["_at"].to_numpy(), return_inverse=True)
    given = np.bincount(place * len(classes) + column, minlength=at.size * len(classes)).reshape(at.size, -1)
    if (given != 1).any():
        case = cases.case_id[at[np.argmax((given != 1).any(1))]]
        raise ValueError(
            f"{where}: case {case} has some class {given.max()} times or not at all; one row per class is allowed"
        )
    probability = np.empty((at.size, len(classes)))
    probability[place, column] = rows["probability"].astype(float)
    wrong = ~(np.abs(probability.sum(1) - 1) <= TOLERANCE) | (probability < 0).any(1)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise ValueError(
            f"{where}: the probabilities of case {cases.case_id[at[first]]} are {probability[first].tolist()}; "
            f"they must be at least 0 and sum to 1"
        )
    return Scored(**name, rows=at.astype(np.int64), probability=probability)
