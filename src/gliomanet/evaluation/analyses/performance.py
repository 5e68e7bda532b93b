"""Metrics of every model, from the prediction tables and the labels, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, groupby
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gliomanet.evaluation.analyses.comparisons import compare_models
from gliomanet.evaluation.analyses.contradictions import contradiction_rows
from gliomanet.evaluation.analyses.decoding import decoding_rows
from gliomanet.evaluation.metrics.classification import WeightedCases, confusion_counts
from gliomanet.evaluation.metrics.registry import metrics_of
from gliomanet.evaluation.predictions import Cases, Scored, score
from gliomanet.evaluation.resampling import LatestWeights, Resampling, block_of, blocks, interval_cells, names_of
from gliomanet.evaluation.rows import (
    LEAVE_ONE_CENTER_OUT,
    POOLED,
    SUMMARY,
    Row,
    ordered_table,
)
from gliomanet.evaluation.statistics.random_effects import random_effects
from gliomanet.evaluation.subgroups import subsets
from gliomanet.tables.columns import HELD_OUT
from gliomanet.tables.evaluation import CONFUSION, DECODING, METRICS, THRESHOLDS
from gliomanet.tables.notes import join_notes, not_estimable
from gliomanet.uncertainty.threshold import best_threshold

if TYPE_CHECKING:
    from gliomanet.config.analysis import Evaluation
    from gliomanet.labels.tasks import Task

Chosen = dict[tuple[str, str, str, str], float]
"""(model, stage, scenario, task) → the threshold chosen on validation cases."""

_CHUNK = 4_000_000
"""Cells of a weight matrix that are worked on at once, to bound the memory of a large pool."""


@dataclass(frozen=True)
class Evaluated:
    """The tables of an evaluation, in the columns and the order that are written."""

    metrics: pd.DataFrame
    confusion: pd.DataFrame
    comparisons: pd.DataFrame
    thresholds: pd.DataFrame
    decoding: pd.DataFrame


def evaluate(
    predictions: pd.DataFrame, cases: pd.DataFrame, tasks: Mapping[str, Task], settings: Evaluation, *, seed: int
) -> Evaluated:
    """Score predictions against the labels.

    Args:
        predictions: rows of `results/predictions/`; validation rows and external `ensemble` rows are read.
        cases: rows of `results/cohort/`, of every centre that is predicted; those of a column `hidden` count in
            metrics of external cases only.
        tasks: the study's tasks.
        settings: resamples and confidence.
        seed: of the resamples, which otherwise depend on names only: (scenario, role, centre, task, subset). They are
            shared by all models, which makes differences between models paired.

    Returns:
        Metrics with intervals by centre, `pooled`, and (MCC) the random-effects `summary`, that over held-out centres
        as the scenario `leave-one-center-out`; confusion matrices; comparisons; thresholds; what joint decoding
        changes. What is not estimable is an empty value with a note.

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
    rows += center_summaries(rows, settings)
    rows += contradiction_rows(study, scored)
    return Evaluated(
        metrics=ordered_table(rows, METRICS, tasks),
        confusion=ordered_table(confusion, CONFUSION, tasks),
        comparisons=compare_models(study, scored),
        thresholds=ordered_table(thresholds, THRESHOLDS, tasks),
        decoding=ordered_table(decoding_rows(study, scored), DECODING, tasks),
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
    latest = LatestWeights(study)
    for member in members:
        at = study.known(member, mask)
        classes = study.tasks[member.task].class_names
        truth = study.cases.truth[member.task][member.rows[at]]
        names = names_of(member) | {"center": center, "subset": subset, "n": at.size}
        names["n_positive"] = int((truth == 1).sum()) if len(classes) == 2 else ""
        metrics = metrics_of(classes)
        if not at.size:
            for metric in metrics:
                note = not_estimable("no case of known label")
                yield names | {"metric": metric.name, "value": np.nan, "note": note}
            continue
        weights = latest.of(member.rows[at], truth, block_of(member), center, subset)
        threshold = chosen.get((member.model, member.stage, member.scenario, member.task))
        probability = member.probability[at]
        too_few = study.too_few(member.rows[at], truth, classes)
        pieces = np.array_split(weights, max(1, weights.size // _CHUNK), axis=1)
        parts = [WeightedCases(truth, probability, piece, classes, threshold) for piece in pieces]
        for metric in metrics:
            values = np.concatenate([metric.function(part) for part in parts])
            notes = metric.notes(parts[0], member.role, estimable=not np.isnan(values[0]))
            yield names | {"metric": metric.name} | interval_cells(values, study.settings, notes, too_few)


def _confusion(study: Resampling, members: list[Scored], center: str, mask: np.ndarray) -> Iterator[Row]:
    for member in members:
        at = study.known(member, mask)
        classes = study.tasks[member.task].class_names
        truth = study.cases.truth[member.task][member.rows[at]]
        predicted = member.probability[at].argmax(1)
        counts = confusion_counts(truth, predicted, len(classes), np.ones((at.size, 1)))[..., 0]
        for i, true_name in enumerate(classes):
            for j, called in enumerate(classes):
                cell = {"truth": true_name, "predicted": called, "n": int(counts[i, j])}
                yield names_of(member) | {"center": center} | cell


KEYS = ("model", "stage", "scenario", "role", "task", "subset")


def center_summaries(rows: Iterable[Row], settings: Evaluation) -> Iterator[Row]:
    """Random-effects summary of MCC over centres, wherever a group has at least two centres.

    A group is the centres of one scenario and role; and, as the scenario `leave-one-center-out`, every centre X that a
    scenario `without-X` holds out. The fits of two such scenarios share training cases, so the centres' errors are not
    quite independent; the interval takes them as if they were.
    """
    centers = [row for row in rows if row["metric"] == "mcc" and row["center"] != POOLED]
    held_out = [
        row | {"scenario": LEAVE_ONE_CENTER_OUT}
        for row in centers
        if row["role"] == "external" and row["scenario"] == HELD_OUT + row["center"]
    ]
    ordered = sorted(chain(centers, held_out), key=lambda row: tuple(row[key] for key in (*KEYS, "center")))
    for name, members in groupby(ordered, key=lambda row: tuple(row[key] for key in KEYS)):
        group = list(members)
        if len(group) > 1:
            yield dict(zip(KEYS, name, strict=True)) | {"center": SUMMARY, "metric": "mcc"} | _summary(group, settings)


def _summary(group: list[Row], settings: Evaluation) -> Row:
    """Value, bounds, n and note of the centres of a group."""
    known = [row for row in group if not np.isnan(row["value"])]
    positives = [row["n_positive"] for row in known if row["n_positive"] != ""]
    counts: Row = {"n": sum(row["n"] for row in known), "n_positive": sum(positives) if positives else ""}
    left_out = sorted(row["center"] for row in group if np.isnan(row["value"]))
    if len(known) < 2:
        note = not_estimable(f"MCC is estimable in {len(known)} of {len(group)} centres")
        return counts | {"value": np.nan, "note": note}
    # Resamples of a perfectly (or constantly) predicted centre do not vary, which says that the centre is small
    # rather than certain: it gets phi's variance under independence, 1/n.
    flat = [row["center"] for row in known if not row["spread"] > 1e-12]
    variances = [row["spread"] if row["spread"] > 1e-12 else 1 / row["n"] for row in known]
    fit = random_effects([row["value"] for row in known], variances, settings.confidence)
    notes = [f"random effects over {fit.centers} centres: tau2 {fit.tau2:.4g}, I2 {fit.i2:.4g}"]
    if left_out:
        notes.append(f"not estimable in {', '.join(left_out)}")
    if flat:
        notes.append(f"resamples do not vary in {', '.join(flat)}: variance 1/n")
    return counts | {"value": fit.effect, "ci_low": fit.ci_low, "ci_high": fit.ci_high, "note": join_notes(notes)}
