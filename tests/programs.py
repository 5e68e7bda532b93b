"""Programs that tests start and pip does not bring: without one its tests are skipped, or fail where they must run.

`REQUIRED_PROGRAMS` names the kinds that must be there, separated by commas; `make programs` installs what it may.
"""

from __future__ import annotations

import os
import shutil

import pytest

PLACES = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))


def skip_or_fail(kind: str, reason: str) -> None:
    """Skip the test for a reason, or fail it where that kind must run; go on where there is none."""
    if not reason:
        return
    if kind in os.environ.get("REQUIRED_PROGRAMS", "").split(","):
        pytest.fail(f"REQUIRED_PROGRAMS names {kind}: {reason}")
    pytest.skip(reason)


def program(kind: str, name: str) -> str:
    """The path of a program, or `skip_or_fail`."""
    found = shutil.which(name, path=PLACES)
    skip_or_fail(kind, "" if found else f"no program {name}: make setup or make programs brings it, where it may")
    return str(found)
