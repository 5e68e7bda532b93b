import openpyxl
import pytest

from gliomanet.cohort.importers.headers import tables_among
from gliomanet.cohort.read_rows import read_rows
from gliomanet.errors import CohortError


def workbook(path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.create_sheet("notes").append(["not read"])
    book.save(path)
    return path


def test_the_first_sheet_of_a_workbook_is_read_as_text(tmp_path):
    rows = [["Filename", "1p/19q", "age", None], ["LGG-104", "d/d", 45.0, None], [None] * 4, ["007", "n/n", 45.5, None]]
    header, found = read_rows(workbook(tmp_path / "cases.xlsx", rows))
    assert header == ["Filename", "1p/19q", "age"]
    assert found == [
        {"Filename": "LGG-104", "1p/19q": "d/d", "age": "45"},
        {"Filename": "007", "1p/19q": "n/n", "age": "45.5"},
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"PK not a zip", "cannot be read as a workbook: .*; save its sheet as CSV"), (None, "empty; the first line")],
)
def test_a_workbook_that_is_none_or_empty(tmp_path, content, message):
    path = workbook(tmp_path / "cases.xlsx", [])
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CohortError, match=message):
        read_rows(path)


def test_a_sheet_saved_as_text_stands_for_its_workbook(tmp_path):
    import re

    names = ["labels.xlsx", "labels.csv", "labels-2.xlsx", "other.csv"]
    found = tables_among([tmp_path / name for name in names], re.compile("labels"))
    assert [path.name for path in found] == ["labels-2.xlsx", "labels.csv"]
