"""The record of what results were made with: read back whole, and the commit of the code, where there is one."""

import json
import subprocess

import pytest

from gliomanet.errors import CohortError
from gliomanet.study_record import StudyRecord, commit_of

STUDY = {"title": "A", "results": "r", "centers": {}, "models": {}, "tasks": {}, "scans": ("baseline",)}


def test_the_record_is_read_back(tmp_path):
    (tmp_path / "cases.tsv").write_text("case_id\n1\n")
    (tmp_path / "model.json").write_text("{}")
    files = [tmp_path / name for name in ("cases.tsv", "model.json", "picture.png")]
    fits = [("net", "supervised", "0")]
    record = StudyRecord.of(STUDY, {"train": {}}, 3, ["A"], fits, files, tmp_path)
    record.write(tmp_path / "study.json")
    again = StudyRecord.read(tmp_path / "study.json")
    assert again == record
    assert again.study["scans"] == ["baseline"]
    assert again.fits == [["net", "supervised", "0"]]
    assert list(again.files) == ["cases.tsv", "model.json"]


@pytest.mark.parametrize("part", [{"study": {}}, {"code": {}}, {"fits": [["net"]]}, {"files": []}])
def test_a_record_of_other_content_is_refused(tmp_path, part):
    StudyRecord.of(STUDY, {"train": {}}, 3, [], [], [], tmp_path).write(tmp_path / "study.json")
    values = json.loads((tmp_path / "study.json").read_text())
    (tmp_path / "study.json").write_text(json.dumps(values | part))
    with pytest.raises(CohortError) as caught:
        StudyRecord.read(tmp_path / "study.json")
    assert [problem.rule for problem in caught.value.problems] == ["record_of_another_form"]


def test_no_password_is_kept(tmp_path):
    study = STUDY | {"tracking_uri": "https://ann:secret@runs.example:5000"}
    record = StudyRecord.of(study, {"train": {}}, 3, [], [], [], tmp_path)
    assert record.study["tracking_uri"] == "https://runs.example:5000"


@pytest.mark.parametrize(
    ("text", "rule"),
    [("{", "damaged_record"), ("[]", "record_of_another_form"), ('{"a": 1}', "record_of_another_form")],
)
def test_a_record_of_another_form_is_refused(tmp_path, text, rule):
    (tmp_path / "study.json").write_text(text)
    with pytest.raises(CohortError) as caught:
        StudyRecord.read(tmp_path / "study.json")
    assert [(problem.rule, problem.file) for problem in caught.value.problems] == [(rule, str(tmp_path / "study.json"))]


def test_the_commit_is_told_and_that_files_differ_from_it(tmp_path):
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "--quiet")
    (tmp_path / "file").write_text("1")
    (tmp_path / "other").write_text("1")
    assert commit_of(tmp_path / "file") == ""
    git("add", "file")
    git("commit", "--quiet", "--message", "First")
    assert commit_of(tmp_path / "file") == git("rev-parse", "HEAD")
    assert commit_of(tmp_path / "other") == ""
    (tmp_path / "file").write_text("2")
    assert commit_of(tmp_path / "file") == git("rev-parse", "HEAD") + "-dirty"


def test_a_folder_without_git_has_none(tmp_path):
    assert commit_of(tmp_path / "nowhere" / "file") == ""
