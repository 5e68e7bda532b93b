import json

import pytest

from gliomanet.cohort.importers.case_table import import_center
from gliomanet.cohort.importers.egd import case_id
from gliomanet.errors import CohortError

NAMES = ("T1", "T1GD", "T2", "FLAIR", "MASK")
MODALITIES = ["t1", "t1c", "t2", "flair", "tumour_mask"]


def subject(number, names=NAMES):
    return [f"SUBJECTS/EGD-{number:04d}/{name}.nii.gz" for name in names]


def metadata(folder, idh, codel, grade, age=50, sex="M"):
    labels = {"IDH": idh, "1p19q": codel, "Grade": grade}
    content = {"Genetic_and_Histological_labels": labels, "Clinical_data": {"Age": age, "Sex": sex}}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metadata.json").write_text(json.dumps(content))


def import_egd(folder, **options):
    cases, findings = import_center("egd", "EGD", "train", folder, **options)
    return cases, {finding.rule: finding for finding in findings}


def test_ids():
    assert case_id("MR_egd-1") == case_id("EGD-0001") == "EGD-0001"
    with pytest.raises(ValueError, match="'X1' is no id; ids look like EGD-0001"):
        case_id("X1")


def test_subjects_with_metadata(make_tree):
    folder = make_tree(
        [
            *subject(1),
            *subject(2),
            *subject(3, ["T1", "T2"]),
            "METADATA/Brain_mask.nii.gz",
            "METADATA/Deface_mask.nii.gz",
            "SUBJECTS/EGD-0001/notes.doc",
        ]
    )
    metadata(folder / "SUBJECTS" / "EGD-0001", 1, 0, 3, 41.5, "F")
    metadata(folder / "SUBJECTS" / "EGD-0002", -1, -1, -1, None, None)
    cases, findings = import_egd(folder)
    assert cases["case_id"].tolist() == ["EGD-0001", "EGD-0002", "EGD-0003"]
    assert cases["idh"].tolist() == ["mutant", "", ""]
    assert cases["codel_1p19q"].tolist() == ["intact", "", ""]
    assert cases["grade"].tolist() == ["3", "", ""]
    assert cases["idh_raw"].tolist() == ["1", "-1", ""]
    assert cases["age"].tolist()[0] == 41.5
    assert cases["sex"].tolist() == ["F", "", ""]
    assert cases["grade_edition"].tolist() == ["2016", "", ""]
    for column, name in zip(MODALITIES, NAMES, strict=True):
        assert cases.loc[0, column] == str(folder / "SUBJECTS" / "EGD-0001" / f"{name}.nii.gz")
    assert set(cases["brain_mask"]) == {str(folder / "METADATA" / "Brain_mask.nii.gz")}
    assert cases.loc[2, ["t1c", "tumour_mask"]].tolist() == ["", ""]
    assert findings["no_row"].case_id == "EGD-0003"
    assert findings["shared_brain_mask"].severity == "note"
    assert findings["unknown_files"].file.endswith("notes.doc")
    assert findings["unused_files"].found == "known, and not used by this project: METADATA/Deface_mask.nii.gz (1)"


def test_export_of_the_server_and_the_table_stands_over_metadata(make_tree):
    folders = {"T1": "1_T1", "T1GD": "2_T1GD", "T2": "3_T2", "FLAIR": "4_FLAIR", "MASK": "5_MASK"}
    paths = [f"MR_EGD-{n:04d}/{place}/NIFTI/{name}.nii.gz" for n in (7, 8) for name, place in folders.items()]
    folder = make_tree([*paths, "Genetic_and_Histological_labels.ods"])
    metadata(folder / "MR_EGD-0007", 0, 0, 4, 60, "M")
    (folder / "Genetic_and_Histological_labels.csv").write_text(
        "Subject;IDH;1p19q;Grade\nEGD-0007;1.0;0;4\nEGD-0008;0;-1;4\nEGD-0009;0;0;2\n"
    )
    (folder / "Clinical_data.csv").write_text("Subject,Age,Sex\nEGD-0008,33,F\n")
    cases, findings = import_egd(folder)
    assert cases["case_id"].tolist() == ["EGD-0007", "EGD-0008"]
    assert cases["idh"].tolist() == ["mutant", "wildtype"]
    assert cases["age"].tolist() == [60.0, 33.0]
    assert cases.loc[1, "t1c"] == str(folder / "MR_EGD-0008/2_T1GD/NIFTI/T1GD.nii.gz")
    assert findings["labels_disagree"].found == "idh is 1.0 in the table of labels and 0 in metadata.json"
    assert findings["no_image"].case_id == "EGD-0009"
    assert "save the sheet as CSV" in findings["workbook_not_read"].action


@pytest.mark.parametrize(
    ("table", "rule", "column", "found"),
    [
        (
            "Subject,Foo\nEGD-0001,1\n",
            "column_missing",
            "",
            "or os_days or os_event or resection or kps; found: Subject, Foo",
        ),
        ("Name,IDH\nEGD-0001,1\n", "column_missing", "", "no column for id; found: Name, IDH"),
        ("Subject,IDH\nX1,1\n", "no_id", "Subject", "'X1'"),
        ("Subject,IDH\nEGD-0001,1\nEGD-0001,0\n", "two_rows", "IDH", "'1' and '0'"),
        ("Subject,IDH\nEGD-0001,7\n", "unknown_spelling", "IDH", "'7'"),
        ("Subject,IDH\n", "no_case", "", ""),
    ],
)
def test_tables_that_cannot_be_read(make_tree, table, rule, column, found):
    folder = make_tree(subject(1))
    (folder / "labels.csv").write_text(table)
    with pytest.raises(CohortError) as error:
        import_egd(folder, clinical=folder / "labels.csv")
    (problem,) = error.value.problems
    assert (problem.rule, problem.column) == (rule, column)
    assert found in problem.found


def test_what_ends_an_import(make_tree, tmp_path):
    folder = make_tree(["SUBJECTS/EGD-0001/PET.nii.gz"])
    with pytest.raises(CohortError, match=r"no exam in it; looked for T1.nii.gz, .*; found PET.nii.gz \(1\)"):
        import_egd(folder)
    make_tree(subject(1))
    (folder / "SUBJECTS/EGD-0001/metadata.json").write_text("{")
    with pytest.raises(CohortError, match=r"metadata.json: no metadata of EGD \(.*\); download it again, or remove it"):
        import_egd(folder)
    (folder / "SUBJECTS/EGD-0001/metadata.json").write_text("[]")
    with pytest.raises(CohortError, match="metadata.json: no metadata of EGD"):
        import_egd(folder)
    (folder / "labels.ods").touch()
    with pytest.raises(CohortError, match="labels.ods: a workbook of another kind, .*; open it, save the sheet as CSV"):
        import_egd(folder, clinical=folder / "labels.ods")
    with pytest.raises(CohortError, match="EGD has no mapping table"):
        import_egd(folder, mapping=tmp_path)
    with pytest.raises(CohortError, match="nowhere: no such folder"):
        import_egd(tmp_path / "nowhere")
