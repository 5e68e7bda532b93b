import math

import pandas as pd
import pytest

from gliomanet.networks.probabilities import entropy
from gliomanet.prediction.ensemble import COLUMNS, with_ensemble


def rows(probabilities: dict[str, float], *, role="external", case="a", transfer="main") -> pd.DataFrame:
    """Rows of one case: fold → probability of class mutant."""
    table = []
    for fold, p in probabilities.items():
        for name, value in (("wildtype", 1 - p), ("mutant", p)):
            table.append(
                ("m", "supervised", transfer, fold, role, "there", case, "idh", name, value, entropy([p, 1 - p]))
            )
    return pd.DataFrame(table, columns=COLUMNS)


def test_external_cases_get_the_mean_of_their_folds_and_its_entropy():
    result = with_ensemble(pd.concat([rows({"0": 0.2, "1": 0.6}), rows({"0": 0.9}, role="validation", case="v")]))
    ensemble = result[result["fold"] == "ensemble"]
    assert ensemble["case_id"].tolist() == ["a", "a"]
    assert ensemble.set_index("class")["probability"].to_dict() == pytest.approx({"wildtype": 0.6, "mutant": 0.4})
    expected = -(0.4 * math.log(0.4) + 0.6 * math.log(0.6))
    assert ensemble["uncertainty"].tolist() == pytest.approx([expected, expected])
    assert len(result) == 8
    assert tuple(result.columns) == COLUMNS


def test_a_refit_is_its_own_ensemble():
    result = with_ensemble(rows({"all": 0.3}))
    assert result.groupby("fold")["probability"].apply(list).to_dict() == {"all": [0.3, 0.7], "ensemble": [0.3, 0.7]}


def test_transfers_are_kept_apart():
    result = with_ensemble(pd.concat([rows({"x.0": 0.2}, transfer="x"), rows({"y.0": 0.8}, transfer="y")]))
    mutant = result[(result["fold"] == "ensemble") & (result["class"] == "mutant")]
    assert mutant.set_index("transfer")["probability"].to_dict() == {"x": 0.2, "y": 0.8}


def test_the_order_of_the_rows_does_not_change_a_byte():
    table = pd.concat([rows({"0": 0.1, "1": 0.7, "2": 1 / 3}), rows({"0": 0.2, "1": 0.6, "2": 0.3}, case="b")])
    texts = {with_ensemble(table.sample(frac=1, random_state=i)).to_csv(sep="\t") for i in range(5)}
    assert len(texts) == 1


def test_validation_alone_gets_no_ensemble():
    table = rows({"0": 0.9}, role="validation")
    assert len(with_ensemble(table)) == len(table)
    assert with_ensemble(table.iloc[:0]).empty


def test_a_case_that_a_fold_did_not_predict_is_named():
    table = pd.concat([rows({"0": 0.1, "1": 0.7}), rows({"0": 0.2}, case="b")])
    with pytest.raises(
        ValueError, match="case b of there, task idh: predicted by fold 0 of m/supervised/main, whose folds are 0, 1"
    ):
        with_ensemble(table)


def test_other_tables_are_refused():
    with pytest.raises(ValueError, match="lack the columns transfer"):
        with_ensemble(rows({"0": 0.1}).drop(columns="transfer"))
    with pytest.raises(ValueError, match="hold a row twice: model m, stage supervised"):
        with_ensemble(pd.concat([rows({"0": 0.1})] * 2))
    with pytest.raises(ValueError, match="ensemble rows already"):
        with_ensemble(with_ensemble(rows({"0": 0.1})))
