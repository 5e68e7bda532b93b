"""The start of a server: its bundle is held against its digests before anybody waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gliomanet.bundle.description import BundleDescription
from gliomanet.child_processes import Crash, run_alone
from gliomanet.errors import Problem, ProblemError


@dataclass(frozen=True)
class Checked:
    """A bundle that can be used.

    Attributes:
        description: of it.
        digest: that names it.
    """

    description: BundleDescription
    digest: str


def checked(folder: Path) -> Checked:
    """Open a bundle in a process of its own, so that the server itself needs no memory for its models.

    Raises:
        ModelError: the bundle cannot be used.
        ProblemError: the process that looked at it was ended.
    """
    found = run_alone(partial(_open, folder))
    if isinstance(found, Crash):
        action = "make room in the memory, or give another bundle"
        raise ProblemError(Problem(f"the bundle could not be opened: {found}", action, rule="bundle_not_opened"))
    return found


def _open(folder: Path) -> Checked:
    from gliomanet.bundle.read import Bundle  # torch

    bundle = Bundle.open(folder)
    return Checked(bundle.description, bundle.digest)
