"""Results that cannot be written, or that another run writes into, end a run at its start."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys

import filelock
import pytest

from gliomanet.files.storage import StorageError
from gliomanet.layout import Layout
from gliomanet.pipeline.results_folder import hold_results, refuse_beside_jobs, refuse_unwritable


@pytest.fixture
def layout(tmp_path):
    found = Layout(tmp_path / "results")
    refuse_unwritable(found)
    return found


def test_the_folders_are_made_and_nothing_is_left_in_them(layout):
    assert sorted(path.name for path in layout.results.rglob("*")) == ["cache", "logs"]


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_folder_that_takes_no_file_is_named(layout, monkeypatch, number):
    def refuse(*_args, **_options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(StorageError) as caught:
        refuse_unwritable(layout)
    assert caught.value.problem.rule == "not_writable"
    assert caught.value.problem.file == str(layout.results)


@pytest.mark.parametrize("name", ["results", "results/logs", "results/cache"])
def test_a_file_in_a_folders_place_is_named(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("")
    with pytest.raises(StorageError) as caught:
        refuse_unwritable(Layout(tmp_path / "results"))
    assert caught.value.problem.file == str(tmp_path / name)


def test_a_second_run_is_told_who_holds_the_results_and_goes_on_after_it(layout):
    code = (
        "import sys\nfrom gliomanet.layout import Layout\nfrom gliomanet.pipeline.results_folder import hold_results\n"
        f"held = hold_results(Layout({str(layout.results)!r}))\nprint('held', flush=True)\nsys.stdin.read()"
    )
    other = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout.readline() == "held\n"
    with pytest.raises(StorageError) as caught:
        hold_results(layout)
    problem = caught.value.problem
    assert (problem.rule, problem.file) == ("results_in_use", str(layout.results))
    assert f"process {other.pid} on {socket.gethostname()}" in problem.found
    other.kill()
    other.communicate()
    lock = hold_results(layout)
    assert lock.is_locked
    lock.release()


def test_a_job_that_outlived_its_run_is_named_until_it_has_ended(layout):
    folder = layout.results.parent
    script = folder / ".snakemake/scripts/tmp4x_9.draw_cases.py"
    script.parent.mkdir(parents=True)
    script.write_text("import sys\nprint('goes on', flush=True)\nsys.stdin.read()\n")
    job = subprocess.Popen([sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert job.stdout.readline() == "goes on\n"
    with pytest.raises(StorageError) as caught:
        refuse_beside_jobs(folder, layout.results)
    problem = caught.value.problem
    assert (problem.rule, problem.file) == ("jobs_go_on", str(layout.results))
    assert f"process {job.pid} (draw_cases)" in problem.found
    refuse_beside_jobs(folder / "another", layout.results)
    job.communicate("")
    refuse_beside_jobs(folder, layout.results)


def test_a_file_system_without_locks_costs_a_line(layout, monkeypatch, capsys):
    def lockless(*_args, **_options):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(filelock.FileLock, "acquire", lockless)
    assert hold_results(layout) is None
    assert "without locks" in capsys.readouterr().out
