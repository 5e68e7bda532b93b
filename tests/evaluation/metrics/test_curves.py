"""Curves of one class: against scikit-learn, dcurves and statsmodels' own formulas."""

import numpy as np
import pandas as pd
import pytest
from dcurves import dca
from sklearn.metrics import precision_score, recall_score, roc_auc_score

from gliomanet.evaluation.metrics.curves import (
    DECISION_THRESHOLDS,
    MOST_POINTS,
    calibration_bins,
    net_benefit,
    recalibrate,
    roc_curve,
)


def example(n=400, seed=0, bend=1.0):
    """Cases of a class and probabilities; `bend` is the slope that recalibration should find."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(-0.5, 1.5, n)
    return rng.random(n) < 1 / (1 + np.exp(-bend * odds)), 1 / (1 + np.exp(-odds))


def test_decision_curves_are_those_of_dcurves():
    positive, p = example()
    table = pd.DataFrame({"outcome": positive.astype(int), "model": p})
    theirs = dca(data=table, outcome="outcome", modelnames=["model"], thresholds=DECISION_THRESHOLDS)
    ours, everybody = net_benefit(positive, p, DECISION_THRESHOLDS)
    for name, values in (("model", ours), ("all", everybody)):
        expected = theirs[theirs["model"] == name].sort_values("threshold")
        np.testing.assert_allclose(expected["threshold"], DECISION_THRESHOLDS)
        np.testing.assert_allclose(values, expected["net_benefit"], atol=1e-12)


@pytest.mark.parametrize("n", [30, 3000])
def test_roc_points_are_scikit_learns_at_their_thresholds(n):
    positive, p = example(n)
    curve = roc_curve(positive, np.round(p, 3))
    assert (curve.sensitivity[0], curve.specificity[0], curve.sensitivity[-1], curve.specificity[-1]) == (0, 1, 1, 0)
    assert np.isnan([curve.threshold[0], curve.ppv[0]]).all()
    assert curve.threshold.size <= MOST_POINTS + 2
    for k in range(1, curve.threshold.size, 7):
        called = np.round(p, 3) >= curve.threshold[k]
        assert curve.sensitivity[k] == pytest.approx(recall_score(positive, called))
        assert curve.specificity[k] == pytest.approx(recall_score(~positive, ~called))
        assert curve.ppv[k] == pytest.approx(precision_score(positive, called))


def test_thinned_points_keep_the_area():
    positive, p = example(5000)
    curve = roc_curve(positive, p)
    area = np.trapezoid(curve.sensitivity, 1 - curve.specificity)
    assert area == pytest.approx(roc_auc_score(positive, p), abs=0.002)


def test_bins_hold_all_cases_and_equal_probabilities_share_one():
    positive, p = example()
    bins = calibration_bins(positive, np.round(p, 1), np.arange(400), 0.95)
    assert sum(one.n for one in bins) == 400
    assert sum(one.n_positive for one in bins) == positive.sum()
    assert all(one.low <= one.observed <= one.high and one.low < one.high for one in bins)
    edges = [one.probability for one in bins]
    assert edges == sorted(edges)


@pytest.mark.parametrize("bend", [1.0, 0.5, 2.0])
def test_recalibration_finds_how_probabilities_are_bent(bend):
    positive, p = example(4000, bend=bend)
    found = recalibrate(positive, p, np.arange(4000), 0.95)
    assert found.slope[1] < bend < found.slope[2]
    assert found.slope[0] == pytest.approx(bend, abs=0.15)


def test_the_intercept_makes_the_mean_right():
    positive, p = example()
    odds = np.log(p / (1 - p)) + 1  # everything overcalled
    found = recalibrate(positive, 1 / (1 + np.exp(-odds)), np.arange(400), 0.95)
    assert np.mean(1 / (1 + np.exp(-odds - found.intercept[0]))) == pytest.approx(positive.mean(), abs=1e-6)
    assert found.intercept[2] < 0


def test_what_recalibration_cannot_tell_has_a_reason():
    parted = recalibrate(np.arange(10) > 4, np.linspace(0.1, 0.9, 10), np.arange(10), 0.95)
    assert np.isnan(parted.slope).all()
    assert np.isfinite(parted.intercept).all()
    assert parted.notes == ("no slope: the probabilities part the class from the others",)
    alone = recalibrate(np.ones(5, bool), np.full(5, 0.5), np.arange(5), 0.95)
    assert alone.notes == ("not estimable: all cases are of one class",)
    sure = recalibrate(np.arange(6) % 2 == 0, np.array([0, 0, 1, 1, 0.5, 0.5]), np.arange(6), 0.95)
    assert sure.notes == ("4 probabilities of 0 or 1 counted as 1e-06 from it",)
    assert np.isfinite([*sure.slope, *sure.intercept]).all()


TRUTH = np.arange(40) % 3 == 0


@pytest.mark.parametrize(
    ("probability", "notes"),
    [
        (TRUTH.astype(float), ("not estimable: every probability is within 1e-06 of 0 or 1",)),
        (np.roll(TRUTH, 1).astype(float), ("not estimable: every probability is within 1e-06 of 0 or 1",)),
        (
            np.where(TRUTH, 1 - 1e-5, 1e-5),
            (
                "no intercept: the probabilities are all next to 0 and 1, and leave no case in doubt",
                "no slope: the probabilities part the class from the others",
            ),
        ),
    ],
)
def test_probabilities_of_0_and_1_leave_no_runaway_numbers(probability, notes):
    found = recalibrate(TRUTH, probability, np.arange(40), 0.95)
    assert np.isnan([*found.slope, *found.intercept]).all()
    assert found.notes == notes


def test_an_intercept_far_off_is_found():
    found = recalibrate(TRUTH, np.linspace(1e-5, 1e-4, 40), np.arange(40) // 2, 0.95)
    assert 8 < found.intercept[1] < found.intercept[0] < found.intercept[2] < 11


def test_equal_probabilities_have_no_slope():
    found = recalibrate(TRUTH, np.full(40, 0.5), np.arange(40), 0.95)
    assert found.notes == ("no slope: all probabilities are equal",)
    assert found.intercept[0] == pytest.approx(np.log(14 / 26))


def test_copies_of_patients_narrow_no_interval():
    positive, p = example(100)
    once = recalibrate(positive, p, np.arange(100), 0.95)
    copied = recalibrate(np.repeat(positive, 3), np.repeat(p, 3), np.repeat(np.arange(100), 3), 0.95)
    for name in ("slope", "intercept"):
        assert getattr(copied, name)[0] == pytest.approx(getattr(once, name)[0])
        assert getattr(copied, name)[2] - getattr(copied, name)[1] == pytest.approx(
            getattr(once, name)[2] - getattr(once, name)[1], rel=0.3
        )
