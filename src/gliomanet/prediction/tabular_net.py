"""Predictions of a fitted network on features, and its stochastic passes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.models.tabular import TabularModel
from gliomanet.models.tabular_net import NetEnsemble
from gliomanet.prediction.tabular import inputs_of, opened, predict_tabular

__all__ = ["predict_tabular", "tabular_stochastic_passes"]


def tabular_stochastic_passes(
    fit: Path | TabularModel, cases: pd.DataFrame, features: pd.DataFrame, passes: int, seed: int
) -> dict[str, NDArray[np.float64]]:
    """Task → (passes, cases, classes) probabilities with dropout on, cases in their order.

    NaN for a case that `predict_tabular` leaves out; it is printed.

    Raises:
        ValueError: the model has no dropout to draw.
    """
    fitted = opened(fit)
    if not isinstance(fitted, NetEnsemble):
        raise ValueError(f"{fit}: stochastic passes need a model with dropout (tabular_net)")
    table, known = inputs_of(fitted, cases, features)
    drawn = fitted.stochastic_passes(table, passes, seed)
    for probabilities in drawn.values():
        probabilities[:, ~known] = np.nan
    return drawn
