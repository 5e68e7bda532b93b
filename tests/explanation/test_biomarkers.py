from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gliomanet.explanation.biomarkers import EFFECT_COLUMNS, biomarkers, effects_table
from gliomanet.explanation.recovery import recovery
from gliomanet.study import Explanation

SHORTCUT = "flair_firstorder_Mean"


def found(p, settings=None, **changes):
    p = replace(p, **changes)
    settings = settings or Explanation()
    return biomarkers(p.deep, p.heads, p.radiomics, p.cases, p.splits, p.tasks, settings, transfer="main", seed=1)


@pytest.fixture(scope="module")
def study(planted):
    return planted(0)


@pytest.fixture(scope="module")
def table(study):
    return found(study)


def test_columns_are_the_contract(table):
    expected = "transfer task feature modality region deep_features rho q effect_A effect_B effect_X effect_Y "
    expected += "summary ci_low ci_high tau2 i2 verdict reason"
    assert list(table) == expected.split()


def test_signals_are_kept_and_the_shortcut_is_dropped_with_a_reason(table):
    assert set(table.query("verdict == 'kept'")["feature"]) == {
        "t1c_firstorder_Mean",
        "flair_glcm_Contrast",
        "t2_glszm_ZoneEntropy",
    }
    row = table.set_index("feature").loc[SHORTCUT]
    assert row["verdict"] == "dropped"
    assert row["effect_A"] > 0.3
    assert "opposite or no direction" in row["reason"] or "I2" in row["reason"]


def test_rho_is_with_evidence_for_the_positive_class(table):
    kept = table.query("verdict == 'kept'")
    assert (np.sign(kept["rho"]) == np.sign(kept["summary"])).all()
    assert kept["deep_features"].str.fullmatch(r"\d:z\d+(,\d:z\d+)*").all()
    assert (kept["q"] <= 0.05).all()


def test_shap_is_additive(table):
    assert table.attrs["additivity_gap"] < 1e-9


def test_precision_and_recall_over_seeds(planted):
    results = []
    for seed in range(8):
        study = planted(seed)
        results.append(recovery(found(study), study.truth, study.tasks))
    mean = pd.concat(results)[["precision", "recall", "shortcut_rejection"]].mean()
    assert mean["precision"] >= 0.9
    assert mean["recall"] >= 0.9
    assert mean["shortcut_rejection"] == 1


def test_nothing_is_found_where_nothing_is_planted(planted):
    study = planted(1, strength=0.0)
    rng = np.random.default_rng(3)
    labels = rng.permutation(study.cases["idh"].to_numpy())
    assert (found(study, cases=study.cases.assign(idh=labels))["verdict"] == "kept").sum() <= 1


def test_the_order_of_rows_changes_nothing(study, table):
    turned = {
        name: getattr(study, name).sample(frac=1, random_state=4) for name in ("deep", "radiomics", "cases", "splits")
    }
    texts = [t.to_csv(sep="\t", index=False, float_format="%.6g") for t in (table, found(study, **turned))]
    assert texts[0] == texts[1]


def test_training_rows_of_deep_features_become_the_background_only(study, table):
    train = study.splits.query("part == 'train' and fold == '0'")["case_id"]
    row = study.deep.query("fold == '0'").iloc[0].to_dict()
    extra = pd.DataFrame([{**row, "case_id": case, **{f"z{j}": 0.0 for j in range(12)}} for case in train])
    changed = found(study, deep=pd.concat([study.deep, extra]))
    assert set(changed["feature"]) >= set(table.query("verdict == 'kept'")["feature"])


def test_a_centre_with_too_few_cases_has_an_empty_effect(study):
    cases = study.cases.assign(idh=study.cases["idh"].where(study.cases["center"] != "Y", "wildtype"))
    result = found(study, cases=cases)
    assert result["effect_Y"].isna().all()
    assert (result.query("verdict == 'kept'")["reason"] == "same direction in 3 centres").all()


def test_a_refit_on_every_case_is_passed_over(study, table):
    external = study.deep.query("fold == '0'").merge(
        study.splits.query("part == 'external' and fold == '0'")["case_id"]
    )
    result = found(study, deep=pd.concat([study.deep, external.assign(fold="all")]))
    pd.testing.assert_frame_equal(result, table)


def test_bounds_are_used(study):
    assert found(study, Explanation(min_rho=1.0)).empty
    assert (found(study, Explanation(max_i2=0.0, min_per_class=2))["verdict"] == "dropped").any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: {"deep": p.deep.assign(transfer="other")}, "transfer 'main': found the stages none"),
        (
            lambda p: {"deep": pd.concat([p.deep, p.deep.assign(stage="pseudo_label")])},
            "pseudo_label, supervised; pass the rows of exactly one",
        ),
        (lambda p: {"heads": {"1": p.heads["1"]}}, "fold 0: no head for task idh; folds with heads: 1"),
        (lambda p: {"deep": p.deep.drop(columns="z11")}, "fold 0, task idh: the head reads 12"),
        (lambda p: {"cases": pd.concat([p.cases, p.cases])}, "case A000 stands there twice"),
    ],
)
def test_errors_name_what_is_wrong(study, change, message):
    with pytest.raises(ValueError, match=message):
        found(study, **change(study))


def test_effects_in_long_form_agree_with_the_table(study, table):
    long = effects_table(
        study.radiomics,
        study.cases,
        study.splits,
        study.tasks,
        Explanation(),
        transfer="main",
        features=[("whole", SHORTCUT)],
    )
    assert list(long) == EFFECT_COLUMNS
    wide = table.set_index("feature").loc[SHORTCUT]
    for row in long.itertuples():
        assert row.effect == wide[f"effect_{row.center}"]
        assert row.ci_low <= row.effect <= row.ci_high
    assert long["n"].tolist() == [80] * 4
