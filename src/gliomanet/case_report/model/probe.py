"""Try whether a server holds its model to a schema: one that no model could meet by itself."""

from __future__ import annotations

import secrets

from gliomanet.case_report.model.answer import content_of, parse
from gliomanet.case_report.model.call import CallError, call
from gliomanet.case_report.model.endpoint import Endpoint
from gliomanet.case_report.model.prompt import request

_TOKENS = 100
_ASKED = [{"role": "user", "content": "Say hello."}]


def enforces_schema(endpoint: Endpoint) -> bool:
    """True where the server's decoder enforces `response_format`: a random word that only the schema tells comes back.

    A server that ignores the schema answers with status 200 and free text.

    Raises:
        CallError: the server gave no answer at all.
    """
    word = f"k{secrets.token_hex(8)}"
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["word"],
        "properties": {"word": {"type": "string", "enum": [word]}},
    }
    content, _ = content_of(call(endpoint, "chat/completions", request(endpoint.model, _ASKED, schema, _TOKENS)))
    try:
        parse(content, schema)
    except CallError:
        return False
    return True


def said_of_schema(endpoint: Endpoint) -> str:
    """The probe's outcome in one sentence.

    Raises:
        EndpointError: the key is missing.
    """
    try:
        enforced = enforces_schema(endpoint)
    except CallError as error:
        return f"The language model's server was asked for a test answer and failed: {error.problem.found}."
    if enforced:
        return "The language model's server holds the model to the schema of the answer."
    return "The language model's server ignores the schema of the answer: drafts will mostly be refused."
