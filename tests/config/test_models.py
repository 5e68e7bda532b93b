"""Models of a study: what their keys allow, and how they agree with the rest of it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from gliomanet.config.image_models import image_model
from gliomanet.config.load import load_study
from gliomanet.errors import StudyError

SINGLE = {"kind": "singletask", "tasks": ["idh"]}
VALID: dict[str, Any] = {
    "centers": {"A": {"role": "train", "source": {"kind": "phantom", "cases": 4}}},
    "models": {
        "cmtlnet": {"kind": "cmtlnet"},
        "gmmas": {"kind": "gmmas"},
        "mttunet": {"kind": "mttunet"},
        "psnet": {"kind": "psnet"},
        "single": SINGLE,
        "features": {"kind": "tabular_net"},
        "age": {"kind": "logistic", "inputs": ["age"]},
    },
}
FEATURES = {"kind": "features", "path": "f.csv", "clinical": "c.csv", "format": "utsw"}


def with_model(model: dict[str, Any]) -> dict[str, Any]:
    return {**VALID, "models": {"m": model}}


def test_networks_on_images_have_the_same_keys_but_for_their_own():
    values = load_study(VALID).models
    shared = {"preset", "modalities", "input_shape", "intensities", "stages", "steps_per_epoch", "learning_rate"}
    shared |= {
        "weight_decay",
        "dropout",
        "augmentation",
        "modality_dropout",
        "precision",
        "kind",
        "tasks",
        "ratio_maps",
        "crop",
        "crop_from",
        "tumour_cutmix",
        "tumour_cutmix_tasks",
    }
    shared |= {
        "distillation_weight",
        "distillation_temperature",
        "contrastive_weight",
        "joint_likelihood_weight",
        "test_time_augmentation",
        "clinical",
        "clinical_dropout",
    }
    shared |= {"optimizer", "schedule", "plateau_factor", "plateau_patience", "plateau_floor"}
    shared |= {"gradient_clip", "ema_decay"}
    one_phase = {"epochs", "segmentation", "unlabelled_masks", "weighting", "task_weights"}
    own = {name: set(values[name].model_dump()) - shared for name in ("cmtlnet", "gmmas", "mttunet", "psnet", "single")}
    assert own == {
        "cmtlnet": {"common_epochs", "unique_epochs", "scale", "margin", "feature_dropout"},
        "gmmas": {
            *one_phase,
            *("pretraining_epochs", "pretraining_learning_rate", "pretraining_weight_decay", "head_net"),
        },
        "mttunet": one_phase,
        "psnet": one_phase,
        "single": {"epochs", "feature_dropout"},
    }


@pytest.mark.parametrize("name", ["cmtlnet", "gmmas", "mttunet", "psnet", "single"])
def test_plain_values_give_the_settings_back(name):
    model = load_study(VALID).models[name]
    assert image_model(model.model_dump(mode="json")) == model


def test_the_published_weights_of_psnet_are_a_valid_study():
    weights = {"codel_1p19q": 3.38, "idh": 2.26, "grade": 1.33, "segmentation": 1}
    assert load_study(with_model({"kind": "psnet", "task_weights": weights})).models["m"].weighting == "fixed"


@pytest.mark.parametrize("kind", ["cmtlnet", "psnet", "tabular_net"])
def test_the_joint_likelihood_needs_two_labels(kind):
    model = {"kind": kind, "joint_likelihood_weight": 0.5}
    assert load_study(with_model(model)).models["m"].joint_likelihood_weight == 0.5
    grades = {"2": ["2"], "3": ["3"], "4": ["4"]}
    tasks = {name: {"label": "grade", "classes": grades} for name in ("first", "second")}
    with pytest.raises(StudyError) as caught:
        load_study({**with_model(model), "tasks": tasks})
    (problem,) = caught.value.problems
    assert (problem.key, problem.rule) == ("models.m.joint_likelihood_weight", "joint_likelihood_of_one_label")
    assert "grade" in problem.found
    load_study({**with_model({"kind": kind}), "tasks": tasks})


@pytest.mark.parametrize("kind", ["gmmas", "mttunet", "psnet", "singletask"])
def test_a_tabular_study_has_no_image_model(kind):
    config = with_model(SINGLE if kind == "singletask" else {"kind": kind})
    config = copy.deepcopy(config)
    config["centers"]["A"]["source"] = FEATURES
    with pytest.raises(StudyError) as caught:
        load_study(config)
    assert ("models.m", "image_model_of_feature_tables") in {(p.key, p.rule) for p in caught.value.problems}


@pytest.mark.parametrize("kind", ["cmtlnet", "gmmas", "mttunet", "psnet", "singletask"])
def test_every_image_network_may_learn_one_task_alone(kind):
    assert load_study(with_model({"kind": kind, "tasks": ["grade"]})).models["m"].tasks == ("grade",)
    with pytest.raises(StudyError) as caught:
        load_study(with_model({"kind": kind, "tasks": ["idh"], "joint_likelihood_weight": 0.5}))
    (problem,) = caught.value.problems
    assert problem.rule == "joint_likelihood_of_one_label"


@pytest.mark.parametrize("kind", ["logistic", "extra_trees"])
def test_a_classifier_chain_needs_idh_and_a_link(kind):
    model = {"kind": kind, "classifier_chain": "who"}
    assert load_study(with_model(model)).models["m"].classifier_chain == "who"
    idh = {"label": "idh", "classes": {"wildtype": ["wildtype"], "mutant": ["mutant"]}}
    with pytest.raises(StudyError) as caught:
        load_study({**with_model(model), "tasks": {"idh": idh}})
    (problem,) = caught.value.problems
    assert (problem.key, problem.rule) == ("models.m.classifier_chain", "chain_without_links")


def test_ratios_are_an_input_where_they_are_made():
    model = {"kind": "extra_trees", "inputs": ["ratios", "sex"]}
    study = load_study({**with_model(model), "radiomics": {"ratios": True}})
    assert study.models["m"].inputs == ("ratios", "sex")
