"""Anybody's tables of predictions and labels from their files to a folder of results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gliomanet.audit.predictions import audit_predictions
from gliomanet.cohort.findings import Finding, findings_table
from gliomanet.cohort.remarks import heard_remarks
from gliomanet.errors import Problem, StudyError
from gliomanet.labels.tasks import Task
from gliomanet.layout import Layout
from gliomanet.reporting.predictions_page import write_predictions_page
from gliomanet.reporting.study.results import StudyResults
from gliomanet.scoring.column_map import ColumnMap
from gliomanet.scoring.complete import CALLED, complete
from gliomanet.scoring.join import Defaults, Joined, join
from gliomanet.scoring.label_rows import read_labels
from gliomanet.scoring.options import Words
from gliomanet.scoring.prediction_rows import read_answers
from gliomanet.scoring.score import score_joined
from gliomanet.tables.cohort import FINDINGS
from gliomanet.tables.columns import Schema
from gliomanet.tables.evaluation import BY_EVALUATE
from gliomanet.tables.io import write_table

if TYPE_CHECKING:
    from gliomanet.config.analysis import Evaluation
    from gliomanet.evaluation.analyses.performance import Evaluated


@dataclass(frozen=True)
class EvaluatedTables:
    """Predictions with their evaluation and findings.

    Attributes:
        joined: predictions and cases, as a study has them.
        tasks: the questions that are answered.
        evaluated: tables of the evaluation.
        findings: what a person should look at.
    """

    joined: Joined
    tasks: Mapping[str, Task]
    evaluated: Evaluated
    findings: Sequence[Finding]


def evaluate_tables(
    predictions: Path,
    labels: Path,
    *,
    columns: ColumnMap,
    tasks: Mapping[str, Task],
    words: Words,
    defaults: Defaults,
    settings: Evaluation,
    seed: int = 1,
) -> EvaluatedTables:
    """Score the predictions of a table by the labels of another, which may be the same file.

    Args:
        predictions: CSV, TSV or Excel file.
        labels: likewise, a row per case.
        columns: options on their columns.
        tasks: the questions.
        words: labels, and the words of cells.
        defaults: what stands where the tables say nothing.
        settings: resamples, confidence and reference.
        seed: of the resamples.

    Raises:
        CohortError: everything that is wrong with a table, or with both together.
        StudyError: a reference that is no model of the predictions.
    """
    with heard_remarks() as remarks:
        cases, labelled_by = read_labels(labels, columns, words)
        answers, predicted_by = read_answers(predictions, columns, tasks, words)
        columns.check_used({predictions: predicted_by, labels: labelled_by})
        whole, classes_only, completed = complete(answers, tasks, str(predictions))
        joined = join(whole, classes_only, cases, tasks, words.vocabulary, defaults, (predictions, labels))
    models = list(dict.fromkeys(joined.predictions["model"]))
    if settings.reference is not None and settings.reference not in models:
        problem = Problem(f"{settings.reference!r} is no model", f"models: {', '.join(models)}", key="--reference")
        raise StudyError([problem.at(rule="unknown_model")], where="the command's options")
    evaluated = score_joined(joined, tasks, settings, seed)
    answered = {name: task for name, task in tasks.items() if name in set(joined.predictions["task"])}
    guards = audit_predictions(joined.predictions, joined.cases, answered, joined.classes_only)
    silent = [
        Finding("note", "classes_only", "", "", str(predictions), f"{model}, {task}: classes without probabilities", "")
        for model, task in sorted(joined.classes_only)
    ]
    found = [*remarks, *completed, *joined.findings, *silent, *guards]
    return EvaluatedTables(joined, answered, evaluated, found)


def write_evaluated(results: EvaluatedTables, out: Path, title: str, settings: Evaluation) -> Path:
    """Write the tables of the evaluation, the findings, the predictions as they were understood, and the page.

    Args:
        results: of `evaluate_tables`.
        out: folder, laid out as a study's results.
        title: of the page.
        settings: of the evaluation.

    Returns:
        The page.
    """
    layout = Layout(out)
    findings = findings_table(results.findings)
    for name, schema in BY_EVALUATE.items():
        _write(getattr(results.evaluated, name), layout.evaluation(name), schema)
    _write(results.joined.cases, layout.cases())
    for model, table in _as_told(results.joined).groupby("model", sort=False):
        _write(table, layout.predictions(str(model)))
    _write(findings, layout.audit(), FINDINGS)
    study = {
        "title": title,
        "results": str(out),
        "tasks": {name: task.model_dump(mode="json") for name, task in results.tasks.items()},
        "evaluation": settings.model_dump(mode="json"),
        "models": {name: {} for name in dict.fromkeys(results.joined.predictions["model"])},
        "centers": {},
    }
    page = StudyResults(
        study,
        cases=results.joined.cases,
        splits=pd.DataFrame(),
        metrics=results.evaluated.metrics,
        confusion=results.evaluated.confusion,
        comparisons=results.evaluated.comparisons,
        decoding=results.evaluated.decoding,
        recalibration=results.evaluated.calibration,
        calibration_curves=results.evaluated.calibration_curves,
        decision_curves=results.evaluated.decision_curves,
        roc_curves=results.evaluated.roc_curves,
        audit=findings,
    )
    layout.page().parent.mkdir(parents=True, exist_ok=True)
    write_predictions_page(page, layout.page())
    return layout.page()


def _as_told(joined: Joined) -> pd.DataFrame:
    """Predictions; of classes alone 1 for the predicted one and 0 for the others."""
    table = joined.predictions
    pairs = zip(table["model"], table["task"], strict=True)
    called = pd.Series([pair in joined.classes_only for pair in pairs], index=table.index)
    return table.assign(probability=table["probability"].mask(called, table["probability"].eq(CALLED).astype(float)))


def _write(table: pd.DataFrame, path: Path, schema: Schema | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_table(table, path, schema)
