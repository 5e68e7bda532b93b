import numpy as np
import pytest

from gliomanet.evaluation.statistics.bootstrap import (
    named_generator,
    percentile_interval,
    resample_weights,
    too_few_patients,
)


def weights(patients, stratum, resamples=200, seed=1):
    return resample_weights(np.array(patients), np.array(stratum), resamples, named_generator(seed, "test"))


def test_first_column_is_the_cases_as_they_are():
    assert (weights(list("abc"), [0, 0, 1])[:, 0] == 1).all()


def test_every_class_keeps_its_patients():
    drawn = weights([f"p{i}" for i in range(10)], [0] * 7 + [1] * 3)
    assert (drawn[:7].sum(0) == 7).all()
    assert (drawn[7:].sum(0) == 3).all()
    assert drawn[:, 1:].std() > 0.5


def test_a_patients_cases_are_drawn_together():
    drawn = weights(["a", "b", "a", "c"], [0, 0, 1, 0])
    assert (drawn[0] == drawn[2]).all()


def test_the_order_of_cases_does_not_matter():
    patients, stratum = np.array(list("dbaec")), np.array([0, 1, 0, 1, 0])
    turned = np.array([3, 0, 4, 2, 1])
    assert (weights(patients, stratum)[turned] == weights(patients[turned], stratum[turned])).all()


def test_draws_depend_on_seed_and_names_only():
    assert named_generator(1, "a", "b").random() == named_generator(1, "a", "b").random()
    assert len({named_generator(*k).random() for k in [(1, "a", "b"), (2, "a", "b"), (1, "ab"), (1, "b", "a")]}) == 4


def test_lost_resamples_are_counted():
    low, high, lost = percentile_interval(np.array([np.nan, 0.0, 1.0, np.nan]), 0.9)
    assert (low, high, lost) == (pytest.approx(0.05), pytest.approx(0.95), 2)
    assert np.isnan(percentile_interval(np.array([np.nan]), 0.9)[0])


def test_interval_covers_the_truth_about_as_often_as_it_says():
    rng, hits = np.random.default_rng(0), 0
    for trial in range(200):
        values = rng.normal(size=60)
        drawn = resample_weights(np.arange(60).astype(str), np.zeros(60, dtype=int), 300, named_generator(trial, "x"))
        low, high, _ = percentile_interval((values @ drawn / 60)[1:], 0.95)
        hits += low <= 0 <= high
    assert 0.89 <= hits / 200 <= 0.985


@pytest.mark.parametrize(
    ("patients", "stratum", "reason"),
    [
        (["a"], [1], "one patient"),
        (["a", "a"], [0, 1], "one patient"),
        (["a", "b", "c"], [0, 1, 1], "one patient is wildtype"),
        (["a", "b"], [0, 1], "one patient is wildtype, one mutant"),
        (["a", "b", "b"], [0, 1, 1], "one patient is wildtype, one mutant"),
        (["a", "b", "c"], [0, 0, 0], "every patient is wildtype"),
        (["a", "b", "c", "d"], [0, 0, 1, 1], ""),
    ],
)
def test_patients_that_cannot_vary_are_told(patients, stratum, reason):
    assert too_few_patients(np.array(patients), np.array(stratum), ("wildtype", "mutant")) == reason


def test_without_classes_two_patients_vary():
    assert too_few_patients(np.array(["a", "b"]), np.zeros(2, dtype=int)) == ""
