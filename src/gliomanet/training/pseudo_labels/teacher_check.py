"""Check of a teacher: it labels a task only if it tells the classes apart on cases that it did not learn from.

Pseudo-labels of a bad teacher are worse than none, and its own certainty does not give it away: a network that learnt
noise by heart is as sure as a good one. So its validation cases decide, in two ways. A permutation test says whether
its classes have anything to do with the true ones; a temperature takes away the certainty that they do not bear out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.labels.decision import called_class
from gliomanet.labels.tasks import Task
from gliomanet.labels.vocabulary import MISSING
from gliomanet.seeds import derive_seed
from gliomanet.tables.prediction import TEACHER_CHECKS
from gliomanet.uncertainty.temperature_scaling import fit_temperature, log_of

if TYPE_CHECKING:
    from gliomanet.config.pseudo_labels import PseudoLabels

PERMUTATIONS = 4999
"""Of the labels in a test: with the labels as they are, the smallest p is 1 in 5,000."""

Passes = Mapping[str, NDArray[np.floating]]
"""Task → (S, N, K) class probabilities of S stochastic passes."""


@dataclass(frozen=True)
class TeacherCheck:
    """Performance of a teacher on one task's validation cases.

    Attributes:
        cases: validation cases with a known label and a prediction, one a patient.
        mcc: Matthews correlation of the classes that the passes' mean calls; NaN where not estimable.
        p: of the permutation test, one-sided; NaN where not estimable.
        temperature: what the logarithms of its probabilities are divided by, at least 1.
        reason: why no label of the task is accepted; empty where the teacher passes.
    """

    cases: int
    mcc: float
    p: float
    temperature: float
    reason: str


def check_teacher(
    validated: Sequence[tuple[pd.DataFrame, Passes]], tasks: Mapping[str, Task], settings: PseudoLabels, seed: int
) -> dict[str, TeacherCheck]:
    """Judge a teacher, task by task.

    Labels are permuted within centres, so a teacher that only knows the centres apart, and with them how frequent
    their classes are, is no better than chance. The number of correct classes is the test's statistic: for given
    classes and labels MCC grows with it, whatever the number of classes.

    Source of the p: Phipson and Smyth, Stat Appl Genet Mol Biol 9:39 (2010), 10.2202/1544-6115.1585.

    Args:
        validated: cases that the teacher did not learn from (`case_id`, `center`, the tasks' label columns, `part` =
            validation, and `patient_id` where a patient may have several), and the passes over them; several pairs
            where the folds of a scenario stand for its refit, which has no such cases.
        tasks: the tasks that the teacher labels.
        settings: `teacher_alpha` is the largest p that passes; 1 refuses nobody.
        seed: of the permutations.

    Raises:
        ValueError: a case is no validation case, or passes do not fit the cases.
    """
    for cases, passes in validated:
        _check_inputs(cases, passes, tasks)
    return {name: _check_task(name, task, validated, settings, seed) for name, task in tasks.items()}


def teacher_table(checks: Mapping[str, TeacherCheck], round_number: int) -> pd.DataFrame:
    """Rows of `TEACHER_CHECKS`, one per task."""
    rows = [
        {"round": round_number, "task": task, **asdict(check), "passed": "no" if check.reason else "yes"}
        for task, check in checks.items()
    ]
    return pd.DataFrame(rows, columns=TEACHER_CHECKS.names())


def _check_inputs(cases: pd.DataFrame, passes: Passes, tasks: Mapping[str, Task]) -> None:
    others = cases[cases["part"] != "validation"]
    if len(others):
        first = others.iloc[0]
        raise ValueError(
            f"case {first['case_id']} is of part {first['part']!r}; a teacher is judged by validation cases only"
        )
    for name, task in tasks.items():
        if passes[name].shape[1:] != (len(cases), len(task.classes)):
            raise ValueError(
                f"validation passes of task {name!r} are {passes[name].shape}; expected "
                f"(passes, {len(cases)} cases, {len(task.classes)} classes)"
            )


def _check_task(
    name: str, task: Task, validated: Sequence[tuple[pd.DataFrame, Passes]], settings: PseudoLabels, seed: int
) -> TeacherCheck:
    truth, probability, centers = _known_cases(name, task, validated)
    alpha = settings.teacher_alpha
    classes = np.unique(truth)
    if classes.size < 2:
        found = f"all {truth.size} are {task.class_names[classes[0]]}" if classes.size else "found none"
        reason = f"teacher not judged: needs validation cases of two classes, {found}" if alpha < 1 else ""
        return TeacherCheck(truth.size, np.nan, np.nan, 1.0, reason)
    called = called_class(probability)
    mcc = _matthews(truth, called)
    p = _permutation_p(truth, called, centers, np.random.default_rng(derive_seed(seed, "teacher", name)))
    # Never below 1: a few cases that happen to be right would make a teacher surer than it is.
    temperature = max(1.0, fit_temperature(log_of(probability), truth).value)
    reason = ""
    if p > alpha + 1e-9:
        reason = (
            f"teacher not above chance: validation MCC {mcc:.2f} of {truth.size} cases "
            f"(p {p:.2g}, at most {alpha:.2g} passes)"
        )
    return TeacherCheck(truth.size, mcc, p, temperature, reason)


def _known_cases(
    name: str, task: Task, validated: Sequence[tuple[pd.DataFrame, Passes]]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.object_]]:
    """Class index (N,), mean probabilities (N, K) and centre (N,) of cases with both a label and a prediction."""
    truths, means, centers = [], [], []
    for cases, passes in validated:
        mean = np.asarray(passes[name], dtype=np.float64).mean(axis=0)
        truth = np.array([task.encode(value) for value in cases[task.label]], dtype=np.int64)
        usable = (truth != MISSING) & np.isfinite(mean).all(axis=1)
        rows = cases[usable].reset_index(drop=True)
        # Scans of one patient have one label and much the same prediction: a permutation may not part them.
        patient = "patient_id" if "patient_id" in rows else "case_id"
        first = rows.sort_values("case_id").drop_duplicates(["center", patient]).index.sort_values()
        truths.append(truth[usable][first])
        means.append(mean[usable][first])
        centers.append(rows["center"].to_numpy(dtype=object)[first])
    width = len(task.classes)
    return (
        np.concatenate([np.zeros(0, dtype=np.int64), *truths]),
        np.concatenate([np.zeros((0, width)), *means]),
        np.concatenate([np.zeros(0, dtype=object), *centers]),
    )


def _matthews(truth: NDArray[np.int64], called: NDArray[np.int64]) -> float:
    from sklearn.metrics import matthews_corrcoef  # a second to import, and only this needs it

    return float(matthews_corrcoef(truth, called))


def _permutation_p(
    truth: NDArray[np.int64], called: NDArray[np.int64], centers: NDArray[np.object_], rng: np.random.Generator
) -> float:
    correct = np.zeros(PERMUTATIONS, dtype=np.int64)
    for center in np.unique(centers.astype(str)):
        inside = centers == center
        dealt = rng.permuted(np.tile(truth[inside].astype(np.int8), (PERMUTATIONS, 1)), axis=1)
        correct += (dealt == called[inside].astype(np.int8)).sum(axis=1)
    return float((1 + (correct >= (truth == called).sum()).sum()) / (1 + PERMUTATIONS))
