"""Fitted models of the tabular arm as values and plain arrays, and back: what a bundle holds in place of a pickle.

Nothing in the values names code. A form is one of those below, and each is put together by this module alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from safetensors.numpy import save
from sklearn.ensemble import ExtraTreesClassifier

from gliomanet.bundle.forest import ArrayForest
from gliomanet.models.classifier_chain import Chain, ChainedModels
from gliomanet.models.combat import Combat
from gliomanet.models.ridge_logistic import RidgeLogistic
from gliomanet.models.tabular import SklearnModels, TabularInputs, TabularModel
from gliomanet.models.tabular_net import NetEnsemble

Arrays = dict[str, NDArray[Any]]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Combat(_Part):
    columns: tuple[str, ...]
    centers: tuple[str, ...]


class _Chain(_Part):
    first: str
    mutant: int
    among_mutants: dict[str, int]
    given_idh: tuple[str, ...]


class _Classifiers(_Part):
    form: Literal["classifiers"] = "classifiers"
    classes: dict[str, tuple[str, ...]]
    inputs: dict[str, tuple[str, ...]]
    estimators: dict[str, Literal["logistic", "trees"]]
    harmonization: _Combat | None
    chain: _Chain | None


class _NetArguments(_Part):
    n_features: int
    tasks: dict[str, int]
    hidden: tuple[int, ...]
    dropout: float


class _Networks(_Part):
    form: Literal["networks"] = "networks"
    classes: dict[str, tuple[str, ...]]
    inputs: tuple[str, ...]
    arguments: _NetArguments
    members: int
    harmonization: _Combat | None


_FORM: TypeAdapter[_Classifiers | _Networks] = TypeAdapter(
    Annotated[_Classifiers | _Networks, Field(discriminator="form")]
)


def take_apart(model: TabularModel) -> tuple[dict[str, Any], Arrays]:
    """The values and the arrays of a fitted model.

    Raises:
        TypeError: it holds an estimator that has no form here.
    """
    arrays: Arrays = {}
    combat = _combat_apart(model.harmonization, arrays)
    if isinstance(model, NetEnsemble):
        _inputs_apart(model.inputs, "inputs", arrays)
        for number, state in enumerate(model.members):
            arrays |= {f"member.{number}.{name}": np.asarray(values) for name, values in state.items()}
        arguments = _NetArguments.model_validate(dict(model.arguments))
        networks = _Networks(
            classes=dict(model.classes),
            inputs=model.inputs.columns,
            arguments=arguments,
            members=len(model.members),
            harmonization=combat,
        )
        return networks.model_dump(mode="json"), arrays
    links = model.links if isinstance(model, ChainedModels) else model
    if not isinstance(links, SklearnModels):
        raise TypeError(f"a fitted {type(model).__name__} has no form in a bundle")
    for task, inputs in links.inputs.items():
        _inputs_apart(inputs, f"inputs.{task}", arrays)
    estimators = {task: _estimator_apart(one, f"estimator.{task}", arrays) for task, one in links.models.items()}
    chain = None
    if isinstance(model, ChainedModels):
        hung = model.chain
        among = dict(hung.among_mutants)
        chain = _Chain(first=hung.first, mutant=hung.mutant, among_mutants=among, given_idh=hung.given_idh)
    classifiers = _Classifiers(
        classes=dict(links.classes),
        inputs={task: inputs.columns for task, inputs in links.inputs.items()},
        estimators=estimators,
        harmonization=combat,
        chain=chain,
    )
    return classifiers.model_dump(mode="json"), arrays


def packed(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays as safetensors; in C order, since safetensors writes memory as it lies."""
    return save({name: np.array(array, order="C") for name, array in arrays.items()})


def put_together(values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> TabularModel:
    """The fitted model of some values and arrays; it answers as the one that was taken apart, bit for bit.

    Raises:
        ValueError: values of no known form.
        KeyError: an array is missing.
    """
    form = _FORM.validate_python(values)
    combat = _combat_together(form.harmonization, arrays)
    if isinstance(form, _Networks):
        members = []
        for number in range(form.members):
            opening = f"member.{number}."
            members.append({name.removeprefix(opening): a for name, a in arrays.items() if name.startswith(opening)})
        inputs = _inputs_together(form.inputs, "inputs", arrays)
        return NetEnsemble(inputs, form.classes, form.arguments.model_dump(), tuple(members), combat)
    links = SklearnModels(
        {task: _inputs_together(columns, f"inputs.{task}", arrays) for task, columns in form.inputs.items()},
        form.classes,
        {task: _estimator_together(kind, f"estimator.{task}", arrays) for task, kind in form.estimators.items()},
        combat,
    )
    if form.chain is None:
        return links
    hung = form.chain
    return ChainedModels(links, Chain(hung.first, hung.mutant, hung.among_mutants, hung.given_idh))


def _inputs_apart(inputs: TabularInputs, name: str, arrays: Arrays) -> None:
    for part in ("median", "mean", "scale", "bound"):
        arrays[f"{name}.{part}"] = np.asarray(getattr(inputs, part), dtype=np.float64)


def _inputs_together(columns: tuple[str, ...], name: str, arrays: Mapping[str, NDArray[Any]]) -> TabularInputs:
    median, mean, scale, bound = (arrays[f"{name}.{part}"] for part in ("median", "mean", "scale", "bound"))
    return TabularInputs(columns, median, mean, scale, bound)


def _estimator_apart(estimator: Any, name: str, arrays: Arrays) -> Literal["logistic", "trees"]:
    if isinstance(estimator, RidgeLogistic):
        parts = {"coef": estimator.coef_, "intercept": estimator.intercept_, "classes": estimator.classes_}
        arrays |= {f"{name}.{part}": np.asarray(values) for part, values in parts.items()}
        return "logistic"
    if isinstance(estimator, ExtraTreesClassifier):
        arrays |= {f"{name}.{part}": values for part, values in vars(ArrayForest.of(estimator)).items()}
        return "trees"
    raise TypeError(f"a fitted {type(estimator).__name__} has no form in a bundle")


def _estimator_together(kind: str, name: str, arrays: Mapping[str, NDArray[Any]]) -> Any:
    if kind == "trees":
        parts = ("roots", "left", "right", "feature", "threshold", "value")
        return ArrayForest(*(arrays[f"{name}.{part}"] for part in parts))
    estimator = RidgeLogistic()
    estimator.coef_, estimator.intercept_ = arrays[f"{name}.coef"], arrays[f"{name}.intercept"]
    estimator.classes_ = arrays[f"{name}.classes"]
    estimator.n_features_in_ = estimator.coef_.shape[1]
    return estimator


def _combat_apart(combat: Combat | None, arrays: Arrays) -> _Combat | None:
    if combat is None:
        return None
    for part in ("mean", "deviation", "shift", "factor"):
        arrays[f"combat.{part}"] = np.asarray(getattr(combat, part), dtype=np.float64)
    return _Combat(columns=combat.columns, centers=combat.centers)


def _combat_together(combat: _Combat | None, arrays: Mapping[str, NDArray[Any]]) -> Combat | None:
    if combat is None:
        return None
    parts = (arrays[f"combat.{part}"] for part in ("mean", "deviation", "shift", "factor"))
    return Combat(combat.columns, combat.centers, *parts)
