"""Differences of a job's recorded parameters from its new ones, key by key."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class Absent:
    """No value: a key that was not there before, or is not there now."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()


@dataclass(frozen=True)
class Difference:
    """One value that is another one now.

    Attributes:
        keys: where it stands in the parameter, from outside to inside; empty for the parameter itself.
        old, new: the values; `ABSENT` where there is none.
    """

    keys: tuple[str, ...]
    old: Any
    new: Any


def changed_parameters(old: Sequence[str], new: Mapping[str, str]) -> dict[str, list[Difference]]:
    """Name → differences of each parameter that changed; "" for old ones that no new one takes the place of.

    The engine records parameters without their names. Each new one is compared with the old one that is most like it:
    the same type, the same keys, the same letters.

    Args:
        old: recorded parameters that are gone, as Python's text of them.
        new: name → text of one that was not recorded so.

    >>> changed_parameters(["{'epochs': 5, 'C': 1}", "'3eef37512673aeb8'"], {"model": "{'epochs': 8, 'C': 1}"})["model"]
    [Difference(keys=('epochs',), old=5, new=8)]
    """
    before, after = [_value(text) for text in old], {name: _value(text) for name, text in new.items()}
    alike = sorted(
        ((_likeness(value, one), name, place) for name, value in after.items() for place, one in enumerate(before)),
        key=lambda entry: -entry[0],
    )
    places: dict[str, int] = {}
    for _, name, place in alike:
        if name not in places and place not in places.values():
            places[name] = place
    found = {name: list(differences(before[places[name]] if name in places else ABSENT, after[name])) for name in after}
    left = [value for place, value in enumerate(before) if place not in places.values()]
    return found | ({"": [Difference((), value, ABSENT) for value in left]} if left else {})


def differences(old: Any, new: Any, keys: tuple[str, ...] = ()) -> Iterator[Difference]:
    """Every value that differs between two structures of mappings; a list is one value."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            yield from differences(old.get(key, ABSENT), new.get(key, ABSENT), (*keys, str(key)))
    elif old is ABSENT or new is ABSENT or type(old) is not type(new) or old != new:
        yield Difference(keys, old, new)


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):  # such as {'C': inf}
        return text


def _likeness(new: Any, old: Any) -> float:
    """2 for values of a type and the same keys or letters, 1 for a type, 0 for nothing in common."""
    if type(new) is not type(old):
        return 0.0
    if isinstance(new, Mapping):
        return 1 + _shared(set(map(str, new)), set(map(str, old)))
    if isinstance(new, list | tuple | set | frozenset):
        return 1 + _shared(set(map(repr, new)), set(map(repr, old)))
    if isinstance(new, str) and len(new) == len(old) and _is_digest(new) and _is_digest(old):
        return 2.0
    if isinstance(new, int | float):  # seeds are long, counts are short
        return 1 + _shared(set(range(len(repr(new)))), set(range(len(repr(old)))))
    return 1 + difflib.SequenceMatcher(None, repr(new)[:200], repr(old)[:200]).ratio()


def _shared(some: set[Any], others: set[Any]) -> float:
    return len(some & others) / len(some | others) if some | others else 1.0


def _is_digest(text: str) -> bool:
    return len(text) >= 16 and not set(text) - set("0123456789abcdef")
