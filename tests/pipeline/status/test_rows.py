"""Changed rows of a case table in words."""

from __future__ import annotations

import pandas as pd
import pytest

from gliomanet.config.load import load_study
from gliomanet.layout import Layout
from gliomanet.pipeline.status.rows import changed_rows, changed_rows_of

TABLE = pd.DataFrame(
    {
        "case_id": ["a", "b", "c"],
        "idh": ["mutant", "", "wildtype"],
        "idh_raw": ["1", "", "0"],
        "age": [50.0, None, 70.0],
        "t1": ["a.nii", "b.nii", "c.nii"],
    }
)


def changed(**cells):
    """The table with other cells: column=[(case, value), …]."""
    table = TABLE.set_index("case_id")
    for column, values in cells.items():
        for case, value in values:
            table.loc[case, column] = value
    return table.reset_index()


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (TABLE, ""),
        (TABLE.iloc[::-1], ""),
        (changed(idh=[("b", "mutant"), ("c", "mutant")], idh_raw=[("b", "1"), ("c", "1")]), "idh of 2 cases"),
        (changed(age=[("b", 60.0)]), "age of 1 case"),
        (changed(age=[("a", None), ("b", 3.0)], t1=[("a", "x.nii")]), "age of 2 cases, t1 of 1 case"),
        (TABLE[:2], "1 case taken away"),
        (pd.concat([TABLE, TABLE.assign(case_id=["d", "e", "f"])]), "3 cases added"),
        (TABLE.drop(columns="idh"), ""),
        (
            changed(idh=[("a", "x")], age=[("a", 1.0)], t1=[("a", "x")], idh_raw=[("b", "x")]).assign(sex=""),
            "idh of 1 case, age of 1 case, t1 of 1 case",
        ),
    ],
)
def test_changes_are_counted_by_column(now, said):
    assert changed_rows(TABLE, now) == said


@pytest.mark.parametrize("written", ["", "no\tcase\n1\t2\n", "case_id\tidh\na\tx\na\ty\n", "\x00\xff"])
def test_no_rows_are_told_of_a_written_table_that_was_damaged(tmp_path, written):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/t1.nii.gz").touch()
    (tmp_path / "cases.tsv").write_text("case_id\tt1\na\ta/t1.nii.gz\n")
    center = {"role": "train", "source": {"kind": "table", "path": str(tmp_path / "cases.tsv")}}
    models = {"age": {"kind": "logistic", "inputs": ["age"]}}
    study = load_study({"results": str(tmp_path / "results"), "centers": {"A": center}, "models": models})
    layout = Layout(study.results)
    layout.case_table("A").parent.mkdir(parents=True)
    layout.case_table("A").write_text(written, encoding="latin-1")
    assert changed_rows_of("A", study, layout) == ""
