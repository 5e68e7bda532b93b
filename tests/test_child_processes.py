"""Work in processes of its own: results in their order, errors as they were raised, and crashes by their case."""

import os
import signal
import subprocess
import sys
import time
from functools import partial

import pytest

from gliomanet.child_processes import Crash, each_alone, run_alone


def doubled(value: int) -> int:
    return 2 * value


def ended_by(number: int) -> int:
    os.kill(os.getpid(), number)
    return 0


def aborted() -> int:
    """As native code is that finds its memory in disorder."""
    import ctypes

    return ctypes.string_at(0)[0]


def refused(value: int) -> int:
    raise ValueError(f"{value} is too large")


def slow(value: int) -> int:
    time.sleep(0.5)
    return value


def test_a_crash_is_that_of_one_and_the_others_go_on_in_their_order():
    works = [partial(doubled, 0), aborted, partial(slow, 2), partial(ended_by, signal.SIGABRT), partial(doubled, 4)]
    found = list(each_alone(works, 2))
    assert found == [0, Crash(-signal.SIGSEGV), 2, Crash(-signal.SIGABRT), 8]
    assert str(found[1]) == "its process was ended by signal 11 (Segmentation fault)"
    assert not found[1].was_killed


@pytest.mark.parametrize("start", ["spawn", "fork"])
def test_one_alone(start):
    assert run_alone(partial(doubled, 4), start) == 8
    killed = run_alone(partial(ended_by, signal.SIGKILL), start)
    assert killed.was_killed
    assert str(killed).endswith("signal 9 (Killed), most likely because the memory was full")
    assert run_alone(partial(os._exit, 3), start) == Crash(3)
    with pytest.raises(ValueError, match="^7 is too large") as caught:
        run_alone(partial(refused, 7), start)
    assert "in refused" in caught.value.__notes__[0]


def test_an_error_ends_it_as_without_processes():
    with pytest.raises(ValueError, match="^7 is too large$"):
        list(each_alone([partial(doubled, 1), partial(refused, 7)], 1))


PARENT = """
from functools import partial
import os, sys, time
from gliomanet.child_processes import run_alone

def work():
    print(os.getpid(), flush=True)
    time.sleep(600)

run_alone(work, "fork")
"""


def test_a_child_ends_with_its_parent_however_that_ends(repository):
    environment = os.environ | {"PYTHONPATH": str(repository / "src")}
    parent = subprocess.Popen([sys.executable, "-c", PARENT], env=environment, stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()  # returns once the child has closed its end as well
    while True:
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            break
        time.sleep(0.05)
