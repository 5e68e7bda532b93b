"""A distance beside held-out cases: p by hand, the least that so few cases can tell, and the stated rate."""

from __future__ import annotations

import numpy as np
import pytest

from gliomanet.patient.trust.calibration import FAR, calibrate


def test_p_counts_each_held_out_case_in_its_own_fold():
    held_out = {"0": np.array([1.0, 2, 3]), "1": np.array([10.0, 20, 30, 40])}
    found = calibrate({"0": 2.5, "1": 20}, held_out, 0.05)
    assert found.cases == 7
    assert found.p == pytest.approx((1 + 1 + 3) / 8)  # 3 of fold 0; 20, 30, 40 of fold 1
    assert not found.alarm


def test_few_cases_alarm_at_the_smallest_p_that_they_can_tell_and_say_so():
    held_out = {"0": np.arange(1.0, 10)}
    found = calibrate({"0": 9.5}, held_out, 0.01)
    assert found.alarm_at == found.p == pytest.approx(0.1)
    assert found.alarm
    assert not found.far
    assert calibrate({"0": 9 * FAR}, held_out, 0.01).far
    assert not calibrate({"0": 9.0}, held_out, 0.01).alarm  # as far as a held-out case


def test_good_cases_alarm_at_the_stated_rate():
    rng = np.random.default_rng(1)
    held_out = {fold: np.sort(rng.normal(size=4000)) for fold in "01"}
    alarms = [calibrate(dict.fromkeys("01", value), held_out, 0.05).alarm for value in rng.normal(size=2000)]
    assert 0.03 < np.mean(alarms) < 0.07


def test_nothing_is_told_where_no_fold_held_out_a_case():
    assert calibrate({"all": 1.0}, {"0": np.array([1.0])}, 0.05) is None
    assert calibrate({"0": 1.0}, {"0": np.empty(0)}, 0.05) is None
