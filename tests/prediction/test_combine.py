import math

import numpy as np
import pandas as pd
import pytest

from gliomanet.prediction.combine import combine_predictions
from gliomanet.tables.prediction import CENTER_PREDICTIONS, FOLD_PREDICTIONS


def rows(probabilities: dict[str, float], *, role="external", case="a", scenario="main", pass_std=np.nan):
    """Rows of one case: fold → probability of class mutant."""
    table = []
    for fold, p in probabilities.items():
        for name, value in (("wildtype", 1 - p), ("mutant", p)):
            table.append(("m", "supervised", scenario, fold, role, "there", case, "idh", name, value, pass_std))
    return pd.DataFrame(table, columns=FOLD_PREDICTIONS.names())


def temperatures(values: dict[str, float], scenario="main") -> pd.DataFrame:
    table = pd.DataFrame({"fold": list(values), "temperature": list(values.values())})
    return table.assign(model="m", stage="supervised", scenario=scenario, task="idh")


def combined(table, given=None):
    """Without temperatures, unless some are given."""
    return combine_predictions(table, given)


def test_external_cases_get_the_mean_of_their_folds_and_its_entropy():
    result = combined(pd.concat([rows({"0": 0.2, "1": 0.6}), rows({"0": 0.9}, role="validation", case="v")]))
    ensemble = result[result["fold"] == "ensemble"]
    assert ensemble["case_id"].tolist() == ["a", "a"]
    assert ensemble.set_index("class")["probability"].to_dict() == pytest.approx({"wildtype": 0.6, "mutant": 0.4})
    expected = -(0.4 * math.log(0.4) + 0.6 * math.log(0.6))
    assert ensemble.set_index("class")["raw_probability"].to_dict() == pytest.approx({"wildtype": 0.6, "mutant": 0.4})
    assert ensemble["uncertainty"].tolist() == pytest.approx([expected, expected])
    assert len(result) == 8
    assert list(result.columns) == CENTER_PREDICTIONS.names()


def test_folds_are_calibrated_and_their_mean_is_of_what_they_said():
    table = pd.concat([rows({"0": 0.1, "1": 0.5}), rows({"0": 0.9}, role="validation", case="v")])
    result = combined(table, temperatures({"all": 2.0, "0": 1.0, "1": 7.0}))
    mutant = result[result["class"] == "mutant"].set_index(["case_id", "fold"])
    # √.1 : √.9 is 1 : 3
    assert mutant.loc[("a", "0"), "probability"] == pytest.approx(0.25)
    assert mutant.loc[("a", "ensemble"), "probability"] == pytest.approx((0.1 + 0.5) / 2)
    assert mutant.loc[("a", "ensemble"), "raw_probability"] == pytest.approx((0.1 + 0.5) / 2)
    assert mutant.loc[("v", "0"), "probability"] == 0.9
    expected = -(0.3 * math.log(0.3) + 0.7 * math.log(0.7))
    assert mutant.loc[("a", "ensemble"), "uncertainty"] == pytest.approx(expected)
    assert mutant.loc[("a", "0"), "uncertainty"] == pytest.approx(-(0.25 * math.log(0.25) + 0.75 * math.log(0.75)))


def test_disagreement_of_folds_and_of_passes_by_hand():
    table = pd.concat(
        [rows({"0": 0.1}, pass_std=0.02), rows({"1": 0.5}, pass_std=0.04), rows({"2": 0.6}, pass_std=0.0)]
    )
    result = combined(table).set_index(["fold", "class"])
    mutant = result.xs("mutant", level="class")
    assert mutant.loc["ensemble", "fold_std"] == pytest.approx(math.sqrt((0.3**2 + 0.1**2 + 0.2**2) / 3))
    assert mutant.loc["ensemble", "fold_std"] == pytest.approx(result.loc[("ensemble", "wildtype"), "fold_std"])
    assert mutant["fold_std"].isna().tolist() == [True, True, True, False]
    assert mutant["pass_std"].tolist() == pytest.approx([0.02, 0.04, 0.0, 0.02])
    hot = combined(table, temperatures({"all": 2.0})).set_index(["fold", "class"]).xs("mutant", level="class")
    assert hot.loc["ensemble", "fold_std"] == pytest.approx(np.std(hot["probability"].iloc[:3]))
    assert hot.loc["ensemble", "fold_std"] < mutant.loc["ensemble", "fold_std"]


def test_without_passes_there_is_no_disagreement_of_passes_and_one_fold_agrees_with_nobody():
    assert combined(rows({"0": 0.2, "1": 0.4}))["pass_std"].isna().all()
    assert combined(rows({"all": 0.2}))["fold_std"].isna().all()


def test_a_refit_is_its_own_ensemble():
    result = combined(rows({"all": 0.3}))
    assert result.groupby("fold")["probability"].apply(list).to_dict() == {"all": [0.3, 0.7], "ensemble": [0.3, 0.7]}


def test_scenarios_are_kept_apart():
    result = combined(pd.concat([rows({"x.0": 0.2}, scenario="x"), rows({"y.0": 0.8}, scenario="y")]))
    mutant = result[(result["fold"] == "ensemble") & (result["class"] == "mutant")]
    assert mutant.set_index("scenario")["probability"].to_dict() == {"x": 0.2, "y": 0.8}


def test_the_order_of_the_rows_does_not_change_a_byte():
    table = pd.concat([rows({"0": 0.1, "1": 0.7, "2": 1 / 3}), rows({"0": 0.2, "1": 0.6, "2": 0.3}, case="b")])
    hot = temperatures({"all": 1.7})
    texts = {combined(table.sample(frac=1, random_state=i), hot).to_csv(sep="\t") for i in range(5)}
    assert len(texts) == 1


def test_validation_alone_gets_no_ensemble():
    table = rows({"0": 0.9}, role="validation")
    assert len(combined(table)) == len(table)
    nothing = combined(table.iloc[:0])
    assert nothing.empty
    assert list(nothing.columns) == CENTER_PREDICTIONS.names()


def test_a_case_that_a_fold_did_not_predict_is_named():
    table = pd.concat([rows({"0": 0.1, "1": 0.7}), rows({"0": 0.2}, case="b")])
    with pytest.raises(
        ValueError, match="case b of there, task idh: predicted by fold 0 of m/supervised/main, whose folds are 0, 1"
    ):
        combined(table)


def test_other_tables_are_refused():
    with pytest.raises(ValueError, match="lack the columns scenario"):
        combined(rows({"0": 0.1}).drop(columns="scenario"))
    with pytest.raises(ValueError, match="hold a row twice: model m, stage supervised"):
        combined(pd.concat([rows({"0": 0.1})] * 2))
    with pytest.raises(ValueError, match="ensemble rows already"):
        combined(combined(rows({"0": 0.1})))
    with pytest.raises(
        ValueError, match="no temperature was fitted for model m, stage supervised, scenario main, task"
    ):
        combined(rows({"0": 0.1}), temperatures({"0": 2.0}))
