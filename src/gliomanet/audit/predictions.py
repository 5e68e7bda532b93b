"""Audit of a table of predictions beside the labels: what a mix-up of rows, columns or patients leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gliomanet.audit.rules.mixed_up_rows import fits_of_other_rows
from gliomanet.audit.rules.prediction_columns import columns_of_answers, identical_answers
from gliomanet.cohort.findings import Finding
from gliomanet.evaluation.predictions import Cases, Scored, score

if TYPE_CHECKING:
    from gliomanet.labels.tasks import Task


def audit_predictions(
    predictions: pd.DataFrame,
    cases: pd.DataFrame,
    tasks: Mapping[str, Task],
    classes_only: Collection[tuple[str, str]] = (),
) -> list[Finding]:
    """Findings on predictions, none of which says for certain that something is wrong.

    Args:
        predictions: rows of `results/predictions/`, in the order of the file that they are from.
        cases: rows of `results/cohort/`, in the order of theirs.
        tasks: the questions that are answered.
        classes_only: models and tasks of which classes alone are known: their columns say nothing of their own.
    """
    known = Cases.of(cases, tasks)
    scored = score(predictions, known, tasks)
    order = _order(cases, known)
    places = _places(predictions)
    findings: list[Finding] = []
    for answers in scored:
        file_order = np.argsort(places(answers, known), kind="stable")
        classes = tasks[answers.task].class_names
        findings += fits_of_other_rows(answers, known, classes, file_order, order)
        if (answers.model, answers.task) not in classes_only:
            findings += columns_of_answers(answers, known, classes)
    probable = [answers for answers in scored if (answers.model, answers.task) not in classes_only]
    return [*findings, *identical_answers(probable, tasks), *_patients_of_two_parts(scored, known)]


def _order(cases: pd.DataFrame, known: Cases) -> np.ndarray:
    """The cases in the order of their file, as rows of `known`."""
    key = pd.MultiIndex.from_arrays([known.center, known.case_id])
    names = pd.MultiIndex.from_arrays([cases["center"].astype(str), cases["case_id"].astype(str)])
    return np.asarray(key.get_indexer(names))


def _places(predictions: pd.DataFrame) -> Callable[[Scored, Cases], np.ndarray]:
    """A function to the places of a member's cases in the file."""
    columns = ["model", "stage", "scenario", "role", "task", "center", "case_id"]
    first = predictions.assign(_place=np.arange(len(predictions)))
    place = first.astype(dict.fromkeys(columns, str)).groupby(columns)["_place"].min()

    def of(answers: Scored, known: Cases) -> np.ndarray:
        mine = place.loc[(answers.model, answers.stage, answers.scenario, answers.role, answers.task)]
        names = pd.MultiIndex.from_arrays([known.center[answers.rows], known.case_id[answers.rows]])
        return np.asarray(mine.reindex(names))

    return of


def _patients_of_two_parts(scored: list[Scored], known: Cases) -> Iterator[Finding]:
    """Patients whose cases both validate and test one system: it has learnt from patients that it is tested on."""
    parts: dict[tuple[str, str, str], dict[str, set[str]]] = {}
    for answers in scored:
        system = parts.setdefault((answers.model, answers.stage, answers.scenario), {})
        system.setdefault(answers.role, set()).update(known.patient[answers.rows].tolist())
    for (model, stage, scenario), roles in parts.items():
        both = sorted(roles.get("validation", set()) & roles.get("external", set()))
        if both:
            found = f"{model}, {stage}, {scenario}: {len(both)} patients both validate and test: {', '.join(both[:8])}"
            action = "test on patients that no fit has seen"
            yield Finding("warning", "patient_validates_and_tests", "", "", "", found, action)
