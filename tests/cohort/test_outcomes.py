"""Survival's columns: what their cells mean, and what is refused."""

import math

import pytest

from gliomanet.cohort.outcomes import read_days, read_kps
from gliomanet.cohort.read_rows import CellError
from gliomanet.cohort.table import read_case_table
from gliomanet.cohort.vocabulary import harmonise
from gliomanet.errors import CohortError

HEADER = "case_id\tt1\tos_days\tos_event\tresection\tkps\n"


@pytest.mark.parametrize(
    ("raw", "days"),
    [("448", 448), ("0", 0), ("448.5", 448.5), ("448,5", 448.5), ("12 days", 12), ("36525", 36_525)],
)
def test_days(raw, days):
    assert read_days(raw) == days


@pytest.mark.parametrize(
    ("raw", "meaning"),
    [
        ("-3", "before its start"),
        ("43831", "a date as a spreadsheet counts it"),
        ("2019-03-04", "a date"),
        ("14 months", ""),
        ("dead", ""),
    ],
)
def test_no_days(raw, meaning):
    with pytest.raises(CellError) as error:
        read_days(raw)
    assert error.value.problem.rule == "no_days"
    assert repr(raw) in error.value.problem.found
    assert meaning in error.value.problem.found


@pytest.mark.parametrize(("raw", "kps"), [("0", 0), ("90", 90), ("100.0", 100), ("80%", 80), ("KPS 70", 70)])
def test_kps(raw, kps):
    assert read_kps(raw) == kps


@pytest.mark.parametrize("raw", ["85", "110", "-10", "1", "good"])
def test_no_kps(raw):
    with pytest.raises(CellError) as error:
        read_kps(raw)
    assert error.value.problem.rule == "no_kps"
    assert ("ECOG" in error.value.problem.found) == (raw == "1")


@pytest.mark.parametrize("cell", ["", "Not Available", "unknown", "'--", "[Not Applicable]"])
def test_unknown(cell):
    assert math.isnan(read_days(cell))
    assert math.isnan(read_kps(cell))
    assert harmonise("os_event", cell) == harmonise("resection", cell) == ""


@pytest.mark.parametrize(
    ("column", "raw", "value"),
    [
        ("os_event", "1:DECEASED", "1"),
        ("os_event", "Alive", "0"),
        ("os_event", "0.0", "0"),
        ("resection", "GTR", "gross_total"),
        ("resection", "partial", "subtotal"),
        ("resection", "Biopsy", "biopsy"),
    ],
)
def test_words(column, raw, value):
    assert harmonise(column, raw) == value


def test_a_table_is_told_every_wrong_cell(tmp_path):
    path = tmp_path / "cases.tsv"
    path.write_text(f"{HEADER}a\ta.nii\t-2\t2\tsome\t95\nb\tb.nii\t10\t1\tGTR\t90\n")
    with pytest.raises(CohortError) as error:
        read_case_table(path, "A", "train")
    found = {(problem.case, problem.column, problem.rule) for problem in error.value.problems}
    assert found == {
        ("a", "os_days", "no_days"),
        ("a", "os_event", "unknown_spelling"),
        ("a", "resection", "unknown_spelling"),
        ("a", "kps", "no_kps"),
    }
    assert all(problem.action for problem in error.value.problems)


def test_a_table_holds_numbers_and_words(tmp_path):
    path = tmp_path / "cases.tsv"
    path.write_text(f"{HEADER}a\ta.nii\t\t\t\t\nb\tb.nii\t10\tdead\tGTR\t90\n")
    cases = read_case_table(path, "A", "train")
    assert cases["os_days"].isna().tolist() == cases["kps"].isna().tolist() == [True, False]
    assert (cases["os_days"][1], cases["kps"][1]) == (10, 90)
    assert cases["os_event"].tolist() == ["", "1"]
    assert cases["resection"].tolist() == ["", "gross_total"]
