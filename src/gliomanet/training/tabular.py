"""Training a model of the tabular arm on one fold; each kind is fitted by its own module (`gliomanet.model_kinds`).

Everything that is fitted, medians, standard deviations and harmonisation included, sees the rows of part `train` only;
so does the choice of the features that carry nothing and are left out (`models.void_features`).
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.files.atomic import write_atomically, write_heads
from gliomanet.labels.vocabulary import MISSING
from gliomanet.model_kinds import KINDS, load
from gliomanet.models.artifact import (
    MODEL_FILE,
    CombatHarmonization,
    NoHarmonization,
    TabularModelDescription,
    digests_of,
)
from gliomanet.models.combat import Combat
from gliomanet.models.tabular import APART
from gliomanet.models.tabular_inputs import CLINICAL, columns_of, has_inputs, inputs_of, model_table
from gliomanet.models.void_features import Void, void_features
from gliomanet.tracking.event_log import EventLog
from gliomanet.training.run.digest import digest_of, software_versions
from gliomanet.training.training_set import Fit, TrainingSet, check_classes

if TYPE_CHECKING:
    from gliomanet.config.feature_models import ExtraTreesModel, LogisticModel, StackModel, TabularNetModel
    from gliomanet.labels.tasks import Task

    FeatureModel = LogisticModel | ExtraTreesModel | TabularNetModel | StackModel

PACKAGES = ("torch", "numpy", "scikit-learn", "pandas", "neuroCombat")
"""Libraries that compute here: another version may give other numbers."""


def train_tabular_model(
    cases: pd.DataFrame,
    features: pd.DataFrame,
    tasks: Mapping[str, Task],
    model: FeatureModel,
    *,
    name: Mapping[str, str],
    seed: int,
    code: str,
    out: Path,
    pseudo_labels: pd.DataFrame | None = None,
) -> None:
    """Fit one model on one fold and write `model.joblib`, `model.json`, `heads.npz` and `events.jsonl`.

    Cases without inputs do not train: those without any radiomic feature, or, where the model takes the age alone,
    without an age. Prediction leaves out the same cases (`has_inputs`).

    Args:
        cases: Rows of one fold: `case_id`, `center`, `part`, label columns, `age`. Only the part `train` trains, and
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
        ValueError: a class of a task without a training case, pseudo-labels of cases that must not train, no
            input that tells two training cases apart, or training cases that cannot be harmonised.
    """
    table = model_table(cases, features, inputs_of(model))
    targets = _targets(cases, tasks, pseudo_labels)
    known = has_inputs(table)
    measured = cases["part"].eq("train").to_numpy() & known
    # Pseudo-labelled cases train, but do not move the medians and deviations.
    trained = measured.copy()
    if pseudo_labels is not None:
        pseudo = cases["part"].eq("unlabelled").to_numpy() & np.any([t != MISSING for t in targets.values()], axis=0)
        trained |= pseudo & known
    # Before harmonisation, whose priors are the spread over features.
    void = void_features(table[measured], apart=APART)
    _check_kinds(table, void, model, name)
    table = table.drop(columns=list(void))
    targets = {task: target[trained] for task, target in targets.items()}
    check_classes(targets, tasks)
    rows, case_ids = table[trained].reset_index(drop=True), cases.loc[trained, "case_id"]
    fitting = measured[trained]
    harmonization, rows = _harmonised(rows, cases["center"].to_numpy()[trained], fitting, model, name)
    kind = load(KINDS[model.kind].training)
    centers = cases["center"].to_numpy(dtype=np.str_)[trained]
    patients = cases.get("patient_id", cases["case_id"]).to_numpy(dtype=np.str_)[trained]
    data = TrainingSet(rows, fitting, targets, centers, np.char.add(np.char.add(centers, "/"), patients))
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
            "patients": [str(patient) for patient in data.patients],
            "data": _digest_of_arrays(rows.to_numpy(), fitting, *targets.values()),
        }
    )
    log = EventLog(model=name["model"], stage=name["stage"], fold=name["fold"], digest=digest)
    log.params({**model.model_dump(mode="json"), "seed": seed, "training_cases": int(trained.sum())})
    log.start()
    fit: Fit = kind.fit(data, tasks, model, seed, log, harmonization)
    log.end()
    pickled = io.BytesIO()
    joblib.dump(fit.model, pickled)
    write_atomically(out / "model.joblib", pickled.getvalue())
    write_heads(out / "heads.npz", fit.model.heads())
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
        files=digests_of(out, ("model.joblib", "heads.npz")),
        settings=model.model_dump(mode="json"),
        features={task: tuple(each.columns) for task, each in fit.inputs.items()},
        dropped_features={t: {c: str(why) for c, why in {**void, **own}.items()} for t, own in fit.dropped.items()},
        training_cases=dict(fit.learnt_from),
        strengths=dict(fit.strengths),
        weights={task: dict(of_task) for task, of_task in fit.weights.items()},
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
            raise ValueError(f"pseudo-label of task {task}: case {case_id!r} is {where}, and must not train")
        if targets[task][row] == MISSING:
            targets[task][row] = tasks[task].class_names.index(label)
    return targets


def _check_kinds(table: pd.DataFrame, void: Mapping[str, Void], model: FeatureModel, name: Mapping[str, str]) -> None:
    """See that every input of the model is there, and print which of them carries nothing."""
    features = {kind: columns_of(kind, table) for kind in inputs_of(model) if kind not in CLINICAL}
    for kind, columns in features.items():
        if not columns:
            raise ValueError(
                f"model {name['model']}: the features hold no column of its input {kind}; take {kind} from its inputs"
            )
        if all(column in void for column in columns):
            why = ", ".join(sorted({void[column].why for column in columns}))
            print(f"{kind}: none of its {len(columns)} features carries anything ({why}); the model goes without")


def _harmonised(
    rows: pd.DataFrame,
    centers: NDArray[np.object_],
    fitting: NDArray[np.bool_],
    model: FeatureModel,
    name: Mapping[str, str],
) -> tuple[Combat | None, pd.DataFrame]:
    """The harmonisation as fitted on the training part, and the rows after it."""
    if model.harmonization == "none":
        return None, rows
    radiomic = rows.drop(columns=list(CLINICAL), errors="ignore")
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


def _digest_of_arrays(*arrays: NDArray[Any]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
