"""Exact SHAP values of deep features under a linear head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Attribution:
    """SHAP values (cases, features), the output they start from, and by how much they miss the output at most."""

    values: Floats
    base: float
    additivity_gap: float


def evidence(weight: Floats, bias: Floats) -> tuple[Floats, float]:
    """The linear output that speaks for the last class: its logit minus the mean of the others'.

    For two classes this is w_positive − w_negative, the log-odds.

    Args:
        weight: of the head (classes, features).
        bias: of the head (classes,).

    Returns:
        Weight (features,) and bias of that output.

    Raises:
        ValueError: fewer than two classes, or the shapes do not belong together.
    """
    if weight.ndim != 2 or weight.shape[0] < 2 or bias.shape != weight.shape[:1]:
        raise ValueError(
            f"a head is a weight (classes, features) of at least two classes and a bias (classes,); "
            f"found {weight.shape} and {bias.shape}"
        )
    return weight[-1] - weight[:-1].mean(0), float(bias[-1] - bias[:-1].mean())


def linear_shap(features: Floats, background: Floats, weight: Floats, bias: float) -> Attribution:
    """Explain f(z) = w·z + b by φ_j = w_j (z_j − E z_j), exact for a linear output.

    Args:
        features: deep features of the explained cases (cases, features).
        background: deep features that the expectation is over (cases, features).
        weight: of the output (features,).
        bias: of the output.

    Returns:
        The values; their additivity gap is max |Σ_j φ_j + f(E z) − f(z)|, rounding only.

    Raises:
        ValueError: the background is empty, or the widths differ.

    Source: Lundberg & Lee, NeurIPS 2017, arXiv:1705.07874, corollary 1 (interventional expectation).
    """
    if not len(background) or not features.shape[1] == background.shape[1] == weight.size:
        raise ValueError(
            f"features {features.shape}, background {background.shape} and weight {weight.shape} must share their "
            f"width, and the background must hold a case"
        )
    mean = background.mean(0)
    values = weight * (features - mean)
    base = float(weight @ mean + bias)
    return Attribution(values, base, additivity_gap(values, base, features @ weight + bias))


def additivity_gap(values: Floats, base: float, output: Floats) -> float:
    """Largest |Σ_j φ_j + base − output| of a case: zero but for rounding where the values are exact.

    Args:
        values: SHAP values (cases, features).
        base: the output that they start from.
        output: of the model (cases,).
    """
    return float(np.abs(values.sum(1) + base - output).max(initial=0.0))


def leading(values: Floats, share: float) -> NDArray[np.int64]:
    """Choose the smallest set of features that carries a share of the mean |SHAP|.

    Args:
        values: SHAP values (cases, features).
        share: in [0, 1].

    Returns:
        Feature indices, most important first (ties: lower index); none where every value is zero.
    """
    importance = np.abs(values).mean(0) if len(values) else np.zeros(values.shape[1])
    total = importance.sum()
    if total == 0:
        return np.empty(0, dtype=np.int64)
    order = np.argsort(-importance, kind="stable")
    # The sum may stop a rounding error short of the share (share = 1: of the total itself).
    needed = int(np.searchsorted(np.cumsum(importance[order]), share * total * (1 - 1e-12))) + 1
    return order[: min(needed, int((importance > 0).sum()))]
