"""Configuration errors, written for the person who can mend them."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Location = Sequence[int | str]


def describe(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """One line a problem: key, what was found, what is allowed, and the nearest key of a misspelt one."""
    lines: list[str] = []
    for problem in error.errors(include_url=False):
        if problem["type"] == "value_error" and not problem["loc"]:
            lines += str(problem["ctx"]["error"]).split("\n")  # the cross-checks name their own keys
        else:
            lines.append(_line(problem, model))
    return lines


def _line(problem: ErrorDetails, model: type[BaseModel]) -> str:
    path, _ = _walk(model, problem["loc"])
    key = ".".join(path)
    if problem["type"] == "extra_forbidden":
        return f"{key}: no such key{_nearest(path[-1], _walk(model, problem['loc'][:-1])[1])}"
    if problem["type"] == "missing":
        return f"{key}: missing, and has no default"
    if path[-1] == "[key]":  # so Pydantic marks what is wrong with a mapping's key, not with its value
        key = ".".join(path[:-2])
    if problem["type"] == "string_type":
        return f"{key}: {problem['input']!r} is no text; put it in quotes"
    if problem["type"] == "string_pattern_mismatch":
        allowed = "letters, digits, '_' and '-', starting with a letter or a digit"
        return f"{key}: {problem['input']!r} cannot be a name; allowed: {allowed}"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{key}: {message[0].lower()}{message[1:]}{_found(problem)}"


def _found(problem: ErrorDetails) -> str:
    """What stands there; a section of several keys is not repeated: its own checks name the keys that they mean."""
    value = problem["input"]
    if not isinstance(value, Mapping) or len(value) < 2:
        return f" (found {value!r})"
    return "" if problem["type"] == "value_error" else " (found a section of keys)"


def _nearest(key: str, owner: Any) -> str:
    known = sorted(owner.model_fields)
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    inside = [name for name, field in owner.model_fields.items() if key in _keys_of(field.annotation)]
    return f"; it is a key of {inside[0]!r}" if len(inside) == 1 else f"; allowed: {', '.join(known)}"


def _keys_of(annotation: Any) -> Collection[str]:
    """The keys of a section, or of each in a list of sections: where a key may have been meant, or have moved to."""
    annotation = _unwrapped(annotation)
    if get_origin(annotation) is tuple:
        annotation = get_args(annotation)[0]
    is_section = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return annotation.model_fields if is_section else ()


def _walk(annotation: Any, location: Location) -> tuple[list[str], Any]:
    """The user's keys along `location`, and the type at its end.

    Pydantic puts the tag of a discriminated union ("phantom") among the keys; the user's file has no such key.
    """
    annotation = _unwrapped(annotation)
    if not location:
        return [], annotation
    head, rest = str(location[0]), location[1:]
    members = {m.model_fields["kind"].default: m for m in get_args(annotation) if _is_tagged(m)}
    if head in members:
        return _walk(members[head], rest)
    path, end = _walk(_type_of_entry(annotation, head), rest)
    return [head, *path], end


def _unwrapped(annotation: Any) -> Any:
    """Without `Annotated[...]` and `... | None`."""
    if get_origin(annotation) is Annotated:
        return _unwrapped(get_args(annotation)[0])
    arguments = get_args(annotation)
    if type(None) in arguments and len(arguments) == 2:
        return _unwrapped(next(a for a in arguments if a is not type(None)))
    return annotation


def _is_tagged(member: Any) -> bool:
    return isinstance(member, type) and issubclass(member, BaseModel) and "kind" in member.model_fields


def _type_of_entry(annotation: Any, key: str) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = annotation.model_fields.get(key)
        return field.annotation if field else None
    arguments = get_args(annotation)
    return (arguments[1] if get_origin(annotation) is dict else arguments[0]) if arguments else None
