import pandas as pd
import pytest

from gliomanet.cohort.importers.feature_tables import contract_name, read_feature_center
from gliomanet.cohort.remarks import heard_remarks
from gliomanet.errors import CohortError

UCSF_HEADER = "ID,Sex,Age at MRI,WHO CNS Grade,1p/19q,IDH\n"
FEATURES = "PatientID,IDH_mutant,original_shape_Elongation_FLAIR,original_glcm_Contrast_T1GD\n"


def ucsf(folder, clinical, features):
    (folder / "clinical.csv").write_text(UCSF_HEADER + clinical)
    (folder / "features.csv").write_text(FEATURES + features)
    return read_feature_center("UCSF", "train", folder / "features.csv", folder / "clinical.csv", "ucsf-pdgm")


def test_names():
    assert contract_name("original_shape_Elongation_FLAIR") == "flair_shape_Elongation"
    assert contract_name("original_gldm_DependenceEntropy_T1GD") == "t1c_gldm_DependenceEntropy"
    assert contract_name("diagnostics_Versions_Numpy") is None
    assert contract_name("original_shape_Elongation_PET") is None


def test_ucsf_ids_follow_ups_and_relative_codeletion(tmp_path):
    clinical = (
        "UCSF-PDGM-045,M,60,4,relative co-deletion,IDH1 p.R132H\n"
        "UCSF-PDGM-243,F,40,3,relative co-deletion,mutated (NOS)\n"
        "UCSF-PDGM-0243_FU001d,F,40,3,intact,wildtype\n"
        "UCSF-PDGM-007,F,70,4,unknown,wildtype\n"
    )
    rows = "UCSF-PDGM-0243,1,0.5,2\nUCSF-PDGM-0045,1,0.25,3\nUCSF-PDGM-0007_FU016d,0,1,1\n"
    cases, features = ucsf(tmp_path, clinical, rows)
    assert cases["case_id"].tolist() == ["UCSF-PDGM-0045", "UCSF-PDGM-0243"]
    assert cases["codel_1p19q"].tolist() == ["intact", "codeleted"]
    assert cases["idh"].tolist() == ["mutant", "mutant"]
    assert cases["codel_1p19q_raw"].tolist() == ["relative co-deletion", "relative co-deletion"]
    assert cases["scan"].tolist() == ["baseline", "baseline"]
    assert cases["age"].tolist() == [60.0, 40.0]
    assert features.to_dict("list") == {
        "case_id": ["UCSF-PDGM-0045", "UCSF-PDGM-0243"],
        "region": ["whole", "whole"],
        "flair_shape_Elongation": [0.25, 0.5],
        "t1c_glcm_Contrast": [3.0, 2.0],
    }


def test_every_problem_of_the_rows_at_once(tmp_path):
    clinical = "UCSF-PDGM-001,M,60,9,intact,wildtype\nUCSF-PDGM-002,M,60,4,intact,wildtype\n"
    rows = "UCSF-PDGM-0001,0,x,1\nUCSF-PDGM-0002,1,1,inf\nUCSF-PDGM-0003,0,1,1\n"
    with pytest.raises(CohortError) as error:
        ucsf(tmp_path, clinical, rows)
    problems = {problem.rule: problem for problem in error.value.problems}
    assert [(p.rule, p.case, p.column) for p in error.value.problems] == [
        ("unknown_spelling", "UCSF-PDGM-0001", "WHO CNS Grade"),
        ("idh_disagrees", "UCSF-PDGM-0002", "IDH_mutant"),
        ("no_clinical_row", "UCSF-PDGM-0003", ""),
        ("no_number", "UCSF-PDGM-0001", "original_shape_Elongation_FLAIR"),
        ("no_number", "UCSF-PDGM-0002", "original_glcm_Contrast_T1GD"),
    ]
    assert problems["idh_disagrees"].found.endswith("says wildtype")
    assert "'inf'" in problems["no_number"].found


def test_columns_that_are_missing_or_not_known(tmp_path):
    (tmp_path / "c.csv").write_text("ID,Sex\nx,M\n")
    (tmp_path / "f.csv").write_text("PatientID,original_shape_Elongation_FLAIR,volume\nx,1,2\n")
    with pytest.raises(CohortError) as error:
        read_feature_center("A", "train", tmp_path / "f.csv", tmp_path / "c.csv", "upenn-gbm")
    unknown, absent = error.value.problems
    assert (unknown.rule, unknown.column) == ("unknown_column", "volume")
    assert absent.found == "no column 'IDH1', 'Age_at_scan_years', 'Gender'; found: ID, Sex"
    assert absent.action, "a text that holds '; ' leaves the action whole"
    (tmp_path / "f.csv").write_text("id,a\nx,1\n")
    with pytest.raises(CohortError, match="no column 'PatientID'; found: id, a"):
        read_feature_center("A", "train", tmp_path / "f.csv", tmp_path / "none.csv", "upenn-gbm")


COUNTS = {
    "UCSF-PDGM": ("UCSF-PDGM-metadata_v5.csv", "ucsf-pdgm", 495, (392, 103), (391, 13), (99, 396)),
    "UTSW-Glioma": ("UTSW_Glioma_Metadata-2-1.tsv", "utsw", 427, (295, 132), (194, 47), (142, 282)),
    "UPENN-GBM": ("UPENN-GBM_clinical_info_v2.1.csv", "upenn-gbm", 515, (499, 16), (0, 0), (0, 0)),
}


@pytest.mark.parametrize("name", COUNTS)
def test_the_real_tables_hold_the_published_counts(shared_data, name):
    clinical, collection, n, idh, codel, grade = COUNTS[name]
    cases, features = read_feature_center(
        name, "train", shared_data / "real-radiomics" / f"{name}.csv", shared_data / "clinical" / clinical, collection
    )
    assert (len(cases), cases["patient_id"].nunique()) == (n, n)
    assert features.shape == (n, 2 + 214)
    assert cases["case_id"].equals(features["case_id"])
    assert not features.isna().any(axis=None)
    count = lambda column, *values: int(cases[column].isin(values).sum())  # noqa: E731
    assert (count("idh", "wildtype"), count("idh", "mutant")) == idh
    assert (count("codel_1p19q", "intact"), count("codel_1p19q", "codeleted")) == codel
    assert (count("grade", "2", "3"), count("grade", "4")) == grade
    assert isinstance(cases, pd.DataFrame)
    assert cases["age"].notna().all()


def test_ids_of_the_two_tables_that_are_written_otherwise(tmp_path):
    header = "Subject ID,Sex at birth,Age at Imaging,Tumor Grade,IDH,1p19Q CODEL\n"
    (tmp_path / "clinical.csv").write_text(f"{header}BT1,F,44,4,wild type,NA\nBT10,M,50,2,mutated,co-deleted\n")
    (tmp_path / "features.csv").write_text(f"{FEATURES}BT0010,1,0.5,2\nBT0001,0,0.25,3\n")
    files = (tmp_path / "features.csv", tmp_path / "clinical.csv")
    with heard_remarks() as remarks:
        cases, _ = read_feature_center("UTSW", "train", *files, "utsw")
    assert cases[["case_id", "idh"]].to_numpy().tolist() == [["BT0001", "wildtype"], ["BT0010", "mutant"]]
    assert [(one.severity, one.rule) for one in remarks] == [("note", "ids_matched")]
