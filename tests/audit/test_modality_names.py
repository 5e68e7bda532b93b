"""One mix-up that most cases of a centre share is one finding; what a few cases show stays theirs."""

import pytest

from gliomanet.audit.images import Inspected, center_findings, inspect_case
from gliomanet.audit.modality_names import RULE, doubt_finding
from gliomanet.cohort.findings import Finding
from gliomanet.config.preprocessing import Preprocessing
from gliomanet.imaging.modality_check.doubts import Doubt

SWAP = {"t1": ("t2",), "t2": ("t1",)}


def inspected(number, looks):
    case = {"case_id": f"c{number}", "center": "Here", "t1": "a.nii", "t2": "b.nii"}
    other = Finding("note", "float64", "Here", case["case_id"], "", "x", "y")
    doubt = Doubt("warning", RULE, "t1", "found", "action", looks)
    return case, Inspected([other, *([doubt_finding(doubt, case)] if looks else [])], {}, {}, 0.0, looks=looks)


@pytest.mark.parametrize(
    ("swapped", "right", "together"), [(3, 0, True), (3, 2, True), (3, 3, False), (2, 0, False), (0, 5, False)]
)
def test_most_of_the_cases_make_one_finding(swapped, right, together):
    made = [inspected(n, SWAP if n < swapped else {}) for n in range(swapped + right)]
    findings = center_findings([case for case, _ in made], [one for _, one in made])
    doubts = [one for one in findings if one.rule == RULE]
    assert len([one for one in findings if one.rule == "float64"]) == swapped + right
    if together:
        (one,) = doubts
        assert (one.severity, one.center, one.case_id) == ("warning", "Here", "")
        assert f"{swapped} of {swapped + right} cases" in one.found
        assert "t1 looks like t2, t2 looks like t1; cases: c0, c1, c2" in one.found
    else:
        assert [one.case_id for one in doubts] == [f"c{n}" for n in range(swapped)]


def test_a_case_with_another_mix_up_keeps_its_own_finding():
    made = [inspected(n, SWAP if n < 4 else {"t1c": ("flair",)}) for n in range(5)]
    findings = center_findings([case for case, _ in made], [one for _, one in made])
    assert [one.case_id for one in findings if one.rule == RULE] == ["c4", ""]


def test_what_some_cases_leave_open_and_lack_is_the_same_mix_up():
    seen = [SWAP, {"t1": ("t2",), "t2": ("t1", "t1c")}, {"t1": ("t2",)}, {"t1": ("t2",), "t2": ("t1", "t1c")}]
    made = [inspected(n, looks) for n, looks in enumerate(seen)]
    (found,) = (one for one in center_findings(*zip(*made, strict=True)) if one.rule == RULE)
    assert "in 4 of 4 cases t1 looks like t2, t2 looks like t1; cases" in found.found


def test_real_files_in_one_anothers_place(shared_data):
    folder = shared_data / "real-mri" / "BraTS2021_00495"
    order = {"t1": "flair", "t1c": "t1", "t2": "t1c", "flair": "t2"}  # channels as another program orders them
    row = {name: str(folder / f"{held}.nii.gz") for name, held in order.items()}
    findings, _ = inspect_case({"case_id": "c", "center": "A", **row}, Preprocessing(brain_extraction="none"))
    (found,) = [one for one in findings if one.severity != "note"]
    assert (found.severity, found.rule, found.case_id) == ("warning", RULE, "c")
    assert found.file == f"t1: {row['t1']}"
    for name, held in order.items():
        assert f"{name} ({row[name]}) looks like {held}" in found.found
    assert "t1, t1c, t2 and flair seem to be in one another's place" in found.found
