import numpy as np
import pytest

from gliomanet.evaluation.statistics.random_effects import random_effects


def test_agrees_with_the_published_formula_where_centres_differ():
    y, w = np.array([0.1, 0.6, 0.4, 0.9]), 1 / np.array([0.01, 0.02, 0.015, 0.03])
    q = (w * (y - (w * y).sum() / w.sum()) ** 2).sum()
    tau2 = (q - 3) / (w.sum() - (w**2).sum() / w.sum())
    v = 1 / (1 / w + tau2)
    found = random_effects(y, 1 / w)
    assert found.effect == pytest.approx((v * y).sum() / v.sum())
    assert (found.tau2, found.i2) == pytest.approx((tau2, 1 - 3 / q))
    assert found.ci_high - found.effect == pytest.approx(1.959964 / np.sqrt(v.sum()))
    assert found.effect - found.ci_low == pytest.approx(1.959964 / np.sqrt(v.sum()))


def test_equal_centres_leave_no_variance_between_them():
    found = random_effects([0.3, 0.31, 0.29], [0.04, 0.04, 0.04])
    assert (found.tau2, found.i2) == (0, 0)
    assert found.effect == pytest.approx(0.3)
    assert found.ci_high - found.effect == pytest.approx(1.959964 * np.sqrt(0.04 / 3))  # not shrunk by a τ² below zero


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
