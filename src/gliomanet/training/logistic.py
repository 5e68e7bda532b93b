"""Fitting logistic regression, one classifier per task; age and sex are outside its penalty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gliomanet.models.ridge_logistic import RidgeLogistic
from gliomanet.training.classifiers import fit_with

if TYPE_CHECKING:
    from gliomanet.config.feature_models import LogisticModel
    from gliomanet.models.tabular import TabularInputs

__all__ = ["fit"]


def classifier(model: LogisticModel, inputs: TabularInputs, strength: float | None, seed: int) -> RidgeLogistic:
    """A classifier that is not fitted yet."""
    own = None if model.C == "auto" else model.C
    given = strength if strength is not None else own
    assert given is not None, "a strength is chosen before"
    return RidgeLogistic(given, inputs.unpenalised)


fit = fit_with(classifier)
