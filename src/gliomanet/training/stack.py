"""Stacking: a logistic regression per task of the members' log-odds and the patient's clinical data.

Wolpert, Neural Networks 5:241 (1992): the second level learns from what the first says of cases that it did not learn
from. Age, sex and the intercept are outside the penalty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gliomanet.models.member_logits import columns_of_task
from gliomanet.models.ridge_logistic import RidgeLogistic
from gliomanet.models.tabular import SklearnModels, TabularInputs
from gliomanet.models.tabular_inputs import inputs_of
from gliomanet.models.void_features import Void
from gliomanet.training.training_set import Fit, TrainingSet, check_inputs, known_of

if TYPE_CHECKING:
    from gliomanet.config.feature_models import StackModel
    from gliomanet.labels.tasks import Task
    from gliomanet.models.combat import Combat
    from gliomanet.tracking.event_log import EventLog


def fit(
    data: TrainingSet,
    tasks: Mapping[str, Task],
    model: StackModel,
    seed: int,
    log: EventLog,
    harmonization: Combat | None,
) -> Fit:
    """Fit one regression a task, on the members' columns of that task.

    Args:
        data: training cases, with the columns of `member_logits` and the clinical ones.
        tasks: task → its classes. One of which no member says anything of the training cases is printed.
        model: settings.
        seed: of no use: nothing is drawn.
        log: gets the training accuracy.
        harmonization: of no use: log-odds are not harmonised.

    Raises:
        ValueError: no input of a task differs between its training cases, or a fit does not converge.
    """
    inputs: dict[str, TabularInputs] = {}
    dropped: dict[str, dict[str, Void]] = {}
    estimators: dict[str, RidgeLogistic] = {}
    weights: dict[str, dict[str, float]] = {}
    for task, definition in tasks.items():
        own = columns_of_task(model.members, task, definition.class_names)
        rows = data.rows[[c for c in data.rows.columns if c in (*own, *model.clinical)]]
        if not set(own) & set(rows.columns):
            print(f"task {task}: no member tells its training cases apart; clinical data answer alone", flush=True)
        known, target = known_of(data.targets[task]), data.targets[task]
        inputs[task], dropped[task] = TabularInputs.fit(rows[known])
        check_inputs({task: inputs[task]}, inputs_of(model))
        x = inputs[task].transform(rows[known])
        estimators[task] = RidgeLogistic(model.C, inputs[task].unpenalised).fit(x, target[known])
        log.metric(f"train/accuracy/{task}", float(estimators[task].score(x, target[known])), 0)
        # of the last class against the others' mean, where there are more than two
        of_last = estimators[task].coef_[-1]
        weights[task] = dict(zip(inputs[task].columns, map(float, of_last), strict=True))
    classes = {task: definition.class_names for task, definition in tasks.items()}
    learnt_from = {task: int(known_of(target).sum()) for task, target in data.targets.items()}
    stacked = SklearnModels(inputs, classes, estimators)
    return Fit(stacked, inputs, dropped, learnt_from, weights=weights)
