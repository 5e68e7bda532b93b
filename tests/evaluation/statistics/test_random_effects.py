import warnings

import numpy as np
import pytest
from scipy.stats import t

from gliomanet.evaluation.statistics.random_effects import random_effects

Y, V = np.array([0.1, 0.6, 0.4, 0.9]), np.array([0.01, 0.02, 0.015, 0.03])


def test_agrees_with_pymare_where_centres_differ():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves a file of its own open
        from pymare import Dataset
        from pymare.estimators import DerSimonianLaird
    theirs = DerSimonianLaird(small_sample_correction="knapp-hartung").fit_dataset(Dataset(Y, V)).summary()
    stats = theirs.get_fe_stats()
    found = random_effects(Y, V)
    assert found.tau2 == pytest.approx(np.ravel(theirs.tau2)[0])
    assert (found.effect, found.ci_low, found.ci_high, found.p) == pytest.approx(
        tuple(np.ravel(stats[name])[0] for name in ("est", "ci_l", "ci_u", "p"))
    )
    assert found.i2 == pytest.approx(np.ravel(theirs.get_heterogeneity_stats()["I^2"])[0] / 100)


def test_the_prediction_interval_by_the_formula():
    found = random_effects(Y, V)
    w = 1 / (V + found.tau2)
    error = np.sqrt((w * (Y - found.effect) ** 2).sum() / 3 / w.sum())
    half = t.ppf(0.975, 2) * np.sqrt(found.tau2 + max(error**2, 1 / w.sum()))
    assert (found.pi_low, found.pi_high) == pytest.approx((found.effect - half, found.effect + half))


def test_centres_that_agree_by_chance_have_no_narrower_interval_than_their_cases_allow():
    found = random_effects([0.3, 0.31, 0.29], [0.04, 0.04, 0.04])
    assert (found.tau2, found.i2) == (0, 0)
    assert found.effect == pytest.approx(0.3)
    assert found.ci_high - found.effect == pytest.approx(1.959964 * np.sqrt(0.04 / 3))
    assert found.p > 0.009  # of the normal; Student's alone would be .0004


def test_two_centres_have_a_mean_and_no_interval():
    # by hand: w = 100, 100; Q = 100·2·0.1² = 2; C = 200 − 100 = 100; τ² = (2 − 1) / 100
    found = random_effects([0.2, 0.4], [0.01, 0.01])
    assert (found.tau2, found.i2) == (pytest.approx(0.01), pytest.approx(0.5))
    assert found.effect == pytest.approx(0.3)
    assert np.isnan([found.ci_low, found.ci_high, found.pi_low, found.pi_high, found.p]).all()


@pytest.mark.parametrize(
    ("effects", "variances", "message"),
    [
        ([0.1], [0.1], "at least two centres"),
        ([0.1, 0.2], [0.1], "2 effects and 1 variances"),
        ([0, 1], [0, 1], "above zero"),
    ],
)
def test_errors_say_what_is_needed(effects, variances, message):
    with pytest.raises(ValueError, match=message):
        random_effects(effects, variances)
