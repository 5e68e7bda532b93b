"""Rounds of pseudo-labels as jobs: who teaches whom, and whom no round may look at."""

from __future__ import annotations

import pytest

from tests.workflow.conftest import IMAGE_NET, Job, phantom, study

ROUND = {"min_probability": 0.9, "max_std": 0.05}
SEMI = {**IMAGE_NET, "stages": ["supervised", "pseudo_label"]}
CENTERS = {"A": phantom(), "B": phantom("external"), "U": phantom("unlabelled")}
STAGES = ["supervised", "pseudo_label", "pseudo_label_2", "pseudo_label_3"]


def files_of(job: Job, folder: str) -> set[str]:
    """The folders below results/<folder> that a job reads from."""
    return {"/".join(f.split("/")[2:-1]) for f in job.input if f.startswith(f"results/{folder}/")}


@pytest.mark.parametrize("rounds", [2, 3])
def test_the_model_of_a_round_is_the_teacher_of_the_next(snakemake, rounds):
    run = snakemake(study(centers=CENTERS, models={"net": SEMI}, pseudo_labels={"rounds": [ROUND] * rounds}))
    assert run.status == 0, run.text
    stages = STAGES[: rounds + 1]
    assert run.count("train_image") == 2 * len(stages)
    assert run.count("select_pseudo_labels") == 2 * rounds
    for job in run.of("select_pseudo_labels"):
        before = stages[stages.index(job.wildcards["stage"]) - 1]
        assert files_of(job, "models") == {f"net/{before}/fold{job.wildcards['fold']}"}
    for job in run.of("train_image"):
        stage = job.wildcards["stage"]
        assert files_of(job, "pseudo_labels") == (set() if stage == "supervised" else {f"net/{stage}"})
    folds = {f"net/{stage}/fold{fold}" for stage in stages for fold in (0, 1)}
    for job in run.of("predict_center"):  # every stage is predicted, so that each round's gain is seen
        assert files_of(job, "models") == folds
    (explained,) = run.of("explain_model")
    assert files_of(explained, "models") == {f"net/{stages[-1]}/fold{fold}" for fold in (0, 1)}
    (report,) = run.of("write_report")
    assert files_of(report, "models") == folds
    assert "results/pseudo_labels/accuracy.tsv" in report.input
    assert "results/phantom/labels.tsv" in run.of("evaluate_pseudo_labels")[0].input


def test_no_round_has_an_external_centre_among_its_ancestors(snakemake):
    run = snakemake(
        study(centers=CENTERS, models={"net": SEMI}), "-n", "results/models/net/pseudo_label_2/fold0/weights.pt"
    )
    assert run.status == 0, run.text
    assert {job.wildcards["stage"] for job in run.of("train_image")} == set(STAGES[:3])  # two rounds are the default
    assert run.centers == {"A", "U"}
    assert "evaluate_pseudo_labels" not in run.rules  # nor the hidden truth


def test_a_refit_has_no_validation_cases_and_is_judged_by_its_folds(snakemake, feature_center):
    net = {"kind": "tabular_net", "stages": ["supervised", "pseudo_label"], "refit": True}
    centers = {"P": feature_center("P"), "Q": feature_center("Q", role="external")}
    run = snakemake(study(centers=centers, models={"net": net}, pseudo_labels={"rounds": [ROUND]}))
    assert run.status == 0, run.text
    judged = {job.wildcards["fold"]: files_of(job, "models") for job in run.of("select_pseudo_labels")}
    assert judged["0"] == {"net/supervised/fold0"}
    assert judged["all"] == {f"net/supervised/fold{fold}" for fold in ("0", "1", "all")}


def test_a_study_without_pseudo_labels_rates_none(snakemake):
    run = snakemake(study(centers=CENTERS))
    assert run.status == 0, run.text
    assert not {"select_pseudo_labels", "evaluate_pseudo_labels"} & run.rules


def test_the_two_thresholds_have_moved_into_rounds(snakemake):
    run = snakemake(study(pseudo_labels={"min_probability": 0.9, "rounds": []}))
    assert run.status != 0
    assert "pseudo_labels.min_probability: no such key; it is a key of 'rounds'" in run.text
    assert "pseudo_labels.rounds: " in run.text


def test_keeping_some_labels_adds_no_job(snakemake):
    whole, quarter = snakemake(study(centers=CENTERS)), snakemake(study(centers=CENTERS, label_fraction=0.25))
    assert quarter.status == 0, quarter.text
    assert sorted((j.rule, str(j.wildcards)) for j in whole.jobs) == sorted(
        (j.rule, str(j.wildcards)) for j in quarter.jobs
    )
    none = snakemake(study(label_fraction=0))
    assert "label_fraction: found 0" in none.text


def test_hidden_labels_count_where_their_centre_tests_and_are_fitted_nowhere(snakemake):
    held_out = {"design": "leave_one_center_out", "folds": 2}
    config = study(centers={name: phantom(cases=8) for name in "AB"}, models={"net": SEMI}, label_fraction=0.5)
    run = snakemake({**config, "split": held_out, "evaluation": {"modality_subsets": True}})
    assert run.status == 0, run.text
    readers = {job.rule: {f for f in job.input if "/hidden/" in f} for job in run.jobs}
    tables = {f"results/cohort/hidden/{center}.tsv" for center in "AB"}
    assert {rule: files for rule, files in readers.items() if files} == {
        "evaluate": tables,
        "evaluate_uncertainty": tables,
        "evaluate_subsets": tables,
        "evaluate_pseudo_labels": tables,
    }
    fixed = snakemake({**config, "centers": CENTERS})  # its training centre tests nowhere
    assert not any("/hidden/" in file for job in fixed.of("evaluate") for file in job.input)
