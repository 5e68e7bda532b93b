"""Arguments of networks and values of training jobs, from a model's settings."""

from __future__ import annotations

import pytest

from gliomanet.config.image_models import image_model
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.models.arguments import network_arguments, tasks_of, training_values

CLASSES = {"idh": 2, "grade": 3}


def settings(kind, **changes):
    return image_model({"kind": kind} | ({"tasks": ["idh"]} if kind == "singletask" else {}) | changes)


def test_training_does_not_know_the_flips_of_predictions():
    plain = settings("gmmas")
    values = training_values(settings("gmmas", test_time_augmentation="all"))
    assert values == training_values(plain)
    assert image_model(values) == plain


def test_a_model_learns_all_tasks_or_its_own():
    assert list(tasks_of(settings("gmmas"), DEFAULT_TASKS)) == list(DEFAULT_TASKS)
    assert tasks_of(settings("singletask"), DEFAULT_TASKS) == {"idh": DEFAULT_TASKS["idh"]}
    some = tasks_of(settings("gmmas", tasks=["grade", "idh"]), DEFAULT_TASKS)
    assert some == {name: DEFAULT_TASKS[name] for name in ("idh", "grade")}
    assert list(some) == ["idh", "grade"], "the study's order"


@pytest.mark.parametrize("kind", ["cmtlnet", "singletask", "gmmas", "mttunet", "psnet"])
def test_a_network_gets_what_its_settings_say(kind):
    model = settings(kind, modalities=["flair", "t1c", "t2"], dropout=0.4, preset="tiny")
    expected = {"n_modalities": 3, "tasks": CLASSES, "preset": "tiny", "dropout": 0.4}
    own = {"segmentation": True} if kind in ("gmmas", "mttunet", "psnet") else {"feature_dropout": 0.1}
    assert network_arguments(model, CLASSES) == expected | own


def test_a_network_that_learns_no_segmentation_is_told_so():
    model = settings("psnet", segmentation=False)
    assert network_arguments(model, CLASSES)["segmentation"] is False
