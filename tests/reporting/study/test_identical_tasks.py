"""Two tasks read from one label column look alike in what is predicted."""

import numpy as np
import pandas as pd
import pytest

from gliomanet.reporting.study.model_notes import identical_task_notes


def predicted(model, probabilities, role="external", fold="ensemble", scenario="main"):
    """Rows of `results/predictions/`: task → probability of its last class, one per case."""
    return pd.DataFrame(
        [
            (model, "supervised", scenario, fold, role, "EAST", f"c{n:02d}", task, name, value)
            for task, column in probabilities.items()
            for n, p in enumerate(column)
            for name, value in (("no", 1 - p), ("yes", p))
        ],
        columns=["model", "stage", "scenario", "fold", "role", "center", "case_id", "task", "class", "raw_probability"],
    )


@pytest.fixture
def chance():
    rng = np.random.default_rng(1)
    return lambda cases=12: rng.random(cases)


def test_identical_tasks_are_named_once_per_model(chance):
    idh, other = chance(), chance()
    tables = [
        predicted("net", {"idh": idh, "grade": other, "codel": idh}),
        predicted("net", {"idh": idh, "codel": idh}, fold="0"),
        predicted("net", {"idh": idh[:11], "codel": idh[:11]}, role="validation", fold="0"),
    ]
    trees = predicted("trees", {"idh": chance(), "codel": chance()})
    sentence = (
        "Its probabilities of codel and idh are identical for all 12 external cases of scenario main, stage "
        "supervised; check that the two tasks were not read from one label column."
    )
    predictions = {"net": pd.concat(tables, ignore_index=True), "trees": trees}
    assert identical_task_notes(predictions) == [("net", sentence)]


def test_few_cases_and_single_folds_say_nothing(chance):
    nine, twelve = chance(9), chance(12)
    assert identical_task_notes({"net": predicted("net", {"idh": nine, "codel": nine})}) == []
    assert identical_task_notes({"net": predicted("net", {"idh": twelve, "codel": twelve}, fold="0")}) == []


def test_one_task_or_no_row_says_nothing(chance):
    assert identical_task_notes({"net": predicted("net", {"idh": chance()})}) == []
    assert identical_task_notes({"net": predicted("net", {})}) == []
