"""The address of a language model: on this machine, unless its owner says that data may leave it."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from gliomanet.errors import Problem, ProblemError

DEFAULT_TIMEOUT = 120.0
"""Seconds for a whole call: a small model on a CPU writes a report in one to two minutes."""

NO_KEY = ""


class EndpointError(ProblemError):
    """An address that is not called, and why."""


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible address, such as `http://127.0.0.1:8080/v1`, and how it may be called.

    Attributes:
        url: up to and with `/v1`; without user, query or fragment.
        model: name that the server knows the model by; it is logged, so no person's name.
        key_variable: environment variable that holds the key; empty: none is sent.
        timeout: seconds for a whole call, from the connection to the last byte of the answer.
        allow_remote: the switch "data leaves this machine": another machine may be called, over TLS only.

    Raises:
        EndpointError: the address is malformed, off this machine without the switch, or off it without TLS.
    """

    url: str
    model: str
    key_variable: str = NO_KEY
    timeout: float = DEFAULT_TIMEOUT
    allow_remote: bool = False

    def __post_init__(self) -> None:
        parts = _parts(self.url)
        if self.timeout <= 0:
            raise _refused("endpoint_timeout", f"a time-out of {self.timeout:g} s", "give more than 0 s")
        if not self.model.strip():
            raise _refused("endpoint_without_model", "no model is named", "name the one that the server has")
        if _on_this_machine(parts.hostname or ""):
            return
        if not self.allow_remote:
            raise _refused(
                "endpoint_off_this_machine",
                "the language model's address is not 127.0.0.1, ::1 or localhost",
                "run the model on this machine, or say that data leaves it (--data-leaves-this-machine)",
            )
        if parts.scheme != "https":
            raise _refused("endpoint_without_tls", "another machine is called without TLS", "give an https address")

    @property
    def remote(self) -> bool:
        """True where what is sent leaves this machine."""
        return not _on_this_machine(_parts(self.url).hostname or "")

    def at(self, path: str) -> str:
        """The address of one of the server's functions, such as `chat/completions`."""
        return f"{self.url.rstrip('/')}/{path}"

    def headers(self) -> dict[str, str]:
        """Headers with the key, where one is named; they are never printed.

        Raises:
            EndpointError: the variable is not set, or holds what no header may.
        """
        if not self.key_variable:
            return {}
        key = os.environ.get(self.key_variable, "").strip()
        if not key:
            raise _refused("endpoint_key_missing", f"the variable {self.key_variable} is not set", "set it to the key")
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise _refused("endpoint_key_malformed", f"the variable {self.key_variable} holds no key", "set it anew")
        return {"Authorization": f"Bearer {key}"}


def _parts(url: str) -> SplitResult:
    parts: SplitResult | None
    try:
        parts = urlsplit(url)
        _ = parts.port  # a port that is no number raises here
    except ValueError:
        parts = None
    if (
        parts is None
        or parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.username is not None
        or parts.password is not None
        or parts.query
        or parts.fragment
        or any(character.isspace() or not character.isprintable() for character in url)
    ):
        # The address itself is not repeated: it may hold a key.
        raise _refused(
            "endpoint_malformed",
            "the language model's address is no plain http address",
            "give one such as http://127.0.0.1:8080/v1, without user, key or query",
        )
    return parts


def _on_this_machine(host: str) -> bool:
    """True of addresses of the loopback and of the name `localhost` alone: any other name may lead elsewhere."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refused(rule: str, found: str, action: str) -> EndpointError:
    return EndpointError(Problem(found, action, rule=rule))
