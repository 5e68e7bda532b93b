"""Shapley values of what a case's answers stand on: each modality, the outline's shape, age and sex.

A group that is taken away is not known, and the models answer as they do of a case that lacks it: a network sees the
modality as absent, regressions and trees put the training median in its place. So every kind of model is asked in the
same way, a stack through its members, and no training case is needed, which no bundle holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from io import StringIO
from itertools import combinations

import numpy as np
import pandas as pd

from gliomanet.bundle.read import Bundle
from gliomanet.evaluation.statistics.shapley import shapley_values
from gliomanet.modalities import MODALITIES, modalities_of
from gliomanet.model_kinds import IMAGE_KINDS
from gliomanet.models.tabular import TabularModel
from gliomanet.models.tabular_inputs import CLINICAL
from gliomanet.patient.answers import Computing, PreparedCase
from gliomanet.patient.explained import Worth
from gliomanet.prediction.image import ImageModel
from gliomanet.prediction.modality_subsets import predict_subsets
from gliomanet.prediction.predict_center import predict_center
from gliomanet.prediction.stack import predict_stack
from gliomanet.tables.feature_names import MASK, is_of_model, parts_of
from gliomanet.tables.prediction import FOLD_PREDICTIONS

SHAPE, OTHER = "shape", "other features"
Group = frozenset[str]


def worth_of_inputs(bundle: Bundle, case: PreparedCase, called: Mapping[str, str], how: Computing) -> tuple[Worth, ...]:
    """The worth of every group of inputs that is known of the case and that the model, or one of its members, takes.

    None for a network on images alone, whose modalities `worth_of_modalities` tells.

    Args:
        bundle: the bundle.
        case: the case.
        called: task → class.
        how: the way to compute.
    """
    description = bundle.description
    names = description.answers.members or (description.model,)
    takes = {name: _takes(bundle, name, case) for name in dict.fromkeys((*names, description.model))}
    groups = sorted(set().union(*takes.values()))
    on_images = description.answers.kind in IMAGE_KINDS
    if not groups or (on_images and not set(groups) & set(CLINICAL)):
        return ()
    coalitions = [frozenset(some) for size in range(1, len(groups) + 1) for some in combinations(groups, size)]
    with redirect_stdout(StringIO()):  # of inputs that are taken away on purpose
        rows = pd.concat([_rows(bundle, name, case, coalitions, takes[name], how) for name in names])
        if description.answers.members:
            cases = _known(case.row, coalitions, takes[description.model])
            stages = {name: description.models[name].stage for name in names}
            fits = bundle.members(description.model)
            splits = _splits(cases, [fit.fold for fit in fits])
            rows = predict_stack(fits, splits, cases, rows, stages, description.tasks, model=description.model)
    means = rows.groupby(["task", "class", "case_id"])["raw_probability"].mean()
    decisions = bundle.decisions.of(description.answers.stage, description.scenario)
    found = []
    for task, label in called.items():
        patients = {name: one.patients for name, one in decisions.tasks[task].classes.items()}
        prior = patients[label] / max(sum(patients.values()), 1)
        values = {frozenset[str](): prior}
        values |= {group: float(means.get((task, label, _key(group)), prior)) for group in coalitions}
        worth = shapley_values(values)
        found.append(
            Worth(task=task, called=label, nothing_known=prior, all_known=values[frozenset(groups)], groups=worth)
        )
    return tuple(found)


def _takes(bundle: Bundle, name: str, case: PreparedCase) -> Group:
    """The groups that a model takes, of those that are known of the case."""
    told = {one for one in CLINICAL if pd.notna(case.row[one].iloc[0]) and case.row[one].iloc[0] != ""}
    model = bundle.members(name)[0].loaded
    if isinstance(model, ImageModel):
        images = {one for one in model.modalities if (case.folder / f"{one}.nii.gz").is_file()}
        return frozenset(images | (told & set(model.clinical)))
    assert isinstance(model, TabularModel)
    learnt = [one for one in model.columns if one not in CLINICAL and not is_of_model(one)]
    measured = case.features.drop(columns="case_id").dropna(axis=1, how="any") if len(case.features) else ()
    there = frozenset[str]().union(*(_needs(str(one)) for one in measured))
    return (frozenset[str]().union(*map(_needs, learnt)) & there) | (told & set(model.columns))


def _needs(feature: str) -> Group:
    """The groups that a radiomic feature is measured from."""
    measured = parts_of(feature).measured_in
    if measured == MASK:
        return frozenset({SHAPE})
    of = frozenset(measured.split("-"))
    return of if of <= set(MODALITIES) else frozenset({OTHER})


def _rows(
    bundle: Bundle, name: str, case: PreparedCase, coalitions: list[Group], takes: Group, how: Computing
) -> pd.DataFrame:
    """Rows of `FOLD_PREDICTIONS` of a model; a case's id is the coalition that is known of it."""
    kind = bundle.description.models[name].kind
    if kind in IMAGE_KINDS:
        seen = _seen(bundle, name, case, sorted({one & takes for one in coalitions}, key=_key), how)
        as_seen = pd.DataFrame({"reduced": [_key(one & takes) for one in coalitions], "case_id": map(_key, coalitions)})
        rows = as_seen.merge(seen, on="reduced").drop(columns="reduced")
        return rows.reindex(columns=FOLD_PREDICTIONS.names())
    cases, members = _known(case.row, coalitions, takes), bundle.members(name)
    rows, _ = predict_center(
        members,
        _splits(cases, [member.fold for member in members]),
        cases,
        model=name,
        kind=kind,
        preprocessed=None,
        features=_measured(case.features, coalitions),
        threads=how.threads,
        gpus=0,
    )
    return rows


def _measured(features: pd.DataFrame, coalitions: list[Group]) -> pd.DataFrame:
    """The case's radiomic features once a coalition, those alone that its members suffice to measure."""
    if features.empty:
        return features
    columns = [str(column) for column in features.columns if column != "case_id"]
    row, needs = features[columns].to_numpy(float)[0], [_needs(column) for column in columns]
    measured = [{need: need <= known for need in set(needs)} for known in coalitions]
    values = np.where([[known[need] for need in needs] for known in measured], row, np.nan)
    table = pd.DataFrame(values, columns=columns)
    return pd.concat([pd.DataFrame({"case_id": [_key(one) for one in coalitions]}), table], axis=1)


def _seen(bundle: Bundle, name: str, case: PreparedCase, reduced: Iterable[Group], how: Computing) -> pd.DataFrame:
    """Probabilities of an image network for every coalition of what it takes, `reduced` being its key."""
    clinical = sorted({one & frozenset(CLINICAL) for one in reduced}, key=_key)
    cases = _known(case.row, clinical, frozenset(CLINICAL)).assign(folder=str(case.folder))
    told = {_key(one): one for one in clinical}
    tables = []
    for member in bundle.members(name):
        found = predict_subsets(member.fit, cases, threads=how.threads, gpus=how.gpus)
        keys = [
            _key(told[known] | frozenset(modalities_of(subset)))
            for known, subset in zip(found["case_id"], found["subset"], strict=True)
        ]
        named = {"model": name, "stage": member.stage, "scenario": member.scenario, "fold": member.fold}
        tables.append(found.drop(columns=["case_id", "subset"]).assign(reduced=keys, **named))
    return pd.concat(tables, ignore_index=True).rename(columns={"probability": "raw_probability"})


def _known(row: pd.DataFrame, coalitions: Iterable[Group], takes: Group) -> pd.DataFrame:
    """The case once a coalition, with the clinical data that are in it; `case_id` is its key."""
    found = []
    for one in coalitions:
        known = one & takes
        told = {"age": row["age"].iloc[0] if "age" in known else float("nan")}
        found.append(row.assign(case_id=_key(one), sex=row["sex"].iloc[0] if "sex" in known else "", **told))
    return pd.concat(found, ignore_index=True)


def _splits(cases: pd.DataFrame, folds: Iterable[str]) -> pd.DataFrame:
    return pd.concat([cases[["case_id", "center"]].assign(fold=fold, part="external") for fold in folds])


def _key(group: Group) -> str:
    return "+".join(sorted(group)) or "nothing"
