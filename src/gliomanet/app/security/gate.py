"""The gate that every request goes through, and that every answer gets its headers from, errors included."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gliomanet.app.answers import problem_answer
from gliomanet.app.pages.problem import told
from gliomanet.app.security.headers import headers_of
from gliomanet.app.security.origin import host_problem, origin_problem
from gliomanet.app.security.token import Doorkeeper
from gliomanet.errors import Problem

LOG = logging.getLogger("gliomanet.app")

MOST_BODY = 2**20
"""Bytes of a body that is no upload: forms and JSON would be held in memory, and files in a form on the disk."""


class Gate:
    """Middleware outside of all others.

    Args:
        app: what is behind it.
        hosts: names that a request's `Host` may have.
        doorkeeper: who asks for the token; `None`: nobody does, on a server of this machine alone.
        stall_seconds: without a byte moving, after which a request is ended.
        uploads: address that takes bodies of any size, which it bounds and counts itself.
        at_once: requests that are answered at once; more are told to come later.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: frozenset[str],
        doorkeeper: Doorkeeper | None,
        stall_seconds: float,
        at_once: int,
        uploads: str,
    ) -> None:
        self._app, self._hosts, self._doorkeeper, self._stall = app, hosts, doorkeeper, stall_seconds
        self._uploads = uploads
        self._at_once, self._open = at_once, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, by what is behind the gate where it may pass."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # no websocket is open to anybody
            return
        refused = self._refused(Request(scope))
        answer = _Answer(send, scope["path"], self._stall, bodiless=scope["method"] == "HEAD")
        if scope["method"] == "HEAD":  # as GET, but for the body (RFC 9110, 9.3.2); FastAPI's routes know no HEAD
            scope = {**scope, "method": "GET"}
        if refused is not None:
            await refused(scope, receive, answer)
            return
        self._open += 1
        try:
            bounded = receive if scope["path"] == self._uploads else _bounded(receive, self._stall)
            await self._app(scope, self._in_time(bounded), answer)
        except _StalledError:
            await answer.problem(scope, receive, 408, Problem("the request stalled", "send it again", rule="stalled"))
        except ClientDisconnect:
            return  # nobody is left to be answered, and anybody can do this as often as they like
        except Exception as error:
            # Its words may name a patient's file, so the places in the code are all that is logged.
            places = "".join(traceback.format_tb(error.__traceback__))
            LOG.error("%s in answering a request\n%s", type(error).__name__, places)
            action = "try again; the server's own output tells where in its code it happened"
            problem = Problem("the server could not do this", action, rule="server_error")
            await answer.problem(scope, receive, 500, problem)
        finally:
            self._open -= 1

    def _refused(self, request: Request) -> Response | None:
        if "transfer-encoding" in request.headers and "content-length" in request.headers:
            # A proxy in front may go by the other of the two: what follows would be read as a request (smuggling).
            action = "send one of Content-Length and Transfer-Encoding"
            return told(request, 400, Problem("the request tells its length twice", action, rule="two_lengths"))
        if problem := host_problem(request, self._hosts):
            return told(request, 421, problem)
        if problem := origin_problem(request):
            return told(request, 403, problem)
        if self._open >= self._at_once:
            problem = Problem("the server answers as many requests as it can", "try again soon", rule="busy")
            return told(request, 503, problem, {"Retry-After": "2"})
        return None if self._doorkeeper is None else self._doorkeeper.answer(request)

    def _in_time(self, receive: Receive) -> Receive:
        """The same, but that a client who sends nothing of what it announced is not waited for."""
        ended = False

        async def received() -> Message:
            nonlocal ended
            if ended:  # now it waits for the connection's end, as long as the answer takes
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), self._stall)
            except TimeoutError:
                raise _StalledError from None
            ended = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        return received


def _bounded(receive: Receive, seconds: float) -> Receive:
    """The same, but that a body has a bound, and as many seconds for all of it as the first piece may take."""
    size, until = 0, time.monotonic() + seconds

    async def received() -> Message:
        nonlocal size
        message = await receive()
        if message["type"] == "http.request":
            size += len(message.get("body", b""))
            if size > MOST_BODY:
                raise _told(
                    413, "body_too_large", f"the request has more than {MOST_BODY:,} bytes", "send files as a case"
                )
            if message.get("more_body", False) and time.monotonic() > until:
                raise _told(408, "stalled", "the request stalled", "send it again")
        return message

    return received


def _told(status: int, rule: str, found: str, action: str) -> HTTPException:
    """A problem in reading a body: FastAPI reads JSON itself, and lets errors of this class alone through."""
    return HTTPException(status, {"rule": rule, "found": found, "action": action})  # type: ignore[arg-type]


class _StalledError(Exception):
    """A client sends nothing more, or by drops."""


class _Answer:
    """An answer on its way: headers are added, and a client that takes nothing of it is not waited for."""

    def __init__(self, send: Send, path: str, stall_seconds: float, *, bodiless: bool) -> None:
        self._send, self._path, self._stall, self._bodiless = send, path, stall_seconds, bodiless
        self._started = False

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._started = True
            headers = MutableHeaders(scope=message)
            for name, value in headers_of(self._path).items():
                headers[name] = value
        elif self._bodiless:
            message = {**message, "body": b""}
        try:
            await asyncio.wait_for(self._send(message), self._stall)
        except TimeoutError:
            raise OSError("the client takes no more of the answer") from None

    async def problem(self, scope: Scope, receive: Receive, status: int, problem: Problem) -> None:
        """Tell of a problem, unless an answer has begun: then the connection's end tells of it."""
        if self._started:
            # Without what led to it, whose words may name a patient: Uvicorn prints all of it.
            raise ConnectionAbortedError("an answer was broken off") from None
        answer = problem_answer(status, problem)
        answer.headers["connection"] = "close"
        await answer(scope, receive, self)
