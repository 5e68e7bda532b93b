"""Fitted tabular models: their inputs, their fits and probabilities. Unpickled wherever it predicts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.models.combat import Combat
from gliomanet.models.void_features import Void, void_features

AGE = "age"


@dataclass(frozen=True)
class TabularInputs:
    """Numbers a case, completed and put on one scale by what the training cases showed.

    Attributes:
        columns: Features used, in the order of the input axis; `age` is one of them where the model takes it.
        median: Training median of each, which fills in what a case lacks.
        mean: Training mean of each, after filling in.
        scale: What each is divided by: the training standard deviation, times the square root of its block's width
            where blocks (radiomics, age) are given equal weight.
    """

    columns: tuple[str, ...]
    median: NDArray[np.float64]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    limit: float = np.inf
    """Largest magnitude in standard deviations; what lies beyond is put to it."""

    @classmethod
    def fit(
        cls, table: pd.DataFrame, *, equal_blocks: bool = False, limit: float = np.inf
    ) -> tuple[TabularInputs, dict[str, Void]]:
        """The inputs as fitted on training cases, and the columns dropped, see `void_features`.

        Args:
            table: Training cases × features, floats, NaN = missing.
            equal_blocks: Give the radiomic features together the variance that age has alone.
            limit: See the attribute.
        """
        void = void_features(table, apart=(AGE,))
        median = table.median()
        filled = table.fillna(median)
        deviation = filled.std(ddof=0)
        kept = ~table.columns.isin(list(void))
        columns = tuple(str(column) for column in table.columns[kept])
        width = np.array([1 if column == AGE else sum(other != AGE for other in columns) for column in columns])
        scale = deviation[kept].to_numpy(float) * (np.sqrt(width) if equal_blocks else 1.0)
        fitted = cls(columns, median[kept].to_numpy(float), filled.loc[:, kept].mean().to_numpy(float), scale, limit)
        return fitted, void

    def transform(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """(cases, columns) inputs of a model; a column that the table lacks is filled in like a missing cell."""
        values = table.reindex(columns=list(self.columns)).to_numpy(float)
        filled = np.where(np.isfinite(values), values, self.median)
        scaled = (filled - self.mean) / self.scale
        # The limit is in standard deviations, and the scale holds the block's width besides.
        return np.asarray(np.clip(scaled, -self._bound(), self._bound()), dtype=np.float64)

    def _bound(self) -> NDArray[np.float64]:
        if not np.isfinite(self.limit):
            return np.full(len(self.columns), np.inf)
        radiomic = sum(column != AGE for column in self.columns)
        width = np.array([1 if column == AGE else radiomic for column in self.columns])
        bound: NDArray[np.float64] = self.limit / np.sqrt(width)
        return bound


class TabularModel(ABC):
    """A fitted model of features; one without deep features or dropout says nothing of them.

    Attributes:
        classes: Task → class names, in the order of the class axis.
        harmonization: What tables must go through before they are given to the model's methods.
    """

    classes: Mapping[str, tuple[str, ...]]
    harmonization: Combat | None

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """The inputs that any task takes."""

    @abstractmethod
    def predict(self, table: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
        """Task → (cases, classes) probabilities."""

    def heads(self) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Task → weight (K, F) and bias (K,) of the last layer on the deep features; empty without them."""
        return {}

    def deep_features(self, table: pd.DataFrame) -> NDArray[np.float64] | None:
        """(cases, F); `None` without them."""
        return None


@dataclass(frozen=True)
class SklearnModels(TabularModel):
    """One scikit-learn classifier a task.

    Attributes:
        inputs: Task → what its classifier takes, fitted on the cases whose label is known.
        classes: Task → class names, in the order of the class axis.
        models: Task → fitted classifier over the class indices.
        harmonization: What tables must go through before they are given to `predict`.
    """

    inputs: Mapping[str, TabularInputs]
    classes: Mapping[str, tuple[str, ...]]
    models: Mapping[str, Any]
    harmonization: Combat | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The inputs that any task takes."""
        return tuple(dict.fromkeys(column for inputs in self.inputs.values() for column in inputs.columns))

    def predict(self, table: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
        """Task → (cases, classes) probabilities."""
        if not len(table):  # scikit-learn refuses to predict no case
            return {task: np.zeros((0, len(self.classes[task]))) for task in self.models}
        return {
            task: np.asarray(model.predict_proba(self.inputs[task].transform(table)), dtype=np.float64)
            for task, model in self.models.items()
        }


def model_table(cases: pd.DataFrame, features: pd.DataFrame, inputs: Sequence[str]) -> pd.DataFrame:
    """The numbers that a model may take, (cases, features), in the cases' order; NaN = missing.

    Args:
        cases: With `case_id` and `age`.
        features: One row a case: `case_id` and numbers; cases without a row have none.
        inputs: `radiomics`, `age` or both.

    Raises:
        ValueError: a case with two rows of features.
    """
    blocks: list[pd.DataFrame] = []
    if "radiomics" in inputs:
        if features["case_id"].duplicated().any():
            twice = sorted(features.loc[features["case_id"].duplicated(), "case_id"].unique())
            raise ValueError(f"features hold several rows of the cases {twice[:5]}; widen the regions first")
        wide = features.set_index("case_id").drop(columns=["region", AGE], errors="ignore")
        blocks.append(wide.reindex(cases["case_id"].to_numpy()).reset_index(drop=True).astype(float))
    if AGE in inputs:
        age = pd.to_numeric(cases[AGE], errors="coerce").astype(float)
        blocks.append(pd.DataFrame({AGE: age.to_numpy()}))
    return pd.concat(blocks, axis=1)


def has_inputs(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Cases that a model may learn from and predict, bool (cases,): the rule of training and of prediction.

    A model that takes radiomic features needs one of them, since medians in place of all would say nothing of the
    case; its age may be missing. A model of age alone needs the age.

    Args:
        table: Cases × the model's inputs, NaN = missing (see `model_table`).
    """
    radiomic = [column for column in table.columns if column != AGE]
    values = table[radiomic or list(table.columns)].to_numpy(float)
    return np.asarray(np.isfinite(values).any(axis=1))
