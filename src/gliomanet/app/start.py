"""The start of a server: what it needs is looked at before anybody waits for it."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path

from gliomanet.app.intake.limits import UploadLimits, size
from gliomanet.app.store.cases import Store
from gliomanet.bundle.description import BundleDescription
from gliomanet.child_processes import Crash, run_alone
from gliomanet.errors import Problem, ProblemError
from gliomanet.files.storage import free_bytes

STATIC = Path(str(files("gliomanet.app").joinpath("static")))
"""Built scripts and styles, see `make frontend`."""

BUILT = ("base.css", "app.css", "patient.css", "review.css", "home.js", "case.js", "viewer.js")
"""Files that pages ask for."""


@dataclass(frozen=True)
class Checked:
    """A bundle that can be used.

    Attributes:
        description: of it.
        digest: that names it.
    """

    description: BundleDescription
    digest: str


def check_built(folder: Path = STATIC) -> None:
    """See that the pages' scripts and styles are there.

    Raises:
        ProblemError: one is not.
    """
    if missing := [name for name in BUILT if not (folder / name).is_file()]:
        found = f"the pages' scripts are not built: {missing[0]} is missing"
        action = "run `make frontend` in the repository, or install a release's wheel, which holds them"
        raise ProblemError(Problem(found, action, file=str(folder), rule="scripts_not_built"))


def listening(host: str, port: int) -> socket.socket:
    """A socket that holds an address; nobody is answered before the server takes it over.

    Raises:
        ProblemError: the port is in use or not allowed, or the address is none of this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        held = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ProblemError(_no_address(host, port, error)) from None
    try:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(address)
        held.listen()
    except OSError as error:
        held.close()
        raise ProblemError(_no_address(host, port, error)) from None
    return held


def _no_address(host: str, port: int, error: OSError) -> Problem:
    if error.errno == errno.EADDRINUSE:
        found = f"another program uses port {port} of {host}"
        return Problem(found, "name another by --port, or end that program", rule="port_in_use")
    if error.errno in (errno.EACCES, errno.EPERM):
        return Problem(
            f"this account may not use port {port}", "name one above 1023 by --port", rule="port_not_allowed"
        )
    action = "name one of this machine's own addresses by --host"
    return Problem(f"this machine cannot listen on {host} ({error.strerror})", action, rule="no_such_address")


def check_disk(store: Store) -> None:
    """See that the store's disk takes a first case; a store that holds cases is opened, so that they can be deleted.

    Raises:
        ProblemError: it does not; the store is closed.
    """
    limits = UploadLimits()
    if not store.list() and free_bytes(store.root) < limits.spare_bytes:
        store.close()
        found = f"has less than {size(limits.spare_bytes)} free on its disk, and no case to delete"
        action = "make room there, or name a folder on another disk by --store"
        raise ProblemError(Problem(found, action, file=str(store.root), rule="disk_full_at_start"))


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
