"""The commit of the code, where there is one."""

import subprocess

from gliomanet.tracking.git import commit_of


def test_the_commit_is_told_and_that_files_differ_from_it(tmp_path):
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "--quiet")
    (tmp_path / "file").write_text("1")
    assert commit_of(tmp_path) == ""
    git("add", ".")
    git("commit", "--quiet", "--message", "First")
    assert commit_of(tmp_path) == git("rev-parse", "HEAD")
    (tmp_path / "file").write_text("2")
    assert commit_of(tmp_path) == git("rev-parse", "HEAD") + "-dirty"


def test_a_folder_without_git_has_none(tmp_path):
    assert commit_of(tmp_path / "nowhere") == ""
