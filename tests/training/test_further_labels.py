"""MGMT, which no code knows, as a task of an image network and of the tabular arm."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from gliomanet.cohort.importers.feature_tables import read_feature_center
from gliomanet.config.feature_models import LogisticModel
from gliomanet.config.image_models import CmtlnetModel
from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.labels.vocabulary import VOCABULARY
from gliomanet.prediction.image import predict_cases
from gliomanet.prediction.tabular import predict_tabular
from gliomanet.training.run.image import train_image_model
from gliomanet.training.tabular import train_tabular_model

MGMT = Task(label="mgmt", classes={"unmethylated": ["unmethylated"], "methylated": ["methylated"]})
NAME = {"model": "m", "stage": "supervised", "fold": "0"}
NET = {"preset": "tiny", "input_shape": (32, 32, 32), "modalities": ("t1c", "t2"), "steps_per_epoch": 2}


def train(cases, folder: Path, tasks: dict[str, Task]) -> Path:
    model = CmtlnetModel(**NET, common_epochs=2, unique_epochs=2, learning_rate=1e-3)
    settings = {"name": NAME, "seed": 1, "code": "c", "threads": 1, "gpus": 0, "pseudo_labels": None}
    train_image_model(cases, tasks, model, out=folder / "out", scratch=folder / "scratch", **settings)
    return folder / "out"


def test_a_network_learns_mgmt_as_it_learns_idh(cohort, tmp_path):
    """Where both labels say the same, so do the two networks, to the last bit: a task's name decides nothing."""
    some = cohort.assign(idh=cohort["idh"].where(cohort["case_id"] != "case-05", ""))
    names = {"mutant": "methylated", "wildtype": "unmethylated"}
    cases = some.assign(mgmt=some["idh"].replace(names))
    probabilities = {}
    for name, task in (("idh", DEFAULT_TASKS["idh"]), ("mgmt", MGMT)):
        out = train(cases, tmp_path / name, {name: task})
        description = json.loads((out / "model.json").read_text())
        assert description["tasks"] == {name: task.model_dump(mode="json")}
        with np.load(out / "heads.npz") as heads:
            assert heads[f"{name}.weight"].shape[0] == 2
        predictions, deep = predict_cases(out, cases[cases["part"] == "validation"], threads=1, gpus=0)
        assert set(deep["task"]) == {name}
        probabilities[name] = predictions.assign(task="", **{"class": predictions["class"].replace(names)})
    pd.testing.assert_frame_equal(probabilities["idh"], probabilities["mgmt"])


def test_a_label_that_no_training_case_has_ends_the_training(cohort, tmp_path):
    message = "task 'mgmt' has no known mgmt among the training cases; add labelled cases, or remove the task"
    with pytest.raises(ValueError, match=message):
        train(cohort.assign(mgmt=""), tmp_path, {"idh": DEFAULT_TASKS["idh"], "mgmt": MGMT})


# Task → area under the curve from UCSF-PDGM to UPENN-GBM as measured here; near chance, as the literature has it.
AUCS = {"age": 0.432, "radiomics": 0.514}


def test_mgmt_from_ucsf_to_upenn(shared_data, tmp_path):
    vocabulary = {**VOCABULARY, "mgmt": ("unmethylated", "methylated")}
    tables = {"UCSF-PDGM": "UCSF-PDGM-metadata_v5.csv", "UPENN-GBM": "UPENN-GBM_clinical_info_v2.1.csv"}
    ucsf, upenn = (
        read_feature_center(
            *(name, "train", shared_data / "real-radiomics" / f"{name}.csv", shared_data / "clinical" / table),
            *(name.lower(), vocabulary),
        )
        for name, table in tables.items()
    )
    truth = upenn[0].set_index("case_id")["mgmt"].map(MGMT.encode)
    for inputs, expected in AUCS.items():
        out = tmp_path / inputs
        model = LogisticModel(inputs=(inputs,))
        train_tabular_model(
            ucsf[0].assign(part="train"), ucsf[1], {"mgmt": MGMT}, model, name=NAME, seed=1, code="c", out=out
        )
        assert json.loads((out / "model.json").read_text())["training_cases"] == {"mgmt": 410}
        predictions, _ = predict_tabular(out, *upenn)
        rows = predictions[predictions["class"] == "methylated"].set_index("case_id")["probability"]
        known = truth[truth >= 0]
        assert len(known) == 262
        assert roc_auc_score(known, rows.reindex(known.index)) == pytest.approx(expected, abs=0.005)
