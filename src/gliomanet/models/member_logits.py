"""Log-odds that the members of a stack give to the classes of each case: the stack's features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gliomanet.tables.feature_names import OF_MODEL

if TYPE_CHECKING:
    from gliomanet.labels.tasks import Task

FLOOR = 1e-3
"""The least probability that a member is taken at its word for: saturated ones would be outliers of the regression."""


def member_column(member: str, task: str, label: str = "") -> str:
    """The name of a member's log-odds as a column: of a task's last class or, of three classes and more, of one."""
    return f"{OF_MODEL}{member}, {task}{'=' if label else ''}{label})"


def columns_of_task(members: tuple[str, ...], task: str, classes: tuple[str, ...]) -> list[str]:
    """The columns that members may have for a task."""
    labels = classes if len(classes) > 2 else ("",)
    return [member_column(member, task, label) for member in members for label in labels]


def member_logits(
    predictions: pd.DataFrame, stages: Mapping[str, str], scenario: str, tasks: Mapping[str, Task]
) -> pd.DataFrame:
    """A row a case: the log-odds of each member's uncalibrated probabilities, NaN where a member says nothing.

    Of two classes the log-odds of the last; of more the log-probability of each less their mean. Of a case that several
    folds predict, which is an external one, their mean: for a linear model the mean of what it would say of each.

    Args:
        predictions: rows of `FOLD_PREDICTIONS`, of all members.
        stages: member → the stage of it that is taken.
        scenario: the scenario whose folds are taken.
        tasks: the study's tasks.

    Returns:
        `case_id`, then `member_column`s.
    """
    own = predictions["stage"] == predictions["model"].map(stages)
    rows = predictions[own & (predictions["scenario"].astype(str) == scenario)]
    blocks = []
    for member in stages:
        for task, definition in tasks.items():
            names = definition.class_names
            of_task = rows[(rows["model"] == member) & (rows["task"] == task)]
            wide = of_task.pivot_table(index=["case_id", "fold"], columns="class", values="raw_probability")
            logs = wide.reindex(columns=list(names)).clip(lower=FLOOR).transform(np.log)
            if len(names) == 2:
                logits = pd.DataFrame({member_column(member, task): logs[names[1]] - logs[names[0]]})
            else:
                logits = logs.sub(logs.mean(axis=1), axis=0)
                logits.columns = pd.Index([member_column(member, task, name) for name in names])
            if len(logits):
                blocks.append(logits.groupby("case_id", sort=True).mean())
    found = pd.concat(blocks, axis=1) if blocks else pd.DataFrame(index=pd.Index([], name="case_id"))
    return found.rename_axis("case_id").sort_index().reset_index()
