from pathlib import Path

import pytest

from gliomanet.cohort.case_ids import known_patient, rewritten_id_problems
from gliomanet.cohort.remarks import heard_remarks

TABLE = Path("ward.tsv")


@pytest.mark.parametrize(
    "cell", ["123.0", "1.23E+11", "1,23E+11", "2e+05", "2025-03-02", "2-Mar", "Mar-02", "3/4/2025"]
)
def test_an_id_that_a_spreadsheet_changed_is_refused(cell):
    (problem,) = rewritten_id_problems(TABLE, "case_id", ["P-1", cell, cell])
    assert (problem.rule, problem.column, problem.file) == ("rewritten_id", "case_id", "ward.tsv")
    assert repr(cell) in problem.found


@pytest.mark.parametrize(
    "cell",
    ["123", "007", "1.2", "1.2.840.113619", "001.0", "E11", "1E5", "may-be", "sub-01_ses-2", "1996.08.23", "12-34"],
)
def test_an_id_of_its_own_kind_is_none(cell):
    assert rewritten_id_problems(TABLE, "case_id", [cell]) == []


def test_many_of_one_kind_are_one_problem():
    (problem,) = rewritten_id_problems(TABLE, "id", [f"{n}.0" for n in range(1, 41)])
    assert "'1.0' (and 39 more like it)" in problem.found


def test_a_word_for_unknown_makes_no_patient_of_many():
    with heard_remarks() as remarks:
        assert [
            known_patient(TABLE, case, cell) for case, cell in (("a", "NA"), ("b", "n/a"), ("c", ""), ("d", "P1"))
        ] == [*("a", "b", "c", "P1")]
    assert [(one.rule, one.severity, one.case_id) for one in remarks] == [
        ("patient_unknown", "warning", "a"),
        ("patient_unknown", "warning", "b"),
    ]
