"""Names of figures, and those that compare studies of any design."""

import pandas as pd

from gliomanet.tracking.figures import figures_of

COLUMNS = [
    "model",
    "stage",
    "scenario",
    "role",
    "center",
    "task",
    "subset",
    "metric",
    "value",
    "ci_low",
    "ci_high",
    "n",
]


def figures(*rows) -> dict[str, float]:
    return figures_of(pd.DataFrame([("m", "s", *row) for row in rows], columns=COLUMNS), "m", "s")


def test_leave_one_centre_out_is_compared_by_its_summary():
    found = figures(
        ("without-A", "external", "pooled", "idh", "all", "mcc", 0.1, None, None, 10),
        ("leave-one-center-out", "external", "summary", "idh", "all", "mcc", 0.4, 0.3, 0.5, 40),
    )
    assert found["external/mcc/idh"] == 0.4
    assert found["external/n/idh"] == 40
    assert found["mcc/external/pooled/idh/without-A"] == 0.1
    assert "mcc/external/pooled/idh/without-A/ci_low" not in found


def test_of_several_scenarios_the_first_is_compared():
    found = figures(
        ("one", "external", "pooled", "idh", "all", "auc", 0.8, 0.7, 0.9, 10),
        ("two", "external", "pooled", "idh", "all", "auc", 0.9, 0.8, 1.0, 10),
    )
    assert found["external/auc/idh"] == 0.8


def test_a_study_without_external_cases_has_no_such_figure():
    found = figures(("main", "validation", "pooled", "idh", "all", "mcc", 0.8, 0.7, 0.9, 10))
    assert found == {
        "mcc/validation/pooled/idh": 0.8,
        "mcc/validation/pooled/idh/ci_low": 0.7,
        "mcc/validation/pooled/idh/ci_high": 0.9,
        "n/validation/pooled/idh": 10,
    }
