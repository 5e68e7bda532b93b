import pandas as pd

from gliomanet.reporting.study.sections.clinical import clinical_table, pairs_of

NET = {"kind": "mttunet", "modalities": ["t1c"], "epochs": 5, "clinical": [], "clinical_dropout": 0.3}
MODELS = {
    "net": NET,
    "net_age": {**NET, "clinical": ["age"], "clinical_dropout": 0.5},
    "longer": {**NET, "epochs": 9, "clinical": ["age"]},
    "age": {"kind": "logistic", "inputs": ["age"]},
    "both": {"kind": "stack", "members": ["net", "age", "net_age"], "clinical": ["age"]},
    "of_images": {"kind": "stack", "members": ["net", "age", "net_age"], "clinical": []},
}


def compared(**changes):
    row = {
        "scenario": "main",
        "stage_a": "supervised",
        "stage_b": "supervised",
        "model_a": "net",
        "model_b": "net_age",
        "role": "external",
        "center": "pooled",
        "task": "idh",
        "subset": "all",
        "metric": "auc",
        "family": "pairs",
        "value_a": 0.7,
        "value_b": 0.9,
        "difference": -0.2,
        "ci_low": -0.3,
        "ci_high": -0.1,
        "p": 0.01,
        "note": "",
        "n": 50,
        "n_positive": 20,
        "p_holm": 0.02,
    }
    return row | changes


def shown(*rows):
    table = clinical_table(pd.DataFrame(rows), list(pairs_of(MODELS)))
    return table and [[str(cell.text) for cell in row] for row in table.rows]


def test_a_model_is_held_against_what_differs_in_the_clinical_data_alone():
    assert list(pairs_of(MODELS)) == [("net_age", "net"), ("both", "net"), ("both", "of_images")]


def test_the_difference_is_what_clinical_data_add_whatever_the_order_of_the_pair():
    (row,) = shown(compared())
    assert row[:2] == ["net_age", "net"]
    assert row[6:] == [".90", ".70", ".20 [.10, .30]", ".010"]
    (turned,) = shown(
        compared(model_a="net_age", model_b="net", value_a=0.9, value_b=0.7, difference=0.2, ci_low=0.1, ci_high=0.3)
    )
    assert turned == row


def test_validation_cases_stand_in_where_no_external_ones_are():
    assert len(shown(compared(), compared(role="validation"))) == 1
    assert len(shown(compared(role="validation"))) == 1


def test_centres_are_shown_together_where_they_are_compared_so():
    rows = shown(compared(center="X"), compared(center="Y"), compared(center="stratified"))
    assert [row[3] for row in rows] == ["within centres, together"]
    assert len(shown(compared(center="X"), compared(center="Y"))) == 2


def test_other_pairs_and_groups_are_no_part_of_it():
    assert shown(compared(model_b="longer"), compared(subset="grade=2-3")) is None
    assert shown(compared(difference=float("nan"), note="not estimable: one class"))[0][8] == "not estimable"
