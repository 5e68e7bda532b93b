"""Host and origin: a name that another site has pointed here is refused, and so is what another site sends."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

from gliomanet.errors import Problem

READING = frozenset({"GET", "HEAD"})
"""Methods that change nothing; any other has to come from a page of this server."""


def host_problem(request: Request, hosts: frozenset[str]) -> Problem | None:
    """A problem where the request was not sent to one of the server's own names (DNS rebinding)."""
    given = request.headers.getlist("host")
    name = None if len(given) != 1 else _name(given[0])
    if name in hosts:
        return None
    action = "open the address that the server printed, or name it by --name when starting the server"
    return Problem("the request is for a host name that is not this server's", action, rule="foreign_host")


def origin_problem(request: Request) -> Problem | None:
    """A problem where a request that changes something does not come from a page of this server (CSRF)."""
    if request.method in READING:
        return None
    sites, origins = request.headers.getlist("sec-fetch-site"), request.headers.getlist("origin")
    # A form whose page sends no referrer has `Origin: null`, and so have sandboxed frames and `data:` pages, whose
    # `Sec-Fetch-Site` is `cross-site`: no script can set that header, so it decides, and without it `null` is refused.
    if sites == ["same-origin"] and origins in ([], ["null"]):
        return None
    if sites in ([], ["same-origin"]) and len(origins) == 1 and _same(origins[0], request.headers["host"]):
        return None
    found = "a request that changes something did not come from a page of this server"
    action = "use its pages; a program sends the server's own address as the header Origin"
    return Problem(found, action, rule="foreign_origin")


def _same(origin: str, host: str) -> bool:
    """True where an origin is a page of this host and port; the scheme is the proxy's affair."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


def _name(host: str) -> str | None:
    """A host's name without its port; `None` where it is none."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    return parts.hostname if parts.netloc == host and parts.username is None else None
