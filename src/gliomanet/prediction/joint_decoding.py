"""The probabilities of WHO-consistent joint decoding, as a column beside each row's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.labels.joint_decoding import decodes_jointly, joint_marginals
from gliomanet.labels.who import WHO_LABELS

if TYPE_CHECKING:
    from gliomanet.labels.tasks import Task

Integers = NDArray[np.int64]

JOINT = "joint_probability"
_CASE = ["model", "stage", "scenario", "fold", "role", "center", "case_id"]


def with_joint(rows: pd.DataFrame, tasks: Mapping[str, Task]) -> pd.DataFrame:
    """Predictions with a last column `joint_probability`: the class's marginal after joint decoding.

    Rows of one model, stage, scenario, fold, role, centre and case are decoded together: of an ensemble its own
    probabilities, not the mean of its folds' decoded ones. A decision from it is the most probable combination of
    classes (`joint_decoding.most_probable_classes`), which the marginals alone may miss.

    Args:
        rows: predictions with those columns and task, class, probability, in any order.
        tasks: the study's tasks; each case is decoded with those that it has.

    Returns:
        The same rows in the same order. The column is empty in tasks on labels that the WHO classification does not
        speak of, and where a case has tasks on fewer than two of its labels.

    Raises:
        ValueError: a row of an unknown task or class, or a case that has some class of a task twice or not at all.
    """
    _check_names(rows, tasks)
    case = rows.groupby(_CASE, sort=True, dropna=False).ngroup().to_numpy().astype(np.int64)
    asked = {name: task for name, task in tasks.items() if task.label in WHO_LABELS}
    place = {name: _row_of_class(rows, case, name, task) for name, task in asked.items()}
    probability, joint = rows["probability"].to_numpy(dtype=np.float64), np.full(len(rows), np.nan)
    answered = [frozenset(name for name in asked if place[name][number, 0] >= 0) for number in range(_count(case))]
    for names in dict.fromkeys(answered):
        present = {name: task for name, task in asked.items() if name in names}
        if not decodes_jointly(present):
            continue
        cases = np.array([mine == names for mine in answered])
        decoded = joint_marginals({name: probability[place[name][cases]] for name in present}, present)
        for name, marginal in decoded.items():
            joint[place[name][cases]] = marginal
    return rows.assign(**{JOINT: joint})


def _check_names(rows: pd.DataFrame, tasks: Mapping[str, Task]) -> None:
    for task, label in rows[["task", "class"]].drop_duplicates().itertuples(index=False):
        if task not in tasks or label not in tasks[task].class_names:
            number = int(np.argmax((rows["task"] == task) & (rows["class"] == label)))
            known = ", ".join(tasks[task].class_names if task in tasks else tasks)
            what = f"class {label!r} of task {task}" if task in tasks else f"task {task!r}"
            raise ValueError(f"{_named(rows, number)}: {what} is none of the study's; allowed: {known}")


def _row_of_class(rows: pd.DataFrame, case: Integers, name: str, task: Task) -> Integers:
    """The row of each case and class of a task: (cases, classes), all -1 in cases without the task."""
    mine = np.flatnonzero(rows["task"] == name)
    column = pd.Index(task.class_names).get_indexer(pd.Index(rows["class"].iloc[mine]))
    place = np.full((_count(case), len(task.class_names)), -1)
    place[case[mine], column] = mine
    found = np.zeros(place.shape, dtype=np.int64)
    np.add.at(found, (case[mine], column), 1)
    wrong = (found != 1).any(1) & (found > 0).any(1)
    if wrong.any():
        raise ValueError(
            f"{_named(rows, int(place[int(np.argmax(wrong))].max()))}: task {name} has some class twice or not at all; "
            f"give one row for each of {', '.join(task.class_names)}"
        )
    return place


def _count(case: Integers) -> int:
    return int(case.max()) + 1 if case.size else 0


def _named(rows: pd.DataFrame, number: int) -> str:
    row = rows.iloc[number]
    return (
        f"predictions of {row['model']}, {row['stage']}, fold {row['fold']}, case {row['case_id']} of {row['center']}"
    )
