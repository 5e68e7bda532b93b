"""Every defect, planted in a copy of a good cohort, is found under its rule's name and with its severity."""

import time

import pandas as pd
import pytest

from gliomanet.audit.registry import audit_tables
from gliomanet.cohort.findings import findings_table
from gliomanet.cohort.vocabulary import harmonise
from tests.audit.cohorts import good_cases, good_context, put


def another_scan(cases, case_id, **values):
    scan = cases[cases["case_id"] == case_id].assign(case_id=f"{case_id}-x", scan="follow_up")
    return pd.concat([cases, scan.assign(**values)], ignore_index=True)


GOOD = good_cases()
# A-0002 is an oligodendroglioma of grade 3, A-0004 an astrocytoma of grade 4 (test_the_cases_that_are_spoiled).
A1, A2, A3 = ("A-0001", "A-0002", "A-0004")

DEFECTS = {
    # identity
    "training patient is an external one": (
        put(GOOD, "C-0001", patient_id="A-0001"),
        "patient_in_two_centers",
        "fatal",
    ),
    "by padding": (put(GOOD, "C-0001", patient_id="A-1"), "patient_in_two_centers", "fatal"),
    "by letter case": (put(GOOD, "C-0001", patient_id="a-0001"), "patient_in_two_centers", "fatal"),
    "in two training centres": (put(GOOD, "B-0001", patient_id="A-001_nifti"), "patient_in_two_centers", "error"),
    "two ids in a centre, padding": (put(GOOD, A2, patient_id="A-1"), "patient_under_two_ids", "error"),
    "two ids in a centre, _nifti": (put(GOOD, A2, patient_id="A-0001_nifti"), "patient_under_two_ids", "error"),
    "two ids in a centre, follow-up": (put(GOOD, A2, patient_id="A-0001_FU016d"), "patient_under_two_ids", "error"),
    "two numbers in a centre": (
        put(put(GOOD, A1, patient_id="007"), A2, patient_id="7"),
        "patient_under_two_ids",
        "error",
    ),
    "UPENN baseline and follow-up": (
        put(put(GOOD, A1, patient_id="UPENN-GBM-00002_11"), A2, patient_id="UPENN-GBM-00002_21"),
        "patient_under_two_ids",
        "error",
    ),
    "UCSF padding": (
        put(put(GOOD, A1, patient_id="UCSF-PDGM-004"), "C-0001", patient_id="UCSF-PDGM-0004"),
        "patient_in_two_centers",
        "fatal",
    ),
    "TCGA barcode of an aliquot": (
        put(put(GOOD, A1, patient_id="TCGA-FG-6692-01A-11R"), "C-0001", patient_id="tcga-fg-6692"),
        "patient_in_two_centers",
        "fatal",
    ),
    "TCGA site HT / Ht": (
        put(put(GOOD, A1, patient_id="TCGA-HT-7855"), "C-0001", patient_id="TCGA-Ht-7855"),
        "patient_in_two_centers",
        "fatal",
    ),
    "BraTS 2023 time points": (
        put(put(GOOD, A1, patient_id="BraTS-GLI-00005-000"), A2, patient_id="BraTS-GLI-00005-001"),
        "patient_under_two_ids",
        "error",
    ),
    "by other_ids": (put(GOOD, "C-0001", other_ids="BraTS2021_00097;A-0001"), "patient_in_two_centers", "fatal"),
    "by a common other id": (
        put(put(GOOD, A1, other_ids="BraTS2021_00097"), "C-0001", other_ids="BraTS2021_00097"),
        "patient_in_two_centers",
        "fatal",
    ),
    "one case id in two centres": (
        put(put(GOOD, A1, case_id="17"), "C-0001", case_id="17"),
        "case_id_in_two_centers",
        "error",
    ),
    # labels
    "codeleted and wildtype": (put(GOOD, A2, idh="wildtype", diagnosis=""), "who_contradiction", "warning"),
    "grade-4 oligodendroglioma, labels": (put(GOOD, A2, grade="4", diagnosis=""), "who_contradiction", "warning"),
    "wildtype, grade 3": (
        put(GOOD, A3, idh="wildtype", grade="3", grade_edition="2016", diagnosis=""),
        "labels_of_an_earlier_edition",
        "warning",
    ),
    # words
    "Astrocytoma, IDH-wildtype": (
        put(GOOD, A1, diagnosis="Astrocytoma, IDH-wildtype"),
        "diagnosis_of_an_earlier_edition",
        "warning",
    ),
    "glioblastoma, IDH-mutant": (put(GOOD, A3, diagnosis="GLIOBLASTOMA"), "diagnosis_of_an_earlier_edition", "warning"),
    "oligoastrocytoma": (put(GOOD, A3, diagnosis="OLIGOASTROCYTOMA"), "diagnosis_of_an_earlier_edition", "warning"),
    "grade-4 oligodendroglioma, words": (
        put(GOOD, A2, diagnosis="Oligodendroglioma, WHO grade IV"),
        "grade_4_oligodendroglioma",
        "warning",
    ),
    "grade-4 oligodendroglioma": (put(GOOD, A2, grade="4"), "grade_4_oligodendroglioma", "warning"),
    "oligodendroglioma without codeletion": (
        put(GOOD, A3, grade="3", diagnosis="OLIGODENDROGLIOMA, ANAPLASTIC"),
        "oligodendroglioma_without_codeletion",
        "warning",
    ),
    "midline glioma": (put(GOOD, A1, diagnosis="DIFFUSE MIDLINE GLIOMA"), "not_an_adult_type_glioma", "warning"),
    "words against the label": (
        put(GOOD, A1, diagnosis="Glioblastoma, IDH-mutant"),
        "diagnosis_against_labels",
        "warning",
    ),
    "codeleted astrocytoma": (
        put(GOOD, A2, diagnosis="Astrocytoma, IDH-mutant"),
        "diagnosis_against_labels",
        "warning",
    ),
    "glioblastoma of grade 3": (put(GOOD, A1, grade="3"), "diagnosis_against_labels", "warning"),
    # editions, sources, spellings
    "editions mixed in a centre": (put(GOOD, A1, grade_edition="2016"), "grade_editions_mixed", "note"),
    "edition unknown in one centre": (
        GOOD.assign(grade_edition=GOOD["center"].map({"A": "", "B": "2021", "C": "2021"})),
        "grade_editions_mixed",
        "note",
    ),
    "derived label": (put(GOOD, A1, codel_1p19q_source="derived"), "labels_derived", "note"),
    "another spelling": (put(GOOD, A2, idh_raw="IDH1 p.R132H"), "spellings_harmonised", "note"),
    "unknown": (put(GOOD, A2, idh="", idh_raw="NOS/NEC", diagnosis=""), "labels_missing", "note"),
    # columns
    "two columns alike": (
        GOOD.assign(grade=GOOD["idh"].map({"wildtype": "4", "mutant": "3"}), diagnosis=""),
        "label_columns_identical",
        "warning",
    ),
    "a constant label": (GOOD[(GOOD["center"] != "A") | (GOOD["idh"] == "mutant")], "label_column_constant", "warning"),
    "an empty label": (
        GOOD.assign(codel_1p19q=GOOD["codel_1p19q"].where(GOOD["center"] != "A", "")),
        "label_column_empty",
        "warning",
    ),
    "no label": (
        GOOD.assign(**{c: GOOD[c].where(GOOD["center"] != "A", "") for c in ("idh", "codel_1p19q", "grade")}),
        "no_label_in_a_training_center",
        "error",
    ),
    # persons
    "a child": (put(GOOD, A1, age=9.0), "age_of_a_child", "warning"),
    "aged 117": (put(GOOD, A1, age=117.0), "age_implausible", "warning"),
    "a scan of the other sex": (another_scan(GOOD, A1, sex="M"), "sex_differs_among_scans", "warning"),
    "a scan of another genotype": (
        another_scan(GOOD, A1, idh="mutant", diagnosis=""),
        "labels_differ_among_scans",
        "warning",
    ),
    "a younger follow-up": (another_scan(GOOD, A1, age=22.0), "age_differs_among_scans", "warning"),
    "survival in months": (
        GOOD.assign(os_event="1", os_days=[float(5 + n % 20) for n in range(len(GOOD))]),
        "survival_column_in_months",
        "warning",
    ),
    "days without their end": (put(GOOD, A1, os_days=300.0), "survival_told_by_half", "note"),
    "an end without days": (put(GOOD, A1, os_event="1"), "survival_told_by_half", "note"),
    "dead on one of two scans": (
        another_scan(put(GOOD, A1, os_days=300.0, os_event="1"), A1, os_event="0"),
        "survival_differs_among_scans",
        "warning",
    ),
    "a file that is not there": (put(GOOD, A1, t1="/nowhere/t1.nii.gz"), "file_missing", "error"),
    "one file for two modalities": (
        put(GOOD, A1, t1="/nowhere/t1.nii.gz", t2="/nowhere/t1.nii.gz"),
        "file_used_twice",
        "error",
    ),
    "one file for two cases": (
        put(put(GOOD, A1, t1="/nowhere/./t1.nii.gz"), A2, t1="/nowhere/t1.nii.gz"),
        "file_used_twice",
        "error",
    ),
    "one file for a teaching and a testing case": (
        put(put(GOOD, A1, t1="/nowhere/t1.nii.gz"), "C-0001", t1="/nowhere/t1.nii.gz"),
        "file_used_twice",
        "fatal",
    ),
}
BESIDE = {  # what another rule rightly says on the same planted defect
    "file_used_twice": {"file_missing"},
    "no_label_in_a_training_center": set(),
    "label_column_constant": {"label_columns_identical"},
    "grade_4_oligodendroglioma": {"who_contradiction", "diagnosis_against_labels"},
    "diagnosis_against_labels": {"labels_of_an_earlier_edition", "diagnosis_of_an_earlier_edition"},
    "diagnosis_of_an_earlier_edition": {"diagnosis_against_labels"},
    "labels_differ_among_scans": set(),
    "label_columns_identical": {"who_contradiction"},
}  # fmt: skip


def test_the_cases_that_are_spoiled():
    states = GOOD.set_index("case_id").loc[[A1, A2, A3], ["idh", "codel_1p19q", "grade"]].to_numpy().tolist()
    expected = [["wildtype", "intact", "4"], ["mutant", "codeleted", "3"], ["mutant", "intact", "4"]]
    assert states == expected
    assert GOOD.set_index("case_id").loc[A1, "sex"] == "F"


def test_nothing_above_a_note_is_found_in_a_good_cohort():
    findings = audit_tables(good_context())
    assert findings == []


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_found_and_named(defect):
    cases, rule, severity = DEFECTS[defect]
    findings = audit_tables(good_context(cases=cases))
    mine = [finding for finding in findings if finding.rule == rule]
    assert mine, [finding.rule for finding in findings]
    assert {finding.severity for finding in mine} == {severity}
    assert all(finding.found and finding.action for finding in findings)
    graver = {finding.rule for finding in findings if finding.severity != "note" and finding.rule != rule}
    assert graver <= BESIDE.get(rule, set())
    if severity != "note" and "column" not in rule and "label_in" not in rule:
        assert {finding.case_id for finding in mine} <= {*cases["case_id"]}


def test_every_rule_on_tables_is_planted():
    planted = {rule for _, rule, _ in DEFECTS.values()}
    rest = {
        *("mapping_table_unusable", "mapping_columns_not_used", "brain_mask_shared"),  # test_mapping_tables, test_files
        *(
            "reference_table_unusable",
            "labels_shifted_by_a_row",
            "labels_differ_from_reference_table",
        ),  # test_reference_table
    }
    assert len(planted | rest) >= 30


IDH = {
    "wildtype": ["wildtype", "Wild type", "WT", "0"],
    "mutant": ["mutated", "Mutant", "mutated (NOS)", "IDH1 p.R132H", "1"],
}
CODEL = {
    "intact": ["intact", "non co-deleted", "non-codel", "n/n"],
    "codeleted": ["co-deletion", "co-deleted", "codel", "d/d"],
}
MISSING = ["-1", "unknown", "NA", "NOS/NEC", "Not Available", "Indeterminate"]


@pytest.mark.parametrize(("label", "spellings"), [("idh", IDH), ("codel_1p19q", CODEL)])
def test_every_spelling_is_told_with_its_value_and_count(label, spellings):
    cases = GOOD
    expected = {}
    for value, raws in spellings.items():
        ids = GOOD.loc[(GOOD["center"] == "A") & (GOOD[label] == value), "case_id"]
        for case_id, raw in zip(ids, raws, strict=False):
            assert harmonise(label, raw) == value
            cases = put(cases, case_id, **{f"{label}_raw": raw})
            expected[raw] = value
    assert len(expected) == {"idh": 9, "codel_1p19q": 8}[label]
    (finding,) = [f for f in audit_tables(good_context(cases=cases)) if f.rule == "spellings_harmonised"]
    assert (finding.severity, finding.center, finding.file) == ("note", "A", f"{label}_raw")
    for raw, value in expected.items():
        assert raw == value or f"{raw!r} → {value} (1)" in finding.found


def test_every_spelling_of_missing_is_counted():
    cases = GOOD
    for number, raw in enumerate([*MISSING, "unknown", ""]):
        assert harmonise("idh", raw) == ""
        cases = put(cases, f"A-{number + 1:04d}", idh="", idh_raw=raw, diagnosis="")
    (finding,) = [f for f in audit_tables(good_context(cases=cases)) if f.rule == "labels_missing"]
    assert finding.severity == "note"
    assert "idh is unknown for 8 cases of 24: empty (1)," in finding.found
    assert all(f"{raw!r} ({2 if raw == 'unknown' else 1})" in finding.found for raw in MISSING)


def test_findings_of_equal_cohorts_are_equal_tables():
    cases, _, _ = DEFECTS["by a common other id"]
    one, other = (findings_table(audit_tables(good_context(cases=cases))) for _ in range(2))
    assert one.equals(other)
    assert one.loc[0, "severity"] == "fatal"


def test_ten_times_the_cases_take_no_more_than_some_ten_times_as_long():
    def seconds(number):
        cases = good_cases(number)
        # every patient of B is also at C, so that the identity rules have work to do
        cases.loc[cases["center"] == "C", "other_ids"] = cases.loc[cases["center"] == "B", "patient_id"].to_numpy()
        context = good_context(cases=cases)
        begin = time.process_time()
        findings = audit_tables(context)
        assert sum(f.rule == "patient_in_two_centers" for f in findings) == number
        return time.process_time() - begin

    seconds(20)
    small, large = min(seconds(167), seconds(167)), seconds(1667)  # 500 and 5,000 cases
    assert large < 20 * small + 0.5
    assert small < 2
