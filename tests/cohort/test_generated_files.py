from pathlib import Path

import pytest

from gliomanet.cohort.findings import Finding, findings_table
from gliomanet.cohort.generated_files import (
    FAILURE,
    FINDINGS_FILE,
    conversion_findings,
    made_files,
    with_converted_files,
)
from gliomanet.cohort.table import case_frame
from gliomanet.tables.cohort import FINDINGS
from gliomanet.tables.io import write_table


@pytest.fixture
def converted(tmp_path):
    for case, names in {"007": ("t1c", "flair"), "010": ()}.items():
        (tmp_path / case).mkdir()
        for name in names:
            (tmp_path / case / f"{name}.nii.gz").touch()
    (tmp_path / "010" / FAILURE).write_text("case 010: no series is a whole head\n")
    return [tmp_path / "007", tmp_path / "010"]


def test_a_converted_case_has_the_modalities_that_came_out_or_the_reason_of_its_failure(converted):
    files = made_files(converted)
    assert {name: path.rsplit("/", 1)[1] for name, path in files["007"].items()} == {
        "t1c": "t1c.nii.gz",
        "flair": "flair.nii.gz",
    }
    assert files["010"] == {"failure": "case 010: no series is a whole head"}


def test_converted_files_go_to_their_own_rows_whatever_the_order(converted):
    cases = case_frame([{"case_id": "007"}, {"case_id": "010"}])
    for folders in (converted, converted[::-1]):
        table = with_converted_files(cases, folders)
        assert table["t1c"].tolist() == [str(converted[0] / "t1c.nii.gz"), ""]
        assert table["t1"].tolist() == ["", ""]


def test_a_simulated_centres_folder_names_the_files_of_each_case(tmp_path):
    (tmp_path / "cases.tsv").write_text("case_id\tt1c\ttumour_mask\nP-1\tP-1/t1c.nii.gz\tP-1/mask.nii.gz\n")
    assert made_files([tmp_path]) == {
        "P-1": {"t1c": str(tmp_path / "P-1/t1c.nii.gz"), "tumour_mask": str(tmp_path / "P-1/mask.nii.gz")}
    }


def test_what_a_conversion_leaves_is_a_finding_of_its_case(converted):
    table = findings_table([Finding("warning", "slices_missing", "", "007", "", "series 2 is not used", "export it")])
    write_table(table, converted[0] / FINDINGS_FILE, FINDINGS)
    source = Path("/data/A/007")
    (doubt,) = conversion_findings(converted[0], "A", source)
    assert (doubt.severity, doubt.rule, doubt.center, doubt.case_id) == ("warning", "slices_missing", "A", "007")
    assert doubt.file == str(source)
    (failed,) = conversion_findings(converted[1], "A", source)
    assert (failed.severity, failed.rule, failed.case_id) == ("error", "not_converted", "010")
    assert failed.found == "case 010: no series is a whole head"
