"""Exact SHAP values of logistic regression: the log-odds are linear in the inputs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shap

from gliomanet.explanation.attribution import Attribution, additivity_gap, evidence
from gliomanet.explanation.deep_features import EVIDENCE
from gliomanet.explanation.explainers.permutation import explain_any
from gliomanet.explanation.input_shap import InputShap
from gliomanet.models.tabular import SklearnModels, TabularModel


def explain(fitted: TabularModel, task: str, table: pd.DataFrame, background: pd.DataFrame, seed: int) -> InputShap:
    """SHAP values of a task's inputs for its log-odds; by permutation where its answer is made of several models'.

    Args:
        fitted: the model.
        task: one of its tasks.
        table: the model's inputs of the explained cases, harmonised, NaN = missing.
        background: the same of training cases.
        seed: of what is drawn.

    Source: Lundberg & Lee, NeurIPS 2017, arXiv:1705.07874.
    """
    if not isinstance(fitted, SklearnModels):
        return explain_any(fitted, task, table, background, seed)
    inputs, model = fitted.inputs[task], fitted.models[task]
    x, mean_over = inputs.transform(table), inputs.transform(background)
    coefficients, intercepts = np.asarray(model.coef_), np.asarray(model.intercept_)
    if len(coefficients) == 1:  # scikit-learn's way with two classes: the log-odds of the second
        coefficients, intercepts = np.vstack([-coefficients, coefficients]) / 2, np.array([-1, 1]) * intercepts[0] / 2
    weight, bias = evidence(coefficients, intercepts)
    masker = shap.maskers.Independent(mean_over, max_samples=len(mean_over))
    explainer = shap.LinearExplainer((weight, bias), masker)
    values = np.asarray(explainer.shap_values(x), dtype=np.float64)
    base = float(explainer.expected_value)
    gap = additivity_gap(values, base, x @ weight + bias)
    return InputShap(inputs.columns, x, Attribution(values, base, gap), "shap.LinearExplainer", EVIDENCE)
