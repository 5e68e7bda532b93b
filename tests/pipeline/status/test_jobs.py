"""A listing as the engine's process writes it, and a folder that has no workflow."""

from __future__ import annotations

import pytest

from gliomanet.errors import StudyError
from gliomanet.pipeline.status.jobs import Job, PlanError, Rerun, list_jobs, no_plan, read_listing, refuse_other_studies


def test_jobs_are_read_and_ordered_as_the_pipeline():
    done = {"rule": "a", "wildcards": {"center": "X"}, "log": "results/logs/a/X.log", "missing": []}
    runs = {"was_done": True, "old": ["1"], "new": {"code": "'x'"}, "threads": 2}
    waiting = [{"rule": r, "wildcards": {}, "log": "", "missing": ["f"], "runs": runs} for r in ("b", "a")]
    listing = read_listing({"rules": {"a": "A", "b": "B"}, "locked": False, "jobs": [done, *waiting]})
    assert listing.jobs[0] == Job("a", {"center": "X"}, "results/logs/a/X.log")
    assert [job.rule for job, _ in listing.waiting] == ["a", "b"]
    assert listing.waiting[0][1] == Rerun(was_done=True, old=("1",), new={"code": "'x'"}, threads=2)


@pytest.mark.parametrize("snakefile", [None, "other/Snakefile"])
def test_a_folder_without_a_workflow_is_named(tmp_path, monkeypatch, snakefile):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StudyError) as caught:
        list_jobs(tmp_path / "study.yaml", snakefile and tmp_path / snakefile)
    (problem,) = caught.value.problems
    assert problem.rule == "no_workflow"
    assert (snakefile or "workflow/Snakefile") in problem.found


@pytest.mark.parametrize("option", ["--configfile", "--configf", "--config=seed=1", "--directory", "-d", "-C", "-s"])
def test_an_option_that_would_plan_another_study_is_refused(tmp_path, option):
    with pytest.raises(StudyError) as caught:
        list_jobs(tmp_path / "study.yaml", None, [option, "other"])
    (problem,) = caught.value.problems
    assert problem.rule == "option_of_another_study"
    assert problem.found.startswith(option.split("=")[0])


def test_other_options_are_not():
    refuse_other_studies(["center_A", "--use-conda", "--forcerun", "-n", "--conda-prefix=here", "--set-threads"])


def test_an_unknown_target_is_no_fault_of_the_study(tmp_path):
    said = "MissingRuleException:\nNo rule to produce center_NO (if you use input functions …)."
    problems = {}
    for given in (["center_NO"], ["center_A"]):
        error = no_plan(said, tmp_path / "study.yaml", given)
        problems[given[0]] = (error.problems[0].rule, isinstance(error, PlanError))
    assert problems == {"center_NO": ("unknown_target", False), "center_A": ("no_plan", True)}
