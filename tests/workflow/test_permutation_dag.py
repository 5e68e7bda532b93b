"""The permutation test's jobs: every stage that labels reach, once a draw; and none that makes an image or a feature."""

from __future__ import annotations

import re
from pathlib import Path

from tests.workflow.conftest import IMAGE_NET, LOGISTIC, phantom, study

MODELS = {"net": {**IMAGE_NET, "stages": ["supervised", "pseudo_label"]}, "logistic": LOGISTIC}
CENTERS = {"A": phantom(), "B": phantom("external"), "U": phantom("unlabelled")}
OF_LABELS = {
    *("build_case_table", "select_columns", "collect_cohort", "split_development", "split_external", "train_image"),
    *("train_tabular", "select_pseudo_labels", "predict_center", "fit_temperatures", "describe_ensemble"),
    *("combine_predictions", "collect_predictions", "evaluate"),
}
TABLES = [f"results/evaluation/{name}.tsv" for name in ("permutation", "permutation_draws")]


def test_each_draw_repeats_what_labels_reach_and_nothing_else(snakemake):
    run = snakemake(study(centers=CENTERS, models=MODELS, permutation_draws=2), "-n", "permutation_test")
    assert run.status == 0, run.text
    for draw in (1, 2):
        mine = [job for job in run.jobs if job.rule.startswith(f"draw{draw}_")]
        assert {job.rule.removeprefix(f"draw{draw}_") for job in mine} == OF_LABELS
        for rule in OF_LABELS:
            assert len([job for job in mine if job.rule == f"draw{draw}_{rule}"]) == run.count(rule), rule
        # what a draw reads is its own, or the study's images and features
        files = {file for job in mine for file in job.input}
        foreign = {file for file in files if not file.startswith(f"results/permuted/{draw}/")}
        shared = "preprocessed|contents|radiomics|phantom|qc|audit/approved"
        assert all(re.match(rf"results/({shared})", file) for file in foreign)
    assert not any(job.rule.startswith("draw3_") for job in run.jobs)
    assert run.count("preprocess_case") == 9
    (compared,) = run.of("compare_with_draws")
    assert set(compared.input) == {
        "results/evaluation/metrics.tsv",
        *(f"results/permuted/{draw}/evaluation/metrics.tsv" for draw in (1, 2)),
    }
    (report,) = run.of("write_report")
    assert set(TABLES) < set(report.input)


def test_who_does_not_ask_has_no_draw(snakemake, tmp_path: Path):
    run = snakemake(study(centers=CENTERS, models=MODELS))
    assert run.status == 0, run.text
    assert not any(job.rule.startswith(("draw1", "compare_with")) for job in run.jobs)
    (report,) = run.of("write_report")
    assert not set(TABLES) & set(report.input)
    for table in TABLES:  # of an earlier run
        (tmp_path / table).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / table).touch()
    run = snakemake(study(centers=CENTERS, models=MODELS))
    assert run.status == 0, run.text
    assert not any(job.rule.startswith(("draw1", "compare_with")) for job in run.jobs)
    (report,) = run.of("write_report")
    assert set(TABLES) < set(report.input)
