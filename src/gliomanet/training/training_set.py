"""Cases that a model on features learns from, and the model that they gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.labels.vocabulary import MISSING
from gliomanet.models.artifact import Strength
from gliomanet.models.tabular import TabularInputs, TabularModel
from gliomanet.models.void_features import Void

if TYPE_CHECKING:
    from gliomanet.labels.tasks import Task


@dataclass(frozen=True)
class TrainingSet:
    """Training cases of one fold.

    Attributes:
        rows: cases × inputs, harmonised.
        fitting: (cases,) those that move medians and deviations: not the pseudo-labelled ones.
        targets: task → (cases,) class indices.
        centers: (cases,).
        patients: (cases,), unique over the centres.
    """

    rows: pd.DataFrame
    fitting: NDArray[np.bool_]
    targets: Mapping[str, NDArray[np.int64]]
    centers: NDArray[np.str_]
    patients: NDArray[np.str_]


@dataclass(frozen=True)
class Fit:
    """A fitted model, and what is said of it beside.

    Attributes:
        model: what predicts.
        inputs: task → its inputs.
        dropped: task → features left out because they carry nothing.
        learnt_from: task → cases that its answer was learnt from.
        strengths: task → penalty that was chosen; empty where none is.
        weights: task → input → weight of a standard deviation of it in the last class's logit; empty where a model is
            not read by them.
    """

    model: TabularModel
    inputs: Mapping[str, TabularInputs]
    dropped: Mapping[str, Mapping[str, Void]]
    learnt_from: Mapping[str, int]
    strengths: Mapping[str, Strength] = field(default_factory=dict)
    weights: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def known_of(target: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The cases whose class is known, bool (cases,)."""
    return np.asarray(target != MISSING)


def check_classes(targets: Mapping[str, NDArray[np.int64]], tasks: Mapping[str, Task], *, among: str = "") -> None:
    """See that every class of every task has a case to learn from.

    Args:
        targets: task → (cases,) class indices.
        tasks: those that a model learns.
        among: words for the error, on which cases those are.

    Raises:
        ValueError: a class has none.
    """
    for name, task in tasks.items():
        counts = np.bincount(targets[name][known_of(targets[name])], minlength=len(task.classes))
        if not counts.all():
            listed = ", ".join(f"{label} {count}" for label, count in zip(task.class_names, counts, strict=True))
            found = f"task {name}: a class has no training case with inputs ({listed}{among})"
            raise ValueError(f"{found}; see split.folds")


def check_inputs(inputs: Mapping[str, TabularInputs], asked: Sequence[str]) -> None:
    """See that something is left to learn from.

    Args:
        inputs: task → its inputs.
        asked: the model's `inputs`.

    Raises:
        ValueError: no column differs between training cases.
    """
    for task, each in inputs.items():
        if not each.columns:
            where = f"task {task}: " if task else ""
            raise ValueError(f"{where}no input of {list(asked)} differs between training cases")
