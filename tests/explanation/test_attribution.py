import numpy as np
import pytest
import shap
from hypothesis import given, settings
from hypothesis import strategies as st

from gliomanet.explanation.attribution import evidence, leading, linear_shap


def drawn(seed=0, cases=30, width=8):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(cases, width)) * 3 + 1, rng.normal(size=(50, width)), rng.normal(size=width), 0.7


def test_agrees_with_shap():
    features, background, weight, bias = drawn()
    found = linear_shap(features, background, weight, bias)
    explainer = shap.LinearExplainer((weight, bias), shap.maskers.Independent(background, max_samples=len(background)))
    np.testing.assert_allclose(found.values, explainer.shap_values(features), atol=1e-9)
    assert found.base == pytest.approx(float(explainer.expected_value))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_values_sum_to_the_output(seed):
    features, background, weight, bias = drawn(seed)
    found = linear_shap(features, background, weight, bias)
    np.testing.assert_allclose(found.values.sum(1) + found.base, features @ weight + bias, atol=1e-9)
    assert found.additivity_gap < 1e-9


def test_evidence_of_two_classes_is_the_log_odds():
    weight, bias = np.array([[1.0, 2.0], [4.0, -1.0]]), np.array([0.5, 0.25])
    found, offset = evidence(weight, bias)
    assert found.tolist() == [3, -3]
    assert offset == -0.25


def test_evidence_of_three_classes_is_against_the_mean_of_the_others():
    found, _ = evidence(np.array([[1.0], [3.0], [5.0]]), np.zeros(3))
    assert found.tolist() == [3]


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, [2]), (0.6, [2]), (0.61, [2, 0]), (0.9, [2, 0]), (1.0, [2, 0, 1]), (0.0, [2])]
)
def test_the_smallest_set_that_carries_the_share(share, expected):
    values = np.array([[0.3, -0.1, 0.6, 0.0], [-0.3, 0.1, -0.6, 0.0]])
    assert leading(values, share).tolist() == expected


def test_nothing_leads_where_nothing_matters():
    assert leading(np.zeros((3, 4)), 0.8).size == 0


def test_errors_give_the_shapes():
    with pytest.raises(ValueError, match=r"at least two classes.*found \(1, 3\) and \(1,\)"):
        evidence(np.zeros((1, 3)), np.zeros(1))
    with pytest.raises(ValueError, match="background must hold a case"):
        linear_shap(np.zeros((2, 3)), np.zeros((0, 3)), np.zeros(3), 0)
