import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gliomanet.audit.rules.columns import identical_columns


@given(st.lists(st.integers(0, 3), min_size=10, max_size=40), st.permutations(list("abcd")))
def test_a_renaming_is_identical_and_a_changed_case_is_not(codes, names):
    first = [f"v{code}" for code in codes]
    table = pd.DataFrame({"first": first, "second": [names[code] for code in codes]})
    expected = [("first", "second", len(codes))] if len(set(codes)) > 1 else []
    assert identical_columns(table, ["first", "second"]) == expected
    other = [code for code in range(4) if code != codes[0]]
    if codes.count(codes[0]) > 1:
        table.loc[0, "second"] = names[other[0]]
        assert identical_columns(table, ["first", "second"]) == []


@pytest.mark.parametrize(
    ("second", "identical"),
    [(lambda p: p, True), (lambda p: 1 - p, True), (lambda p: p**2, False), (lambda p: p[::-1], False)],
)
def test_scores_are_identical_where_they_are_equal_or_complements(second, identical):
    scores = np.random.default_rng(1).random(50)
    table = pd.DataFrame({"idh": scores, "grade": second(scores)})
    assert bool(identical_columns(table, ["idh", "grade"])) is identical


def test_unknown_cases_are_left_out_and_ten_are_needed():
    table = pd.DataFrame({"a": ["x", "y"] * 6, "b": ["1", "2"] * 6, "c": ["", "2"] * 6})
    assert identical_columns(table, ["a", "b", "c"]) == [("a", "b", 12)]
    assert identical_columns(table[:9], ["a", "b"]) == []
    assert identical_columns(table[:9], ["a", "b"], least=5) == [("a", "b", 9)]
