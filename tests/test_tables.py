"""Tables are files that are equal when their content is, and text stays text."""

from __future__ import annotations

import pandas as pd
import pytest

from gliomanet.tables import cases_of_fold, failed_cases, read_table, read_tables, write_table


def test_ids_and_grades_stay_text_and_empty_stays_empty(tmp_path):
    table = pd.DataFrame({"case_id": ["007", "NA"], "grade": ["4", ""], "age": [61.5, None]})
    write_table(table, tmp_path / "t.tsv")
    back = read_table(tmp_path / "t.tsv")
    assert back["case_id"].tolist() == ["007", "NA"]
    assert back["grade"].tolist() == ["4", ""]
    assert back["age"].isna().tolist() == [False, True]


def test_equal_tables_are_equal_files_also_compressed(tmp_path):
    table = pd.DataFrame({"case_id": ["a"], "value": [1 / 3]})
    for name in ("x.tsv", "x.tsv.gz"):
        write_table(table, tmp_path / "one" / name)
        write_table(table, tmp_path / "two" / name)
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_exact_tables_keep_every_digit(tmp_path):
    values = [1 / 3, 123456.123456789, 5e-324, -3.203426503814917e-16]
    write_table(pd.DataFrame({"value": values}), tmp_path / "t.tsv", exact=True)
    assert read_table(tmp_path / "t.tsv")["value"].tolist() == values


def test_collects_tables_and_skips_those_without_rows(tmp_path):
    write_table(pd.DataFrame({"case_id": ["a"]}), tmp_path / "a.tsv")
    write_table(pd.DataFrame({"case_id": []}), tmp_path / "b.tsv")
    assert read_tables([tmp_path / "a.tsv", tmp_path / "b.tsv"])["case_id"].tolist() == ["a"]
    assert read_tables([]).empty


def test_failed_and_dropped_cases_are_those_that_are_not_ok(tmp_path):
    rows = {"case_id": ["a", "b", "c"], "status": ["ok", "failed", "dropped"]}
    write_table(pd.DataFrame(rows), tmp_path / "qc.tsv")
    assert failed_cases([tmp_path / "qc.tsv"]) == ["b", "c"]
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
