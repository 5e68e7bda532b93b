import csv

import pytest

from gliomanet.audit.rules.diagnoses import diagnosis_against_labels, read_words
from gliomanet.cohort.importers.feature_tables import read_feature_center
from tests.audit.cohorts import good_context


@pytest.mark.parametrize(
    ("diagnosis", "words"),
    [
        ("Glioblastoma, IDH-wildtype", ("glioblastoma", "wildtype", "", "")),
        ("Oligodendroglioma, IDH-mutant, 1p/19q-codeleted", ("oligodendroglioma", "mutant", "codeleted", "")),
        (
            "Oligodendroglioma, IDH mutant and 1p/19q co-deleted, WHO Grade III",
            ("oligodendroglioma", "mutant", "codeleted", "3"),
        ),
        ("Astrocytoma, IDH-mutant, 1p/19q non-codeleted, grade 2", ("astrocytoma", "mutant", "intact", "2")),
        ("astrocytoma, 1p/19q intact", ("astrocytoma", "", "intact", "")),
        ("OLIGOASTROCYTOMA, ANAPLASTIC", ("oligoastrocytoma", "", "", "")),
        ("OTHER", ("", "", "", "")),
        ("PLEOMORPHIC XANTHOASTROCYTOMA", ("xanthoastrocytoma", "", "", "")),
        ("Diffuse midline glioma, H3 K27-altered", ("midline", "", "", "")),
    ],
)
def test_what_words_say(diagnosis, words):
    assert read_words(diagnosis) == words


def test_the_real_words_of_ucsf(shared_data):
    clinical = shared_data / "clinical/UCSF-PDGM-metadata_v5.csv"
    cases, _ = read_feature_center("A", "train", shared_data / "real-radiomics/UCSF-PDGM.csv", clinical, "ucsf-pdgm")
    with clinical.open(encoding="utf-8-sig") as file:
        rows = {row["ID"]: row["Final pathologic diagnosis (WHO 2021)"] for row in csv.DictReader(file)}
    words = [rows[f"UCSF-PDGM-{int(case.rpartition('-')[2]):03d}"] for case in cases["case_id"]]
    findings = list(diagnosis_against_labels(good_context(cases=cases.assign(diagnosis=words))))
    assert {finding.rule for finding in findings} == {"diagnosis_of_an_earlier_edition"}
    assert len(findings) == sum(diagnosis == "Astrocytoma, IDH-wildtype" for diagnosis in words)
