"""Prediction sets: from the validation cases of a model's folds to the classes that each case cannot be told from.

A case is held against validation cases under the same fits. An external case that K folds predict meets the validation
cases of fold k with the probability that fold k gave it, so that both were unknown to the fit that judges them
(cross-conformal prediction, CV+: of at least 1 − 2 (1 − level) of the cases the set holds the class, and of about
`level` in practice; Romano, Sesia and Candès, NeurIPS 2020, arXiv:2006.02544, theorem 3). An external case that one fit
on all training cases predicts meets them with that fit's probability, and a validation case meets those of the other
folds with its own fold's: nothing is proven of these two, and `benchmarks/README.md` says what was measured.

Raw probabilities are compared, so that no temperature that was fitted on the same cases takes part. In tasks of two
classes any temperature gives the same sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.models.ensemble import ClassDecision, EnsembleDescription, FoldCases, ScenarioDecisions, TaskDecision
from gliomanet.prediction.calibration import ALL, calibrate, check_rows, labelled_cases
from gliomanet.tables.prediction import ENSEMBLE
from gliomanet.uncertainty.conformal import Calibration, in_set, p_values
from gliomanet.uncertainty.threshold import best_threshold

if TYPE_CHECKING:
    from gliomanet.labels.tasks import Task

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_CASE = ["role", "center", "case_id"]


def describe_ensemble(
    model: str,
    rows: pd.DataFrame,
    temperatures: pd.DataFrame | None,
    cases: pd.DataFrame,
    tasks: Mapping[str, Task],
    *,
    level: float,
) -> EnsembleDescription:
    """Learn how a model's probabilities are decided from: on validation cases alone.

    Args:
        model: its name.
        rows: its rows of `FOLD_PREDICTIONS`; those of external cases are not looked at, whatever their centre.
        temperatures: its rows of `CALIBRATION`; None: probabilities are not scaled.
        cases: the case tables of the centres that validate: case_id, patient_id, center and the tasks' labels.
        tasks: the tasks that the model learns.
        level: share of the cases of each class whose prediction set is to hold it.

    Returns:
        The description. Cases of unknown label teach nothing.

    Raises:
        ValueError: as `check_rows` and `labelled_cases`.
    """
    check_rows(rows)
    validation = calibrate(rows[rows["role"] == "validation"], temperatures)
    stages: dict[str, dict[str, ScenarioDecisions]] = {}
    for (stage, scenario), members in validation.groupby(["stage", "scenario"], sort=True):
        names = {"model": model, "stage": str(stage), "scenario": str(scenario)}
        decided = {
            str(task): _decision(names | {"task": str(task)}, mine, temperatures, cases, tasks[str(task)], level)
            for task, mine in members.groupby("task", sort=True)
        }
        folds = tuple(sorted(members["fold"].astype(str).unique()))
        stages.setdefault(str(stage), {})[str(scenario)] = ScenarioDecisions(folds=folds, tasks=decided)
    return EnsembleDescription(model=model, level=level, stages=stages)


def with_sets(rows: pd.DataFrame, ensemble: EnsembleDescription) -> pd.DataFrame:
    """Predictions with the columns `set_p` and `in_set`: of validation cases, and of ensembles of external ones.

    Args:
        rows: a model's rows of `combine_predictions`; an ensemble of one fold is that of a fit on all training cases.
        ensemble: the model's description.

    Returns:
        The same rows; the columns are empty on rows of single folds of external cases.

    Raises:
        ValueError: a row of a stage, scenario, task or class that the description does not know, or external cases that
            only some of the folds predict.
    """
    p = np.full(len(rows), np.nan)
    for (stage, scenario, task, name), mine in rows.groupby(["stage", "scenario", "task", "class"], sort=True):
        of = ensemble.of(str(stage), str(scenario))
        if task not in of.tasks or name not in of.tasks[task].classes:
            raise ValueError(
                f"model {ensemble.model}, stage {stage}, scenario {scenario}: class {name} of task {task} is not "
                "described; describe the ensemble of this model again"
            )
        decision = of.tasks[task].classes[name]
        for fold, validated in mine[mine["role"] == "validation"].groupby("fold", sort=True):
            others = [other for other in of.folds if other != fold]
            p[validated.index] = _p(decision.calibration(*others), validated)
        external = mine[mine["role"] == "external"]
        averaged = external["fold"] == ENSEMBLE
        at, folds = external[averaged], external[~averaged]
        several = len(set(folds["fold"])) > 1
        p[at.index] = _cross_conformal_p(decision, at, folds) if several else _p(decision.calibration(), at)
    shown = np.where(in_set(p, ensemble.level), "yes", "no")
    return rows.assign(set_p=p, in_set=np.where(np.isnan(p), "", shown))


def quantiles(ensemble: EnsembleDescription) -> pd.DataFrame:
    """A description as a table of quantiles, which `evaluation.analyses.prediction_sets` reads."""
    return pd.DataFrame(
        [
            (ensemble.model, stage, scenario, task, name, ensemble.level, one.patients, one.quantile)
            for stage, scenarios in ensemble.stages.items()
            for scenario, of in scenarios.items()
            for task, decision in of.tasks.items()
            for name, one in decision.classes.items()
        ],
        columns=["model", "stage", "scenario", "task", "class", "level", "n_calibration", "quantile"],
    )


def _p(calibration: Calibration, rows: pd.DataFrame) -> Floats:
    return p_values(calibration.up_to(rows["raw_probability"].to_numpy(dtype=float)), calibration.patients)


def _cross_conformal_p(decision: ClassDecision, averaged: pd.DataFrame, single: pd.DataFrame) -> Floats:
    """The p of one class in each averaged row, of which `single` holds what each fold said."""
    wanted = pd.MultiIndex.from_frame(averaged[_CASE])
    wide = single.pivot_table(index=_CASE, columns="fold", values="raw_probability", aggfunc="first").reindex(wanted)
    if missing := sorted(set(decision.folds) - set(wide)):
        raise ValueError(
            f"external cases lack the predictions of fold {', '.join(missing)}, whose validation cases their sets are "
            "made from; predict them with all folds"
        )
    up_to = [decision.calibration(fold).up_to(wide[fold].to_numpy(dtype=float)) for fold in decision.folds]
    return p_values(np.sum(up_to, axis=0) if up_to else np.zeros(len(averaged)), decision.patients)


def _decision(
    names: Mapping[str, str],
    rows: pd.DataFrame,
    temperatures: pd.DataFrame | None,
    cases: pd.DataFrame,
    task: Task,
    level: float,
) -> TaskDecision:
    asked, raw, truth = labelled_cases(names, rows, cases, task)
    classes = {name: _class_decision(asked, raw[:, k], truth == k, level) for k, name in enumerate(task.class_names)}
    _, calibrated, _ = labelled_cases(names, rows, cases, task, "probability")
    known = truth >= 0
    best = best_threshold(truth[known] == 1, calibrated[known, 1]) if len(classes) == 2 else None
    return TaskDecision(
        temperature=1.0 if temperatures is None else _temperature(names, temperatures),
        threshold=None if best is None else best[0],
        classes=classes,
    )


def _temperature(names: Mapping[str, str], temperatures: pd.DataFrame) -> float:
    wanted = {**names, "fold": ALL}
    mine = np.logical_and.reduce([temperatures[key] == value for key, value in wanted.items()])
    return float(temperatures.loc[mine, "temperature"].iloc[0])


def _class_decision(asked: pd.DataFrame, probability: Floats, mine: NDArray[np.bool_], level: float) -> ClassDecision:
    of = asked.loc[mine, ["fold", "center", "patient_id"]].assign(probability=probability[mine])
    of["weight"] = 1 / of.groupby(["center", "patient_id"])["probability"].transform("size")
    of = of.sort_values(["fold", "probability", "weight"], kind="stable")
    folds = {
        str(fold): FoldCases(probability=tuple(part["probability"]), weight=tuple(part["weight"]))
        for fold, part in of.groupby("fold", sort=True)
    }
    return ClassDecision.of(folds, level)
