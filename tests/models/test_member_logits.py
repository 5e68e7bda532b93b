import numpy as np
import pandas as pd

from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.models.member_logits import FLOOR, member_column, member_logits
from gliomanet.tables.feature_names import is_of_model

IDH = {"idh": DEFAULT_TASKS["idh"]}
GRADES = {"g": Task(label="grade", classes={"2": ("2",), "3": ("3",), "4": ("4",)})}


def said(case, probabilities, *, task="idh", fold="0", **changes):
    names = (IDH | GRADES)[task].class_names
    own = {"model": "net", "stage": "supervised", "scenario": "main", "fold": fold, "case_id": case, "task": task}
    return [own | changes | {"class": n, "raw_probability": p} for n, p in zip(names, probabilities, strict=True)]


def logits(rows, tasks=IDH, stages=None, scenario="main"):
    return member_logits(pd.DataFrame(rows), stages or {"net": "supervised"}, scenario, tasks).set_index("case_id")


def test_two_classes_are_the_log_odds_of_the_last():
    column = member_column("net", "idh")
    found = logits([*said("b", (0.8, 0.2)), *said("a", (0.5, 0.5))])
    assert list(found.index) == ["a", "b"]
    assert list(found.columns) == [column]
    assert is_of_model(column)
    assert not is_of_model("t1c_firstorder_Mean")
    np.testing.assert_allclose(found[column], [0, np.log(0.2 / 0.8)])


def test_three_classes_are_centred_log_probabilities():
    found = logits(said("a", (0.2, 0.3, 0.5), task="g"), GRADES)
    expected = np.log([0.2, 0.3, 0.5]) - np.log([0.2, 0.3, 0.5]).mean()
    np.testing.assert_allclose(found.loc["a", [member_column("net", "g", c) for c in "234"]], expected)


def test_an_external_case_is_the_mean_over_folds_of_what_it_would_be_in_each():
    found = logits([*said("x", (0.9, 0.1)), *said("x", (0.4, 0.6), fold="1")])
    assert np.isclose(found.iloc[0, 0], (np.log(1 / 9) + np.log(1.5)) / 2)


def test_other_stages_scenarios_and_saturation_do_not_count():
    rows = [
        *said("a", (0.0, 1.0)),
        *said("a", (0.9, 0.1), stage="pseudo_label"),
        *said("a", (0.9, 0.1), scenario="other"),
    ]
    assert np.isclose(logits(rows).iloc[0, 0], -np.log(FLOOR))
    assert np.isclose(logits(rows, stages={"net": "pseudo_label"}).iloc[0, 0], np.log(1 / 9))
    assert logits(rows, scenario="third").empty


def test_what_a_member_does_not_say_is_missing():
    rows = [*said("a", (0.5, 0.5)), *said("b", (0.5, 0.5), model="age")]
    found = logits(rows, stages={"net": "supervised", "age": "supervised"})
    assert found.isna().to_numpy().tolist() == [[False, True], [True, False]]
