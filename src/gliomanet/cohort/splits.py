"""The part of each case (training, validation, external) in every fold of every scenario: by patient, never by case."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gliomanet.cohort.folds import folds_of
from gliomanet.cohort.table import label_cells_in, labels_in
from gliomanet.errors import CohortError, Problem
from gliomanet.tables.cohort import SPLITS

if TYPE_CHECKING:
    from gliomanet.config.split import Fold, Scenario
    from gliomanet.labels.tasks import Task

_IDENTITY = ["case_id", "patient_id", "center", "role"]


def development_splits(
    cases: pd.DataFrame,
    scenarios: Sequence[Scenario],
    folds: int,
    seed: int,
    tasks: Mapping[str, Task],
    failed: Collection[tuple[str, str]] = (),
) -> pd.DataFrame:
    """The rows of every centre that is opened before prediction (roles `train` and `unlabelled`).

    Patients of a scenario's training centres are dealt to the folds by scikit-learn's StratifiedGroupKFold, stratified
    by centre and labels together as far as there are cases for it. Cases that failed are dealt too and left out
    afterwards, so that a failure moves nobody else.

    Args:
        cases: Case tables of the centres of every role; rows of role `external` are not looked at.
        scenarios: Pairs of training and testing centres.
        folds: Number of folds beside the refit.
        seed: Root of the dealing; the same seed gives the same table, in whatever order the cases come.
        tasks: Tasks that every training part must hold all classes of.
        failed: Centre and id of each case left out, because its preprocessing failed.

    Returns:
        Rows of `SPLITS`, one per case and fold, ordered by scenario, fold, centre, case.

    Raises:
        CohortError: all folds that cannot be: too few patients, or a training part without a class of a task.
    """
    cases = cases[cases["role"] != "external"].sort_values(["center", "case_id"], ignore_index=True)
    every_fold = folds_of(scenarios, folds)
    tables, problems = [], []
    for scenario in scenarios:
        training = cases[cases["center"].isin(scenario.train)]
        patients = training["patient_id"].nunique()
        if patients < folds:
            found = f"{patients} patients in {', '.join(scenario.train)} cannot fill {folds} folds"
            action = "lower split.folds or add cases"
            problems.append(Problem(found, action, key=f"scenario {scenario.name}", rule="too_few_patients"))
            continue
        number = _deal(training, folds, seed, tasks)
        others = _other_parts(cases, scenario)
        for place, fold in enumerate(fold for fold in every_fold if fold.scenario == scenario.name):
            part = np.where(number == place, "validation", "train")  # the refit is the last, and no case is dealt to it
            rows = pd.concat([training.assign(part=part), others])
            rows = _without(rows[[*_IDENTITY, "part"]].assign(scenario=scenario.name, fold=fold.id), failed)
            tables.append(rows)
            problems += _missing_classes(_without(training[part == "train"], failed), fold, tasks)
    if problems:
        raise CohortError(problems)
    return _ordered(tables, every_fold)


def external_splits(
    cases: pd.DataFrame, scenarios: Sequence[Scenario], folds: int, failed: Collection[tuple[str, str]] = ()
) -> pd.DataFrame:
    """The rows of the cases of role `external`, in the scenarios that their centres test: nothing is fitted or dealt.

    Args:
        cases: Case tables; rows of other roles are not looked at.
        scenarios: As given to `development_splits`.
        folds: As given to `development_splits`.
        failed: Centre and id of each case left out, because its preprocessing failed.
    """
    external = _without(cases.loc[cases["role"] == "external", _IDENTITY], failed)
    every_fold = folds_of(scenarios, folds)
    tables = [
        external[external["center"].isin(fold.external)].assign(scenario=fold.scenario, fold=fold.id, part="external")
        for fold in every_fold
    ]
    return _ordered(tables, every_fold)


def shuffle_labels(cases: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The control that must score nothing: each centre's labels, dealt anew to its labelled patients.

    A case's labels travel together, with their raw cells and the diagnosis, so what goes with what among the labels
    is kept, and what they have to do with images, age and sex is not. A patient's scans keep together, too: labels
    are dealt among the patients of equally many labelled scans. External centres are dealt anew as the others are: a
    fit on shuffled labels still points some way, and where the truth stayed, what few features say could follow it or
    its opposite by far (a fit on age alone knows these two ways only). Unlabelled rows stay as they are.
    """
    labels, columns = list(labels_in(cases)), label_cells_in(cases)
    labelled = cases[(cases[labels].fillna("") != "").any(axis=1)].sort_values(["center", "patient_id", "case_id"])
    shuffled = cases.copy()
    for center, mine in labelled.groupby("center"):
        # In the order of ids, so that the order of the table's rows decides nothing.
        generator = np.random.default_rng([seed, *str(center).encode()])
        scans = mine.groupby("patient_id")["case_id"].transform("size")
        for count, rows in mine.groupby(scans):
            index = rows.index.to_numpy().reshape(-1, int(count))  # patients × their scans
            dealt = generator.permutation(index)
            shuffled.loc[index.ravel(), columns] = cases.loc[dealt.ravel(), columns].to_numpy()
    return shuffled


def _without(rows: pd.DataFrame, failed: Collection[tuple[str, str]]) -> pd.DataFrame:
    lost = [case in failed for case in zip(rows["center"], rows["case_id"], strict=True)]
    return rows[~np.array(lost, dtype=bool)]


def _other_parts(cases: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Cases of the development that the scenario tests, and those without labels; a centre of no part has no rows."""
    unlabelled = cases["role"].eq("unlabelled")
    others = cases[unlabelled | cases["center"].isin(scenario.external)]
    return others.assign(part=np.where(unlabelled[others.index], "unlabelled", "external"))


def _deal(cases: pd.DataFrame, folds: int, seed: int, tasks: Mapping[str, Task]) -> np.ndarray:
    """The validation fold of each case, (cases,)."""
    from sklearn.model_selection import StratifiedGroupKFold  # a second to import, and only splitting needs it

    strata = _strata(cases, folds, tasks)
    number = np.full(len(cases), -1)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed % 2**32)
    with warnings.catch_warnings():
        # The last, merged stratum may hold fewer cases than there are folds: that is as even as it gets.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        for fold, (_, validation) in enumerate(splitter.split(cases, strata, cases["patient_id"].to_numpy())):
            number[validation] = fold
    return number


def _strata(cases: pd.DataFrame, folds: int, tasks: Mapping[str, Task]) -> np.ndarray:
    """A stratum for each case: centre and all classes; where those are too few for the folds, coarser and coarser."""
    classes = [cases[task.label].map(task.encode).astype(str).to_numpy() for task in tasks.values()]
    # Coarser by dropping the centre, then the tasks of the least rare classes, so that the rare are dealt evenly.
    order = sorted(classes, key=_rarest)
    levels = [[cases["center"].to_numpy(), *order], *(order[:kept] for kept in range(len(order), 0, -1))]
    strata = np.full(len(cases), "rest", dtype=object)
    open_cases = np.ones(len(cases), dtype=bool)
    for depth, columns in enumerate(levels):
        keys = np.array([f"{depth}|" + "|".join(parts) for parts in zip(*columns, strict=True)], dtype=object)
        names, counts = np.unique(keys[open_cases].astype(str), return_counts=True)
        enough = open_cases & np.isin(keys.astype(str), names[counts >= folds])
        strata[enough] = keys[enough]
        open_cases &= ~enough
    return np.unique(strata.astype(str), return_inverse=True)[1]


def _rarest(encoded: np.ndarray) -> int:
    known = encoded[encoded != "-1"]
    return int(np.unique(known, return_counts=True)[1].min()) if len(known) else len(encoded) + 1


def _missing_classes(training: pd.DataFrame, fold: Fold, tasks: Mapping[str, Task]) -> list[Problem]:
    problems = []
    for name, task in tasks.items():
        found = training[task.label].map(task.encode)
        counts = {label: int((found == index).sum()) for index, label in enumerate(task.class_names)}
        for label in (label for label, count in counts.items() if not count):
            listed = ", ".join(f"{label} {count}" for label, count in counts.items())
            none = f"no training case is {label!r} ({listed})"
            action = "add labelled cases, lower split.folds, group the task's classes or remove the task"
            place = f"scenario {fold.scenario}, fold {fold.id}, task {name}"
            problems.append(Problem(none, action, key=place, rule="class_missing"))
    return problems


def _ordered(tables: Sequence[pd.DataFrame], folds: Sequence[Fold]) -> pd.DataFrame:
    place = {fold.id: number for number, fold in enumerate(folds)}  # an id holds its scenario's name
    splits = pd.concat(tables, ignore_index=True)
    splits = splits.assign(_fold=splits["fold"].map(place))
    return splits.sort_values(["_fold", "center", "case_id"], ignore_index=True)[SPLITS.names()]


def cases_not_used(
    cases: pd.DataFrame, decisions: Mapping[str, Mapping[str, str]], *, review: Literal["keep", "exclude"] = "keep"
) -> list[tuple[str, str]]:
    """Centre and id of the cases that take no part: preprocessing gave up on them, or a decision excludes them.

    Args:
        cases: rows of `preprocessed/<center>.tsv`: `center`, `case_id`, `status`, `flagged`; empty without images.
        decisions: centre → case → a person's decision: `keep`, `review` or `exclude`.
        review: `exclude` leaves out what is flagged, unless a person decided on it.
    """
    lost = []
    for row in cases.to_dict("records"):
        case = (row["center"], row["case_id"])
        person = decisions.get(case[0], {}).get(case[1])
        flagged = row["flagged"] == "yes" and review == "exclude" and person is None
        if row["status"] != "ok" or person == "exclude" or flagged:
            lost.append(case)
    return sorted(lost)
