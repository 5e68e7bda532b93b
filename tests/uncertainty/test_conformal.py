"""Prediction sets by class: against crepes, against the formulas, and by their promise."""

import numpy as np
import pytest
from crepes import ConformalClassifier
from hypothesis import given
from hypothesis import strategies as st

from gliomanet.uncertainty.conformal import (
    Calibration,
    always_in_set,
    binomial_interval,
    expected_coverage,
    in_set,
    p_values,
    patients_needed,
    quantile,
)


def calibration(probability, weight=None):
    probability = np.asarray(probability, dtype=float)
    order = np.argsort(probability, kind="stable")
    weights = np.ones(probability.size) if weight is None else np.asarray(weight, dtype=float)
    return Calibration(probability[order], weights[order])


def p_of(cases, probability):
    return p_values(cases.up_to(np.asarray(probability)), cases.patients)


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
def test_p_and_sets_are_those_of_crepes(level):
    rng = np.random.default_rng(4)
    probability = rng.dirichlet([1, 1, 1], 120).round(2)  # rounded, so that there are ties
    truth = rng.integers(0, 3, 120)
    new = rng.dirichlet([1, 1, 1], 50).round(2)
    theirs = ConformalClassifier().fit(1 - probability[np.arange(120), truth], bins=truth)
    for name in range(3):
        mine = p_of(calibration(probability[truth == name, name]), new[:, name])
        bins = np.full(50, name)
        expected = theirs.predict_p(1 - new, bins=bins, smoothing=False)[:, name]
        np.testing.assert_allclose(mine, expected, atol=1e-12)
        sets = theirs.predict_set(1 - new, bins=bins, confidence=level, smoothing=False)[:, name]
        assert in_set(mine, level).tolist() == sets.astype(bool).tolist()


@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=60),
    st.integers(0, 20),
    st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]),
)
def test_a_class_is_in_the_set_from_its_quantile_on(scores, new, level):
    cases = calibration(np.array(scores) / 20)
    inside = in_set(p_of(cases, [new / 20]), level)[0]
    assert inside == (new / 20 >= quantile(cases, level))
    if len(scores) < patients_needed(level):
        assert inside
        assert always_in_set(len(scores), level)


def test_a_patient_counts_once():
    one = calibration([0.2, 0.4, 0.8])
    thrice = calibration(np.repeat([0.2, 0.4, 0.8], 3), np.full(9, 1 / 3))
    asked = [0.1, 0.3, 0.5, 0.9]
    np.testing.assert_allclose(p_of(thrice, asked), p_of(one, asked))
    assert thrice.patients == 3
    mixed = calibration([0.2, 0.9, 0.4], [0.5, 0.5, 1.0])  # a patient of two cases, and one of one
    np.testing.assert_allclose(p_of(mixed, [0.3, 0.5]), [(1 + 0.5) / 3, (1 + 1.5) / 3])


def test_without_calibration_cases_every_class_is_in_the_set():
    assert p_of(calibration([]), [0.0, 1.0]).tolist() == [1.0, 1.0]
    assert quantile(calibration([]), 0.9) == 0.0


def test_the_expected_coverage_is_that_of_drawn_calibrations():
    rng, level, n, tested = np.random.default_rng(0), 0.9, 39, 60
    drawn = rng.random((20_000, n))
    cut = np.sort(drawn, axis=1)[:, round((1 - level) * (n + 1)) - 1]
    hits = rng.binomial(tested, 1 - cut) / tested
    low, high = expected_coverage(n, tested, level, 0.95)
    inside = (hits >= low - 1e-9) & (hits <= high + 1e-9)
    assert 0.95 <= inside.mean() < 0.98
    assert hits.mean() == pytest.approx(level, abs=0.003)


def test_binomial_intervals_are_clopper_and_pearson_s():
    # R: binom.test(7, 20)$conf.int; binom.test(0, 12); binom.test(12, 12)
    assert binomial_interval(7 / 20, 20, 0.95) == pytest.approx((0.1539092, 0.5921885), abs=1e-6)
    assert binomial_interval(0.0, 12, 0.95) == pytest.approx((0.0, 0.2646485), abs=1e-6)
    assert binomial_interval(1.0, 12, 0.95) == pytest.approx((0.7353515, 1.0), abs=1e-6)
