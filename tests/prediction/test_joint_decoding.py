"""The column `joint_probability`: whose rows are decoded together, what stays empty, what is refused."""

import numpy as np
import pandas as pd
import pytest

from gliomanet.labels.joint_decoding import joint_marginals
from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.prediction.joint_decoding import with_joint

KEYS = {"model": "m", "stage": "supervised", "scenario": "main", "fold": "0", "role": "external", "center": "X"}


def table(cases: dict[str, dict[str, list[float]]], tasks=DEFAULT_TASKS, **keys) -> pd.DataFrame:
    """Case → task → probabilities, as prediction rows."""
    rows = [
        {**KEYS, **keys, "case_id": case, "task": name, "class": label, "probability": p}
        for case, answers in cases.items()
        for name, values in answers.items()
        for label, p in zip(tasks[name].class_names, values, strict=True)
    ]
    return pd.DataFrame(rows)


ONE = {"idh": [0.6, 0.4], "codel_1p19q": [0.3, 0.7], "grade": [0.8, 0.2]}
TWO = {"idh": [0.9, 0.1], "codel_1p19q": [0.2, 0.8], "grade": [0.1, 0.9]}


def expected(answers, tasks=DEFAULT_TASKS) -> list[float]:
    decoded = joint_marginals({name: np.array([values]) for name, values in answers.items()}, tasks)
    return [p for name in answers for p in decoded[name][0]]


def test_each_case_of_each_fold_is_decoded_by_itself():
    given = pd.concat([table({"a": ONE, "b": TWO}), table({"a": TWO}, fold="1"), table({"a": ONE}, model="other")])
    found = with_joint(given, DEFAULT_TASKS)
    assert list(found) == [*given, "joint_probability"]
    np.testing.assert_allclose(
        found["joint_probability"], [*expected(ONE), *expected(TWO), *expected(TWO), *expected(ONE)]
    )
    sums = found.groupby(["model", "fold", "case_id", "task"])["joint_probability"].sum()
    np.testing.assert_allclose(sums, 1)


def test_the_order_of_rows_changes_nothing_but_their_order():
    given = table({"a": ONE, "b": TWO})
    turned = given.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(with_joint(turned, DEFAULT_TASKS).sort_index(), with_joint(given, DEFAULT_TASKS))


def test_one_label_alone_stays_empty_beside_cases_that_have_more():
    two = {name: ONE[name] for name in ("idh", "grade")}
    given = table({"a": {"idh": ONE["idh"]}, "b": ONE, "c": two})
    found = with_joint(given, DEFAULT_TASKS).set_index("case_id")["joint_probability"]
    assert found["a"].isna().all()
    np.testing.assert_allclose(found["b"], expected(ONE))
    np.testing.assert_allclose(found["c"], expected(two))
    both = {**DEFAULT_TASKS, "again": DEFAULT_TASKS["idh"]}
    alike = with_joint(table({"a": {"idh": [0.6, 0.4], "again": [0.7, 0.3]}}, both), both)
    assert alike["joint_probability"].isna().all()


def test_tasks_on_other_labels_stay_empty():
    mgmt = Task(label="mgmt", classes={"unmethylated": ["unmethylated"], "methylated": ["methylated"]})
    tasks = {**DEFAULT_TASKS, "mgmt": mgmt}
    found = with_joint(table({"a": {**ONE, "mgmt": [0.5, 0.5]}}, tasks), tasks)
    assert found["joint_probability"].isna().tolist() == [False] * 6 + [True] * 2
    only = with_joint(table({"a": {"mgmt": [0.5, 0.5]}}, tasks), {"mgmt": mgmt})
    assert only["joint_probability"].isna().all()


def test_no_rows_give_the_column():
    found = with_joint(table({"a": ONE}).iloc[:0], DEFAULT_TASKS)
    assert list(found)[-1] == "joint_probability"
    assert found.empty


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda t: t.iloc[1:],
            "fold 0, case a of X: task idh has some class twice or not at all; give one row for each ",
        ),
        (lambda t: pd.concat([t, t.iloc[:1]]), "task idh has some class twice or not at all.*wildtype, mutant"),
        (lambda t: t.replace("idh", "mgmt"), "case a of X: task 'mgmt' is none of the study's; allowed: idh, codel"),
        (
            lambda t: t.replace("mutant", "odd"),
            "class 'odd' of task idh is none of the study's; allowed: wildtype, mutant",
        ),
    ],
)
def test_rows_that_cannot_be_decoded_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        with_joint(change(table({"a": ONE})), DEFAULT_TASKS)
