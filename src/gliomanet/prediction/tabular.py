"""Predictions of a fitted model of the tabular arm."""

from __future__ import annotations

import io
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.models.artifact import MODEL_FILE, TabularModelDescription
from gliomanet.models.tabular import TabularModel
from gliomanet.models.tabular_inputs import CLINICAL, INPUTS, has_inputs, model_table
from gliomanet.tables.feature_names import is_of_model
from gliomanet.uncertainty.probabilities import entropy

PREDICTION_COLUMNS = ("case_id", "task", "class", "probability", "uncertainty")


def predict_tabular(
    fit: Path | TabularModel, cases: pd.DataFrame, features: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Class probabilities and deep features of cases.

    A case that has nothing to be predicted from is left out, and printed with the reason: one without any of the
    radiomic features that this model takes (whether its age is known or not), or, where the model takes the age
    alone, without an age. Training leaves out the same cases (`has_inputs`).

    Args:
        fit: The folder that `train_tabular_model` wrote, or the model loaded. A folder's `model.joblib` is unpickled,
            which runs code: only of one's own making.
        cases: `case_id`, `age` and `sex` where the model takes them, `center` where it harmonises; their labels are not
            looked at. Cases of a centre that the harmonisation has not seen are predicted from their features as they
            are, and printed.
        features: One row a case, as in training; what a case lacks beside others is filled with the training
            median.

    Returns:
        Rows case × task × class, in the cases' order: `case_id`, `task`, `class`, `probability`, `uncertainty`
        (entropy of the case's probabilities, nats); and rows case × task: `case_id`, `task`, `z0`, `z1`, …, empty for
        models without deep features.
    """
    fitted = opened(fit)
    table, known = inputs_of(fitted, cases, features)
    table, case_ids = table[known], cases["case_id"].to_numpy()[known]
    rows = []
    for task, probabilities in fitted.predict(table).items():
        uncertainty = [entropy(of_case) for of_case in probabilities.tolist()]
        for place, label in enumerate(fitted.classes[task]):
            values = {"case_id": case_ids, "task": task, "class": label, "probability": probabilities[:, place]}
            rows.append(pd.DataFrame({**values, "uncertainty": uncertainty, "_order": np.arange(len(table))}))
    predictions = pd.concat(rows, ignore_index=True).sort_values("_order", kind="stable", ignore_index=True)
    return predictions[list(PREDICTION_COLUMNS)], _deep_table(fitted, table, case_ids)


def load_tabular_model(folder: Path) -> TabularModel:
    """The model in a folder that training wrote.

    Raises:
        ModelError: `model.json` cannot be read, or the folder holds another kind of model.
        ProblemError: `model.joblib` is not what training wrote; it is not unpickled then.
    """
    description = TabularModelDescription.read(folder / MODEL_FILE)
    fitted = joblib.load(io.BytesIO(description.file_of(folder, "model.joblib")))
    assert isinstance(fitted, TabularModel)
    return fitted


def opened(fit: Path | TabularModel) -> TabularModel:
    """A model that is loaded, or that of a folder."""
    return load_tabular_model(fit) if isinstance(fit, Path) else fit


def inputs_of(
    fitted: TabularModel, cases: pd.DataFrame, features: pd.DataFrame
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """The model's inputs of every case, and which cases it can predict; the others are printed."""
    takes = [name for name in INPUTS if name not in CLINICAL or name in fitted.columns]
    table = model_table(cases, features, takes)
    if fitted.harmonization is not None:
        centers = cases["center"].tolist()
        table = fitted.harmonization.transform(table, centers)
        for center in fitted.harmonization.unseen(centers):
            print(
                f"not harmonised: centre {center}: ComBat was fitted on {', '.join(fitted.harmonization.centers)}; "
                "its features are passed unchanged",
                flush=True,
            )
    table = table.reindex(columns=list(fitted.columns))
    known, anything = has_inputs(table), table.notna().any(axis=1).to_numpy()
    stacks = any(is_of_model(column) for column in fitted.columns)
    for case_id, some in zip(cases["case_id"][~known], anything[~known], strict=True):
        inputs = ("members" if stacks else "radiomic inputs") if some else "inputs"
        print(f"left out: case {case_id}: none of this model's {inputs} is known", flush=True)
    if stacks:  # whose inputs are few, so that each counts
        for column in table.columns:
            for case_id in cases["case_id"][known & table[column].isna().to_numpy()]:
                print(f"not known: case {case_id}: {column}; the training median stands for it", flush=True)
    return table, known


def _deep_table(fitted: TabularModel, table: pd.DataFrame, case_ids: NDArray[np.object_]) -> pd.DataFrame:
    z = fitted.deep_features(table)
    if z is None:
        return pd.DataFrame(columns=["case_id", "task"])
    values = pd.DataFrame(z, columns=[f"z{number}" for number in range(z.shape[1])])
    blocks = []
    for task in fitted.classes:  # the trunk is shared, so the tasks' rows hold the same vector
        identity = pd.DataFrame({"case_id": case_ids, "task": task})
        blocks.append(pd.concat([identity, values], axis=1))
    deep = pd.concat(blocks, ignore_index=True)
    order = np.tile(np.arange(len(case_ids)), len(fitted.classes))
    return deep.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)
