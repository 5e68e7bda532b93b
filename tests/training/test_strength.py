"""The penalty that is chosen on training cases, and how these are divided for it."""

import numpy as np
import pytest

from gliomanet.training.strength import MARGIN, STRENGTHS, choose_strength


def cases(*centers, patients_of=1):
    """Centre and truth of `(name, wildtypes, mutants)` each; so many cases a patient."""
    names = np.concatenate([np.repeat(name, a + b) for name, a, b in centers])
    truth = np.concatenate([[0] * a + [1] * b for _, a, b in centers])
    patients = np.array([f"{name}/{i // patients_of}" for i, name in enumerate(names)])
    return truth, names, patients


def answering(truth, auc_of):
    """A path whose AUC at each strength is what `auc_of` says, and which keeps what it was asked."""
    asked = []

    def path(teaching, tested):
        asked.append((teaching, tested))
        assert not (teaching & tested).any()
        here = truth[tested]
        zeros, ones = (np.flatnonzero(here == label) for label in (0, 1))
        for number in range(len(STRENGTHS)):
            wrong = round((1 - auc_of(number)) * len(ones))
            score = np.where(here == 1, 0.9, 0.5)
            score[ones[:wrong]] = 0.1
            assert len(zeros)
            yield np.stack([1 - score, score], axis=1)

    return path, asked


def test_centres_with_every_class_are_left_out_in_turn():
    truth, centers, patients = cases(("A", 20, 20), ("B", 20, 5), ("C", 20, 4))
    path, asked = answering(truth, lambda number: 1.0)
    chosen = choose_strength(truth, centers, patients, 1, path)
    assert chosen.by == "leaving out A, B in turn"
    assert [set(centers[tested]) for _, tested in asked] == [{"A"}, {"B"}]
    assert [set(centers[teaching]) for teaching, _ in asked] == [{"B", "C"}, {"A", "C"}]


def test_else_patients_are_dealt_into_folds_and_never_divided():
    truth, centers, patients = cases(("A", 40, 40), ("B", 30, 0), patients_of=2)
    truth[::7] = -1
    path, asked = answering(truth, lambda number: 1.0)
    assert choose_strength(truth, centers, patients, 1, path).by == "5 folds of patients"
    assert len(asked) == 5
    for teaching, tested in asked:
        assert not set(patients[teaching]) & set(patients[tested])
        assert (truth[tested] >= 0).all()
    assert np.sum([tested for _, tested in asked], axis=0).max() == 1


def test_the_strongest_that_is_nearly_as_good_as_the_best_is_taken():
    truth, centers, patients = cases(("A", 10, 1000), ("B", 10, 1000))
    aucs = [0.8, 0.89, 0.898, 0.9] + [0.85] * (len(STRENGTHS) - 4)
    path, _ = answering(truth, aucs.__getitem__)
    chosen = choose_strength(truth, centers, patients, 1, path)
    assert aucs[3] - aucs[2] < MARGIN < aucs[3] - aucs[1]
    assert pytest.approx(STRENGTHS[2]) == chosen.C
    assert list(chosen.auc.values()) == pytest.approx(aucs, abs=1e-3)
    assert list(STRENGTHS) == sorted(STRENGTHS)  # the strongest penalty first


def test_a_class_of_one_patient_cannot_be_divided():
    truth, centers, patients = cases(("A", 30, 1))
    with pytest.raises(ValueError, match="C: auto finds no division"):
        choose_strength(truth, centers, patients, 1, answering(truth, lambda number: 1.0)[0])
