"""SHAP values of any model on features, by permutations: for those whose answer no other explainer takes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shap
from numpy.typing import NDArray

from gliomanet.explanation.attribution import Attribution, additivity_gap
from gliomanet.explanation.input_shap import InputShap
from gliomanet.models.tabular import TabularModel

BACKGROUND = 50
"""Training cases that the expectation is over: each costs a prediction per input and explained case."""

PROBABILITY = "probability of the last class"


def explain_any(fitted: TabularModel, task: str, table: pd.DataFrame, background: pd.DataFrame, seed: int) -> InputShap:
    """SHAP values of a model's inputs for the probability of a task's last class.

    Every explained case is walked through one random order of its inputs, there and back, so that values are sampled
    and add up. Arguments are those of `explainers.linear.explain`.

    Source: Štrumbelj & Kononenko, Knowl Inf Syst 41:647 (2014), 10.1007/s10115-013-0679-x (sampled permutations).
    """
    columns = list(fitted.columns)
    over = background[columns].sample(min(BACKGROUND, len(background)), random_state=seed % 2**32).to_numpy(float)
    x = table[columns].to_numpy(float)

    def answer(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return fitted.predict(pd.DataFrame(values, columns=columns))[task][:, -1]

    masker = shap.maskers.Independent(over, max_samples=len(over))
    explainer = shap.explainers.Permutation(answer, masker, seed=seed % 2**32)
    found = explainer(x, max_evals=2 * len(columns) + 1, silent=True)
    values, base = np.asarray(found.values, dtype=np.float64), float(np.mean(found.base_values))
    gap = additivity_gap(values, base, answer(x))
    return InputShap(tuple(columns), x, Attribution(values, base, gap), "shap.PermutationExplainer", PROBABILITY)
