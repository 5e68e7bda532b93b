"""What ended a job is read from its logs and from the executor's words, and told with what to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gliomanet.files import storage
from gliomanet.pipeline.failed_jobs import FailedJob, count_oom_kills, why_failed
from tests.messages.jobs import FAILED, failed


@pytest.mark.parametrize("name", FAILED)
def test_what_ended_a_job_is_told_with_its_name_and_its_log(name, tmp_path):
    job = failed(name, tmp_path)
    problem = why_failed(job)
    assert problem.rule == FAILED[name][3]
    assert problem.key == "predict_center (net, EAST)"
    assert problem.file == str(job.log)
    assert "\n" not in str(problem)
    if job.slurm_log and job.slurm_log.exists():
        assert str(job.slurm_log) in problem.action


@pytest.mark.parametrize(
    ("name", "key"), [("memory, told by the state", "mem_mb=attempt*12000"), ("time", "runtime=attempt*240")]
)
def test_the_last_attempt_says_which_key_gives_more_and_keeps_growing(name, key, tmp_path):
    job = failed(name, tmp_path)
    assert f"--set-resources 'predict_center:{key}'" in why_failed(job).action
    assert "--set-resources" not in why_failed(replace(job, again=True)).action


def test_a_person_who_cancels_a_job_does_not_want_it_back(tmp_path):
    assert failed("cancelled", tmp_path).cancelled
    assert failed("cancelled before it ran", tmp_path).cancelled
    assert not failed("memory, ended by SLURM", tmp_path).cancelled


def test_of_a_list_of_problems_the_first_is_told(tmp_path):
    assert why_failed(failed("a person's error", tmp_path)).found == "2 problems in the cohort: case P-1: no file"


def test_an_empty_log_on_a_full_disk_says_nothing_of_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "free_bytes", lambda _folder: 1000)
    (tmp_path / "x.log").touch()
    problem = why_failed(FailedJob("evaluate", log=tmp_path / "x.log"))
    assert problem.rule == "disk_full"
    assert str(tmp_path) in problem.found
    assert problem.action


def test_the_kernel_counts_what_it_ends(tmp_path):
    (tmp_path / "vmstat").write_text("nr_free_pages 7\noom_kill 3\n")
    assert count_oom_kills(tmp_path / "vmstat") == 3
    assert count_oom_kills(tmp_path / "absent") == 0
