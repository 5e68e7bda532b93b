"""Runs that go on in a folder, from the files that processes hold open."""

from __future__ import annotations

import os

from gliomanet.pipeline.status.running import running_in


def test_a_process_that_holds_a_runs_log_open_is_a_run(tmp_path):
    study, processes = tmp_path / "study", tmp_path / "proc"
    logs = study / ".snakemake/log"
    logs.mkdir(parents=True)
    (logs / "today.log").touch()
    (study / "cases.tsv").touch()
    for number, file in ((7, logs / "today.log"), (8, study / "cases.tsv")):
        (processes / str(number) / "fd").mkdir(parents=True)
        (processes / str(number) / "fd/3").symlink_to(file)
    (processes / "9").mkdir()  # gone, or another person's
    (processes / "self").mkdir()
    assert running_in(study, processes) == [7]
    assert running_in(tmp_path, processes) == []


def test_a_process_of_this_machine_is_found(tmp_path):
    logs = tmp_path / ".snakemake/log"
    logs.mkdir(parents=True)
    with (logs / "today.log").open("w"):
        assert running_in(tmp_path) == [os.getpid()]
    assert running_in(tmp_path) == []
