import pytest

from gliomanet.cohort.importers.case_table import import_center
from gliomanet.cohort.importers.tcga import barcode
from gliomanet.errors import CohortError

TOP = "Pre-operative_TCGA_GBM_NIfTI_and_Segmentations"
NAMES = ("t1", "t1Gd", "t2", "flair", "GlistrBoost_ManuallyCorrected")
HEADER = "Case,Histology,Grade,Age (years at diagnosis),Gender,IDH status,1p/19q codeletion,IDH/codel subtype\n"


def scan(patient, date="1996.08.23", names=NAMES, top=TOP):
    return [f"{top}/{patient}/{patient}_{date}_{name}.nii.gz" for name in names]


def import_tcga(folder, **options):
    cases, findings = import_center("tcga", "TCGA", "test", folder, **options)
    return cases, {finding.rule: finding for finding in findings}


def test_barcodes():
    assert barcode("tcga-02-0006-01A-11D") == barcode("TCGA.02.0006") == "TCGA-02-0006"
    with pytest.raises(ValueError, match="'GBM1' is no barcode; barcodes look like TCGA-02-0006"):
        barcode("GBM1")


def test_layout_labels_and_follow_ups(make_tree):
    folder = make_tree(
        [
            *scan("TCGA-02-0006", names=(*NAMES, "GlistrBoost")),
            *scan("TCGA-02-0006", "1997.01.02", ("t1", "t2")),
            *scan(
                "TCGA-DU-7294",
                names=("T1", "T1GD", "GlistrBoost"),
                top="Pre-operative_TCGA_LGG_NIfTI_and_Segmentations",
            ),
            *scan("tcga-cs-4938"),
            *scan("TCGA-06-0001"),
            *scan("TCGA-06-0002"),
        ]
    )
    (folder / "TCGA_molecular.csv").write_text(
        HEADER
        + "TCGA-02-0006,glioblastoma,G4,55,female,WT,non-codel,IDHwt\n"
        + "TCGA-DU-7294,oligodendroglioma,G2,NA,male,Mutant,codel,IDHmut-codel\n"
        + "TCGA-CS-4938,astrocytoma,G2,31,female,Mutant,non-codel,IDHwt\n"
        + "TCGA-06-0001,NA,NA,NA,NA,NA,NA,IDHmut-non-codel\n"
        + "TCGA-99-0001,astrocytoma,G2,31,female,Mutant,non-codel,NA\n"
    )
    cases, findings = import_tcga(folder)
    ids = [
        "TCGA-02-0006_1996.08.23",
        "TCGA-02-0006_1997.01.02",
        "TCGA-06-0001_1996.08.23",
        "TCGA-06-0002_1996.08.23",
        "TCGA-CS-4938_1996.08.23",
        "TCGA-DU-7294_1996.08.23",
    ]
    assert cases["case_id"].tolist() == ids
    assert cases["patient_id"].tolist() == [name[:12] for name in ids]
    assert cases["scan"].tolist() == ["baseline", "follow_up", "baseline", "baseline", "baseline", "baseline"]
    assert cases["idh"].tolist() == ["wildtype", "wildtype", "mutant", "", "mutant", "mutant"]
    assert cases["codel_1p19q"].tolist() == ["intact", "intact", "intact", "", "intact", "codeleted"]
    assert cases["grade"].tolist() == ["4", "4", "", "", "2", "2"]
    assert cases["grade_raw"].tolist()[0] == "G4"
    assert cases["idh_raw"].tolist()[2] == "IDHmut-non-codel"
    assert cases["grade_edition"].tolist()[0] == "2007"
    assert cases["grade_edition"].tolist()[3] == ""
    assert cases["diagnosis"].tolist()[0] == "glioblastoma"
    assert cases["sex"].tolist()[0] == "F"
    first = [str(folder / path) for path in scan("TCGA-02-0006")]
    assert cases.loc[0, ["t1", "t1c", "t2", "flair", "tumour_mask"]].tolist() == first
    assert cases.loc[5, "t1c"].endswith("TCGA-DU-7294_1996.08.23_T1GD.nii.gz")
    assert cases.loc[5, "tumour_mask"].endswith("_GlistrBoost.nii.gz")
    assert findings["subtype_disagrees"].case_id == "TCGA-CS-4938_1996.08.23"
    assert findings["subtype_disagrees"].found == "subtype is IDHwt, but idh is Mutant"
    assert findings["no_row"].case_id == "TCGA-06-0002"
    assert findings["no_image"].found == "1 rows of patients without images here: TCGA-99-0001"


def test_without_a_table(make_tree):
    _, findings = import_tcga(make_tree(scan("TCGA-02-0006")))
    assert findings["no_clinical_table"].severity == "warning"


def test_rows_of_samples_agree_or_end_the_import(make_tree):
    folder = make_tree(scan("TCGA-02-0006"))
    table = folder / "TCGA.tsv"
    table.write_text("Sample ID\tIDH status\nTCGA-02-0006-01\tWT\nTCGA-02-0006-02\tWT\n")
    assert import_tcga(folder)[0]["idh"].tolist() == ["wildtype"]
    table.write_text("Sample ID\tIDH status\nTCGA-02-0006-01\tWT\nTCGA-02-0006-02\tMutant\n")
    with pytest.raises(CohortError) as error:
        import_tcga(folder)
    (problem,) = error.value.problems
    assert (problem.rule, problem.case, problem.column) == ("two_rows", "TCGA-02-0006", "IDH status")
    assert "'WT' and 'Mutant'" in problem.found


@pytest.mark.parametrize(
    ("table", "rule", "column", "found"),
    [
        (
            "Case,Foo\nTCGA-02-0006,1\n",
            "column_missing",
            "",
            "no column for idh or codel_1p19q or subtype or grade; found: Case, Foo",
        ),
        ("Foo,Grade\nTCGA-02-0006,G2\n", "column_missing", "", "no column for id; found: Foo, Grade"),
        ("Case,Grade\nTCGA-02-0006,G9\n", "unknown_spelling", "Grade", "'G9'"),
        (
            "Case,IDH status,IDH/codel subtype\nTCGA-02-0006,perhaps,IDHwt\n",
            "unknown_spelling",
            "IDH status",
            "'perhaps'",
        ),
        ("Case,Grade\nX,G2\n", "no_id", "Case", "'X' is no barcode"),
    ],
)
def test_tables_that_cannot_be_read(make_tree, table, rule, column, found):
    folder = make_tree(scan("TCGA-02-0006"))
    (folder / "t.csv").write_text(table)
    with pytest.raises(CohortError) as error:
        import_tcga(folder, clinical=folder / "t.csv")
    (problem,) = error.value.problems
    assert (problem.rule, problem.column) == (rule, column)
    assert found in problem.found


def test_what_ends_an_import(make_tree):
    folder = make_tree(["a.nii.gz", "tcga_a.csv", "tcga_b.csv"])
    with pytest.raises(CohortError, match="several tables of labels: tcga_a.csv, tcga_b.csv; name the right one"):
        import_tcga(folder)
    with pytest.raises(CohortError, match="TCGA has no mapping table"):
        import_tcga(folder, mapping=folder)
    (folder / "tcga_b.csv").unlink()
    (folder / "tcga_a.csv").write_text("Case,Grade\nTCGA-02-0006,G2\n")
    with pytest.raises(CohortError, match="no exam in it; looked for <barcode>_<date>_t1.nii.gz"):
        import_tcga(folder)
