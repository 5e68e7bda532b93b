"""The token: printed once in an address, and exchanged for a cookie that no script reads and no other site sends."""

from __future__ import annotations

import hmac
import secrets
from collections import deque
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gliomanet.app.pages.problem import told
from gliomanet.errors import Problem

COOKIE = "gliomanet"

MOST_SESSIONS = 1000
"""Browsers that are signed in at once; the oldest has to bring the token again."""


def new_token() -> str:
    """256 random bits, as they stand in an address."""
    return secrets.token_urlsafe(32)


class Doorkeeper:
    """Lets a browser in that brought the token, by a cookie of its own.

    Args:
        token: the server's.
        signed_in: called at each exchange.
    """

    def __init__(self, token: str, signed_in: Callable[[], object] = lambda: None) -> None:
        self._token = token
        self._signed_in = signed_in
        self._sessions: deque[str] = deque(maxlen=MOST_SESSIONS)

    def answer(self, request: Request) -> Response | None:
        """The exchange, or a refusal; `None`: the request may pass."""
        given = request.query_params.get("token")
        if given is not None and request.method == "GET" and request.url.path == "/":
            if hmac.compare_digest(given.encode(), self._token.encode()):
                return self._exchanged(request)
        elif self._knows(request.cookies.get(COOKIE, "")):
            return None
        action = "open the address that the server printed when it was started, with its token"
        return told(request, 401, Problem("this server is for those who have its token", action, rule="no_token"))

    def _exchanged(self, request: Request) -> Response:
        session = secrets.token_urlsafe(32)
        self._sessions.append(session)
        self._signed_in()
        answer = RedirectResponse("/", 303)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, session, httponly=True, samesite="strict", secure=secure, path="/")
        return answer

    def _knows(self, session: str) -> bool:
        known = [hmac.compare_digest(session.encode(), one.encode()) for one in self._sessions]
        return any(known)
