"""What hospitals' tables look like: the right cells, or one error that says where and what to do."""

from __future__ import annotations

import re

import pytest

from gliomanet.cohort.importers.headers import tables_among
from gliomanet.cohort.read_rows import no_column, read_numbered_rows, read_rows
from gliomanet.cohort.remarks import heard_remarks
from gliomanet.errors import CohortError

HEAD = "case_id,idh,age\n"
ROW = {"case_id": "a", "idh": "mutant", "age": "60"}


def table(tmp_path, content, name="ward.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def problem_of(path):
    with pytest.raises(CohortError) as caught:
        read_rows(path)
    (problem,) = caught.value.problems
    assert problem.file == str(path)
    assert problem.action
    return problem


@pytest.mark.parametrize(
    "content",
    [
        HEAD + "a,mutant,60\n",
        "\ufeff" + HEAD + "a,mutant,60\n",
        HEAD.replace(",", ";") + "a;mutant;60\n",
        "sep=;\n" + HEAD.replace(",", ";") + "a;mutant;60\n",
        '"sep=|"\n' + HEAD.replace(",", "|") + "a|mutant|60\n",
        HEAD + "a,mutant,60\n\x1a",
        "\n\n" + HEAD + "a,mutant,60\n\n",
        HEAD.strip() + ",,\na,mutant,60,,\n,,,,\n",
        HEAD + "a,mutant,60,,\n",
        "," + HEAD + "0,a,mutant,60\n",
        HEAD.replace("\n", "\r") + "a,mutant,60\r",
        "\ufeffcase_id\u200b,\u00a0idh,age\na\u00a0,\u200bmutant ,\u202f60\n",
        HEAD.replace(",", "\t").encode("utf-16") + "a\tmutant\t60\n".encode("utf-16-le"),
        '"case_id";"idh";"age"\n"a";"mutant";"60"\n',
        'case_id,"idh",age\na, "mutant" ,60\n',
    ],
)
def test_exports_of_many_programs_are_read_alike(tmp_path, content):
    with heard_remarks() as remarks:
        assert read_rows(table(tmp_path, content)) == (["case_id", "idh", "age"], [ROW])
    assert remarks == []


@pytest.mark.parametrize(
    ("content", "rule", "line"),
    [
        (HEAD + 'a,"mutant,60\nb,wildtype,50\n', "quote_not_closed", 2),
        (HEAD + "a,mut\0ant,60\n", "nul_byte", 2),
        (HEAD + f"a,{'x' * 200_000},60\n", "cell_too_long", 2),
        (HEAD + "a,mutant,60\n" + HEAD + "b,wildtype,50\n", "header_again", 3),
        (HEAD + "a,mutant,60\nCase_ID,Age,IDH\nb,50,wildtype\n", "header_again", 3),
        (HEAD + "a,mutant,60\nb,wildtype\n", "ragged_row", 3),
        (HEAD + "a,Astrocytoma, mutant,60\nb,x,y\n", "ragged_row", 2),
        (HEAD + "a,mutant,60,x\nb,mutant,60,y\n", "ragged_row", 2),
        (HEAD.strip() + ",\na,mutant,60,note\n", "column_without_name", 1),
        ("Table S1,,\n" + HEAD + "a,mutant,60\n", "header_not_first", 1),
        ("Table S1. Patients\n" + HEAD + "a,mutant,60\n", "header_not_first", 1),
        ("case_id idh age\na mutant 60\n", "separator_not_recognised", 1),
        ("case_id|idh|age\na|mutant|60\n", "separator_not_recognised", 1),
        (HEAD + "a,#N/A,60\nb,mutant,50\nc,#N/A,40\n", "calculation_failed", 2),
        (HEAD + "a,mutant,#REF!\n", "calculation_failed", 2),
        ((HEAD + "a,mutant,Süd\n").encode("cp1252"), "not_utf8", 2),
        (HEAD.encode("utf-16-le"), "nul_byte", 1),
        (b"\x1f\x8b\x08", "compressed_table", None),
        (b"\xd0\xcf\x11\xe0", "not_a_workbook", None),
    ],
)
def test_what_is_refused_says_in_which_line(tmp_path, content, rule, line):
    problem = problem_of(table(tmp_path, content))
    assert (problem.rule, problem.line) == (rule, line)


def test_a_failed_look_up_names_its_column_and_lines(tmp_path):
    problem = problem_of(table(tmp_path, HEAD + "a,#N/A,60\nb,mutant,50\nc,#N/A,40\n"))
    assert (problem.column, problem.found) == ("idh", "'#N/A': a formula or look-up failed, also in lines 4")


def test_a_quoted_line_end_is_one_cell_and_rows_keep_their_lines(tmp_path):
    path = table(tmp_path, 'case_id,"idh\n(0/1)",d\na,1,"Astrocytoma,\nIDH-mutant"\n\nb,0,x\n')
    header, rows = read_numbered_rows(path)
    assert header == ["case_id", "idh (0/1)", "d"]
    assert [(line, row["case_id"], row["d"]) for line, row in rows] == [
        (3, "a", "Astrocytoma,\nIDH-mutant"),
        (6, "b", "x"),
    ]


@pytest.mark.parametrize("name", ["participants.tsv", "sub-01_sessions.tsv", "sub-01_scans.tsv"])
def test_a_table_of_bids_loses_no_row_and_warns_of_quoted_cells(tmp_path, name):
    path = table(tmp_path, 'participant_id\tidh\nsub-1\t"GBM, left\nsub-2\t"mutant"\nsub-3\tx"\n', name)
    with heard_remarks() as remarks:
        rows = read_rows(path)[1]
    assert [row["idh"] for row in rows] == ['"GBM, left', '"mutant"', 'x"']
    assert [(one.rule, one.severity) for one in remarks] == [("quotes_in_bids_table", "warning")]
    assert "lines 3:" in remarks[0].found


def test_the_place_of_a_header_below_other_lines_is_named(tmp_path):
    path = table(tmp_path, "Patients, 2019\n" + HEAD + "a,mutant,60\n")
    assert "line 2 names it" in no_column(path, ["case_id"], ["Patients", "2019"]).action
    assert no_column(path, ["grade"], ["Patients", "2019"]).action == "add it, or rename the column that holds it"


def test_remarks_reach_the_innermost_listener_once(tmp_path):
    path = table(tmp_path, 'participant_id\tidh\nsub-1\t"x"\n', "participants.tsv")
    with heard_remarks() as outer:
        with heard_remarks() as inner:
            read_rows(path)
            read_rows(path)
        assert outer == []
    assert len(inner) == 1


def test_a_sheet_saved_as_text_stands_for_its_workbook(tmp_path):
    names = ["labels.xlsx", "labels.csv", "labels-2.xlsx", "other.csv"]
    found = tables_among([tmp_path / name for name in names], re.compile("labels"))
    assert [path.name for path in found] == ["labels-2.xlsx", "labels.csv"]
