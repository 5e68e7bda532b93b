"""Inspection of many cases: in their order, and alike for any number of processes."""

import os
import signal
from functools import partial

import pytest

from gliomanet.audit.center_images import Inspection, inspect_all
from gliomanet.audit.images import Inspected


def pretended(volume_ml: float, parent: int) -> Inspected:
    return Inspected([], {}, {"t1": "here" if os.getpid() == parent else "elsewhere"}, volume_ml)


@pytest.mark.parametrize(("processes", "where"), [(0, "here"), (1, "elsewhere"), (2, "elsewhere")])
def test_cases_keep_their_order_in_any_number_of_processes(processes, where):
    seen = []
    works = [partial(pretended, float(n), os.getpid()) for n in range(5)]
    inspected = inspect_all([Inspection("A", "P", work) for work in works], processes, lambda: seen.append(len(seen)))
    assert [one.tumour_volume_ml for one in inspected] == [0, 1, 2, 3, 4]
    assert {one.orientations["t1"] for one in inspected} == {where}
    assert seen == [0, 1, 2, 3, 4]


def test_a_defect_of_the_program_itself_is_not_swallowed():
    def fails() -> Inspected:
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError, match="a defect"):
        inspect_all([Inspection("A", "P", fails)])


def crashes(number: int) -> Inspected:
    os.kill(os.getpid(), number)
    raise AssertionError


@pytest.mark.parametrize(("number", "advice"), [(signal.SIGSEGV, "another program"), (signal.SIGKILL, "more memory")])
def test_a_crash_is_what_was_found_of_its_case_and_the_others_go_on(number, advice):
    works = {"P-1": partial(pretended, 1.0, 0), "P-2": partial(crashes, number), "P-3": partial(pretended, 3.0, 0)}
    inspected = inspect_all([Inspection("A", case, work) for case, work in works.items()], 2)
    assert [one.tumour_volume_ml for one in (inspected[0], inspected[2])] == [1, 3]
    (finding,) = inspected[1].findings
    assert (finding.severity, finding.rule, finding.center, finding.case_id) == (
        "error",
        "inspection_crashed",
        "A",
        "P-2",
    )
    assert f"signal {int(number)}" in finding.found
    assert advice in finding.action
