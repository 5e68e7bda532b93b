"""Hospitals' workbooks: what a person sees in a cell is what is read, or an error names the cell."""

from __future__ import annotations

import datetime
import re
import zipfile

import openpyxl
import pytest

from gliomanet.cohort.read_rows import no_column, read_rows
from gliomanet.cohort.remarks import heard_remarks
from gliomanet.errors import CohortError

HEAD = ["case_id", "patient_id", "idh", "age"]
TWO = [["a", "p1", "mutant", 40], ["b", None, "wildtype", 50]]


def workbook(path, rows, change=lambda book, sheet: None):
    book = openpyxl.Workbook()
    book.active.title = "ward"
    for row in rows:
        book.active.append(row)
    change(book, book.active)
    book.save(path)
    return path


def read(path):
    with heard_remarks() as remarks:
        header, rows = read_rows(path)
    return header, [list(row.values()) for row in rows], [(one.rule, one.severity) for one in remarks]


def problem_of(path):
    with pytest.raises(CohortError) as caught:
        read_rows(path)
    (problem,) = caught.value.problems
    return problem


def with_formula_results(path, results, asks=False):
    """Put results into formula cells, as a program that calculates does; openpyxl cannot."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    for cell, (kind, value) in results.items():
        sheet = re.sub(
            rf'<c r="{cell}"([^>]*)><f>(.*?)</f><v ?/?>(</v>)?',
            rf'<c r="{cell}"\1{kind}><f>\2</f><v>{value}</v>',
            sheet,
        )
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    if not asks:
        parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b' fullCalcOnLoad="1"', b"")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_the_first_sheet_is_read_as_text_and_the_others_are_noted(tmp_path):
    rows = [["Filename", "1p/19q", "age", None], ["LGG-104", "d/d", 45.0, None], [None] * 4, ["007", "n/n", 45.5, None]]
    path = workbook(tmp_path / "x.xlsx", rows, lambda book, sheet: book.create_sheet("notes").append(["not read"]))
    header, found, remarks = read(path)
    assert header == ["Filename", "1p/19q", "age"]
    assert found == [["LGG-104", "d/d", "45"], ["007", "n/n", "45.5"]]
    assert remarks == [("other_sheets", "note")]


def test_a_table_that_starts_below_blank_rows_beside_a_blank_column_is_read(tmp_path):
    path = workbook(tmp_path / "x.xlsx", [[], [], [None, *HEAD], [None, "a", "p1", "mutant", 40]])
    assert read(path) == (HEAD, [["a", "p1", "mutant", "40"]], [])


@pytest.mark.parametrize(
    ("content", "rule"), [(b"PK not a zip", "not_a_workbook"), (b"PK\x03\x04", "not_a_workbook"), (None, "no_header")]
)
def test_a_workbook_that_is_none_or_empty(tmp_path, content, rule):
    path = workbook(tmp_path / "cases.xlsx", [])
    if content is not None:
        path.write_bytes(content)
    assert problem_of(path).rule == rule


def test_a_workbook_is_known_by_its_content(tmp_path):
    path = workbook(tmp_path / "x.xlsx", [HEAD, TWO[0]]).rename(tmp_path / "x.csv")
    assert read(path)[1] == [["a", "p1", "mutant", "40"]]


def test_a_cell_merged_over_rows_stands_for_each_of_them(tmp_path):
    rows = [HEAD, TWO[0], ["b", None, None, 41], ["c", "p2", "wildtype", 60]]

    def merge(book, sheet):
        sheet.merge_cells("B2:B3")
        sheet.merge_cells("C2:C3")

    _, found, remarks = read(workbook(tmp_path / "x.xlsx", rows, merge))
    assert found == [["a", "p1", "mutant", "40"], ["b", "p1", "mutant", "41"], ["c", "p2", "wildtype", "60"]]
    assert remarks == [("merged_cells_filled", "note")]


@pytest.mark.parametrize("area", ["C2:D2", "B1:C1", "C1:C2", "A3:D3"])
def test_cells_merged_over_columns_or_with_the_header_are_refused(tmp_path, area):
    path = workbook(tmp_path / "x.xlsx", [HEAD, *TWO], lambda book, sheet: sheet.merge_cells(area))
    problem = problem_of(path)
    assert problem.rule == "merged_cells"
    assert f"{area} of sheet 'ward'" in problem.found


def test_formulas_that_nothing_has_calculated_are_refused_by_cell(tmp_path):
    rows = [HEAD, ["a", "p1", '=IF(1=1,"mutant","wildtype")', "=2020-1960"], *TWO[1:]]
    problem = problem_of(workbook(tmp_path / "x.xlsx", rows))
    assert problem.rule == "formula_without_result"
    assert "C2, D2 of sheet 'ward'" in problem.found


@pytest.mark.parametrize("kind", ["", ' t="str"'])
@pytest.mark.parametrize("left", ["", "0"])
def test_what_writers_leave_in_place_of_a_result_is_none(tmp_path, kind, left):
    path = workbook(tmp_path / "x.xlsx", [HEAD, ["a", "p1", '=IF(1=1,"mutant","x")', 40]])
    problem = problem_of(with_formula_results(path, {"C2": (kind, left)}, asks=True))
    assert problem.rule == "formula_without_result"


def test_formulas_are_known_whatever_prefix_the_elements_have(tmp_path):
    path = workbook(tmp_path / "x.xlsx", [HEAD, ["a", "p1", '=IF(1=1,"mutant","x")', 40]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = re.sub(r"<(/?)(?=\w)", r"<\1x:", parts["xl/worksheets/sheet1.xml"].decode()).replace("xmlns=", "xmlns:x=")
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert problem_of(path).rule == "formula_without_result"


def test_results_of_formulas_are_read_and_an_empty_text_is_one(tmp_path):
    path = workbook(tmp_path / "x.xlsx", [HEAD, ["a", '=IF(1=1,"","p")', '=IF(1=1,"mutant","x")', "=0+0"]])
    results = {"B2": (' t="str"', ""), "C2": (' t="str"', "mutant"), "D2": ("", "0")}
    assert read(with_formula_results(path, results))[1] == [["a", "", "mutant", "0"]]


def test_a_failed_look_up_names_its_row_and_column(tmp_path):
    problem = problem_of(workbook(tmp_path / "x.xlsx", [HEAD, ["a", "#N/A", "mutant", 40]]))
    assert (problem.rule, problem.line, problem.column) == ("calculation_failed", 2, "patient_id")


def test_hidden_rows_and_columns_are_read_with_a_warning(tmp_path):
    def hide(book, sheet):
        sheet.row_dimensions[3].hidden = True
        sheet.row_dimensions[9].hidden = True  # blank
        sheet.column_dimensions["C"].hidden = True

    path = workbook(tmp_path / "x.xlsx", [HEAD, *TWO], hide)
    with heard_remarks() as remarks:
        assert [row["idh"] for row in read_rows(path)[1]] == ["mutant", "wildtype"]
    assert [(one.rule, one.severity) for one in remarks] == [("hidden_cells", "warning")] * 2
    assert remarks[0].found.startswith("1 row of sheet 'ward' hidden")
    assert remarks[0].found.endswith(": 3")
    assert remarks[1].found.endswith(": C (idh)")


def test_a_hidden_first_sheet_is_not_the_table(tmp_path):
    def hide(book, sheet):
        other = book.create_sheet("shown")
        other.append(HEAD)
        other.append(["c", "p9", "mutant", 30])
        sheet.sheet_state = "hidden"

    assert read(workbook(tmp_path / "x.xlsx", [["lists"], ["mutant"]], hide))[1] == [["c", "p9", "mutant", "30"]]


@pytest.mark.parametrize("rows", [[HEAD], [["Year 2020"], HEAD], [[name.upper() for name in HEAD]], [HEAD[:-1]]])
def test_a_sheet_of_the_same_columns_that_is_not_read_is_warned_of(tmp_path, rows):
    def second_year(book, sheet):
        other = book.create_sheet("2020")
        for row in rows:
            other.append(row)
        other.append(["c", "p3", "mutant", 30])

    assert read(workbook(tmp_path / "x.xlsx", [HEAD, *TWO], second_year))[2] == [("sheets_not_read", "warning")]


def test_a_title_above_the_header_and_a_table_on_another_sheet_are_found(tmp_path):
    problem = problem_of(workbook(tmp_path / "x.xlsx", [["Table S1. Patients"], HEAD, TWO[0]]))
    assert (problem.rule, problem.line) == ("header_not_first", 1)
    assert "line 2 looks like the header" in problem.found
    path = workbook(
        tmp_path / "y.xlsx", [["Legend"], ["1 = mutant"]], lambda book, sheet: book.create_sheet("data").append(HEAD)
    )
    assert "row 1 of sheet 'data' names it" in no_column(path, ["case_id"], ["Legend"]).action


@pytest.mark.parametrize(
    ("value", "shape", "text"),
    [
        (7, "000", "007"),
        (7, '"P-"000', "P-007"),
        (1234, "000", "1234"),
        (7, "0000;@", "0007"),
        (7, "0000_);(0000)", "0007"),
        (7, "[$-407]0000", "0007"),
        (7, r"000\-000", "000-007"),
        (12345, r"00\-00", "123-45"),
        (7, r"\P\-000", "P-007"),
        (7.0, "0", "7"),
        (7, "General", "7"),
        (45.5, "00", "45.5"),
        (1234567890123456, "General", "1234567890123456"),
        (True, "General", "TRUE"),
        (datetime.datetime(2025, 3, 2), "d-m", "2025-03-02"),
        (datetime.datetime(2025, 3, 2, 10, 30), "yyyy-mm-dd hh:mm", "2025-03-02 10:30:00"),
    ],
)
def test_a_cell_is_read_as_it_is_shown(tmp_path, value, shape, text):
    def put(book, sheet):
        sheet["B2"].value = value
        sheet["B2"].number_format = shape

    assert read(workbook(tmp_path / "x.xlsx", [HEAD, ["a", None, "mutant", 40]], put))[1][0][1] == text


@pytest.mark.parametrize("value", [1e16, 1.23456789012345e17, 1234567890123450])
def test_a_number_longer_than_excel_keeps_is_refused_by_cell(tmp_path, value):
    problem = problem_of(workbook(tmp_path / "x.xlsx", [HEAD, ["a", value, "mutant", 40]]))
    assert (problem.rule, problem.line) == ("digits_lost", 2)
    assert "cell B2 of sheet 'ward'" in problem.found
