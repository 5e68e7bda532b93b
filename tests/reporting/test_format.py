"""Names and numbers as the page writes them."""

import math

import pytest

from gliomanet.reporting import format as wording


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.666, ".67"), (-0.104, "−.10"), (-0.004, ".00"), (1, "1.00"), (12.345, "12.3"), (1234.5, "1,234.5"), (0, ".00")],
)
def test_numbers_lose_the_zero_before_the_point(value, text):
    assert wording.number(value) == text


def test_estimates_carry_their_interval_or_say_what_is_wrong():
    assert wording.estimate(0.67, 0.57, 0.774) == ".67 [.57, .77]"
    assert wording.estimate(0.67, math.nan, 0.7) == ".67 –"
    assert wording.estimate(math.nan, 0.1, 0.2) == "not estimable"


@pytest.mark.parametrize(("value", "text"), [(0.0004, "< .001"), (0.012, ".012"), (0.5, ".50"), (math.nan, "")])
def test_probabilities(value, text):
    assert wording.probability(value) == text


def test_names():
    assert wording.subset_name("idh=mutant") == "IDH: mutant"
    assert wording.subset_name("all") == "all"
    assert wording.feature_name("t1c_firstorder_Mean", "whole") == "T1c first order Mean (whole)"
    assert wording.feature_name("flair_glcm_Contrast") == "FLAIR GLCM Contrast"
    assert wording.feature_name("t1c-flair_logratio_Mean", "whole") == "T1c to FLAIR log ratio Mean (whole)"
    assert wording.feature_name("core_t1-t2_logratio_Skewness") == "core T1 to T2 difference Skewness"
    assert wording.listing(["a", "b", "c"]) == "a, b and c"
    assert wording.plural(1, "centre") == "1 centre"
    assert wording.of(217, 88) == "n 217 (88+)"
    assert wording.of(217, math.nan) == "n 217"
