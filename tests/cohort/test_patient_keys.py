import pytest

from gliomanet.cohort.patient_keys import patient_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("UCSF-PDGM-004", "UCSF-PDGM-0004"),
        ("UCSF-PDGM-0004_nifti", "ucsf-pdgm-004"),
        ("UCSF-PDGM-0429_FU003d", "UCSF-PDGM-429"),
        ("tcga-fg-6692", "TCGA-FG-6692"),
        ("UPENN-GBM-00002_11", "UPENN-GBM-00002_21"),
        ("007", "7"),
    ],
)
def test_the_same_patient(one, other):
    assert patient_key(one) == patient_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("A-10", "A-1"), ("A-1", "B-1"), ("100", "1"), ("TCGA-02-0006", "TCGA-2-0007"), ("P_11", "P_21")]
)
def test_another_patient(one, other):
    assert patient_key(one) != patient_key(other)
