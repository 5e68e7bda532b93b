import pandas as pd
import pytest

from gliomanet.cohort.cases_of_fold import cases_of_fold
from gliomanet.cohort.splits import cases_not_used


def preprocessed(**status: str) -> pd.DataFrame:
    """Cases of centre X with an outcome each, `flagged` standing for a flagged one that is ok."""
    rows = [(case, "X", *(("ok", "yes") if found == "flagged" else (found, "no"))) for case, found in status.items()]
    return pd.DataFrame(rows, columns=["case_id", "center", "status", "flagged"])


def test_failed_and_dropped_cases_are_those_that_are_not_ok():
    cases = pd.concat([preprocessed(c="dropped", a="ok"), preprocessed(b="failed").assign(center="A")])
    assert cases_not_used(cases, {}) == [("A", "b"), ("X", "c")]
    assert cases_not_used(pd.DataFrame(), {}) == []


def test_excluded_cases_are_out_and_those_to_review_are_in():
    cases = preprocessed(k="ok", r="ok", e="ok", f="failed", g="flagged")
    decided = {"X": {"k": "keep", "r": "review", "e": "exclude", "f": "keep"}, "Y": {"k": "exclude"}}
    assert cases_not_used(cases, decided) == [("X", "e"), ("X", "f")]


@pytest.mark.parametrize(("decision", "lost"), [({}, True), ({"g": "keep"}, False), ({"g": "review"}, False)])
def test_flagged_cases_are_out_where_reviews_exclude_and_nobody_decided(decision, lost):
    found = cases_not_used(preprocessed(g="flagged", k="ok"), {"X": decision}, review="exclude")
    assert found == ([("X", "g")] if lost else [])


def test_a_fold_holds_its_own_cases_with_their_part():
    splits = pd.DataFrame(
        {
            "case_id": ["a", "b", "a"],
            "center": ["X"] * 3,
            "fold": ["0", "0", "1"],
            "part": ["train", "validation", "train"],
        }
    )
    cases = pd.DataFrame({"case_id": ["b", "a"], "center": ["X", "X"], "idh": ["mutant", ""]})
    found = cases_of_fold(splits, cases, "0")
    assert found[["case_id", "part", "idh"]].to_numpy().tolist() == [["a", "train", ""], ["b", "validation", "mutant"]]


def test_a_case_listed_twice_is_an_error():
    splits = pd.DataFrame({"case_id": ["a"], "center": ["X"], "fold": ["0"], "part": ["train"]})
    cases = pd.DataFrame({"case_id": ["a", "a"], "center": ["X", "X"]})
    with pytest.raises(pd.errors.MergeError):
        cases_of_fold(splits, cases, "0")
