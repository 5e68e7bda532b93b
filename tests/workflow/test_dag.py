"""The DAG over small fake cohorts: which jobs there are, and what they depend on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.workflow.conftest import IMAGE_NET, LOGISTIC, Job, phantom, study

LABELLED = [
    {"case_id": "p1", "idh": "wildtype", "codel_1p19q": "intact", "grade": "4"},
    {"case_id": "p2", "idh": "mutant", "codel_1p19q": "codeleted", "grade": "2"},
]
SEMI = {**IMAGE_NET, "stages": ["supervised", "pseudo_label"]}


def opened(job: Job, center: str) -> bool:
    """Whether a job reads a centre's images, or columns of its case table."""
    return any(
        f"/preprocessed/{center}" in file or re.search(rf"/cohort/.*\b{center}\.tsv", file) for file in job.input
    )


def test_one_centre_alone_is_cross_validated_only(snakemake):
    run = snakemake(study(centers={"A": phantom()}))
    assert run.status == 0, run.text
    assert run.count("train_image") == 2
    assert run.count("split_external") == 0
    assert run.count("predict_center") == 2  # one a model


def test_external_centres_are_predicted_and_never_trained_on(snakemake):
    run = snakemake(study(centers={"A": phantom(), "B": phantom("external"), "C": phantom("external")}))
    assert run.status == 0, run.text
    assert run.count("split_external") == 2
    assert {job.wildcards["center"] for job in run.of("predict_center")} == {"A", "B", "C"}


def test_no_training_job_has_an_external_centre_among_its_ancestors(snakemake):
    config = study(centers={"A": phantom(), "B": phantom("external"), "U": phantom("unlabelled")}, models={"net": SEMI})
    run = snakemake(config, "-n", "results/models/net/pseudo_label/fold0/weights.pt")
    assert run.status == 0, run.text
    assert run.centers == {"A", "U"}


def test_a_network_that_takes_the_age_reads_it_in_every_job_and_no_sex(snakemake):
    net = {**SEMI, "clinical": ["age"]}
    config = study(centers={"A": phantom(), "X": phantom("external")}, models={"net": net, "plain": SEMI})
    run = snakemake({**config, "pseudo_labels": {"rounds": [{}]}, "evaluation": {"modality_subsets": True}})
    assert run.status == 0, run.text
    for rule in ("train_image", "select_pseudo_labels", "predict_center", "predict_subsets"):
        for job in run.of(rule):
            assert any("/ages/" in file for file in job.input) == (job.wildcards["model"] == "net"), rule
            assert not any("/sexes/" in file for file in job.input)


def test_a_stack_learns_from_its_members_predictions_of_training_centres_alone(snakemake):
    centers = {"A": phantom(), "B": phantom(), "X": phantom("external")}
    members = {"net": IMAGE_NET, "age": LOGISTIC}
    stacked = {"kind": "stack", "members": [*members], "clinical": ["sex"]}
    config = study(centers=centers, models={**members, "both": stacked})
    run = snakemake(config, "-n", *(f"results/models/both/supervised/fold{fold}/model.json" for fold in ("0", "all")))
    assert run.status == 0, run.text
    assert run.centers == {"A", "B"}
    said = {f"results/fold_predictions/{member}/{center}.tsv" for member in members for center in "AB"}
    for job in run.of("train_stack"):
        assert {file for file in job.input if "/fold_predictions/" in file} == said
        assert not any("/ages/" in file or "/radiomics/" in file or "/preprocessed/" in file for file in job.input)
        assert any("/sexes/" in file for file in job.input)
    whole = snakemake(config)
    assert {job.wildcards["center"] for job in whole.of("predict_stack")} == {*centers}
    assert {job.wildcards["fold"] for job in whole.of("train_stack")} == {"0", "1", "all"}
    assert {"both"} == {job.wildcards["model"] for job in whole.of("predict_stack")}
    assert not any(job.wildcards["model"] == "both" for job in whole.of("find_biomarkers"))


def test_an_unlabelled_centre_teaches_the_second_stage_only(snakemake):
    config = study(centers={"A": phantom(), "U": phantom("unlabelled")}, models={"net": SEMI})
    whole = snakemake({**config, "pseudo_labels": {"rounds": [{}]}})
    assert whole.count("train_image") == 4
    assert whole.count("select_pseudo_labels") == 2
    assert {job.wildcards["center"] for job in whole.of("predict_center")} == {"A"}
    assert all(opened(job, "U") == (job.wildcards["stage"] == "pseudo_label") for job in whole.of("train_image"))


def test_cases_with_missing_modalities_are_preprocessed(snakemake, table_center):
    rows = [*LABELLED, {"case_id": "p3", "modalities": "t1c,flair", "idh": "mutant"}]
    run = snakemake(study(centers={"A": table_center("A", rows)}))
    assert run.status == 0, run.text
    assert {job.wildcards["case"] for job in run.of("preprocess_case")} == {"p1", "p2", "p3"}


def test_numeric_ids_keep_their_zeros(snakemake, table_center):
    rows = [{**row, "case_id": case} for row, case in zip(LABELLED, ("007", "010"), strict=True)]
    run = snakemake(study(centers={"A": table_center("A", rows)}))
    assert {job.wildcards["case"] for job in run.of("preprocess_case")} == {"007", "010"}


def test_a_single_class_external_centre_is_no_error(snakemake, table_center):
    glioblastomas = [{**LABELLED[0], "case_id": f"x{number}"} for number in range(3)]
    run = snakemake(study(centers={"A": phantom(), "X": table_center("X", glioblastomas, "external")}))
    assert run.status == 0, run.text
    assert run.count("preprocess_case") == 6


def test_a_tabular_study_has_no_image_jobs(snakemake, feature_center):
    config = study(
        centers={"P": feature_center("P"), "Q": feature_center("Q", role="external")},
        models={"net": {"kind": "tabular_net"}, "logistic": LOGISTIC},
    )
    run = snakemake(config)
    assert run.status == 0, run.text
    assert run.count("import_features") == 2
    assert not {"preprocess_case", "collect_qc", "extract_radiomics", "train_image"} & run.rules
    assert {job.wildcards["model"] for job in run.of("find_biomarkers")} == {"net", "logistic"}
    assert run.count("draw_examples") == 0


def test_leave_one_centre_out_holds_out_every_centre(snakemake):
    config = study(centers={name: phantom() for name in "ABC"}, split={"design": "leave_one_center_out", "folds": 2})
    run = snakemake(config)
    assert run.status == 0, run.text
    folds = {job.wildcards["fold"] for job in run.of("train_image")}
    assert folds == {f"without-{center}.{fold}" for center in "ABC" for fold in range(2)}
    for job in run.of("train_image"):
        held_out = job.wildcards["fold"].removeprefix("without-")[0]
        assert [opened(job, center) for center in "ABC"] == [center != held_out for center in "ABC"]


def test_further_scenarios_add_their_folds(snakemake):
    scenarios = [{"name": "from-A", "train": ["A"], "external": ["B"]}]
    run = snakemake(study(centers={"A": phantom(), "B": phantom()}, split={"folds": 2, "scenarios": scenarios}))
    assert run.status == 0, run.text
    assert {j.wildcards["fold"] for j in run.of("train_image")} == {"main.0", "main.1", "from-A.0", "from-A.1"}


def test_models_that_are_refitted_have_one_fold_more(snakemake):
    run = snakemake(study(models={"logistic": {**LOGISTIC, "refit": True}}))
    assert {job.wildcards["fold"] for job in run.of("train_tabular")} == {"0", "1", "all"}
    (explained,) = run.of("explain_model")
    fitted = {file for file in explained.input if file.endswith("model.joblib")}
    assert fitted == {f"results/models/logistic/supervised/fold{fold}/model.joblib" for fold in (0, 1)}
    without = snakemake(study(models={"logistic": {**LOGISTIC, "refit": False}}))
    assert {job.wildcards["fold"] for job in without.of("train_tabular")} == {"0", "1"}


def test_a_centre_target_builds_that_centre(snakemake):
    config = study(centers={"A": phantom(), "B": phantom("external"), "C-2": phantom("external")})
    run = snakemake(config, "-n", "center_C-2")
    assert run.status == 0, run.text
    assert {job.wildcards["center"] for job in run.of("combine_predictions")} == {"C-2"}
    # A validates: its cases tell how sure the models may be of others, and which classes they cannot rule out
    assert {job.wildcards["center"] for job in run.of("predict_center")} == {"A", "C-2"}
    assert "B" not in run.centers


def test_temperatures_and_prediction_sets_are_fitted_without_a_look_at_external_centres(snakemake):
    config = study(centers={"A": phantom(), "B": phantom("external"), "U": phantom("unlabelled")})
    run = snakemake(config)
    assert run.status == 0, run.text
    assert run.count("fit_temperatures") == 2  # one a model
    assert run.count("describe_ensemble") == 2
    fits = [*run.of("fit_temperatures"), *run.of("describe_ensemble")]
    assert all(opened(job, "A") and not opened(job, "B") for job in fits)
    assert run.count("combine_predictions") == 4
    target = snakemake(config, "-n", "results/calibration/net.tsv")
    assert target.centers == {"A", "U"}
    without = snakemake({**config, "prediction": {"calibration": "none"}})
    assert without.status == 0, without.text
    assert without.count("fit_temperatures") == 0
    assert without.count("describe_ensemble") == 2
    assert without.count("combine_predictions") == 4


def test_held_out_centres_still_tell_in_the_scenarios_that_they_teach_in(snakemake):
    config = study(centers={name: phantom() for name in "AB"}, split={"design": "leave_one_center_out", "folds": 2})
    run = snakemake(config)
    for job in (*run.of("fit_temperatures"), *run.of("describe_ensemble")):
        assert [opened(job, center) for center in "AB"] == [True, True]


def test_gpu_jobs_fall_back_where_there_is_no_gpu(snakemake):
    run = snakemake(study(), "-n", "--resources", "gpu=0")
    assert run.status == 0, run.text
    assert {job.resources["gpu"] for job in run.of("train_image")} == {0}
    given = snakemake(study(), "-n", "--resources", "gpu=2")
    assert {job.resources["gpu"] for job in given.of("train_image")} == {1}
    several = snakemake(study(compute={"gpus": 2}), "-n", "--resources", "gpu=4")
    assert several.status == 0, several.text
    asked = {rule: {job.resources["gpu"] for job in several.of(rule)} for rule in ("train_image", "predict_center")}
    assert asked["train_image"] == {2}
    assert max(asked["predict_center"]) == 1


def test_no_job_hangs_on_keys_that_it_does_not_use(repository: Path):
    """How jobs compute, and whether subsets of modalities are asked for, are no parameter of what is done already."""
    for rules in (repository / "workflow" / "rules").glob("*.smk"):
        text = rules.read_text(encoding="utf-8").replace("uncounted(dump(STUDY)", "")
        for whole in ("dump(STUDY)", "dump(STUDY.evaluation)"):
            assert whole not in text, f"{rules.name}: {whole} holds keys that its job does not use"


def test_a_cluster_is_asked_for_gpus_whatever_the_login_node_has(snakemake, repository: Path):
    run = snakemake(study(), "-n", "--profile", str(repository / "workflow/profiles/slurm"))
    assert run.status == 0, run.text
    assert {job.resources["gpu"] for job in run.of("train_image")} == {1}


@pytest.mark.parametrize(("told", "gpus"), [(None, 1), ("", 1), ("64", 1), ("0", 0)])
def test_a_job_of_another_engine_keeps_the_gpu_that_it_was_given(snakemake, monkeypatch, told, gpus):
    """This machine lists no GPU, as a container on a node may: the job holds one all the same."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.delenv("GLIOMANET_GPU_LIMIT", raising=False)
    if told is not None:
        monkeypatch.setenv("GLIOMANET_GPU_LIMIT", told)
    run = snakemake(study(), "-n", "--mode", "remote")
    assert run.status == 0, run.text
    assert {job.resources["gpu"] for job in run.of("train_image")} == {gpus}


@pytest.mark.parametrize(("visible", "gpus"), [("", 0), ("MIG-7ea8ab2d-6e47-5a9a-a6b7-1c2b0f6f3f10", 1)])
def test_on_one_machine_the_environment_says_which_gpus_there_are(snakemake, monkeypatch, visible, gpus):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.setenv("GLIOMANET_GPU_LIMIT", "7")  # of another run, which this one was started from
    assert {job.resources["gpu"] for job in snakemake(study(), "-n").of("train_image")} == {gpus}


def test_every_rule_has_an_environment_and_a_log(snakemake, repository: Path):
    for rules in (repository / "workflow" / "rules").glob("*.smk"):
        text = rules.read_text(encoding="utf-8")
        for block in text.split("\nrule ")[1:]:
            if "script:" in block:
                assert "conda:" in block, f"{rules.name}: {block.splitlines()[0]} has no environment"
                assert "log:" in block, f"{rules.name}: {block.splitlines()[0]} has no log"
                assert "code=code_of(" in block or "code=code_with_kind(" in block, (
                    f"{rules.name}: {block.splitlines()[0]} has no code digest"
                )


@pytest.mark.parametrize(
    "name", ["config.yaml", "config/real-mri.yaml", "config/real-radiomics.yaml", "config/real-mgmt.yaml"]
)
def test_shipped_studies_are_valid(name, repository: Path):
    import yaml

    from gliomanet.config.load import load_study

    assert load_study(yaml.safe_load((repository / name).read_text(encoding="utf-8"))).models
