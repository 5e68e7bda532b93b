"""Recorded parameters have no names: each changed one must find the one whose place it takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gliomanet.pipeline.status.differences import ABSENT, Difference, changed_parameters, differences

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_a_value_does_not_differ_from_itself(value):
    assert list(differences(value, value)) == []


@given(VALUES, VALUES)
def test_two_values_differ_or_are_equal(old, new):
    same = repr(old) == repr(new)
    assert same <= (not list(differences(old, new)))
    assert (not list(differences(old, new))) <= (old == new)


@given(st.dictionaries(st.text(min_size=1, max_size=5), VALUES, max_size=5), st.lists(VALUES, max_size=5))
def test_every_new_parameter_is_named_and_every_old_one_is_used_once(new, old):
    found = changed_parameters(list(map(repr, old)), {name: repr(value) for name, value in new.items()})
    assert set(found) - {""} == set(new)
    assert len(found.get("", [])) == max(0, len(old) - len(new))


def test_the_changed_ones_of_several_alike_are_told_apart():
    old = ["'3eef37512673aeb8'", "57249760", "{'kind': 'cmtlnet', 'epochs': 5}", "{'model': 'net', 'fold': '0'}", "2"]
    new = {"folds": "3", "model": "{'kind': 'cmtlnet', 'epochs': 8}", "code": "'90d4f1aa6e51b2c3'", "seed": "1057249"}
    found = changed_parameters(old, new)
    assert found["folds"] == [Difference((), 2, 3)]
    assert found["model"] == [Difference(("epochs",), 5, 8)]
    assert found["code"] == [Difference((), "3eef37512673aeb8", "90d4f1aa6e51b2c3")]
    assert found["seed"] == [Difference((), 57249760, 1057249)]
    assert found[""] == [Difference((), {"model": "net", "fold": "0"}, ABSENT)]


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [("a", "b")]),
        ({"a": 1}, {"a": 1, "c": 2}, [("c",)]),
        ({"a": [1, 2]}, {"a": [2, 1]}, [("a",)]),
        ({"a": 1}, {"a": True}, [("a",)]),
        ({"a": None}, {}, [("a",)]),
        (3, 4, [()]),
    ],
)
def test_a_difference_is_where_the_value_stands(old, new, keys):
    assert [one.keys for one in differences(old, new)] == keys


def test_what_is_no_literal_is_compared_as_text():
    assert changed_parameters(["{'C': inf}"], {"model": "{'C': 1.0}"})["model"]
