from itertools import chain, combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gliomanet.evaluation.statistics.shapley import shapley_values


def subsets(players):
    return [frozenset(s) for s in chain.from_iterable(combinations(players, n) for n in range(len(players) + 1))]


@st.composite
def games(draw):
    players = "abcd"[: draw(st.integers(1, 4))]
    values = st.floats(-10, 10, allow_nan=False)
    return {subset: draw(values) for subset in subsets(players)}


def over_all_orders(game):
    """The definition: a player's mean contribution over the orders in which all of them can come."""
    players = sorted(max(game, key=len))
    found = {player: [] for player in players}
    for order in permutations(players):
        for place, player in enumerate(order):
            before = frozenset(order[:place])
            found[player].append(game[before | {player}] - game[before])
    return {player: np.mean(gains) for player, gains in found.items()}


@given(games())
def test_it_is_the_mean_over_all_orders_and_shares_out_everything(game):
    found = shapley_values(game)
    assert found == pytest.approx(over_all_orders(game), abs=1e-9)
    assert sum(found.values()) == pytest.approx(game[max(game, key=len)] - game[frozenset()], abs=1e-9)


@given(games(), st.floats(-5, 5))
def test_a_player_that_adds_the_same_everywhere_gets_just_that(game, gain):
    larger = game | {subset | {"x"}: value + gain for subset, value in game.items()}
    found = shapley_values(larger)
    assert found.pop("x") == pytest.approx(gain, abs=1e-9)
    assert found == pytest.approx(shapley_values(game), abs=1e-9)


@given(games())
def test_players_who_change_places_change_values(game):
    name = {"a": "b", "b": "a"}
    if len(max(game, key=len)) > 1:
        turned = {frozenset(name.get(p, p) for p in subset): value for subset, value in game.items()}
        found, other = shapley_values(game), shapley_values(turned)
        assert {name.get(p, p): v for p, v in other.items()} == pytest.approx(found, abs=1e-9)


def test_a_hand_computed_game():
    game = {frozenset(): 0.0, frozenset("a"): 0.2, frozenset("b"): 0.4, frozenset("ab"): 0.8}
    assert shapley_values(game) == pytest.approx({"a": 0.3, "b": 0.5})


def test_arrays_are_worked_on_element_by_element():
    games = [{s: float(i * len(s) ** 2 + ("a" in s)) for s in subsets("abc")} for i in range(3)]
    together = shapley_values({s: np.array([game[s] for game in games]) for s in subsets("abc")})
    for number, game in enumerate(games):
        assert {p: v[number] for p, v in together.items()} == pytest.approx(shapley_values(game))


def test_a_missing_subset_is_named():
    with pytest.raises(ValueError, match="every subset of a, b; missing: the empty one; a, b"):
        shapley_values({frozenset("a"): 1.0, frozenset("b"): 1.0})
