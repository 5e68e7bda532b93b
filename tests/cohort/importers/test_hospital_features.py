"""A hospital's own table of features: any extractor's names, labels in it or beside it, and clear errors."""

import math

import pytest

from gliomanet.cohort.importers.feature_columns import column_of, feature_of
from gliomanet.cohort.importers.hospital_features import HospitalTable, read_hospital_features
from gliomanet.cohort.remarks import heard_remarks
from gliomanet.errors import CohortError
from gliomanet.radiomics.table import wide_features

NAMES = {
    "original_firstorder_Mean": ("", "image_firstorder_Mean"),
    "original_shape_MeshVolume": ("", "mask_shape_MeshVolume"),
    "t1c_original_glcm_Contrast": ("", "t1c_glcm_Contrast"),
    "original_glcm_Contrast_T1CE": ("", "t1c_glcm_Contrast"),
    "FLAIR.original_glszm_ZoneEntropy": ("", "flair_glszm_ZoneEntropy"),
    "original_shape_Elongation_FLAIR": ("", "flair_shape_Elongation"),
    "ET_T1Gd_wavelet-LLH_firstorder_Mean": ("enhancing", "t1c_firstorder_wavelet-LLH_Mean"),
    "log-sigma-1-0-mm-3D_ngtdm_Busyness_T2w_WT": ("whole", "t2_ngtdm_log-sigma-1-0-mm-3D_Busyness"),
    "T1w_squareroot_gldm_DependenceEntropy": ("", "t1_gldm_squareroot_DependenceEntropy"),
    "ADC_original_firstorder_90Percentile": ("", "adc_firstorder_90Percentile"),
    "T1CE_ET_Intensity_Mean": ("enhancing", "t1c_firstorder_Mean"),
    "ED_FLAIR_GLCM_Bins-16_Radius-1_Entropy": ("oedema", "flair_glcm_Bins-16_Radius-1_Entropy"),
    "T2_WT_Volumetric_Volume": ("whole", "t2_shape_Volume"),
    "stat_mean": ("", "image_firstorder_mean"),
    "morph_vol_approx": ("", "mask_shape_vol_approx"),
    "flair_cm_contrast_d1_3d_avg_fbn_n32": ("", "flair_glcm_contrast_d1_3d_avg_fbn_n32"),
    "wavelet_coif1_level_1_hlh_stat_mean": ("", "image_firstorder_wavelet-coif1-level-1-hlh_mean"),
    "log_s1.0_stat_mean": ("", "image_firstorder_log-s1.0_mean"),
    "t2_wt_gabor_s2.0_cm_contrast_d1": ("whole", "t2_glcm_gabor-s2.0_contrast_d1"),
    "adc_stat_mean": ("", "adc_firstorder_mean"),
    "t1c_firstorder_Mean": ("", "t1c_firstorder_Mean"),
    "core_t2_glrlm_RunEntropy": ("core", "t2_glrlm_RunEntropy"),
}


@pytest.mark.parametrize("column", NAMES)
def test_names_of_extractors(column):
    name = feature_of(column)
    assert (name.region, column_of(name)) == NAMES[column]


CLINICAL = (
    "tumor_size_cm_preop",
    "tumor_loc_frontal",
    "loc_frontal",
    "vital_stat_dead",
    "stat_dead",
    "surv_stat_months",
    "log_size_cm_preop",
)


@pytest.mark.parametrize(
    "column",
    [
        *CLINICAL,
        "diagnostics_Versions_Numpy",
        "age",
        "IDH_status",
        "Intensity_Mean",
        "stat",
        "wavelet",
        "survival_days",
    ],
)
def test_names_that_are_nobodys(column):
    assert feature_of(column) is None


def read(folder, features, clinical=None, /, **told):
    (folder / "features.csv").write_text(features, encoding="utf-8")
    second = folder / "clinical.csv"
    if clinical is not None:
        second.write_text(clinical, encoding="utf-8")
    table = HospitalTable(**told)
    return read_hospital_features(
        "A", "train", folder / "features.csv", second if clinical is not None else None, table
    )


def problems(folder, features, clinical=None, /, **told):
    with pytest.raises(CohortError) as error:
        read(folder, features, clinical, **told)
    return [(p.rule, p.case, p.column, p.line) for p in error.value.problems]


HEADER = "StudyID,MRN,Age,IDH_status,WHO,t1c_original_firstorder_Mean,original_shape_MeshVolume\n"
COLUMNS = {"case_id": "StudyID", "patient_id": "MRN", "age": "Age", "idh": "IDH_status", "grade": "WHO"}


def test_labels_in_the_same_table(tmp_path):
    text = HEADER + "b,M2,61.5,wt,4,1.25,30000\na,M1,,mutant,,-2e-1,NA\n"
    cases, features = read(tmp_path, text, columns=COLUMNS)
    assert cases["case_id"].tolist() == ["a", "b"]
    assert cases["patient_id"].tolist() == ["M1", "M2"]
    assert cases["idh"].tolist() == ["mutant", "wildtype"]
    assert cases["grade"].tolist() == ["", "4"]
    assert cases["age"].fillna(-1).tolist() == [-1, 61.5]
    assert cases["scan"].tolist() == ["baseline", "baseline"]
    assert features.columns.tolist() == ["case_id", "region", "t1c_firstorder_Mean", "mask_shape_MeshVolume"]
    assert features["t1c_firstorder_Mean"].tolist() == [-0.2, 1.25]
    assert features["region"].tolist() == ["whole", "whole"]
    assert math.isnan(features["mask_shape_MeshVolume"][0])


def test_labels_in_a_second_table_joined_by_the_id_alone(tmp_path):
    text = "ID,idh,flair_firstorder_Mean\n01,9,1\n1,9,2\nx,9,3\n"
    clinical = "ID,idh,sex\n1,mutant,F\n01,wt,M\ny,wt,M\n"
    with heard_remarks() as remarks:
        cases, _ = read(tmp_path, text, clinical, columns={"case_id": "ID"})
    assert dict(zip(cases["case_id"], cases["idh"], strict=True)) == {"01": "wildtype", "1": "mutant", "x": ""}
    assert {(f.severity, f.rule) for f in remarks} == {("warning", "no_clinical_row"), ("note", "no_features")}


def test_a_second_table_with_words_of_its_own(tmp_path):
    cases, _ = read(
        tmp_path,
        "case,t2_firstorder_Mean\np1,1\n",
        "Patient;Alter\np1;60\n",
        columns={"case_id": "case"},
        clinical_columns={"case_id": "Patient", "age": "Alter"},
    )
    assert cases["age"].tolist() == [60.0]


def test_ids_that_match_nowhere_are_an_error_and_nearly_a_hint(tmp_path):
    text = "case_id,t2_firstorder_Mean\nP-1,1\nP-2,2\n"
    assert problems(tmp_path, text, "case_id,idh\np1,wt\n")[0][0] == "no_clinical_row"
    with heard_remarks() as remarks:
        read(tmp_path, text, "case_id,idh\nP-1,wt\np2,wt\n")
    assert "P-2 (p2 there)" in remarks[0].found


def test_several_rows_of_a_case_are_its_regions(tmp_path):
    text = "case_id,region,idh,t1c_firstorder_Mean\na,core,wt,1\na,whole,wt,2\nb,core,mut,3\n"
    cases, features = read(tmp_path, text)
    assert cases["case_id"].tolist() == ["a", "b"]
    wide = wide_features(features)
    assert wide.columns.tolist() == ["case_id", "core_t1c_firstorder_Mean", "whole_t1c_firstorder_Mean"]
    assert wide["core_t1c_firstorder_Mean"].tolist() == [1, 3]


def test_regions_in_the_names_become_rows(tmp_path):
    text = "case_id,T1CE_ET_Intensity_Mean,T1CE_ED_Intensity_Mean,original_shape_MeshVolume\na,1,2,3\nb,4,5,6\n"
    _, features = read(tmp_path, text)
    assert features[["case_id", "region"]].to_numpy().tolist() == [
        [case, region] for case in "ab" for region in ("enhancing", "oedema", "whole")
    ]
    wide = wide_features(features).set_index("case_id")
    assert wide.loc["b", "oedema_t1c_firstorder_Mean"] == 5
    assert wide.loc["b", "whole_mask_shape_MeshVolume"] == 6


def test_every_column_of_numbers_where_that_is_told(tmp_path):
    text = "case_id,idh,scanner,necrosis_ratio,volume (ml),n\na,wt,GE,0.1,3,1\nb,mut,Philips,0.2,4,2\n"
    with heard_remarks() as remarks:
        _, features = read(tmp_path, text, features="numeric", ignored=("n",))
    assert features.columns.tolist() == ["case_id", "region", "necrosis_ratio", "volume (ml)"]
    assert [(f.rule, "scanner" in f.found) for f in remarks] == [("columns_not_used", True)]


def test_numbers_that_are_no_features_by_name_are_noted(tmp_path):
    text = "case_id,days,t1_firstorder_Mean\na,12,0.1\n"
    with heard_remarks() as remarks:
        _, features = read(tmp_path, text)
    assert "days" not in features
    assert [f.found.endswith(": days") for f in remarks] == [True]


def test_a_pattern_tells_the_parts(tmp_path):
    pattern = r"f_(?P<modality>[A-Z0-9]+)_(?P<region>core|whole)_(?P<family>shape|stat)_(?P<name>\w+)"
    text = "case_id,f_T1C_core_stat_mean,f_FL_whole_shape_volume,other\na,1,2,3\n"
    _, features = read(tmp_path, text, pattern=pattern)
    wide = wide_features(features)
    assert {"core_t1c_firstorder_mean", "whole_flair_shape_volume"} < set(wide)
    assert "other" not in "".join(wide)
    _, plain = read(tmp_path, text, pattern=r"f_.+|oth.+")
    assert plain.columns.tolist() == ["case_id", "region", "f_T1C_core_stat_mean", "f_FL_whole_shape_volume", "other"]


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ('"1,5"', "a number with a comma"),
        ('"1.234,5"', "a number with a comma"),
        ("inf", "infinite"),
        ("-Infinity", "infinite"),
        ("1e999", "infinite"),
        ("12 mm", "no number"),
        ("1_000", "no number"),
    ],
)
def test_cells_that_are_no_finite_number(tmp_path, cell, kind):
    text = f"case_id,t1_firstorder_Mean\na,1\nb,2\nc,{cell}\nd,3\n"
    with pytest.raises(CohortError) as error:
        read(tmp_path, text)
    (problem,) = error.value.problems
    assert (problem.rule, problem.case, problem.column, problem.line) == ("no_number", "c", "t1_firstorder_Mean", 4)
    assert problem.found.endswith(f"is {kind}")


def test_a_whole_column_of_decimal_commas_is_one_error(tmp_path):
    text = "case_id;necrosis\na;1,5\nb;2,5\nc;3,5\n"
    with pytest.raises(CohortError) as error:
        read(tmp_path, text, features="numeric")
    (problem,) = error.value.problems
    assert "and so are 2 more" in problem.found


@pytest.mark.parametrize("word", ["", "NA", "n/a", "NaN", "unknown", "-"])
def test_cells_that_are_missing(tmp_path, word):
    _, features = read(tmp_path, f"case_id,t1_firstorder_Mean\na,{word}\nb,-1\n")
    assert features["t1_firstorder_Mean"].isna().tolist() == [True, False]


WRONG = {
    "a case twice": ("case_id,t1_firstorder_Mean\na,1\na,2\n", {}, ("case_twice", "a", "", 3)),
    "a region twice": ("case_id,region,t1_firstorder_Mean\na,x,1\na,x,2\n", {}, ("case_twice", "a", "", 3)),
    "no region": ("case_id,region,t1_firstorder_Mean\na,,1\n", {}, ("no_region", "a", "region", 2)),
    "no id": ("case_id,t1_firstorder_Mean\n,1\n", {}, ("no_case_id", "", "case_id", 2)),
    "no feature": ("case_id,days\na,1\n", {}, ("no_feature", "", "", None)),
    "no such column": (
        "case_id,t1_firstorder_Mean\na,1\n",
        {"columns": {"age": "Age"}},
        ("column_missing", "", "", None),
    ),
    "no id column": ("id,t1_firstorder_Mean\na,1\n", {}, ("column_missing", "", "", None)),
    "one feature in two columns": (
        "case_id,original_glcm_Id_T1,T1w_original_glcm_Id\na,1,1\n",
        {},
        ("feature_twice", "", "", None),
    ),
    "a name of ours": (
        "id,case_id,x\na,1,2\n",
        {"columns": {"case_id": "id"}, "features": "numeric"},
        ("reserved_name", "", "case_id", None),
    ),
    "labels that differ": (
        "case_id,region,idh,t1_firstorder_Mean\na,x,wt,1\na,y,mut,2\n",
        {},
        ("rows_disagree", "a", "idh", 3),
    ),
    "a spelling": ("case_id,idh,t1_firstorder_Mean\na,perhaps,1\n", {}, ("unknown_spelling", "a", "idh", None)),
    "two regions": (
        "case_id,region,T1CE_ET_Intensity_Mean\na,x,1\n",
        {},
        ("region_in_two_places", "", "T1CE_ET_Intensity_Mean", None),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(tmp_path, name):
    text, told, expected = WRONG[name]
    assert problems(tmp_path, text, **told) == [expected]


def labelled(values):
    rows = "".join(f"c{i},{'mut' if i % 2 else 'wt'},{value},{i * 0.37}\n" for i, value in enumerate(values))
    return f"case_id,idh,molecular,size\n{rows}"


def test_a_label_among_the_features_is_an_error(tmp_path):
    found = problems(tmp_path, labelled([i % 2 for i in range(12)]), features="numeric")
    assert found == [("feature_is_label", "", "molecular", None)]


@pytest.mark.parametrize("values", [[0, 1] * 5 + [1, 1], [0, 1] * 3, [i / 7 for i in range(12)]])
def test_what_only_goes_with_a_label_is_a_feature(tmp_path, values):
    _, features = read(tmp_path, labelled(values), features="numeric")
    assert "molecular" in features


def test_a_feature_with_the_name_of_an_outcome_is_a_warning(tmp_path):
    with heard_remarks() as remarks:
        read(tmp_path, "case_id,idh,OS_days,size\na,wt,1,2\n", features="numeric")
    assert [(f.severity, f.rule, "OS_days" in f.file) for f in remarks] == [("warning", "feature_named_as_label", True)]
