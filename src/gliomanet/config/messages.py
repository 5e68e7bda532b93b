"""Configuration errors as problems, written for the person who can mend them."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gliomanet.errors import Problem, ProblemError

Location = Sequence[int | str]

NAMES = "letters, digits, '_' and '-', starting with a letter or a digit"
"""The characters of a name in a study."""

_ALLOWED = {
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "allowed: a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "allowed: a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "allowed: true or false"),
    **dict.fromkeys(("tuple_type", "list_type"), "allowed: a list"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "allowed: a section of keys"),
    "finite_number": "allowed: a finite number",
    "greater_than": "allowed: more than {gt:g}",
    "greater_than_equal": "allowed: at least {ge:g}",
    "less_than": "allowed: less than {lt:g}",
    "less_than_equal": "allowed: at most {le:g}",
    "too_short": "needed: at least {min_length}",
    "too_long": "allowed: at most {max_length}",
    "string_too_short": "needed: at least {min_length} character",
    "string_type": "put it in quotes, so that it is read as text",
    "string_pattern_mismatch": f"allowed: {NAMES}",
    "literal_error": "allowed: {expected}",
    "union_tag_invalid": "allowed: {expected_tags}",
}
"""Kind of error of Pydantic → what is allowed; any other kind keeps Pydantic's own words."""


def describe(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Describe each error of a validation by its key, what was found, what is allowed, and the nearest name.

    Args:
        error: what Pydantic found.
        model: the section that was validated.
    """
    return [_problem(details, model) for details in error.errors(include_url=False)]


def _problem(details: ErrorDetails, model: type[BaseModel]) -> Problem:
    kind, location, context = details["type"], details["loc"], details.get("ctx", {})
    path, _ = _walk(model, location)
    key = ".".join(path)
    if isinstance(
        raised := context.get("error"), ProblemError
    ):  # a validator's own: it names the key below its section
        problem = raised.problem
        return problem.at(key=".".join(filter(None, (key, problem.key))))
    if kind == "extra_forbidden":
        nearest = _nearest(path[-1], _walk(model, location[:-1])[1])
        return Problem("no such key", nearest, key=key, rule="unknown_key")
    if kind == "missing":
        return Problem("missing, and has no default", "add it", key=key, rule="missing_key")
    if kind == "union_tag_not_found":
        return Problem("missing, and has no default", "add it", key=f"{key}.kind", rule="missing_key")
    if kind == "union_tag_invalid":
        found, key = repr(context["tag"]), f"{key}.kind"
    else:
        found = _found(details["input"])
    if path and path[-1] == "[key]":  # so Pydantic marks what is wrong with a mapping's key, not with its value
        key = ".".join(path[:-2])
    if kind == "string_pattern_mismatch":
        found = f"{found} cannot be a name"
    elif kind == "string_type":
        found = _no_text(details["input"])
    else:
        found = f"found {found}"
    allowed = _ALLOWED.get(kind, "{words}").format(**{**context, "words": _own_words(details["msg"])})
    return Problem(found, allowed, key=key, rule=kind)


def _no_text(value: Any) -> str:
    """The value, where text was wanted; of true and false the words that YAML reads so."""
    if isinstance(value, bool):
        words = "yes, on and true" if value else "no, off and false"
        return f"found {str(value).lower()}: so YAML reads {words}, in capitals too"
    return f"{_found(value)} is no text"


def _own_words(message: str) -> str:
    words = message.removeprefix("Value error, ")
    return words[0].lower() + words[1:]


def _found(value: Any) -> str:
    """The value; of a section its keys are not repeated."""
    return "a section of keys" if isinstance(value, Mapping) and len(value) > 1 else repr(value)


def _nearest(key: str, owner: Any) -> str:
    known = sorted(owner.model_fields)
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    inside = [name for name, field in owner.model_fields.items() if key in _keys_of(field.annotation)]
    return f"it is a key of {inside[0]!r}" if len(inside) == 1 else f"allowed: {', '.join(known)}"


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
    members = {tag: member for member in get_args(annotation) if _is_tagged(member) for tag in _tags(member)}
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


def _tags(member: type[BaseModel]) -> tuple[str, ...]:
    """Every kind that a section is for."""
    return tuple(map(str, get_args(member.model_fields["kind"].annotation)))


def _type_of_entry(annotation: Any, key: str) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = annotation.model_fields.get(key)
        return field.annotation if field else None
    arguments = get_args(annotation)
    return (arguments[1] if get_origin(annotation) is dict else arguments[0]) if arguments else None
