"""Fitting logistic regression, one classifier per task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sklearn.linear_model import LogisticRegression

from gliomanet.training.classifiers import fit_inputs, fit_with

if TYPE_CHECKING:
    from gliomanet.config.models import LogisticModel

__all__ = ["fit", "fit_inputs"]


def classifier(model: LogisticModel, seed: int) -> LogisticRegression:
    """A classifier that is not fitted yet."""
    return LogisticRegression(C=model.C, class_weight="balanced", max_iter=5000)


fit = fit_with(classifier)
