"""Fitting extremely randomised trees, one classifier per task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sklearn.ensemble import ExtraTreesClassifier

from gliomanet.training.classifiers import fit_with

if TYPE_CHECKING:
    from gliomanet.config.feature_models import ExtraTreesModel
    from gliomanet.models.tabular import TabularInputs

__all__ = ["fit"]


def classifier(model: ExtraTreesModel, inputs: TabularInputs, strength: object, seed: int) -> ExtraTreesClassifier:
    """A classifier that is not fitted yet."""
    return ExtraTreesClassifier(
        n_estimators=model.n_estimators,
        min_samples_leaf=model.min_samples_leaf,
        class_weight="balanced",
        random_state=seed,
        n_jobs=1,
    )


fit = fit_with(classifier)
