"""No row of a delimited text is lost: what is read is what was written, or refused."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gliomanet.tables.delimited import LONGEST_CELL, read_records

PLAIN = st.text(st.sampled_from("ab1 .'-ü"), max_size=4)
ANY = st.text(st.sampled_from('ab ,;"\n\t2'), max_size=6)


def cells_of(text, separator=",", **options):
    records, problems = read_records(text, separator, **options)
    return [record.cells for record in records], [(problem.rule, problem.line) for problem in problems]


@given(st.lists(st.lists(ANY, min_size=3, max_size=3), min_size=1, max_size=5), st.sampled_from(",;\t"))
def test_what_a_writer_of_csv_quotes_is_read_back_or_refused(rows, separator):
    target = io.StringIO()
    csv.writer(target, delimiter=separator, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    found, problems = cells_of(target.getvalue(), separator)
    assert problems or found == rows
    if not any("\n" in cell for row in rows for cell in row):
        assert problems == []


@given(st.integers(2, 5), st.data())
def test_two_marks_left_anywhere_never_swallow_a_row(width, data):
    rows = data.draw(st.lists(st.lists(PLAIN, min_size=width, max_size=width), min_size=2, max_size=6))
    assume(any(rows[0]))  # the header: an empty line is none
    marked = [row.copy() for row in rows]
    for at_start in (True, False):
        row = data.draw(st.sampled_from(marked[1:]))
        place = data.draw(st.integers(0, width - 1))
        row[place] = f'"{row[place]}' if at_start else f'{row[place]}"'
    found, problems = cells_of("\n".join(",".join(row) for row in marked))
    assert problems or len(found) == len(rows)


@given(st.text(st.sampled_from('a,"\n \r'), max_size=40))
def test_the_rows_that_are_read_cover_every_line_of_the_text(text):
    records, problems = read_records(text, ",")
    count = len(text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")) if text else 0
    if not problems and count:
        starts = [record.line for record in records]
        spans = [record.cells for record in records]
        ends = [start + sum(cell.count("\n") for cell in cells) for start, cells in zip(starts, spans, strict=True)]
        assert starts[0] == 1
        assert [end + 1 for end in ends] == [*starts[1:], count + 1]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ('id,d\na,"GBM\nb,x\n', [("quote_not_closed", 2)]),
        ('id,d\na,"GBM" left\nb,x\n', [("text_after_quote", 2)]),
        ('id,t,d\na,1,"GBM\nb,2,GBM"\nc,3,x\n', [("rows_in_a_quoted_cell", 2)]),
        ('id,t,d\na,"1,GBM\nb,2",GBM\nc,3,x\n', [("rows_in_a_quoted_cell", 2)]),
        ('id,t,d\na,1,"GBM\nb,2,x\nc,3,"y"\n', [("text_after_quote", 2)]),
        ('"id,d\na,x\nb,y"\n', [("rows_in_a_quoted_cell", 1)]),
        ('id,t,d\n"a, b",1,"GBM\nb,2,GBM"\n', [("rows_in_a_quoted_cell", 2)]),
        ('id,t,d\na,1,"GBM\nb,"2, 3",GBM\n', [("text_after_quote", 2)]),
        ("id,d\na,x\0y\n", [("nul_byte", 2)]),
        (f"id,d\na,{'x' * (LONGEST_CELL + 1)}\n", [("cell_too_long", 2)]),
    ],
)
def test_marks_and_cells_that_are_refused(text, problems):
    assert cells_of(text)[1][: len(problems)] == problems


def test_a_pair_of_stray_marks_names_both_lines():
    (problem,) = read_records('id,t\na,"x\nb,y"\n', ",")[1]
    assert problem.line == 2
    assert "closes in line 3" in problem.found


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('id,d,s\na,"Astrocytoma,\nIDH-mutant",F\n', ["a", "Astrocytoma,\nIDH-mutant", "F"]),
        ('id,d,s\n"a\nb",x,"y\nz"\n', ["a\nb", "x", "y\nz"]),
        # Lines of one cell that hold as many separators as a row, or more, but could be no two rows.
        (
            'id,s,d\na,M,"moved, blurred, dark,\nno T2, no FLAIR, no mask"\n',
            ["a", "M", "moved, blurred, dark,\nno T2, no FLAIR, no mask"],
        ),
        ('id,d,s\na,2" lesion,5\'6"\n', ["a", '2" lesion', "5'6\""]),
        ('id,d,s\na, "x, y" ,"say ""so"""\n', ["a", "x, y", 'say "so"']),
        ('id,d,s\na,"",""""\n', ["a", "", '"']),
        (f"id,d,s\na,{'x' * LONGEST_CELL},F\n", ["a", "x" * LONGEST_CELL, "F"]),
    ],
)
def test_cells_that_are_read(text, row):
    found, problems = cells_of(text)
    assert problems == []
    assert found[1] == row


def test_a_table_of_bids_knows_no_quoting():
    found, problems = cells_of('id\td\na\t"GBM, left\nb\tx"\n', "\t", quoted=False)
    assert (found[1:], problems) == ([["a", '"GBM, left'], ["b", 'x"']], [])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(end):
    assert cells_of(end.join(["id,d", "a,x", "b,y", ""]))[0] == [["id", "d"], ["a", "x"], ["b", "y"]]


@pytest.mark.parametrize("above", ["\n", ",\n"])
def test_a_line_above_the_header_does_not_say_how_wide_rows_are(above):
    found, problems = cells_of(f'{above}id,t,d\na,1,"GBM, left\nseen, again"\n')
    assert problems == []
    assert found[-1] == ["a", "1", "GBM, left\nseen, again"]
