"""Keys of a model that nothing reads: refused where somebody wrote them, and there alone."""

import pytest

from gliomanet.config.cross_checks import problems_of
from gliomanet.config.load import load_study
from gliomanet.config.study import Study
from gliomanet.errors import StudyError

CENTERS = {"A": {"role": "train", "source": {"kind": "phantom", "cases": 4}}}


def unread(**model) -> list[str]:
    """The refused keys of a study with one model."""
    study = Study.model_validate({"centers": CENTERS, "models": {"m": model}})
    problems = problems_of(study)
    assert {problem.rule for problem in problems} <= {"key_not_read"}
    return [problem.key.removeprefix("models.m.") for problem in problems]


PLATEAU = {"plateau_factor": 0.5, "plateau_patience": 3, "plateau_floor": 0}


@pytest.mark.parametrize(
    ("keys", "readers"),
    [
        ({"crop_from": "mask"}, {"crop": "tumour"}),
        (PLATEAU, {"schedule": "plateau"}),
        ({"clinical_dropout": 0.3}, {"clinical": ["age"]}),
        ({"distillation_temperature": 3}, {"distillation_weight": 0.5, "modality_dropout": 0.3}),
        ({"task_weights": {"idh": 2}}, {"weighting": "fixed"}),
    ],
)
def test_a_key_is_refused_until_another_key_has_it_read(keys, readers):
    model = {"kind": "mttunet", **keys}
    assert sorted(unread(**model)) == sorted(keys)
    assert unread(**model, **readers) == []


def test_of_a_network_that_pastes_no_tumour_nobody_asks_which_labels_one_carries():
    assert unread(kind="gmmas", tumour_cutmix_tasks=["idh"]) == []
    assert unread(kind="gmmas", tumour_cutmix_tasks=["idh"], tumour_cutmix=0) == ["tumour_cutmix_tasks"]


def test_a_head_net_without_epochs_of_its_own_has_no_rate_of_its_own():
    own = {"pretraining_learning_rate": 1e-3, "pretraining_weight_decay": 0.1}
    assert unread(kind="gmmas", **own) == []
    assert unread(kind="gmmas", pretraining_epochs=0, **own) == list(own)


def test_age_and_sex_are_not_penalised():
    assert unread(kind="logistic", inputs=["age", "sex"], C=1, harmonization="combat") == ["harmonization", "C"]
    assert unread(kind="logistic", inputs=["age", "shape"], C=1, harmonization="combat") == []
    assert unread(kind="logistic", inputs=["age"], C=1, classifier_chain="who") == []  # IDH is an input of grade


@pytest.mark.parametrize(
    "model",
    [
        {"kind": "psnet", "clinical": [], "clinical_dropout": 0},
        {"kind": "psnet", "modalities": ["flair"], "modality_dropout": 0},
        {"kind": "gmmas", "tumour_cutmix": 0, "tumour_cutmix_tasks": None, "task_weights": {}},
        {"kind": "extra_trees", "inputs": ["age"], "harmonization": "none"},
    ],
)
def test_what_asks_for_nothing_may_stand(model):
    assert unread(**model) == []


@pytest.mark.parametrize("kind", ["cmtlnet", "gmmas", "mttunet", "psnet", "logistic", "extra_trees", "tabular_net"])
def test_a_study_handed_on_with_every_key_is_the_same_study(kind):
    plain = {"kind": kind, "inputs": ["age"]} if kind in ("logistic", "extra_trees", "tabular_net") else {"kind": kind}
    study = load_study({"centers": CENTERS, "models": {"m": plain}})
    handed_on = study.model_dump(mode="json")
    assert load_study(handed_on) == study
    if "crop_from" in handed_on["models"]["m"]:
        handed_on["models"]["m"]["crop_from"] = "mask"
        with pytest.raises(StudyError, match="crop_from"):
            load_study(handed_on)
