"""Registry of metrics: names, ranges and reasons hold for every entry."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gliomanet.evaluation.metrics.classification import WeightedCases, ece, mcc
from gliomanet.evaluation.metrics.registry import METRICS, ClassificationMetric, metric_label, metrics_of

TASKS = {2: ("no", "yes"), 3: ("2", "3", "4")}


def cases_of(truth, probability, classes, threshold=0.5) -> WeightedCases:
    return WeightedCases(
        np.asarray(truth), np.asarray(probability), np.ones((len(truth), 1)), TASKS[classes], threshold
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([2, 3]), st.integers(1, 30))
def test_values_stay_in_their_range(seed, classes, n):
    rng = np.random.default_rng(seed)
    cases = cases_of(rng.integers(0, classes, n), rng.dirichlet(np.ones(classes), n), classes, rng.random())
    for metric in metrics_of(cases.classes):
        low, high = metric.range
        (value,) = metric.values(cases)
        assert np.isnan(value) or low - 1e-12 <= value <= high + 1e-12, metric.name


@pytest.mark.parametrize("classes", [2, 3])
def test_perfect_predictions_reach_the_better_end_of_every_range(classes):
    truth = np.arange(12) % classes
    cases = cases_of(truth, np.eye(classes)[truth], classes)
    for metric in metrics_of(cases.classes):
        assert metric.values(cases)[0] == pytest.approx(metric.best), metric.name


@pytest.mark.parametrize("classes", [2, 3])
def test_every_missing_value_has_a_reason(classes):
    one_class = cases_of(np.zeros(4, dtype=int), np.full((4, classes), 1 / classes), classes)
    for metric in metrics_of(one_class.classes):
        if np.isnan(metric.values(one_class)[0]):
            assert metric.notes(one_class, "external", estimable=False)[0] == "not estimable: no " + (
                "yes case" if classes == 2 else "3, 4 case"
            )


def test_what_was_never_called_or_chosen_is_the_reason():
    metrics = {metric.name: metric for metric in metrics_of(TASKS[2])}
    constant = cases_of([0, 1], [[0.9, 0.1], [0.8, 0.2]], 2)
    assert metrics["ppv"].why_not_estimable(constant) == "no case predicted yes"
    assert metrics["mcc_at_threshold"].remark(constant, "validation") == "threshold 0.5, chosen on these cases"
    assert metrics["mcc"].remark(constant, "external") == "every case predicted no"


def test_a_metric_is_a_function_of_one_thing():
    with pytest.raises(ValueError, match="metric both: give one of of_counts, of_terms and of_cases"):
        ClassificationMetric("both", "Both", (0, 1), of_counts=mcc, of_cases=ece)


def test_labels_are_told_apart():
    labels = [metric.label for metric in METRICS.values()]
    assert len(set(labels)) == len(labels)
    assert metric_label("auc_grade2") == "AUC grade2"
    assert [metric.label for metric in metrics_of(TASKS[3])][1:5] == ["AUC", "AUC 2", "AUC 3", "AUC 4"]
