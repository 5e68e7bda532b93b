"""Conformal prediction by class: the classes that a case cannot be told from, with a promised share of hits.

Of a class, calibration cases that are known to be of it say how probable a model found it there. A new case's p of the
class is the share of them, itself among them, that were no more probable than it. The prediction set holds the classes
whose p is above 1 − level. If the case is a random one from where the calibration cases come from, the set holds its
class with a probability of `level` at least, in each class by itself. Source: Vovk, Gammerman and Shafer, Algorithmic
Learning in a Random World, Springer 2005, section 4.5 (Mondrian predictors).

A patient counts once, however many cases it has: each of its m cases of the class weighs 1/m. Source: Lee, Barber and
Willett, 2023, arXiv:2306.06342.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv
from scipy.stats import betabinom

Floats = NDArray[np.float64]

_ROUNDING = 1e-9
"""Sums of weights such as 1/3 are exact to fewer digits than this."""


@dataclass(frozen=True)
class Calibration:
    """The calibration cases of one class.

    Attributes:
        probability: the class's probability in each case (cases,), ascending.
        weight: one over the number of the patient's cases (cases,).
    """

    probability: Floats
    weight: Floats

    @property
    def patients(self) -> int:
        """Number of patients."""
        return round(float(self.weight.sum()))

    def up_to(self, probability: Floats) -> Floats:
        """Patients whose cases were no more probable than each of some cases."""
        total = np.concatenate([[0.0], np.cumsum(self.weight)])
        return np.asarray(total[np.searchsorted(self.probability, probability, side="right")])


def p_values(up_to: Floats, patients: int) -> Floats:
    """The p of a class, of each case.

    Args:
        up_to: calibration patients that were no more probable (cases,), see `Calibration.up_to`.
        patients: all calibration patients of the class.

    >>> p_values(np.array([0.0, 4.0, 9.0]), 9).tolist()
    [0.1, 0.5, 1.0]
    """
    return np.asarray((1.0 + up_to) / (1.0 + patients))


def in_set(p: Floats, level: float) -> NDArray[np.bool_]:
    """True where a class with this p is in the prediction set.

    >>> in_set(np.array([0.1, 0.11]), 0.9).tolist()
    [False, True]
    """
    return np.asarray(p > 1 - level + _ROUNDING)


def quantile(calibration: Calibration, level: float) -> float:
    """The least probability of a class that brings it into the set; 0 where it is in every set.

    Args:
        calibration: the class's calibration cases.
        level: share of cases that is promised, 0 to 1.

    >>> cases = Calibration(np.linspace(0.05, 0.95, 19), np.ones(19))
    >>> quantile(cases, 0.9), quantile(cases, 0.96)
    (0.1, 0.0)
    """
    if always_in_set(calibration.patients, level):
        return 0.0
    inside = in_set(p_values(calibration.up_to(calibration.probability), calibration.patients), level)
    return float(calibration.probability[np.argmax(inside)])


def always_in_set(patients: int, level: float) -> bool:
    """True where so few calibration patients keep no case out of the set: fewer than level / (1 − level).

    >>> always_in_set(8, 0.9), always_in_set(9, 0.9)
    (True, False)
    """
    return bool(in_set(p_values(np.zeros(1), patients), level)[0])


def patients_needed(level: float) -> int:
    """Calibration patients of a class from which on a set can leave it out.

    >>> patients_needed(0.9), patients_needed(0.95)
    (9, 19)
    """
    return int(np.ceil(level / (1 - level) - _ROUNDING))


def expected_coverage(calibration: int, tested: int, level: float, confidence: float) -> tuple[float, float]:
    """The range of the share of hits among cases that come from where the calibration cases come from.

    It holds the chance of both: which cases calibrate, and which are tested. With c calibration patients and
    l = ⌊(1 − level)(c + 1)⌋ the hits among n are beta-binomial (n, c + 1 − l, l). Source: Vovk, 2012, ACML,
    proposition 2a.

    Args:
        calibration: calibration patients of the class.
        tested: patients of the class that are tested, at least one.
        level: share of cases that is promised, 0 to 1.
        confidence: probability of the range, at least.

    >>> expected_coverage(99, 100, 0.9, 0.95)
    (0.81, 0.97)
    >>> expected_coverage(5, 100, 0.9, 0.95)
    (1.0, 1.0)
    """
    left_out = int(np.floor((1 - level) * (calibration + 1) + _ROUNDING))
    if left_out == 0:
        return 1.0, 1.0
    hits = betabinom(tested, calibration + 1 - left_out, left_out)
    tail = (1 - confidence) / 2
    return float(hits.ppf(tail)) / tested, float(hits.ppf(1 - tail)) / tested


def binomial_interval(share: float, n: int, confidence: float) -> tuple[float, float]:
    """Clopper and Pearson's interval of a share of n patients, at least one: never narrower than its confidence.

    Source: Clopper and Pearson, Biometrika 26:404 (1934). A patient's cases may agree in part only: then share · n is
    no whole number, which the formula takes as it is.

    >>> tuple(round(end, 4) for end in binomial_interval(0.9, 20, 0.95))
    (0.683, 0.9877)
    """
    hits, tail = share * n, (1 - confidence) / 2
    low = float(betaincinv(hits, n - hits + 1, tail)) if hits > _ROUNDING else 0.0
    high = float(betaincinv(hits + 1, n - hits, 1 - tail)) if n - hits > _ROUNDING else 1.0
    return low, high
