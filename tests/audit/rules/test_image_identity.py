import numpy as np
import pandas as pd
import pytest

from gliomanet.audit.rules.image_identity import PAIR_COLUMNS, image_identity
from tests.audit.cohorts import LEAKS, good_cases, put

CASES = good_cases()


def pairs(*rows):
    return pd.DataFrame(rows, columns=list(PAIR_COLUMNS))


@pytest.mark.parametrize(
    ("one", "other", "same_voxels", "rule", "severity"),
    [
        ("A", "C", True, "same_voxels_under_two_names", "fatal"),
        ("A", "B", True, "same_voxels_under_two_names", "error"),
        ("A", "A", True, "same_voxels_under_two_names", "error"),
        ("C", "A", False, "same_head_under_two_names", "fatal"),
        ("A", "B", False, "same_head_under_two_names", "error"),
        ("A", "A", False, "same_head_under_two_names", "warning"),
    ],
)
@pytest.mark.parametrize("leaks", [LEAKS, None])
@pytest.mark.parametrize("spell", [bool, np.bool_, lambda same: "yes" if same else "no"])
def test_what_two_names_of_one_head_mean(one, other, same_voxels, rule, severity, leaks, spell):
    same_voxels = spell(same_voxels)
    (finding,) = image_identity(
        pairs((one, f"{one}-0001", other, f"{other}-0002", "t1c", 0.98, same_voxels)), CASES, leaks
    )
    assert (finding.rule, finding.severity) == (rule, severity)
    assert "t1c 0.980" in finding.found


def test_scans_of_one_patient_share_a_head_but_no_voxels():
    cases = put(CASES, "A-0002", patient_id="A-0001")
    row = ("A", "A-0001", "A", "A-0002", "t1", 0.97)
    assert image_identity(pairs((*row, False)), cases) == []
    (finding,) = image_identity(pairs((*row, True)), cases)
    assert (finding.rule, finding.severity) == ("same_voxels_under_two_names", "warning")


def test_one_finding_a_pair_and_none_for_excluded_cases():
    found = pairs(
        ("C", "C-0001", "A", "A-0001", "t1", 0.91, False),
        ("A", "A-0001", "C", "C-0001", "t2", 0.99, False),
        ("A", "A-0001", "C", "C-0009x", "t2", 0.99, False),
        ("A", "A-0001", "A", "A-0001", "t2", 1.0, True),
    )
    (finding,) = image_identity(found, CASES)
    assert finding.found.endswith("similarity: t2 0.990, t1 0.910")
    assert image_identity(pairs(), CASES) == []
