"""Keys and values that YAML takes without a word: a key that is there twice, a word read as true or false, an octal number."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from gliomanet.errors import Problem

_MERGE = "tag:yaml.org,2002:merge"
_NUMBER = "tag:yaml.org,2002:int"
_OTHER_BASE = re.compile(r"[-+]?(0[0-7_]+|[0-9][0-9_]*(:[0-5]?[0-9])+)")
"""Whole numbers that YAML 1.1 reads by another base: `010` is 8, `1:30` is 90."""


def text_problems(root: yaml.Node) -> list[Problem]:
    """Keys and numbers of a YAML text that are lost or turned into something else when it is loaded.

    A key beside a merged one (`<<: *name`) is no duplicate: it stands over the other on purpose.

    Args:
        root: the outermost node; nothing is changed in it.

    Returns:
        Problems with key and line, in the order of the text.
    """
    return sorted(_problems(root, (), set()), key=lambda problem: problem.line or 0)


def _problems(node: yaml.Node, path: tuple[str, ...], seen: set[int]) -> Iterator[Problem]:
    if id(node) in seen:  # by an alias
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        yield from _keys(node, path)
        for key, value in node.value:
            yield from _problems(value, (*path, str(key.value)), seen)
    elif isinstance(node, yaml.SequenceNode):
        for place, item in enumerate(node.value):
            yield from _problems(item, (*path, str(place)), seen)
    elif not _is_loaded(node):
        yield _not_loaded(node, path)
    elif node.tag == _NUMBER and _OTHER_BASE.fullmatch(node.value):
        found = f"{node.value} is read as {_loaded(node)} by YAML, as a number of another base"
        action = "write the number without a leading zero or colons, or put it in quotes if it is text"
        yield Problem(found, action, key=".".join(path), line=_line(node), rule="number_of_another_base")


def _keys(node: yaml.MappingNode, path: tuple[str, ...]) -> Iterator[Problem]:
    first: dict[object, yaml.Node] = {}
    merges = [key for key, _ in node.value if key.tag == _MERGE]
    for key in merges[1:]:
        found = f"two merged keys, also in line {_line(merges[0])}: of what both hold, one is lost"
        action = "write one, in the order of preference: `<<: [*first, *second]`"
        yield Problem(found, action, key=".".join((*path, "<<")), line=_line(key), rule="key_twice")
    for key, _ in node.value:
        if key.tag == _MERGE or not isinstance(key, yaml.ScalarNode):
            continue
        if not _is_loaded(key):
            yield _not_loaded(key, path)
            continue
        value = _loaded(key)
        name, line = ".".join((*path, key.value)), _line(key)
        if isinstance(value, bool) and key.value.lower() not in ("true", "false"):
            found = f"the key {key.value} is read as {str(value).lower()} by YAML"
            action = f"put it in quotes: '{key.value}'"
            yield Problem(found, action, key=name, line=line, rule="key_read_as_bool")
        elif value in first:
            other = first[value]
            alike = "" if other.value == key.value else f" as {other.value}, which YAML reads alike"
            found = f"is there twice, also in line {_line(other)}{alike}"
            yield Problem(found, "keep one, or give each a name of its own", key=name, line=line, rule="key_twice")
        first.setdefault(value, key)


def _is_loaded(node: yaml.Node) -> bool:
    try:
        _loaded(node)
    except ValueError:  # of Python's dates and numbers
        return False
    return True


def _not_loaded(node: yaml.Node, path: tuple[str, ...]) -> Problem:
    kind = "date" if node.tag.endswith("timestamp") else "number"
    found, action = f"{node.value} is read as a {kind} by YAML, and is none", "correct it, or put it in quotes"
    return Problem(found, action, key=".".join(path), line=_line(node), rule="no_value")


def _loaded(node: yaml.Node) -> object:
    return yaml.SafeLoader("").construct_object(node)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
