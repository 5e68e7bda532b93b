import pytest

from gliomanet.cohort.generated_files import FAILURE, made_files, with_converted_files
from gliomanet.cohort.table import case_frame


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
