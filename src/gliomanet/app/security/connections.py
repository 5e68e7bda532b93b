"""Connections that are slow on purpose: a head of a request that does not come in time ends its connection."""

from __future__ import annotations

from asyncio import TimerHandle, Transport
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


def impatient(seconds: float) -> type[H11Protocol]:
    """A protocol of Uvicorn's that gives each request so many seconds for its head, which Uvicorn itself does not."""

    class Impatient(H11Protocol):
        """HTTP/1.1 with a time limit on the head of a request."""

        _timer: TimerHandle | None = None

        def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._watch()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            self._unwatch()
            super().connection_lost(exc)

        def _watch(self) -> None:
            if self.conn.their_state is not h11.IDLE:
                self._unwatch()
            elif self._timer is None:
                self._timer = self.loop.call_later(seconds, self._end)

        def _unwatch(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

        def _end(self) -> None:
            self._timer = None
            # One that is idle after an answer is ended by Uvicorn's own keep-alive limit, too.
            if self.conn.their_state is h11.IDLE:
                self.transport.close()

    return Impatient


def server_options(seconds: float, connections: int) -> dict[str, Any]:
    """Uvicorn's limits: heads of 16 kB, connections at once, five seconds for an idle one, no log of addresses."""
    return {
        "http": impatient(seconds),
        "ws": "none",
        "access_log": False,
        "server_header": False,
        "limit_concurrency": connections,
        "backlog": connections,
        "h11_max_incomplete_event_size": 16 * 1024,
        "timeout_keep_alive": 5,
        "timeout_graceful_shutdown": 5,
    }
