"""What ended a job is read from its logs and from the executor's words, and told with what to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gliomanet.files import storage
from gliomanet.pipeline.failed_jobs import FailedJob, count_oom_kills, why_failed
from tests.messages.jobs import FAILED, LIST, failed, group


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
    ("name", "key"),
    [
        ("memory, told by the state", "mem_mb=attempt*12000"),
        ("time", "runtime=attempt*240"),
        ("time, and memory", "runtime=attempt*240' 'predict_center:mem_mb=attempt*12000"),
    ],
)
def test_the_last_attempt_says_which_key_gives_more_and_keeps_growing(name, key, tmp_path):
    job = failed(name, tmp_path)
    assert f"--set-resources 'predict_center:{key}'" in why_failed(job).action
    assert "--set-resources" not in why_failed(replace(job, again=True)).action


def test_a_person_who_cancels_a_job_does_not_want_it_back(tmp_path):
    assert failed("cancelled", tmp_path).cancelled
    assert failed("cancelled before it ran", tmp_path).cancelled
    assert failed("cancelled, and counted as ended by the kernel", tmp_path).cancelled
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


def test_memory_is_suspected_only_of_a_kill_on_this_machine(tmp_path):
    suspected = [name for name in FAILED if "this machine's memory" in why_failed(failed(name, tmp_path)).found]
    assert suspected == ["here, without a word"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("here, crashed", "a crash in native code ended it (SIGABRT)"),
        ("a signal", "a crash in native code ended it (SIGSEGV)"),
        ("here, stopped", "it was stopped (SIGINT)"),
        ("here, stopped, told by a shell", "it was stopped (SIGTERM)"),
        ("here, with a status", "it ended with status 3 without a word in its log"),
        ("here, on a full disk", "RuntimeError: write failed; perhaps the cause: x: the disk is full"),
        ("here, a person's error on a full disk", "no such case; perhaps the cause: x: it is full"),
        ("here, an exception after an error", "RuntimeError: write failed"),
    ],
)
def test_the_end_of_a_process_and_of_its_log_are_told_as_they_are(name, found, tmp_path):
    assert why_failed(failed(name, tmp_path)).found == found


def test_another_executor_is_asked_in_its_own_words(tmp_path):
    ended = why_failed(failed("a pod, ended for its memory", tmp_path))
    assert "--set-resources 'predict_center:mem_mb=attempt*12000'" in ended.action
    for name in ("a pod, without a word", "a pod, killed"):
        problem = why_failed(failed(name, tmp_path))
        assert "For further error details see the cluster/cloud log" in problem.found
        assert "kubectl describe job snakejob-1" in problem.action
        assert "memory" not in str(problem)


def test_a_group_is_told_once_with_what_one_of_its_jobs_says(tmp_path):
    problem = why_failed(group(tmp_path, LIST))
    assert problem.key == "group pairs (calibrate, predict)"
    assert problem.found == "2 problems in the cohort: case P-1: no file"
    assert "memory" not in str(why_failed(group(tmp_path, "")))


def test_the_kernel_counts_what_it_ends(tmp_path):
    (tmp_path / "vmstat").write_text("nr_free_pages 7\noom_kill 3\n")
    assert count_oom_kills(tmp_path / "vmstat") == 3
    assert count_oom_kills(tmp_path / "absent") == 0
