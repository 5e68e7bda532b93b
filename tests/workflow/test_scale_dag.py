"""Studies of many cases: what the engine is spared, and the floor that the workflow is measured against."""

from __future__ import annotations

import sys
from collections import Counter

from tests.workflow.conftest import run_snakemake, study


def test_a_case_that_a_centre_does_not_have_is_refused_by_name(snakemake):
    run = snakemake(study(), "-n", "results/preprocessed/A/nobody")
    assert run.status
    assert "'nobody' is no case of A" in run.text


def test_the_floor_has_the_jobs_of_the_study_that_it_is_compared_with(repository, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(repository / "benchmarks"))
    monkeypatch.delitem(sys.modules, "scale_cohort", raising=False)
    import scale_cohort

    scale_cohort.make_cohort(tmp_path, 12)
    ours = run_snakemake(tmp_path, repository / "Snakefile", "-n", "--configfile", "study.yaml")
    floor = run_snakemake(tmp_path, repository / "benchmarks/scale_floor.smk", "-n")
    assert (ours.status, floor.status) == (0, 0), ours.text + floor.text
    assert floor.count("preprocess_case") == floor.count("extract_radiomics") == 12
    assert Counter(job.rule for job in ours.jobs) == Counter(job.rule for job in floor.jobs)
