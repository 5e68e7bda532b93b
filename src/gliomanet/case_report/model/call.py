"""One call of a language model over plain HTTP: bounded in time and bytes, no redirect, no proxy of the environment."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

from gliomanet.case_report.model.endpoint import Endpoint
from gliomanet.errors import Problem, ProblemError

MOST_BYTES = 2 * 1024 * 1024
"""Of an answer: a report has some 20 kB."""


class CallError(ProblemError):
    """A call that gave no usable answer; its problem says nothing of what the server wrote."""


def call(endpoint: Endpoint, path: str, body: dict[str, Any] | None = None) -> Any:
    """The JSON that the server answers with; a POST where there is a body, else a GET.

    Raises:
        CallError: unreachable, too slow, too long, redirected, not 200, or not JSON.
        EndpointError: the key is missing.
    """
    content = asyncio.run(_within_time(endpoint, path, body))
    try:
        return json.loads(content, parse_constant=_no_constant)
    except ValueError:  # UnicodeDecodeError is one
        raise _failed("model_answer_not_json", "the language model's server did not answer with JSON") from None
    except RecursionError:
        raise _failed("model_answer_not_json", "the language model's server answered with endless nesting") from None


def healthy(endpoint: Endpoint) -> bool:
    """True where the server answers; what it lists is not looked at, for it may name files of its machine."""
    try:
        call(endpoint, "models")
    except CallError:
        return False
    return True


async def _within_time(endpoint: Endpoint, path: str, body: dict[str, Any] | None) -> bytes:
    # httpx limits each read, and a server that sends a byte now and then would hold a call for ever.
    try:
        async with asyncio.timeout(endpoint.timeout):
            return await _fetched(endpoint, path, body)
    except (TimeoutError, httpx.TimeoutException):
        raise _failed("model_timed_out", f"the language model gave no answer in {endpoint.timeout:g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL):
        raise _failed("model_unreachable", "the language model's server cannot be reached, or broke off") from None


async def _fetched(endpoint: Endpoint, path: str, body: dict[str, Any] | None) -> bytes:
    headers = {**endpoint.headers(), "Accept": "application/json", "Accept-Encoding": "identity"}
    async with (
        httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=endpoint.timeout) as client,
        client.stream("GET" if body is None else "POST", endpoint.at(path), json=body, headers=headers) as answer,
    ):
        if answer.is_redirect:
            raise _failed("model_redirects", "the language model's server sends the call elsewhere")
        if answer.status_code != httpx.codes.OK:
            raise _failed("model_status", f"the language model's server answers with status {answer.status_code}")
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise _failed("model_answer_encoded", "the language model's server compresses what it was asked not to")
        content = bytearray()
        async for part in answer.aiter_raw():
            content += part
            if len(content) > MOST_BYTES:
                raise _failed("model_answer_too_long", f"the language model's answer is over {MOST_BYTES:,} bytes")
        return bytes(content)


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _failed(rule: str, found: str) -> CallError:
    return CallError(Problem(found, "look at the model's server", rule=rule))
