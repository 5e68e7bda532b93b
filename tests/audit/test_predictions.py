"""Guards on predictions: what mix-ups leave behind is found, and nothing is found in good predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gliomanet.audit.predictions import audit_predictions
from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.tables.prediction import CASE

CASES = 120
GRADES = {"grade": Task(label="grade", classes={"2": ["2"], "3": ["3"], "4": ["4"]})}
IDH = {"idh": DEFAULT_TASKS["idh"]}


def good_cases(seed: int = 0) -> pd.DataFrame:
    """Cases in an order of their own."""
    generator = np.random.default_rng(seed)
    names = [f"P-{n:03d}" for n in generator.permutation(CASES)]
    values = {
        "idh": generator.choice(["wildtype", "mutant"], CASES, p=[0.6, 0.4]),
        "codel_1p19q": generator.choice(["intact", "codeleted"], CASES, p=[0.7, 0.3]),
        "grade": generator.choice(["2", "3", "4"], CASES),
    }
    return pd.DataFrame({"case_id": names, "patient_id": names, "center": "A", **values})


def predicted(
    cases: pd.DataFrame, tasks: dict[str, Task], seed: int = 1, model: str = "net", skill: float = 1.2
) -> pd.DataFrame:
    """Predictions of some skill, in the order of the cases."""
    generator = np.random.default_rng(seed)
    tables = []
    for name, task in tasks.items():
        classes = task.class_names
        truth = cases[task.label].map(task.encode).to_numpy()
        scores = generator.normal(size=(CASES, len(classes))) + skill * np.eye(len(classes))[truth]
        values = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
        for index, label in enumerate(classes):
            rows = {"model": model, "stage": "supervised", "scenario": "main", "fold": "ensemble", "role": "external"}
            named = cases[["center", "case_id"]].assign(**rows, task=name, probability=values[:, index])
            tables.append(named.assign(**{"class": label}))
    return pd.concat(tables).sort_index(kind="stable")[[*CASE, "class", "probability"]].reset_index(drop=True)


def rules(predictions: pd.DataFrame, cases: pd.DataFrame, tasks: dict[str, Task], **named) -> set[str]:
    return {finding.rule for finding in audit_predictions(predictions, cases, tasks, **named)}


def joined_anew(predictions: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """Predictions whose cases are called otherwise: by the ids in their place."""
    names = dict(zip(predictions["case_id"].drop_duplicates(), ids, strict=True))
    return predictions.assign(case_id=predictions["case_id"].map(names))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("skill", [0.0, 1.0])
def test_good_predictions_have_no_finding(seed, skill):
    cases = good_cases(seed)
    tasks = DEFAULT_TASKS | GRADES
    assert rules(predicted(cases, tasks, seed + 50, skill=skill), cases, tasks) == set()
    assert rules(predicted(cases.sample(frac=1, random_state=seed), tasks, seed, skill=skill), cases, tasks) == set()


@pytest.mark.parametrize("tasks", [IDH, GRADES], ids=["two classes", "three classes"])
@pytest.mark.parametrize("shift", [1, -1, 2])
def test_predictions_that_slid_against_their_ids_are_found(shift, tasks):
    cases = good_cases()
    slid = joined_anew(predicted(cases, tasks, skill=2.5), pd.Series(np.roll(cases["case_id"], shift)))
    assert "other_rows_fit_better" in rules(slid, cases, tasks)


def test_predictions_joined_by_place_to_sorted_ids_are_found():
    cases = good_cases()
    by_place = joined_anew(predicted(cases, IDH, skill=2.5), cases["case_id"].sort_values(ignore_index=True))
    (finding,) = audit_predictions(by_place, cases, IDH)
    assert finding.rule == "other_rows_fit_better"
    assert "that of the row at its place in the table of labels" in finding.found


@pytest.mark.parametrize(("tasks", "pair"), [(IDH, ("wildtype", "mutant")), (GRADES, ("2", "4"))])
def test_swapped_classes_are_found(tasks, pair):
    cases = good_cases()
    table = predicted(cases, tasks, skill=2.0)
    swapped = table["class"].map({pair[0]: pair[1], pair[1]: pair[0]}).fillna(table["class"])
    found = audit_predictions(table.assign(**{"class": swapped}), cases, tasks)
    assert [finding.rule for finding in found] == ["swapped_classes_fit_better"]
    assert f"{pair[0]} for {pair[1]}" in found[0].found


def test_two_models_that_say_the_same_are_found():
    cases = good_cases()
    table = predicted(cases, IDH)
    twins = pd.concat([table, table.assign(model="twin")])
    assert rules(twins, cases, IDH) == {"identical_models"}
    assert rules(twins, cases, IDH, classes_only={("net", "idh"), ("twin", "idh")}) == set()
    assert rules(pd.concat([table, predicted(cases, IDH, 2, "other")]), cases, IDH) == set()
    assert rules(pd.concat([table, table.assign(stage="pseudo_label")]), cases, IDH) == set()


def test_a_column_that_was_read_twice_is_found():
    cases = good_cases()
    tasks = {name: DEFAULT_TASKS[name] for name in ("idh", "codel_1p19q")}
    table = predicted(cases, tasks)
    of_idh = table.loc[table["task"] == "idh", "probability"].to_numpy()
    table.loc[table["task"] == "codel_1p19q", "probability"] = of_idh
    assert rules(table, cases, tasks) == {"identical_columns"}
    grades = predicted(cases, GRADES)
    wide = grades.pivot_table(index="case_id", columns="class", values="probability")
    half = (wide["2"] + wide["3"]) / 2
    same = grades["class"].isin(["2", "3"])
    grades.loc[same, "probability"] = grades.loc[same, "case_id"].map(half)
    assert rules(grades, cases, GRADES) == {"identical_columns"}


def test_predictions_that_know_nothing_or_everything_are_found():
    cases = good_cases()
    assert rules(predicted(cases, IDH).assign(probability=0.5), cases, IDH) == {"constant_predictions"}
    assert rules(predicted(cases, IDH, skill=40), cases, IDH) == {"perfect_separation"}


def test_a_patient_on_both_sides_is_found():
    cases = good_cases().assign(patient_id=lambda table: table["case_id"].str[-3:].astype(int).mod(60).astype(str))
    table = predicted(cases, IDH)
    some = table["case_id"].isin(cases["case_id"].head(60))
    parts = table.assign(role=np.where(some, "validation", "external"), fold=np.where(some, "0", "ensemble"))
    (finding,) = audit_predictions(parts, cases, IDH)
    both = {*cases["patient_id"].head(60)} & {*cases["patient_id"].tail(60)}
    assert finding.rule == "patient_validates_and_tests"
    assert f"{len(both)} patients both validate and test" in finding.found
