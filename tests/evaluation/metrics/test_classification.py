import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from gliomanet.evaluation.metrics.classification import WeightedCases, auc, confusion_counts, matthews
from gliomanet.evaluation.metrics.registry import metrics_of

TWO, THREE = ("no", "yes"), ("2", "3", "4")


def case_set(seed: int, classes: int, n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = np.concatenate([np.arange(classes), rng.integers(0, classes, n - classes)])
    probability = rng.dirichlet(np.ones(classes), n) + 0.6 * np.eye(classes)[truth] * rng.random((n, 1))
    return truth, np.round(probability / probability.sum(1, keepdims=True), 2 if classes == 2 else 12)


def values_of(truth, probability, weights, classes, threshold=0.5) -> dict[str, np.ndarray]:
    cases = WeightedCases(truth, probability, weights, classes)
    moved = WeightedCases(truth, probability, weights, classes, threshold)
    return {metric.name: metric.values(moved if metric.at_threshold else cases) for metric in metrics_of(classes)}


@pytest.mark.parametrize("seed", range(4))
def test_two_classes_agree_with_scikit_learn(seed):
    truth, probability = case_set(seed, 2)
    probability[:, 1] = 1 - probability[:, 0]
    p = probability[:, 1]
    called = p >= 0.5  # probabilities of two digits: some cases lie exactly there
    found = values_of(truth, probability, np.ones((60, 1)), TWO, 0.3)
    expected = {
        "mcc": sk.matthews_corrcoef(truth, called),
        "mcc_at_threshold": sk.matthews_corrcoef(truth, p >= 0.3),
        "auc": sk.roc_auc_score(truth, p),
        "balanced_accuracy": sk.balanced_accuracy_score(truth, called),
        "sensitivity": sk.recall_score(truth, called),
        "specificity": sk.recall_score(truth, called, pos_label=0),
        "f1": sk.f1_score(truth, called),
        "ppv": sk.precision_score(truth, called),
        "npv": sk.precision_score(truth, called, pos_label=0),
        "brier": sk.brier_score_loss(truth, p),
    }
    for name, value in expected.items():
        assert found[name][0] == pytest.approx(value), name


@pytest.mark.parametrize("seed", range(4))
def test_three_classes_agree_with_scikit_learn(seed):
    truth, probability = case_set(seed, 3)
    called = probability.argmax(1)
    found = values_of(truth, probability, np.ones((60, 1)), THREE)
    assert found["mcc"][0] == pytest.approx(sk.matthews_corrcoef(truth, called))
    assert found["auc"][0] == pytest.approx(sk.roc_auc_score(truth, probability, multi_class="ovr"))
    assert found["auc_3"][0] == pytest.approx(sk.roc_auc_score(truth == 1, probability[:, 1]))
    assert found["f1"][0] == pytest.approx(sk.f1_score(truth, called, average="macro"))
    assert found["brier"][0] == pytest.approx(sk.brier_score_loss(truth, probability, labels=[0, 1, 2]))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([2, 3]))
def test_weights_count_a_case_as_often_as_repeating_it(seed, classes):
    truth, probability = case_set(seed, classes, 25)
    names = TWO if classes == 2 else THREE
    times = np.random.default_rng(seed).integers(0, 4, truth.size)
    weighted = values_of(truth, probability, np.stack([np.ones(25), times], 1), names, 0.4)
    again = np.repeat(np.arange(25), times)
    if again.size:
        repeated = values_of(truth[again], probability[again], np.ones((again.size, 1)), names, 0.4)
        for name in weighted:
            np.testing.assert_allclose(weighted[name][1], repeated[name][0], atol=1e-12, err_msg=name)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30))
def test_auc_is_bounded_and_turns_round_with_the_score(pairs):
    positive, score = np.array([p for p, _ in pairs]), np.array([s for _, s in pairs], dtype=float)
    ones = np.ones((positive.size, 1))
    value = auc(positive, score, ones)[0]
    if positive.all() or not positive.any():
        assert np.isnan(value)
    else:
        assert 0 <= value <= 1
        assert auc(positive, -score, ones)[0] == pytest.approx(1 - value)


def test_a_class_that_is_absent_is_not_estimable_rather_than_zero():
    probability = np.array([[0.9, 0.1], [0.2, 0.8]])
    found = values_of(np.zeros(2, dtype=int), probability, np.ones((2, 1)), TWO, 0.5)
    missing = {name for name, value in found.items() if np.isnan(value[0])}
    assert {"mcc", "mcc_at_threshold", "auc", "balanced_accuracy", "sensitivity", "f1", "ppv"} <= missing
    assert not {"specificity", "npv", "brier", "ece"} & missing
    assert found["specificity"][0] == 0.5


def test_three_class_metrics_need_all_three_classes():
    probability = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]])
    found = values_of(np.array([0, 1]), probability, np.ones((2, 1)), THREE)
    assert {name for name, value in found.items() if not np.isnan(value[0])} == {"auc_2", "auc_3", "brier", "ece"}


def test_a_constant_prediction_scores_zero_where_both_classes_are_there():
    counts = confusion_counts(np.array([0, 0, 1]), np.array([0, 0, 0]), 2, np.ones((3, 1)))
    assert matthews(counts)[0] == 0


def test_a_case_at_the_threshold_is_called_alike_by_both_mccs():
    truth, probability = np.array([0, 1, 1]), np.array([[0.6, 0.4], [0.5, 0.5], [0.3, 0.7]])
    found = values_of(truth, probability, np.ones((3, 1)), TWO, 0.5)
    assert found["mcc"][0] == found["mcc_at_threshold"][0] == 1
