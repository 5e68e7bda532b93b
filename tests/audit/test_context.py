import pytest

from gliomanet.audit.context import AuditContext, counted, leaking_pairs, listed
from gliomanet.config.load import load_study
from tests.audit.cohorts import good_cases


def study(design, **roles):
    centers = {name: {"role": role, "source": {"kind": "phantom", "cases": 2}} for name, role in roles.items()}
    return load_study({"centers": centers, "models": {"m": {"kind": "logistic"}}, "split": {"design": design}})


@pytest.mark.parametrize(
    ("design", "expected"),
    [("fixed", {"AX", "BX", "UX"}), ("leave_one_center_out", {"AX", "BX", "UX", "AB", "UA", "UB"})],
)
def test_pairs_that_may_not_share_a_patient(design, expected):
    found = leaking_pairs(study(design, A="train", B="train", X="external", U="unlabelled"))
    assert found == {frozenset(pair) for pair in expected}


def test_tables_of_before_the_optional_columns_are_filled_with_unknown():
    old = good_cases(4).drop(columns=["other_ids", "diagnosis", "idh_raw"])
    assert (AuditContext(old).cases[["other_ids", "diagnosis", "idh_raw"]] == "").to_numpy().all()
    assert "other_ids" not in old


def test_counts_in_words():
    assert (counted(1, "case"), counted(2, "case")) == ("1 case", "2 cases")
    assert listed("abc", 2) == "a, b and 1 more"
