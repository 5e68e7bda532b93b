"""Inspection of many cases: in their order, and alike for any number of processes."""

import os
from functools import partial

import pytest

from gliomanet.audit.center_images import inspect_all
from gliomanet.audit.images import Inspected


def pretended(volume_ml: float, parent: int) -> Inspected:
    return Inspected([], {}, {"t1": "here" if os.getpid() == parent else "elsewhere"}, volume_ml)


@pytest.mark.parametrize(("processes", "where"), [(1, "here"), (2, "elsewhere")])
def test_cases_keep_their_order_in_any_number_of_processes(processes, where):
    seen = []
    works = [partial(pretended, float(n), os.getpid()) for n in range(5)]
    inspected = inspect_all(works, processes, lambda: seen.append(len(seen)))
    assert [one.tumour_volume_ml for one in inspected] == [0, 1, 2, 3, 4]
    assert {one.orientations["t1"] for one in inspected} == {where}
    assert seen == [0, 1, 2, 3, 4]


def test_a_defect_of_the_program_itself_is_not_swallowed():
    def fails() -> Inspected:
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError, match="a defect"):
        inspect_all([fails])
