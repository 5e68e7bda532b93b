"""The tables' values and bytes, held against the number that the digests of all jobs count them by."""

from __future__ import annotations

import gzip

import pandas as pd

from gliomanet.tables.io import FORMAT, read_table, write_table

TABLE = pd.DataFrame(
    {
        "case_id": ["007", "é"],
        "grade": ["4", ""],
        "molecular": ["1", ""],
        "molecular_source": ["measured", ""],
        "age": [40.0, None],
        "share": [1 / 3, 1e-12],
    }
)


def test_what_is_written_and_read_has_this_number(tmp_path):
    """Where this fails and the change is meant: raise `FORMAT`, so that every table is made again, and write it here."""
    path = tmp_path / "table.tsv"
    write_table(TABLE, path)
    rounded, values = path.read_text(encoding="utf-8"), read_table(path)
    write_table(TABLE, tmp_path / "exact.tsv.gz", exact=True)
    packed = (tmp_path / "exact.tsv.gz").read_bytes()
    assert FORMAT == 1
    head = "case_id\tgrade\tmolecular\tmolecular_source\tage\tshare\n"
    assert rounded == f"{head}007\t4\t1\tmeasured\t40\t0.333333\né\t\t\t\t\t1e-12\n"
    assert gzip.decompress(packed).decode() == (
        f"{head}007\t4\t1\tmeasured\t40.0\t0.3333333333333333\né\t\t\t\t\t1e-12\n"
    )
    assert packed[4:8] == bytes(4)  # no clock in a compressed table
    assert values[["case_id", "grade", "molecular"]].to_numpy().tolist() == [["007", "4", "1"], ["é", "", ""]]
    assert values["age"].isna().tolist() == [False, True]
    assert values["share"].tolist() == [0.333333, 1e-12]
