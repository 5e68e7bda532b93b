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
from gliomanet.models.tabular_inputs import CLINICAL, CONDITION
from gliomanet.models.void_features import Void, void_features


@dataclass(frozen=True)
class TabularInputs:
    """Numbers a case, completed and put on one scale by what the training cases showed.

    Attributes:
        columns: Features used, in the order of the input axis; `age` and `sex` are of them where the model takes them.
        median: Training median of each, which fills in what a case lacks.
        mean: Training mean of each, after filling in.
        scale: What each is divided by: the training standard deviation, times the square root of its block's width
            where blocks (the features together, age, sex) are given equal weight.
        bound: Largest magnitude of each after scaling; what lies beyond is put to it.
    """

    columns: tuple[str, ...]
    median: NDArray[np.float64]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    bound: NDArray[np.float64] | float = np.inf

    @classmethod
    def fit(
        cls, table: pd.DataFrame, *, equal_blocks: bool = False, limit: float = np.inf
    ) -> tuple[TabularInputs, dict[str, Void]]:
        """The inputs as fitted on training cases, and the columns dropped, see `void_features`.

        Args:
            table: Training cases × features, floats, NaN = missing.
            equal_blocks: Give the features together the variance that age has alone.
            limit: Standard deviations beyond which inputs are cut.
        """
        void = void_features(table, apart=APART)
        median = table.median()
        filled = table.fillna(median)
        deviation = filled.std(ddof=0)
        kept = ~table.columns.isin(list(void))
        columns = tuple(str(column) for column in table.columns[kept])
        width = np.sqrt(_width(columns)) if equal_blocks else np.ones(len(columns))
        scale = deviation[kept].to_numpy(float) * width
        mean = filled.loc[:, kept].mean().to_numpy(float)
        # The limit is in standard deviations, and the scale holds the block's width besides.
        bound = np.where([column == CONDITION for column in columns], np.inf, limit / width)
        fitted = cls(columns, median[kept].to_numpy(float), mean, scale, bound)
        return fitted, void

    def transform(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """(cases, columns) inputs of a model; a column that the table lacks is filled in like a missing cell."""
        values = table.reindex(columns=list(self.columns)).to_numpy(float)
        filled = np.where(np.isfinite(values), values, self.median)
        return np.asarray(np.clip((filled - self.mean) / self.scale, -self.bound, self.bound), dtype=np.float64)

    @property
    def unpenalised(self) -> tuple[int, ...]:
        """Places of the columns that are no feature of the images, which penalties spare."""
        return tuple(place for place, column in enumerate(self.columns) if column in APART)


APART = (*CLINICAL, CONDITION)
"""Columns that are no feature of the images."""


def _width(columns: Sequence[str]) -> NDArray[np.float64]:
    """Columns of the block that each is in: of the features together, and of each other one alone."""
    features = sum(column not in APART for column in columns)
    return np.array([1 if column in APART else features for column in columns], dtype=np.float64)


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
        return {task: self.answer(task, table) for task in self.models}

    def answer(self, task: str, table: pd.DataFrame) -> NDArray[np.float64]:
        """(cases, classes) probabilities of one task's classifier."""
        if not len(table):  # scikit-learn refuses to predict no case
            return np.zeros((0, len(self.classes[task])))
        return np.asarray(self.models[task].predict_proba(self.inputs[task].transform(table)), dtype=np.float64)
