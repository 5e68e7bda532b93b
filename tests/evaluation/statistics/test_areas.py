"""Areas under the ROC curve: values, DeLong's variance, Newcombe's interval and what it covers."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from gliomanet.evaluation.statistics.areas import (
    area_of,
    difference_variance,
    hanley_mcneil,
    mean_area,
    shrunk_area,
    variance_over_patients,
)


def example(seed=0, n=60):
    rng = np.random.default_rng(seed)
    positive = np.arange(n) % 3 == 0
    return positive, np.round(positive + rng.normal(size=n), 1)  # with ties


def test_the_area_is_scikit_learns_and_its_influence_gives_delongs_variance():
    positive, score = example()
    found = area_of(positive, score, np.arange(60), 0.95)
    assert found.value == pytest.approx(roc_auc_score(positive, score))
    x, y = score[positive][:, None], score[~positive][None, :]
    kernel = (x > y) + 0.5 * (x == y)
    variance = kernel.mean(1).var(ddof=1) / positive.sum() + kernel.mean(0).var(ddof=1) / (~positive).sum()
    assert variance_over_patients(found.influence, np.arange(60)) == pytest.approx(variance)
    assert found.low < found.value < found.high


def test_hanley_and_mcneil_by_the_published_formula():
    area, m, n = 0.8, 10, 30
    half = (m + n) / 2 - 1
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    expected = (area * (1 - area) + half * (q1 - area**2) + half * (q2 - area**2)) / (m * n)
    assert hanley_mcneil(area, m, n) == pytest.approx(expected)
    assert shrunk_area(0.5, 7, 9) == 0.5


@pytest.mark.parametrize("turn", [1, -1])
def test_a_perfect_ranking_has_a_width_and_reaches_its_end(turn):
    positive = np.arange(8) < 4
    found = area_of(positive, turn * positive.astype(float), np.arange(8), 0.95)
    assert found.variance > 0
    assert (found.high, found.low < 0.7) == (1, True) if turn == 1 else (found.low, found.high > 0.3) == (0, True)


def test_cases_copied_for_each_patient_tell_no_more():
    positive, score = example()
    once = area_of(positive, score, np.arange(60), 0.95)
    copied = area_of(np.repeat(positive, 4), np.repeat(score, 4), np.repeat(np.arange(60), 4), 0.95)
    as_cases = area_of(np.repeat(positive, 4), np.repeat(score, 4), np.arange(240), 0.95)
    assert copied.value == pytest.approx(once.value)
    assert copied.high - copied.low == pytest.approx(once.high - once.low, rel=0.05)
    assert as_cases.high - as_cases.low < 0.6 * (once.high - once.low)


def test_the_mean_of_one_area_is_itself_and_of_equal_ones_too():
    positive, score = example()
    one = area_of(positive, score, np.arange(60), 0.95)
    for number in (1, 3):
        mean = mean_area([one] * number, np.arange(60))
        assert (mean.value, mean.low, mean.high) == pytest.approx((one.value, one.low, one.high))
        assert mean.variance == pytest.approx(one.variance)


def test_equal_rankings_differ_by_little_and_never_by_nothing():
    positive, score = example()
    a, b = (area_of(positive, s, np.arange(60), 0.95) for s in (score, np.random.default_rng(1).normal(size=60)))
    assert 0 < difference_variance(a, a, np.arange(60)) < difference_variance(a, b, np.arange(60)) / 4


@pytest.mark.parametrize("spread", [1.0, 2.0])
def test_intervals_cover_in_small_samples(spread):
    """Of thirty cases, nine positive; resampled percentiles cover .73 to .88."""
    rng, covered, positive = np.random.default_rng(0), 0, np.arange(30) < 9
    distance = norm.ppf(0.9) * np.sqrt(1 + spread**2)
    for _ in range(400):
        score = np.where(positive, distance + spread * rng.normal(size=30), rng.normal(size=30))
        found = area_of(positive, score, np.arange(30), 0.95)
        covered += found.low <= 0.9 <= found.high
    assert 0.91 <= covered / 400 <= 0.985
