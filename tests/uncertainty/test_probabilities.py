import math

import numpy as np
import pytest

from gliomanet.uncertainty.probabilities import calibration_error, entropy, softmax


def test_softmax_of_known_logits_over_the_last_axis():
    p = softmax(np.log([[[1.0, 3.0], [2.0, 2.0]]]))
    assert p[0].tolist() == [pytest.approx([0.25, 0.75]), [0.5, 0.5]]


def test_softmax_of_large_logits_is_finite():
    assert softmax(np.array([1000.0, 0.0, -1000.0])).tolist() == [1, 0, 0]


def test_entropy_of_a_certain_and_of_an_even_distribution():
    assert entropy([1.0, 0.0]) == 0
    assert entropy([0.5, 0.5]) == pytest.approx(math.log(2))


def test_calibration_error_by_hand():
    probability = np.array([[0.05, 0.95], [0.05, 0.95], [0.65, 0.35], [0.65, 0.35]])
    # bin .9–1: one of two right, confidence .95; bin .6–.7: two of two right, confidence .65
    value = calibration_error(np.array([1, 0, 0, 0]), probability, np.ones((4, 1)))[0]
    assert value == pytest.approx(0.5 * 0.45 + 0.5 * 0.35)
