"""Digests of a centre's table: what is the same table to those who read it, and what is another one."""

import shutil

import pandas as pd
import pytest

from gliomanet.cohort.study_table import digest_of_frame, read_study_table
from gliomanet.config.centers import Center

COLUMNS = ["case_id", "idh"]
ROWS = {
    "case_id": ["c1", "c2", "c3", "c4"],
    "t1": ["c1/t1.nii", "c2/t1.nii", "c3/t1.nii", "c4/t1.nii"],
    "t2": ["c1/t2.nii", "c2/t2.nii", "", ""],
    "idh": ["mutant", "wt", "", "mutant"],
    "age": ["50", "61.5", "", "44"],
    "sex": ["F", "m", "", ""],
}


def table(folder, role="train", **changes):
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame({**ROWS, **changes}).to_csv(folder / "cases.tsv", sep="\t", index=False)
    return read(folder, role)


def read(folder, role="train", **options):
    center = Center.model_validate({"role": role, "source": {"kind": "table", "path": "{data_root}/cases.tsv"}})
    return read_study_table("A", center, str(folder), labels={}, **options)


def test_a_moved_folder_holds_the_same_table(tmp_path):
    first = table(tmp_path / "here", age=["50", ">89", "", "44"])  # a note names the file
    shutil.move(tmp_path / "here", tmp_path / "over/there")
    second = read(tmp_path / "over/there")
    assert first.findings
    assert first.cases["t1"].tolist() != second.cases["t1"].tolist()
    assert second.digest([tmp_path / "over/there"]) == first.digest([tmp_path / "here"])


@pytest.mark.parametrize(
    "changes",
    [{"idh": ["IDH-mutant", "wildtype", "", "mutant"]}, {"sex": ["female", "M", "", ""]}, {"diagnosis": [""] * 4}],
)
def test_digests_of_columns_are_of_what_they_mean(tmp_path, changes):
    assert table(tmp_path, **changes).digest_of(COLUMNS) == table(tmp_path).digest_of(COLUMNS)


def test_columns_count_for_those_who_read_them(tmp_path):
    older = {"age": ["51", "61.5", "", "44"]}
    first, second = table(tmp_path), table(tmp_path, **older)
    assert first.digest_of(COLUMNS) == second.digest_of(COLUMNS)
    assert first.digest_of([*COLUMNS, "age"]) != second.digest_of([*COLUMNS, "age"])
    assert first.digest() != second.digest()


def test_files_that_change_places_are_another_table(tmp_path):
    swapped = table(tmp_path, t1=ROWS["t2"][:2] + ROWS["t1"][2:], t2=[*ROWS["t1"][:2], "", ""])
    assert swapped.digest() != table(tmp_path).digest()


def test_labels_of_an_unlabelled_centre_reach_nobody_but_its_table(tmp_path):
    first, second = table(tmp_path, "unlabelled"), table(tmp_path, "unlabelled", idh=["wt", "wt", "", "wt"])
    assert (first.cases["idh"] == "").all()
    assert first.digest_of(COLUMNS) == second.digest_of(COLUMNS)
    assert first.digest() != second.digest()  # they are counted once pseudo-labels are judged


def test_labels_are_kept_and_shuffled_as_the_study_wants(tmp_path):
    table(tmp_path)
    tasks = {"idh": {"label": "idh", "classes": {"wildtype": ["wildtype"], "mutant": ["mutant"]}}}
    kept = read(tmp_path, keep={"share": 0.4, "seed": 1, "tasks": tasks, "at_least": 1})
    assert (kept.cases["idh"] != "").sum() == 2
    assert len(kept.hidden) == 1
    assert sorted(read(tmp_path, shuffle_seed=3).cases["idh"]) == sorted(read(tmp_path).cases["idh"])


@pytest.mark.parametrize("change", [{"a": [1.0, 2.0 + 1e-15]}, {"id": ["y", "x"]}, {"b": [1.0, 2.0]}])
def test_every_digit_and_name_of_a_table_of_features_counts(change):
    table = pd.DataFrame({"id": ["x", "y"], "a": [1.0, 2.0]})
    assert digest_of_frame(table) == digest_of_frame(table.copy())
    assert digest_of_frame(table.assign(**change)) != digest_of_frame(table)
