"""A metric's value on some cases, with its interval and what must be said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.stats import t

from gliomanet.evaluation.metrics.classification import Confusion, Floats, Integers, WeightedCases
from gliomanet.evaluation.metrics.registry import ClassificationMetric
from gliomanet.evaluation.rows import Row
from gliomanet.evaluation.statistics.areas import Area, area_of, mean_area, variance_over_patients
from gliomanet.evaluation.statistics.bootstrap import percentile_interval, resample_weights
from gliomanet.evaluation.statistics.counts import drawn_counts
from gliomanet.tables.notes import join_notes, not_estimable
from gliomanet.uncertainty.probabilities import calibration_error_of_the_calibrated


@dataclass(frozen=True)
class Estimate:
    """A value with its interval; NaN where there is none, and then a note says why.

    Attributes:
        value: the metric on the cases as they are.
        low: lower end.
        high: upper end.
        variance: of the value.
        notes: what a reader must know.
        expected: the value that chance alone would make; NaN where that is not asked.
    """

    value: float
    low: float
    high: float
    variance: float
    notes: tuple[str, ...] = ()
    expected: float = float("nan")

    def cells(self) -> Row:
        """The cells of a row of metrics."""
        bounds = {"ci_low": self.low, "ci_high": self.high, "expected": self.expected, "spread": self.variance}
        return {"value": self.value, "note": join_notes(self.notes)} | bounds


@dataclass(frozen=True)
class Sample:
    """Some cases of one task, all of known label, as one model predicts them.

    Attributes:
        truth: class index of each case (cases,).
        probability: (cases, classes).
        patients: number of each case's patient (cases,), from 0 on.
        classes: the task's class names.
        draws: number of draws of an interval that has no formula.
        confidence: of the intervals.
        generator: what is drawn → source of the draws, the same whenever it is asked.
        threshold: probability from which on the second of two classes is called.
    """

    truth: Integers
    probability: Floats
    patients: Integers
    classes: tuple[str, ...]
    draws: int
    confidence: float
    generator: Callable[[str], np.random.Generator]
    threshold: float = 0.5

    @cached_property
    def plain(self) -> WeightedCases:
        """The cases, each counted once."""
        ones = np.ones((self.truth.size, 1))
        return WeightedCases(self.truth, self.probability, ones, self.classes, self.threshold)

    @cached_property
    def confusion(self) -> Confusion:
        """The cases' confusion matrix in front, draws of it behind."""
        number, generator = len(self.classes), self.generator("counts")
        return Confusion(drawn_counts(self.truth, self.plain.called, self.patients, number, self.draws, generator))

    @cached_property
    def areas(self) -> list[Area]:
        """Area of each class against the rest, of two classes the second's; none where a class is absent."""
        number = len(self.classes)
        if self.plain.absent_classes():
            return []
        return [
            area_of(self.truth == k, self.probability[:, k], self.patients, self.confidence)
            for k in range(1 if number == 2 else 0, number)
        ]

    @property
    def patients_repeat(self) -> bool:
        """True where some patient has several cases."""
        return np.unique(self.patients).size < self.patients.size

    def area(self, class_index: int | None = None) -> Area | None:
        """Area of a class against the rest, or their mean; None where it is not estimable."""
        if class_index is None:
            return mean_area(self.areas, self.patients) if self.areas else None
        positive = self.truth == class_index
        if positive.all() or not positive.any():
            return None
        return area_of(positive, self.probability[:, class_index], self.patients, self.confidence)


def estimate(metric: ClassificationMetric, sample: Sample, role: str) -> Estimate:
    """Compute a metric with its interval.

    Args:
        metric: an entry of the registry.
        sample: the cases; its threshold is the metric's.
        role: role of the cases, which decides some remarks.
    """
    value = float(metric.values(sample.plain)[0])
    notes = tuple(metric.notes(sample.plain, role, estimable=not np.isnan(value)))
    if np.isnan(value):
        return Estimate(value, value, value, value, notes)
    if metric.of_counts:
        drawn = metric.of_counts(sample.confusion)[1:]
        if np.ptp(drawn) <= 1e-12:  # such as the predictive value where no case is negative
            reason = f"no interval: {metric.why_not_estimable(sample.plain)}"
            return Estimate(value, np.nan, np.nan, np.nan, (*notes, reason))
        return _of_draws(value, drawn, sample.confidence, notes)
    if metric.of_terms:
        return _of_mean(value, metric.of_terms(sample.truth, sample.probability), sample, notes)
    match metric.interval:
        case "area":
            area = sample.area(metric.class_index)
            if area is None:
                raise ValueError(f"metric {metric.name}: has a value, and no area under the ROC curve")
            return Estimate(value, area.low, area.high, area.variance, notes)
        case "none":
            return _against_calibrated(value, sample, notes)
    return _resampled(metric, value, sample, notes)


def _of_draws(value: float, drawn: Floats, confidence: float, notes: tuple[str, ...]) -> Estimate:
    """Percentiles of the draws, widened to hold the value: that of cases which are all right lies at the very end."""
    low, high, _ = percentile_interval(drawn, confidence)
    return Estimate(value, min(low, value), max(high, value), float(drawn.var(ddof=1)), notes)


def _of_mean(value: float, terms: Floats, sample: Sample, notes: tuple[str, ...]) -> Estimate:
    """Student's interval of the logarithm of a mean of terms above zero, over patients; the classes' sizes stay.

    A case varies around its class's mean (of a class of one patient, around that of all), and the degrees of freedom
    are Welch's: most of a Brier score's variance may come from a few positives.
    """
    if np.unique(sample.patients).size < 2:
        return Estimate(value, np.nan, np.nan, np.nan, (*notes, "no interval: one patient"))
    variances, freedoms = [], []
    for k in np.unique(sample.truth):
        mine = sample.truth == k
        _, patient = np.unique(sample.patients[mine], return_inverse=True)
        several = int(patient.max()) > 0
        gaps = (terms[mine] - (terms[mine].mean() if several else value)) / terms.size
        freedoms.append(max(1, int(patient.max())))
        variances.append(variance_over_patients(gaps, patient) * (freedoms[-1] + 1) / freedoms[-1])
    parts = np.array(variances)
    variance = float(parts.sum())
    if variance <= 1e-24 or value <= 0:
        return Estimate(value, np.nan, np.nan, np.nan, (*notes, "no interval: the same in every case"))
    freedom = variance**2 / float((parts**2 / np.array(freedoms)).sum())
    factor = float(np.exp(t.ppf((1 + sample.confidence) / 2, freedom) * variance**0.5 / value))
    return Estimate(value, value / factor, value * factor, variance, notes)


def _against_calibrated(value: float, sample: Sample, notes: tuple[str, ...]) -> Estimate:
    """The calibration error beside what chance alone makes of it; resampled cases only add to it, so no interval."""
    drawn = calibration_error_of_the_calibrated(sample.probability, sample.draws, sample.generator("calibration"))
    most = float(np.quantile(drawn, sample.confidence))
    said = f"no interval, but held against calibrated probabilities: {drawn.mean():.2g} on average, up to {most:.2g}"
    return Estimate(value, np.nan, np.nan, np.nan, (*notes, said), float(drawn.mean()))


def _resampled(metric: ClassificationMetric, value: float, sample: Sample, notes: tuple[str, ...]) -> Estimate:
    """Percentiles over resampled patients, for a metric that brings no better interval."""
    named = sample.patients.astype(np.str_)
    weights = resample_weights(named, sample.truth, sample.draws, sample.generator("bootstrap"))[:, 1:]
    cases = WeightedCases(sample.truth, sample.probability, weights, sample.classes, sample.threshold)
    drawn = metric.values(cases)
    low, high, lost = percentile_interval(drawn, sample.confidence)
    if lost:
        notes = (*notes, f"{lost} of {drawn.size} resamples not estimable and left out")
    if lost == drawn.size or high - low <= 1e-12:
        return Estimate(value, np.nan, np.nan, np.nan, (*notes, "no interval: resamples do not vary"))
    return Estimate(value, low, high, float(np.nanvar(drawn, ddof=1)), notes)


def nothing_known(metric: ClassificationMetric, reason: str) -> Estimate:
    """The estimate where there is no case, or no threshold."""
    nan = float("nan")
    return Estimate(nan, nan, nan, nan, (not_estimable(reason),))
