"""Uncertainty-aware selection of pseudo-labels, shared by the image and the tabular arm.

A teacher predicts every unknown label in several stochastic passes (dropout on). A label is accepted where the teacher
is better than chance at its task (`teacher_check`), the temperature-scaled mean probability of the winning class is
high and its spread over the passes small (Liu et al. 2025, GMMAS), where it does not contradict the case's other labels
under WHO 2021, and where its class is not over-represented. What follows from known and accepted labels is added.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.labels.decision import called_class
from gliomanet.labels.implication import Ground, implied_class
from gliomanet.labels.tasks import Task
from gliomanet.labels.who import WhoState, contradiction
from gliomanet.tables.prediction import PSEUDO_LABELS
from gliomanet.uncertainty.temperature_scaling import tempered

if TYPE_CHECKING:
    from gliomanet.config.pseudo_labels import PseudoLabelRound, PseudoLabels
    from gliomanet.training.pseudo_labels.teacher_check import TeacherCheck

TRAINABLE = ("train", "unlabelled")
"""The parts of a fold whose cases may get labels."""

KNOWN, TEACHER, FOLLOWS = "known", "teacher", "follows"
"""Where a row's label comes from: it follows from a known label; the teacher's; it follows from an accepted one."""


def summarise(
    passes: NDArray[np.floating], temperature: float = 1.0
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Winning class, its mean probability and its standard deviation over stochastic passes.

    Args:
        passes: (S, N, K) probabilities of S passes, N cases, K classes.
        temperature: of the mean, and of each pass; 1 leaves them as they are.

    Returns:
        (N,) class that the mean calls, see `gliomanet.labels.decision`; (N,) its mean; (N,) its population standard
        deviation over the passes.
    """
    values = np.asarray(passes, dtype=np.float64)
    if values.ndim != 3 or values.shape[0] < 1:
        raise ValueError(f"stochastic passes must be (passes, cases, classes), got {values.shape}")
    mean = tempered(values.mean(axis=0), temperature)
    each = tempered(values.reshape(-1, values.shape[2]), temperature).reshape(values.shape)
    winner = called_class(mean)
    rows = np.arange(len(mean))
    return winner, mean[rows, winner], each.std(axis=0)[rows, winner]


def select_pseudo_labels(
    cases: pd.DataFrame,
    passes: Mapping[str, NDArray[np.floating]],
    tasks: Mapping[str, Task],
    settings: PseudoLabels,
    teacher: Mapping[str, TeacherCheck],
    round_number: int = 1,
) -> pd.DataFrame:
    """Select the predicted labels that may train.

    Args:
        cases: N cases: case_id, center, part {train, unlabelled}, and the label columns ("" or NaN = unknown; a
            column that is not there is unknown). A task whose label is known gets no row.
        passes: task → (S, N, K) probabilities, cases in their order; NaN for a case that has none.
        tasks: the tasks that the teacher labels.
        settings: thresholds of the rounds, and the balance of the classes.
        teacher: task → what the teacher's validation cases say of it, see `check_teacher`.
        round_number: the round, from 1.

    Returns:
        One row per case and unknown task, in that order: case_id, center, task, label (class name), probability
        (mean, temperature-scaled), std, round, accepted {yes, no}, reason (why not; or what a label follows from, of
        which it has the probability and no std).

    Raises:
        ValueError: a case validates or tests in this fold, or is there twice; or passes do not fit the cases.
    """
    _check_cases(cases)
    labels = _known_labels(cases, tasks)
    table = _candidates(cases, labels, passes, tasks, settings.rounds[round_number - 1], teacher)
    _complete(table, labels, tasks, KNOWN)
    _refuse_contradictions(table, labels, tasks)
    _refuse_surplus(table, tasks, settings.max_class_ratio)
    _complete(table, labels, tasks, FOLLOWS)
    _refuse_surplus(table, tasks, settings.max_class_ratio)
    table["accepted"] = np.where(table["accepted"], "yes", "no")
    case_order, task_order = ({key: i for i, key in enumerate(keys)} for keys in (labels, tasks))
    order = np.lexsort((table["task"].map(task_order), table["case_id"].map(case_order)))
    return table.iloc[order].reset_index(drop=True).assign(round=round_number)[PSEUDO_LABELS.names()]


def _check_cases(cases: pd.DataFrame) -> None:
    others = cases[~cases["part"].isin(TRAINABLE)]
    if len(others):
        first = others.iloc[0]
        raise ValueError(
            f"case {first['case_id']} of centre {first['center']} is of part {first['part']!r} and must not get a "
            f"pseudo-label; allowed parts: {', '.join(TRAINABLE)}"
        )
    if cases["case_id"].duplicated().any():
        twice = cases.loc[cases["case_id"].duplicated(), "case_id"].iloc[0]
        raise ValueError(f"the cases hold {twice} twice; predict every case once")


def _known_labels(cases: pd.DataFrame, tasks: Mapping[str, Task]) -> dict[str, dict[str, str]]:
    """Case → label column → value, "" where unknown: of the tasks' labels and those that WHO 2021 ties to them."""
    columns = list(dict.fromkeys((*WhoState._fields, *(task.label for task in tasks.values()))))
    table = cases.set_index("case_id").reindex(columns=columns).astype(object)
    table = table.where(table.notna(), "").astype(str)
    return {str(case): dict(zip(columns, row, strict=True)) for case, *row in table.itertuples()}


def _candidates(
    cases: pd.DataFrame,
    labels: Mapping[str, Mapping[str, str]],
    passes: Mapping[str, NDArray[np.floating]],
    tasks: Mapping[str, Task],
    limits: PseudoLabelRound,
    teacher: Mapping[str, TeacherCheck],
) -> pd.DataFrame:
    rows = []
    for name, task in tasks.items():
        if passes[name].shape[1:] != (len(cases), len(task.classes)):
            raise ValueError(
                f"passes of task {name!r} are {passes[name].shape}; expected "
                f"(passes, {len(cases)} cases, {len(task.classes)} classes)"
            )
        winner, probability, std = summarise(passes[name], teacher[name].temperature)
        for index, (case, center) in enumerate(zip(cases["case_id"], cases["center"], strict=True)):
            if not labels[str(case)][task.label]:
                reason = teacher[name].reason or _below_threshold(probability[index], std[index], limits)
                label = task.class_names[winner[index]]
                rows.append((str(case), center, name, label, probability[index], std[index], reason))
    table = pd.DataFrame(rows, columns=["case_id", "center", "task", "label", "probability", "std", "reason"])
    return table.assign(accepted=table["reason"].eq("").to_numpy(dtype=bool), source=TEACHER)


def _below_threshold(probability: float, std: float, limits: PseudoLabelRound) -> str:
    if not np.isfinite(probability):
        return "no prediction"
    if not probability >= limits.min_probability:
        return f"mean probability below {limits.min_probability:g}"
    if not std <= limits.max_std:
        return f"standard deviation above {limits.max_std:g}"
    return ""


def _complete(
    table: pd.DataFrame, labels: Mapping[str, Mapping[str, str]], tasks: Mapping[str, Task], source: str
) -> None:
    """Put what follows from known labels, or (`FOLLOWS`) from accepted ones, in place of labels that are not accepted.

    A label that was refused as surplus stays refused: there are enough of its class.
    """
    grounds = {
        case: [Ground(label, frozenset([value])) for label, value in values.items() if value]
        for case, values in labels.items()
    }
    if source == FOLLOWS:
        accepted = table.loc[
            table["accepted"] & table["source"].eq(TEACHER), ["case_id", "task", "label", "probability"]
        ]
        for case, name, label, probability in accepted.itertuples(index=False):
            task = tasks[name]
            grounds[case].append(Ground(task.label, frozenset(task.classes[label]), probability, is_known=False))
        open_rows = ~table["accepted"] & ~table["reason"].str.startswith("surplus")
    else:
        open_rows = table["source"].eq(TEACHER)
    for index, case, name in table.loc[open_rows, ["case_id", "task"]].itertuples():
        found = implied_class(tasks[name], grounds[case]) if tasks[name].label in WhoState._fields else None
        if found is not None:
            label, ground = found
            values = (label, ground.probability, np.nan, f"completed: follows from {ground}", True, source)
            table.loc[index, ["label", "probability", "std", "reason", "accepted", "source"]] = values


def _most_certain_first(table: pd.DataFrame) -> pd.DataFrame:
    """The accepted labels: a teacher's own before what follows from them, each from the surest."""
    accepted = table[table["accepted"] & table["source"].ne(KNOWN)]
    return accepted.assign(own=accepted["source"].eq(TEACHER)).sort_values(
        ["own", "probability", "std", "case_id", "task"], ascending=[False, False, True, True, True], kind="stable"
    )


def _refuse(table: pd.DataFrame, rows: pd.Index, reason: str) -> None:
    table.loc[rows, "reason"] = reason
    table.loc[rows, "accepted"] = False


def _refuse_contradictions(
    table: pd.DataFrame, known: Mapping[str, Mapping[str, str]], tasks: Mapping[str, Task]
) -> None:
    """Go through each case's accepted labels from the surest; one that contradicts what stands is refused."""
    standing = {
        case: {label: {value} if value else set() for label, value in values.items()} for case, values in known.items()
    }
    for case, name, label in table.loc[table["source"].eq(KNOWN), ["case_id", "task", "label"]].itertuples(index=False):
        standing[case][tasks[name].label] = set(tasks[name].classes[label])
    surest = _most_certain_first(table)
    for index, case, name, label in zip(surest.index, surest["case_id"], surest["task"], surest["label"], strict=True):
        task, values = tasks[name], standing[case]
        named = set(task.classes[label])
        agreed = named & values[task.label] if values[task.label] else named
        conflict = _conflict(values, task.label, agreed)
        if conflict is None:
            values[task.label] = agreed
        else:
            _refuse(table, pd.Index([index]), f"contradicts the case's other labels ({conflict})")


def _conflict(values: Mapping[str, set[str]], label: str, agreed: set[str]) -> str | None:
    """Reason that a label cannot have a value agreed on beside the other labels, or `None` where it can.

    WHO 2021 judges its own labels only: what a case's diagnosis is says nothing against a further label.
    """
    if not agreed:
        return f"another task says {label} differs"
    if label not in WhoState._fields:
        return None
    choices = [sorted(agreed if name == label else values[name]) or [""] for name in WhoState._fields]
    reasons = [contradiction(*choice) for choice in product(*choices)]
    return None if None in reasons else reasons[0]


def _refuse_surplus(table: pd.DataFrame, tasks: Mapping[str, Task], balance: float) -> None:
    """Keep each class's surest labels, up to `max_class_ratio` × (those of the task's rarest class + 1).

    Teachers are surest of the frequent class, and retraining on their surest labels alone would learn that class's
    prevalence. What follows from known labels is no guess of a teacher: it is neither counted nor refused.
    """
    ranked = _most_certain_first(table)
    for name, task in tasks.items():
        of_task = ranked[ranked["task"] == name]
        classes = {label: of_task.index[of_task["label"] == label] for label in task.class_names}
        rarest = min(classes, key=lambda label: len(classes[label]))
        limit = int(balance * (len(classes[rarest]) + 1))
        for label, rows in classes.items():
            beside = f"at most {limit} beside {len(classes[rarest])} of {rarest}"
            _refuse(table, rows[limit:], f"surplus: {len(rows)} of {label}, {beside}")
