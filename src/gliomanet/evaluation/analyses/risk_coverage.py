"""Errors among the cases that a model answers, where it leaves the ones it is unsure of to a person.

The surest cases are answered first, in the order of a column of the predictions; and, as one choice made beforehand,
those whose prediction set holds one class. Source: El-Yaniv and Wiener, JMLR 11:1605 (2010).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from gliomanet.evaluation.answers import Answers, Floats, Integers
from gliomanet.evaluation.metrics.classification import confusion_counts, matthews
from gliomanet.evaluation.resampling import Resampling
from gliomanet.evaluation.rows import LEAVE_ONE_CENTER_OUT, POOLED, Row
from gliomanet.evaluation.statistics.by_patient import by_patient
from gliomanet.labels.vocabulary import MISSING
from gliomanet.tables.notes import not_estimable
from gliomanet.uncertainty.conformal import binomial_interval

SHARES = tuple(number / 20 for number in range(1, 21))
"""Shares of the cases that are answered: every 5 %."""

SINGLE_SET = "single_set"


def risk_rows(study: Resampling, answers: Iterable[Answers]) -> Iterator[Row]:
    """Rows of `RISK_COVERAGE`.

    Args:
        study: the cases, the tasks and the intervals' confidence.
        answers: of every model.
    """
    for one in answers:
        together = one.names["scenario"] == LEAVE_ONE_CENTER_OUT
        for center, inside in study.centers_of(one.rows):
            if together and center != POOLED:  # they stand in the scenario that holds them out
                continue
            truth = study.truth(one.names["task"], one.names["role"])[one.rows]
            mine = one.of(inside[one.rows] & (truth != MISSING))
            if not mine.rows.size:
                continue
            for order, doubt in mine.doubt.items():
                yield from _curve(study, mine, center, order, doubt)
            if mine.sets is not None:
                single = mine.sets.sum(1) == 1
                yield _point(study, mine, mine.sets.argmax(1), single, {"center": center, "order": SINGLE_SET})


def _curve(study: Resampling, answers: Answers, center: str, order: str, doubt: Floats) -> Iterator[Row]:
    ascending = np.sort(doubt)
    wanted = [ascending[max(1, round(share * doubt.size)) - 1] for share in SHARES]
    for cut in np.unique(wanted):
        names = {"center": center, "order": order, "cut": float(cut)}
        yield _point(study, answers, answers.called, doubt <= cut, names)


def _point(study: Resampling, answers: Answers, called: Integers, answered: np.ndarray, names: Row) -> Row:
    """A row: what is wrong among the cases that are answered."""
    task = answers.names["task"]
    classes = study.tasks[task].class_names
    truth, given = study.cases.truth[task][answers.rows][answered], called[answered]
    row = answers.names | names | {"answered": float(answered.mean()), "n_answered": truth.size, "n": answered.size}
    if not truth.size:
        return row | {"note": not_estimable("no case is answered")}
    error, patients = by_patient(given != truth, study.cases.patient[answers.rows][answered])
    low, high = binomial_interval(error, patients, study.settings.confidence)
    known = np.unique(truth).size == len(classes)
    counts = confusion_counts(truth, given, len(classes), np.ones((truth.size, 1)))
    mcc = float(matthews(counts)[0]) if known else np.nan
    note = "" if known else f"no {', '.join(c for k, c in enumerate(classes) if k not in truth)} case is answered"
    return row | {"error": error, "ci_low": low, "ci_high": high, "mcc": mcc, "note": note}
