"""Explanation of the inputs of models on features: every fold's validation cases, by the explainer of its kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.explanation.attribution import Attribution
from gliomanet.explanation.explained import Explained
from gliomanet.models.tabular import TabularModel
from gliomanet.prediction.tabular import inputs_of, load_tabular_model
from gliomanet.seeds import derive_seed
from gliomanet.tables.explanation import INPUT

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class InputShap:
    """SHAP values of a task's inputs, and the inputs as the model reads them (cases, inputs)."""

    names: tuple[str, ...]
    values: Floats
    attribution: Attribution
    explainer: str
    output: str


class ExplainInputs(Protocol):
    """Code of a kind of models: the function `explain` of a module in `explanation.explainers`."""

    def __call__(
        self, fitted: TabularModel, task: str, table: pd.DataFrame, background: pd.DataFrame, seed: int
    ) -> InputShap:
        """SHAP values of the inputs of some cases."""


@dataclass(frozen=True)
class Fit:
    """A trained model of one fold, by its scenario and folder."""

    scenario: str
    fold: str
    folder: Path


def explain_inputs(
    fits: Iterable[Fit],
    explain: ExplainInputs,
    cases: pd.DataFrame,
    features: pd.DataFrame,
    splits: pd.DataFrame,
    seed: int,
) -> list[Explained]:
    """Explain the inputs of every fold's model, on the fold's validation cases that it can predict.

    Args:
        fits: the folds' models.
        explain: of their kind.
        cases: of the training centres: case_id, center, and what the model reads beside features.
        features: one row a case, as in training.
        splits: rows of `results/splits.tsv`; training cases are the background.
        seed: of what explainers draw.
    """
    found = []
    for fit in fits:
        rows = splits.loc[splits["fold"].astype(str) == fit.fold, ["case_id", "center", "part"]]
        inside = rows[rows["part"].isin(["train", "validation"])]
        selected = inside.merge(cases, on=["case_id", "center"], how="inner", validate="1:1")
        fitted = load_tabular_model(fit.folder)
        table, known = inputs_of(fitted, selected, features)
        parts = selected["part"].to_numpy()
        unseen, background = known & (parts == "validation"), known & (parts == "train")
        if not unseen.any():  # a refit on every case has nothing unseen to explain
            continue
        for task in fitted.classes:
            own = derive_seed(seed, fit.fold, task)
            one = explain(fitted, task, table[unseen], table[background], own)
            found.append(
                Explained(
                    *(fit.scenario, fit.fold, task, INPUT, one.explainer, one.output, one.names),
                    selected["case_id"].to_numpy(dtype=np.str_)[unseen],
                    one.values,
                    one.attribution,
                    int(background.sum()),
                )
            )
    return found
