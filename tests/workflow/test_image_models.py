"""Studies of every kind of image network: the same jobs for each of them."""

from __future__ import annotations

from tests.workflow.conftest import LOGISTIC, phantom, study

SMALL = {"preset": "tiny", "input_shape": [32, 32, 32], "stages": ["supervised", "pseudo_label"]}
MODELS = {
    "cmtlnet": {"kind": "cmtlnet", **SMALL},
    "gmmas": {"kind": "gmmas", **SMALL},
    "mttunet": {"kind": "mttunet", **SMALL},
    "psnet": {"kind": "psnet", **SMALL, "task_weights": {"codel_1p19q": 3.38, "idh": 2.26, "grade": 1.33}},
    "only-idh": {"kind": "singletask", "tasks": ["idh"], **SMALL},
}


def test_every_image_network_is_trained_selects_pseudo_labels_and_predicts(snakemake):
    centers = {"A": phantom(), "B": phantom("external"), "U": phantom("unlabelled")}
    run = snakemake(study(centers=centers, models={**MODELS, "logistic": LOGISTIC}, pseudo_labels={"rounds": [{}]}))
    assert run.status == 0, run.text
    for rule, jobs in {"train_image": 4, "select_pseudo_labels": 2, "predict_center": 2, "find_biomarkers": 1}.items():
        counts = {name: sum(job.wildcards["model"] == name for job in run.of(rule)) for name in MODELS}
        assert counts == dict.fromkeys(MODELS, jobs), rule
    assert {job.wildcards["model"] for job in run.of("train_tabular")} == {"logistic"}
    folders = {
        job.wildcards["model"] for job in run.of("predict_center") if any("/preprocessed/" in f for f in job.input)
    }
    assert folders == set(MODELS)


def test_a_task_that_the_study_does_not_have_stops_it(snakemake):
    run = snakemake(study(models={"mgmt": {**MODELS["only-idh"], "tasks": ["mgmt"]}}))
    assert run.status != 0
    assert "models.mgmt.tasks: 'mgmt' is no task; tasks: idh, codel_1p19q, grade" in run.text
