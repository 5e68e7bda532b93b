import math

import pytest

from gliomanet.cohort.ages import read_age
from gliomanet.cohort.read_rows import CellError


@pytest.mark.parametrize(
    ("raw", "years", "rule"),
    [
        ("52.16", 52.16, ""),
        ("63,5", 63.5, ""),
        ("63 years", 63, ""),
        ("63.0 yrs", 63, ""),
        ("63y", 63, ""),
        ("63 Y/O", 63, ""),
        ("63 yr.", 63, ""),
        ("063Y", 63, ""),
        ("089Y", 89, ""),
        ("\uff16\uff13", 63, ""),
        (">89", 90, "age_top_coded"),
        ("> 89 years", 90, "age_top_coded"),
        (">=89", 89, "age_top_coded"),
        ("≥ 90", 90, "age_top_coded"),
        ("89+", 89, "age_top_coded"),
        ("90+ years", 90, "age_top_coded"),
        ("90 y+", 90, "age_top_coded"),
        ("018M", 1.5, "age_converted"),
        ("252 months", 21, "age_converted"),
        ("012W", 12 * 7 / 365.25, "age_converted"),
        ("030D", 30 / 365.25, "age_converted"),
        ("0.5 years", 0.5, ""),
        ("1.5", 1.5, ""),
        ("120", 120, ""),
    ],
)
def test_ages_as_tables_spell_them(raw, years, rule):
    age = read_age(raw)
    assert age.years == pytest.approx(years, abs=1e-12)
    assert age.rule == rule
    assert (repr(raw) in age.handled) == bool(rule)


@pytest.mark.parametrize("raw", ["Not Available", "", "NaN", "unknown", "-1", "n/a"])
def test_unknown_ages(raw):
    assert math.isnan(read_age(raw).years)


@pytest.mark.parametrize(
    ("raw", "meaning"),
    [
        ("0", "unknown?"),
        ("0.63", "a share?"),
        ("0,5", "a share?"),
        ("768", "months?"),
        ("23376", "days?"),
        ("1961", "a year of birth?"),
        ("999", "a code for unknown?"),
        ("50+", "a group of ages"),
        (">18", "a group of ages"),
        ("1961-03-02", "a date"),
        ("2-Mar", "a date"),
        *(
            (raw, "")
            for raw in ("-0", "-5", "inf", "1e2", "6_3", "60-65", "<18", "old", "nan.", "0x3f", "120.5 y", "1,234")
        ),
    ],
)
def test_what_is_no_age_says_what_it_may_be(raw, meaning):
    with pytest.raises(CellError) as caught:
        read_age(raw)
    problem = caught.value.problem
    assert problem.rule == "no_age"
    assert repr(raw) in problem.found
    assert meaning in problem.found
    assert "063Y" in problem.action
