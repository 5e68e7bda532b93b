"""Shapley values: the mean gain of each modality over all orders in which modalities could be added."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from math import factorial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Value = TypeVar("Value", float, NDArray[np.float64])
"""A number, or one per bootstrap resample: arithmetic is all that is asked of it."""


def shapley_values(value_of_subset: Mapping[frozenset[str], Value]) -> dict[str, Value]:
    """The exact Shapley value of every player: φ_i = Σ_{S ∌ i} |S|!·(M − |S| − 1)!/M! · (v(S ∪ i) − v(S)).

    Args:
        value_of_subset: v of each of the 2^M subsets of the M players, the empty one included; numbers, or arrays of
            one shape (then everything is done element by element).

    Returns:
        Player → φ, sorted by name. They sum to v(all) − v(∅); a player that never changes v has 0.

    Raises:
        ValueError: the value of a subset is missing.

    Source: Shapley, "A value for n-person games", Contributions to the Theory of Games II (1953).

    >>> value = {frozenset(): 0.0, frozenset({"t1c"}): 0.5, frozenset({"t2"}): 0.25, frozenset({"t1c", "t2"}): 0.75}
    >>> shapley_values(value)
    {'t1c': 0.5, 't2': 0.25}
    """
    players = sorted(frozenset().union(*value_of_subset))
    number = len(players)
    subsets = [frozenset(s) for size in range(number + 1) for s in combinations(players, size)]
    if missing := [subset for subset in subsets if subset not in value_of_subset]:
        named = "; ".join(", ".join(sorted(subset)) or "the empty one" for subset in missing)
        raise ValueError(f"Shapley values need the value of every subset of {', '.join(players)}; missing: {named}")
    result: dict[str, Value] = {}
    for player in players:
        # Before anyone has come there is the share of the orders in which the player is first.
        total = (value_of_subset[frozenset({player})] - value_of_subset[frozenset()]) / number
        for before in subsets:
            if before and player not in before:
                orders = factorial(len(before)) * factorial(number - len(before) - 1) / factorial(number)
                total = total + orders * (value_of_subset[before | {player}] - value_of_subset[before])
        result[player] = total
    return result
