"""Models of the tabular arm, taken apart into arrays and put together again: equal answers, to the last bit."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import load
from sklearn.ensemble import ExtraTreesClassifier

from gliomanet.bundle.fitted import packed, put_together, take_apart
from gliomanet.bundle.forest import ArrayForest
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.models.classifier_chain import Chain, ChainedModels
from gliomanet.models.combat import Combat
from gliomanet.models.ridge_logistic import RidgeLogistic
from gliomanet.models.tabular import SklearnModels, TabularInputs
from gliomanet.models.tabular_inputs import CONDITION
from gliomanet.models.tabular_net import NetEnsemble
from gliomanet.networks.tabular import TabularNet

RNG = np.random.default_rng(1)
TABLE = pd.DataFrame(RNG.normal(size=(60, 4)), columns=["a", "b", "age", CONDITION])
TABLE.loc[3, "a"] = np.nan
TABLE[CONDITION] = (RNG.random(60) > 0.5).astype(float)
CLASSES = {"idh": ("wildtype", "mutant"), "codel_1p19q": ("intact", "codeleted"), "grade": ("2", "3", "4")}
COMBAT = Combat(("a", "b"), ("A", "B"), np.zeros(2), np.ones(2), RNG.normal(size=(2, 2)), np.ones((2, 2)))


def classifiers(make) -> SklearnModels:
    inputs, models = {}, {}
    for task, names in CLASSES.items():
        columns = list(TABLE.columns) if task == "grade" else ["a", "b", "age"]
        inputs[task], _ = TabularInputs.fit(TABLE[columns], limit=2.0 if task == "idh" else np.inf)
        target = np.arange(60) % len(names)
        models[task] = make().fit(inputs[task].transform(TABLE), target)
    return SklearnModels(inputs, CLASSES, models, COMBAT if make is RidgeLogistic else None)


def trees() -> ExtraTreesClassifier:
    return ExtraTreesClassifier(n_estimators=7, random_state=3, class_weight="balanced", n_jobs=1)


def networks() -> NetEnsemble:
    arguments = {"n_features": 3, "tasks": {"idh": 2, "grade": 3}, "hidden": (8, 4), "dropout": 0.5}
    states = []
    for seed in range(2):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            states.append({k: v.numpy().copy() for k, v in TabularNet(**arguments).state_dict().items()})
    inputs, _ = TabularInputs.fit(TABLE[["a", "b", "age"]], equal_blocks=True, limit=3.0)
    classes = {task: CLASSES[task] for task in ("idh", "grade")}
    return NetEnsemble(inputs, classes, arguments, tuple(states))


def chain() -> ChainedModels:
    found = Chain.of({name: DEFAULT_TASKS[name] for name in CLASSES})
    assert found is not None
    return ChainedModels(classifiers(RidgeLogistic), found)


@pytest.mark.parametrize(
    "model",
    [classifiers(RidgeLogistic), classifiers(trees), chain(), networks()],
    ids=["logistic", "trees", "chain", "networks"],
)
def test_a_model_answers_the_same_after_a_way_through_files(model):
    values, arrays = take_apart(model)
    again = put_together(json.loads(json.dumps(values)), load(packed(arrays)))
    assert again.columns == model.columns
    before, after = model.predict(TABLE), again.predict(TABLE)
    assert list(before) == list(after)
    for task, probability in before.items():
        np.testing.assert_array_equal(after[task], probability)
    assert again.classes == model.classes
    if model.harmonization is not None:
        centers = ["A"] * 30 + ["new"] * 30
        pd.testing.assert_frame_equal(
            again.harmonization.transform(TABLE, centers), model.harmonization.transform(TABLE, centers)
        )


def test_a_forest_s_arrays_know_no_object():
    estimator = trees().fit(RNG.normal(size=(40, 3)), np.arange(40) % 2)
    x = RNG.normal(size=(25, 3))
    np.testing.assert_array_equal(ArrayForest.of(estimator).predict_proba(x), estimator.predict_proba(x))
    assert ArrayForest.of(estimator).predict_proba(x[:0]).shape == (0, 2)


def test_what_has_no_form_is_refused_and_so_is_an_unknown_form():
    class Foreign:
        def fit(self, x, y):
            return self

    with pytest.raises(TypeError, match="Foreign"):
        take_apart(classifiers(Foreign))
    values, arrays = take_apart(networks())
    with pytest.raises(ValueError, match="form"):
        put_together(values | {"form": "os:system"}, arrays)
    del arrays["inputs.median"]
    with pytest.raises(KeyError):
        put_together(values, arrays)
