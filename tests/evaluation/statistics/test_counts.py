"""Draws of confusion matrices: against the posterior's formula, and the coverage that they are for."""

import numpy as np
import pytest
from scipy.stats import beta

from gliomanet.evaluation.metrics.classification import matthews
from gliomanet.evaluation.statistics.counts import design_effects, drawn_counts, drawn_pairs, share_interval


def draw(truth, called, classes=2, patients=None, draws=4000, seed=0):
    truth, called = np.asarray(truth), np.asarray(called)
    patients = np.arange(truth.size) if patients is None else np.asarray(patients)
    return drawn_counts(truth, called, patients, classes, draws, np.random.default_rng(seed))


def test_the_cases_stand_in_front_and_every_class_keeps_its_size():
    truth, called = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 0, 2])
    counts = draw(truth, called, 3, draws=50)
    assert counts[..., 0].tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 2]]
    np.testing.assert_allclose(counts.sum(1), np.array([2, 1, 3])[:, None] * np.ones(51))


@pytest.mark.parametrize(("k", "n"), [(8, 8), (0, 5), (7, 20)])
def test_the_share_right_is_drawn_from_its_beta(k, n):
    called = np.r_[np.ones(k, int), np.zeros(n - k, int)]
    share = draw(np.ones(n, int), called, draws=20_000)[1, 1, 1:] / n
    expected = beta(k + 0.5, n - k + 0.5)
    assert share.mean() == pytest.approx(expected.mean(), abs=0.005)
    np.testing.assert_allclose(np.quantile(share, [0.025, 0.975]), expected.ppf([0.025, 0.975]), atol=0.015)


def test_each_of_two_decisions_is_drawn_as_it_is_alone():
    rng = np.random.default_rng(3)
    truth, a, b = rng.integers(0, 3, 40), rng.integers(0, 3, 40), rng.integers(0, 3, 40)
    first, second = drawn_pairs(truth, a, b, np.arange(40), 3, 20_000, np.random.default_rng(1))
    for pair, called in ((first, a), (second, b)):
        alone = draw(truth, called, 3, draws=20_000)
        assert (pair[..., 0] == alone[..., 0]).all()
        np.testing.assert_allclose(pair.mean(-1), alone.mean(-1), atol=0.03)
        np.testing.assert_allclose(pair.std(-1), alone.std(-1), atol=0.03)


def test_equal_decisions_differ_little_in_a_draw_and_unequal_ones_more():
    truth = np.arange(40) % 2
    other = np.where(np.arange(40) < 12, 1 - truth, truth)
    spread = []
    for second in (truth, other):
        drawn = drawn_pairs(truth, truth, second, np.arange(40), 2, 2000, np.random.default_rng(1))
        spread.append((matthews(drawn[0]) - matthews(drawn[1]))[1:].std())
    assert spread[0] < spread[1] / 2


def test_cases_of_one_patient_count_as_the_one_that_they_are():
    truth, patients = np.ones(12, int), np.arange(12) // 3
    alike = np.repeat([1, 0, 1, 1], 3)
    assert design_effects(truth, alike, patients, 2, 2)[1] == pytest.approx(3)
    assert design_effects(truth, np.ones(12, int), patients, 2, 2)[1] == pytest.approx(3)  # nothing shows otherwise
    mixed = np.tile([1, 1, 0], 4)  # the same share in every patient
    assert design_effects(truth, mixed, patients, 2, 2)[1] == 1
    assert design_effects(truth, mixed, np.arange(12), 2, 2).tolist() == [1, 1]
    of_cases, of_patients = draw(truth, alike), draw(truth, alike, patients=patients)
    assert of_patients[1, 1].std() > 1.3 * of_cases[1, 1].std()


def test_a_share_of_none_or_all_reaches_the_end_and_has_a_width():
    assert share_interval(np.zeros(30, bool), np.arange(30), 0.95) == (0, pytest.approx(beta.ppf(0.975, 0.5, 30.5)))
    assert share_interval(np.ones(4, bool), np.arange(4), 0.95)[1] == 1
    few = share_interval(np.zeros(30, bool), np.arange(30) // 10, 0.95)
    assert few[1] == pytest.approx(beta.ppf(0.975, 0.5, 3.5))


def test_intervals_of_mcc_cover_in_a_small_sample():
    """Thirty cases, nine of them positive, .9 and .97 of which are called right: percentiles of resamples cover .79."""
    rng, covered, (m, n), (sensitivity, specificity) = np.random.default_rng(0), 0, (9, 21), (0.9, 0.97)
    true = matthews(
        np.array([[n * specificity, n - n * specificity], [m - m * sensitivity, m * sensitivity]])[..., None]
    )
    truth = np.r_[np.zeros(n, int), np.ones(m, int)]
    for _ in range(300):
        called = np.r_[rng.random(n) > specificity, rng.random(m) < sensitivity].astype(int)
        values = matthews(drawn_counts(truth, called, np.arange(m + n), 2, 400, rng))
        low, high = np.quantile(values[1:], [0.025, 0.975])
        covered += low <= true[0] <= max(high, values[0])
    assert 0.91 <= covered / 300 <= 0.98


def test_the_order_of_the_cases_changes_no_draw_of_a_pair():
    rng = np.random.default_rng(5)
    truth, a, b = (rng.integers(0, 3, 40) for _ in range(3))
    patients, order = np.arange(40), rng.permutation(40)
    drawn = drawn_pairs(truth, a, b, patients, 3, 50, np.random.default_rng(1))
    moved = drawn_pairs(truth[order], a[order], b[order], patients[order], 3, 50, np.random.default_rng(1))
    turned = drawn_pairs(truth, b, a, patients, 3, 50, np.random.default_rng(1))
    for one, other, back in zip(drawn, moved, turned[::-1], strict=True):
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(one, back)
