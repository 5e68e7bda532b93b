"""Curves of each model's last stage, by centre: calibration, decision, ROC and precision–recall."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from gliomanet.evaluation.metrics.classification import Floats, Integers
from gliomanet.evaluation.metrics.curves import (
    DECISION_THRESHOLDS,
    calibration_bins,
    net_benefit,
    recalibrate,
    roc_curve,
)
from gliomanet.evaluation.predictions import Scored
from gliomanet.evaluation.resampling import Resampling, at_last_stages, held_out_together, names_of
from gliomanet.evaluation.rows import LEAVE_ONE_CENTER_OUT, POOLED, Row
from gliomanet.tables.notes import join_notes


@dataclass(frozen=True)
class Curves:
    """The rows of the four tables."""

    calibration: list[Row] = field(default_factory=list)
    calibration_curves: list[Row] = field(default_factory=list)
    decision_curves: list[Row] = field(default_factory=list)
    roc_curves: list[Row] = field(default_factory=list)


def tabulate_curves(study: Resampling, scored: list[Scored]) -> Curves:
    """The curves of each model's last stage, in every centre and pooled; one for each class of more than two.

    A curve has at most some fifty points, however many the cases, so that tables stay small. Centres that
    leave-one-centre-out holds out are pooled, too.
    """
    curves = Curves()
    last = at_last_stages(scored)
    for member in (*last, *held_out_together(study, last)):
        classes = study.tasks[member.task].class_names
        for center, inside in study.centers([member]):
            if member.scenario == LEAVE_ONE_CENTER_OUT and center != POOLED:  # they stand in their own scenario
                continue
            at = study.known(member, inside)
            truth = study.cases.truth[member.task][member.rows[at]]
            patients = study.patients(member.rows[at])
            for k in range(1 if len(classes) == 2 else 0, len(classes)):
                if at.size:
                    names = names_of(member) | {"center": center, "class": classes[k]}
                    names |= {"n": at.size, "n_positive": int((truth == k).sum())}
                    _add(curves, names, truth == k, member.probability[at, k], patients, study.settings.confidence)
    return curves


def _add(
    curves: Curves, names: Row, positive: np.ndarray, probability: Floats, patients: Integers, confidence: float
) -> None:
    fit = recalibrate(positive, probability, patients, confidence)
    cells: Row = {"note": join_notes(fit.notes)}
    for name in ("slope", "intercept"):
        cells |= dict(zip((name, f"{name}_ci_low", f"{name}_ci_high"), getattr(fit, name), strict=True))
    curves.calibration.append(names | cells)
    for number, one in enumerate(calibration_bins(positive, probability, patients, confidence), start=1):
        cells = {"bin": number, "probability": one.probability, "observed": one.observed}
        cells |= {"ci_low": one.low, "ci_high": one.high, "n": one.n, "n_positive": one.n_positive}
        curves.calibration_curves.append(names | cells)
    curves.decision_curves.extend(names | cells for cells in _decisions(positive, probability))
    if positive.any() and not positive.all():
        curves.roc_curves.extend(names | cells for cells in _roc(positive, probability))


def _decisions(positive: np.ndarray, probability: Floats) -> Iterator[Row]:
    of_model, of_all = net_benefit(positive, probability, DECISION_THRESHOLDS)
    for threshold, benefit, everybody in zip(DECISION_THRESHOLDS, of_model, of_all, strict=True):
        yield {"threshold": threshold, "net_benefit": benefit, "treat_all": everybody}


def _roc(positive: np.ndarray, probability: Floats) -> Iterator[Row]:
    curve = roc_curve(positive, probability)
    for k in range(curve.threshold.size):
        cells = {name: getattr(curve, name)[k] for name in ("threshold", "sensitivity", "specificity", "ppv")}
        yield {"point": k + 1} | cells
