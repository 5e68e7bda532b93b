import pandas as pd
import pytest

from gliomanet.cohort.selection import cases_of_fold, failed_cases
from gliomanet.tables import write_table


def test_failed_and_dropped_cases_are_those_that_are_not_ok(tmp_path):
    rows = {"case_id": ["c", "b", "a"], "center": ["X", "Y", "X"], "status": ["dropped", "failed", "ok"]}
    write_table(pd.DataFrame(rows), tmp_path / "qc.tsv")
    assert failed_cases([tmp_path / "qc.tsv"]) == [("X", "c"), ("Y", "b")]
    assert failed_cases([]) == []


def test_a_fold_holds_its_own_cases_with_their_part():
    splits = pd.DataFrame(
        {
            "case_id": ["a", "b", "a"],
            "center": ["X"] * 3,
            "fold": ["0", "0", "1"],
            "part": ["train", "validation", "train"],
        }
    )
    cases = pd.DataFrame({"case_id": ["b", "a"], "center": ["X", "X"], "idh": ["mutant", ""]})
    found = cases_of_fold(splits, cases, "0")
    assert found[["case_id", "part", "idh"]].to_numpy().tolist() == [["a", "train", ""], ["b", "validation", "mutant"]]


def test_a_case_listed_twice_is_an_error():
    splits = pd.DataFrame({"case_id": ["a"], "center": ["X"], "fold": ["0"], "part": ["train"]})
    cases = pd.DataFrame({"case_id": ["a", "a"], "center": ["X", "X"]})
    with pytest.raises(pd.errors.MergeError):
        cases_of_fold(splits, cases, "0")
