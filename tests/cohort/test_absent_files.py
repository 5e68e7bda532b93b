"""Files that are not there, and files that are there in name only."""

import pytest

from gliomanet.cohort.absent_files import absent_files, not_fetched
from gliomanet.cohort.import_table import import_cases

LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.mark.parametrize(
    ("content", "program"),
    [
        ("/annex/objects/MD5E-s100--0123.nii.gz\n", "git-annex"),
        ("../../.git/annex/objects/aa/bb/MD5E-s100--0.nii.gz/MD5E-s100--0.nii.gz", "git-annex"),
        (LFS, "Git LFS"),
    ],
)
def test_a_pointer_in_the_place_of_a_file(tmp_path, content, program):
    path = tmp_path / "t1.nii.gz"
    path.write_text(content)
    assert not_fetched(path)[0] == program
    (finding,) = absent_files([("A", "1", "t1", str(path))])
    assert (finding.severity, finding.rule, finding.case_id) == ("error", "content_not_fetched", "1")
    assert program in finding.found


def test_a_link_into_an_annex(tmp_path):
    path = tmp_path / "t1.nii.gz"
    path.symlink_to("../../.git/annex/objects/aa/bb/MD5E-s100--0.nii.gz/MD5E-s100--0.nii.gz")
    assert not_fetched(path) == ("git-annex", "`git annex get`, or `datalad get`")


def test_files_that_are_there_and_that_are_missing(tmp_path):
    (tmp_path / "full.nii").write_bytes(bytes(400))
    (tmp_path / "empty.nii").touch()
    (tmp_path / "link.nii").symlink_to(tmp_path / "full.nii")
    (tmp_path / "broken.nii").symlink_to(tmp_path / "gone.nii")
    uses = [("A", name, "t1", str(tmp_path / f"{name}.nii")) for name in ("full", "empty", "link", "broken", "gone")]
    assert [(one.case_id, one.rule) for one in absent_files(uses)] == [
        ("broken", "file_missing"),
        ("gone", "file_missing"),
    ]


def test_an_import_says_so(tmp_path):
    anat = tmp_path / "ds" / "sub-01" / "anat"
    anat.mkdir(parents=True)
    (anat / "sub-01_T1w.nii.gz").write_text("/annex/objects/MD5E-s100--0123.nii.gz\n")
    _, findings = import_cases("bids", tmp_path / "ds", "A", tmp_path / "cases.tsv")
    assert [one.case_id for one in findings if one.rule == "content_not_fetched"] == ["sub-01"]
