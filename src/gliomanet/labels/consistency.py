"""Predictions that cannot stand together under the WHO classification."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from gliomanet.labels.who import LEGACY_STATES, LEGAL_STATES, WhoState

if TYPE_CHECKING:
    from gliomanet.labels.tasks import Task

Status = Literal["legal", "legacy", "contradiction"]
STATUSES: tuple[Status, ...] = ("legal", "legacy", "contradiction")


def status_of(predicted: Mapping[str, str], tasks: Mapping[str, Task]) -> Status:
    """Status of predicted classes: some diagnosis fits all of them at once, or none does.

    Args:
        predicted: task name → predicted class name; tasks of further labels fit every diagnosis.
        tasks: the study's tasks; a class stands for every label value it groups.

    Returns:
        `legal` where a WHO 2021 diagnosis fits, `legacy` where only one of an earlier edition does, else
        `contradiction`.
    """
    allowed = [
        (tasks[name].label, tasks[name].classes[choice])
        for name, choice in predicted.items()
        if tasks[name].label in WhoState._fields
    ]
    if any(all(getattr(state, label) in values for label, values in allowed) for state in LEGAL_STATES):
        return "legal"
    if any(all(getattr(state, label) in values for label, values in allowed) for state in LEGACY_STATES):
        return "legacy"
    return "contradiction"


def statuses(predicted: Mapping[str, NDArray[np.int64]], tasks: Mapping[str, Task]) -> NDArray[np.int64]:
    """Index into `STATUSES` of each case.

    Args:
        predicted: task name → predicted class index of each case (cases,), all of one length.
        tasks: the study's tasks.
    """
    names = list(predicted)
    shape = tuple(len(tasks[name].class_names) for name in names)
    table = np.empty(shape, dtype=np.int64)
    for cell in product(*(range(size) for size in shape)):
        choice = {name: tasks[name].class_names[index] for name, index in zip(names, cell, strict=True)}
        table[cell] = STATUSES.index(status_of(choice, tasks))
    return np.asarray(table[tuple(predicted[name] for name in names)])
