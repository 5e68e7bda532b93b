import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from gliomanet.evaluation.statistics.random_effects import random_effects


def test_agrees_with_statsmodels_where_centres_differ():
    effects, variances = np.array([0.1, 0.6, 0.4, 0.9]), np.array([0.01, 0.02, 0.015, 0.03])
    found, expected = random_effects(effects, variances), combine_effects(effects, variances, method_re="dl")
    assert found.effect == pytest.approx(expected.mean_effect_re)
    assert found.tau2 == pytest.approx(expected.tau2)
    assert found.i2 == pytest.approx(1 - 3 / expected.q)
    assert (found.ci_low, found.ci_high) == pytest.approx(tuple(expected.conf_int()[1]))


def test_equal_centres_leave_no_variance_between_them():
    found = random_effects([0.3, 0.31, 0.29], [0.04, 0.04, 0.04])
    assert (found.tau2, found.i2) == (0, 0)
    assert found.effect == pytest.approx(0.3)


def test_by_hand():
    # two centres: w = 100, 100; Q = 100·2·0.1² = 2; C = 200 − 100 = 100; τ² = (2 − 1) / 100
    found = random_effects([0.2, 0.4], [0.01, 0.01])
    assert (found.tau2, found.i2) == (pytest.approx(0.01), pytest.approx(0.5))


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
