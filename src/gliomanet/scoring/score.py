"""The evaluation of a study for joined tables; what classes alone cannot say is left empty, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pandas as pd

from gliomanet.evaluation.analyses.comparisons import with_holm
from gliomanet.evaluation.analyses.performance import Evaluated, evaluate
from gliomanet.scoring.complete import ClassesOnly
from gliomanet.tables.notes import not_estimable

if TYPE_CHECKING:
    from gliomanet.config.analysis import Evaluation
    from gliomanet.labels.tasks import Task
    from gliomanet.scoring.join import Joined

OF_CLASSES = frozenset(
    (
        *("mcc", "balanced_accuracy", "sensitivity", "specificity", "f1", "ppv", "npv"),
        *("contradictions_per_1000", "legacy_per_1000"),
    )
)
"""Metrics that the predicted classes alone decide."""

_NAMES = ("metric", "note", "model", "stage", "scenario", "role", "center", "task", "subset", "n", "n_positive")
_NO_PROBABILITIES = not_estimable("classes are given without probabilities")


def score_joined(joined: Joined, tasks: Mapping[str, Task], settings: Evaluation, seed: int) -> Evaluated:
    """Evaluate predictions of any system as those of a study.

    Args:
        joined: predictions and labels.
        tasks: the questions that are answered.
        settings: resamples, confidence, reference.
        seed: of the resamples.

    Returns:
        The tables of `gliomanet.evaluation.analyses.performance`; of models that give classes alone, metrics of
        probabilities are empty with a note, and curves, thresholds and joint decoding have no rows.
    """
    answered = {name: task for name, task in tasks.items() if name in set(joined.predictions["task"])}
    found = evaluate(joined.predictions, joined.cases, answered, settings, seed=seed)
    if not joined.classes_only:
        return found
    kept = {"metrics": found.metrics, "confusion": found.confusion, "comparisons": found.comparisons}
    others = {
        field.name: _without(getattr(found, field.name), joined.classes_only)
        for field in fields(found)
        if field.name not in kept
    }
    pairs = found.comparisons
    concerned = _of(pairs, "model_a", joined.classes_only) | _of(pairs, "model_b", joined.classes_only)
    return replace(
        found,
        **others,
        metrics=_emptied(found.metrics, _of(found.metrics, "model", joined.classes_only)),
        comparisons=with_holm(_emptied(pairs, concerned)),  # what was emptied counts in no family
    )


def _of(table: pd.DataFrame, model: str, classes_only: ClassesOnly) -> pd.Series[bool]:
    pairs = zip(table[model], table["task"], strict=True)
    return pd.Series([pair in classes_only for pair in pairs], index=table.index, dtype=bool)


def _emptied(table: pd.DataFrame, concerned: pd.Series[bool]) -> pd.DataFrame:
    """The rows of metrics that need probabilities, of some models, without their numbers."""
    rows = concerned & ~table["metric"].isin(OF_CLASSES)
    emptied = table.copy()
    for name in table.columns:
        if name in _NAMES or not pd.api.types.is_numeric_dtype(table[name]):
            continue
        emptied[name] = table[name].where(~rows)
    if "note" in emptied:
        emptied["note"] = table["note"].where(~rows, _NO_PROBABILITIES)
    return emptied


def _without(table: pd.DataFrame, classes_only: ClassesOnly) -> pd.DataFrame:
    """The rows of models that give probabilities; a model that gives none in some task decides no task jointly."""
    models = {model for model, _ in classes_only}
    joint = table["metric"].ne("") & table["model"].isin(models) if "joint" in table else False
    left_out = _of(table, "model", classes_only) | joint
    return table[~left_out].reset_index(drop=True)
