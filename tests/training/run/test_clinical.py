"""Training with clinical data beside the images, and predicting with what it wrote."""

import json

import numpy as np
import pandas as pd
import pytest

from gliomanet.config.image_models import MttunetModel
from gliomanet.models.artifact import ModelDescription
from gliomanet.prediction.image import load_image_model, predict_cases, stochastic_passes
from gliomanet.prediction.modality_subsets import predict_subsets
from gliomanet.training.data.fold_cases import load_fold
from gliomanet.training.recipes.phase import Phase
from gliomanet.training.run.clinical_start import standards
from gliomanet.uncertainty.probabilities import softmax
from tests.training.run.test_image import TASKS, settings, train

CLINICAL = settings(clinical=("age", "sex"), clinical_dropout=0.5, common_epochs=1, unique_epochs=2)
DEVICES = {"threads": 1, "gpus": 0}


@pytest.fixture(scope="module")
def patients(cohort) -> pd.DataFrame:
    """The cohort with ages, which tell IDH, and sexes; those of one training and one validation case are not known."""
    ages = np.where(cohort["idh"] == "mutant", 40.0, 60.0) + np.arange(len(cohort)) % 5
    ages[[2, 9]] = np.nan
    return cohort.assign(age=ages, sex=["F", "M", "F"] * 4 + ["M", np.nan])


@pytest.fixture(scope="module")
def trained(patients, tmp_path_factory):
    return train(patients, tmp_path_factory.mktemp("clinical"), model=CLINICAL)


def test_a_trained_model_says_what_it_takes_of_a_patient(trained, patients):
    described = ModelDescription.read(trained / "model.json")
    ages = patients.loc[patients["part"] == "train", "age"]
    assert list(described.clinical.standards) == ["age", "sex"]
    assert described.clinical.standards["age"].mean == pytest.approx(ages.mean(), abs=1e-3)
    assert described.clinical.standards["age"].std == pytest.approx(ages.std(ddof=0), abs=1e-3)
    assert described.clinical.dropout == 0.5


def test_deep_features_and_heads_with_clinical_data_give_the_probabilities(trained, patients):
    probabilities, deep = predict_cases(trained, patients, **DEVICES)
    with np.load(trained / "heads.npz") as heads:
        for task in TASKS:
            z = deep[deep["task"] == task].drop(columns=["case_id", "task"])
            assert list(z.columns[-2:]) == ["z_age", "z_sex"]
            p = softmax(z.to_numpy(float) @ heads[f"{task}.weight"].T + heads[f"{task}.bias"])
            ours = probabilities.loc[probabilities["task"] == task, "probability"].to_numpy().reshape(-1, 2)
            np.testing.assert_allclose(ours, p, rtol=1e-4)


def test_age_has_a_say_and_a_case_without_is_predicted_aloud(trained, patients, capsys):
    case = patients.iloc[8:9]
    told = predict_cases(trained, case, **DEVICES)[0]["probability"]
    older = predict_cases(trained, case.assign(age=80.0), **DEVICES)[0]["probability"]
    assert older[0] > told[0] + 0.05  # wildtype, of a study in which mutants are young
    assert capsys.readouterr().out == ""
    unknown = predict_cases(trained, case.assign(age=np.nan), **DEVICES)[0]["probability"]
    assert unknown.between(0, 1).all()
    assert "not known: case case-08: age; what the network learnt stands for it" in capsys.readouterr().out


def test_passes_draw_dropout_on_the_image_alone(trained, patients):
    case = patients.iloc[8:9]
    passes = stochastic_passes(trained, case, 2000, 1)["idh"][:, 0]
    assert passes[:, 0].std() > 0
    model, deep = load_image_model(trained), predict_cases(trained, case, **DEVICES)[1]
    weight, bias = (value.numpy() for value in model.network.heads()["idh"])
    z = deep[deep["task"] == "idh"].iloc[0, 2:].to_numpy(float)
    image = np.delete(np.arange(len(z)), [-2, -1])
    kept = np.random.default_rng(0).random((20000, len(image))) >= model.dropout
    drawn = np.tile(z, (len(kept), 1))
    drawn[:, image] *= kept / (1 - model.dropout)
    expected = softmax(drawn @ weight.T + bias)
    np.testing.assert_allclose(passes.mean(0), expected.mean(0), atol=0.02)
    np.testing.assert_allclose(passes.std(0), expected.std(0), atol=0.02)


def test_what_is_known_of_validation_cases_teaches_nothing(trained, patients, tmp_path):
    other = patients.assign(age=patients["age"].where(patients["part"] == "train", 5.0))
    out = train(other, tmp_path, model=CLINICAL)
    assert (out / "weights.pt").read_bytes() == (trained / "weights.pt").read_bytes()


@pytest.mark.parametrize("crop", ["centre", "tumour"])
def test_a_pseudo_labelled_case_trains_and_standardises_nothing(patients, crop):
    model = {"crop": crop, "segmentation": True, "clinical": ("age",), "input_shape": (32, 32, 32)}
    model = MttunetModel(**model, modalities=("t1c", "t2"))
    measured = load_fold(patients, TASKS, model, None, "net")[0]
    given = patients.copy()
    case = given.index[(given["part"] == "train") & given["age"].notna()][0]
    given.loc[case, ["part", "age", "codel_1p19q"]] = ["unlabelled", 5.0, ""]
    right = {"case_id": given.loc[case, "case_id"], "task": "idh", "label": given.loc[case, "idh"]}
    guess = {key: [value] for key, value in right.items()} | {"accepted": ["yes"]}
    training = load_fold(given, TASKS, model, pd.DataFrame(guess), "net")[0]
    assert len(training) == len(measured)  # it trains,
    others = patients[(patients["part"] == "train") & (patients.index != case)]["age"]
    mean, std = standards(training)  # and is no unit of anything
    assert (mean[0], std[0]) == (pytest.approx(others.mean(), abs=1e-3), pytest.approx(others.std(ddof=0), abs=1e-3))
    found = load_fold(given.assign(part=patients["part"]), TASKS, model, pd.DataFrame(guess), "net")[0]
    assert found.labels.tolist() == training.labels.tolist()
    assert found.digest != training.digest  # a job starts anew where a guess becomes a measurement


def test_a_failed_job_goes_on_and_ends_in_the_same_bytes(trained, patients, tmp_path, monkeypatch):
    step = Phase.training_step

    def failing(self, batch, batch_idx):
        if (self.name, self.epoch, batch.step) == ("unique", 1, 1):
            raise InterruptedError("the time limit")
        return step(self, batch, batch_idx)

    with monkeypatch.context() as patch:
        patch.setattr(Phase, "training_step", failing)
        with pytest.raises(InterruptedError):
            train(patients, tmp_path, model=CLINICAL)
    out = train(patients, tmp_path, model=CLINICAL)
    for name in ("weights.pt", "heads.npz", "model.json"):
        assert (out / name).read_bytes() == (trained / name).read_bytes(), name


def test_the_clinical_layers_learn(trained, patients, tmp_path):
    still = train(patients, tmp_path, model=CLINICAL.model_copy(update={"learning_rate": 1e-30}))
    before, after = (load_image_model(folder).network.clinical.heads["idh"] for folder in (still, trained))
    assert not np.allclose(before.weight.detach(), after.weight.detach(), atol=1e-5)
    assert not np.allclose(before.unknown.detach(), after.unknown.detach(), atol=1e-5)
    assert json.loads((trained / "model.json").read_text())["constructor"]["clinical"] == 2


def test_a_network_of_one_phase_learns_distils_draws_passes_and_does_without_modalities(patients, tmp_path):
    model = MttunetModel(
        preset="tiny",
        modalities=("t1c", "t2"),
        input_shape=(32, 32, 32),
        epochs=1,
        steps_per_epoch=1,
        clinical=("sex", "age"),
        modality_dropout=0.3,
        distillation_weight=1.0,
        contrastive_weight=1.0,
    )
    out = train(patients, tmp_path, model=model)
    cases = patients.iloc[8:10]
    told = predict_cases(out, cases, **DEVICES)[0]
    older = predict_cases(out, cases.assign(age=90.0), **DEVICES)[0]
    assert not np.allclose(told["probability"], older["probability"])
    drawn = stochastic_passes(out, cases, 4, 1)["idh"]
    assert np.isfinite(drawn).all()
    assert drawn[:, 0].std(axis=0).min() > 0
    subsets = predict_subsets(out, cases, **DEVICES)
    whole = subsets[subsets["subset"] == "t1c+t2"].reset_index(drop=True)
    assert whole["probability"].tolist() == told["probability"].tolist()
