"""Tables are files that are equal when their content is, and text stays text."""

from __future__ import annotations

import gzip

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gliomanet.errors import CohortError
from gliomanet.tables.io import read_table, read_tables, write_table

CELLS = st.text(st.sampled_from("a1 '\"\t\n\r\\é#"), max_size=8)


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


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=4))
def test_text_with_quotes_tabs_and_line_ends_is_read_back_or_refused(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("law") / "t.tsv"
    table = pd.DataFrame(rows, columns=["case_id", "diagnosis", "idh_raw"])
    write_table(table, path)
    as_one_kind = table.replace("\r\n?", "\n", regex=True)
    # A cell with tabs and line ends may look like rows that two stray marks swallowed; nothing else is refused.
    if rules := rules_of(path):
        assert rules == {"rows_in_a_quoted_cell"}
        assert "\t" in "".join(as_one_kind.to_numpy().ravel())
    else:
        assert read_table(path).equals(as_one_kind)


def rules_of(path):
    """The rules that refuse a table."""
    try:
        read_table(path)
    except CohortError as error:
        return {problem.rule for problem in error.problems}
    return set()


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ('case_id\tsex\tdiagnosis\na\tF\t"GBM\nb\tM\tx\nc\tF\ty\n', "quote_not_closed", 2),
        ('case_id\tsex\tdiagnosis\na\tF\t"GBM\nb\tM\tx"\nc\tF\ty\n', "rows_in_a_quoted_cell", 2),
        ("case_id\tsex\tdiagnosis\na\tF\tx\nb\tM\nc\tF\ty\n", "ragged_row", 3),
        ("case_id\tsex\tdiagnosis\na\tF\tx\ty\n", "ragged_row", 2),
        (b"case_id\tsex\na\tF\nb\t\xff\n", "not_utf8", 3),
        ("case_id\tsex\na\tF\n\t\t\n", "ragged_row", 3),
        ("case_id\tsex\tsex\na\tF\tM\n", "column_twice", None),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_table_that_a_person_edited_loses_no_row(tmp_path, text, rule, line, packed):
    path = tmp_path / ("t.tsv.gz" if packed else "t.tsv")
    content = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(CohortError) as caught:
        read_table(path)
    (problem,) = caught.value.problems
    assert (problem.rule, problem.line, problem.file) == (rule, line, str(path))


def test_a_mark_behind_spaces_is_taken_as_it_was_checked(tmp_path):
    (tmp_path / "t.tsv").write_text('case_id\tx\ty\na\t1\t "two\nb"\nc\t2\tz\n')
    assert read_table(tmp_path / "t.tsv").to_numpy().tolist() == [["a", 1, "two\nb"], ["c", 2, "z"]]
