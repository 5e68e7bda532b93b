"""A configuration as keys in dots, so that two can be held against each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

ABSENT = "(no such key)"


def flattened(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Key in dots → value, lists whole.

    >>> flattened({"split": {"folds": 2}, "identities": ["a.tsv"]})
    {'split.folds': 2, 'identities': ['a.tsv']}
    """
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            found |= flattened(value, f"{before}{key}.")
        else:
            found[f"{before}{key}"] = value
    return found


def differing_keys(a: Mapping[str, Any], b: Mapping[str, Any], before: str = "") -> dict[str, tuple[str, str]]:
    """Key in dots → both values as text, of the keys that differ; a whole section that one lacks is one key.

    >>> differing_keys({"seed": 1, "models": {"x": {"kind": "psnet"}}}, {"seed": 2, "models": {}})
    {'seed': ('1', '2'), 'models.x': ('{"kind": "psnet"}', '(no such key)')}
    """
    found: dict[str, tuple[str, str]] = {}
    for key in dict.fromkeys((*a, *b)):
        one, other, name = a.get(key, ...), b.get(key, ...), f"{before}{key}"
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            found |= differing_keys(one, other, f"{name}.")
        elif one != other:
            found[name] = _text(one), _text(other)
    return found


def _text(value: Any) -> str:
    if value is ...:
        return ABSENT
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
