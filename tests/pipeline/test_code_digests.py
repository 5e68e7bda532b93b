"""Digests of code hold while no file of the code changes, and are made anew after any edit."""

from __future__ import annotations

import json
import os

import pytest

from gliomanet import code_digest
from gliomanet.pipeline.code_digests import CodeDigests


@pytest.fixture
def made(monkeypatch):
    """The scripts that digests were really made of, in order."""
    made = []

    def source_digest(script, *references):
        made.append(script.name)
        return f"{script.read_text()} {references}"

    monkeypatch.setattr(code_digest, "source_digest", source_digest)
    return made


@pytest.fixture
def code(tmp_path, monkeypatch):
    """A little package and scripts; how digests of them are asked for at a start of the workflow."""
    monkeypatch.setattr(code_digest, "PACKAGE_ROOT", tmp_path)
    monkeypatch.setattr("time.time_ns", lambda: 10**20)  # the files are as old as can be
    for name in ("gliomanet/a.py", "gliomanet/nets/b.py", "scripts/one.py", "scripts/two.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")

    def start(**options):
        return CodeDigests(tmp_path / "results/cache/code.json", tmp_path / "scripts", **options)

    start.folder = tmp_path
    return start


def test_the_next_start_makes_no_digest_again(code, made):
    first = code()
    digests = [first.of("one.py"), first.of("two.py", "b", "a")]
    later = code(writes=False)
    assert [later.of("one.py"), later.of("two.py", "a", "b")] == digests
    assert made == ["one.py", "two.py"]


@pytest.mark.parametrize("name", ["gliomanet/nets/b.py", "scripts/one.py"])
def test_an_edit_of_one_file_is_seen_whatever_its_date(code, made, name):
    code().of("one.py")
    file = code.folder / name
    before = file.stat()
    file.write_text("2")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))  # as an unpacked archive leaves it
    code().of("one.py")
    assert made == ["one.py", "one.py"]


def test_a_new_module_counts_which_may_be_what_an_import_meant(code, made):
    code().of("one.py")
    (code.folder / "gliomanet/c.py").write_text("")
    code().of("one.py")
    assert made == ["one.py", "one.py"]


def test_a_cache_that_cannot_be_read_is_made_anew(code, made):
    code().of("one.py")
    (code.folder / "results/cache/code.json").write_text('{"state"')
    assert code().of("one.py") == code().of("one.py")
    assert made == ["one.py", "one.py"]


def test_a_folder_that_may_not_be_written_costs_time_only(code, made):
    (code.folder / "results").write_text("no folder")
    assert code().of("one.py")
    assert made == ["one.py"]


def test_a_job_writes_nothing(code, made):
    code(writes=False).of("one.py")
    assert not (code.folder / "results").exists()


def test_nothing_is_kept_of_files_that_may_change_within_the_clocks_grain(code, made, monkeypatch):
    newest = max(file.stat().st_ctime_ns for file in code.folder.rglob("*.py"))
    monkeypatch.setattr("time.time_ns", lambda: newest + 1)
    code().of("one.py")
    assert not (code.folder / "results").exists()


def test_two_runs_at_once_keep_what_both_have_made(code, made):
    first, second = code(), code()
    first.of("one.py")
    second.of("two.py")
    assert set(json.loads((code.folder / "results/cache/code.json").read_text())["digests"]) == {"one.py", "two.py"}
