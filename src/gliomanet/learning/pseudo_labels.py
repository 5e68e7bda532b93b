"""Uncertainty-aware selection of pseudo-labels, shared by the image and the tabular arm.

A teacher predicts every unknown label in several stochastic passes (dropout on). A label is accepted where the mean
probability of the winning class is high and its spread over the passes small (Liu et al. 2025, GMMAS), where it does
not contradict the case's other labels under WHO 2021, and where its class is not over-represented.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.labels import VOCABULARY, Task, contradiction

if TYPE_CHECKING:
    from gliomanet.study import PseudoLabels

COLUMNS = ("case_id", "center", "task", "label", "probability", "std", "accepted", "reason")

BALANCE = 3
"""A class may have at most this multiple of (the rarest class's accepted cases + 1): teachers are surest of the
frequent class, and retraining on their surest labels alone would teach that class's prevalence."""


def summarise(passes: NDArray[np.floating]) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Winning class, its mean probability and its standard deviation over stochastic passes.

    Args:
        passes: (S, N, K) probabilities of S passes, N cases, K classes.

    Returns:
        (N,) class with the largest mean; (N,) that mean; (N,) its population standard deviation over the passes.
    """
    values = np.asarray(passes, dtype=np.float64)
    if values.ndim != 3 or values.shape[0] < 1:
        raise ValueError(f"stochastic passes must be (passes, cases, classes), got {values.shape}")
    mean = values.mean(axis=0)
    winner = mean.argmax(axis=1) if len(mean) else np.zeros(0, dtype=np.int64)
    rows = np.arange(len(mean))
    return winner.astype(np.int64), mean[rows, winner], values.std(axis=0)[rows, winner]


def select_pseudo_labels(
    case_ids: Sequence[str],
    centers: Sequence[str],
    known: pd.DataFrame,
    passes: Mapping[str, NDArray[np.floating]],
    tasks: Mapping[str, Task],
    settings: PseudoLabels,
) -> pd.DataFrame:
    """Which predicted labels of cases may teach.

    Args:
        case_ids: N cases.
        centers: their centres.
        known: columns case_id and labels (idh, codel_1p19q, grade, the tasks' own): those that are known already ("" or
            NaN = unknown).
            A task whose label is known gets no row. Cases that are not in it have no known label.
        passes: task → (S, N, K) probabilities, cases in the order of `case_ids`; NaN for a case that has none.
        tasks: the study's tasks.
        settings: thresholds.

    Returns:
        One row per case and unknown task, in that order: case_id, center, task, label (class name), probability
        (mean), std, accepted {yes, no}, reason (empty where accepted).
    """
    labels = _known_labels(case_ids, known, tasks)
    rows = []
    for name, task in tasks.items():
        if passes[name].shape[1:] != (len(case_ids), len(task.classes)):
            raise ValueError(
                f"passes of task {name!r} are {passes[name].shape}; expected "
                f"(passes, {len(case_ids)} cases, {len(task.classes)} classes)"
            )
        winner, probability, std = summarise(passes[name])
        for index, case in enumerate(case_ids):
            if not labels[case][task.label]:
                label = task.class_names[winner[index]]
                reason = _below_threshold(probability[index], std[index], settings)
                rows.append((case, centers[index], name, label, probability[index], std[index], reason))
    table = pd.DataFrame(rows, columns=["case_id", "center", "task", "label", "probability", "std", "reason"])
    _refuse_contradictions(table, labels, tasks)
    _refuse_surplus(table, tasks)
    table["accepted"] = np.where(table["reason"] == "", "yes", "no")
    case_order, task_order = ({key: i for i, key in enumerate(keys)} for keys in (case_ids, tasks))
    order = np.lexsort((table["task"].map(task_order), table["case_id"].map(case_order)))
    return table.iloc[order].reset_index(drop=True)[list(COLUMNS)]


def _known_labels(case_ids: Sequence[str], known: pd.DataFrame, tasks: Mapping[str, Task]) -> dict[str, dict[str, str]]:
    if len(set(case_ids)) != len(case_ids):
        raise ValueError("case_ids name a case twice; predict every unlabelled case once")
    labels = list(dict.fromkeys((*VOCABULARY, *(task.label for task in tasks.values()))))
    table = known.set_index("case_id").reindex(columns=labels).fillna("").astype(str)
    empty = dict.fromkeys(labels, "")
    records = {str(case): dict(zip(labels, row, strict=True)) for case, *row in table.itertuples()}
    return {case: records.get(case, empty) for case in case_ids}


def _below_threshold(probability: float, std: float, settings: PseudoLabels) -> str:
    if not np.isfinite(probability):
        return "no prediction"
    if not probability >= settings.min_probability:
        return f"mean probability below {settings.min_probability:g}"
    if not std <= settings.max_std:
        return f"standard deviation above {settings.max_std:g}"
    return ""


def _most_certain_first(table: pd.DataFrame) -> pd.DataFrame:
    accepted = table[table["reason"] == ""]
    return accepted.sort_values(
        ["probability", "std", "case_id", "task"], ascending=[False, True, True, True], kind="stable"
    )


def _refuse_contradictions(
    table: pd.DataFrame, known: Mapping[str, Mapping[str, str]], tasks: Mapping[str, Task]
) -> None:
    """Go through each case's accepted labels from the surest; one that contradicts what stands is refused."""
    standing = {
        case: {label: {value} if value else set() for label, value in values.items()} for case, values in known.items()
    }
    surest = _most_certain_first(table)
    for index, case, name, label in zip(surest.index, surest["case_id"], surest["task"], surest["label"], strict=True):
        task, values = tasks[name], standing[case]
        named = set(task.classes[label])
        agreed = named & values[task.label] if values[task.label] else named
        conflict = _conflict({**values, task.label: agreed}) if agreed else f"another task says {task.label} differs"
        if conflict is None:
            values[task.label] = agreed
        else:
            table.loc[index, "reason"] = f"contradicts the case's other labels ({conflict})"


def _conflict(values: Mapping[str, set[str]]) -> str | None:
    """Why no choice of one value a label is a diagnosis of WHO 2021, or `None` where one is."""
    choices = [sorted(values[label]) or [""] for label in VOCABULARY]
    reasons = [contradiction(*choice) for choice in product(*choices)]
    return None if None in reasons else reasons[0]


def _refuse_surplus(table: pd.DataFrame, tasks: Mapping[str, Task]) -> None:
    """Keep each class's surest labels, up to `BALANCE` × (those of the task's rarest class + 1)."""
    ranked = _most_certain_first(table)
    for name, task in tasks.items():
        of_task = ranked[ranked["task"] == name]
        classes = {label: of_task.index[of_task["label"] == label] for label in task.class_names}
        rarest = min(classes, key=lambda label: len(classes[label]))
        limit = BALANCE * (len(classes[rarest]) + 1)
        for label, rows in classes.items():
            table.loc[rows[limit:], "reason"] = (
                f"surplus: {len(rows)} of {label}, at most {limit} beside {len(classes[rarest])} of {rarest}"
            )
