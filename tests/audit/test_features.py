"""The audit of feature tables: each defect planted in a copy of good ones, and no finding without it."""

import numpy as np
import pandas as pd
import pytest

from gliomanet.audit.features import audit_features, void_table
from gliomanet.audit.rules.feature_columns import columns_of_center
from gliomanet.audit.rules.feature_scales import across_centers
from tests.audit.feature_tables import good_features, one_grey_level


def of(findings, rule, severity="warning"):
    (found,) = [finding for finding in findings if (finding.rule, finding.severity) == (rule, severity)]
    return found


def rules(findings, severity="warning"):
    return sorted({finding.rule for finding in findings if finding.severity == severity})


def two(second, first=None):
    return {"A": good_features(1) if first is None else first, "B": second}


def test_good_features_have_no_warning():
    assert rules(columns_of_center("A", good_features(), 0.25)) == []
    assert rules(across_centers(two(good_features(2)))) == []


def test_one_grey_level_is_told_with_what_it_costs():
    findings = list(columns_of_center("A", one_grey_level(good_features())))
    flat = [f for f in findings if (f.rule, f.severity) == ("features_of_one_grey_level", "warning")]
    assert len(flat) == 2
    assert "t1c is of one grey level in 100% of the cases" in flat[0].found
    assert "14 texture features say nothing of the image (7 are constant" in flat[0].found
    assert "18 features are the same in every case" in of(findings, "features_constant").found
    assert "18 of 18 features of flair equal" not in of(findings, "modalities_alike").found
    assert "16 of 18 features of flair equal those of t1c" in of(findings, "modalities_alike").found
    assert "t1c_glcm_Texture1 = flair_glcm_Texture1" in of(findings, "features_duplicated").found


def test_a_few_cases_of_one_level_do_not_make_an_image_void():
    table = good_features()
    table.iloc[:10, table.columns.get_loc("t1c_firstorder_Entropy")] = 0.0
    assert rules(columns_of_center("A", table)) == []
    table.iloc[:20, table.columns.get_loc("t1c_firstorder_Entropy")] = 0.0
    assert rules(columns_of_center("A", table)) == ["features_of_one_grey_level"]


def test_the_first_dozen_are_named_and_all_are_in_a_note():
    table = good_features()
    names = [name for name in table if "glcm" in name][:15]
    table[names] = 7.0
    findings = list(columns_of_center("A", table))
    found = of(findings, "features_constant").found
    assert found.startswith("15 features are the same in every case")
    assert names[11] in found
    assert names[12] not in found
    assert of(findings, "features_constant", "note").found == f"all 15: {', '.join(names)}"


@pytest.mark.parametrize("factor", [1.0, 1000.0, -0.5])
def test_a_copy_and_a_multiple_are_duplicates(factor):
    table = good_features().assign(necrosis=lambda t: t["t1c_firstorder_Mean"] * factor)
    found = of(columns_of_center("A", table), "features_duplicated").found
    assert found == "1 feature equals another feature, but for a factor: necrosis = t1c_firstorder_Mean"


def test_shape_that_stands_once_for_each_modality_is_expected():
    table = good_features()
    shape = [name for name in table if "_shape_" in name]
    for name in shape:
        table[name.replace("mask", "t1c")] = table[name]
    findings = list(columns_of_center("A", table))
    assert rules(findings) == []
    assert of(findings, "features_of_one_mask", "note").found.startswith("5 features are of shape")


def test_multiples_by_definition_are_no_finding():
    table = good_features()
    table["t1c_firstorder_Energy"] = np.exp(table["t1c_firstorder_Mean"])
    table["t1c_firstorder_TotalEnergy"] = 27 * table["t1c_firstorder_Energy"]
    assert rules(columns_of_center("A", table)) == []
    assert "features_multiples" not in rules(columns_of_center("A", table), "note")


def test_nearly_the_same_is_a_note_and_kept():
    table = good_features()
    noise = np.random.default_rng(5).normal(size=len(table))
    table["t1c_glcm_Near"] = table["t1c_glcm_Texture0"] + 1e-3 * noise
    findings = list(columns_of_center("A", table))
    assert rules(findings) == []
    assert "t1c_glcm_Texture0" in of(findings, "features_nearly_duplicated", "note").found


@pytest.mark.parametrize(("share", "expected"), [(0.3, []), (0.7, ["features_missing"]), (1.0, ["features_empty"])])
def test_mostly_missing(share, expected):
    table = good_features()
    table.iloc[: int(share * len(table)), table.columns.get_loc("flair_firstorder_Mean")] = np.nan
    assert rules(columns_of_center("A", table)) == expected


def test_a_value_of_nearly_every_case_is_told():
    table = good_features(cases=100).assign(rare=0.0)
    table.loc["c07", "rare"] = 3.0
    assert of(columns_of_center("A", table), "features_nearly_constant").found.endswith("rare")


@pytest.mark.parametrize(
    ("bin_width", "severity"), [(0.25, ""), (0.8, "note"), (0.06, "note"), (5.0, "warning"), (0.01, "warning")]
)
def test_grey_levels_of_a_known_bin_width(bin_width, severity):
    found = [f for f in columns_of_center("A", good_features(), bin_width) if f.rule == "grey_levels"]
    assert {f.severity for f in found} == ({severity} if severity else set())


def test_few_grey_levels_show_in_the_entropy_where_the_bin_width_is_not_known():
    table = good_features()
    table["t1c_firstorder_Entropy"] /= 4
    assert "t1c has an entropy of 0.82 bits" in of(columns_of_center("A", table), "grey_levels").found


@pytest.mark.parametrize(
    ("column", "factor", "hint"),
    [
        ("mask_shape_MeshVolume", 1e-3, "as mm³ and ml do"),
        ("mask_shape_SurfaceArea", 1e-2, "as mm² and cm² do"),
        ("mask_shape_Maximum3DDiameter", 0.1, "as mm and cm do"),
        ("t1c_firstorder_Range", 100.0, "differ by more than patients do: t1c_firstorder_Range"),
    ],
)
def test_another_unit_at_another_centre(column, factor, hint):
    other = good_features(2)
    other[column] *= factor
    found = of(across_centers(two(other)), "feature_units_differ").found
    assert hint in found
    assert column in found


def test_larger_tumours_are_no_other_unit():
    other = good_features(2)
    other["mask_shape_MeshVolume"] *= 8
    other["mask_shape_SurfaceArea"] *= 4
    other["mask_shape_Maximum3DDiameter"] *= 2
    assert rules(across_centers(two(other))) == []


@pytest.mark.parametrize(
    ("scale", "word"),
    [
        (lambda t: (t - t.mean()) / t.std(), "z-scored"),
        (lambda t: (t - t.min()) / (t.max() - t.min()), "put between 0 and 1"),
    ],
)
def test_scaled_at_one_centre_and_raw_at_another(scale, word):
    found = of(across_centers(two(scale(good_features(2)))), "features_standardised")
    assert (found.center, word in found.found) == ("B", True)
    both = across_centers(two(scale(good_features(2)), scale(good_features(1))))
    assert rules(both) == []


def test_grey_levels_of_two_kinds():
    other = good_features(2)
    other["flair_firstorder_Entropy"] -= 3
    assert "flair_firstorder_Entropy differs" in of(across_centers(two(other)), "grey_levels_differ").found


def test_features_that_a_centre_lacks():
    other = good_features(2).drop(columns=["flair_firstorder_Mean"]).assign(extra=1.0)
    found = [f for f in across_centers(two(other)) if f.rule == "features_absent"]
    assert {f.center: f.found for f in found} == {
        "A": "1 feature of B is not here: extra",
        "B": "1 feature of A is not here: flair_firstorder_Mean",
    }


def long(table, center):
    return table.reset_index().assign(case_id=lambda t: center + t["case_id"], region="whole")


def test_training_centres_alone_decide_what_is_void():
    training, testing = good_features(1), good_features(2)
    training["t1c_glcm_Texture0"] = 1.0
    testing["t1c_glcm_Texture1"] = 1.0
    radiomics = pd.concat([long(training, "A"), long(testing, "B")], ignore_index=True)
    parts = [(case, "main", "0", "external" if case.startswith("B") else "train") for case in radiomics["case_id"]]
    splits = pd.DataFrame(parts, columns=["case_id", "scenario", "fold", "part"])
    table = void_table(radiomics, splits)
    assert table.to_dict("records") == [
        {
            "scenario": "main",
            "feature": "t1c_glcm_Texture0",
            "why": "constant",
            "twin": "",
            "n": 40,
            "n_features": 41,
        }
    ]


def test_a_centre_without_a_case_is_passed_over():
    empty = long(good_features(), "A").iloc[:0]
    assert rules(audit_features({"A": empty, "B": long(good_features(), "B")}, {})) == []


def test_an_entropy_that_was_scaled_is_no_number_of_bits():
    table = good_features()
    scaled = (table - table.mean()) / table.std()
    assert rules(columns_of_center("A", scaled)) == []


def in_two_regions(seed, center):
    table = long(good_features(seed), center)
    keys, features = table[["case_id", "region"]], table.drop(columns=["case_id", "region"])
    core = pd.concat([keys.assign(region="core"), features.filter(like="t1c_")], axis=1)
    return pd.concat([core, pd.concat([keys, features.filter(regex="flair_|mask_")], axis=1)], ignore_index=True)


def test_a_feature_of_one_region_is_not_empty_in_the_others():
    tables = {center: in_two_regions(seed, center) for seed, center in enumerate("AB")}
    assert rules(audit_features(tables, {})) == []
    spoiled = {**tables, "B": tables["B"].assign(flair_firstorder_Mean=np.nan)}
    assert "features_empty" in rules(audit_features(spoiled, {}))


def test_one_case_under_two_ids_is_told_within_and_across_centres():
    table = good_features(1)
    twice = pd.concat([table, table.rename(index="{}b".format)])
    tables = {"A": long(twice, "A"), "B": long(good_features(2), "B")}
    found = of(audit_features(tables, {}), "features_of_one_case")
    assert (found.center, found.found.startswith("40 groups of cases of A"), "Ac00 = Ac00b" in found.found) == (
        "A",
        True,
        True,
    )
    other = good_features(2)
    other.iloc[3] = table.iloc[5]
    across = audit_features({"A": long(table, "A"), "B": long(other, "B")}, {})
    assert "Ac05 = Bc03" in of(across, "features_of_one_case").found


def test_cases_that_share_what_is_counted_or_missing_are_not_one():
    table = good_features().assign(n_lesions=1.0)
    table.iloc[:10, 1:] = np.nan
    assert "features_of_one_case" not in rules(audit_features({"A": long(table, "A")}, {}))
