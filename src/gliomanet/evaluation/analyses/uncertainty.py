"""Tables of what every model's doubts are worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from gliomanet.evaluation.analyses.prediction_sets import set_rows
from gliomanet.evaluation.analyses.risk_coverage import risk_rows
from gliomanet.evaluation.answers import answers_of
from gliomanet.evaluation.predictions import Cases
from gliomanet.evaluation.resampling import Resampling
from gliomanet.evaluation.rows import Row, ordered_table
from gliomanet.evaluation.subgroups import ALL
from gliomanet.tables.uncertainty import PREDICTION_SETS, RISK_COVERAGE

if TYPE_CHECKING:
    from gliomanet.config.analysis import Evaluation
    from gliomanet.labels.tasks import Task


@dataclass(frozen=True)
class UncertaintyTables:
    """The tables, in the columns and the order that are written."""

    prediction_sets: pd.DataFrame
    risk_coverage: pd.DataFrame


def evaluate_uncertainty(
    predictions: pd.DataFrame,
    cases: pd.DataFrame,
    tasks: Mapping[str, Task],
    settings: Evaluation,
    quantiles: pd.DataFrame,
) -> UncertaintyTables:
    """Hold prediction sets and doubts against the labels.

    Args:
        predictions: rows of `results/predictions/`; validation rows and external `ensemble` rows are read.
        cases: rows of `results/cohort/`, of every centre that is predicted; those of a column `hidden` count for
            external cases only.
        tasks: the study's tasks.
        settings: of the evaluation: the intervals' confidence.
        quantiles: what the sets were made from, see `set_rows`.

    Raises:
        ValueError: predictions and cases do not fit each other, see `gliomanet.evaluation.predictions.score`.
    """
    study = Resampling(Cases.of(cases, tasks), tasks, settings, seed=0)  # nothing is drawn here
    answers = answers_of(study, predictions)
    sets, risks = list(set_rows(study, answers, quantiles)), list(risk_rows(study, answers))
    return UncertaintyTables(
        ordered_table(_by_class(sets, tasks), PREDICTION_SETS, tasks), ordered_table(risks, RISK_COVERAGE, tasks)
    )


def _by_class(rows: Iterable[Row], tasks: Mapping[str, Task]) -> list[Row]:
    """Rows in the order of the tasks' classes, which ordering by the other columns keeps."""
    places = {(task, name): k for task, of in tasks.items() for k, name in enumerate((*of.class_names, ALL))}
    return sorted(rows, key=lambda row: places[row["task"], row["class"]])
