import numpy as np
import pandas as pd
import pytest

from gliomanet.evaluation.predictions import Cases, final_stage, score
from gliomanet.labels.tasks import DEFAULT_TASKS

CASES = pd.DataFrame(
    {
        "case_id": ["b", "a"],
        "patient_id": ["P2", "P1"],
        "center": ["X", "X"],
        "idh": ["mutant", np.nan],
        "codel_1p19q": ["", "intact"],
        "grade": ["4", "4"],
    }
)


def predictions(**changes) -> pd.DataFrame:
    table = pd.DataFrame({"case_id": ["a", "a", "b", "b"], "class": ["wildtype", "mutant"] * 2})
    names = {"model": "m", "stage": "supervised", "scenario": "main", "fold": "ensemble", "role": "external"}
    names |= {"center": "X", "task": "idh", "probability": [0.8, 0.2, 0.4, 0.6]}
    return table.assign(**{**names, **changes})


def scored(table: pd.DataFrame):
    return score(table, Cases.of(CASES, DEFAULT_TASKS), DEFAULT_TASKS)


def test_cases_are_sorted_and_encoded():
    cases = Cases.of(CASES, DEFAULT_TASKS)
    assert cases.case_id.tolist() == ["a", "b"]
    assert cases.patient.tolist() == ["X/P1", "X/P2"]
    assert cases.truth["idh"].tolist() == [-1, 1]
    assert cases.truth["codel_1p19q"].tolist() == [0, -1]


def test_probabilities_are_in_the_order_of_the_tasks_classes():
    (found,) = scored(predictions().iloc[::-1])
    assert found.probability.tolist() == [[0.8, 0.2], [0.4, 0.6]]


def test_only_validation_and_ensemble_rows_are_read():
    table = pd.concat([predictions(), predictions(fold="0"), predictions(fold=1)])
    assert len(scored(table)) == 1
    assert {s.role for s in scored(pd.concat([predictions(), predictions(fold="0", role="validation")]))} == {
        "external",
        "validation",
    }


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (predictions(case_id=["a", "a", "z", "z"]), "case z of centre X is not among the cases"),
        (predictions(task="age"), "no such task; tasks: idh, codel_1p19q, grade"),
        (predictions(**{"class": ["wildtype", "mutated"] * 2}), "class 'mutated' is none of the task's"),
        (pd.concat([predictions(), predictions()]), "case a has some class 2 times"),
        (predictions().iloc[:3], "case b has some class 1 times or not at all"),
        (predictions(probability=[0.8, 0.2, 0.4, 0.4]), "probabilities of case b are .* sum to 1"),
        (predictions(probability=[0.8, 0.2, 0.4, np.nan]), "probabilities of case b"),
        (predictions().drop(columns="fold"), "predictions: lacks the columns fold"),
    ],
)
def test_errors_name_the_case_and_what_is_allowed(table, message):
    with pytest.raises(ValueError, match=message):
        scored(table)


def test_a_case_stands_once_in_the_case_table():
    with pytest.raises(ValueError, match="case a of centre X stands there twice"):
        Cases.of(pd.concat([CASES, CASES]), DEFAULT_TASKS)
    with pytest.raises(ValueError, match="cases: lacks the columns grade"):
        Cases.of(CASES.drop(columns="grade"), DEFAULT_TASKS)


def test_pseudo_label_is_the_later_stage():
    assert final_stage({"supervised", "pseudo_label"}) == "pseudo_label"
    assert final_stage({"supervised"}) == "supervised"
