"""Tables are files that are equal when their content is, and text stays text."""

from __future__ import annotations

import pandas as pd

from gliomanet.tables.io import read_table, read_tables, write_table


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


def test_further_labels_whose_values_look_like_numbers_stay_text(tmp_path):
    table = pd.DataFrame(
        {"case_id": ["a", "b"], "ki67": ["1", ""], "ki67_source": ["measured", ""], "ki67_raw": ["01", ""]}
    )
    write_table(table.assign(count=[1, 2]), tmp_path / "t.tsv")
    back = read_table(tmp_path / "t.tsv")
    assert back.drop(columns="count").equals(table)
    assert back["count"].tolist() == [1, 2]
