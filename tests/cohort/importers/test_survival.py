"""Survival as the collections' own tables tell it."""

import pytest

from gliomanet.cohort.importers.case_table import import_center
from gliomanet.tables.cohort import SURVIVAL

MODALITIES = ("t1", "t1Gd", "t2", "flair")


def told(cases):
    """Case → its survival, unknown numbers as None."""
    rows = cases[["case_id", *SURVIVAL]].astype(object).where(cases[["case_id", *SURVIVAL]].notna(), None)
    return {row[0]: tuple(row[1:]) for row in rows.to_numpy().tolist()}


def test_ucsf_pdgm(make_tree):
    folder = make_tree([f"UCSF-PDGM-000{n}_nifti/UCSF-PDGM-000{n}_T1.nii.gz" for n in (4, 5)])
    (folder / "UCSF-PDGM-metadata_v5.csv").write_text(
        "ID,Sex,Age at MRI,WHO CNS Grade,1p/19q,IDH,1-dead 0-alive,OS,EOR\n"
        "UCSF-PDGM-004,M,66,4,unknown,wildtype,1,1303,STR\nUCSF-PDGM-005,F,80,4,unknown,wildtype,1,,biopsy\n"
    )
    cases, _ = import_center("ucsf-pdgm", "UCSF", "train", folder)
    assert told(cases) == {
        "UCSF-PDGM-0004": (1303, "1", "subtotal", None),
        "UCSF-PDGM-0005": (None, "1", "biopsy", None),
    }


def test_upenn_gbm(make_tree):
    ids = [f"UPENN-GBM-0000{n}_11" for n in range(4)]
    folder = make_tree([f"images/{name}/{name}_T1.nii.gz" for name in ids])
    rows = (
        "960,Deceased,Not Available,90,Y",
        "Not Available,Alive,3000,Not Available,N",
        "Not Available,Deceased - uncertain date of death,24,100,Not Available",
        "Not Available,Lost to Follow-up,Not Available,30,Not Applicable",
    )
    (folder / "UPENN-GBM_clinical_info_v2.1.csv").write_text(
        "ID,Gender,Age_at_scan_years,IDH1,Survival_from_surgery_days_UPDATED,Survival_Status,Survival_Censor,KPS,"
        "GTR_over90percent\n" + "".join(f"{name},F,52,Wildtype,{row}\n" for name, row in zip(ids, rows, strict=True))
    )
    cases, findings = import_center("upenn-gbm", "UPENN", "train", folder)
    assert list(told(cases).values()) == [
        (960, "1", "gross_total", 90),
        (3000, "0", "not_gross_total", None),
        (24, "0", "", 100),
        (None, "0", "", 30),
    ]
    assert [finding.case_id for finding in findings if finding.rule == "undated_death"] == [ids[2]]


@pytest.mark.parametrize(
    ("columns", "cells", "expected"),
    [
        ("days_to_death,days_to_last_follow_up,vital_status", "431,'--,Dead", (431, "1")),
        ("days_to_death,days_to_last_follow_up,vital_status", "'--,900,Alive", (900, "0")),
        # dead on a day that is not known: alive on that of the last follow-up
        ("days_to_death,days_to_last_follow_up,vital_status", "'--,500,Dead", (500, "0")),
        ("Overall Survival (Months),Overall Survival Status", "12,1:DECEASED", (365.2, "1")),
        ("OS.time,OS", "77,0", (77, "0")),
    ],
)
def test_tcga(make_tree, columns, cells, expected):
    folder = make_tree([f"TCGA-02-0006/TCGA-02-0006_1996.08.23_{name}.nii.gz" for name in MODALITIES])
    (folder / "clinical.csv").write_text(
        f"Case,Grade,{columns},karnofsky_performance_score\nTCGA-02-0006,G4,{cells},80\n"
    )
    cases, _ = import_center("tcga", "TCGA", "external", folder)
    assert told(cases) == {"TCGA-02-0006_1996.08.23": (*expected, "", 80)}


def test_brats(make_tree):
    ids = [f"BraTS20_Training_00{n}" for n in (1, 2, 3)]
    folder = make_tree([f"{name}/{name}_{modality}.nii.gz" for name in ids for modality in ("t1", "flair")])
    (folder / "survival_info.csv").write_text(
        "Brats20ID,Age,Survival_days,Extent_of_Resection\n"
        f"{ids[0]},60.463,289,GTR\n{ids[1]},50.1,ALIVE (361 days later),NA\n{ids[2]},50.1,NA,STR\n"
    )
    cases, _ = import_center("brats", "B", "external", folder)
    assert list(told(cases).values()) == [
        (289, "1", "gross_total", None),
        (361, "0", "", None),
        (None, "", "subtotal", None),
    ]


def test_days_of_another_table_of_brats_are_no_deaths(make_tree):
    folder = make_tree([f"BraTS20_Training_001/BraTS20_Training_001_{modality}.nii.gz" for modality in ("t1", "flair")])
    (folder / "survival_info.csv").write_text("Brats20ID,Age,OS (days)\nBraTS20_Training_001,60.5,289\n")
    cases, _ = import_center("brats", "B", "external", folder)
    assert told(cases) == {"BraTS20_Training_001": (289, "", "", None)}
