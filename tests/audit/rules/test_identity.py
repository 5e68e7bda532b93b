import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gliomanet.audit.rules.identity import case_id_in_two_centers, patient_under_two_names
from gliomanet.cohort.findings import findings_table
from tests.audit.cohorts import good_cases, good_context, put

SHARED = put(put(good_cases(8), "C-0001", patient_id="A-0001"), "B-0001", other_ids="a-1;BraTS2021_00001")


def found(cases, **changes):
    return list(patient_under_two_names(good_context(cases=cases, **changes)))


def test_a_patient_of_three_centres_is_told_beside_the_centre_that_leaks():
    by_case = {finding.case_id: finding for finding in found(SHARED)}
    assert by_case.keys() == {"B-0001", "C-0001"}
    assert by_case["B-0001"].severity == "error"
    assert "(case 'B-0001'), joined by other_ids of case 'B-0001'" in by_case["B-0001"].found
    assert by_case["C-0001"].severity == "fatal"
    assert by_case["C-0001"].found.endswith("one centre trains and the other tests")
    without = SHARED[SHARED["center"] != "A"]
    (left,) = found(put(without, "C-0001", patient_id="a-01"))
    assert (left.severity, left.case_id) == ("fatal", "C-0001")


def test_without_a_scenario_between_them_it_is_an_error():
    assert {finding.severity for finding in found(SHARED, leaks=frozenset())} == {"error"}


@given(st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_the_order_of_the_rows_decides_nothing(random):
    order = list(range(len(SHARED)))
    random.shuffle(order)
    assert findings_table(found(SHARED.iloc[order])).equals(findings_table(found(SHARED)))


def test_scans_of_one_patient_are_no_finding():
    cases = put(good_cases(8), "A-0002", patient_id="A-0001")
    assert found(cases) == []
    assert found(put(put(cases, "A-0001", case_id="S_11"), "A-0002", case_id="S_21")) == []


@pytest.mark.parametrize(("one", "other"), [("7", "007"), ("12", "12"), ("sub-01", "sub-1")])
def test_numbers_of_two_centres_are_two_people(one, other):
    assert found(put(put(good_cases(8), "A-0001", patient_id=one), "C-0001", patient_id=other)) == []


def test_a_number_as_case_id_says_nothing_about_patient_numbers():
    cases = good_cases(8)
    cases.loc[0, ["case_id", "patient_id"]] = ["1", "2"]
    cases.loc[1, ["case_id", "patient_id"]] = ["2", "1"]
    assert found(cases) == []


def test_a_case_id_names_its_patient_elsewhere():
    """BraTS cases that a mapping gave their patients' ids, and a collection that knows its BraTS ids."""
    cases = put(good_cases(8), "A-0001", case_id="BraTS2021_00097", patient_id="UCSF-PDGM-0004")
    (finding,) = found(put(cases, "C-0002", other_ids="BraTS2021_00097"))
    assert (finding.rule, finding.case_id) == ("patient_in_two_centers", "C-0002")


def test_unknown_other_ids_join_nobody():
    cases = good_cases(8).assign(other_ids="NA; ;unknown")
    assert found(cases) == []


def test_case_ids_of_centres_without_a_table_count():
    (finding,) = case_id_in_two_centers(good_context(known_ids={"P": ("P-1", "A-0001")}))
    assert (finding.rule, finding.severity, finding.center) == ("case_id_in_two_centers", "error", "P")
    assert finding.found == "case_id 'A-0001' is used by the centres A and P"
    twice = pd.concat([good_cases(8), good_cases(8)[:1].assign(center="B")])
    assert len(list(case_id_in_two_centers(good_context(cases=twice)))) == 1
