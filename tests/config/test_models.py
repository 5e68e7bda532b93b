"""Models of a study: what their keys allow, and how they agree with the rest of it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from gliomanet.config.load import load_study
from gliomanet.config.models import JOINT_LIKELIHOOD, PsnetModel, SingletaskModel, image_model
from gliomanet.errors import StudyError

SINGLE = {"kind": "singletask", "task": "idh"}
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


def test_a_study_knows_which_models_look_at_images_and_which_are_networks():
    study = load_study(VALID)
    assert study.image_models == ("cmtlnet", "gmmas", "mttunet", "psnet", "single")
    assert study.networks == (*study.image_models, "features")


def test_networks_on_images_have_the_same_keys_but_for_their_own():
    values = load_study(VALID).models
    shared = {"preset", "modalities", "input_shape", "intensities", "stages", "steps_per_epoch", "learning_rate"}
    shared |= {"weight_decay", "dropout", "augmentation", "modality_dropout", "precision", "kind"}
    shared |= {
        "distillation_weight",
        "distillation_temperature",
        "contrastive_weight",
        "joint_likelihood_weight",
        "test_time_augmentation",
    }
    one_phase = {"epochs", "segmentation", "unlabelled_masks", "weighting", "task_weights"}
    own = {name: set(values[name].model_dump()) - shared for name in ("cmtlnet", "gmmas", "mttunet", "psnet", "single")}
    assert own == {
        "cmtlnet": {"common_epochs", "unique_epochs", "scale", "margin"},
        "gmmas": {*one_phase, "pretraining_epochs"},
        "mttunet": one_phase,
        "psnet": one_phase,
        "single": {"epochs", "task"},
    }


@pytest.mark.parametrize("name", ["cmtlnet", "gmmas", "mttunet", "psnet", "single"])
def test_plain_values_give_the_settings_back(name):
    model = load_study(VALID).models[name]
    assert image_model(model.model_dump(mode="json")) == model


def test_a_network_predicts_with_its_own_flips_or_the_studys():
    models = {
        **VALID["models"],
        "gmmas": {"kind": "gmmas", "test_time_augmentation": "all"},
        "psnet": {"kind": "psnet", "test_time_augmentation": "none"},
    }
    study = load_study({**VALID, "models": models, "prediction": {"test_time_augmentation": "left_right"}})
    assert {name: study.flips_of(name) for name in models} == {
        "cmtlnet": "left_right",
        "gmmas": "all",
        "mttunet": "left_right",
        "psnet": "none",
        "single": "left_right",
        "features": "none",
        "age": "none",
    }


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"kind": "singletask"}, "models.m.task: missing, and has no default"),
        ({"kind": "singletask", "task": "mgmt"}, "models.m.task: 'mgmt' is no task; tasks: idh, codel_1p19q, grade"),
        ({**SINGLE, "segmentation": True}, "models.m.segmentation: no such key"),
        (
            {"kind": "psnet", "test_time_augmentation": "both"},
            "models.m.test_time_augmentation: input should be 'none', 'left_right' or 'all'",
        ),
        (
            {"kind": "psnet", "segmentation": False, "unlabelled_masks": True},
            "unlabelled_masks is true, and without segmentation masks teach nothing; leave it out, or set segmentation",
        ),
        ({"kind": "mttunet", "input_shape": [64, 60, 64]}, "input_shape (64, 60, 64) must be positive multiples of 8"),
        ({"kind": "gmmas", "input_shape": [64, 64, 48]}, "must be positive multiples of 32"),
        ({"kind": "psnet", "input_shape": [23, 64, 64]}, "input_shape (23, 64, 64) must be at least 24 each"),
        ({**SINGLE, "input_shape": [16, 32, 32]}, "must be positive multiples of 32"),
        ({"kind": "psnet", "modalities": ["t1", "t1"]}, "must name each modality once"),
        ({"kind": "psnet", "modality_dropout": 1.0}, "models.m.modality_dropout: input should be less than 1"),
        (
            {"kind": "gmmas", "distillation_weight": 0.5},
            (
                "models.m: distillation is 0.5 and modality_dropout 0, which takes no modality away to learn without; "
                "set modality_dropout (0.3, say), or leave distillation out"
            ),
        ),
        (
            {"kind": "cmtlnet", "contrastive_weight": 1, "modality_dropout": 0.3, "modalities": ["t1c"]},
            (
                "models.m: modality is 1, and of modalities there is only t1c, which cannot be taken away; "
                "name two at least, or leave modality out"
            ),
        ),
        (
            {"kind": "psnet", "distillation": -1},
            "models.m.distillation_weight: input should be greater than or equal to 0",
        ),
        (
            {"kind": "psnet", "distillation_temperature": 0},
            "models.m.distillation_temperature: input should be greater than 0",
        ),
        (
            {"kind": "psnet", "task_weights": {"mgmt": 2}},
            "models.m.task_weights: 'mgmt' is no task; allowed: idh, codel_1p19q, grade, segmentation",
        ),
        ({"kind": "psnet", "task_weights": {"idh": 0}}, "models.m.task_weights.idh: input should be greater than 0"),
        (
            {"kind": "gmmas", "task_weights": {"idh": 2}},
            "task_weights are given and weighting is uncertainty; set weighting: fixed, or leave them out",
        ),
        (
            {"kind": "psnet", "segmentation": False, "task_weights": {"segmentation": 2}},
            "task_weights names segmentation, which is off",
        ),
        (
            {"kind": "gmmas", "segmentation": False},
            "without segmentation the head net has nothing to learn alone; set pretraining_epochs: 0",
        ),
        (
            {"kind": "gmmas", "weighting": "equal"},
            "models.m.weighting: input should be 'uncertainty', 'uncertainty_full'",
        ),
        (
            {"kind": "cmtlnet", "joint_likelihood_weight": -1},
            "models.m.joint_likelihood_weight: input should be greater than or equal",
        ),
        (
            {**SINGLE, "joint_likelihood_weight": 0.5},
            "joint_likelihood is 0.5, and one task alone cannot contradict the WHO classification; leave it out",
        ),
        ({"kind": "mttunet", "stages": ["pseudo_label"]}, "models.m.stages: must start with supervised"),
    ],
)
def test_every_error_names_its_key_and_what_to_do(model, message):
    with pytest.raises(StudyError) as caught:
        load_study(with_model(model))
    assert message in str(caught.value)


def test_the_published_weights_of_psnet_are_a_valid_study():
    weights = {"codel_1p19q": 3.38, "idh": 2.26, "grade": 1.33, "segmentation": 1}
    assert load_study(with_model({"kind": "psnet", "task_weights": weights})).models["m"].weighting == "fixed"


def test_no_task_may_be_called_segmentation():
    config = {**VALID, "tasks": {"segmentation": {"label": "idh", "classes": {"a": ["wildtype"], "b": ["mutant"]}}}}
    with pytest.raises(StudyError, match=r"tasks.segmentation: this name is reserved, because models weigh the loss"):
        load_study(config)


@pytest.mark.parametrize(
    ("name", "loss"), [("distillation_weight", "self-distillation"), ("contrastive_weight", "contrastive learning")]
)
def test_no_task_is_called_like_another_loss(name, loss):
    config = {**VALID, "tasks": {name: {"label": "idh", "classes": {"a": ["wildtype"], "b": ["mutant"]}}}}
    with pytest.raises(StudyError, match=f"tasks.{name}: this name is reserved, because events .* the loss of {loss}"):
        load_study(config)


@pytest.mark.parametrize("kind", ["cmtlnet", "psnet", "tabular_net"])
def test_the_joint_likelihood_needs_two_labels(kind):
    model = {"kind": kind, "joint_likelihood_weight": 0.5}
    assert load_study(with_model(model)).models["m"].joint_likelihood_weight == 0.5
    grades = {"2": ["2"], "3": ["3"], "4": ["4"]}
    tasks = {name: {"label": "grade", "classes": grades} for name in ("first", "second")}
    with pytest.raises(StudyError) as caught:
        load_study({**with_model(model), "tasks": tasks})
    assert (
        "models.m.joint_likelihood_weight: is 0.5, which needs tasks on two of the labels idh, codel_1p19q, grade; "
        "the study's tasks are on grade: add a task, or leave it out"
    ) in str(caught.value)
    load_study({**with_model({"kind": kind}), "tasks": tasks})


@pytest.mark.parametrize("kind", ["gmmas", "mttunet", "psnet", "singletask"])
def test_a_tabular_study_has_no_image_model(kind):
    config = with_model(SINGLE if kind == "singletask" else {"kind": kind})
    config = copy.deepcopy(config)
    config["centers"]["A"]["source"] = FEATURES
    with pytest.raises(StudyError, match=f"models.m: {kind} needs images"):
        load_study(config)


def test_the_reference_tells_that_one_task_has_no_joint_likelihood():
    described = {
        kind: model.model_fields["joint_likelihood_weight"].description
        for kind, model in (("singletask", SingletaskModel), ("psnet", PsnetModel))
    }
    assert described == {"singletask": "Must stay 0: one task contradicts nothing.", "psnet": JOINT_LIKELIHOOD}
