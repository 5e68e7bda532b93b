"""The difference of any metric between two models' answers on the same cases."""

from __future__ import annotations

import numpy as np

from gliomanet.evaluation.estimates import Sample
from gliomanet.evaluation.metrics.classification import Confusion, Floats, WeightedCases
from gliomanet.evaluation.metrics.registry import ClassificationMetric
from gliomanet.evaluation.statistics.bootstrap import resample_weights
from gliomanet.evaluation.statistics.counts import drawn_pairs
from gliomanet.evaluation.statistics.paired import Difference, delong, difference_of_draws


def paired_difference(metric: ClassificationMetric, first: Sample, second: Sample) -> Difference:
    """First minus second: of counts from draws of both together, of areas by DeLong, else on the same resamples.

    Args:
        metric: an entry of the registry.
        first: the cases as one model predicts them; its generator is used.
        second: the same cases, with the same truth, as the other does.
    """
    if metric.of_counts:
        number, generator = len(first.classes), first.generator("pairs")
        called = first.plain.called, second.plain.called
        drawn = drawn_pairs(first.truth, called[0], called[1], first.patients, number, first.draws, generator)
        one, other = (metric.of_counts(Confusion(counts)) for counts in drawn)
        return difference_of_draws(one, other, first.confidence)
    areas = first.area(metric.class_index), second.area(metric.class_index)
    if metric.interval == "area" and areas[0] and areas[1]:
        a, b = areas[0], areas[1]
        gap = a.value - b.value
        return delong(a.influence, b.influence, gap, first.truth, first.patients, first.confidence)
    return difference_of_draws(*_resampled(metric, first, second), first.confidence)


def _resampled(metric: ClassificationMetric, first: Sample, second: Sample) -> tuple[Floats, Floats]:
    """The metric of both (1 + draws,), the plain value in front, on the same resampled patients."""
    named = first.patients.astype(np.str_)
    weights = resample_weights(named, first.truth, first.draws, first.generator("bootstrap"))
    one, other = (
        metric.values(WeightedCases(each.truth, each.probability, weights, each.classes, each.threshold))
        for each in (first, second)
    )
    return one, other
