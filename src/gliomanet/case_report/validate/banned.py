"""Claims that no case report makes, whatever its facts: clinical prohibitions of an imaging-only program."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import yaml

from gliomanet.case_report.fact import Language
from gliomanet.case_report.validate.finding import Pair


def check_banned(pair: Pair) -> Iterator[tuple[str, str]]:
    """A banned claim that is not, to the word, in the original: a notice may say what a report does not do."""
    source = _even(pair.original.text)
    for rule, pattern in patterns(pair.language):
        for found in pattern.finditer(_even(pair.draft.text)):
            if found[0] not in source:
                yield f"banned_{rule}", f"{found[0]!r} may not be said"


@cache
def patterns(language: Language) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """(rule, pattern) of each banned claim in a language."""
    text = files("gliomanet.case_report.validate").joinpath("banned.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)[language]
    return tuple((rule, re.compile("|".join(claims), re.I)) for rule, claims in content.items())


def _even(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).lower()
