import csv

import pytest

from gliomanet.cohort.importers.case_table import import_center
from gliomanet.cohort.importers.ucsf_pdgm import LAYOUT, case_id
from gliomanet.cohort.table import read_case_table
from gliomanet.errors import CohortError
from gliomanet.tables.cohort import CASES
from gliomanet.tables.io import read_table, write_table

HEADER = "ID,Sex,Age at MRI,WHO CNS Grade,Final pathologic diagnosis (WHO 2021),1p/19q,IDH,BraTS21 ID\n"
SUFFIXES = (
    *("T1", "T1_bias", "T1c", "T1c_bias", "T2", "T2_bias", "FLAIR", "FLAIR_bias", "DWI", "DWI_bias", "ADC", "ASL"),
    *("SWI", "SWI_bias", "DTI_eddy_FA", "DTI_eddy_MD", "DTI_eddy_L1", "DTI_eddy_L2", "DTI_eddy_L3", "DTI_eddy_noreg"),
    *("brain_parenchyma_segmentation", "brain_segmentation", "tumor_segmentation"),
)


def exam(folder, named=None, suffixes=("T1", "T1c", "T2", "FLAIR", "tumor_segmentation", "brain_segmentation")):
    return [f"UCSF-PDGM-v5/{folder}_nifti/{named or folder}_{suffix}.nii.gz" for suffix in suffixes]


def import_ucsf(folder, **options):
    return import_center("ucsf-pdgm", "UCSF", "train", folder, **options)


def by_rule(findings, rule):
    return [finding for finding in findings if finding.rule == rule]


def test_ids():
    assert case_id("UCSF-PDGM-004") == case_id("UCSF-PDGM-0004") == "UCSF-PDGM-0004"
    assert case_id("UCSF-PDGM-0429_FU003d") == "UCSF-PDGM-0429_FU003d"
    with pytest.raises(ValueError, match="'BraTS2021_00097' is no id; ids look like UCSF-PDGM-004, follow-ups"):
        case_id("BraTS2021_00097")


def test_a_small_collection(make_tree):
    folder = make_tree(
        [
            *exam("UCSF-PDGM-0004", suffixes=SUFFIXES),
            *exam("UCSF-PDGM-0045", suffixes=("T1_bias", "T1gad_bias", "T2_bias", "FLAIR_bias")),
            *exam("UCSF-PDGM-0045_FU016d", suffixes=("T1", "T1gad", "T2")),
            *exam("UCSF-PDGM-0138", named="UCSF-PDGM-0183"),
            *exam("UCSF-PDGM-0243", named="UCSF-PDGM-243"),
            *exam("UCSF-PDGM-0300"),
            *exam("UCSF-PDGM-0301", suffixes=("T1", "T1c", "XYZ")),
        ]
    )
    (folder / "UCSF-PDGM-metadata_v5.csv").write_text(
        HEADER
        + 'UCSF-PDGM-004,M,66,4,"Glioblastoma, IDH-wildtype",unknown,wildtype,BraTS2021_00097\n'
        + 'UCSF-PDGM-045,F,30,4,"Astrocytoma, IDH-mutant",relative co-deletion,IDH1 p.R132H,\n'
        + 'UCSF-PDGM-0045_FU016d,F,30,4,"Astrocytoma, IDH-mutant",relative co-deletion,IDH1 p.R132H,\n'
        + "UCSF-PDGM-138,F,40,2,x,intact,mutated (NOS),\n"
        + "UCSF-PDGM-243,F,41,3,Oligodendroglioma,relative co-deletion,mutated (NOS),\n"
        + "UCSF-PDGM-301,F,unknown,unknown,unknown,unknown,unknown,\n"
        + "UCSF-PDGM-302,F,41,3,x,intact,wildtype,\n"
    )
    cases, findings = import_ucsf(folder)
    assert list(cases.columns) == CASES.names()
    ids = ["0004", "0045", "0045_FU016d", "0138", "0243", "0300", "0301"]
    assert cases["case_id"].tolist() == [f"UCSF-PDGM-{number}" for number in ids]
    assert cases["patient_id"].tolist() == [f"UCSF-PDGM-{number[:4]}" for number in ids]
    assert cases["scan"].tolist() == ["baseline"] * 2 + ["follow_up"] + ["baseline"] * 4
    assert cases["codel_1p19q"].tolist() == ["", "intact", "intact", "intact", "codeleted", "", ""]
    assert cases["codel_1p19q_raw"].tolist()[:2] == ["unknown", "relative co-deletion"]
    assert cases["idh"].tolist() == ["wildtype", "mutant", "mutant", "mutant", "mutant", "", ""]
    assert cases["idh_raw"].tolist()[1] == "IDH1 p.R132H"
    assert cases["grade_edition"].tolist() == ["2021"] * 5 + ["", ""]
    assert cases["other_ids"].tolist() == ["BraTS2021_00097"] + [""] * 6
    assert cases["diagnosis"].tolist()[:2] == ["Glioblastoma, IDH-wildtype", "Astrocytoma, IDH-mutant"]
    assert set(cases["center"]) == {"UCSF"}
    first, second, follow_up = (cases.iloc[row] for row in range(3))
    exams = folder / "UCSF-PDGM-v5"
    assert first["t1c"] == str(exams / "UCSF-PDGM-0004_nifti/UCSF-PDGM-0004_T1c.nii.gz")
    assert first["brain_mask"] == str(exams / "UCSF-PDGM-0004_nifti/UCSF-PDGM-0004_brain_segmentation.nii.gz")
    assert first["tumour_mask"].endswith("_tumor_segmentation.nii.gz")
    assert second["t1c"].endswith("UCSF-PDGM-0045_T1gad_bias.nii.gz")
    assert follow_up["t1c"].endswith("UCSF-PDGM-0045_FU016d_T1gad.nii.gz")
    assert follow_up["flair"] == ""
    assert cases.iloc[3]["t1"].endswith("UCSF-PDGM-0138_nifti/UCSF-PDGM-0183_T1.nii.gz")

    assert {finding.center for finding in findings} == {"UCSF"}
    (misnamed,) = by_rule(findings, "id_disagrees")
    assert (misnamed.severity, misnamed.case_id) == ("warning", "UCSF-PDGM-0138")
    assert misnamed.found == "its folder holds files named UCSF-PDGM-0183, taken as the folder's"
    relative = {finding.case_id: finding.found for finding in by_rule(findings, "relative_codeletion")}
    assert len(relative) == 3
    assert "read as intact (Astrocytoma, IDH-mutant, grade 4)" in relative["UCSF-PDGM-0045"]
    assert "read as codeleted (Oligodendroglioma, grade 3)" in relative["UCSF-PDGM-0243"]
    (no_row,) = by_rule(findings, "no_row")
    assert (no_row.severity, no_row.case_id) == ("warning", "UCSF-PDGM-0300")
    (no_image,) = by_rule(findings, "no_image")
    assert (no_image.severity, no_image.case_id) == ("warning", "UCSF-PDGM-0302")
    (unknown,) = by_rule(findings, "unknown_files")
    assert "UCSF-PDGM-#_XYZ.nii.gz" in unknown.found
    (unused,) = by_rule(findings, "unused_files")
    assert "<id>_ADC.nii.gz (1)" in unused.found
    (scans,) = by_rule(findings, "scans")
    assert scans.found == "7 scans of 6 patients: 6 baseline, 1 follow_up"
    assert "<id>_T1c.nii.gz is preferred to <id>_T1c_bias.nii.gz in case UCSF-PDGM-0004" in {f.found for f in findings}
    assert not by_rule(findings, "derived_1p19q")


def test_without_a_table_and_with_two(make_tree):
    folder = make_tree(exam("UCSF-PDGM-0004"))
    cases, findings = import_ucsf(folder)
    assert cases.loc[0, ["idh", "idh_raw", "grade_edition", "scan"]].tolist() == ["", "", "", "baseline"]
    (finding,) = by_rule(findings, "no_clinical_table")
    assert finding.severity == "warning"
    assert finding.found == "no table of labels is given or in the folder: all labels of 1 cases are unknown"
    for version in (4, 5):
        (folder / f"UCSF-PDGM-metadata_v{version}.csv").write_text(HEADER)
    with pytest.raises(CohortError) as error:
        LAYOUT.read(folder, None, None)
    (problem,) = error.value.problems
    assert (problem.rule, problem.file) == ("several_tables", str(folder))
    assert "UCSF-PDGM-metadata_v4.csv, UCSF-PDGM-metadata_v5.csv" in problem.found


def test_every_problem_of_the_labels_at_once(make_tree, tmp_path):
    folder = make_tree([*exam("UCSF-PDGM-0004"), *exam("UCSF-PDGM-0005")])
    table = tmp_path / "table.csv"
    table.write_text(HEADER + "UCSF-PDGM-004,M,66,9,x,maybe,wildtype,\nUCSF-PDGM-005,M,old,4,x,intact,perhaps,\n")
    with pytest.raises(CohortError) as error:
        import_ucsf(folder, clinical=table)
    assert [(p.file, p.case, p.column, p.rule) for p in error.value.problems] == [
        (str(table), "UCSF-PDGM-0004", "1p/19q", "unknown_spelling"),
        (str(table), "UCSF-PDGM-0004", "WHO CNS Grade", "unknown_spelling"),
        (str(table), "UCSF-PDGM-0005", "IDH", "unknown_spelling"),
        (str(table), "UCSF-PDGM-0005", "Age at MRI", "no_age"),
    ]
    assert "'maybe'" in error.value.problems[0].found
    assert "allowed: intact (intact" in error.value.problems[0].action


@pytest.mark.parametrize(
    ("text", "rule", "column", "case"),
    [
        ("ID,Sex\nUCSF-PDGM-004,M\n", "column_missing", "", ""),
        (HEADER + "004,M,66,4,x,intact,wildtype,\n", "no_id", "ID", ""),
        (HEADER + 2 * "UCSF-PDGM-004,M,66,4,x,intact,wildtype,\n", "two_rows", "", "UCSF-PDGM-0004"),
        (HEADER, "no_case", "", ""),
    ],
)
def test_tables_that_cannot_be_read(make_tree, tmp_path, text, rule, column, case):
    table = tmp_path / "table.csv"
    table.write_text(text)
    with pytest.raises(CohortError) as error:
        LAYOUT.read(make_tree(exam("UCSF-PDGM-0004")), table, None)
    (problem,) = error.value.problems
    assert (problem.file, problem.rule, problem.column, problem.case) == (str(table), rule, column, case)


def test_a_mapping_is_refused(make_tree, tmp_path):
    with pytest.raises(CohortError, match="UCSF-PDGM has no mapping table; remove the key `mapping`"):
        LAYOUT.read(make_tree(exam("UCSF-PDGM-0004")), None, tmp_path / "m.csv")
    with pytest.raises(CohortError, match="none.csv: no such file"):
        LAYOUT.read(make_tree([]), tmp_path / "none.csv", None)


@pytest.fixture(scope="module")
def published(shared_data, tmp_path_factory):
    """Every exam of the real table in the release's layout."""
    folder, table = tmp_path_factory.mktemp("ucsf"), shared_data / "clinical" / "UCSF-PDGM-metadata_v5.csv"
    with table.open(newline="") as file:
        ids = [case_id(row["ID"]) for row in csv.DictReader(file)]
    for name in ids:
        place = folder / "UCSF-PDGM-v5" / f"{name}_nifti"
        place.mkdir(parents=True)
        for suffix in SUFFIXES:
            (place / f"{name}_{suffix}.nii.gz").touch()
    return folder, table


def test_the_published_table(published):
    folder, table = published
    cases, findings = import_ucsf(folder, clinical=table)
    assert (len(cases), cases["patient_id"].nunique()) == (501, 495)
    assert cases["scan"].value_counts().to_dict() == {"baseline": 495, "follow_up": 6}
    # Every follow-up is of a patient whose baseline is there.
    baseline = cases[cases["scan"] == "baseline"]
    assert set(cases.loc[cases["scan"] == "follow_up", "patient_id"]) <= set(baseline["patient_id"])
    assert baseline["patient_id"].is_unique
    assert cases["codel_1p19q_raw"].value_counts().to_dict() == {
        "intact": 395,
        "unknown": 91,
        "co-deletion": 9,
        "relative co-deletion": 6,
    }
    assert cases["codel_1p19q"].value_counts().to_dict() == {"intact": 397, "": 91, "codeleted": 13}
    assert cases["idh"].value_counts().to_dict() == {"wildtype": 398, "mutant": 103}
    assert cases["grade"].value_counts().to_dict() == {"4": 402, "2": 56, "3": 43}
    assert set(cases["grade_edition"]) == {"2021"}
    # Codeleted tumours are the oligodendrogliomas, all of them and no other.
    oligo = cases["diagnosis"].str.startswith("Oligodendroglioma")
    assert oligo.equals(cases["codel_1p19q"] == "codeleted")
    assert (cases["other_ids"] != "").sum() == 298
    assert (cases[["t1", "t1c", "t2", "flair", "tumour_mask", "brain_mask"]] != "").all(axis=None)
    assert not cases["t1"].str.contains("bias").any()
    assert {f.severity for f in findings} == {"note"}, "nothing of the published layout is strange"


def test_derived_labels_of_the_published_table(published):
    folder, table = published
    cases, findings = import_ucsf(folder, clinical=table, derive=True)
    derived = cases[cases["codel_1p19q_source"] == "derived"]
    assert len(derived) == 87
    assert set(derived["scan"]) == {"baseline"}
    assert set(derived["codel_1p19q_raw"]) == {"unknown"}
    (note,) = by_rule(findings, "derived_1p19q")
    assert note.found == "1p/19q of 87 cases was unknown, and is intact because IDH is wildtype (WHO 2021)"


def test_the_imported_table_is_read_again_as_it_was(published, tmp_path):
    folder, table = published
    cases, _ = import_ucsf(folder, clinical=table, derive=True)
    write_table(cases, tmp_path / "cases.tsv")
    assert read_case_table(tmp_path / "cases.tsv", "UCSF", "train").equals(cases)
    again = read_table(tmp_path / "cases.tsv")
    assert again.drop(columns="age").equals(cases.drop(columns="age"))
