import pandas as pd
import pytest

from gliomanet.cohort.cases_of_fold import cases_of_fold
from gliomanet.cohort.splits import cases_not_used
from gliomanet.tables.io import write_table


def test_failed_and_dropped_cases_are_those_that_are_not_ok(tmp_path):
    rows = {"case_id": ["c", "b", "a"], "center": ["X", "Y", "X"], "status": ["dropped", "failed", "ok"]}
    write_table(pd.DataFrame(rows), tmp_path / "qc.tsv")
    assert cases_not_used([tmp_path / "qc.tsv"]) == [("X", "c"), ("Y", "b")]
    assert cases_not_used([]) == []


def test_excluded_cases_are_out_and_those_to_review_are_in(tmp_path):
    decided = {"case_id": ["1", "2", "3", "4"], "center": ["X"] * 4, "status": ["ok", "ok", "ok", "failed"]}
    decided["decision"] = ["keep", "review", "exclude", ""]
    write_table(pd.DataFrame(decided), tmp_path / "new.tsv")
    write_table(pd.DataFrame({"case_id": ["o"], "center": ["Y"], "status": ["ok"]}), tmp_path / "old.tsv")
    assert cases_not_used([tmp_path / "new.tsv", tmp_path / "old.tsv"]) == [("X", "3"), ("X", "4")]


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
