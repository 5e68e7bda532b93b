import numpy as np
import pandas as pd
import pytest

from gliomanet.evaluation.metrics.classification import auc
from gliomanet.evaluation.statistics.paired import delong, holm, paired_bootstrap


def scores(seed=0, n=120):
    rng = np.random.default_rng(seed)
    positive = np.arange(n) % 3 == 0
    shared = rng.normal(size=n)
    return positive, positive + shared, 0.5 * positive + shared + 0.5 * rng.normal(size=n)


def test_delong_by_the_definition():
    positive, a, b = scores()
    x = [s[positive][:, None] for s in (a, b)]
    y = [s[~positive][None, :] for s in (a, b)]
    kernel = [(p > q) + 0.5 * (p == q) for p, q in zip(x, y, strict=True)]
    difference = kernel[0] - kernel[1]
    variance = difference.mean(1).var(ddof=1) / positive.sum() + difference.mean(0).var(ddof=1) / (~positive).sum()
    found, low, high, _ = delong(positive, a, b, 0.95)
    assert found == pytest.approx(difference.mean())
    assert (high - low) / 2 == pytest.approx(1.959964 * np.sqrt(variance), rel=1e-5)


def test_delong_difference_is_that_of_the_areas_and_antisymmetric():
    positive, a, b = scores(3)
    ones = np.ones((positive.size, 1))
    difference, low, high, p = delong(positive, a, b, 0.95)
    assert difference == pytest.approx((auc(positive, a, ones) - auc(positive, b, ones))[0])
    assert delong(positive, b, a, 0.95) == pytest.approx((-difference, -high, -low, p))


def test_delong_rejects_equal_models_at_the_nominal_rate():
    rng, rejected = np.random.default_rng(0), 0
    positive = np.arange(80) % 2 == 0
    for _ in range(300):
        shared = rng.normal(size=80) + positive
        rejected += delong(positive, shared + rng.normal(size=80), shared + rng.normal(size=80), 0.95)[3] < 0.05
    assert 0.02 <= rejected / 300 <= 0.09


def test_a_model_does_not_differ_from_itself():
    positive, a, _ = scores()
    assert delong(positive, a, a, 0.95)[3] == 1
    assert paired_bootstrap(np.full(50, 0.4), np.full(50, 0.4), 0.95) == (0, 0, 0, 1)


def test_too_few_cases_are_not_estimable():
    assert np.isnan(delong(np.array([True, False, False]), np.arange(3.0), np.arange(3.0), 0.95)).all()
    assert np.isnan(paired_bootstrap(np.full(50, np.nan), np.zeros(50), 0.95)[3])


def test_holm_by_hand_and_empty_cells():
    found = holm(pd.Series([0.01, np.nan, 0.04, 0.03]))
    np.testing.assert_allclose(found, [0.03, np.nan, 0.06, 0.06])
    assert holm(pd.Series([], dtype=float)).empty


def test_an_interval_without_width_of_too_few_patients_is_none():
    same = np.full(201, 0.5)
    assert paired_bootstrap(same, np.full(201, 0.25), 0.95) == pytest.approx((0.25, 0.25, 0.25, np.nan), nan_ok=True)
    found = paired_bootstrap(same, np.full(201, 0.25), 0.95, too_few=True)
    assert found == pytest.approx((0.25, np.nan, np.nan, np.nan), nan_ok=True)


def test_an_interval_with_width_stays_however_few_the_patients():
    varied = np.linspace(0, 1, 201)
    assert paired_bootstrap(varied, np.zeros(201), 0.95, too_few=True) == paired_bootstrap(varied, np.zeros(201), 0.95)
