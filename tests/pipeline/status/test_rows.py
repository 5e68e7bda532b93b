"""Changed rows of a case table in words."""

from __future__ import annotations

import pandas as pd
import pytest

from gliomanet.pipeline.status.rows import changed_rows

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
