import csv

import pytest

from gliomanet.cohort.importers.case_table import import_center
from gliomanet.cohort.importers.upenn_gbm import LAYOUT
from gliomanet.errors import CohortError

HEADER = "ID,Gender,Age_at_scan_years,Survival_from_surgery_days_UPDATED,IDH1\n"
MODALITIES = ("T1", "T1GD", "T2", "FLAIR")
STRIPPED = "NIfTI-files/images_structural/{0}/{0}_{1}.nii.gz"
UNSTRIPPED = "NIfTI-files/images_structural_unstripped/{0}/{0}_{1}_unstripped.nii.gz"
CORRECTED = "NIfTI-files/images_segm/{0}_segm.nii.gz"
AUTOMATED = "NIfTI-files/automated_segm/{0}_automated_approx_segm.nii.gz"


def scan(case, layout=STRIPPED, modalities=MODALITIES):
    return [layout.format(case, modality) for modality in modalities]


def import_upenn(folder, clinical=None):
    return import_center("upenn-gbm", "UPENN", "train", folder, clinical)


def by_rule(findings, rule):
    return [finding for finding in findings if finding.rule == rule]


def test_a_small_collection(make_tree):
    one, again, two, three = (f"UPENN-GBM-0000{n}" for n in ("1_11", "1_21", "2_11", "3_11"))
    folder = make_tree(
        [
            *(*scan(one), *scan(one, UNSTRIPPED), CORRECTED.format(one), AUTOMATED.format(one)),
            *scan(again),
            *(*scan(two, UNSTRIPPED), AUTOMATED.format(two)),
            *(*scan(three, modalities=MODALITIES[:3]), *scan(three, UNSTRIPPED, MODALITIES[1:])),
            f"NIfTI-files/images_DTI/images_DTI/{one}/{one}_DTI_FA.nii.gz",
            f"NIfTI-files/images_DSC/{one}/{one}_DSC_ap-rCBV.nii.gz",
        ]
    )
    (folder / "UPENN-GBM_clinical_info_v2.1.csv").write_text(
        HEADER
        + f"{one},F,52.16,960,Wildtype\n{again},F,53.1,Not Available,NOS/NEC\n"
        + f"{two},M,61.3,291,Mutated\n{three},M,33,291,NOS/NEC\n"
    )
    cases, findings = import_upenn(folder)
    assert cases["case_id"].tolist() == [one, again, two, three]
    assert cases["patient_id"].tolist() == ["UPENN-GBM-00001"] * 2 + ["UPENN-GBM-00002", "UPENN-GBM-00003"]
    assert cases["scan"].tolist() == ["baseline", "follow_up", "baseline", "baseline"]
    assert cases["idh"].tolist() == ["wildtype", "", "mutant", ""]
    assert cases["idh_raw"].tolist() == ["Wildtype", "NOS/NEC", "Mutated", "NOS/NEC"]
    for column in ("grade", "codel_1p19q", "grade_raw", "codel_1p19q_raw", "grade_edition"):
        assert set(cases[column]) == {""}
    assert cases["t1c"].tolist() == [
        str(folder / STRIPPED.format(one, "T1GD")),
        str(folder / STRIPPED.format(again, "T1GD")),
        str(folder / UNSTRIPPED.format(two, "T1GD")),
        str(folder / STRIPPED.format(three, "T1GD")),
    ]
    assert cases["flair"].tolist()[3] == "", "no skull among modalities without one"
    assert cases["tumour_mask"].tolist() == [
        str(folder / CORRECTED.format(one)),
        "",
        str(folder / AUTOMATED.format(two)),
        "",
    ]
    (skull,) = by_rule(findings, "files_of_second_choice")
    assert (skull.severity, skull.case_id) == ("warning", two)
    assert skull.action.startswith("these scans have a skull, the others have none")
    (left,) = by_rule(findings, "modality_left_out")
    assert (left.case_id, left.found) == (three, "flair is there as <id>_FLAIR_unstripped.nii.gz only; left out")
    assert {f.severity for f in findings if f.rule == "preferred_files"} == {"note"}
    assert "<id>_DSC_ap-rCBV.nii.gz (1), <id>_DTI_FA.nii.gz (1)" in by_rule(findings, "unused_files")[0].found


def test_errors(make_tree, tmp_path):
    folder = make_tree(scan("UPENN-GBM-00001_11"))
    table = tmp_path / "t.csv"
    table.write_text(HEADER + "UPENN-GBM-00001,F,52,9,Wildtype\n")
    with pytest.raises(CohortError, match="'UPENN-GBM-00001' is no id; ids look like UPENN-GBM-00001_11, follow-ups"):
        LAYOUT.read(folder, table, None)
    table.write_text(HEADER + "UPENN-GBM-00001_11,F,52,9,Wild\n")
    with pytest.raises(CohortError, match=r"column 'IDH1': 'Wild' is no known spelling; allowed: wildtype \("):
        import_upenn(folder, table)
    table.write_text("ID,Gender\nUPENN-GBM-00001_11,F\n")
    with pytest.raises(CohortError, match="no column 'IDH1', 'Age_at_scan_years'; found: ID, Gender"):
        LAYOUT.read(folder, table, None)
    with pytest.raises(CohortError, match="UPENN-GBM has no mapping table"):
        LAYOUT.read(folder, None, tmp_path / "m.csv")


@pytest.fixture(scope="module")
def published(shared_data, tmp_path_factory):
    """Every scan of the real table; automated masks of all baselines, corrected ones of the first 147."""
    folder, table = tmp_path_factory.mktemp("upenn"), shared_data / "clinical" / "UPENN-GBM_clinical_info_v2.1.csv"
    with table.open(newline="") as file:
        ids = [row["ID"] for row in csv.DictReader(file)]
    baseline = [name for name in ids if name.endswith("_11")]
    paths = [path for name in ids for path in (*scan(name), *scan(name, UNSTRIPPED))]
    paths += [AUTOMATED.format(name) for name in baseline] + [CORRECTED.format(name) for name in baseline[:147]]
    for path in paths:
        place = folder / path
        if not place.parent.is_dir():
            place.parent.mkdir(parents=True)
        place.touch()
    return folder, table


def test_the_published_table(published):
    cases, findings = import_upenn(*published)
    assert (len(cases), cases["patient_id"].nunique()) == (671, 630)
    assert cases["scan"].value_counts().to_dict() == {"baseline": 611, "follow_up": 60}
    baseline = cases[cases["scan"] == "baseline"]
    assert baseline["patient_id"].is_unique
    assert baseline["idh"].value_counts().to_dict() == {"wildtype": 499, "mutant": 16, "": 96}
    assert baseline["idh_raw"].value_counts()["NOS/NEC"] == 96
    assert not cases["flair"].str.contains("unstripped").any()
    assert (cases[["t1", "t1c", "t2", "flair"]] != "").all(axis=None)
    assert cases["tumour_mask"].str.contains("automated").sum() == 611 - 147
    assert cases["tumour_mask"].str.contains("images_segm").sum() == 147
    assert (cases.loc[cases["scan"] == "follow_up", "tumour_mask"] == "").all()
    assert {f.severity for f in findings} == {"note"}
