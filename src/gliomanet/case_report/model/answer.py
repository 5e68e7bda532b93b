"""A language model's answer, taken only if it is whole and of the schema that was asked for."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator

from gliomanet.case_report.model.call import CallError
from gliomanet.case_report.validate import Draft, DraftSentence
from gliomanet.errors import Problem


def content_of(answer: Any) -> tuple[str, str]:
    """The text and the finish reason of an answer of `chat/completions`.

    Raises:
        CallError: the answer has another form, refuses, or calls tools.
    """
    try:
        (choice,) = answer["choices"]
        message, finish_reason = choice["message"], choice["finish_reason"]
        content = message["content"]
    except (KeyError, TypeError, ValueError):
        raise _failed("model_answer_form", "the server's answer is not that of chat/completions") from None
    if message.get("refusal"):
        raise _failed("model_refused", "the language model refused")
    if message.get("tool_calls") or not isinstance(content, str) or not isinstance(finish_reason, str):
        raise _failed("model_answer_form", "the server's answer holds no text")
    return content, finish_reason


def draft_of(answer: Any, schema: dict[str, Any]) -> Draft:
    """The draft of an answer.

    Raises:
        CallError: cut off, no JSON, or JSON of another schema.
    """
    content, finish_reason = content_of(answer)
    if finish_reason != "stop":
        raise _failed("finish_reason", "the language model's answer was cut off")
    parsed = parse(content, schema)
    return Draft(tuple(DraftSentence(name, text) for name, text in parsed.items()), finish_reason)


def parse(content: str, schema: dict[str, Any]) -> Any:
    """JSON of a schema.

    Raises:
        CallError: no JSON, a key twice, or of another schema.
    """
    try:
        parsed = json.loads(content, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _failed("draft_not_json", "the language model's text is no JSON") from None
    if not Draft202012Validator(schema).is_valid(parsed):
        raise _failed("draft_breaks_schema", "the language model's JSON is not of the schema that was asked for")
    return parsed


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _failed(rule: str, found: str) -> CallError:
    return CallError(Problem(found, "use a model that follows a schema", rule=rule))
