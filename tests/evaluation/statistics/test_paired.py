import numpy as np
import pandas as pd
import pytest

from gliomanet.evaluation.metrics.classification import matthews
from gliomanet.evaluation.statistics.areas import area_of
from gliomanet.evaluation.statistics.counts import drawn_pairs
from gliomanet.evaluation.statistics.paired import Difference, delong, difference_of_draws, holm


def scores(seed=0, n=120):
    rng = np.random.default_rng(seed)
    positive = np.arange(n) % 3 == 0
    shared = rng.normal(size=n)
    return positive, positive + shared, 0.5 * positive + shared + 0.5 * rng.normal(size=n)


def of_areas(positive, a, b, patients=None) -> Difference:
    patients = np.arange(positive.size) if patients is None else patients
    one, other = (area_of(positive, score, patients, 0.95) for score in (a, b))
    gap = one.value - other.value
    return delong(one.influence, other.influence, gap, positive.astype(int), patients, 0.95)


def test_delong_by_the_definition():
    positive, a, b = scores()
    x = [s[positive][:, None] for s in (a, b)]
    y = [s[~positive][None, :] for s in (a, b)]
    kernel = [(p > q) + 0.5 * (p == q) for p, q in zip(x, y, strict=True)]
    difference = kernel[0] - kernel[1]
    parts = difference.mean(1).var(ddof=1) / positive.sum(), difference.mean(0).var(ddof=1) / (~positive).sum()
    found = of_areas(positive, a, b)
    assert found.value == pytest.approx(difference.mean())
    assert found.variance == pytest.approx(sum(parts))
    # Student's t with Welch's degrees of freedom: somewhat wider than 1.96 standard errors
    assert 1.96 < (found.high - found.low) / 2 / np.sqrt(sum(parts)) < 2.05


def test_delong_is_antisymmetric():
    positive, a, b = scores(3)
    found, turned = of_areas(positive, a, b), of_areas(positive, b, a)
    assert (turned.value, turned.low, turned.high, turned.p) == pytest.approx(
        (-found.value, -found.high, -found.low, found.p)
    )


def test_delong_rejects_equal_models_at_the_nominal_rate():
    rng, rejected = np.random.default_rng(0), 0
    positive = np.arange(80) % 2 == 0
    for _ in range(300):
        shared = rng.normal(size=80) + positive
        rejected += of_areas(positive, shared + rng.normal(size=80), shared + rng.normal(size=80)).p < 0.05
    assert 0.02 <= rejected / 300 <= 0.09


def test_cases_of_one_patient_go_together():
    positive, a, b = scores()
    patients = np.repeat(np.arange(120), 3)
    copied = of_areas(np.repeat(positive, 3), np.repeat(a, 3), np.repeat(b, 3), patients)
    once = of_areas(positive, a, b)
    assert (copied.value, copied.variance, copied.p) == pytest.approx((once.value, once.variance, once.p))


def test_a_model_does_not_differ_from_itself():
    positive, a, _ = scores()
    found = of_areas(positive, a, a)
    assert (found.value, found.p) == (0, 1)
    assert np.isnan([found.low, found.high]).all()
    constant = difference_of_draws(np.full(50, 0.4), np.full(50, 0.4), 0.95)
    assert (constant.value, constant.p) == (0, 1)
    assert np.isnan(constant.low)


def test_too_few_cases_are_not_estimable():
    assert np.isnan(of_areas(np.array([True, False, False]), np.arange(3.0), np.arange(3.0)[::-1]).p)
    assert np.isnan(difference_of_draws(np.full(50, np.nan), np.zeros(50), 0.95).p)


def test_draws_tell_the_interval_and_p_and_hold_the_value():
    first = np.r_[0.9, np.linspace(0, 1, 2000)]
    found = difference_of_draws(first, np.full(2001, 0.1), 0.95)
    assert found.value == pytest.approx(0.8)
    assert (found.low, found.high) == pytest.approx((-0.075, 0.875), abs=1e-3)
    assert found.p == pytest.approx(0.2, abs=0.01)  # a tenth of the draws lies below zero
    far = difference_of_draws(np.r_[0.99, np.linspace(0.5, 0.6, 2000)], np.zeros(2001), 0.95)
    assert far.high == 0.99
    assert far.p < 1e-6  # not 1 / draws: a long table's Holm would let nothing pass


@pytest.mark.parametrize("positives", [9, 30])
def test_equal_decisions_are_told_apart_at_most_at_the_nominal_rate(positives):
    rng, rejected, truth = np.random.default_rng(0), 0, (np.arange(60) < positives).astype(int)
    for _ in range(250):
        a, b = (np.where(rng.random(60) < 0.85, truth, 1 - truth) for _ in range(2))
        drawn = drawn_pairs(truth, a, b, np.arange(60), 2, 400, rng)
        rejected += difference_of_draws(matthews(drawn[0]), matthews(drawn[1]), 0.95).p < 0.05
    assert rejected / 250 <= 0.085


def test_holm_by_hand_and_empty_cells():
    found = holm(pd.Series([0.01, np.nan, 0.04, 0.03]))
    np.testing.assert_allclose(found, [0.03, np.nan, 0.06, 0.06])
    assert holm(pd.Series([], dtype=float)).empty
