import pytest

from gliomanet.cohort.dicom.folders import case_folders
from gliomanet.errors import CohortError


def test_ids_are_the_folders_names(tmp_path):
    for name in ("b.2", "a_1", "C-3", ".hidden"):
        (tmp_path / name).mkdir()
    (tmp_path / "labels.csv").touch()
    assert case_folders(tmp_path) == ["C-3", "a_1", "b.2"]


def test_messages(tmp_path):
    with pytest.raises(CohortError, match="nowhere: no such folder"):
        case_folders(tmp_path / "nowhere")
    with pytest.raises(CohortError, match="it should hold one folder of DICOM files per case"):
        case_folders(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(CohortError, match="file: a file, not a folder"):
        case_folders(tmp_path / "file")
    for name in ("Case 1", "x", "X", "_y"):
        (tmp_path / name).mkdir(exist_ok=True)
    with pytest.raises(CohortError) as error:
        case_folders(tmp_path)
    assert sorted((p.case, p.rule) for p in error.value.problems) == [
        ("Case 1", "id_names_no_folder"),
        ("_y", "id_names_no_folder"),
        ("x", "id_twice"),
    ]
    assert {p.file for p in error.value.problems} == {str(tmp_path)}
