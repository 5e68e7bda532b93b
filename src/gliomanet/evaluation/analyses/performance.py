"""Metrics of every model, from the prediction tables and the labels, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gliomanet.evaluation.analyses.comparisons import compare_models
from gliomanet.evaluation.analyses.contradictions import contradiction_rows
from gliomanet.evaluation.analyses.curves import tabulate_curves
from gliomanet.evaluation.analyses.decoding import decoding_rows
from gliomanet.evaluation.analyses.summaries import center_summaries
from gliomanet.evaluation.estimates import estimate, nothing_known
from gliomanet.evaluation.metrics.classification import confusion_counts
from gliomanet.evaluation.metrics.registry import metrics_of
from gliomanet.evaluation.predictions import Cases, Scored, score
from gliomanet.evaluation.resampling import Resampling, blocks, names_of
from gliomanet.evaluation.rows import Row, ordered_table
from gliomanet.evaluation.subgroups import subsets
from gliomanet.labels.decision import called_class
from gliomanet.tables.evaluation import (
    CALIBRATION,
    CALIBRATION_CURVES,
    CONFUSION,
    DECISION_CURVES,
    DECODING,
    METRICS,
    ROC_CURVES,
    THRESHOLDS,
)
from gliomanet.uncertainty.threshold import best_threshold

if TYPE_CHECKING:
    from gliomanet.config.analysis import Evaluation
    from gliomanet.labels.tasks import Task

Chosen = dict[tuple[str, str, str, str], float]
"""(model, stage, scenario, task) → the threshold chosen on validation cases."""


@dataclass(frozen=True)
class Evaluated:
    """The tables of an evaluation, in the columns and the order that are written."""

    metrics: pd.DataFrame
    confusion: pd.DataFrame
    comparisons: pd.DataFrame
    thresholds: pd.DataFrame
    decoding: pd.DataFrame
    calibration: pd.DataFrame
    calibration_curves: pd.DataFrame
    decision_curves: pd.DataFrame
    roc_curves: pd.DataFrame


def evaluate(
    predictions: pd.DataFrame, cases: pd.DataFrame, tasks: Mapping[str, Task], settings: Evaluation, *, seed: int
) -> Evaluated:
    """Score predictions against the labels.

    Args:
        predictions: rows of `results/predictions/`; validation rows and external `ensemble` rows are read.
        cases: rows of `results/cohort/`, of every centre that is predicted; those of a column `hidden` count in
            metrics of external cases only.
        tasks: the study's tasks.
        settings: draws, confidence and the reference that models are compared with.
        seed: of the draws, which otherwise depend on names only: (scenario, role, centre, task, subset).

    Returns:
        Metrics with intervals by centre, `pooled`, and (MCC, AUC) the random-effects `summary`, that over held-out
        centres as the scenario `leave-one-center-out`; confusion matrices; comparisons; thresholds; what joint decoding
        changes; calibration, decision and ROC curves. What is not estimable is an empty value with a note.

    Raises:
        ValueError: predictions and cases do not fit each other, see `gliomanet.evaluation.predictions.score`.
    """
    study = Resampling(Cases.of(cases, tasks), tasks, settings, seed)
    scored = score(predictions, study.cases, tasks)
    thresholds = list(_thresholds(study, scored))
    chosen = _chosen(thresholds)
    rows: list[Row] = []
    confusion: list[Row] = []
    for members in blocks(scored):
        for center, inside in study.centers(members):
            for subset, mask in subsets(study.tasks[members[0].task].label, study.cases).items():
                rows += _metrics(study, members, chosen, center, subset, inside & mask)
            confusion += _confusion(study, members, center, inside)
    rows += center_summaries(rows, settings.confidence)
    rows += contradiction_rows(study, scored)
    curves = tabulate_curves(study, scored)
    return Evaluated(
        metrics=ordered_table(rows, METRICS, tasks),
        confusion=ordered_table(confusion, CONFUSION, tasks),
        comparisons=compare_models(study, scored),
        thresholds=ordered_table(thresholds, THRESHOLDS, tasks),
        decoding=ordered_table(decoding_rows(study, scored), DECODING, tasks),
        calibration=ordered_table(curves.calibration, CALIBRATION, tasks),
        calibration_curves=ordered_table(curves.calibration_curves, CALIBRATION_CURVES, tasks),
        decision_curves=ordered_table(curves.decision_curves, DECISION_CURVES, tasks),
        roc_curves=ordered_table(curves.roc_curves, ROC_CURVES, tasks),
    )


def chosen_thresholds(study: Resampling, scored: list[Scored]) -> Chosen:
    """The thresholds that validation cases choose, of the models that have any."""
    return _chosen(_thresholds(study, scored))


def _chosen(thresholds: Iterable[Row]) -> Chosen:
    return {
        (row["model"], row["stage"], row["scenario"], row["task"]): row["threshold"]
        for row in thresholds
        if not np.isnan(row["threshold"])
    }


def _thresholds(study: Resampling, scored: list[Scored]) -> Iterator[Row]:
    for member in scored:
        two_class = len(study.tasks[member.task].class_names) == 2
        if member.role != "validation" or not two_class:
            continue
        at = study.known(member, np.ones(study.cases.center.size, dtype=bool))
        positive = study.cases.truth[member.task][member.rows[at]] == 1
        best = best_threshold(positive, member.probability[at, 1])
        names = names_of(member)
        del names["role"]
        yield names | {
            "threshold": best[0] if best else np.nan,
            "mcc": best[1] if best else np.nan,
            "n": at.size,
            "n_positive": int(positive.sum()),
            "note": "" if best else "not chosen: the validation cases hold one class, or one probability",
        }


def _metrics(
    study: Resampling,
    members: list[Scored],
    chosen: Chosen,
    center: str,
    subset: str,
    mask: np.ndarray,
) -> Iterator[Row]:
    for member in members:
        at = study.known(member, mask)
        classes = study.tasks[member.task].class_names
        truth = study.cases.truth[member.task][member.rows[at]]
        names = names_of(member) | {"center": center, "subset": subset, "n": at.size}
        names["n_positive"] = int((truth == 1).sum()) if len(classes) == 2 else ""
        sample = study.sample(member, at, center, subset)
        threshold = chosen.get((member.model, member.stage, member.scenario, member.task))
        for metric in metrics_of(classes):
            if not at.size:
                found = nothing_known(metric, "no case of known label")
            elif not metric.at_threshold:
                found = estimate(metric, sample, member.role)
            elif threshold is None:
                found = nothing_known(metric, "no threshold was chosen on validation cases")
            else:
                found = estimate(metric, replace(sample, threshold=threshold), member.role)
            yield names | {"metric": metric.name} | found.cells()


def _confusion(study: Resampling, members: list[Scored], center: str, mask: np.ndarray) -> Iterator[Row]:
    for member in members:
        at = study.known(member, mask)
        classes = study.tasks[member.task].class_names
        truth = study.cases.truth[member.task][member.rows[at]]
        predicted = called_class(member.probability[at])
        counts = confusion_counts(truth, predicted, len(classes), np.ones((at.size, 1)))[..., 0]
        for i, true_name in enumerate(classes):
            for j, called in enumerate(classes):
                cell = {"truth": true_name, "predicted": called, "n": int(counts[i, j])}
                yield names_of(member) | {"center": center} | cell
