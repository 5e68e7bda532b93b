"""Predictions and labels joined case by case, as the tables that a study's evaluation reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from gliomanet.cohort.findings import Finding
from gliomanet.cohort.matching_ids import match_ids
from gliomanet.errors import CohortError, Problem
from gliomanet.labels.tasks import Task
from gliomanet.labels.vocabulary import Vocabulary
from gliomanet.scoring.complete import ClassesOnly, Whole
from gliomanet.scoring.label_rows import LabelledCase
from gliomanet.scoring.prediction_rows import Unit
from gliomanet.stages import SUPERVISED
from gliomanet.tables.prediction import CASE, ENSEMBLE

_COLUMNS = [*CASE, "class", "probability"]
_MOST_NAMED = 20


@dataclass(frozen=True)
class Defaults:
    """Names and centres where the tables say nothing.

    Attributes:
        model: name of the model.
        center: name of the one centre.
        center_of: a case's centre by its id, "" where it says none; None where ids are not asked.
    """

    model: str
    center: str
    center_of: Callable[[str], str] | None = None


@dataclass(frozen=True)
class Joined:
    """Tables of a study, as far as its evaluation reads them.

    Attributes:
        predictions: rows of predictions, in the order of their file.
        cases: case tables, in the order of the labels' file.
        classes_only: models and tasks of which classes alone are known.
        findings: what a person should look at.
    """

    predictions: pd.DataFrame
    cases: pd.DataFrame
    classes_only: ClassesOnly
    findings: tuple[Finding, ...]


def join(
    whole: Whole,
    classes_only: ClassesOnly,
    cases: Sequence[LabelledCase],
    tasks: Mapping[str, Task],
    vocabulary: Vocabulary,
    defaults: Defaults,
    files: tuple[Path, Path],
) -> Joined:
    """Join both sides by case, and by centre where both say it.

    Ids that differ as programs and people write them differently are joined, with a note (`match_ids`).

    Args:
        whole: unit → probabilities.
        classes_only: models and tasks of which classes alone are known.
        cases: the labelled cases.
        tasks: the questions.
        vocabulary: labels.
        defaults: what stands where the tables say nothing.
        files: of predictions and of labels.

    Raises:
        CohortError: no case of both tables, a case of several centres in one table and of none in the other, patients
            or roles that contradict each other.
    """
    if defaults.center_of is not None:
        cases = _with_centers(cases, defaults.center_of, files[1])
    by_center = any(case.center for case in cases) and any(unit.center for unit in whole)
    rows, findings = _rows(whole, cases, by_center, files)
    problems = [] if by_center else [*_several_centers(cases, files[1]), *_predicted_in_two(whole, files[0])]
    placed: list[tuple[Unit, tuple[float, ...]]] = []
    known: dict[int, tuple[str, str]] = {}  # line of a labelled case → its centre and patient
    for unit, values in whole.items():
        case = rows.get((unit.center if by_center else "", unit.case))
        if case is None:
            continue
        problems += _contradictions(unit, case, files[1])
        center = case.center or unit.center or defaults.center
        placed.append((replace(unit, model=unit.model or defaults.model, center=center, case=case.case), values))
        known[case.line] = (center, case.patient or unit.patient or case.case)
    if problems:
        raise CohortError(dict.fromkeys(problems), where="the two tables")
    classes_only = frozenset((model or defaults.model, task) for model, task in classes_only)
    table, notes = one_answer_each(_as_table(placed, tasks), classes_only)
    names = dict.fromkeys([*vocabulary, *(task.label for task in tasks.values())])
    labelled = [
        {"case_id": case.case, "patient_id": known[case.line][1], "center": known[case.line][0]}
        | {name: case.labels.get(name, "") for name in names}
        for case in cases
        if case.line in known
    ]
    return Joined(table, pd.DataFrame(labelled), classes_only, (*findings, *notes))


def _with_centers(cases: Sequence[LabelledCase], center_of: Callable[[str], str], file: Path) -> list[LabelledCase]:
    """The cases with the centres that their ids tell.

    Raises:
        CohortError: an id tells none.
    """
    placed = [replace(case, center=center_of(case.case)) for case in cases]
    problems = [
        Problem("its id tells no centre", "write a --center-pattern that fits every id", file=str(file)).at(
            line=case.line, case=case.case, rule="no_center_in_id"
        )
        for case in placed
        if not case.center
    ]
    if problems:
        raise CohortError(problems, where="the table of labels")
    return placed


def _contradictions(unit: Unit, case: LabelledCase, file: Path) -> Iterable[Problem]:
    """Problems of a prediction that says otherwise than the labels."""
    if unit.patient and case.patient and unit.patient != case.patient:
        found = f"is of patient {unit.patient!r} in the predictions and of {case.patient!r} in the labels"
        action = "correct one, or leave the column out of one table"
        yield Problem(found, action, file=str(file), line=case.line, case=case.case, rule="two_patients")


def _rows(
    whole: Whole, cases: Sequence[LabelledCase], by_center: bool, files: tuple[Path, Path]
) -> tuple[dict[tuple[str, str], LabelledCase], list[Finding]]:
    """Centre ("" where one side says none) and case of a prediction → its row of labels, and what fits nothing."""
    labelled: dict[str, dict[str, LabelledCase]] = defaultdict(dict)
    for case in cases:
        labelled[case.center if by_center else ""][case.case] = case
    predicted: dict[str, dict[str, None]] = defaultdict(dict)
    for unit in whole:
        predicted[unit.center if by_center else ""][unit.case] = None
    rows: dict[tuple[str, str], LabelledCase] = {}
    findings: list[Finding] = []
    for center, ids in predicted.items():
        match = match_ids(ids, labelled[center])
        findings += match.findings(str(files[1]))
        rows |= {(center, case): labelled[center][row] for case, row in match.row_of.items()}
    alone = [
        f"{center} {case}".strip() for center, ids in predicted.items() for case in ids if (center, case) not in rows
    ]
    joined = {id(case) for case in rows.values()}
    unread = [f"{case.center} {case.case}".strip() for case in cases if id(case) not in joined]
    if not rows:
        found = f"none of its {len(alone)} cases ({_listed(alone, 3)}) is among the labels ({_listed(unread, 3)})"
        action = "name the column of ids in each table by --map predictions.case_id=… and --map labels.case_id=…"
        raise CohortError([Problem(found, action, file=str(files[0]), rule="no_case_of_both")], where="the two tables")
    if alone:
        text = f"{_count(alone, 'predicted case')} no row of labels: {_listed(alone)}"
        action = "add their labels, or correct their ids; they are left out"
        findings.append(Finding("warning", "prediction_without_labels", "", "", str(files[0]), text, action))
    if unread:
        text = f"{_count(unread, 'labelled case')} no prediction: {_listed(unread)}"
        action = "predict them, or say why not: a system that leaves out hard cases looks better than it is"
        findings.append(Finding("warning", "labels_without_prediction", "", "", str(files[1]), text, action))
    return rows, findings


def _several_centers(cases: Iterable[LabelledCase], file: Path) -> list[Problem]:
    """Cases that two centres have, where the predictions do not say which of them is meant."""
    first: dict[str, LabelledCase] = {}
    problems = []
    for case in cases:
        if other := first.get(case.case):
            found = f"is of {other.center} (line {other.line}) and of {case.center}, and the predictions name no centre"
            action = "name it by --map predictions.center=…"
            problem = Problem(found, action, file=str(file), line=case.line, case=case.case, rule="case_of_two_centers")
            problems.append(problem)
        first.setdefault(case.case, case)
    return problems


def _predicted_in_two(whole: Iterable[Unit], file: Path) -> Iterable[Problem]:
    """Cases that two centres of the predictions have, where the labels do not say which of them is meant."""
    first: dict[str, str] = {}
    for unit in whole:
        if first.setdefault(unit.case, unit.center) != unit.center:
            found = f"is of {first[unit.case]} and of {unit.center}, and the labels name no centre"
            action = "name it by --map labels.center=…"
            yield Problem(found, action, file=str(file), case=unit.case, rule="case_of_two_centers")


def _as_table(placed: Iterable[tuple[Unit, tuple[float, ...]]], tasks: Mapping[str, Task]) -> pd.DataFrame:
    """A row per answer and class, as a study's predictions have them."""
    rows = [
        {
            "model": unit.model,
            "stage": unit.stage or SUPERVISED,
            "scenario": unit.scenario or "main",
            "fold": unit.fold,
            "role": unit.role,
            "center": unit.center,
            "case_id": unit.case,
            "task": unit.task,
            "class": name,
            "probability": value,
        }
        for unit, values in placed
        for name, value in zip(tasks[unit.task].class_names, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def one_answer_each(table: pd.DataFrame, classes_only: ClassesOnly) -> tuple[pd.DataFrame, list[Finding]]:
    """Predictions with one answer for each case: of several folds an ensemble's own, else their mean.

    Without a role, cases are external ones; but where each case has a fold, and one alone, they are validation cases.

    Args:
        table: rows of predictions, whose fold and role may be empty.
        classes_only: models and tasks of which classes alone are known, whose mean would be none.

    Raises:
        CohortError: several folds answer for a case with classes alone.
    """
    answer = [name for name in _COLUMNS if name not in ("fold", "probability")]
    system = [table[name] for name in ("model", "stage", "scenario")]
    is_ensemble = table["fold"].eq(ENSEMBLE)
    has_ensemble = is_ensemble.groupby([table[name] for name in answer], sort=False).transform("any")
    folds = table.groupby(answer, sort=False)["fold"].transform("size")
    validated = table["fold"].ne("").groupby(system).transform("all") & folds.groupby(system).transform("max").eq(1)
    default = np.where(validated & ~is_ensemble, "validation", "external")
    table = table.assign(role=table["role"].where(table["role"] != "", default))[~has_ensemble | is_ensemble]
    each = table.groupby(answer, sort=False, as_index=False).agg(
        probability=("probability", "mean"), fold=("fold", "first"), folds=("fold", "size")
    )
    named = each["fold"].where(each["fold"] != "", "0")
    each["fold"] = named.where(each["role"] == "validation", ENSEMBLE)
    averaged = each[each["folds"] > 1]
    if averaged.empty:
        return each[_COLUMNS], []
    if only := classes_only & {*zip(averaged["model"], averaged["task"], strict=True)}:
        found = f"{', '.join(f'{task} of {model}' for model, task in sorted(only))}: several folds answer for a case"
        action = "give one class for each case, or probabilities, whose mean is taken"
        problem = Problem(f"{found}, with classes alone", action, rule="classes_of_several_folds")
        raise CohortError([problem], where="the table of predictions")
    count = averaged.groupby([*CASE[:3], "role", "center", "case_id", "task"]).ngroups
    numbers = sorted({*averaged["folds"]})
    text = f"{count} answers are the mean of {' or '.join(map(str, numbers))} folds, as an ensemble's are"
    return each[_COLUMNS], [Finding("note", "folds_averaged", "", "", "", text, "")]


def _count(names: Sequence[str], what: str) -> str:
    return f"1 {what} has" if len(names) == 1 else f"{len(names)} {what}s have"


def _listed(names: Sequence[str], most: int = _MOST_NAMED) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
