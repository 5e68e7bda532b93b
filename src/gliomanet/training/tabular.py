"""Fitting the models of the tabular arm: logistic regression, extra trees, and a multi-task network.

Everything that is fitted, medians, standard deviations and harmonisation included, sees the rows of part `train` only.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression

from gliomanet.files.atomic import write_atomically, write_heads
from gliomanet.labels.joint_decoding import Combinations, combinations_of
from gliomanet.labels.vocabulary import MISSING
from gliomanet.models.artifact import (
    MODEL_FILE,
    CombatHarmonization,
    NoHarmonization,
    TabularModelDescription,
)
from gliomanet.models.combat import Combat
from gliomanet.models.tabular import AGE, NetEnsemble, SklearnModels, TabularInputs, has_inputs, model_table
from gliomanet.networks.tabular import TabularNet
from gliomanet.tracking.event_log import EventLog
from gliomanet.training.losses.joint_likelihood import joint_likelihood
from gliomanet.training.losses.losses import class_weights, masked_cross_entropy
from gliomanet.training.run.digest import digest_of, software_versions

if TYPE_CHECKING:
    from gliomanet.config.models import ExtraTreesModel, LogisticModel, TabularNetModel
    from gliomanet.labels.tasks import Task

    TabularModel = LogisticModel | ExtraTreesModel | TabularNetModel

PACKAGES = ("torch", "numpy", "scikit-learn", "pandas", "neuroCombat")
"""What computes here: another version may give other figures."""

OUTLIER_LIMIT = 3.0
"""Standard deviations beyond which the network's inputs are cut: other scanners' features lie far outside the
training range, where a network's answer would be an extrapolation."""


def train_tabular_model(
    cases: pd.DataFrame,
    features: pd.DataFrame,
    tasks: Mapping[str, Task],
    model: TabularModel,
    *,
    name: Mapping[str, str],
    seed: int,
    code: str,
    out: Path,
    pseudo_labels: pd.DataFrame | None = None,
) -> None:
    """Fit one model on one fold and write `model.joblib`, `model.json`, `heads.npz` and `events.jsonl`.

    Cases without inputs do not teach: those without any radiomic feature, or, where the model takes the age alone,
    without an age. Prediction leaves out the same cases (`has_inputs`).

    Args:
        cases: Rows of one fold: `case_id`, `center`, `part`, label columns, `age`. Only the part `train` teaches, and
            the part `unlabelled` where it has accepted pseudo-labels.
        features: One row a case, `case_id` and numbers (see `radiomics.table.wide_features`).
        tasks: The study's tasks.
        model: Which model, and its settings.
        name: `model`, `stage` and `fold` of this fit, for the events.
        seed: Of everything that is drawn.
        code: Digest of the code that runs this, for the events' digest.
        out: Folder to write to, each file atomically, `model.json` last. `heads.npz` holds no array for models
            without a linear head on deep features.
        pseudo_labels: Rows of `select_pseudo_labels`; those accepted stand in for unknown labels.

    Raises:
        ValueError: a class of a task without a training case, pseudo-labels of cases that must not teach, no
            input that tells two training cases apart, or training cases that cannot be harmonised.
    """
    table = model_table(cases, features, model.inputs)
    targets = _targets(cases, tasks, pseudo_labels)
    known = has_inputs(table)
    measured = cases["part"].eq("train").to_numpy() & known
    # Pseudo-labelled cases teach, but do not move the medians and deviations.
    taught = measured.copy()
    if pseudo_labels is not None:
        pseudo = cases["part"].eq("unlabelled").to_numpy() & np.any([t != MISSING for t in targets.values()], axis=0)
        taught |= pseudo & known
    targets = {task: target[taught] for task, target in targets.items()}
    _check_classes(targets, tasks)
    rows, case_ids = table[taught].reset_index(drop=True), cases.loc[taught, "case_id"]
    fitting = measured[taught]
    harmonization, rows = _harmonised(rows, cases["center"].to_numpy()[taught], fitting, model, name)
    inputs, dropped = _inputs(rows, fitting, targets, model)
    if not all(each.columns for each in inputs.values()):
        raise ValueError(f"model {name['model']}: no input of {list(model.inputs)} differs between training cases")
    versions = software_versions(PACKAGES)
    digest = digest_of(
        {
            "name": dict(name),
            "model": model.model_dump(mode="json"),
            "tasks": {task: settings.model_dump(mode="json") for task, settings in tasks.items()},
            "seed": seed,
            "code": code,
            "versions": versions,
            "features": [str(column) for column in rows.columns],
            "cases": [str(case_id) for case_id in case_ids],
            "harmonization": _described(harmonization).model_dump(mode="json"),
            "data": _digest_of_arrays(rows.to_numpy(), fitting, *targets.values()),
        }
    )
    log = EventLog(model=name["model"], stage=name["stage"], fold=name["fold"], digest=digest)
    log.params({**model.model_dump(mode="json"), "seed": seed, "training_cases": int(taught.sum())})
    log.start()
    fitted = _fit(inputs, rows, targets, tasks, model, seed, log, harmonization)
    log.end()
    pickled = io.BytesIO()
    joblib.dump(fitted, pickled)
    write_atomically(out / "model.joblib", pickled.getvalue())
    write_heads(out / "heads.npz", fitted.heads() if isinstance(fitted, NetEnsemble) else {})
    log.write(out / "events.jsonl")
    description = TabularModelDescription(
        model=name["model"],
        stage=name["stage"],
        fold=name["fold"],
        kind=model.kind,
        tasks=dict(tasks),
        joint_likelihood_weight=getattr(model, "joint_likelihood_weight", 0.0),
        seed=seed,
        digest=digest,
        versions=versions,
        settings=model.model_dump(mode="json"),
        features={task: tuple(each.columns) for task, each in inputs.items()},
        dropped_features={task: tuple(columns) for task, columns in dropped.items()},
        training_cases={task: int((target != MISSING).sum()) for task, target in targets.items()},
        harmonization=_described(harmonization),
        cases_without_inputs=int((cases["part"].eq("train").to_numpy() & ~measured).sum()),
    )
    description.write(out / MODEL_FILE)


def _targets(
    cases: pd.DataFrame, tasks: Mapping[str, Task], pseudo_labels: pd.DataFrame | None
) -> dict[str, NDArray[np.int64]]:
    """Task → (cases,) class indices, accepted pseudo-labels filled in where the label is unknown."""
    targets = {
        name: np.array([task.encode(value) for value in cases[task.label]], dtype=np.int64)
        for name, task in tasks.items()
    }
    if pseudo_labels is None:
        return targets
    row_of = {case_id: row for row, case_id in enumerate(cases["case_id"])}
    parts = cases["part"].to_numpy()
    accepted = pseudo_labels.loc[pseudo_labels["accepted"] == "yes", ["case_id", "task", "label"]].astype(str)
    for case_id, task, label in accepted.itertuples(index=False):
        row = row_of.get(case_id)
        if row is None or parts[row] not in ("train", "unlabelled"):
            where = "not in this fold" if row is None else f"of part {parts[row]}"
            raise ValueError(f"pseudo-label of task {task}: case {case_id!r} is {where}, and must not teach")
        if targets[task][row] == MISSING:
            targets[task][row] = tasks[task].class_names.index(label)
    return targets


def _check_classes(targets: Mapping[str, NDArray[np.int64]], tasks: Mapping[str, Task]) -> None:
    for name, task in tasks.items():
        counts = np.bincount(targets[name][targets[name] != MISSING], minlength=len(task.classes))
        if not counts.all():
            listed = ", ".join(f"{label} {count}" for label, count in zip(task.class_names, counts, strict=True))
            raise ValueError(f"task {name}: a class has no training case with inputs ({listed}); see split.folds")


def _harmonised(
    rows: pd.DataFrame,
    centers: NDArray[np.object_],
    fitting: NDArray[np.bool_],
    model: TabularModel,
    name: Mapping[str, str],
) -> tuple[Combat | None, pd.DataFrame]:
    """The harmonisation as fitted on the training part, and the rows after it."""
    if model.harmonization == "none":
        return None, rows
    radiomic = rows.drop(columns=AGE, errors="ignore")
    try:
        combat = Combat.fit(radiomic[fitting], centers[fitting].tolist())
    except ValueError as error:
        raise ValueError(
            f"model {name['model']}, stage {name['stage']}, fold {name['fold']}: {error}; "
            "set its harmonization to none, or choose other centres or inputs"
        ) from error
    return combat, combat.transform(rows, centers.tolist())


def _described(combat: Combat | None) -> NoHarmonization | CombatHarmonization:
    if combat is None:
        return NoHarmonization()
    return CombatHarmonization(centers=tuple(combat.centers), features=len(combat.columns), note=combat.note())


def _inputs(
    rows: pd.DataFrame, fitting: NDArray[np.bool_], targets: Mapping[str, NDArray[np.int64]], model: TabularModel
) -> tuple[dict[str, TabularInputs], dict[str, list[str]]]:
    """Task → its inputs, and the features it drops. The network's tasks share theirs."""
    fits = {}
    for task, target in targets.items():
        if model.kind == "tabular_net":
            fits[task] = TabularInputs.fit(rows[fitting], equal_blocks=True, limit=OUTLIER_LIMIT)
        else:
            fits[task] = TabularInputs.fit(rows[fitting & (target != MISSING)])
    return {task: fit[0] for task, fit in fits.items()}, {task: fit[1] for task, fit in fits.items()}


def _fit(
    inputs: Mapping[str, TabularInputs],
    rows: pd.DataFrame,
    targets: Mapping[str, NDArray[np.int64]],
    tasks: Mapping[str, Task],
    model: TabularModel,
    seed: int,
    log: EventLog,
    harmonization: Combat | None,
) -> SklearnModels | NetEnsemble:
    classes = {name: task.class_names for name, task in tasks.items()}
    if model.kind == "tabular_net":
        shared = next(iter(inputs.values()))
        joint = combinations_of(tasks) if model.joint_likelihood_weight else None
        networks = _fit_networks(shared, shared.transform(rows), targets, classes, model, seed, log, joint)
        return replace(networks, harmonization=harmonization)
    fits = {}
    for name, target in targets.items():
        known = target != MISSING
        x = inputs[name].transform(rows)
        fits[name] = _classifier(model, seed).fit(x[known], target[known])
        log.metric(f"train/accuracy/{name}", float(fits[name].score(x[known], target[known])), 0)
    return SklearnModels(dict(inputs), classes, fits, harmonization)


def _classifier(model: LogisticModel | ExtraTreesModel, seed: int) -> LogisticRegression | ExtraTreesClassifier:
    if model.kind == "logistic":
        return LogisticRegression(C=model.C, class_weight="balanced", max_iter=5000)
    return ExtraTreesClassifier(
        n_estimators=model.n_estimators,
        min_samples_leaf=model.min_samples_leaf,
        class_weight="balanced",
        random_state=seed,
        n_jobs=1,
    )


def _fit_networks(
    inputs: TabularInputs,
    x: NDArray[np.float64],
    targets: Mapping[str, NDArray[np.int64]],
    classes: Mapping[str, tuple[str, ...]],
    model: TabularNetModel,
    seed: int,
    log: EventLog,
    joint: Combinations | None,
) -> NetEnsemble:
    arguments: dict[str, Any] = {
        "n_features": x.shape[1],
        "tasks": {name: len(labels) for name, labels in classes.items()},
        "hidden": tuple(model.hidden),
        "dropout": model.dropout,
    }
    members = []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # sums of several threads come in another order each time
    try:
        with torch.random.fork_rng(devices=[]):
            for member in range(model.ensemble):
                torch.manual_seed(seed + member)
                members.append(_fit_network(arguments, x, targets, model, log if member == 0 else None, joint))
    finally:
        torch.set_num_threads(threads)
    return NetEnsemble(inputs, dict(classes), arguments, tuple(members))


def _fit_network(
    arguments: Mapping[str, Any],
    x: NDArray[np.float64],
    targets: Mapping[str, NDArray[np.int64]],
    model: TabularNetModel,
    log: EventLog | None,
    joint: Combinations | None,
) -> dict[str, NDArray[np.float32]]:
    """One member's state after full-batch AdamW on the tasks' mean balanced cross-entropy, and the joint likelihood."""
    network = TabularNet(**arguments)
    batch = torch.from_numpy(x.astype(np.float32))
    labels = {name: torch.from_numpy(target) for name, target in targets.items()}
    weights = {
        name: class_weights(np.bincount(target[target != MISSING], minlength=arguments["tasks"][name]).tolist())
        for name, target in targets.items()
    }
    optimizer = torch.optim.AdamW(network.parameters(), lr=model.learning_rate, weight_decay=model.weight_decay)
    for epoch in range(model.epochs):
        network.train()
        optimizer.zero_grad()
        logits = network(batch)[0]
        losses = {n: masked_cross_entropy(logits[n], labels[n], class_weights=weights[n]) for n in labels}
        loss = torch.stack(list(losses.values())).mean()
        if joint is not None:
            loss = loss + model.joint_likelihood_weight * joint_likelihood(logits, labels, joint, class_weights=weights)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if log is not None:
            log.metric("train/loss", loss.item(), epoch)
    return {name: values.detach().numpy().copy() for name, values in network.state_dict().items()}


def _digest_of_arrays(*arrays: NDArray[Any]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
