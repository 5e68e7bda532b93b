"""Temperatures of the study's models: fitted on validation cases alone, and put to use on every row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.tables.prediction import CALIBRATION, CASE, ENSEMBLE, FOLD_PREDICTIONS
from gliomanet.uncertainty.probabilities import calibration_error, entropy
from gliomanet.uncertainty.temperature_scaling import Temperature, fit_temperature, log_loss, log_of, tempered

if TYPE_CHECKING:
    from gliomanet.labels.tasks import Task

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ALL = "all"
"""The fold of the temperature fitted on all validation cases, which external cases get."""

CASES = 30
"""Labelled cases that a temperature is fitted on at least. Of fewer it says more of them than of the model, and it is
the cases of other centres that would pay for it."""

_FIT = ["model", "stage", "scenario", "task"]


def fit_temperatures(rows: pd.DataFrame, cases: pd.DataFrame, tasks: Mapping[str, Task]) -> pd.DataFrame:
    """One temperature a model, stage, scenario and task, and one that leaves out each fold.

    A fold's validation cases are scaled by what the *other* folds' cases ask for, external cases by what all
    validation cases ask for. So no label has a say in its own case's probability, and external labels have none at
    all: rows of external cases are not looked at, whatever their centre.

    Args:
        rows: rows of `FOLD_PREDICTIONS`, of one or more models.
        cases: the case tables of the centres that validate: case_id, center and the tasks' labels.
        tasks: the tasks that the models learn.

    Returns:
        Rows of `CALIBRATION`, ordered. `n_fit`: labelled cases that the temperature was fitted on. The other
        metrics are of the `n` labelled cases that it is judged by: the fold's own, which it has not seen, and on the
        row `all` the validation cases of every fold, each under its own fold's temperature. Empty where n is 0.

    Raises:
        ValueError: as `check_rows`; a case that the case tables do not hold, or probabilities of only some of a task's
            classes.
    """
    check_rows(rows)
    validation = rows[rows["role"] == "validation"]
    found = [
        row
        for keys, members in validation.groupby(_FIT, sort=True)
        for row in _fitted(dict(zip(_FIT, map(str, keys), strict=True)), members, cases, tasks)
    ]
    return pd.DataFrame(found, columns=CALIBRATION.names())


def calibrate(rows: pd.DataFrame, temperatures: pd.DataFrame | None) -> pd.DataFrame:
    """Fold rows with `probability`, under their temperature, and `uncertainty`, its entropy in nats.

    Args:
        rows: rows of `FOLD_PREDICTIONS`.
        temperatures: what `fit_temperatures` gave; None leaves the probabilities as they are.

    Returns:
        The rows ordered by their keys, whatever order they came in.

    Raises:
        ValueError: a row that no temperature was fitted for.
    """
    ordered = rows.sort_values([*CASE, "class"], kind="stable", ignore_index=True)
    scale = np.ones(len(ordered)) if temperatures is None else _temperature_of(ordered, temperatures)
    raw = ordered["raw_probability"].to_numpy(dtype=float)
    sizes = ordered.groupby(CASE)["class"].transform("size").to_numpy()
    probability, uncertainty = np.empty(len(ordered)), np.empty(len(ordered))
    for size in np.unique(sizes):
        at = np.flatnonzero(sizes == size)
        scaled = tempered(raw[at].reshape(-1, size), scale[at].reshape(-1, size)[:, :1])
        probability[at] = scaled.ravel()
        uncertainty[at] = np.repeat([entropy(of_case) for of_case in scaled.tolist()], size)
    return ordered.assign(probability=probability, uncertainty=uncertainty)


def check_rows(rows: pd.DataFrame) -> None:
    """See that rows are those of folds, each there once.

    Raises:
        ValueError: a column is missing, a row is given twice, or there are rows of ensembles.
    """
    needed = FOLD_PREDICTIONS.names()
    if missing := [column for column in needed if column not in rows]:
        raise ValueError(f"predictions lack the columns {', '.join(missing)}; needed: {', '.join(needed)}")
    if (rows["fold"] == ENSEMBLE).any():
        raise ValueError("predictions hold ensemble rows already: give the folds' own rows only")
    twice = rows[rows.duplicated([*CASE, "class"])]
    if len(twice):
        named = ", ".join(f"{key} {twice.iloc[0][key]}" for key in [*CASE, "class"])
        raise ValueError(f"predictions hold a row twice: {named}")


def _temperature_of(rows: pd.DataFrame, temperatures: pd.DataFrame) -> Floats:
    """Each row's temperature: its fold's own for validation cases, that of all folds for external ones."""
    wanted = rows[_FIT].assign(fold=rows["fold"].where(rows["role"] == "validation", ALL))
    key = [*_FIT, "fold"]
    given = temperatures.set_index(key)["temperature"]
    at = given.index.get_indexer(pd.MultiIndex.from_frame(wanted[key]))
    if (at < 0).any():
        first = wanted[at < 0].iloc[0]
        raise ValueError(
            f"no temperature was fitted for {', '.join(f'{name} {first[name]}' for name in key)}; fit the "
            "temperatures of this model again"
        )
    return np.asarray(given.to_numpy(dtype=float)[at])


def _fitted(
    names: dict[str, str], rows: pd.DataFrame, cases: pd.DataFrame, tasks: Mapping[str, Task]
) -> Iterator[dict[str, Any]]:
    asked, probability, truth = labelled_cases(names, rows, cases, tasks[names["task"]])
    fold = asked["fold"].to_numpy(dtype=str)
    scaled = probability.copy()
    for one in np.unique(fold):
        inside = fold == one
        fit = fit_temperature(log_of(probability[~inside]), truth[~inside], at_least=CASES)
        scaled[inside] = tempered(probability[inside], fit.value)
        named = names | {"fold": str(one)}
        yield named | _judged(fit, truth[~inside], probability[inside], scaled[inside], truth[inside])
    fit = fit_temperature(log_of(probability), truth, at_least=CASES)
    yield names | {"fold": ALL} | _judged(fit, truth, probability, scaled, truth)


def labelled_cases(
    names: Mapping[str, str], rows: pd.DataFrame, cases: pd.DataFrame, task: Task, value: str = "raw_probability"
) -> tuple[pd.DataFrame, Floats, Integers]:
    """Validation cases of one task with their probabilities and their truth.

    Args:
        names: model, stage, scenario and task of the rows, for what is said of them.
        rows: their rows of `FOLD_PREDICTIONS`.
        cases: the case tables of their centres.
        task: the task.
        value: column that holds the probability.

    Returns:
        Columns fold, center, case_id and whatever else the case tables hold, by fold, centre and id; probabilities
        (cases, classes); class index of the truth (cases,), negative where it is unknown.

    Raises:
        ValueError: a case that the case tables do not hold, or probabilities of only some of a task's classes.
    """
    case = ["fold", "center", "case_id"]
    wide = rows.pivot_table(index=case, columns="class", values=value, aggfunc="first").sort_index()
    wide = wide.reindex(columns=list(task.class_names))
    if wide.isna().to_numpy().any():
        fold, center, case_id = wide.index[wide.isna().any(axis=1)][0]
        raise ValueError(
            f"{_words(names)}: case {case_id} of {center}, fold {fold}, lacks the probability of a class; needed: "
            f"{', '.join(task.class_names)}"
        )
    asked = wide.index.to_frame(index=False).merge(cases, on=["center", "case_id"], how="left", indicator=True)
    if (asked["_merge"] != "both").any():
        first = asked[asked["_merge"] != "both"].iloc[0]
        raise ValueError(f"{_words(names)}: case {first['case_id']} of {first['center']} is in no case table")
    truth = np.array([task.encode(label) for label in asked[task.label]], dtype=np.int64)
    return asked, wide.to_numpy(dtype=float), truth


def _judged(fit: Temperature, fitted: Integers, before: Floats, after: Floats, truth: Integers) -> dict[str, Any]:
    known = truth >= 0
    metrics = {"temperature": fit.value, "n": int(known.sum()), "n_fit": int((fitted >= 0).sum()), "note": fit.note}
    for name, probability in (("before", before[known]), ("after", after[known])):
        some = bool(known.any())
        error = calibration_error(truth[known], probability, np.ones((known.sum(), 1)))[0] if some else np.nan
        metrics |= {f"ece_{name}": error, f"nll_{name}": log_loss(probability, truth[known]) if some else np.nan}
    return metrics


def _words(names: Mapping[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in names.items())
