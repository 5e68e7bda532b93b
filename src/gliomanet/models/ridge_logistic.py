"""Logistic regression whose L2 penalty spares some columns: scikit-learn's has one strength for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import logsumexp, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_sample_weight

Floats = NDArray[np.float64]

TOLERANCE = 1e-12
"""What a step would take off the mean loss, at which it is the last: Newton's steps leave the square of the error."""

_MOST_STEPS = 200
_SLIGHT = 1e-10
"""Penalty of what is not penalised, a share of the cases: softmax has no single solution there, and separated classes
none that is finite."""


class RidgeLogistic(LogisticRegression):
    """Logistic regression with balanced classes, fitted by Newton's method.

    Minimises C Σ_i w_i ℓ_i + ½ Σ_j ‖β_j‖² over the penalised columns j, as `LogisticRegression(C=C,
    class_weight="balanced")` does over all; the intercept is never penalised. Softmax for three classes and more.
    Probabilities and coefficients are those of the class it derives from.

    Args:
        C: inverse strength of the penalty.
        unpenalised: indices of the columns that are spared.
    """

    def __init__(self, C: float = 1.0, unpenalised: Sequence[int] = ()) -> None:
        super().__init__(C=C, class_weight="balanced")
        self.unpenalised = unpenalised

    def fit(self, X: Floats, y: NDArray[Any], sample_weight: Any = None) -> Self:
        """Fit on (cases, columns) and (cases,) classes.

        Raises:
            ValueError: fewer than two classes, or a fit that does not converge.
        """
        x = np.column_stack([np.asarray(X, dtype=np.float64), np.ones(len(X))])
        self.classes_, index = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"logistic regression needs two classes, found {self.classes_.tolist()}")
        weight = compute_sample_weight("balanced", y) / len(x)
        ridge = np.full(x.shape[1], 1 / (self.C * len(x)))
        ridge[[*self.unpenalised, -1]] = _SLIGHT
        columns = 1 if len(self.classes_) == 2 else len(self.classes_)
        beta = _newton(x, np.eye(len(self.classes_))[index], weight, ridge, columns)
        self.coef_, self.intercept_ = beta[:, :-1], beta[:, -1]
        self.n_features_in_ = x.shape[1] - 1
        return self


def _newton(x: Floats, target: Floats, weight: Floats, ridge: Floats, columns: int) -> Floats:
    """Coefficients (columns, features): one column for two classes, as many as there are classes otherwise."""
    beta = np.zeros((columns, x.shape[1]))
    value = _loss(beta, x, target, weight, ridge)
    for _ in range(_MOST_STEPS):
        probability = softmax(_logits(beta, x), axis=1)[:, -columns:]
        gradient = (weight[:, None] * (probability - target[:, -columns:])).T @ x + ridge * beta
        hessian = _hessian(x, probability, weight, ridge)
        step = cho_solve(cho_factor(hessian), gradient.ravel()).reshape(beta.shape)
        length, slope = 1.0, float((gradient * step).sum())
        if slope < TOLERANCE:
            return beta - step
        while (after := _loss(beta - length * step, x, target, weight, ridge)) > value - 1e-4 * length * slope:
            length /= 2
        beta, value = beta - length * step, after
    raise ValueError(f"logistic regression did not converge in {_MOST_STEPS} steps")


def _logits(beta: Floats, x: Floats) -> Floats:
    logits = x @ beta.T
    return np.column_stack([np.zeros(len(x)), logits]) if len(beta) == 1 else logits


def _loss(beta: Floats, x: Floats, target: Floats, weight: Floats, ridge: Floats) -> float:
    logits = _logits(beta, x)
    each = logsumexp(logits, axis=1) - (logits * target).sum(axis=1)
    return float(weight @ each + 0.5 * (ridge * beta**2).sum())


def _hessian(x: Floats, probability: Floats, weight: Floats, ridge: Floats) -> Floats:
    size, columns = x.shape[1], probability.shape[1]
    whole = np.empty((columns * size, columns * size))
    for a in range(columns):
        for b in range(a, columns):
            each = weight * (probability[:, a] * ((a == b) - probability[:, b]))
            block = (x * each[:, None]).T @ x
            whole[a * size : (a + 1) * size, b * size : (b + 1) * size] = block
            whole[b * size : (b + 1) * size, a * size : (a + 1) * size] = block.T
    whole[np.diag_indices_from(whole)] += np.tile(ridge, columns)
    return whole
