"""A job's own causes, and what its log says of its last run."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from gliomanet.layout import Layout, benchmark_of
from gliomanet.pipeline.status.causes import ENVIRONMENT, FORCED, KILLED, NEW, RUNNING, STOPPED, causes_of, ended_well
from gliomanet.pipeline.status.jobs import Job, Rerun

LAYOUT = Layout("results")
DONE = Rerun(was_done=True, follows=True)


@pytest.fixture
def job(tmp_path):
    return Job(
        "collect_qc", {"center": "X"}, str(LAYOUT.log("collect_qc", "X")).replace("results", f"{tmp_path}/results")
    )


def leave(job, log="", *, cost=True):
    """A log and, later, a cost, as the job's process leaves them."""
    path, beside = Path(job.log), benchmark_of(job.log)
    for file in (path, beside):
        file.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(log, encoding="utf-8")
    beside.write_text("s\tcpu_time\tmax_rss\n1\t2\t3\n", encoding="utf-8")
    os.utime(path, ns=(2_000, 2_000))
    os.utime(beside, ns=(3_000, 3_000) if cost else (1_000, 1_000))


def said(job, runs, **options):
    return [cause.said for cause in causes_of(job, runs, LAYOUT, **options)]


def test_a_job_whose_input_is_made_anew_only_follows(job):
    assert causes_of(job, DONE, LAYOUT) == ()


def test_a_job_that_was_never_run_is_new_whatever_else(job):
    assert causes_of(replace(job, missing=("results/qc/X.tsv",)), Rerun(follows=True), LAYOUT) == (NEW,)


def test_a_begun_job_runs_or_was_stopped(job):
    begun = Rerun(was_done=True, started=True, forced=True)
    assert causes_of(job, begun, LAYOUT, is_running=True) == (RUNNING,)
    assert causes_of(job, begun, LAYOUT) == (STOPPED,)


def test_deleted_results_are_named(job):
    gone = replace(job, missing=("results/qc/X.tsv",))
    assert said(gone, DONE) == ["results/qc/X.tsv deleted"]
    leave(job, "fine\n")
    assert said(gone, DONE) == ["results/qc/X.tsv deleted"]
    assert ended_well(gone, DONE)


def test_a_failed_job_tells_its_error_and_its_log(job):
    leave(job, "Traceback (most recent call last):\n  File a\n    x\nValueError: no cases\n\nERROR: no cases\n")
    gone = replace(job, missing=("results/qc/X.tsv",))
    assert said(gone, DONE) == [f"failed in its last run: ValueError: no cases (log: {job.log})"]
    assert not ended_well(gone, DONE)


def test_an_error_that_was_overcome_is_none_while_the_results_are_there(job):
    leave(job, "Traceback (most recent call last):\n  File a\nValueError: no\n")
    assert causes_of(job, DONE, LAYOUT) == ()
    assert ended_well(job, DONE)


def test_a_killed_process_leaves_no_cost(job):
    leave(job, "", cost=False)
    gone = replace(job, missing=("results/qc/X.tsv",))
    assert causes_of(gone, DONE, LAYOUT) == (KILLED,)
    assert not ended_well(gone, DONE)


def test_changed_parameters_are_causes_of_their_own_beside_what_follows(job):
    runs = replace(
        DONE, old=("'3eef37512673aeb8'", "0.5"), new={"code": "'90d4f1aa6e51b2c3'", "min_success_fraction": "0.8"}
    )
    assert said(job, runs) == ["code of this step changed", "min_success_fraction 0.5 → 0.8"]


@pytest.mark.parametrize(
    ("added", "removed", "expected"),
    [
        (["results/cohort/SOUTH.tsv", "results/qc/SOUTH.tsv"], [], "centre SOUTH added"),
        ([], ["results/preprocessed/A/A-1"], "case A-1 of A taken away"),
        (["results/predictions/net.tsv"], [], "model net added"),
        (["/new/style.css"], ["/old/style.css"], "style.css moved"),
        (["/new/style.css"], [], "style.css added"),
        (
            [f"results/preprocessed/A/A-{n}" for n in range(9)],
            [],
            "case A-0 of A; case A-1 of A; case A-2 of A and 6 more inputs added",
        ),
    ],
)
def test_inputs_that_came_and_went_are_named_by_what_they_are_of(job, added, removed, expected):
    assert said(job, replace(DONE, inputs_added=tuple(added), inputs_removed=tuple(removed))) == [expected]


def test_other_causes(job):
    assert said(job, replace(DONE, inputs_updated=("hospital/cases.tsv",))) == ["hospital/cases.tsv changed"]
    assert causes_of(job, replace(DONE, environment=True), LAYOUT) == (ENVIRONMENT,)
    assert causes_of(job, replace(DONE, forced=True), LAYOUT) == (FORCED,)
