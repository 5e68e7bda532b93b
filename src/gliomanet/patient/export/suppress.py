"""Names, small counts and the ages of the very old: suppressed before a folder leaves a hospital."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from random import Random, SystemRandom

import pandas as pd

from gliomanet.bundle.description import BundleDescription

OLDEST = 90
"""Years from which an age says who somebody is: the HIPAA privacy rule, 45 CFR 164.514(b)(2)(i)(C)."""


def rare_labels(cases: pd.DataFrame, labels: Collection[str], smallest: int) -> dict[str, list[str]]:
    """Label → its values that some patients have, and fewer than the smallest count.

    Args:
        cases: patient_id and labels.
        labels: of these.
        smallest: count.
    """
    found: dict[str, list[str]] = {}
    for label in labels:
        known = cases[cases[label] != ""]
        counts = known.groupby(label)["patient_id"].nunique()
        if rare := [str(value) for value in counts.index[counts < smallest]]:
            found[label] = rare
    return found


def without_labels(cases: pd.DataFrame, labels: Collection[str]) -> pd.DataFrame:
    """The cases with some labels unknown.

    The whole label goes, not the rare value alone: the cases whose label were missing would be those that have it.
    """
    return cases.assign(**{name: "" for label in labels for name in (label, f"{label}_source")})


def reads(description: BundleDescription, model: str, fact: str) -> bool:
    """True for a model that takes a fact of a patient, itself or by its members."""
    of = description.models[model]
    return fact in of.takes or any(reads(description, member, fact) for member in of.members)


def without_old_ages(folds: pd.DataFrame, cases: pd.DataFrame, description: BundleDescription) -> pd.DataFrame:
    """The fold predictions without what models that take the age say of the very old: the age could be computed."""
    old = set(cases.loc[cases["age"] >= OLDEST, "case_id"])
    aged = [name for name in description.models if reads(description, name, "age")]
    return folds[~(folds["case_id"].isin(old) & folds["model"].isin(aged))]


def random_keys(names: Sequence[str], letter: str, random: Random | None = None) -> Mapping[str, str]:
    """Name → a random one that says nothing of it, nor of its place among the others.

    Args:
        names: to replace.
        letter: that the new ones begin with.
        random: source of the draws; the machine's own by default, so that no seed exists that could leave.
    """
    source, drawn = random or SystemRandom(), dict[str, str]()
    taken = set[str]()
    for name in dict.fromkeys(names):
        key = ""
        while not key or key in taken:
            key = f"{letter}{source.getrandbits(64):016x}"
        taken.add(key)
        drawn[name] = key
    return drawn
