"""A label that a study adds is read from a collection's table of labels, wherever it has a column so named."""

import csv

import pytest

from gliomanet.cohort.importers.case_table import import_center
from gliomanet.errors import CohortError
from gliomanet.labels.vocabulary import VOCABULARY

MGMT = {**VOCABULARY, "mgmt": ("unmethylated", "methylated")}
NEW = ("t1n", "t1c", "t2w", "t2f")


def read(kind, folder, vocabulary=MGMT, **options):
    cases, findings = import_center(kind, "A", "train", folder, vocabulary=vocabulary, **options)
    return cases, {finding.rule: finding for finding in findings}


LAYOUTS = {
    "ucsf-pdgm": (
        "UCSF-PDGM-0004_nifti/UCSF-PDGM-0004_T1.nii.gz",
        "UCSF-PDGM-metadata_v5.csv",
        "ID,Sex,Age at MRI,WHO CNS Grade,MGMT status,1p/19q,IDH\nUCSF-PDGM-004,M,66,4,positive,unknown,wildtype\n",
    ),
    "upenn-gbm": (
        "images_structural/UPENN-GBM-00001_11/UPENN-GBM-00001_11_T1.nii.gz",
        "UPENN-GBM_clinical_info_v2.1.csv",
        "ID,Gender,Age_at_scan_years,IDH1,MGMT\nUPENN-GBM-00001_11,F,52.16,Wildtype,Methylated\n",
    ),
    "utsw": (
        "BT0001/brain_t1.nii.gz",
        "UTSW_Glioma_Metadata-2-1.tsv",
        "Subject ID\tSex at birth\tAge at Imaging\tTumor Grade\tIDH\t1p19Q CODEL\tMGMT\nBT0001\tF\t44\t4\twild type\tNA\tmethylated\n",
    ),
    "egd": (
        "SUBJECTS/EGD-0001/T1.nii.gz",
        "Genetic_and_Histological_labels.csv",
        "Subject,IDH,1p19q,Grade,MGMT methylation\nEGD-0001,0,-1,4,1\n",
    ),
    "brats": (
        "BraTS-GLI-00000-000/BraTS-GLI-00000-000-t1n.nii.gz",
        "labels.csv",
        "case_id,MGMT\nBraTS-GLI-00000-000,1\n",
    ),
    "tcga": (
        "TCGA-02-0006/TCGA-02-0006_1996.08.23_t1.nii.gz",
        "TCGA_molecular.csv",
        "Case,MGMT promoter status\nTCGA-02-0006,Methylated\n",
    ),
    "lgg-1p19q": ("LGG-104/LGG-104_T1.nii.gz", "TCIA_LGG_cases_159.csv", "Filename,1p/19q,MGMT\nLGG-104,d/d,methylated\n"),
    "rembrandt": (
        "HF1318_1994.04.23/HF1318_1994.04.23_t1_LPS_rSRI.nii.gz",
        "rembrandt_clinical.csv",
        "SUBJECT_ID,WHO_GRADE,MGMT\nHF1318,IV,positive\n",
    ),
    "bids": ("sub-01/anat/sub-01_T1w.nii.gz", "participants.tsv", "participant_id\tMGMT_status\nsub-01\tMethylated\n"),
}  # fmt: skip


@pytest.mark.parametrize("kind", LAYOUTS)
def test_every_format_reads_a_further_label(make_tree, kind):
    image, name, text = LAYOUTS[kind]
    folder = make_tree([image])
    (folder / name).write_text(text)
    given = {"clinical": folder / name} if kind == "brats" else {}
    cases, findings = read(kind, folder, **given)
    row = text.splitlines()[1].replace("\t", ",").split(",")
    spelling = next(cell for cell in row if cell.lower() in ("positive", "methylated", "1"))
    assert cases[["mgmt", "mgmt_source", "mgmt_raw"]].to_numpy().tolist() == [["methylated", "measured", spelling]]
    assert not {"no_label_column", "no_row"} & findings.keys()

    (folder / name).write_text(
        text[: text.rindex(spelling)] + "perhaps\n" if kind != "ucsf-pdgm" else text.replace(spelling, "perhaps")
    )
    with pytest.raises(
        CohortError, match="'perhaps' is no known spelling; allowed: unmethylated [(]unmethylated,"
    ) as error:
        read(kind, folder, **given)
    header = text.splitlines()[0].replace("\t", ",").split(",")
    column = next(name for name in header if "MGMT" in name)
    assert f"column {column!r}: 'perhaps'" in str(error.value)


@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_label_may_be_named_in_capitals(make_tree, kind):
    image, name, text = LAYOUTS[kind]
    folder = make_tree([image])
    (folder / name).write_text(text.replace("MGMT status", "MGMT promoter methylation"))
    given = {"clinical": folder / name} if kind == "brats" else {}
    cases, _ = read(kind, folder, {**VOCABULARY, "MGMT": MGMT["mgmt"]}, **given)
    assert cases[["MGMT", "MGMT_source"]].to_numpy().tolist() == [["methylated", "measured"]]


def test_a_table_without_the_column_leaves_the_label_unknown(make_tree):
    image, name, text = LAYOUTS["upenn-gbm"]
    folder = make_tree([image])
    (folder / name).write_text(text.replace(",MGMT", ",other"))
    cases, _ = read("upenn-gbm", folder)
    assert cases[["mgmt", "mgmt_source", "mgmt_raw"]].to_numpy().tolist() == [["", "", ""]]
    (folder / name).unlink()
    assert read("upenn-gbm", folder)[0]["mgmt"].tolist() == [""]


def test_a_session_has_its_own_further_labels(make_tree):
    folder = make_tree([f"sub-01/ses-{name}/anat/sub-01_ses-{name}_T1w.nii.gz" for name in "ab"])
    (folder / "participants.tsv").write_text("participant_id\tmgmt\nsub-01\tmethylated\n")
    (folder / "sub-01" / "sub-01_sessions.tsv").write_text("session_id\tMGMT\nses-a\tn/a\nses-b\tunmethylated\n")
    assert read("bids", folder)[0]["mgmt"].tolist() == ["methylated", "unmethylated"]


def test_the_columns_that_a_bids_table_lacks_are_named_with_the_further_ones(make_tree):
    folder = make_tree(["sub-01/anat/sub-01_T1w.nii.gz"])
    (folder / "participants.tsv").write_text("participant_id\thandedness\nsub-01\tR\n")
    _, findings = read("bids", folder)
    assert "mgmt, mgmt status, MGMT promoter status, …" in findings["no_label_column"].found


COUNTS = {
    "ucsf-pdgm": ("UCSF-PDGM-metadata_v5.csv", 501, {"": 85, "methylated": 302, "unmethylated": 114}),
    "upenn-gbm": ("UPENN-GBM_clinical_info_v2.1.csv", 671, {"": 380, "methylated": 121, "unmethylated": 170}),
    "utsw": ("UTSW_Glioma_Metadata-2-1.tsv", 625, {"": 344, "methylated": 114, "unmethylated": 167}),
}


@pytest.mark.parametrize("kind", COUNTS)
def test_mgmt_of_the_real_tables(make_tree, shared_data, kind):
    table, number, counts = COUNTS[kind]
    path = shared_data / "clinical" / table
    with path.open(encoding="utf-8-sig") as file:
        ids = [row[0] for row in csv.reader(file, delimiter="\t" if path.suffix == ".tsv" else ",")][1:]
    image = {
        "ucsf-pdgm": lambda case: f"{case}_nifti/{case}_T1.nii.gz",
        "upenn-gbm": lambda case: f"{case}/{case}_T1.nii.gz",
        "utsw": lambda case: f"{case}/brain_t1.nii.gz",
    }[kind]
    cases, findings = read(kind, make_tree(map(image, ids)), clinical=path)
    assert len(cases) == number
    assert cases["mgmt"].value_counts().to_dict() == counts
    assert "no_row" not in findings
