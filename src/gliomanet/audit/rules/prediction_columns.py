"""Columns of predictions that say what they should not: nothing, what another says, or more than anyone can know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, groupby
from typing import TYPE_CHECKING

import numpy as np

from gliomanet.cohort.findings import Finding
from gliomanet.evaluation.predictions import Cases, Scored
from gliomanet.labels.vocabulary import MISSING

if TYPE_CHECKING:
    from gliomanet.labels.tasks import Task

_SAME = 1e-6
"""Largest difference of equal probabilities: tables hold six digits."""
_FEWEST = 10
"""Cases that two columns must share, and each class must have for a perfect separation to be told."""


def columns_of_answers(answers: Scored, known: Cases, classes: tuple[str, ...]) -> Iterator[Finding]:
    """Columns of one task that are constant or equal, and classes that are told apart without an error."""
    where = f"{answers.model}, {answers.stage}, {answers.scenario}, {answers.role} cases, {answers.task}"
    if answers.rows.size < _FEWEST:
        return
    if np.ptp(answers.probability, axis=0).max() <= _SAME:
        found = f"{where}: the same probabilities for all {answers.rows.size} cases"
        yield Finding("warning", "constant_predictions", "", "", "", found, "look whether the right columns were read")
        return
    for i, j in combinations(range(len(classes)), 2):
        if np.allclose(answers.probability[:, i], answers.probability[:, j], rtol=0, atol=_SAME):
            found = f"{where}: {classes[i]} and {classes[j]} have the same probability in every case"
            action = "look whether one column was read twice"
            yield Finding("warning", "identical_columns", "", "", "", found, action)
    truth = known.truth[answers.task][answers.rows]
    for index in range(len(classes) if len(classes) > 2 else 1):
        inside, outside = (
            answers.probability[truth == index, index],
            answers.probability[_others(truth, index), index],
        )
        if min(inside.size, outside.size) >= _FEWEST and inside.min() > outside.max():
            found = f"{where}: {classes[index]} is told apart without an error (AUC 1, n {inside.size + outside.size})"
            action = "look whether the model was trained on these cases, or the predictions are made of the labels"
            yield Finding("warning", "perfect_separation", "", "", "", found, action)


def _others(truth: np.ndarray, index: int) -> np.ndarray:
    return np.asarray((truth != index) & (truth != MISSING))


def identical_answers(scored: Sequence[Scored], tasks: Mapping[str, Task]) -> Iterator[Finding]:
    """Models with the same probabilities, and tasks of one model with the same column.

    Equal stages of one model are none: a stage whose teacher labelled nothing fits the same once more.
    """
    for block, members in groupby(sorted(scored, key=_block), key=_block):
        for a, b in combinations(members, 2):
            if a.model != b.model and _same(a.rows, b.rows, a.probability, b.probability):
                found = f"{a.model} and {b.model} say the same of all {_shared(a, b)} cases ({', '.join(block)})"
                action = "look whether one file was read twice, or one model's predictions were written for the other"
                yield Finding("warning", "identical_models", "", "", "", found, action)
    for system, members in groupby(sorted(scored, key=_system), key=_system):
        for a, b in combinations(members, 2):
            for i, j in _pairs(a, b):
                if _same(a.rows, b.rows, a.probability[:, i], b.probability[:, j]):
                    one, other = (f"{t.task} {tasks[t.task].class_names[k]}" for t, k in ((a, i), (b, j)))
                    found = f"{', '.join(system)}: {one} and {other} have the same probability in every case"
                    action = "look whether one column was read twice"
                    yield Finding("warning", "identical_columns", "", "", "", found, action)


def _pairs(a: Scored, b: Scored) -> Iterator[tuple[int, int]]:
    """Columns of two tasks; of two classes of one the positive column alone: the other says the same."""
    mine = [1] if a.probability.shape[1] == 2 else range(a.probability.shape[1])
    for i in mine:
        yield from ((i, j) for j in range(b.probability.shape[1]))


def _same(a_rows: np.ndarray, b_rows: np.ndarray, a: np.ndarray, b: np.ndarray) -> bool:
    """True where probabilities of the cases of both agree, and vary."""
    common, at_a, at_b = np.intersect1d(a_rows, b_rows, return_indices=True)
    if common.size < _FEWEST or np.ptp(a[at_a], axis=0).max() <= _SAME:
        return False
    return bool(np.allclose(a[at_a], b[at_b], rtol=0, atol=_SAME))


def _shared(a: Scored, b: Scored) -> int:
    return int(np.intersect1d(a.rows, b.rows).size)


def _block(answers: Scored) -> tuple[str, str, str, str]:
    return answers.stage, answers.scenario, answers.role, answers.task


def _system(answers: Scored) -> tuple[str, str, str, str]:
    return answers.model, answers.stage, answers.scenario, answers.role
