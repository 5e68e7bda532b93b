import pytest

from gliomanet.errors import ProblemError
from gliomanet.mask_conventions import NAMED, UNDECLARED, cell_of, convention_of, mapped


@pytest.mark.parametrize("name", NAMED)
def test_a_name_in_any_case_is_its_convention(name):
    assert convention_of(f" {name.upper()} ") is NAMED[name]


def test_an_empty_cell_declares_nothing():
    assert convention_of("") is UNDECLARED
    assert not UNDECLARED.declared


@pytest.mark.parametrize(
    "parts",
    [
        {"core": [2], "oedema": [1], "enhancing": [3], "cavity": [4]},
        {"core": [1, 3]},
        {"tumour": [1, 2], "cavity": [3]},
    ],
)
def test_a_mapping_and_its_cell_are_the_same_convention(parts):
    convention = mapped(parts)
    assert convention_of(convention.name) == convention
    assert cell_of(parts) == convention.name
    assert {part: list(codes) for part, codes in convention.codes.items()} == parts


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("brats2021", "unknown_mask_convention"),
        ("core 1", "unknown_mask_convention"),
        ("core=1 core=2", "unknown_mask_convention"),
        ("core=1 2", "unknown_mask_convention"),
        ("necrosis=1", "unknown_mask_part"),
        ("core=1 oedema=1", "mask_code_twice"),
        ("core=1+1", "mask_code_twice"),
        ("core=0", "impossible_mask_code"),
        ("core=-1", "impossible_mask_code"),
        ("core=256", "impossible_mask_code"),
        ("core=one", "impossible_mask_code"),
        ("core=", "impossible_mask_code"),
        ("cavity=4", "no_tumour_code"),
        ("tumour=1 core=2", "mask_parts_told_and_not"),
    ],
)
def test_a_cell_that_is_no_convention_is_refused(text, rule):
    with pytest.raises(ProblemError) as caught:
        convention_of(text)
    assert caught.value.problem.rule == rule


@pytest.mark.parametrize(
    ("parts", "rule"),
    [
        ({"core": [True]}, "impossible_mask_code"),
        ({"core": [1.0]}, "impossible_mask_code"),
        ({"core": []}, "mask_part_without_code"),
        ({}, "no_tumour_code"),
    ],
)
def test_a_mapping_that_is_none_is_refused(parts, rule):
    with pytest.raises(ProblemError) as caught:
        mapped(parts)
    assert caught.value.problem.rule == rule
