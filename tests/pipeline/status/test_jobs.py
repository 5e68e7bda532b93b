"""A listing as the engine's process writes it, and a folder that has no workflow."""

from __future__ import annotations

import pytest

from gliomanet.errors import StudyError
from gliomanet.pipeline.status.jobs import Job, Rerun, list_jobs, read_listing


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
