"""A real run takes its results for itself; a dry run and the jobs' own starts take nothing."""

from __future__ import annotations

import yaml
from filelock import FileLock

from tests.workflow.conftest import phantom, run_snakemake, study


def test_a_second_run_on_the_same_results_ends_before_any_job(repository, tmp_path):
    cache = tmp_path / "shared/cache"
    config = study(centers={"A": phantom()}, results=str(tmp_path / "shared"))
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    given = ("--configfile", str(tmp_path / "study.yaml"))
    target = str(tmp_path / "shared/cohort/cases.tsv")

    def run(*arguments, program="stub_jobs.py"):
        return run_snakemake(tmp_path, repository / "Snakefile", target, *arguments, *given, program=program)

    with FileLock(cache / "run.lock") as lock:
        (cache / "run.lock").write_text("process 4711 on node1")
        assert run("-n", program="listed_jobs.py").status == 0
        assert run("--unlock").status == 0
        refused = run("--cores", "1")
    assert not lock.is_locked
    assert refused.status != 0
    assert "process 4711 on node1" in refused.text
    assert "Traceback" not in refused.text
    assert not refused.jobs
    done = run("--cores", "1")
    assert done.status == 0, done.text
    assert done.jobs


def test_results_that_cannot_be_written_end_a_run_and_no_dry_run(repository, tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/cache").write_text("no folder")
    config = study(centers={"A": phantom()}, results=str(tmp_path / "shared"))
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    given = (str(tmp_path / "shared/cohort/cases.tsv"), "--configfile", str(tmp_path / "study.yaml"))
    assert run_snakemake(tmp_path, repository / "Snakefile", "-n", *given).status == 0
    refused = run_snakemake(tmp_path, repository / "Snakefile", "--cores", "1", *given, program="stub_jobs.py")
    assert refused.status != 0
    assert "a file stands in this folder's way" in refused.text
    assert "Traceback" not in refused.text
    assert not refused.jobs
