"""Temperature scaling: one number that makes a model's probabilities as sure as its cases allow.

A temperature T > 0 divides the log-probabilities before they are normalised again: p' ∝ p^(1/T). Above 1 it takes
confidence away, below 1 it adds some; the order of a case's classes stays. Source: Guo et al., ICML 2017,
arXiv:1706.04599.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from gliomanet.uncertainty.probabilities import softmax

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MINIMUM_CASES = 10
"""Labelled cases that a temperature is fitted on at least: one number of fewer would be mostly chance."""

COLDEST, HOTTEST = 0.25, 20.0
"""The bounds of a temperature: a few cases that are all but separated would otherwise call for any certainty, and what
is lost where another centre's cases are not so separated is without a bound."""

DIGITS = 4
"""Decimals of a temperature, so that the table that a reader sees holds the very number that was used."""

FLOOR = float(np.finfo(np.float64).eps)
"""What a probability of 0 counts as, as in scikit-learn's `log_loss`: trees that vote 0 would cost an infinity."""


class Temperature(NamedTuple):
    """A temperature, and why it is 1 or on its bound where the cases did not tell; else an empty note."""

    value: float
    note: str


def fit_temperature(log_probabilities: Floats, truth: Integers, *, at_least: int = MINIMUM_CASES) -> Temperature:
    """The temperature under which the true classes are likeliest.

    The negative log-likelihood is convex in 1/T, so there is one optimum and bounded scalar search finds it.

    Args:
        log_probabilities: (cases, classes), see `log_of`.
        truth: class index of each case (cases,); a negative one is unknown and left out.
        at_least: labelled cases that are needed.

    Returns:
        The temperature, to `DIGITS` decimals, in [`COLDEST`, `HOTTEST`]; never less likely than 1 on these cases. It
        is 1, with a note, where nothing can be fitted: fewer than `at_least` cases, one class alone, every case
        predicted right (each more certainty would be likelier still), or no certainty to scale.

    Raises:
        ValueError: the arrays' lengths differ, or a class index is none of the columns.
    """
    if log_probabilities.ndim != 2 or log_probabilities.shape[0] != truth.shape[0]:
        raise ValueError(
            f"log_probabilities must be (cases, classes) and truth (cases,), got {log_probabilities.shape} and "
            f"{truth.shape}"
        )
    if truth.size and truth.max() >= log_probabilities.shape[1]:
        raise ValueError(
            f"truth holds class {truth.max()}; log_probabilities have the classes 0 to {log_probabilities.shape[1] - 1}"
        )
    known = truth >= 0
    logs, truth = log_probabilities[known], truth[known]
    if truth.size < at_least:
        cases = f"{truth.size} labelled case{'' if truth.size == 1 else 's'}"
        return Temperature(1.0, f"not fitted: {cases}, at least {at_least} are needed")
    if np.unique(truth).size == 1:
        return Temperature(1.0, f"not fitted: all {truth.size} labelled cases are of one class")
    others = np.where(np.eye(logs.shape[1], dtype=bool)[truth], -np.inf, logs).max(axis=1)
    margin = logs[np.arange(truth.size), truth] - others
    if (margin == 0).all():
        return Temperature(1.0, "not fitted: the classes' probabilities are equal in every case")
    if (margin >= 0).all():
        return Temperature(1.0, f"not fitted: all {truth.size} labelled cases are predicted right")

    def cost(log_temperature: float) -> float:
        return _nll_of_logs(logs / np.exp(log_temperature), truth)

    found = minimize_scalar(cost, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded", options={"xatol": 1e-7})
    value = round(float(np.exp(found.x)), DIGITS)
    if cost(np.log(value)) >= cost(0.0):
        return Temperature(1.0, "")
    if value >= HOTTEST * (1 - 1e-3):
        return Temperature(value, "at its upper bound: no better than chance on these cases")
    if value <= COLDEST * (1 + 1e-3):
        return Temperature(value, "at its lower bound: almost all cases are predicted right")
    return Temperature(value, "")


def tempered(probability: Floats, temperature: float | Floats) -> Floats:
    """Probabilities under a temperature: p^(1/T), normalised.

    Args:
        probability: (cases, classes).
        temperature: one for all, or (cases, 1).

    Returns:
        (cases, classes). Where the temperature is 1 the very same numbers.

    Raises:
        ValueError: a temperature is not positive.
    """
    if not np.all(np.asarray(temperature) > 0):
        raise ValueError(f"a temperature must be positive, got {np.min(temperature)}")
    scaled = softmax(log_of(probability) / temperature)
    return np.where(np.asarray(temperature) == 1, probability, scaled)


def log_of(probability: Floats) -> Floats:
    """Logarithms of probabilities, finite for a probability of 0 (see `FLOOR`)."""
    return np.asarray(np.log(np.maximum(probability, FLOOR)))


def log_loss(probability: Floats, truth: Integers) -> float:
    """Mean negative log-likelihood in nats of the true classes.

    Args:
        probability: (cases, classes).
        truth: class index of each case (cases,), none unknown.
    """
    return float(-np.mean(log_of(probability)[np.arange(truth.size), truth]))


def _nll_of_logs(logs: Floats, truth: Integers) -> float:
    top = logs.max(axis=1, keepdims=True)
    total = top[:, 0] + np.log(np.exp(logs - top).sum(axis=1))
    return float(np.mean(total - logs[np.arange(truth.size), truth]))
