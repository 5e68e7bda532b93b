"""Coverage of prediction sets by class and centre, held against what was promised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd

from gliomanet.evaluation.answers import Answers, Integers, Truths
from gliomanet.evaluation.resampling import Resampling
from gliomanet.evaluation.rows import LEAVE_ONE_CENTER_OUT, POOLED, Row
from gliomanet.evaluation.statistics.by_patient import by_patient
from gliomanet.evaluation.subgroups import ALL
from gliomanet.labels.vocabulary import MISSING
from gliomanet.tables.notes import join_notes, not_estimable
from gliomanet.uncertainty.conformal import always_in_set, binomial_interval, expected_coverage, patients_needed

Quantiles = Mapping[tuple[str, ...], Row]
"""(model, stage, scenario, task, class) → n_calibration and quantile; all have one level."""

_KEY = ("model", "stage", "scenario", "task")


def set_rows(study: Resampling, answers: Iterable[Answers], quantiles: pd.DataFrame) -> Iterator[Row]:
    """Rows of `PREDICTION_SETS`.

    Args:
        study: the cases, the tasks and the intervals' confidence.
        answers: of every model; those without sets have no rows.
        quantiles: model, stage, scenario, task, class, level, n_calibration, quantile: what the sets were made from.
    """
    key = [*_KEY, "class"]
    known = {
        tuple(row[name] for name in key): {name: row[name] for name in ("n_calibration", "quantile")}
        for row in quantiles.to_dict("records")
    }
    level = float(quantiles["level"].max()) if len(quantiles) else np.nan
    for one in answers:
        if one.sets is None:
            continue
        together = one.names["scenario"] == LEAVE_ONE_CENTER_OUT
        for center, inside in study.centers_of(one.rows):
            if together and center != POOLED:  # they stand in the scenario that holds them out
                continue
            truth = study.truth(one.names["task"], one.names["role"])[one.rows]
            mine = one.of(inside[one.rows] & (truth != MISSING))
            yield from _classes(study, mine, {"center": center, "level": level}, known)


def _classes(study: Resampling, answers: Answers, place: Row, quantiles: Quantiles) -> Iterator[Row]:
    truth = study.cases.truth[answers.names["task"]][answers.rows]
    for number, name in enumerate(study.tasks[answers.names["task"]].class_names):
        made_from = quantiles.get((*(answers.names[key] for key in _KEY), name), {})  # none of several scenarios
        chosen = truth == number
        counts = _counts(study, answers.of(chosen), truth[chosen])
        names = answers.names | place | {"class": name} | made_from
        yield names | counts | _promise(study, names, counts)
    yield answers.names | place | {"class": ALL} | _counts(study, answers, truth)


def _counts(study: Resampling, answers: Answers, truth: Integers) -> Row:
    """Coverage with its interval, and the shares of sets by size."""
    if answers.sets is None or not truth.size:
        return {"n": 0, "n_patients": 0, "note": not_estimable("no case")}
    patient = study.cases.patient[answers.rows]
    hit = answers.sets[np.arange(truth.size), truth]
    size = answers.sets.sum(1)

    def share(of: Truths, among: Truths | None = None) -> float:
        chosen = np.ones(truth.size, dtype=bool) if among is None else among
        return by_patient(of[chosen], patient[chosen])[0] if chosen.any() else np.nan

    coverage, patients = by_patient(hit, patient)
    low, high = binomial_interval(coverage, patients, study.settings.confidence)
    shares = {"empty": share(size == 0), "single": share(size == 1), "several": share(size > 1)}
    more = {"single_correct": share(hit, size == 1), "n": truth.size, "n_patients": patients, "note": ""}
    return {"coverage": coverage, "ci_low": low, "ci_high": high} | shares | more


def _promise(study: Resampling, names: Row, counts: Row) -> Row:
    """The range that the coverage of one class is expected in, and what the coverage is beside it."""
    if names["role"] != "external" or "n_calibration" not in names:
        return {}
    calibration, level = int(names["n_calibration"]), names["level"]
    if always_in_set(calibration, level):
        few = f"in every set: {calibration} calibration patients, {patients_needed(level)} are needed"
        return {"note": join_notes(filter(None, [few, counts["note"]]))}
    if not counts["n_patients"]:
        return {}
    low, high = expected_coverage(calibration, counts["n_patients"], level, study.settings.confidence)
    rounding = 1e-9
    below, above = counts["coverage"] < low - rounding, counts["coverage"] > high + rounding
    verdict = "below" if below else "above" if above else "within chance"
    return {"expected_low": low, "expected_high": high, "verdict": verdict}
