import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gliomanet.uncertainty.probabilities import calibration_error, softmax
from gliomanet.uncertainty.temperature_scaling import (
    COLDEST,
    HOTTEST,
    MINIMUM_CASES,
    fit_temperature,
    log_loss,
    log_of,
    tempered,
)


def drawn(cases=4000, classes=3, seed=0):
    """Logits, and labels that come as often as their softmax says."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (cases, classes))
    chance = softmax(logits).cumsum(axis=1)
    return logits, (rng.random((cases, 1)) > chance[:, :-1]).sum(axis=1)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("factor", [3.0, 1.0, 0.4])
def test_the_factor_of_confidence_is_found(factor, classes):
    logits, truth = drawn(classes=classes)
    value, note = fit_temperature(factor * logits, truth)
    assert value == pytest.approx(factor, rel=0.06)
    assert note == ""
    before, after = softmax(factor * logits), tempered(softmax(factor * logits), value)
    ones = np.ones((len(truth), 1))
    assert calibration_error(truth, after, ones)[0] < 0.03
    if factor != 1:
        assert calibration_error(truth, before, ones)[0] > 0.1
        assert log_loss(after, truth) < log_loss(before, truth)


def test_no_temperature_of_a_fine_grid_is_likelier():
    logits, truth = drawn(cases=60, seed=3)
    p = softmax(2.2 * logits)
    value, _ = fit_temperature(log_of(p), truth)
    best = log_loss(tempered(p, value), truth)
    assert best <= min(log_loss(tempered(p, t), truth) for t in np.geomspace(COLDEST, HOTTEST, 2000)) + 1e-7
    assert round(value, 4) == value


def test_the_order_of_the_cases_and_the_scale_of_the_input_do_not_matter():
    logits, truth = drawn(cases=200)
    order = np.random.default_rng(1).permutation(200)
    value, _ = fit_temperature(2 * logits, truth)
    assert fit_temperature(2 * logits[order], truth[order]).value == pytest.approx(value, abs=1.5e-4)
    assert fit_temperature(2 * logits + 7, truth).value == pytest.approx(value, abs=1.5e-4)
    assert fit_temperature(2 * logits, truth) == fit_temperature(2 * logits, truth)


def test_unknown_labels_have_no_say():
    logits, truth = drawn(cases=100)
    more = np.vstack([2 * logits, 50 * logits[:40]])
    assert fit_temperature(more, np.append(truth, np.full(40, -1))) == fit_temperature(2 * logits, truth)


FEW = MINIMUM_CASES - 1
WRONG = [1, *[0] * 19]
SURE = np.log(np.tile([0.9, 0.1], (20, 1)))


@pytest.mark.parametrize(
    ("logs", "truth", "note"),
    [
        (SURE[:0], [], "not fitted: 0 labelled cases, at least 10 are needed"),
        (SURE[:1], [0], "not fitted: 1 labelled case, at least 10 are needed"),
        (SURE, [*[0] * FEW, *[-1] * (20 - FEW)], "not fitted: 9 labelled cases, at least 10 are needed"),
        (SURE, [1] * 20, "not fitted: all 20 labelled cases are of one class"),
        (np.full((20, 2), np.log(0.5)), WRONG, "not fitted: the classes' probabilities are equal in every case"),
        (np.vstack([SURE[:1, ::-1], SURE[1:]]), WRONG, "not fitted: all 20 labelled cases are predicted right"),
    ],
)
def test_what_cannot_be_fitted_is_left_as_it_is_and_says_why(logs, truth, note):
    assert fit_temperature(logs, np.array(truth, dtype=np.int64)) == (1.0, note)


def test_the_bounds_hold_and_are_told():
    worse_than_chance = fit_temperature(SURE, 1 - np.array(WRONG))
    assert worse_than_chance.value == pytest.approx(HOTTEST, rel=1e-3)
    assert worse_than_chance.note == "at its upper bound: no better than chance on these cases"
    unsure = np.log(np.tile([0.501, 0.499], (2000, 1)))
    almost_right = fit_temperature(unsure, np.append(1, np.zeros(1999, dtype=np.int64)))
    assert almost_right.value == pytest.approx(COLDEST, rel=1e-3)
    assert almost_right.note == "at its lower bound: almost all cases are predicted right"


def test_by_hand():
    # √.9 : √.1 is 3 : 1
    np.testing.assert_allclose(tempered(np.array([[0.9, 0.1]]), 2.0), [[0.75, 0.25]])
    two = tempered(np.array([[0.9, 0.1], [0.9, 0.1]]), np.array([[2.0], [1.0]]))
    np.testing.assert_allclose(two, [[0.75, 0.25], [0.9, 0.1]])
    assert two[1].tolist() == [0.9, 0.1]
    assert log_loss(np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 1])) == pytest.approx(-np.log(0.375) / 2)


def test_trees_that_vote_zero_cost_no_infinity():
    p = np.array([[1.0, 0.0]] * 18 + [[0.5, 0.5], [1.0, 0.0]])
    truth = np.array([0] * 18 + [1, 1])
    value, note = fit_temperature(log_of(p), truth)
    assert 1 < value < HOTTEST
    assert note == ""
    assert np.isfinite(log_loss(p, truth))
    assert log_loss(tempered(p, value), truth) < log_loss(p, truth)
    assert tempered(p, value)[18].tolist() == [0.5, 0.5]


def probabilities(fewest=1):
    logits = st.integers(fewest, 30).flatmap(
        lambda n: st.integers(2, 4).flatmap(lambda k: hnp.arrays(float, (n, k), elements=st.floats(-60, 60)))
    )
    return logits.map(softmax)


@given(probabilities(), st.floats(COLDEST, HOTTEST))
@settings(max_examples=60, deadline=None)
def test_scaling_keeps_sums_and_the_order_of_the_classes(p, temperature):
    scaled = tempered(p, temperature)
    np.testing.assert_allclose(scaled.sum(axis=1), 1)
    top = p.argmax(axis=1)[:, None]
    assert (np.take_along_axis(scaled, top, axis=1) == scaled.max(axis=1, keepdims=True)).all()
    order = p.argsort(axis=1, kind="stable")
    assert (np.diff(np.take_along_axis(scaled, order, axis=1), axis=1) >= 0).all()
    assert np.array_equal(tempered(p, 1.0), p)


@given(probabilities(), st.floats(0.5, 2), st.floats(0.5, 2))
@settings(max_examples=30, deadline=None)
def test_temperatures_multiply(p, a, b):
    p = np.maximum(p, 1e-4) / np.maximum(p, 1e-4).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(tempered(tempered(p, a), b), tempered(p, a * b), atol=1e-9)


@given(probabilities(MINIMUM_CASES), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_cases_fitted_on_are_never_less_likely_than_before(p, random):
    truth = np.array([random.randrange(p.shape[1]) for _ in p], dtype=np.int64)
    value, _ = fit_temperature(log_of(p), truth)
    assert COLDEST <= value <= HOTTEST
    assert log_loss(tempered(p, value), truth) <= log_loss(p, truth) + 1e-9


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"must be \(cases, classes\) and truth \(cases,\), got \(20, 2\) and \(19,\)"):
        fit_temperature(SURE, np.zeros(19, dtype=np.int64))
    with pytest.raises(ValueError, match="truth holds class 2; log_probabilities have the classes 0 to 1"):
        fit_temperature(SURE, np.full(20, 2))
    with pytest.raises(ValueError, match="a temperature must be positive, got 0"):
        tempered(np.array([[0.9, 0.1]]), 0.0)
