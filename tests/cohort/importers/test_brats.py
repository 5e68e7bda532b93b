import pytest

from gliomanet.cohort.importers.case_table import import_center
from gliomanet.errors import CohortError

OLD = ("t1", "t1ce", "t2", "flair", "seg")
NEW = ("t1n", "t1c", "t2w", "t2f", "seg")
COLUMNS = ["t1", "t1c", "t2", "flair", "tumour_mask"]


def case(name, files=OLD, sign="_", end=".nii.gz"):
    return [f"data/{name}/{name}{sign}{file}{end}" for file in files]


def import_brats(folder, **options):
    cases, findings = import_center("brats", "BraTS", "train", folder, **options)
    return cases, {finding.rule: finding for finding in findings}


def test_2020(make_tree):
    first, odd = "BraTS20_Training_001", "BraTS20_Training_355"
    folder = make_tree(
        [*case(first, end=".nii"), *case(odd, OLD[:4], end=".nii"), f"data/{odd}/W39_1998.09.19_Segm.nii"]
    )
    (folder / "data" / "name_mapping.csv").write_text(
        "Grade,BraTS_2017_subject_ID,BraTS_2018_subject_ID,TCGA_TCIA_subject_ID,BraTS_2019_subject_ID,BraTS_2020_subject_ID\n"
        f"HGG,Brats17_TCIA_1,Brats18_TCIA_1,TCGA-02-0006,BraTS19_TCIA_1,{first}\n"
        f"LGG,NA,NA,NA,NA,{odd}\n"
    )
    (folder / "data" / "survival_info.csv").write_text(
        f"Brats20ID,Age,Survival_days,Extent_of_Resection\n{first},60.463,289,GTR\n"
    )
    cases, findings = import_brats(folder)
    assert cases["case_id"].tolist() == [first, odd]
    assert cases["patient_id"].tolist() == ["TCGA-02-0006", odd]
    assert cases["other_ids"].tolist() == ["TCGA-02-0006;Brats17_TCIA_1;Brats18_TCIA_1;BraTS19_TCIA_1", ""]
    assert cases["grade"].tolist() == cases["idh"].tolist() == cases["grade_edition"].tolist() == ["", ""]
    assert cases["grade_raw"].tolist() == ["HGG", "LGG"]
    assert cases["age"].tolist()[0] == 60.463
    assert cases.loc[0, COLUMNS].tolist() == [str(folder / path) for path in case(first, end=".nii")]
    assert cases.loc[1, "tumour_mask"].endswith("W39_1998.09.19_Segm.nii")
    assert findings["coarse_grade"].found.startswith("2 cases are HGG or LGG")
    assert "unknown_files" not in findings


def test_2021_with_the_mapping_to_collections(make_tree):
    names = [f"BraTS2021_{number:05d}" for number in range(6)]
    folder = make_tree([path for name in names for path in case(name)])
    mapping = folder / "BraTS2021_MappingToTCIA.csv"
    rows = [
        ("TCGA-LGG", "TCGA-DU-7294", names[0]),
        ("UPENN-GBM", "UPENN-GBM-00011_11", names[1]),
        ("UCSF-PDGM", "57", names[2]),
        ("Collection1", "new-not-previously-in-TCIA", names[3]),
        ("UCSF-PDGM_Additional", "12", names[4]),
        ("CPTAC-GBM", "C3L-00016", "00169"),
    ]
    header = "Data Collection (as on TCIA+additional),Site ID,PatientID on TCIA Radiology Portal,BraTS2021 ID,Segmentation (Task 1) Cohort\n"
    mapping.write_text(header + "".join(f"{c},1,{p},{b},Training\n" for c, p, b in rows))
    cases, findings = import_brats(folder)
    assert cases["patient_id"].tolist() == ["TCGA-DU-7294", "UPENN-GBM-00011", "UCSF-PDGM-0057", *names[3:]]
    assert cases["other_ids"].tolist() == ["TCGA-DU-7294", "UPENN-GBM-00011_11", "UCSF-PDGM-0057", "", "", ""]
    assert findings["no_mapping_row"].case_id == names[5]
    assert findings["no_clinical_table"].severity == "note"


def test_2023_scans_of_a_patient_and_labels_of_ones_own(make_tree):
    names = ["BraTS-GLI-00000-000", "BraTS-GLI-00000-001", "BraTS-GLI-02062-100"]
    folder = make_tree([path for name in names for path in case(name, NEW, "-")])
    table = folder / "labels.tsv"
    table.write_text(f"case_id\tIDH\t1p/19q\n{names[0]}\tmutant\tintact\nBraTS-GLI-00009-000\twildtype\t\n")
    (folder / "BraTS2023_2017_GLI_Mapping.csv").write_text("BraTS2023,BraTS2021\nBraTS-GLI-00000-000,BraTS2021_00000\n")
    cases, findings = import_brats(folder, clinical=table)
    assert cases["case_id"].tolist() == names
    assert cases["patient_id"].tolist() == ["BraTS-GLI-00000", "BraTS-GLI-00000", "BraTS-GLI-02062"]
    assert cases["scan"].tolist() == ["baseline", "follow_up", "post_operative"]
    assert cases["idh"].tolist() == ["mutant", "", ""]
    assert cases["other_ids"].tolist()[0] == "BraTS2021_00000"
    assert cases.loc[0, COLUMNS].tolist() == [str(folder / path) for path in case(names[0], NEW, "-")]
    assert findings["after_treatment"].case_id == names[2]
    assert findings["no_image"].found == "1 rows without images here: BraTS-GLI-00009-000"


def test_other_case_of_letters_no_mapping_and_unknown_files(make_tree):
    folder = make_tree(
        [
            "x/brats2021_00007_T1.nii.gz",
            "x/BRATS2021_00007_FLAIR.nii",
            "x/BraTS2021_00007_pet.nii.gz",
            "BraTS2021_MappingToTCIA.ods",
        ]
    )
    cases, findings = import_brats(folder)
    assert cases["case_id"].tolist() == ["BraTS2021_00007"]
    assert cases.loc[0, "flair"].endswith("BRATS2021_00007_FLAIR.nii")
    assert findings["no_mapping_table"].severity == "warning"
    assert findings["workbook_not_read"].file.endswith("BraTS2021_MappingToTCIA.ods")
    assert findings["unknown_files"].severity in ("warning", "note")


def test_what_ends_an_import(make_tree):
    folder = make_tree(["a.nii.gz"])
    with pytest.raises(CohortError, match="no exam in it"):
        import_brats(folder)
    make_tree(case("BraTS2021_00000"))
    (folder / "m.csv").write_text("Foo,Bar\n1,2\n")
    with pytest.raises(CohortError) as error:
        import_brats(folder, mapping=folder / "m.csv")
    (problem,) = error.value.problems
    assert (problem.file, problem.rule) == (str(folder / "m.csv"), "column_missing")
    assert "Foo, Bar" in problem.found
    assert "BraTS2021 ID" in problem.action
    (folder / "m.csv").write_text("case_id,IDH\nTCGA-1,1\n")
    with pytest.raises(CohortError, match="'TCGA-1' is no id of BraTS 2020, 2021 or 2023; ids look like"):
        import_brats(folder, clinical=folder / "m.csv")
    (folder / "m.csv").write_text("case_id,IDH\nBraTS2021_00000,maybe\n")
    with pytest.raises(CohortError, match="'maybe' is no known spelling; allowed: wildtype"):
        import_brats(folder, clinical=folder / "m.csv")
    (folder / "m.ods").touch()
    with pytest.raises(CohortError, match="m.ods: a workbook"):
        import_brats(folder, mapping=folder / "m.ods")


def test_a_later_scan_without_a_mapping_row_keeps_its_patient(make_tree):
    names = ["BraTS-GLI-00003-000", "BraTS-GLI-00003-001"]
    folder = make_tree([path for name in names for path in case(name, NEW, "-")])
    table = folder / "mapping.csv"
    table.write_text(
        "BraTS2023,BraTS2021,Collection,Patient ID\nBraTS-GLI-00003-000,BraTS2021_00003,TCGA-GBM,TCGA-02-0006\n"
    )
    cases, findings = import_brats(folder, mapping=table)
    assert cases["patient_id"].tolist() == ["TCGA-02-0006", "TCGA-02-0006"]
    assert cases["other_ids"].tolist() == ["TCGA-02-0006;BraTS2021_00003"] * 2
    assert "no_mapping_row" not in findings


def test_a_scan_without_a_patient_in_its_mapping_row_keeps_its_siblings(make_tree):
    names = ["BraTS-GLI-00001-000", "BraTS-GLI-00001-001", "BraTS-GLI-00002-000", "BraTS-GLI-00002-001"]
    folder = make_tree([path for name in names for path in case(name, NEW, "-")])
    table = folder / "mapping.csv"
    table.write_text(
        "BraTS2023,BraTS2021,Collection,Patient ID\n"
        f"{names[0]},BraTS2021_00001,UPENN-GBM,UPENN-GBM-00005_11\n"
        f"{names[1]},BraTS2021_00002,UPENN-GBM,\n"
        f"{names[2]},,UPENN-GBM,\n"
        f"{names[3]},,UPENN-GBM,UPENN-GBM-00006_21\n"
    )
    cases, _ = import_brats(folder, mapping=table)
    assert cases["patient_id"].tolist() == ["UPENN-GBM-00005"] * 2 + ["UPENN-GBM-00006"] * 2
    assert cases["other_ids"].tolist()[:2] == ["UPENN-GBM-00005_11;BraTS2021_00001", "BraTS2021_00002"]


def test_every_row_without_images_is_named(make_tree):
    folder = make_tree(case("BraTS2021_00000"))
    lonely = [f"BraTS2021_{number:05d}" for number in range(1, 31)]
    table = folder / "labels.csv"
    table.write_text("case_id,IDH\n" + "".join(f"{name},mutant\n" for name in ["BraTS2021_00000", *lonely]))
    _, findings = import_brats(folder, clinical=table)
    assert findings["no_image"].found == f"30 rows without images here: {', '.join(lonely)}"


def test_each_release_says_the_convention_of_its_masks(make_tree):
    names = {
        "BraTS20_Training_001": "_",
        "BraTS2021_00000": "_",
        "BraTS-GLI-00000-000": "-",
        "BraTS-PED-00001-000": "-",
    }
    paths = [path for name, sign in names.items() for path in case(name, OLD if sign == "_" else NEW, sign)]
    cases, findings = import_brats(make_tree([*paths, *case("BraTS-GLI-00002-000", NEW[:4], "-")]))
    told = dict(zip(cases["case_id"], cases["mask_codes"], strict=True))
    assert told == {
        "BraTS-GLI-00000-000": "brats-2023",
        "BraTS-GLI-00002-000": "",  # no mask
        "BraTS-PED-00001-000": "",
        "BraTS2021_00000": "brats",
        "BraTS20_Training_001": "brats",
    }
    assert findings["mask_codes_not_known"].case_id == "BraTS-PED-00001-000"
