"""The predictions of one centre by a stack, from those of its members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from gliomanet.models.member_logits import member_logits
from gliomanet.prediction.predict_center import Member, predict_center
from gliomanet.tables.prediction import CASE, FOLD_PREDICTIONS

if TYPE_CHECKING:
    from gliomanet.labels.tasks import Task


def predict_stack(
    fits: Sequence[Member],
    splits: pd.DataFrame,
    cases: pd.DataFrame,
    predictions: pd.DataFrame,
    stages: Mapping[str, str],
    tasks: Mapping[str, Task],
    *,
    model: str,
) -> pd.DataFrame:
    """Predict a centre's validation and external cases.

    Args:
        fits: the stack's fits; each predicts the cases that its fold validates or tests.
        splits: the centre's rows of the split tables.
        cases: the centre's cases, with `age` and `sex`.
        predictions: rows of `FOLD_PREDICTIONS` of the centre, of all members.
        stages: member → the stage of it that is stacked.
        tasks: the study's tasks.
        model: the stack's name in the study.

    Returns:
        Rows of `FOLD_PREDICTIONS`, ordered by their keys.
    """
    found = [pd.DataFrame(columns=FOLD_PREDICTIONS.names())]
    for scenario in dict.fromkeys(fit.scenario for fit in fits):
        rows, _ = predict_center(
            [fit for fit in fits if fit.scenario == scenario],
            splits,
            cases,
            model=model,
            kind="stack",
            preprocessed=None,
            features=member_logits(predictions, stages, scenario, tasks),
            threads=1,
            gpus=0,
        )
        found.append(rows)
    filled = [rows for rows in found if len(rows)] or found[:1]
    return pd.concat(filled, ignore_index=True).sort_values([*CASE, "class"], kind="stable", ignore_index=True)
