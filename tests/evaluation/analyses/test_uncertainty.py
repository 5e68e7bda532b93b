"""Coverage of prediction sets and errors among answered cases: counted by hand, and complete."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import matthews_corrcoef

from gliomanet.config.analysis import Evaluation
from gliomanet.evaluation.analyses.uncertainty import evaluate_uncertainty
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.tables.uncertainty import PREDICTION_SETS, RISK_COVERAGE

TASKS = {"idh": DEFAULT_TASKS["idh"]}
CLASSES = ("wildtype", "mutant")
LEVEL = 0.9


def quantiles(scenarios=("main",), n=40, models=("m",)):
    rows = [(m, "supervised", s, "idh", c, LEVEL, n, 0.1) for m in models for s in scenarios for c in CLASSES]
    return pd.DataFrame(
        rows, columns=["model", "stage", "scenario", "task", "class", "level", "n_calibration", "quantile"]
    )


def predictions(p, sets, *, center="X", scenario="main", role="external", prefix="c", spread=None):
    """Rows of cases by their probability of mutant and their set, such as "wm", "w" or ""."""
    rows = []
    for number, (probability, inside) in enumerate(zip(p, sets, strict=True)):
        for name, value in (("wildtype", 1 - probability), ("mutant", probability)):
            row = {"model": "m", "stage": "supervised", "scenario": scenario, "role": role, "center": center}
            row |= {"fold": "ensemble" if role == "external" else "0", "case_id": f"{prefix}{number}", "task": "idh"}
            row |= {"class": name, "probability": value, "in_set": "yes" if name[0] in inside else "no"}
            rows.append(row | {"fold_std": np.nan if spread is None else spread[number], "pass_std": np.nan})
    return pd.DataFrame(rows)


def cases(labels, *, center="X", prefix="c", patients=None):
    names = [f"{prefix}{number}" for number in range(len(labels))]
    found = {"case_id": names, "patient_id": patients or names, "center": center}
    return pd.DataFrame(found | {"idh": labels, "codel_1p19q": "", "grade": ""})


def evaluated(rows, table, given=None):
    return evaluate_uncertainty(rows, table, TASKS, Evaluation(), quantiles() if given is None else given)


def row_of(table, **names):
    mine = table[np.logical_and.reduce([table[key] == value for key, value in names.items()])]
    assert len(mine) == 1
    return mine.iloc[0]


def test_a_case_between_two_classes_is_called_as_by_the_metrics():
    rows = predictions([0.5, 0.5, 0.2, 0.9], ["wm", "wm", "w", "m"])
    table = evaluated(rows, cases(["mutant", "mutant", "wildtype", "mutant"])).risk_coverage
    assert table["error"].dropna().eq(0).all()


P = [0.1, 0.2, 0.6, 0.9, 0.3, 0.8, 0.45]
SETS = ["w", "w", "wm", "m", "w", "", "wm"]
LABELS = ["wildtype", "wildtype", "wildtype", "mutant", "mutant", "mutant", ""]


def test_sets_by_class_are_counted_by_hand():
    table = evaluated(predictions(P, SETS), cases(LABELS)).prediction_sets
    assert list(table.columns) == PREDICTION_SETS.names()
    assert table["class"].tolist() == [*CLASSES, "all"] * 2
    mutant = row_of(table, center="X", **{"class": "mutant"})
    assert mutant[["coverage", "empty", "single", "several", "n", "n_patients"]].tolist() == pytest.approx(
        [1 / 3, 1 / 3, 2 / 3, 0, 3, 3]
    )
    assert mutant["single_correct"] == 0.5
    exact = binomtest(1, 3).proportion_ci(0.95)
    assert mutant[["ci_low", "ci_high"]].tolist() == pytest.approx([exact.low, exact.high])
    everyone = row_of(table, center="X", **{"class": "all"})
    assert everyone[["coverage", "single_correct", "n"]].tolist() == pytest.approx([4 / 6, 3 / 4, 6])
    assert everyone["verdict"] != everyone["verdict"]  # nothing is promised of all classes together
    assert (table["level"] == LEVEL).all()


def test_what_is_promised_is_kept_or_not_by_its_range():
    many = predictions([0.2] * 100, ["w"] * 90 + ["m"] * 10)
    table = evaluated(many, cases(["wildtype"] * 100)).prediction_sets
    assert row_of(table, center="X", **{"class": "wildtype"})["verdict"] == "within chance"
    table = evaluated(predictions([0.2] * 100, ["w"] * 60 + ["m"] * 40), cases(["wildtype"] * 100)).prediction_sets
    below = row_of(table, center="X", **{"class": "wildtype"})
    assert below["verdict"] == "below"
    assert below["expected_low"] > below["ci_high"]
    mutant = row_of(table, center="X", **{"class": "mutant"})
    assert np.isnan(mutant["coverage"])
    assert mutant["note"] == "not estimable: no case"
    few = evaluated(many, cases(["wildtype"] * 100), quantiles(n=8)).prediction_sets
    assert row_of(few, center="X", **{"class": "wildtype"})["note"] == (
        "in every set: 8 calibration patients, 9 are needed"
    )


def test_a_patient_counts_once():
    table = cases(["mutant"] * 4, patients=["a", "a", "a", "b"])
    found = evaluated(predictions([0.9, 0.8, 0.7, 0.2], ["m", "m", "", "w"]), table)
    mutant = row_of(found.prediction_sets, center="X", **{"class": "mutant"})
    assert mutant[["coverage", "n", "n_patients"]].tolist() == pytest.approx([(2 / 3 + 0) / 2, 4, 2])


def test_errors_among_answered_cases_by_hand():
    table = evaluated(predictions(P, SETS, spread=[0, 0, 0, 0, 1, 1, 0]), cases(LABELS)).risk_coverage
    assert list(table.columns) == RISK_COVERAGE.names()
    mine = table[(table["center"] == "X") & (table["order"] == "uncertainty")]
    # surest first: .1 and .9 together, .2 and .8 together, .3, .6; wrong are .3 (mutant) and .6 (wildtype)
    assert mine["answered"].tolist() == pytest.approx([2 / 6, 4 / 6, 5 / 6, 1])
    assert mine["error"].tolist() == pytest.approx([0, 0, 1 / 5, 2 / 6])
    truth, called = [0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 0, 1]
    assert mine["mcc"].iloc[-1] == pytest.approx(matthews_corrcoef(truth, called))
    folds = table[(table["center"] == "X") & (table["order"] == "fold_std")]
    assert folds["n_answered"].tolist() == [4, 6]
    single = row_of(table, center="X", order="single_set")
    assert single[["answered", "error", "n_answered"]].tolist() == pytest.approx([4 / 6, 1 / 4, 4])
    assert not table.duplicated(list(RISK_COVERAGE.key)).any()


def test_a_set_s_class_is_its_answer_even_where_another_is_likelier():
    table = evaluated(predictions([0.4, 0.2], ["m", "w"]), cases(["mutant", "wildtype"])).risk_coverage
    assert row_of(table, center="X", order="single_set")["error"] == 0


def test_predictions_of_others_have_no_sets_and_no_spread():
    rows = predictions(P, SETS).drop(columns=["in_set", "fold_std", "pass_std"])
    found = evaluated(rows, cases(LABELS), quantiles()[:0])
    assert found.prediction_sets.empty
    assert set(found.risk_coverage["order"]) == {"uncertainty"}


def test_hidden_labels_count_for_external_cases_only():
    table = cases(LABELS).assign(hidden=[True, False, False, False, False, False, False])
    inside = evaluated(predictions(P, SETS, role="validation"), table).prediction_sets
    assert row_of(inside, center="X", **{"class": "wildtype"})["n"] == 2
    assert inside["verdict"].isna().all()
    outside = evaluated(predictions(P, SETS), table).prediction_sets
    assert row_of(outside, center="X", **{"class": "wildtype"})["n"] == 3


def test_centres_that_are_held_out_in_turn_are_counted_together():
    rows = pd.concat(
        [
            predictions(P, SETS, center=center, scenario=f"without-{center}", prefix=center.lower())
            for center in ("A", "B")
        ]
    )
    table = pd.concat([cases(LABELS, center=center, prefix=center.lower()) for center in ("A", "B")])
    found = evaluated(rows, table, quantiles(["without-A", "without-B"]))
    sets = found.prediction_sets
    both = sets[sets["scenario"] == "leave-one-center-out"]
    assert both["center"].unique().tolist() == ["pooled"]
    assert both["n"].tolist() == [6, 6, 12]
    assert both["verdict"].isna().all()
    risk = found.risk_coverage
    assert row_of(risk, scenario="leave-one-center-out", order="single_set")["n_answered"] == 8
