from pathlib import Path

import pytest

from gliomanet.cohort.table import NUMBERS, case_frame, read_case_table, without_labels
from gliomanet.errors import CohortError
from gliomanet.tables.cohort import CASES
from gliomanet.tables.io import read_table, write_table
from gliomanet.tables.schemas import TEXT


def write(folder: Path, text: str, name: str = "cases.tsv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_becomes_the_contract_columns(tmp_path):
    path = write(
        tmp_path, "case_id\tt1c\tidh\tgrade\tage\tsex\n007\ta/b.nii.gz\tWT\tIV\t61\tFemale\n003\t/x.nii\t\tNA\t\t\n"
    )
    cases = read_case_table(path, "A", "train")
    assert list(cases.columns) == CASES.names()
    assert cases["case_id"].tolist() == ["003", "007"]
    first = cases.iloc[1]
    assert first["patient_id"] == "007"
    assert (first["center"], first["role"]) == ("A", "train")
    assert first["t1c"] == str(tmp_path / "a/b.nii.gz")
    assert cases.iloc[0]["t1c"] == "/x.nii"
    assert (first["t1"], first["idh"], first["grade"], first["sex"], first["age"]) == ("", "wildtype", "4", "F", 61.0)
    assert (first["idh_source"], first["codel_1p19q_source"]) == ("measured", "")
    assert cases.iloc[0]["idh_source"] == ""


def test_raw_cells_are_kept_as_found(tmp_path):
    path = write(tmp_path, "case_id\tt1\tidh\tgrade\tcodel_1p19q\na\tx\tWT\tIV\tNA\n")
    first = read_case_table(path, "A", "train").iloc[0]
    assert first[["idh", "grade", "codel_1p19q"]].tolist() == ["wildtype", "4", ""]
    assert first[["idh_raw", "grade_raw", "codel_1p19q_raw"]].tolist() == ["WT", "IV", "NA"]
    assert first[["grade_edition", "diagnosis", "scan", "other_ids"]].tolist() == ["", "", "baseline", ""]


def test_what_a_table_says_of_its_labels_is_kept(tmp_path):
    header = "case_id\tt1\tidh\tidh_raw\tgrade\tgrade_edition\tdiagnosis\tscan\tother_ids\n"
    path = write(tmp_path, header + "a\tx\twildtype\tIDH1 neg.\t2\t2007\tNA\tfollow_up\tb;c\n")
    cases = read_case_table(path, "A", "train")
    first = cases.iloc[0]
    assert first[CASES.names()[-7:]].tolist() == ["IDH1 neg.", "", "2", "2007", "NA", "follow_up", "b;c"]
    write_table(cases, tmp_path / "again.tsv")
    assert (
        read_case_table(tmp_path / "again.tsv", "A", "train", Path("/"))
        .drop(columns="t1")
        .equals(cases.drop(columns="t1"))
    )
    assert read_table(tmp_path / "again.tsv").loc[0, ["grade_edition", "diagnosis"]].tolist() == ["2007", "NA"]


def test_every_column_of_text_is_read_as_text():
    assert set(CASES.names()) - set(NUMBERS) <= TEXT
    assert case_frame([{"case_id": "a"}]).loc[0].drop(["case_id", *NUMBERS]).eq("").all()


def test_files_root_csv_semicolons_and_a_byte_order_mark(tmp_path):
    for separator, name in ((",", "a.csv"), (";", "b.csv")):
        path = write(
            tmp_path,
            "\ufeff" + separator.join(("case_id", "t2")) + "\r\n" + separator.join(("x", "t.nii")) + "\r\n",
            name,
        )
        assert read_case_table(path, "A", "train", Path("/images")).loc[0, "t2"] == "/images/t.nii"


def test_the_order_of_rows_decides_nothing(tmp_path):
    rows = ["b\tx.nii\t0", "a\ty.nii\t1"]
    header = "case_id\tt1\tidh\n"
    one = read_case_table(write(tmp_path, header + "\n".join(rows)), "A", "train")
    two = read_case_table(write(tmp_path, header + "\n".join(rows[::-1])), "A", "train")
    assert one.equals(two)


def test_all_unknown_spellings_come_at_once(tmp_path):
    path = write(tmp_path, "case_id\tt1\tidh\tgrade\tage\na\tx\tperhaps\t7\t200\nb\tx\tnope\t2\t\n")
    with pytest.raises(CohortError) as error:
        read_case_table(path, "A", "train")
    assert [(p.file, p.case, p.column, p.rule) for p in error.value.problems] == [
        (str(path), "a", "idh", "unknown_spelling"),
        (str(path), "a", "grade", "unknown_spelling"),
        (str(path), "a", "age", "no_age"),
        (str(path), "b", "idh", "unknown_spelling"),
    ]
    assert str(error.value).startswith("4 problems in the cohort:")
    assert f"{path}, case 'a', column 'idh': 'perhaps' is no known spelling; allowed: wildtype (" in str(error.value)


@pytest.mark.parametrize(
    ("text", "rule", "case", "column", "says"),
    [
        ("t1\nx\n", "column_missing", "", "", "no column 'case_id'; found: t1"),
        ("case_id\tidh\na\t0\n", "no_image_column", "", "", "t1, t1c, t2, flair"),
        ("case_id\tt1\tidh_status\na\tx\t0\n", "unknown_column", "", "idh_status", "did you mean 'idh_source'"),
        ("case_id\tt1\tzzz\na\tx\t0\n", "unknown_column", "", "zzz", "allowed: case_id, patient_id"),
        ("case_id\tt1\na\tx\na\ty\n", "id_twice", "a", "", "is there twice"),
        ("case_id\tt1\na\tx\nA\ty\n", "id_twice", "A", "", "differs from 'a' by letter case only"),
        ("case_id\tt1\na/b\tx\n", "id_names_no_folder", "a/b", "", "allowed: letters"),
        ("case_id\tt1\n\tx\n", "no_case_id", "", "", "x"),
        ("case_id\tt1\na\t\n", "no_image", "a", "", "t1, t1c, t2, flair"),
        ("case_id\tt1\tt1\na\tx\ty\n", "column_twice", "", "t1", "twice"),
        ("case_id\tt1\na\tx\ty\n", "ragged_row", "", "", "line 2: 3 cells under 2 column names"),
        ("case_id\tt1\n", "no_case", "", "", ""),
        ("", "no_header", "", "", "the first line must name the columns"),
        ("case_id\tt1\tcenter\na\tx\tB\n", "of_another_centre", "a", "center", "is 'B', but the study reads"),
        (
            "case_id\tt1\tidh_source\na\tx\tguess\n",
            "value_not_allowed",
            "a",
            "idh_source",
            "'guess'; allowed: measured, derived, empty",
        ),
        (
            "case_id\tt1\tscan\na\tx\tbefore\n",
            "value_not_allowed",
            "a",
            "scan",
            "'before'; allowed: baseline, follow_up, post_operative, empty",
        ),
        (
            "case_id\tt1\tgrade_edition\na\tx\t2020\n",
            "value_not_allowed",
            "a",
            "grade_edition",
            "'2020'; allowed: 2021, 2016, 2007, empty",
        ),
    ],
)
def test_errors(tmp_path, text, rule, case, column, says):
    path = write(tmp_path, text)
    with pytest.raises(CohortError) as error:
        read_case_table(path, "A", "train")
    (problem,) = error.value.problems
    assert (problem.file, problem.rule, problem.case, problem.column) == (str(path), rule, case, column)
    assert says in str(problem)


def test_files_that_are_no_table(tmp_path):
    with pytest.raises(CohortError, match="no such file"):
        read_case_table(tmp_path / "none.tsv", "A", "train")
    (tmp_path / "latin.csv").write_bytes(b"case_id,t1\n\xe4,x\n")
    with pytest.raises(CohortError, match="not UTF-8 text"):
        read_case_table(tmp_path / "latin.csv", "A", "train")


def test_without_labels(tmp_path):
    header = "case_id\tt1\tidh\tage\tgrade\tgrade_edition\tdiagnosis\tscan\tother_ids\n"
    text = header + "a\tx\t1\t50\t4\t2021\tGlioblastoma\tfollow_up\tb\n"
    cases = read_case_table(write(tmp_path, text), "A", "unlabelled")
    blank = without_labels(cases)
    hidden = ["idh", "idh_source", "idh_raw", "grade", "grade_source", "grade_raw", "grade_edition", "diagnosis"]
    assert (cases.loc[0, hidden] != "").all()
    assert (blank.loc[0, hidden] == "").all()
    assert blank.drop(columns=hidden).equals(cases.drop(columns=hidden))
