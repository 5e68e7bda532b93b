"""Bootstrap intervals over patients, drawn by name so that the order of rows or jobs changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def named_generator(seed: int, *names: str) -> np.random.Generator:
    """A generator that depends on the seed and the names only, not on what was drawn before."""
    digest = hashlib.sha256("\x1f".join((str(seed), *names)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def resample_weights(
    patients: NDArray[np.str_], stratum: Integers, resamples: int, generator: np.random.Generator
) -> Floats:
    """Draw patients with replacement within strata: the count of each case in each resample.

    A patient's cases are drawn together; a patient with cases of several classes belongs to the highest of them.
    Patients are sorted by name first, so the order of the cases does not matter.

    Args:
        patients: patient of each case (cases,).
        stratum: class index of each case (cases,).
        resamples: number of resamples.
        generator: source of the draws.

    Returns:
        Weights (cases, 1 + resamples); the first column is ones, the cases as they are.
    """
    names, owner = np.unique(patients, return_inverse=True)
    group = np.full(names.size, -1, dtype=np.int64)
    np.maximum.at(group, owner, stratum)
    drawn = np.ones((names.size, 1 + resamples))
    columns = np.arange(resamples)
    for value in np.unique(group):
        members = np.flatnonzero(group == value)
        size = members.size
        draws = generator.integers(0, size, size=(size, resamples)) * resamples + columns
        drawn[members, 1:] = np.bincount(draws.ravel(), minlength=size * resamples).reshape(size, resamples)
    return np.asarray(drawn[owner])


def too_few_patients(patients: NDArray[np.str_], stratum: Integers, classes: Sequence[str] = ()) -> str:
    """The reason why resampled patients may not vary at all: their number, or their classes; "" where both suffice.

    Args:
        patients: patient of each case (cases,).
        stratum: class index of each case (cases,).
        classes: the classes' names; empty: resampled without classes.
    """
    if np.unique(patients).size < 2:
        return "one patient"
    if not classes:
        return ""
    alone = [name for k, name in enumerate(classes) if np.unique(patients[stratum == k]).size == 1]
    if alone:
        return f"one patient is {', one '.join(alone)}"
    present = [classes[k] for k in np.unique(stratum)]
    return f"every patient is {present[0]}" if len(present) == 1 else ""


def is_point(low: float, high: float) -> bool:
    """True for an interval of no width: its resamples were all the same."""
    return bool(abs(high - low) <= 1e-12)


def percentile_interval(values: Floats, confidence: float) -> tuple[float, float, int]:
    """Percentile interval of resampled values (resamples,), and how many of them were not estimable.

    Returns:
        (low, high, lost); low and high are NaN where every resample is lost.
    """
    known = values[~np.isnan(values)]
    lost = int(values.size - known.size)
    if not known.size:
        return float("nan"), float("nan"), lost
    low, high = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high), lost
