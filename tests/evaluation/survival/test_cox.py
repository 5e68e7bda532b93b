"""The Cox baseline beside the age: planted hazards, patients that it has not seen, and what is not fitted."""

import numpy as np
import pandas as pd
import pytest
from lifelines.utils import concordance_index

from gliomanet.evaluation.survival.concordance import concordance
from gliomanet.evaluation.survival.cox import AGE, cox_baseline
from gliomanet.evaluation.survival.patients import survival_patients
from gliomanet.tables.survival import SURVIVAL_HAZARDS, SURVIVAL_MODELS
from tests.evaluation.survival.cohorts import outcomes

SCENARIOS = [{"name": "main", "train": ["A"], "external": ["B"]}]


def patients(*tables):
    together = pd.concat(tables)
    volumes = together[["center", "case_id", "tumour_volume_ml"]]
    return survival_patients(together.drop(columns="tumour_volume_ml"), volumes)


def baseline(*tables, scenarios=SCENARIOS):
    return cox_baseline(patients(*tables), scenarios, 0.95, 200, 7)


def test_concordance_is_that_of_lifelines():
    rng = np.random.default_rng(3)
    months = rng.integers(1, 12, 60).astype(float)
    died, risk = rng.random(60) < 0.6, rng.integers(0, 5, 60).astype(float)
    weights = np.ones((60, 2))
    weights[:, 1] = rng.integers(0, 3, 60)
    twice = np.repeat(np.arange(60), weights[:, 1].astype(int))
    expected = [concordance_index(months[who], -risk[who], died[who]) for who in (np.arange(60), twice)]
    found = concordance(months, died, risk, weights)
    assert found[0] == pytest.approx(expected[0])
    assert found[1] == pytest.approx(expected[1], abs=0.02), "copies of one patient are no pair"


def test_patients_of_two_blocks_are_not_compared():
    months, died = np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4, dtype=bool)
    risk, ones = np.array([4.0, 3.0, 9.0, 8.0]), np.ones((4, 1))
    assert concordance(months, died, risk, ones, np.array([0, 0, 1, 1]))[0] == 1
    assert concordance(months, died, risk, ones)[0] < 1
    assert np.isnan(concordance(months, died, risk, ones, np.arange(4))).all()


def test_planted_hazards_are_found_and_beat_the_age():
    found = baseline(
        outcomes("A", 400, 1, volume=0.5, resection=-0.8), outcomes("B", 300, 2, volume=0.5, resection=-0.8)
    )
    SURVIVAL_MODELS.check(found.models)
    SURVIVAL_HAZARDS.check(found.hazards)
    assert found.models["role"].tolist() == ["inside", "outside"]
    assert found.models["beats_age"].eq("yes").all()
    assert (found.models["c_index"] > found.models["age_c_index"] + 0.05).all()
    outside = found.hazards[found.hazards["role"] == "outside"].set_index("covariate")
    truth = {AGE: 0.3, "tumour volume (doubled)": 0.5, "gross total resection": -0.8}
    for name, log_ratio in truth.items():
        assert outside.loc[name, "ci_low"] < np.exp(log_ratio) < outside.loc[name, "ci_high"]
    assert set(outside["n"]) == {400}


def test_a_model_that_does_not_beat_the_age_is_not_shown():
    found = baseline(outcomes("A", 300, 1), outcomes("B", 300, 2))
    assert found.models["beats_age"].eq("no").all()
    assert found.models["c_index"].notna().all()
    assert found.hazards.empty


def test_how_it_went_in_the_tested_centre_decides_nothing_of_the_fit():
    a, b = outcomes("A", 300, 1, volume=0.9), outcomes("B", 300, 2, volume=0.9)
    first, second = baseline(a, b).hazards, baseline(a, b.assign(os_event="1")).hazards
    of_both = [table[table["role"] == "outside"].reset_index(drop=True) for table in (first, second)]
    assert len(of_both[0])
    pd.testing.assert_frame_equal(*of_both)


def test_covariates_that_the_tested_centre_lacks_are_left_out():
    a, b = outcomes("A", 300, 1, volume=0.5), outcomes("B", 300, 2, volume=0.5).assign(resection="")
    inside, outside = baseline(a, b).models["covariates"]
    assert "gross total resection" in inside
    assert "gross total resection" not in outside
    assert AGE in outside


@pytest.mark.parametrize(
    ("table", "note"),
    [
        (outcomes("A", 40, 1).assign(os_event=["1"] * 15 + ["0"] * 25), "too few events"),
        (outcomes("A", 200, 1).assign(resection="", tumour_volume_ml=np.nan), "no covariate beside the age"),
        (outcomes("A", 200, 1).assign(age=np.nan), "no covariate beside the age"),
    ],
)
def test_what_is_not_fitted_says_why(table, note):
    found = baseline(table, scenarios=[{"name": "main", "train": ["A"], "external": []}])
    (row,) = found.models.to_dict("records")
    assert note in row["note"]
    assert np.isnan(row["c_index"])
    assert row["beats_age"] == "no"


def test_no_training_centre_with_survival():
    found = baseline(outcomes("B", 100, 2))
    assert found.models.empty
    assert list(found.models.columns) == SURVIVAL_MODELS.names()
