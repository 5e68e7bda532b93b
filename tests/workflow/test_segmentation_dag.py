"""Which networks segment which centres, and what that depends on."""

from __future__ import annotations

import pytest

from gliomanet.config.load import load_study
from gliomanet.errors import StudyError
from tests.workflow.conftest import IMAGE_NET, LOGISTIC, phantom, study

SEGMENTS = {"kind": "psnet", "preset": "tiny", "input_shape": [32, 32, 32], "epochs": 1, "stages": ["supervised"]}
CLASSES = {**IMAGE_NET, "stages": ["supervised"]}
CENTERS = {"A": phantom(), "B": phantom("external"), "U": phantom("unlabelled")}
MODELS = {"ps": SEGMENTS, "net": CLASSES, "logistic": LOGISTIC}


def test_networks_that_learn_to_segment_do_so_for_every_labelled_centre(snakemake):
    run = snakemake(study(centers=CENTERS, models=MODELS))
    assert run.status == 0, run.text
    jobs = run.of("segment_center")
    assert {(job.wildcards["model"], job.wildcards["center"]) for job in jobs} == {("ps", "A"), ("ps", "B")}
    assert run.count("evaluate_segmentations") == 1
    (report,) = run.of("write_report")
    assert any(file.endswith("evaluation/segmentation.tsv") for file in report.input)
    for job in jobs:
        opened = {
            file.split("/")[2].removesuffix(".tsv") for file in job.input if file.startswith("results/preprocessed/")
        }
        assert opened == {job.wildcards["center"]}
        assert sum(file.endswith("weights.pt") for file in job.input) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"prediction": {"segmentation": False}},
        {"models": {"ps": {**SEGMENTS, "segmentation": False}, "net": CLASSES}},
    ],
)
def test_no_segmentation_is_made_where_none_is_wanted_or_learnt(snakemake, changes):
    run = snakemake(study(**{"models": MODELS, **changes}))
    assert run.status == 0, run.text
    assert not {"segment_center", "evaluate_segmentations"} & run.rules


def test_the_last_stage_segments(snakemake):
    """Of pseudo-labels that is the last of the rounds, two by default."""
    models = {"ps": {**SEGMENTS, "stages": ["supervised", "pseudo_label"]}}
    run = snakemake(study(centers=CENTERS, models=models), "-n", "results/segmentations/ps/B.tsv")
    assert run.status == 0, run.text
    (job,) = run.of("segment_center")
    weights = sorted(file for file in job.input if file.endswith("weights.pt"))
    assert weights == [f"results/models/ps/pseudo_label_2/fold{fold}/weights.pt" for fold in (0, 1)]


def test_a_centre_that_is_held_out_is_segmented_by_those_who_did_not_see_it(snakemake):
    config = study(
        centers={name: phantom() for name in "ABC"},
        models={"ps": SEGMENTS},
        split={"design": "leave_one_center_out", "folds": 2},
    )
    run = snakemake(config)
    assert run.status == 0, run.text
    for job in run.of("segment_center"):
        folds = {file.split("/")[-2] for file in job.input if file.endswith("weights.pt")}
        assert folds == {f"foldwithout-{job.wildcards['center']}.{fold}" for fold in (0, 1)}


def test_a_centre_target_holds_its_segmentations(snakemake):
    run = snakemake(study(centers=CENTERS, models=MODELS), "-n", "center_B")
    assert run.status == 0, run.text
    assert [job.wildcards["center"] for job in run.of("segment_center")] == ["B"]


def test_flips_that_there_are_not_stop_the_study():
    with pytest.raises(StudyError) as caught:
        load_study(study(prediction={"test_time_augmentation": "both"}))
    (problem,) = caught.value.problems
    assert problem.key == "prediction.test_time_augmentation"
    assert "both" in problem.found
