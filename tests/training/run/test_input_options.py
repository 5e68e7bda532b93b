"""Options of a network's input through a whole training job: it learns, says what it saw, resumes and predicts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gliomanet.models.artifact import ModelDescription
from gliomanet.prediction.image import load_image_model, predict_cases
from gliomanet.training.data.fold_cases import load_fold
from gliomanet.training.run import epochs as module
from tests.training.run.test_image_networks import TASKS, settings, train


@pytest.fixture(scope="module")
def recorded(cohort, tmp_path_factory) -> pd.DataFrame:
    """The cohort with the record of its normalisation, from which ratio maps are made."""
    root = tmp_path_factory.mktemp("recorded")
    folders = [shutil.copytree(folder, root / Path(folder).name) for folder in cohort["folder"]]
    for folder in folders:
        scales = {name: {"offset": 20.0, "scale": 2.0} for name in ("t1c", "t2")}
        (folder / "preprocess.json").write_text(json.dumps({"intensities": scales}))
    return cohort.assign(folder=list(map(str, folders)))


DISTILLED = {"distillation_weight": 0.5, "contrastive_weight": 0.5}
OPTIONS = {
    "ratio maps": ("psnet", {"ratio_maps": ["t1c/t2"]}),
    "a crop": ("psnet", {"crop": "tumour", "input_shape": [24, 24, 24]}),
    "cutmix": ("cmtlnet", {"tumour_cutmix": 1.0, **DISTILLED}),
}
"""Each option, with a network that learns by it."""


@pytest.mark.parametrize("option", OPTIONS)
def test_killed_and_unkilled_give_the_same_bits_and_predict(option, recorded, tmp_path, monkeypatch):
    kind, changes = OPTIONS[option]
    model = settings(kind, **changes)
    whole = train(recorded, tmp_path / "whole", model)
    save = module.save_progress

    def killed(scratch, digest, progress):
        save(scratch, digest, progress)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "save_progress", killed)
    with pytest.raises(BaseException):  # noqa: B017
        train(recorded, tmp_path / "killed", model)
    monkeypatch.undo()
    resumed = train(recorded, tmp_path / "killed", model)
    assert (resumed / "weights.pt").read_bytes() == (whole / "weights.pt").read_bytes()
    plain = train(recorded, tmp_path / "plain", settings(kind, **(DISTILLED if option == "cutmix" else {})))
    assert (plain / "weights.pt").read_bytes() != (whole / "weights.pt").read_bytes()
    table = predict_cases(whole, recorded.iloc[8:12], threads=1, gpus=0)[0]
    assert np.isfinite(table["probability"]).all()


def test_a_trained_network_knows_its_ratio_maps(recorded, tmp_path):
    out = train(recorded, tmp_path, settings("psnet", epochs=1, ratio_maps=["t1c/t2"]))
    assert load_image_model(out).channels == ("t1c", "t2", "t1c/t2")


def test_a_network_that_finds_tumours_learns_from_crops_and_whole_views(recorded):
    model = settings("psnet", crop="tumour", input_shape=[24, 24, 24])
    training, validation, _ = load_fold(recorded, TASKS, model, None, "fold 0")
    ids = [case.case_id for case in training.images]
    assert len(ids) == 15, "eight cases twice, but the one without a mask"
    assert ids.count("case-04") == 1
    assert all(case.tumour.any() for case in training.images[:7])
    np.testing.assert_array_equal(training.labels[7], training.labels[0])
    assert len(validation) == 4
    given, _, _ = load_fold(recorded, TASKS, settings("cmtlnet", crop="tumour", crop_from="mask"), None, "fold 0")
    assert len(given) == 8


def test_two_views_of_the_cases_make_no_longer_epoch(recorded, tmp_path):
    """Eight cases, two tasks of two classes: two updates, whichever views they come in."""
    steps = {}
    for crop_from in ("segmentation", "mask"):
        view = {"crop": "tumour", "crop_from": crop_from, "input_shape": [24, 24, 24]}
        model = settings("psnet", **view, epochs=1, steps_per_epoch=None)
        out = train(recorded, tmp_path / crop_from, model)
        steps[crop_from] = [phase.updates for phase in ModelDescription.read(out / "model.json").phases]
    assert steps == {"segmentation": [2], "mask": [2]}


def test_a_case_in_two_views_is_one_patient(recorded, tmp_path):
    """Else the one without a mask, which is there in one view, would count half in what the age is standardised by."""
    aged = recorded.assign(age=np.where(recorded["case_id"] == "case-04", 90.0, np.arange(len(recorded)) + 40.0))
    model = settings("psnet", crop="tumour", input_shape=[24, 24, 24], epochs=1, steps_per_epoch=1, clinical=["age"])
    described = ModelDescription.read(train(aged, tmp_path, model) / "model.json")
    ages = aged.loc[aged["part"] == "train", "age"]
    assert described.clinical.standards["age"].mean == pytest.approx(ages.mean(), abs=1e-3)
    network = load_image_model(tmp_path / "out").network
    assert network.clinical.std.tolist() == pytest.approx([ages.std(ddof=0)], rel=1e-5)
