"""Settings of a server: the bundle, the store, its address, and how much it takes on."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from gliomanet.case_report.model.endpoint import Endpoint
from gliomanet.errors import Problem, ProblemError

STORE_VARIABLE = "GLIOMANET_STORE"
"""Environment variable that names the folder of cases."""

WORK = "gliomanet.app.queue.work:predict_case"
"""The function that a worker process runs for each case, as `module:function`; tests put another in its place."""


def default_store() -> Path:
    """The folder that the variable names, else one of this user's own data (not of a cache, which programs empty)."""
    if named := os.environ.get(STORE_VARIABLE):
        return Path(named)
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "gliomanet/store"


_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", re.IGNORECASE)

MOST = {"workers": 64, "threads": 256, "expire_days": 36500.0, "port": 65535}
"""The greatest number that makes sense; no machine has more."""


def is_loopback(host: str) -> bool:
    """True for an address that only this machine reaches."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_every_address(host: str) -> bool:
    """True for what stands for all addresses of a machine, such as `0.0.0.0`; browsers open none of that name."""
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return host in ("", "0")


@dataclass(frozen=True)
class Limits:
    """The most that a server takes on.

    Attributes:
        waiting: cases in the queue; one more is refused, to be sent later.
        cases: cases in the store.
        store_bytes: bytes of all cases in the store.
        seconds: that one case may compute.
        memory_bytes: resident memory of the process that computes a case, with the programs that it starts.
        attempts: times that a case is begun whose process, or the server, ended under it.
        cases_per_process: cases after which a worker process is replaced.
        connections: at once.
        header_seconds: for the whole head of a request.
        stall_seconds: without a byte of a request or of an answer moving.
    """

    waiting: int = 40
    cases: int = 500
    store_bytes: int = 200 * 2**30
    seconds: float = 3600.0
    memory_bytes: int = 12 * 2**30
    attempts: int = 2
    cases_per_process: int = 20
    connections: int = 64
    header_seconds: float = 15.0
    stall_seconds: float = 30.0


@dataclass(frozen=True)
class AppSettings:
    """Settings of a server.

    Attributes:
        bundle: folder that `gliomanet bundle` wrote.
        store: folder of the cases.
        study: results folder of a study whose cases may be chosen; `None`: uploads only.
        host: address to listen on.
        port: port to listen on.
        names: further host names or addresses by which browsers reach the server, as behind a proxy.
        token: secret that a browser has to bring once; empty: none, which only a server of this machine alone may have.
        expire_days: days after which a case is deleted that nothing happened to; `None`: kept until it is deleted.
        workers: cases that are computed at once, each in a process of its own.
        threads: CPU threads of each.
        endpoint: language model that may phrase a report on demand; `None`: none.
        limits: the most that it takes on.
        work: see `WORK`.

    Raises:
        ProblemError: others than this machine would reach the server, and no token is set; a number or a name is none;
            the store would lie within the bundle or the study, or they in it.
    """

    bundle: Path
    store: Path = field(default_factory=default_store)
    study: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    names: tuple[str, ...] = ()
    token: str = ""
    expire_days: float | None = None
    workers: int = 1
    threads: int = 1
    endpoint: Endpoint | None = None
    limits: Limits = field(default_factory=Limits)
    work: str = WORK

    def __post_init__(self) -> None:
        if self.is_open and not self.token:
            found = f"others than this machine would reach the server ({self.host}), and it has no token"
            action = "set a token of 32 random bytes, as `gliomanet serve` does, or listen on 127.0.0.1"
            raise ProblemError(Problem(found, action, rule="open_without_token"))
        if self.token and len(self.token) < 43:
            found, action = "the token has fewer than 256 bits", "set one of 32 random bytes"
            raise ProblemError(Problem(found, action, rule="short_token"))
        self._check_numbers()
        self._check_names()
        self._check_folders()

    @property
    def is_open(self) -> bool:
        """True where other machines reach the server, directly or by a proxy's name."""
        return not is_loopback(self.host) or any(not is_loopback(name) for name in self.names)

    @property
    def hosts(self) -> frozenset[str]:
        """Names that a request's `Host` may have, without the port."""
        own = {"127.0.0.1", "localhost", "::1", self.host} if is_loopback(self.host) else {self.host}
        return frozenset(name.lower() for name in (*own, *self.names))

    def _check_numbers(self) -> None:
        given = {name: getattr(self, name) for name in MOST} | {f"limits.{k}": v for k, v in vars(self.limits).items()}
        for name, value in given.items():
            if value is not None and not (math.isfinite(value) and 0 < value <= MOST.get(name, math.inf)):
                allowed = f"up to {MOST[name]:g}" if name in MOST else "above 0"
                action = f"give a finite number {allowed}"
                raise ProblemError(Problem(f"{name} is {value:g}", action, key=name, rule="number_not_allowed"))

    def _check_names(self) -> None:
        if is_every_address(self.host) and not self.names:
            found = f"{self.host or 'nothing'} stands for every address, and browsers open none of that name"
            action = "say by --name which host names or addresses browsers use"
            raise ProblemError(Problem(found, action, rule="no_name"))
        for name in self.names:
            if not _is_name(name):
                found = f"the name {name!r} is no host name and no address"
                action = "give it as it stands in the browser, without http:// and without a port"
                raise ProblemError(Problem(found, action, rule="name_not_allowed"))

    def _check_folders(self) -> None:
        """A store within a bundle would change what its digests were taken of; and deleting cases empties folders."""
        store = self.store.resolve()
        for name, folder in (("bundle", self.bundle), ("study", self.study)):
            other = None if folder is None else folder.resolve()
            if other is not None and (store.is_relative_to(other) or other.is_relative_to(store)):
                found = f"the store and the {name} ({folder}) lie one within the other"
                action = "name a folder of its own by --store"
                raise ProblemError(Problem(found, action, file=str(self.store), rule=f"store_within_{name}"))


def _is_name(name: str) -> bool:
    """True for a host name or one address, as a browser sends it, without its port."""
    try:
        return not ip_address(name).is_unspecified
    except ValueError:
        return _NAME.fullmatch(name) is not None
