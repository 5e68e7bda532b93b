import pytest

from gliomanet.cohort.importers.case_table import import_center
from gliomanet.cohort.importers.rembrandt import patient_of
from gliomanet.errors import CohortError

NAMES = ("t1_LPS_rSRI", "t1ce_LPS_rSRI", "t2_LPS_rSRI", "flair_LPS_rSRI", "GlistrBoost_out")


def scan(name, names=NAMES):
    return [f"Patients_1_20/{name}/{name}_{file}.nii.gz" for file in names]


def import_rembrandt(folder, **options):
    cases, findings = import_center("rembrandt", "HFH", "test", folder, **options)
    return cases, {finding.rule: finding for finding in findings}


def test_ids():
    assert patient_of("hf1318_1994.04.23") == patient_of("HF-1318") == "HF1318"
    assert patient_of("900_00_5303") == patient_of("900-00-5303_2005.03.24") == "900-00-5303"
    with pytest.raises(ValueError, match="'E1' is no id; ids look like 900-00-5303 and HF1318"):
        patient_of("E1")


def test_layout_labels_and_follow_ups(make_tree):
    folder = make_tree(
        [
            *scan("HF1318_1994.04.23"),
            *scan("HF1318_1994.01.02"),
            *scan("900-00-5303_2005.03.24"),
            *scan("HF1000_1994.01.01", ("T1", "seg")),
        ]
    )
    table = folder / "rembrandt_clinical.csv"
    table.write_text(
        "SUBJECT_ID,AGE_RANGE,GENDER,DISEASE_TYPE,WHO_GRADE\nHF1318,45-49,MALE,GBM,IV\n900_00_5303,--,--,--,--\nHF9,1,MALE,GBM,II\n"
    )
    cases, findings = import_rembrandt(folder)
    assert cases["case_id"].tolist() == [
        "900-00-5303_2005.03.24",
        "HF1000_1994.01.01",
        "HF1318_1994.01.02",
        "HF1318_1994.04.23",
    ]
    assert cases["patient_id"].tolist() == ["900-00-5303", "HF1000", "HF1318", "HF1318"]
    assert cases["scan"].tolist() == ["baseline", "baseline", "baseline", "follow_up"]
    assert cases["grade"].tolist() == ["", "", "4", "4"]
    assert cases["grade_raw"].tolist() == ["--", "", "IV", "IV"]
    assert cases["sex"].tolist() == ["", "", "M", "M"]
    assert cases["idh"].tolist() == cases["codel_1p19q"].tolist() == cases["grade_edition"].tolist() == [""] * 4
    assert cases["diagnosis"].tolist()[2] == "GBM"
    assert cases.loc[2, ["t1", "t1c", "t2", "flair", "tumour_mask"]].tolist() == [
        str(folder / path) for path in scan("HF1318_1994.01.02")
    ]
    assert findings["no_row"].case_id == "HF1000"
    assert findings["no_image"].case_id == "HF9"


@pytest.mark.parametrize(
    ("table", "rule", "column", "found"),
    [
        ("SUBJECT_ID,Foo\nHF1318,II\n", "column_missing", "", "no column for grade; found: SUBJECT_ID, Foo"),
        ("Foo,WHO_GRADE\nHF1318,II\n", "column_missing", "", "no column for id; found: Foo, WHO_GRADE"),
        ("SUBJECT_ID,WHO_GRADE\nHF1318,V\n", "unknown_spelling", "WHO_GRADE", "'V'"),
        ("SUBJECT_ID,WHO_GRADE\nE1,II\n", "no_id", "SUBJECT_ID", "'E1'"),
    ],
)
def test_tables_that_cannot_be_read(make_tree, table, rule, column, found):
    folder = make_tree(scan("HF1318_1994.04.23"))
    (folder / "t.csv").write_text(table)
    with pytest.raises(CohortError) as error:
        import_rembrandt(folder, clinical=folder / "t.csv")
    (problem,) = error.value.problems
    assert (problem.rule, problem.column) == (rule, column)
    assert found in problem.found


def test_what_ends_an_import(make_tree):
    folder = make_tree(["a.nii.gz"])
    with pytest.raises(CohortError, match="no exam in it; looked for <id>_t1_LPS_rSRI.nii.gz"):
        import_rembrandt(folder)
    with pytest.raises(CohortError, match="REMBRANDT has no mapping table"):
        import_rembrandt(folder, mapping=folder)
