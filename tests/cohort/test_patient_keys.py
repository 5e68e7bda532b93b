import pytest

from gliomanet.cohort.patient_keys import case_key, is_local, patient_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("UCSF-PDGM-004", "UCSF-PDGM-0004"),
        ("UCSF-PDGM-0004_nifti", "ucsf-pdgm-004"),
        ("UCSF-PDGM-0429_FU003d", "UCSF-PDGM-429"),
        ("tcga-fg-6692", "TCGA-FG-6692"),
        ("UPENN-GBM-00002_11", "UPENN-GBM-00002_21"),
        ("007", "7"),
        ("UCSF-PDGM-0391_FU016d_nifti", "UCSF-PDGM-391"),
        ("UPENN-GBM-00002_11_unstripped", "UPENN-GBM-00002_21"),
        ("TCGA-FG-6692-01A-11R-1896-13", "tcga-fg-6692"),
        ("TCGA-02-0006_1996.08.23", "TCGA-02-0006"),
        ("TCGA-HT-7855", "TCGA-Ht-7855"),
        ("BraTS-GLI-00005-000", "BraTS-GLI-00005-001"),
        ("sub-01_ses-02", "sub-1"),
        ("sub-01a_ses-02", "sub-01a"),
        ("BT0001", "BT001"),
        ("P007", "P7"),
    ],
)
def test_the_same_patient(one, other):
    assert patient_key(one) == patient_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A-10", "A-1"),
        ("BT010", "BT01"),
        ("CN-FU001", "CN-FU002"),
        ("HOSP_FUJITA07", "HOSP_FUJITA08"),
        ("HOSP_FUJITA07", "HOSP"),
        ("HOSP_FU016d", "HOSP_FU017d"),
        ("A-1", "B-1"),
        ("100", "1"),
        ("TCGA-02-0006", "TCGA-2-0007"),
        ("P_11", "P_21"),
        ("TCGA-FG-6692", "TCGA-FG-6693"),
        ("BraTS-GLI-00005-000", "BraTS-GLI-00006-000"),
    ],
)
def test_another_patient(one, other):
    assert patient_key(one) != patient_key(other)


def test_a_cases_key_keeps_what_tells_a_patients_scans_apart():
    assert case_key("UCSF-PDGM-004") == case_key("UCSF-PDGM-0004_nifti")
    assert case_key("UCSF-PDGM-0429") != case_key("UCSF-PDGM-0429_FU003d")
    assert case_key("UPENN-GBM-00002_11") != case_key("UPENN-GBM-00002_21")


@pytest.mark.parametrize(
    ("identifier", "local"),
    [("007", True), ("sub-12", True), ("Patient 3", True), ("EGD-0012", False), ("P12x", False)],
)
def test_plain_numbers_name_a_patient_in_one_centre_only(identifier, local):
    assert is_local(identifier) is local
