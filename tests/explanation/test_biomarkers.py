from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gliomanet.config.analysis import Explanation
from gliomanet.explanation import deep_features
from gliomanet.explanation.attribution import linear_shap
from gliomanet.explanation.biomarkers import _strength, biomarkers
from gliomanet.explanation.deep_features import explain_deep_features
from gliomanet.explanation.explained import tables_of
from gliomanet.explanation.recovery import recovery

SHORTCUT = "flair_firstorder_Mean"


def found(p, settings=None, **changes):
    p = replace(p, **changes)
    settings = settings or Explanation()
    return search(p, settings).biomarkers


def search(p, settings):
    tables = tables_of(explain_deep_features(p.deep, p.heads, p.splits), settings.shap_fraction)
    return biomarkers(*tables, p.radiomics, p.cases, p.splits, p.tasks, settings, scenario="main")


@pytest.fixture(scope="module")
def study(planted):
    return planted(0)


@pytest.fixture(scope="module")
def table(study):
    return found(study)


def test_columns_are_the_contract(table):
    expected = "scenario task feature modality region deep_features rho q effect_A effect_B effect_X effect_Y "
    expected += (
        "summary ci_low ci_high pi_low pi_high p_effect q_effect tau2 i2 agrees_outside status reason additivity_gap"
    )
    assert list(table) == expected.split()


def test_signals_are_kept_and_the_shortcut_is_dropped_with_a_reason(table):
    assert set(table.query("status == 'kept'")["feature"]) == {
        "t1c_firstorder_Mean",
        "flair_glcm_Contrast",
        "t2_glszm_ZoneEntropy",
    }
    row = table.set_index("feature").loc[SHORTCUT]
    assert row["status"] == "dropped"
    assert row["effect_A"] > 0.3
    assert "opposite or no direction" in row["reason"] or "I2" in row["reason"]


def test_rho_is_with_evidence_for_the_positive_class(table):
    kept = table.query("status == 'kept'")
    assert (np.sign(kept["rho"]) == np.sign(kept["summary"])).all()
    assert kept["deep_features"].str.fullmatch(r"\d:z\d+(,\d:z\d+)*").all()
    assert (kept["q"] <= 0.05).all()


def test_shap_is_additive(table):
    assert (table["additivity_gap"] < 1e-9).all()


def test_the_gap_that_is_written_is_the_largest_of_the_tasks_folds(study, monkeypatch):
    gaps = iter([0.25, 0.5, 0.125])
    monkeypatch.setattr(deep_features, "linear_shap", lambda *a: replace(linear_shap(*a), additivity_gap=next(gaps)))
    assert set(found(study)["additivity_gap"]) == {0.5}


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
    assert (found(study, cases=study.cases.assign(idh=labels))["status"] == "kept").sum() <= 1


def test_the_order_of_rows_changes_nothing(study, table):
    turned = {
        name: getattr(study, name).sample(frac=1, random_state=4) for name in ("deep", "radiomics", "cases", "splits")
    }
    texts = [t.to_csv(sep="\t", index=False, float_format="%.6g") for t in (table, found(study, **turned))]
    assert texts[0] == texts[1]


def with_part(study, part, value):
    """Deep features with rows of every fold's training or external cases, all of one value."""
    rows = study.deep.drop(columns=[f"z{j}" for j in range(12)]).drop_duplicates(["fold"]).drop(columns="case_id")
    cases = study.splits.loc[study.splits["part"] == part, ["fold", "case_id"]]
    extra = rows.merge(cases, on="fold").assign(**{f"z{j}": value for j in range(12)})
    known = study.deep.merge(cases, on=["fold", "case_id"], how="left", indicator=True)
    return pd.concat([known[known["_merge"] == "left_only"].drop(columns="_merge"), extra], ignore_index=True)


def test_training_rows_of_deep_features_are_the_background_and_link_nothing(study, monkeypatch):
    seen = []

    def watched(features, background, weight, bias):
        seen.append((features, background))
        return linear_shap(features, background, weight, bias)

    monkeypatch.setattr(deep_features, "linear_shap", watched)
    counts = search(replace(study, deep=with_part(study, "train", 0.0)), Explanation()).search
    sizes = study.splits.groupby(["part", "fold"]).size()
    assert [len(features) for features, _ in seen] == sizes["validation"].tolist()
    assert [len(background) for _, background in seen] == sizes["train"].tolist()
    assert all((background == 0).all() for _, background in seen)
    assert counts["cases"].item() == sizes["validation"].sum()


def test_without_training_rows_the_background_is_the_validation_cases(study, monkeypatch):
    def watched(features, background, weight, bias):
        np.testing.assert_array_equal(features, background)
        return linear_shap(features, background, weight, bias)

    monkeypatch.setattr(deep_features, "linear_shap", watched)
    assert len(found(study))


def test_external_rows_of_deep_features_change_nothing(study, table):
    pd.testing.assert_frame_equal(found(study, deep=with_part(study, "external", 1e6)), table)


def test_a_centre_with_too_few_cases_has_an_empty_effect(study):
    cases = study.cases.assign(idh=study.cases["idh"].where(study.cases["center"] != "Y", "wildtype"))
    result = found(study, cases=cases)
    assert result["effect_Y"].isna().all()
    assert (result.query("status == 'kept'")["reason"] == "same direction in 3 centres").all()


def test_a_refit_on_every_case_is_passed_over(study, table):
    external = study.deep.query("fold == '0'").merge(
        study.splits.query("part == 'external' and fold == '0'")["case_id"]
    )
    result = found(study, deep=pd.concat([study.deep, external.assign(fold="all")]))
    pd.testing.assert_frame_equal(result, table)


def test_bounds_are_used(study):
    assert found(study, Explanation(min_rho=1.0)).empty
    assert (found(study, Explanation(max_i2=0.0, min_per_class=2))["status"] == "dropped").any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
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


def test_equal_effects_stand_by_name_whatever_their_last_bits(study, table):
    kept = table.assign(strength=table["summary"].map(lambda value: abs(float(f"{value:.6g}"))))
    for _, equal in kept.groupby(["task", "status", "strength"], sort=False):
        assert equal[["region", "feature"]].apply(tuple, axis=1).is_monotonic_increasing
    assert _strength(0.424539) == _strength(-0.42453900000000007) == 0.424539


def test_labels_that_are_known_by_heart_link_nothing(study):
    """Deep features that are the label on training cases, and noise on validation cases."""
    rng = np.random.default_rng(5)
    label = study.cases.set_index("case_id")["idh"].eq("mutant")
    rows = study.splits[study.splits["part"] != "external"].reset_index(drop=True)
    known = (rows["part"] == "train").to_numpy() * label[rows["case_id"]].to_numpy()
    z = 0.3 * rng.normal(size=(len(rows), 12)) + 3.0 * known[:, None]
    deep = pd.concat(
        [rows[["scenario", "fold", "case_id"]], pd.DataFrame(z, columns=[f"z{j}" for j in range(12)])], axis=1
    )
    assert len(found(study, deep=deep.assign(stage="supervised", task="idh"))) == 0


def test_an_offset_of_the_scanner_that_all_features_share_links_nothing(study):
    """Deep features of noise and a centre's offset; radiomic features with the same offset."""
    rng = np.random.default_rng(6)
    offset = study.cases.set_index("case_id")["center"].map({"A": 0.0, "B": 8.0, "X": 16.0, "Y": 24.0})
    z = rng.normal(size=(len(study.deep), 12)) + offset[study.deep["case_id"]].to_numpy()[:, None]
    deep = study.deep.assign(**{f"z{j}": z[:, j] for j in range(12)})
    features = study.radiomics.columns.drop(["case_id", "region"])
    shifted = study.radiomics.assign(**{f: study.radiomics[f] + offset.to_numpy() for f in features})
    counts = search(replace(study, deep=deep, radiomics=shifted), Explanation()).search
    assert counts["pairs"].item() > 300
    assert counts["linked"].item() == 0


def test_counts_and_links_belong_together(study):
    whole = search(study, Explanation())
    counts = whole.search.iloc[0]
    assert counts[["features", "linked", "kept", "dropped", "not_decidable"]].tolist() == [26, 4, 3, 1, 0]
    linked = set(whole.biomarkers[["region", "feature"]].itertuples(index=False, name=None))
    assert set(whole.links[["region", "feature"]].itertuples(index=False, name=None)) == linked
    assert len(whole.links) == counts["leading"] * len(linked)


def test_with_two_centres_nothing_is_decidable(study):
    inside = study.splits["center"].isin(["A", "X"])
    result = found(study, splits=study.splits[inside], deep=study.deep[study.deep["case_id"].str[0] == "A"])
    assert set(result["status"]) == {"not decidable"}
    assert (result["reason"] == "fewer than 3 centres have enough cases of each class (A, X)").all()
    assert result["summary"].isna().all()


@pytest.mark.parametrize("order", [("z_age", "z_sex"), ("z_sex", "z_age")])
def test_clinical_data_are_explained_and_never_linked(study, order):
    """The last two deep features are renamed for what a network with clinical data writes."""
    renamed = study.deep.rename(columns=dict(zip(("z10", "z11"), order, strict=True)))
    explained = explain_deep_features(renamed, study.heads, study.splits)
    assert all(each.names[-2:] == order for each in explained)
    plain = explain_deep_features(study.deep, study.heads, study.splits)
    np.testing.assert_array_equal(explained[0].attribution.values, plain[0].attribution.values)
    tables = tables_of(explained, 1.0)
    assert "z_age" in set(tables[0]["feature"])
    linked = biomarkers(
        *tables, study.radiomics, study.cases, study.splits, study.tasks, Explanation(), scenario="main"
    )
    assert len(linked.links)
    assert not linked.links["deep_feature"].isin(["z_age", "z_sex"]).any()
