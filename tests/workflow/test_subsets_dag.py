"""Predictions over subsets of modalities: no job unless they are asked for, then those of image models and no others."""

from __future__ import annotations

from tests.workflow.conftest import IMAGE_NET, LOGISTIC, phantom, study

OURS = {"predict_subsets", "read_fusion_weights", "evaluate_subsets"}
ON = {"modality_subsets": True}
GMMAS = {"kind": "gmmas", "preset": "tiny", "input_shape": [32, 32, 32], "epochs": 1, "stages": ["supervised"]}
MODELS = {
    "net": {**IMAGE_NET, "stages": ["supervised", "pseudo_label"]},
    "fusing": GMMAS,
    "logistic": LOGISTIC,
}
CENTERS = {"A": phantom(), "B": phantom("external"), "C": phantom("external"), "U": phantom("unlabelled")}


def test_by_default_there_is_no_such_job(snakemake):
    run = snakemake(study(centers=CENTERS, models=MODELS))
    assert run.status == 0, run.text
    assert not OURS & run.rules
    (report,) = run.of("write_report")
    assert not any("results/" in file and "modality" in file for file in report.input)


def test_the_final_stage_of_every_image_model_predicts_every_tested_centre(snakemake):
    run = snakemake(study(centers=CENTERS, models=MODELS, evaluation=ON))
    assert run.status == 0, run.text
    jobs = {(job.wildcards["model"], job.wildcards["center"]): job.input for job in run.of("predict_subsets")}
    assert set(jobs) == {(model, center) for model in ("net", "fusing") for center in "ABC"}
    for (model, center), files in jobs.items():
        used = {file.split("/")[3] for file in files if file.startswith(f"results/models/{model}/")}
        assert used == {"pseudo_label_2" if model == "net" else "supervised"}  # the study's last round
        assert {f"results/models/{model}/{next(iter(used))}/fold{fold}/weights.pt" for fold in "01"} < set(files)
        opened = {file.split("/")[2].removesuffix(".tsv") for file in files if file.startswith("results/preprocessed/")}
        assert opened == {center}
    assert [job.wildcards["model"] for job in run.of("read_fusion_weights")] == ["fusing"]
    (evaluation,) = run.of("evaluate_subsets")
    assert set(evaluation.input) >= {f"results/modality_subsets/{m}/{c}.tsv.gz" for m, c in jobs}
    assert "results/modality_subsets/fusing.fusion.tsv" in evaluation.input
    (report,) = run.of("write_report")
    tables = {f"results/evaluation/modality_{name}.tsv" for name in ("subsets", "significance")}
    assert tables <= set(report.input)


def test_a_centre_target_predicts_that_centre_alone(snakemake):
    run = snakemake(study(centers=CENTERS, models=MODELS, evaluation=ON), "-n", "center_C")
    assert run.status == 0, run.text
    jobs = {(job.wildcards["model"], job.wildcards["center"]) for job in run.of("predict_subsets")}
    assert jobs == {("net", "C"), ("fusing", "C")}


def test_a_held_out_centre_is_predicted_by_its_own_scenario(snakemake):
    split = {"design": "leave_one_center_out", "folds": 2}
    run = snakemake(
        study(centers={name: phantom() for name in "AB"}, models={"net": {**GMMAS}}, split=split, evaluation=ON)
    )
    assert run.status == 0, run.text
    for job in run.of("predict_subsets"):
        folds = {file.split("/")[4] for file in job.input if file.startswith("results/models/")}
        # B validates where A is held out, and tests where it is held out itself
        assert folds == {f"foldwithout-{center}.{fold}" for center in "AB" for fold in range(2)}


def test_an_external_centre_is_no_ancestor_of_anothers_predictions(snakemake):
    config = study(centers=CENTERS, models=MODELS, evaluation=ON)
    run = snakemake(config, "-n", "results/modality_subsets/net/C.tsv.gz", "results/modality_subsets/fusing.fusion.tsv")
    assert run.status == 0, run.text
    assert run.centers == {"A", "C", "U"}
    assert {job.wildcards["center"] for job in run.of("predict_subsets")} == {"C"}
