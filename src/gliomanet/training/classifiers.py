"""Fitting scikit-learn classifiers, one per task, each on the cases whose label is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.labels.vocabulary import MISSING
from gliomanet.models.tabular import SklearnModels, TabularInputs
from gliomanet.models.void_features import Void
from gliomanet.tracking.event_log import EventLog

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gliomanet.labels.tasks import Task
    from gliomanet.models.combat import Combat


def fit_inputs(
    rows: pd.DataFrame, fitting: NDArray[np.bool_], target: NDArray[np.int64]
) -> tuple[TabularInputs, dict[str, Void]]:
    """The inputs of a task's classifier, as its labelled cases show them, and the features dropped.

    Args:
        rows: training cases × features.
        fitting: (cases,) those that move medians and deviations.
        target: (cases,) class indices of the task.
    """
    return TabularInputs.fit(rows[fitting & (target != MISSING)])


def fit_with(classifier: Callable[[Any, int], Any]) -> Callable[..., SklearnModels]:
    """A function that fits one classifier per task; its arguments are those of `tabular_net.fit`.

    Args:
        classifier: a model's settings and a seed → a classifier that is not fitted yet.
    """

    def fit(
        inputs: Mapping[str, TabularInputs],
        rows: pd.DataFrame,
        targets: Mapping[str, NDArray[np.int64]],
        tasks: Mapping[str, Task],
        model: Any,
        seed: int,
        log: EventLog,
        harmonization: Combat | None,
    ) -> SklearnModels:
        fits = {}
        for name, target in targets.items():
            known = target != MISSING
            x = inputs[name].transform(rows)
            fits[name] = classifier(model, seed).fit(x[known], target[known])
            log.metric(f"train/accuracy/{name}", float(fits[name].score(x[known], target[known])), 0)
        classes = {name: task.class_names for name, task in tasks.items()}
        return SklearnModels(dict(inputs), classes, fits, harmonization)

    return fit
