"""The changes between two studies in a few lines: what is alike is told once, with its number and the first names."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby

from gliomanet.provenance.diff.change import Change
from gliomanet.reporting.format import plural

NAMED = 4
"""Cases, keys or fits that a line names."""
LONGEST = 90
"""Characters of a value that is shown: one may be a whole model."""

ARROW = " \N{RIGHTWARDS ARROW} "


def configuration_lines(changes: Iterable[Change]) -> Iterator[str]:
    """A line per key."""
    for change in _of("configuration", changes):
        if change.what == "key added":
            yield f"{change.key}: only in B: {_short(change.b)}"
        elif change.what == "key removed":
            yield f"{change.key}: only in A: {_short(change.a)}"
        else:
            yield f"{change.key}: {_short(change.a)}{ARROW}{_short(change.b)}"


def cohort_lines(changes: Iterable[Change]) -> Iterator[str]:
    """A line per centre and kind of change."""
    order = ("case removed", "case added", "role", "use", "label", "image", "features", "patient", "validating fold")
    found = sorted(_of("cohort", changes), key=lambda one: (order.index(one.what), one.center))
    for (what, center), group in groupby(found, key=lambda one: (one.what, one.center)):
        ones = list(group)
        cases = list(dict.fromkeys(one.case_id for one in ones))
        count = plural(len(cases), "case")
        match what:
            case "case removed" | "case added":
                side = "A" if what == "case removed" else "B"
                yield f"{center}: {count} only in {side} ({_named(cases)})"
            case "role" | "use":
                for (a, b), same in groupby(sorted(ones, key=_values), key=_values):
                    names = [one.case_id for one in same]
                    some = f"{plural(len(names), 'case')} ({_named(names)})"
                    yield f"{center}: {what} of {some}: {_short(a)}{ARROW}{_short(b)}"
            case "validating fold":
                yield f"{center}: {count} validated in another fold ({_named(cases)})"
            case "image" | "features":
                told = [f"{one.case_id} {one.key}{_how(one)}" for one in ones]
                yield f"{center}: {what} of {count} changed ({_named(told)})"
            case _:
                told = [f"{one.case_id} {one.key} {one.a or 'unknown'}{ARROW}{one.b or 'unknown'}" for one in ones]
                yield f"{center}: {what} of {count} changed ({_named(told)})"


def model_lines(changes: Iterable[Change]) -> Iterator[str]:
    """A line per kind of change."""
    found = _of("models", changes)
    order = list(dict.fromkeys(one.what for one in found))
    for what in order:
        ones = [one for one in found if one.what == what]
        models = list(dict.fromkeys(one.model for one in ones if one.model))
        match what:
            case "model removed" | "model added":
                yield f"only in {'A' if what == 'model removed' else 'B'}: {_named(models)}"
            case "fit":
                for model in models:
                    fits = [one for one in ones if one.model == model]
                    for told, some in (
                        ("with another digest", [one.key for one in fits if one.a and one.b]),
                        ("only in A", [one.key for one in fits if not one.b]),
                        ("only in B", [one.key for one in fits if not one.a]),
                    ):
                        if some:
                            yield f"{model}: {plural(len(some), 'fit')} {told} ({_named(some)})"
            case "software" | "gliomanet":
                for one in ones:
                    name = one.key if what == "software" else f"{what} {one.key}"
                    yield f"{name}: {one.a or 'not recorded'}{ARROW}{one.b or 'not recorded'}"
            case _:
                yield f"{what} differs" + (f": {_named(models)}" if models else "")


def _of(section: str, changes: Iterable[Change]) -> list[Change]:
    return [change for change in changes if change.section == section]


def _values(change: Change) -> tuple[str, str]:
    return change.a, change.b


def _how(change: Change) -> str:
    return "" if change.a and change.b else " is gone" if change.a else " is new"


def _named(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _short(text: str) -> str:
    return textwrap.shorten(text, LONGEST, placeholder=" …") if text else "none"
