import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from gliomanet.config.analysis import Explanation
from gliomanet.explanation.consistency import Effect, Verdict, agrees_outside, class_effect, judge, summarise


def effects(*values, n=60):
    return {chr(65 + i): Effect(value, 1 / (12 * n / 4), n, n // 2) for i, value in enumerate(values)}


def interval(found):
    half = norm.ppf(0.975) * found.variance**0.5
    return max(-0.5, found.effect - half), min(0.5, found.effect + half)


def test_effect_is_auc_minus_a_half_and_missing_values_are_left_out():
    positive, values = np.array([True, True, False, False, True]), np.array([3.0, 1.0, 2.0, 0.0, np.nan])
    found = class_effect(positive, values, 2)
    assert found.effect == roc_auc_score(positive[:4], values[:4]) - 0.5
    assert (found.n, found.n_positive) == (4, 2)
    assert class_effect(positive, values, 3) is None


def test_a_perfect_small_centre_is_not_certain():
    found = class_effect(np.arange(6) < 3, -np.arange(6.0), 3)
    assert found.effect == 0.5
    assert interval(found)[0] < 0.3


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_turning_the_feature_turns_the_effect_only(seed):
    rng = np.random.default_rng(seed)
    positive, values = np.arange(20) < 8, rng.normal(size=20)
    a, b = class_effect(positive, values, 3), class_effect(positive, -values, 3)
    assert a.effect == pytest.approx(-b.effect)
    assert a.variance == pytest.approx(b.variance)


@pytest.mark.parametrize("shift", [0.0, 0.8, 2.0])
def test_the_interval_covers_the_true_effect(shift):
    rng, truth, hits = np.random.default_rng(0), norm.cdf(shift / np.sqrt(2)) - 0.5, 0
    positive = np.arange(40) < 15
    for _ in range(400):
        low, high = interval(class_effect(positive, rng.normal(size=40) + shift * positive, 3))
        hits += low <= truth <= high
    assert 0.92 <= hits / 400 <= 0.995


def verdict(*values, n=60, q=0.01, rho=0.5, **bounds):
    found = effects(*values, n=n)
    return judge(found, summarise(found), q, rho, Explanation(**bounds))


def test_one_direction_everywhere_is_kept():
    assert verdict(0.25, 0.2, 0.3) == Verdict("kept", "same direction in 3 centres")
    assert summarise(effects(0.25, 0.2, 0.3)).effect == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("values", "given", "reason"),
    [
        ((0.45, -0.02, 0.01), {}, "opposite or no direction in B"),
        ((0.25, 0.2, 0.3), {"q": 0.06}, "summary effect within chance: q 0.06 above 0.05"),
        ((0.25, 0.2, 0.3), {"q": 0.06, "max_q": 0.1}, "same direction in 3 centres"),
        ((0.25, 0.2, 0.3), {"rho": -0.5}, "the model reads it in the opposite direction"),
        ((0.48, 0.05, 0.02), {}, "I2 .* above 0.75"),
        ((0.45, -0.02, 0.01), {"q": 0.5}, "direction in B; summary effect within chance"),
    ],
)
def test_reasons_are_in_words(values, given, reason):
    found = verdict(*values, **given)
    assert found.status == ("kept" if reason.startswith("same") else "dropped")
    assert re.search(reason, found.reason), found.reason


def test_fewer_than_three_centres_decide_nothing():
    assert verdict(0.4, 0.4) == Verdict("not decidable", "fewer than 3 centres have enough cases of each class (A, B)")
    assert verdict().reason.endswith("(none)")
    assert summarise(effects(0.4, 0.4)) is None


def test_agreement_outside_is_the_external_centres_with_the_models_reading():
    found = effects(0.2, -0.1, 0.3)
    assert agrees_outside(found, {"C", "Z"}, 0.4) == "yes"
    assert agrees_outside(found, {"C"}, -0.4) == "no"
    assert agrees_outside(found, {"B", "C"}, 0.4) == "no"
    assert agrees_outside(found, {"Z"}, 0.4) == ""
