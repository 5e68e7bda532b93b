"""Characters: letters, digits and punctuation of the report's language; nothing hidden, nothing that a page obeys."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from gliomanet.case_report.validate.finding import Pair

_PLAIN = frozenset(" ,.;:()/%+-='\"?!&") | frozenset("\u2018\u2019\u201c\u201d\u2013\u2014\u2212×±≤≥²³µ°·…")
_CHINESE_MARKS = frozenset(
    "\uff0c\u3002\uff1b\uff1a\uff08\uff09\uff1f\uff01\u3001\u300a\u300b\uff05\uff0e\uff5e\uff0b\uff0d\uff0f"
)
_MARKUP = re.compile(
    r"<[^>]*>?|&#?\w+;|https?:|www\.|\b\w+@\w+|javascript:|data:\w|\]\(|!\[|\[[^\]]*\]|[`*_#~|\\{}$^]"
    r"|^\s*(?:[-+>]|\d+[.)])\s|\b[\w-]+\.(?:com|org|net|cn|io|gov|edu|info)\b",
    re.I | re.M,
)


def check_characters(pair: Pair) -> Iterator[tuple[str, str]]:
    """A character or piece of markup that the original does not have."""
    for character in sorted(set(pair.draft.text) - set(pair.original.text)):
        if not _usual(character, chinese=pair.language == "zh"):
            name = unicodedata.name(character, "without a name")
            yield "hidden_or_foreign_character", f"U+{ord(character):04X} ({name.lower()})"
    for found in _MARKUP.finditer(pair.draft.text):
        if found[0] not in pair.original.text:
            yield "markup_or_link", "markup, a link or a list mark"


def _usual(character: str, *, chinese: bool) -> bool:
    if character.isascii():
        return character.isalnum() or character in _PLAIN
    if character in _PLAIN:
        return True
    full_width_digit = "\uff10" <= character <= "\uff19"
    return chinese and ("\u4e00" <= character <= "\u9fff" or character in _CHINESE_MARKS or full_width_digit)
