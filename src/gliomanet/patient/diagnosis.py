"""Diagnoses of WHO 2021 that a case's answers are compatible with, by joint decoding.

The words are the classification's (Louis et al., Neuro-Oncology 23:1231 (2021), 10.1093/neuonc/noab106). What the
images cannot tell, such as CDKN2A/B or TERT, is in none of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gliomanet.labels.joint_decoding import decodes_jointly, state_probabilities
from gliomanet.labels.tasks import Task
from gliomanet.labels.who import LEGACY_STATES, LEGAL_STATES, WHO_LABELS, WhoState

GLIOBLASTOMA = "glioblastoma, IDH-wildtype"
ASTROCYTOMA = "astrocytoma, IDH-mutant"
OLIGODENDROGLIOMA = "oligodendroglioma, IDH-mutant and 1p/19q-codeleted"
UNGRADED = "IDH-wildtype glioma: glioblastoma, IDH-wildtype, where it is of grade 4"
LEGACY = "IDH-wildtype glioma of grade 2 or 3: no final diagnosis of WHO 2021"


def type_of(state: WhoState) -> str:
    """The integrated type of a state; its grade is told by the task on the grade, as far as that tells it."""
    if state in LEGACY_STATES:
        return LEGACY
    if state.idh == "wildtype":
        return GLIOBLASTOMA
    return OLIGODENDROGLIOMA if state.codel_1p19q == "codeleted" else ASTROCYTOMA


def compatible_types(rows: pd.DataFrame, tasks: Mapping[str, Task]) -> dict[str, float]:
    """Type → probability, the most probable first; empty unless IDH and 1p/19q are both asked for.

    Where no task tells grade 4 from the others, wildtype gliomas are one entry, since their type hangs on the grade.

    Args:
        rows: columns task, class, probability of one case.
        tasks: the model's tasks.
    """
    asked = {name: task for name, task in tasks.items() if task.label in WHO_LABELS and name in set(rows["task"])}
    labels = {task.label for task in asked.values()}
    if not decodes_jointly(asked) or not {"idh", "codel_1p19q"} <= labels:
        return {}
    probabilities = {}
    for name, task in asked.items():
        of_task = rows[rows["task"] == name].set_index("class")["probability"]
        probabilities[name] = of_task.reindex(list(task.class_names)).to_numpy(float)[None]
    states = state_probabilities(probabilities, asked)[0]
    graded = any(_tells_grade_4(task) for task in asked.values())
    total: dict[str, float] = {}
    for state, probability in zip(LEGAL_STATES + LEGACY_STATES, states, strict=True):
        name = type_of(state) if graded or state.idh == "mutant" else UNGRADED
        total[name] = total.get(name, 0.0) + float(probability)
    order = np.argsort([-value for value in total.values()], kind="stable")
    names = list(total)
    return {names[place]: total[names[place]] for place in order}


def _tells_grade_4(task: Task) -> bool:
    """True of a task on the grade whose classes set 4 apart: else a wildtype glioma's type is nobody's answer."""
    return task.label == "grade" and all(task.encode("4") != task.encode(grade) for grade in ("2", "3"))
