"""Predictions of a fitted model of the tabular arm."""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.networks.estimators import NetEnsemble, SklearnModels, model_table

PREDICTION_COLUMNS = ("case_id", "task", "class", "probability", "uncertainty")


def predict_tabular(folder: Path, cases: pd.DataFrame, features: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Class probabilities and deep features of cases.

    Args:
        folder: What `train_tabular_model` wrote: `model.joblib`. Unpickling runs code: only of one's own making.
        cases: `case_id`, `age`; their labels are not looked at.
        features: One row a case, as in training; what is missing is filled with the training median.

    Returns:
        Rows case × task × class, in the cases' order: `case_id`, `task`, `class`, `probability`, `uncertainty`
        (entropy of the case's probabilities, nats); and rows case × task: `case_id`, `task`, `z0`, `z1`, …, empty for
        models without deep features.
    """
    fitted = _load(folder)
    table = model_table(cases, features, ("radiomics", "age"))
    case_ids = cases["case_id"].to_numpy()
    rows = []
    for task, probabilities in fitted.predict(table).items():
        uncertainty = _entropy(probabilities)
        for place, label in enumerate(fitted.classes[task]):
            values = {"case_id": case_ids, "task": task, "class": label, "probability": probabilities[:, place]}
            rows.append(pd.DataFrame({**values, "uncertainty": uncertainty, "_order": np.arange(len(cases))}))
    predictions = pd.concat(rows, ignore_index=True).sort_values("_order", kind="stable", ignore_index=True)
    return predictions[list(PREDICTION_COLUMNS)], _deep_table(fitted, table, case_ids)


def tabular_stochastic_passes(
    folder: Path, cases: pd.DataFrame, features: pd.DataFrame, passes: int, seed: int
) -> dict[str, NDArray[np.float64]]:
    """Task → (passes, cases, classes) probabilities with dropout on, cases in their order.

    Raises:
        ValueError: the model has no dropout to draw.
    """
    fitted = _load(folder)
    if not isinstance(fitted, NetEnsemble):
        raise ValueError(f"{folder}: stochastic passes need a model with dropout (tabular_net)")
    return fitted.stochastic_passes(model_table(cases, features, ("radiomics", "age")), passes, seed)


def _load(folder: Path) -> SklearnModels | NetEnsemble:
    fitted = joblib.load(folder / "model.joblib")
    if not isinstance(fitted, SklearnModels | NetEnsemble):
        raise ValueError(f"{folder / 'model.joblib'}: holds a {type(fitted).__name__}, no model of the tabular arm")
    return fitted


def _deep_table(
    fitted: SklearnModels | NetEnsemble, table: pd.DataFrame, case_ids: NDArray[np.object_]
) -> pd.DataFrame:
    if not isinstance(fitted, NetEnsemble):
        return pd.DataFrame(columns=["case_id", "task"])
    z = fitted.deep_features(table)
    values = pd.DataFrame(z, columns=[f"z{number}" for number in range(z.shape[1])])
    blocks = []
    for task in fitted.classes:  # the trunk is shared, so the tasks' rows hold the same vector
        identity = pd.DataFrame({"case_id": case_ids, "task": task})
        blocks.append(pd.concat([identity, values], axis=1))
    deep = pd.concat(blocks, ignore_index=True)
    order = np.arange(len(deep)) % len(case_ids) if len(case_ids) else np.arange(0)
    return deep.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def _entropy(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """(cases,) entropy in nats; 0 log 0 = 0."""
    logs = np.log(np.where(probabilities > 0, probabilities, 1.0))
    return np.asarray(-(probabilities * logs).sum(axis=1))
